"""Making flows of monitor events, as the agent's Hubble parser does.

Source: cilium/cilium v1.19 pkg/hubble/parser (threefour, seven, sock); reference hubble-observe, sections 8 and 9.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import (
    Direction,
    EventType,
    L7Record,
    L7Type,
    MonitorEvent,
    Peer,
    PolicyRef,
    TracePoint,
    TraceReason,
    Verdict,
)
from quizgame.cluster.keyed import keyed_uuid
from quizgame.hubble import enums
from quizgame.hubble.drops import DropReason
from quizgame.hubble.fields import uint64_text
from quizgame.hubble.flow import (
    DNS,
    HTTP,
    IP,
    SCTP,
    TCP,
    UDP,
    CiliumEventType,
    Emitter,
    Endpoint,
    Ethernet,
    FileInfo,
    Flow,
    HTTPHeader,
    ICMPv4,
    Layer4,
    Layer7,
    NetworkInterface,
    Policy,
    Service,
    TCPFlags,
    Workload,
)
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.summaries import layer_4_summary, layer_7_summary, socket_summary
from quizgame.hubble.timestamps import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

_DROP_DESCRIPTIONS = {reason.number: reason for reason in DropReason}
_AUTH_TYPES = (enums.AuthType.DISABLED, enums.AuthType.SPIRE, enums.AuthType.TEST_ALWAYS_FAIL)
_POINTS = {point.sub_type: point for point in enums.TraceObservationPoint if point.number}
_SOCK_POINTS = {point.number: point for point in enums.SocketTranslationPoint}
_TYPES = {
    EventType.L7: enums.FlowType.L7,
    EventType.TRACE_SOCK: enums.FlowType.SOCK,
}
_VERDICTS = {verdict: enums.Verdict[verdict.name] for verdict in Verdict}
_REASONS = {
    reason: enums.TraceReason.TRACE_REASON_UNKNOWN if reason is TraceReason.UNKNOWN else enums.TraceReason[reason.name]
    for reason in TraceReason
}


def direction_name(direction: Direction) -> str:
    """The API's name of a direction."""
    return "TRAFFIC_DIRECTION_UNKNOWN" if direction is Direction.UNKNOWN else direction.name


_DIRECTIONS = {direction: enums.TrafficDirection[direction_name(direction)] for direction in Direction}

_REMEMBERED = 20_000
"""Records that are kept: about the rings of five nodes. A ring is read again and again, and its events never change."""
_records: dict[int, tuple[MonitorEvent, str, GetFlowsResponse]] = {}


def record_of(event: MonitorEvent, version: str) -> GetFlowsResponse:
    """The record that an agent's Hubble keeps of an event.

    Args:
        event: The event.
        version: Cilium's version, for the emitter.
    """
    known = _records.get(id(event))
    if known is not None and known[0] is event and known[1] == version:
        return known[2]
    flow = flow_of(event, version)
    record = GetFlowsResponse(flow=flow, node_name=flow.node_name, time=flow.time)
    if len(_records) >= _REMEMBERED:
        _records.clear()
    _records[id(event)] = (event, version, record)
    return record


def flow_of(event: MonitorEvent, version: str) -> Flow:
    """The flow that Hubble makes of an event."""
    l4 = _layer4(event)
    l7 = _l7(event.l7) if event.l7 is not None else None
    is_egress = event.direction is Direction.EGRESS
    allowed, denied = _policies(event.allowed_by), _policies(event.denied_by)
    reason = int(event.drop_reason) if event.drop_reason is not None else 0
    point = None
    if event.type is EventType.TRACE and event.point is not None:
        point = _POINTS[int(event.point)]
    sock = enums.SocketTranslationPoint.SOCK_XLATE_POINT_UNKNOWN
    if event.sock_point is not None:
        sock = _SOCK_POINTS[int(event.sock_point)]
    return Flow(
        time=format_timestamp(event.time_ns),
        uuid=uuid_of(event),
        emitter=_emitter(version),
        verdict=_VERDICTS[event.verdict],
        drop_reason=reason,
        ethernet=_ethernet(event),
        ip=IP(
            source=event.source.ip,
            source_xlated=event.source_xlated,
            destination=event.destination.ip,
            ip_version=enums.IPVersion.IPv4,
            encrypted=event.is_encrypted,
        ),
        l4=l4,
        source=_endpoint(event.source),
        destination=_endpoint(event.destination),
        type=_TYPES.get(event.type, enums.FlowType.L3_L4),
        node_name=f"{event.cluster}/{event.node}",
        node_labels=_listed(event.node_labels),
        source_names=list(event.source.names),
        destination_names=list(event.destination.names),
        l7=l7,
        reply=bool(event.is_reply),
        event_type=CiliumEventType(type=int(event.type), sub_type=_sub_type(event)),
        source_service=_service(event.source),
        destination_service=_service(event.destination),
        traffic_direction=_DIRECTIONS[event.direction],
        policy_match_type=event.match_type,
        auth_type=_AUTH_TYPES[event.auth_type],
        trace_observation_point=point or enums.TraceObservationPoint.UNKNOWN_POINT,
        trace_reason=_REASONS[event.reason],
        drop_reason_desc=_DROP_DESCRIPTIONS.get(reason, DropReason.DROP_REASON_UNKNOWN),
        is_reply=event.is_reply,
        interface=NetworkInterface(index=event.ifindex, name=event.interface) if event.interface else None,
        proxy_port=event.proxy_port if event.point is TracePoint.TO_PROXY else 0,
        sock_xlate_point=sock,
        socket_cookie=uint64_text(event.socket_cookie),
        cgroup_id=uint64_text(event.cgroup_id),
        file=FileInfo(name=event.file[0], line=event.file[1]) if event.file is not None else None,
        summary=_summary(event, l4, l7),
        egress_allowed_by=allowed if is_egress else [],
        ingress_allowed_by=[] if is_egress else allowed,
        egress_denied_by=denied if is_egress else [],
        ingress_denied_by=[] if is_egress else denied,
    )


