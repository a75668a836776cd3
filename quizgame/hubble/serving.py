"""Hubble servers over simulated agents: one node's own, and Relay, which merges a cluster's nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import HUBBLE_PORT
from quizgame.cluster.objects import dig
from quizgame.datapath.servers import is_running
from quizgame.goflags.times import SECOND
from quizgame.hubble.answer import answer, merge_by_time
from quizgame.hubble.enums import NodeState
from quizgame.hubble.fields import uint64_text
from quizgame.hubble.making import record_of
from quizgame.hubble.observer import GetFlowsRequest, GetFlowsResponse, NamespaceInfo, NodeInfo, ServerStatus, TLSInfo
from quizgame.hubble.source import connection_refused

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.monitor import MonitorEvent
    from quizgame.cluster.world import Cluster, World

RATE_SPAN_NS = 60 * SECOND
"""Flows of the last minute make the reported rate."""


@dataclass(frozen=True, slots=True)
class NodeHubble:
    """What one agent's Hubble server has."""

    agent: Agent
    version: str

    def events(self) -> list[MonitorEvent]:
        """The ring's events by time; a connection's later packets may have been recorded ahead of another's."""
        return sorted(self.agent.ring.newest(), key=lambda event: event.time_ns)

    def records(self) -> Iterator[GetFlowsResponse]:
        """The ring as records, oldest first; events that have not happened yet are left out."""
        now = self.agent.now_ns
        for event in self.events():
            if event.time_ns <= now:
                yield record_of(event, self.version)

    @property
    def flow_count(self) -> int:
        """Events in the ring."""
        return min(len(self.agent.ring.events), self.agent.ring.capacity)

    @property
    def uptime_ns(self) -> int:
        """Since the agent started."""
        return max(self.agent.now_ns - self.agent.started_ns, 0)

    def rate(self) -> float:
        """Flows a second over the last minute."""
        since = self.agent.now_ns - RATE_SPAN_NS
        recent = sum(1 for event in self.agent.ring.newest() if event.time_ns > since)
        return recent / min(max(self.uptime_ns, SECOND), RATE_SPAN_NS) * SECOND


class Relay:
    """The Relay of one cluster (a ``FlowSource``).

    Args:
        world: The world.
        cluster: Whose Relay.
        target: The address as the user knows it.
    """

    def __init__(self, world: World, cluster: Cluster, target: str = "localhost:4245") -> None:
        self._world = world
        self._cluster = cluster
        self._target = target
        self._version = f"{cilium_version(cluster)}"

    @property
    def target(self) -> str:
        """The address as the user knows it."""
        return self._target

    def is_serving(self) -> bool:
        """Whether Relay is healthy."""
        return True

    def _nodes(self) -> list[tuple[NodeHubble, bool]]:
        """Each node's Hubble and whether Relay reaches it."""
        relay_node = relay_pod_node(self._cluster)
        links = fabric_of(self._world).links
        return [
            (
                NodeHubble(agent, self._version),
                agent.is_serving
                and agent.config.has_hubble
                and links.allows(f"{self._cluster.context}/{relay_node}", agent.place, "TCP", HUBBLE_PORT),
            )
            for agent in agents_of(self._cluster)
        ]

    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """Flows of all connected nodes by time; a count holds for each node, as Relay applies it."""
        return merge_by_time([answer(node.records(), request) for node, is_up in self._nodes() if is_up])

    def server_status(self) -> ServerStatus:
        """Sums over the connected nodes."""
        nodes = self._nodes()
        up = [node for node, is_up in nodes if is_up]
        down = [f"{node.agent.config.cluster_name}/{node.agent.node}" for node, is_up in nodes if not is_up]
        return ServerStatus(
            num_flows=uint64_text(sum(node.flow_count for node in up)),
            max_flows=uint64_text(sum(node.agent.ring.capacity for node in up)),
            seen_flows=uint64_text(sum(node.agent.ring.seen for node in up)),
            uptime_ns=uint64_text(min((node.uptime_ns for node in up), default=0)),
            num_connected_nodes=len(up),
            num_unavailable_nodes=len(down),
            unavailable_nodes=down,
            version=f"hubble-relay v{self._version}",
            flows_rate=sum(node.rate() for node in up),
        )

    def nodes(self) -> list[NodeInfo]:
        """What Relay knows of each node."""
        return [
            NodeInfo(
                name=f"{node.agent.config.cluster_name}/{node.agent.node}",
                version=f"cilium v{self._version}" if is_up else "",
                address=f"{node.agent.node_ip}:{HUBBLE_PORT}",
                state=NodeState.NODE_CONNECTED if is_up else NodeState.NODE_UNAVAILABLE,
                tls=TLSInfo(
                    enabled=True,
                    server_name=f"{node.agent.node}.{node.agent.config.cluster_name}.hubble-grpc.cilium.io",
                ),
                uptime_ns=uint64_text(node.uptime_ns) if is_up else "",
                num_flows=uint64_text(node.flow_count) if is_up else "",
                max_flows=uint64_text(node.agent.ring.capacity) if is_up else "",
                seen_flows=uint64_text(node.agent.ring.seen) if is_up else "",
            )
            for node, is_up in self._nodes()
        ]

    def namespaces(self) -> list[NamespaceInfo]:
        """Namespaces that recent flows name, sorted."""
        found = {
            (peer.cluster, peer.namespace)
            for node, is_up in self._nodes()
            if is_up
            for event in node.events()
            for peer in (event.source, event.destination)
            if peer.namespace
        }
        return [NamespaceInfo(cluster=cluster, namespace=namespace) for cluster, namespace in sorted(found)]


