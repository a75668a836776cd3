"""The scenarios that look at Cilium itself: health, counters, logs, and what leaves a node unencrypted.

Source: cilium/cilium cilium-cli/connectivity/tests: health.go, errors.go, encryption.go, encryption_v2.go, pod.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.counters import FORWARDED
from quizgame.cluster.agent.monitor import DROP_TEXTS, Direction, DropReason
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.objects import dig, name_of, namespace_of
from quizgame.datapath.exchange import first_packet
from quizgame.datapath.topology import pod_origin
from quizgame.datapath.walk import decide
from quizgame.tools.cilium.connectivity.actions import (
    Action,
    Check,
    Performed,
    Probe,
    Scenario,
    curl_argv,
    ping_argv,
)
from quizgame.tools.cilium.connectivity.features import is_enabled
from quizgame.tools.cilium.connectivity.site import Member, Peer, Site
from quizgame.tools.cilium_dbg.model.health import health_model
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.logs.components import entries_of

if TYPE_CHECKING:
    from quizgame.cluster.objects import KubeObject
    from quizgame.cluster.world import Cluster

HEALTH_LIMIT_S = 300
_ICMP_HEADERS = 28
"""Bytes of the IPv4 header and of the echo request's own."""


# ---------------------------------------------------------------- health


def _agents(site: Site) -> Iterator[tuple[Cluster, KubeObject, Agent]]:
    for cluster in site.clusters():
        for pod in cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium"):
            agent = cluster.agents.get(str(dig(pod, "spec", "nodeName", default="")))
            if isinstance(agent, Agent):
                yield cluster, pod, agent


def _health(site: Site) -> Iterator[Action]:
    for cluster, pod, agent in _agents(site):
        name = name_of(pod)
        yield Check(name, lambda site, cluster=cluster, agent=agent, name=name: _probe(site, cluster, agent, name))  # type: ignore[misc]  # defaults bind the loop's values


def _probe(site: Site, cluster: Cluster, agent: Agent, pod: str) -> Performed:
    """Ask a node's health daemon until every node answers it, or the time is over.

    Simplified: what the real tool warns of every second is told once.
    """
    world, done = site.session.world, Performed()
    deadline = world.clock.now_ns + HEALTH_LIMIT_S * 1_000_000_000
    while True:
        problem, known = _unhealthy(site, cluster, agent, pod)
        done.facts = known
        if not problem:
            return done
        if not done.warnings:
            done.warnings.append(f'⚠️  cilium-health validation failed: "{problem}", retrying...')
        if world.clock.now_ns >= deadline:
            done.failure = f"cilium-health probe on '{pod}' failed: {problem}"
            return done
        world.advance(1)


def _unhealthy(site: Site, cluster: Cluster, agent: Agent, pod: str) -> tuple[str, tuple[Fact, ...]]:
    if not agent.is_serving:
        return "command terminated with exit code 1", ()
    health = health_model(site.session.world, agent)
    nodes, members = health["nodes"], sum(1 for _ in agents_of(cluster))
    if len(nodes) < members:
        names = " ".join(node["name"] for node in nodes)
        return f"cilium-agent '{pod}': only {len(nodes)}/{members} nodes appeared in cilium-health status. nodes = "\
               f"'[{names}]'", ()  # fmt: skip
    for part in ("host", "health-endpoint"):
        for kind in ("icmp", "http"):
            for node in nodes:
                status = dig(node, part, "primary-address", kind, "status", default="")
                if status:
                    path = f"{node['name']}.{part}.primary-address.{kind}.status"
                    known = fact("component", cluster=cluster.context, name="cilium-health", node=agent.node,
                                 status="failed")  # fmt: skip
                    return f"cilium-agent '{pod}': connectivity to path '{path}' is unhealthy: '{status}'", (known,)
    return "", ()


CILIUM_HEALTH = Scenario("cilium-health", _health)


# ---------------------------------------------------------------- counters

