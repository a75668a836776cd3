"""What the panes show of the clusters and of what is played on them, taken at one instant on the world's thread.

Rules for this file: no Textual. Pictures are values: the event loop may keep and compare them while the world goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quizgame.cluster.agent.monitor import DROP_TEXTS, EventType, L7Type, MonitorEvent, Peer, TracePoint, Verdict
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.objects import KubeObject, controller_of, dig, name_of, namespace_of
from quizgame.cluster.world import Cluster, World

SYSTEM_NAMESPACES = frozenset(("kube-system", "cilium-secrets", "kube-public", "kube-node-lease", "local-path-storage"))
"""Namespaces whose pods the map only counts."""
FLOWS_SHOWN = 30
FLOW_AGE_NS = 60_000_000_000
"""Older flows are no longer on the map."""
SAME_ATTEMPT_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class PodPicture:
    """One pod."""

    namespace: str
    name: str
    status: str
    """``Running``, ``Pending`` …"""
    is_ready: bool
    ip: str


@dataclass(frozen=True, slots=True)
class NodePicture:
    """One node with the pods on it."""

    name: str
    is_ready: bool
    agent: str
    """State of its Cilium agent, in words."""
    pods: tuple[PodPicture, ...]
    system_pods: int
    """How many pods of the system are on it."""


@dataclass(frozen=True, slots=True)
class ClusterPicture:
    """One cluster."""

    name: str
    context: str
    is_current: bool
    nodes: tuple[NodePicture, ...]
    waiting: tuple[PodPicture, ...]
    """Pods that no node has."""


@dataclass(frozen=True, slots=True)
class FlowPicture:
    """What last became of one kind of connection."""

    source: str
    destination: str
    port: int
    protocol: str
    verdict: str
    """A verdict of the flow API."""
    reason: str
    """The request that the proxy saw, or why it was dropped; may be empty."""
    age_s: float
    count: int
    """How many events of it there were lately."""


@dataclass(frozen=True, slots=True)
class MapPicture:
    """All clusters and the last flows, the newest first."""

    clusters: tuple[ClusterPicture, ...] = ()
    flows: tuple[FlowPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """What every game shows besides the terminal; each adds what is its own."""

    title: str
    minutes: int
    """How long it should take; 0 where nobody says."""
    elapsed_s: float
    is_over: bool
    lines: int
    """How many were run."""
    folder: str
    """The shell's working folder, for the prompt."""
    map: MapPicture


def map_of(world: World) -> MapPicture:
    """Look at all clusters of a world."""
    clusters = tuple(_cluster(world, cluster) for cluster in world.clusters.values())
    return MapPicture(clusters, tuple(_flows(world)))


def _cluster(world: World, cluster: Cluster) -> ClusterPicture:
    pods: dict[str, list[PodPicture]] = {}
    system: dict[str, int] = {}
    for pod in cluster.api.list("pods"):
        node = dig(pod, "spec", "nodeName", default="") or ""
        if namespace_of(pod) in SYSTEM_NAMESPACES:
            system[node] = system.get(node, 0) + 1
        else:
            pods.setdefault(node, []).append(_pod(pod))
    agents = {agent.node: agent for agent in agents_of(cluster)}
    nodes = []
    for node in cluster.nodes:
        name = name_of(node)
        agent = agents.get(name)
        if agent is None:
            state = "no agent"
        elif not agent.is_running:
            state = "agent down"
        else:
            state = "agent ok" if agent.is_connected else "agent cut off"
        nodes.append(NodePicture(name, _is_ready(node), state, tuple(pods.pop(name, ())), system.get(name, 0)))
    waiting = tuple(pod for left in pods.values() for pod in left)
    is_current = cluster.context == world.current_context
    return ClusterPicture(cluster.cluster_name, cluster.context, is_current, tuple(nodes), waiting)


def _pod(pod: KubeObject) -> PodPicture:
    return PodPicture(
        namespace_of(pod),
        name_of(pod),
        str(dig(pod, "status", "phase", default="Pending")),
        _is_ready(pod),
        str(dig(pod, "status", "podIP", default="") or ""),
    )


def _is_ready(thing: KubeObject) -> bool:
    conditions = dig(thing, "status", "conditions", default=()) or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


