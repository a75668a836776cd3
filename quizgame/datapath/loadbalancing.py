"""Choosing a backend for a connection to a service address."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.maglev import choose, has_table
from quizgame.cluster.agent.redirect import INTERNAL, is_skipped
from quizgame.cluster.agent.service_build import build_frontends
from quizgame.cluster.agent.services import Backend, Frontend
from quizgame.cluster.agent.stickiness import remembered
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import dig
from quizgame.policy.identity import is_node

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.datapath.packet import Packet


@dataclass(frozen=True, slots=True)
class Translation:
    """What load balancing did with a destination."""

    frontend: Frontend | None = None
    """The service address that was hit; ``None``: the destination is none."""
    backend: Backend | None = None
    """The chosen backend; ``None`` where the service has none to use."""
    by: Agent | None = field(default=None, compare=False, repr=False)
    """Whose node chose it."""

    @property
    def has_no_backend(self) -> bool:
        """Whether a service was hit that has nothing behind it."""
        return self.frontend is not None and self.backend is None

    def apply(self, packet: Packet) -> Packet:
        """The packet with its destination translated."""
        if self.backend is None:
            return packet
        return replace(packet, destination=self.backend.ip, destination_port=self.backend.port)


def translate(agent: Agent, packet: Packet, *, is_outside: bool = False) -> Translation:
    """Look a destination up in an agent's service map and choose a backend.

    The choice is keyed by the connection, unless the service has session affinity and still knows the client.

    Args:
        agent: On whose node the packet is.
        packet: The packet as sent.
        is_outside: Whether it comes from outside the clusters, so that cluster addresses do not count.
    """
    frontend = frontend_of(agent, packet)
    if frontend is None:
        return Translation()
    if is_outside and frontend.type == "ClusterIP" and not agent.config.is_on("bpf-lb-external-clusterip"):
        return Translation()
    if is_skipped(agent, frontend, packet.source):
        return Translation()
    usable = frontend.usable
    if frontend.local_traffic_policy and not is_outside:
        usable = _inside(agent, frontend).usable
    if not usable:
        return Translation(frontend)
    kept = remembered(agent, frontend, packet.source)
    if kept is not None and kept in usable:
        return Translation(frontend, kept, agent)
    client = (packet.source, packet.source_port)
    if is_outside and has_table(agent.config, frontend):
        return Translation(frontend, choose(agent, frontend, usable, client), agent)
    # Each node chooses for itself: a flow that comes in by another node may get another backend.
    entry = (agent.node,) if is_outside else ()
    chosen = usable[keyed_int(agent.seed, "backend", frontend.ip, frontend.port, *entry, *client, below=len(usable))]
    return Translation(frontend, chosen, agent)


def returns_directly(config: AgentConfig, protocol: str) -> bool:
    """Whether answers to clients outside go past the node that the client's packets came in by.

    Source: cilium/cilium v1.19 Documentation/network/kubernetes/kubeproxy-free.rst: ``hybrid`` is DSR for TCP alone.
    """
    mode = config.load_balancer_mode if config.has_kube_proxy_replacement else "snat"
    return mode == "dsr" or (mode == "hybrid" and protocol == "TCP")


def _inside(agent: Agent, frontend: Frontend) -> Frontend:
    """The service's cluster-internal twin of a frontend: ``externalTrafficPolicy`` is for clients outside alone."""
    own = agent.services.by_service.get((frontend.namespace, frontend.service), ())
    twins = (agent.services.frontends[address] for address in own)
    return next((t for t in twins if t.type in INTERNAL and t.port_name == frontend.port_name), frontend)


def frontend_of(agent: Agent, packet: Packet) -> Frontend | None:
    """The service address that a packet's destination is, as an agent's node sees it."""
    ip, port, protocol = packet.destination, packet.destination_port, packet.protocol
    found = agent.services.lookup(ip, port, protocol)
    if found is not None or port == 0:
        return found
    is_a_node = is_node(agent.identity_of(ip))
    if agent.config.has_kube_proxy_replacement:
        # Source: cilium/cilium v1.19 bpf/bpf_sock.c sock4_wildcard_lookup: any node's address has every NodePort.
        return agent.services.lookup("0.0.0.0", port, protocol) if is_a_node else None
    return _of_kube_proxy(agent, packet) if _kube_proxy_runs(agent) else None


def _of_kube_proxy(agent: Agent, packet: Packet) -> Frontend | None:
    """The NodePort or external address that kube-proxy on a node translates, by that node's present services."""
    is_own = packet.destination == agent.node_ip
    for key, service in sorted(agent.service_objects.items()):
        if dig(service, "spec", "type") not in ("NodePort", "LoadBalancer") and not dig(service, "spec", "externalIPs"):
            continue
        slices = [each for _, each in sorted(agent.slices.get(key, {}).items())]
        frontends = build_frontends(
            service, slices, (), node_ip=agent.node_ip, node_name=agent.node, replaces_kube_proxy=True
        )
        for each in frontends:
            is_here = each.ip == packet.destination if each.type != "NodePort" else is_own and each.ip == agent.node_ip
            if is_here and (each.port, each.protocol) == (packet.destination_port, packet.protocol):
                return each
    return None


def _kube_proxy_runs(agent: Agent) -> bool:
    return agent.api.find("daemonsets.apps", "kube-proxy", "kube-system") is not None