EXPECTED_DROPS = (
    "Policy denied", "Policy denied by denylist", "Unsupported L3 protocol", "Stale or unroutable IP",
    "Authentication required", "Service backend not found", "Unsupported protocol for NAT masquerade",
    "Invalid source ip", "Unknown L3 target address", "Unsupported L2 protocol", "Forbidden ICMPv6 message",
    "No egress gateway found", "Host datapath not ready", "Unknown ICMPv4 code", "Unknown ICMPv6 code",
)  # fmt: skip
"""Reasons that the test does not mind. Source: cilium/cilium cilium-cli/defaults, ExpectedDropReasons."""


def _drops(site: Site) -> Iterator[Action]:
    for cluster, _, agent in _agents(site):
        yield Check(f"{cluster.cluster_name}/{agent.node}", lambda site, agent=agent: _unexpected(site, agent))  # type: ignore[misc]  # the default binds the loop's value


def _unexpected(site: Site, agent: Agent) -> Performed:
    del site
    if not agent.is_serving:
        return Performed("Error fetching packet drop counts: command terminated with exit code 1")
    found = [
        {"labels": {"direction": direction.name, "reason": reason}, "name": "cilium_drop_count_total", "value": packets}
        for direction, reason, packets in drop_counts(agent)
        if reason not in EXPECTED_DROPS
    ]
    if not found:
        return Performed()
    return Performed("Found unexpected packet drops:\n" + "\n".join(json.dumps(each, indent=2) for each in found))


def drop_counts(agent: Agent) -> list[tuple[Direction, str, int]]:
    """What a node has dropped: direction, reason, packets."""
    return [
        (direction, DROP_TEXTS[DropReason(reason)], count.packets)
        for (reason, direction), count in agent.counters.by_reason().items()
        if reason != FORWARDED
    ]


NO_UNEXPECTED_DROPS = Scenario("no-unexpected-packet-drops", _drops)


def with_metrics(scenario: Scenario) -> Scenario:
    """A scenario whose actions have to raise the counter of forwarded packets on the server's node."""

    def actions(site: Site) -> Iterator[Action]:
        for action in scenario.actions(site):
            if not isinstance(action, Probe):
                continue
            echo = next(each for each in site.echoes() if each.name == action.peer.name)
            agent = echo.cluster.agents[echo.node]
            before = agent.counters.total(FORWARDED) if isinstance(agent, Agent) else 0
            yield Probe(action.name, action.source, action.peer, action.argv, action.watch, _rises(echo, before))

    return Scenario(scenario.name, actions)


def _rises(echo: Member, before: int) -> Callable[[Site, Probe], str]:
    def look(_site: Site, _probe: Probe) -> str:
        agent = echo.cluster.agents[echo.node]
        if isinstance(agent, Agent) and agent.is_serving and agent.counters.total(FORWARDED) > before:
            return ""
        problem = "metric cilium_forward_count_total has not increased"
        return f'failed to collect metrics on node {echo.node}. context timeout: "context deadline exceeded", '\
               f"last error: {problem}\n"  # fmt: skip

    return look


# ---------------------------------------------------------------- logs


def _logs(site: Site) -> Iterator[Action]:
    for cluster in site.clusters():
        for pod in cluster.api.list("pods", "kube-system", label_selector="app.kubernetes.io/part-of=cilium"):
            spec: Mapping[str, Any] = pod["spec"]
            for container in (*spec.get("containers", ()), *spec.get("initContainers", ())):
                name = f"{cluster.cluster_name}/{namespace_of(pod)}/{name_of(pod)} ({container['name']})"
                yield Check(
                    name,
                    lambda _site, cluster=cluster, pod=pod, container=container["name"], name=name: (  # type: ignore[misc]  # defaults bind the loop's values
                        _errors(cluster, pod, container, name)
                    ),
                )


_TOLERATED = (
    "Error in delegate stream, restarting", "Failed to update lock", "Failed to release lock",
    "the server could not find the requested resource", "removing identity not added to the identity manager!",
)  # fmt: skip
"""Errors that the test does not mind. Source: cilium-cli/connectivity/tests/errors.go, errorLogExceptions."""
_BAD = ("panic:", "level=error", "level=fatal", "DATA RACE", "POTENTIAL DEADLOCK:", "segmentation fault")