def uuid_of(event: MonitorEvent) -> str:
    """The identifier of the flow that Hubble makes of an event."""
    return keyed_uuid(event.connection, "flow", event.cluster, event.node, event.time_ns, event.sequence)


def side_flow(peer: Peer, side: str) -> Flow:
    """What flows of a peer say of it, for filters that ask about one side alone.

    Args:
        peer: One side of an event.
        side: ``source`` or ``destination``.
    """
    service, names = _service(peer), list(peer.names)
    if side == "source":
        return Flow(ip=IP(source=peer.ip), source=_endpoint(peer), source_names=names, source_service=service)
    return Flow(
        ip=IP(destination=peer.ip), destination=_endpoint(peer), destination_names=names, destination_service=service
    )


def node_flow(event: MonitorEvent) -> Flow:
    """What flows of a node say of it."""
    return Flow(node_name=f"{event.cluster}/{event.node}", node_labels=list(event.node_labels))


@lru_cache(maxsize=64)
def _emitter(version: str) -> Emitter:
    return Emitter(name="Hubble", version=version)


@lru_cache(maxsize=1024)
def _listed(texts: tuple[str, ...]) -> list[str]:
    """One list for all flows of a node: a flow never changes."""
    return list(texts)


def _sub_type(event: MonitorEvent) -> int:
    if event.type is EventType.DROP and event.drop_reason is not None:
        return int(event.drop_reason)
    if event.type is EventType.TRACE and event.point is not None:
        return int(event.point)
    if event.type is EventType.TRACE_SOCK and event.sock_point is not None:
        return int(event.sock_point)
    return 0


def _ethernet(event: MonitorEvent) -> Ethernet | None:
    source, destination = event.macs
    return Ethernet(source=source, destination=destination) if source or destination else None


def _layer4(event: MonitorEvent) -> Layer4 | None:
    source, destination = event.source_port, event.destination_port
    match event.protocol:
        case "TCP":
            has_flags = event.type not in (EventType.L7, EventType.TRACE_SOCK)
            flags = TCPFlags(**{flag.lower(): True for flag in event.flags}) if has_flags else None
            return Layer4(tcp=TCP(source_port=source, destination_port=destination, flags=flags))
        case "UDP":
            return Layer4(udp=UDP(source_port=source, destination_port=destination))
        case "SCTP":
            return Layer4(sctp=SCTP(source_port=source, destination_port=destination))
        case "ICMPv4" if event.icmp is not None:
            return Layer4(icmpv4=ICMPv4(type=event.icmp[0], code=event.icmp[1]))
    return None


@lru_cache(maxsize=4096)
def _endpoint(peer: Peer) -> Endpoint:
    workloads = [Workload(name=peer.workload[0], kind=peer.workload[1])] if peer.workload is not None else []
    return Endpoint(
        id=peer.endpoint_id,
        identity=peer.identity,
        cluster_name=peer.cluster,
        namespace=peer.namespace,
        labels=list(peer.labels),
        pod_name=peer.pod,
        workloads=workloads,
    )


def _service(peer: Peer) -> Service | None:
    if peer.service is None:
        return None
    namespace, name = peer.service
    return Service(name=name, namespace=namespace)


def _policies(refs: Iterable[PolicyRef]) -> list[Policy]:
    # Source: cilium/cilium v1.19 pkg/policy/correlation: every policy carries the endpoint's realized revision.
    return [
        Policy(
            name=ref.name,
            namespace=ref.namespace,
            labels=list(ref.labels),
            revision=uint64_text(ref.revision),
            kind=ref.kind,
        )
        for ref in refs
    ]


def _l7(record: L7Record) -> Layer7:
    is_response = record.type is L7Type.RESPONSE
    return Layer7(
        type=enums.L7FlowType.RESPONSE if is_response else enums.L7FlowType.REQUEST,
        latency_ns=uint64_text(record.latency_ns) if record.latency_ns else "",
        dns=None
        if record.dns is None
        else DNS(
            query=record.dns.query,
            ips=list(record.dns.ips),
            ttl=record.dns.ttl,
            cnames=list(record.dns.cnames),
            observation_source="proxy",
            rcode=record.dns.rcode,
            qtypes=list(record.dns.qtypes),
            rrtypes=list(record.dns.rrtypes),
        ),
        http=None
        if record.http is None
        else HTTP(
            code=record.http.code,
            method=record.http.method,
            url=record.http.url,
            protocol=record.http.protocol,
            headers=[HTTPHeader(key=key, value=value) for key, value in record.http.headers],
        ),
    )


def _summary(event: MonitorEvent, l4: Layer4 | None, l7: Layer7 | None) -> str:
    if l7 is not None:
        return layer_7_summary(l7)
    return socket_summary(l4) if event.type is EventType.TRACE_SOCK else layer_4_summary(l4)
