"""Hubble servers over simulated agents: one node's own, and Relay, which merges a cluster's nodes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import HUBBLE_PORT
from quizgame.cluster.objects import KubeObject, dig, name_of
from quizgame.datapath.servers import is_running
from quizgame.goflags.times import SECOND
from quizgame.hubble.agentevent import GetAgentEventsResponse, GetEventsRequest
from quizgame.hubble.agentmaking import agent_events
from quizgame.hubble.answer import answer, merge_by_time
from quizgame.hubble.enums import NodeState
from quizgame.hubble.fields import uint64_text
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.following import Watch, follow
from quizgame.hubble.making import record_of
from quizgame.hubble.observer import (
    EVERYTHING,
    GetFlowsRequest,
    GetFlowsResponse,
    NamespaceInfo,
    NodeInfo,
    NodeStatusEvent,
    ServerStatus,
    TLSInfo,
)
from quizgame.hubble.preselect import preselect
from quizgame.hubble.source import RpcError, connection_refused
from quizgame.hubble.timestamps import format_timestamp

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.monitor import MonitorEvent
    from quizgame.cluster.world import Cluster, World

RATE_SPAN_NS = 60 * SECOND
"""Flows of the last minute make the reported rate."""
BUILD = "4f21a6d0"
"""The commit that the binaries name as theirs."""
_time_of = attrgetter("time_ns")


@dataclass(frozen=True, slots=True)
class NodeHubble:
    """What one agent's Hubble server has."""

    agent: Agent
    version: str
    """With the build, as emitters name it: ``1.19.5+g4f21a6d0``."""

    def events(self) -> list[MonitorEvent]:
        """What has happened by now, by time; a connection's later packets may have been recorded ahead of another's."""
        return sorted(self.happened(), key=_time_of)

    def happened(self) -> list[MonitorEvent]:
        """What has happened by now, as it was recorded."""
        now = self.agent.now_ns
        return [event for event in self.agent.ring.newest() if event.time_ns <= now]

    def answer(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """What this node sends of its ring. Records are made of the events that may be shown alone.

        Raises:
            FilterError: a filter's value is wrong.
            NotSimulated: a filter holds an expression.
        """
        events = self.events()
        if request.since_ns is not None or request.until_ns is not None:
            low = bisect_left(events, request.since_ns or 0, key=_time_of)
            high = len(events) if request.until_ns is None else bisect_right(events, request.until_ns, key=_time_of)
            events = events[low:high]
        if request.first or not 0 < request.number < EVERYTHING:
            return answer(self._records(events, request), request)
        # The last ones: read backwards until there are enough, as the real ring is read.
        newest_first = replace(request, first=True, since_ns=None, until_ns=None, follow=False)
        found = list(answer(self._records(reversed(events), request), newest_first))
        found.reverse()
        return found

    def _records(self, events: Iterable[MonitorEvent], request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
        return (record_of(event, self.version) for event in preselect(events, request.allow, request.deny))

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
        watch: Who follows; without it a followed stream ends after its history.
    """

    def __init__(
        self, world: World, cluster: Cluster, target: str = "localhost:4245", watch: Watch | None = None
    ) -> None:
        self._world = world
        self._cluster = cluster
        self._target = target
        self._watch = watch
        self._version = build_version(cluster)

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
        """Which nodes are heard, then their flows by time; a count holds for each node, as Relay applies it."""
        history = merge_by_time([node.answer(request) for node in self._connected()])
        return chain(self._node_states(), history, self._followed(request))

    def _followed(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        if not request.follow or self._watch is None:
            return ()
        return follow(self._connected, request, self._watch)

    def _connected(self) -> list[NodeHubble]:
        return [node for node, is_up in self._nodes() if is_up]

    def _node_states(self) -> Iterator[GetFlowsResponse]:
        """Source: cilium/cilium v1.19 pkg/hubble/relay/observer: each stream begins with the states of the nodes."""
        nodes = self._nodes()
        for state, wanted in ((NodeState.NODE_CONNECTED, True), (NodeState.NODE_UNAVAILABLE, False)):
            names = [_full_name(node.agent) for node, is_up in nodes if is_up is wanted]
            if names:
                yield GetFlowsResponse(
                    node_status=NodeStatusEvent(state_change=state, node_names=names),
                    node_name=f"{self._cluster.cluster_name}/{relay_pod(self._cluster)}",
                    time=format_timestamp(self._world.clock.now_ns),
                )

    def get_agent_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """Refuse, as the real Relay does. Source: cilium/cilium v1.19 pkg/hubble/relay/observer/server.go."""
        del request
        raise RpcError("Unimplemented", "GetAgentEvents not yet implemented")

    def get_debug_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """Refuse, as the real Relay does."""
        del request
        raise RpcError("Unimplemented", "GetDebugEvents not yet implemented")

    def server_status(self) -> ServerStatus:
        """Sums over the connected nodes."""
        nodes = self._nodes()
        up = [node for node, is_up in nodes if is_up]
        down = [_full_name(node.agent) for node, is_up in nodes if not is_up]
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
                name=_full_name(node.agent),
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
        return _namespaces(self._connected())


class LocalHubble:
    """One agent's own Hubble server, as ``hubble`` in the agent's pod reaches it (a ``FlowSource``)."""

    def __init__(self, agent: Agent, version: str, watch: Watch | None = None) -> None:
        self._node = NodeHubble(agent, version)
        self._watch = watch

    @property
    def target(self) -> str:
        """The agent's socket."""
        return "unix:///var/run/cilium/hubble.sock"

    def is_serving(self) -> bool:
        """Whether the agent answers."""
        return self._node.agent.is_serving

    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """Flows of this node."""
        history = self._node.answer(request)
        if not request.follow or self._watch is None:
            return history
        return chain(history, follow(lambda: [self._node], request, self._watch))

    def get_agent_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """What this agent told of itself."""
        return agent_events(self._node.agent, request, self._watch)

    def get_debug_events(self, request: GetEventsRequest) -> Iterable[GetAgentEventsResponse]:
        """Debug messages: there are none while the datapath's debugging is off.

        Raises:
            NotSimulated: it is on.
        """
        agent = self._node.agent
        if "datapath" in agent.config.get("debug-verbose").split() or agent.local_options.get("Debug") == "Enabled":
            raise NotSimulated("the datapath's debug messages")
        if request.follow and self._watch is not None:
            while self._watch.wait():
                pass
        return ()

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
        return _namespaces([self._node])


def _namespaces(nodes: Iterable[NodeHubble]) -> list[NamespaceInfo]:
    events = [event for node in nodes for event in node.happened()]
    # One connection's events share their peers: each is looked at once.
    peers = {id(peer): peer for event in events for peer in (event.source, event.destination)}
    found = {(peer.cluster, peer.namespace) for peer in peers.values() if peer.namespace}
    return [NamespaceInfo(cluster=cluster, namespace=namespace) for cluster, namespace in sorted(found)]


def relay_of(world: World, cluster: Cluster, address: str, watch: Watch | None = None) -> Relay:
    """The Relay of a cluster; ``watch`` is who follows.

    Raises:
        RpcError: if no Relay runs: nothing listens at the address.
    """
    if not relay_pod_node(cluster):
        raise connection_refused(address.replace("localhost", "127.0.0.1", 1))
    return Relay(world, cluster, address, watch)


def relay_pod_node(cluster: Cluster) -> str:
    """Node of a running Relay pod; empty where there is none."""
    pod = _running_relay(cluster)
    return str(dig(pod, "spec", "nodeName", default="")) if pod is not None else ""


def relay_pod(cluster: Cluster) -> str:
    """Name of a running Relay pod; empty where there is none."""
    pod = _running_relay(cluster)
    return name_of(pod) if pod is not None else ""


def _running_relay(cluster: Cluster) -> KubeObject | None:
    pods = cluster.api.list("pods", "kube-system", label_selector="k8s-app=hubble-relay")
    return next((pod for pod in pods if is_running(pod)), None)


def _full_name(agent: Agent) -> str:
    return f"{agent.config.cluster_name}/{agent.node}"


def build_version(cluster: Cluster) -> str:
    """Cilium's version with its build, as Hubble's servers name it; empty where it is not installed."""
    version = cilium_version(cluster)
    return f"{version}+g{BUILD}" if version else ""


def cilium_version(cluster: Cluster) -> str:
    """Cilium's version by the image of its DaemonSet; empty where it is not installed."""
    agents = cluster.api.find("daemonsets.apps", "cilium", "kube-system")
    image = dig(agents, "spec", "template", "spec", "containers", 0, "image", default="")
    return str(image).partition("@")[0].rpartition(":v")[2]
