"""Reachability of the nodes as the agent's health daemon has probed it. Source: reference cilium-dbg, section 17."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.links import HEALTH_PORT
from quizgame.datapath.path import Ending, route
from quizgame.datapath.topology import agent_of_node_ip
from quizgame.goflags.durations import format_duration
from quizgame.goflags.times import SECOND
from quizgame.policy.model import Direction, Protocol
from quizgame.tools.cilium_dbg.model.times import api_time

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.nodes import KnownNode
    from quizgame.cluster.world import World

TIMED_OUT = "Connection timed out"
BASE_INTERVAL_S = 60
ECHO_REQUEST = 8


def probe_interval_ns(nodes: int) -> int:
    """How long the health daemon waits between rounds.

    # Source: cilium/cilium v1.19 pkg/backoff ClusterSizeDependantInterval: base × ln(1 + number of nodes), and the base
    # alone where no node is known.
    """
    return int(BASE_INTERVAL_S * SECOND * (math.log1p(nodes) if nodes else 1))


def health_model(world: World, agent: Agent) -> dict[str, Any]:
    """The answer of ``cilium-health``: each known node with its node and endpoint probes, by name.

    Simplified: the last round shows what is true now.
    """
    nodes = sorted(agent.nodes.items())
    interval = probe_interval_ns(len(nodes))
    rounds = max(agent.now_ns - agent.started_ns, 0) // interval
    at = api_time(agent.started_ns + rounds * interval)
    return {
        "local": {"name": f"{agent.config.cluster_name}/{agent.node}"},
        "nodes": [{"name": key, **_node(world, agent, node, at)} for key, node in nodes],
        "probeInterval": format_duration(interval),
        "timestamp": at,
    }


def _node(world: World, agent: Agent, node: KnownNode, at: str) -> dict[str, Any]:
    is_own = node.ip == agent.node_ip
    receiver = agent_of_node_ip(world, node.ip)
    place = receiver.place if receiver is not None else ""
    links = fabric_of(world).links
    host_up = is_own or (receiver is not None and route(world, agent, node.ip).ending is Ending.NODE)
    icmp_up = host_up and (is_own or links.allows(agent.place, place, "ICMP", 0))
    serves = receiver is not None and receiver.is_serving
    http = ""
    if not host_up or not (is_own or links.allows(agent.place, place, "TCP", HEALTH_PORT)):
        http = TIMED_OUT
    elif not serves:
        http = (
            f'Get "http://{node.ip}:{HEALTH_PORT}/hello": dial tcp {node.ip}:{HEALTH_PORT}: connect: connection refused'
        )
    shown = {"host": _address(agent, node.ip, "" if icmp_up else TIMED_OUT, http, at)}
    if node.health_ip:
        # The responder in the health endpoint is a child of that node's agent.
        reached = serves and (is_own or route(world, agent, node.health_ip).ending is Ending.ENDPOINT)
        icmp, tcp = (
            "" if reached and (is_own or _lets_in(receiver, agent, node.health_ip, *kind)) else TIMED_OUT
            for kind in ((ECHO_REQUEST, Protocol.ICMP), (HEALTH_PORT, Protocol.TCP))
        )
        shown["health-endpoint"] = _address(agent, node.health_ip, icmp, tcp, at)
    return shown


def _lets_in(receiver: Agent | None, sender: Agent, ip: str, port: int, protocol: Protocol) -> bool:
    """Whether the policy of a node's health endpoint lets another node's probe in. Source: facts F-37."""
    endpoint = receiver.endpoint_at(ip) if receiver is not None else None
    if receiver is None or endpoint is None:
        return True
    peer = receiver.identity_of(sender.router_ip if sender.config.is_tunnel else sender.node_ip)
    return receiver.policy_of(endpoint).lookup(Direction.INGRESS, peer, port, protocol).allowed


def _address(agent: Agent, ip: str, icmp: str, http: str, at: str) -> dict[str, Any]:
    def probe(kind: str, problem: str, floor: int) -> dict[str, Any]:
        if problem:
            return {"lastProbed": at, "status": problem}
        microseconds = floor + keyed_int(agent.seed, "health-rtt", kind, agent.place, ip, below=120)
        return {"lastProbed": at, "latency": microseconds * 1000}

    return {
        "primary-address": {"http": probe("http", http, 400), "icmp": probe("icmp", icmp, 300), "ip": ip},
        "secondary-addresses": [],
    }