def _errors(cluster: Cluster, pod: KubeObject, container: str, name: str) -> Performed:
    counts: dict[str, int] = {}
    known: list[Fact] = []
    for entry in entries_of(cluster, pod, container, previous=False):
        if any(bad in entry.text for bad in _BAD) and not any(each in entry.text for each in _TOLERATED):
            counts[entry.text] = counts.get(entry.text, 0) + 1
            if entry.component:
                known.append(fact("log", cluster=cluster.context, component=entry.component, message=entry.message))
    if not counts:
        return Performed()
    listed = "".join(f"\n{text} ({number} occurrences)" for text, number in counts.items())
    return Performed(
        f"Found {len(counts)} logs in {name} matching list of errors that must be investigated:{listed}",
        facts=tuple(known),
    )


NO_ERRORS_IN_LOGS = Scenario("no-errors-in-logs", _logs)


# ---------------------------------------------------------------- packets between nodes


def _leaks(features: tuple[str, ...]) -> Callable[[Site, Probe], str]:
    """Whether a packet leaves its node in the clear, where all these features promise that it does not.

    Without them the real test makes sure that it does see packets in the clear; here there is nothing to make sure of.
    """

    def look(site: Site, probe: Probe) -> str:
        if not all(is_enabled(site.cluster, feature) for feature in features):
            return ""
        world, source, peer = site.session.world, probe.source, probe.peer
        origin = pod_origin(world, source.cluster.context, namespace_of(source.pod), name_of(source.pod))
        if origin is None:
            return ""
        packet = first_packet(world, origin, peer.address, peer.port, "TCP", world.clock.now_ns)
        covers = (path := decide(world, origin, packet).path).cover, path.reply_cover
        if all(cover.is_encrypted for cover in covers):
            return ""
        return "Captured unencrypted pkt (count=1 packet)"

    return look


def _pod_to_pod_encryption(site: Site) -> Iterator[Action]:
    for client in site.clients():
        server = site.elsewhere(client)
        if server is not None:
            peer = site.echo_peer(server)
            yield Probe("curl-ipv4", client, peer, curl_argv(site, peer), then=_leaks(("encryption-pod",)))
            return


def _node_to_node_encryption(site: Site) -> Iterator[Action]:
    for client in site.clients():
        server, here = site.elsewhere(client), site.host_of(client)
        there = site.host_of(server) if server is not None else None
        if server is None or here is None or there is None:
            continue
        look = _leaks(("encryption-pod", "encryption-node"))
        remote_host = Peer(there.name, there.ip, context=there.cluster.context)
        yield Probe("ping-ipv4", client, remote_host, ping_argv(there.ip), then=look)
        yield Probe("ping-ipv4", here, remote_host, ping_argv(there.ip), then=look)
        peer = site.echo_peer(server)
        yield Probe("curl-ipv4", here, peer, curl_argv(site, peer), then=look)
        return


def _no_fragmentation(site: Site) -> Iterator[Action]:
    from quizgame.tools.pod.ip import route_mtu

    for client in site.clients():
        server = site.elsewhere(client)
        agent = client.cluster.agents.get(client.node)
        if server is not None and isinstance(agent, Agent):
            peer = Peer(server.name, server.ip, site.echo_peer(server).port, context=server.cluster.context)
            size = str(route_mtu(agent) - _ICMP_HEADERS)
            yield Probe("ping-ipv4", client, peer, ping_argv(server.ip, "-M", "do", "-s", size))
            return


POD_TO_POD_ENCRYPTION = Scenario("pod-to-pod-encryption-v2", _pod_to_pod_encryption)
NODE_TO_NODE_ENCRYPTION = Scenario("node-to-node-encryption", _node_to_node_encryption)
NO_FRAGMENTATION = Scenario("pod-to-pod-no-frag", _no_fragmentation)