class LocalHubble:
    """One agent's own Hubble server, as ``hubble`` in the agent's pod reaches it (a ``FlowSource``)."""

    def __init__(self, agent: Agent, version: str) -> None:
        self._node = NodeHubble(agent, version)

    @property
    def target(self) -> str:
        """The agent's socket."""
        return "unix:///var/run/cilium/hubble.sock"

    def is_serving(self) -> bool:
        """Whether the agent answers."""
        return self._node.agent.is_serving

    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """Flows of this node."""
        return answer(self._node.records(), request)

    def server_status(self) -> ServerStatus:
        """State of this node's ring."""
        node = self._node
        return ServerStatus(
            num_flows=uint64_text(node.flow_count),
            max_flows=uint64_text(node.agent.ring.capacity),
            seen_flows=uint64_text(node.agent.ring.seen),
            uptime_ns=uint64_text(node.uptime_ns),
            version=f"cilium v{node.version}",
            flows_rate=node.rate(),
        )

    def nodes(self) -> list[NodeInfo]:
        """A node's server knows no other nodes."""
        return []

    def namespaces(self) -> list[NamespaceInfo]:
        """Namespaces that this node's flows name, sorted."""
        found = {
            (peer.cluster, peer.namespace)
            for event in self._node.events()
            for peer in (event.source, event.destination)
            if peer.namespace
        }
        return [NamespaceInfo(cluster=cluster, namespace=namespace) for cluster, namespace in sorted(found)]


def relay_of(world: World, cluster: Cluster, address: str) -> Relay:
    """The Relay of a cluster.

    Raises:
        RpcError: if no Relay runs: nothing listens at the address.
    """
    if not relay_pod_node(cluster):
        raise connection_refused(address)
    return Relay(world, cluster, address)


def relay_pod_node(cluster: Cluster) -> str:
    """Node of a running Relay pod; empty where there is none."""
    for pod in cluster.api.list("pods", "kube-system", label_selector="k8s-app=hubble-relay"):
        if is_running(pod):
            return str(dig(pod, "spec", "nodeName", default=""))
    return ""


def cilium_version(cluster: Cluster) -> str:
    """Cilium's version by the image of its DaemonSet; empty where it is not installed."""
    agents = cluster.api.find("daemonsets.apps", "cilium", "kube-system")
    image = dig(agents, "spec", "template", "spec", "containers", 0, "image", default="")
    return str(image).partition("@")[0].rpartition(":v")[2]