_Pair = tuple[str, str, int, str]
"""Source, destination, port, protocol."""
_Key = tuple[_Pair, str]
"""A pair, and the HTTP request where the proxy saw one."""


def _flows(world: World) -> Iterator[FlowPicture]:
    """The last verdict of each kind of connection, the newest first."""
    now_ns = world.clock.now_ns
    newest: dict[_Key, MonitorEvent] = {}
    counts: dict[_Key, int] = {}
    workloads = _workloads(world)
    for event in _recent(world, now_ns):
        pair = (
            _peer(event.source, workloads), _peer(event.destination, workloads), event.destination_port, event.protocol
        )  # fmt: skip
        key = (pair, _request(event))
        counts[key] = counts.get(key, 0) + 1
        known = newest.get(key)
        if known is None or _says_more(event, known):
            newest[key] = event
    seen_by_proxy = {pair for pair, request in newest if request}
    latest = sorted(newest.items(), key=lambda entry: (-entry[1].time_ns, entry[0]))
    shown = [
        (key, event)
        for key, event in latest
        if key[1] or key[0] not in seen_by_proxy or event.verdict is Verdict.DROPPED
    ]
    for key, event in shown[:FLOWS_SHOWN]:
        (source, destination, port, protocol), request = key
        yield FlowPicture(
            source, destination, port, protocol, event.verdict.name, request or _drop_text(event),
            (now_ns - event.time_ns) / 1e9, counts[key],
        )  # fmt: skip


def _recent(world: World, now_ns: int) -> Iterator[MonitorEvent]:
    since_ns = now_ns - FLOW_AGE_NS
    for cluster in world.clusters.values():
        for agent in agents_of(cluster):
            # Neither in order nor all in the past: a connection's packets are recorded when it begins.
            for event in agent.ring.newest():
                if since_ns <= event.time_ns <= now_ns and _tells(event):
                    yield event


def _tells(event: MonitorEvent) -> bool:
    """Whether an event says what became of a connection: a drop, a delivery, or a request seen by the proxy."""
    match event.type:
        case EventType.DROP:
            return not event.is_reply
        case EventType.TRACE:
            return event.point is TracePoint.TO_ENDPOINT and not event.is_reply
        case EventType.L7:
            return event.l7 is not None and event.l7.http is not None and event.l7.type is L7Type.REQUEST
    return False


def _says_more(event: MonitorEvent, known: MonitorEvent) -> bool:
    """The newer one counts; of those of one attempt a drop."""
    if abs(event.time_ns - known.time_ns) < SAME_ATTEMPT_NS:
        return event.verdict is Verdict.DROPPED and known.verdict is not Verdict.DROPPED
    return event.time_ns > known.time_ns


def _workloads(world: World) -> dict[tuple[str, str, str], str]:
    """Cluster, namespace and name of each pod → its workload, with the cluster where there are several."""
    found = {}
    for cluster in world.clusters.values():
        name = cluster.cluster_name
        prefix = f"{name}:" if len(world.clusters) > 1 else ""
        for pod in cluster.api.list("pods"):
            found[name, namespace_of(pod), name_of(pod)] = prefix + _workload(pod)
    return found


def _workload(pod: KubeObject) -> str:
    owner = controller_of(pod)
    if owner is None:
        return name_of(pod)
    name = str(owner["name"])
    return name.rpartition("-")[0] if owner["kind"] == "ReplicaSet" else name


def _peer(peer: Peer, workloads: dict[tuple[str, str, str], str]) -> str:
    if not peer.pod:
        return peer.names[0].rstrip(".") if peer.names else peer.ip
    return workloads.get((peer.cluster, peer.namespace, peer.pod), peer.pod)


def _drop_text(event: MonitorEvent) -> str:
    return DROP_TEXTS[event.drop_reason] if event.drop_reason is not None else ""


def _request(event: MonitorEvent) -> str:
    http = event.l7.http if event.l7 is not None else None
    if http is None:
        return ""
    rest = http.url.partition("://")[2] or http.url
    return f"{http.method} /{rest.partition('/')[2]}"


def verdict_is_good(verdict: str) -> bool:
    """Whether a verdict lets traffic through."""
    return verdict in (Verdict.FORWARDED.name, Verdict.REDIRECTED.name, Verdict.TRANSLATED.name)
