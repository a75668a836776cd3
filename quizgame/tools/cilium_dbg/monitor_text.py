"""How ``cilium-dbg monitor`` prints an event. Pure. Source: reference cilium-dbg, section 10; goldens ``monitor-*``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.cluster.agent.monitor import (
    DROP_TEXTS,
    Direction,
    EventType,
    L7Type,
    MonitorEvent,
    Peer,
    SockPoint,
    TracePoint,
    TraceReason,
    Verdict,
)
from quizgame.policy.decision import MatchType
from quizgame.policy.identity import RESERVED_LABELS

_POINTS = {
    TracePoint.TO_ENDPOINT: "-> endpoint {endpoint}",
    TracePoint.TO_PROXY: "-> proxy port {proxy}",
    TracePoint.TO_HOST: "-> host",
    TracePoint.TO_STACK: "-> stack",
    TracePoint.TO_OVERLAY: "-> overlay",
    TracePoint.TO_NETWORK: "-> network",
    TracePoint.TO_CRYPTO: "-> crypto",
    TracePoint.FROM_ENDPOINT: "<- endpoint {source}",
    TracePoint.FROM_PROXY: "<- proxy",
    TracePoint.FROM_HOST: "<- host",
    TracePoint.FROM_STACK: "<- stack",
    TracePoint.FROM_OVERLAY: "<- overlay",
    TracePoint.FROM_NETWORK: "<- network",
    TracePoint.FROM_CRYPTO: "<- crypto",
}
_ACTIONS = {Verdict.FORWARDED: "allow", Verdict.REDIRECTED: "redirect", Verdict.DROPPED: "deny", Verdict.AUDIT: "audit"}
_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMPv4": 1}
_SOCK_POINTS = {
    SockPoint.PRE_FWD: "pre-xlate-fwd",
    SockPoint.POST_FWD: "post-xlate-fwd",
    SockPoint.PRE_REV: "pre-xlate-rev",
    SockPoint.POST_REV: "post-xlate-rev",
}
_FLAG_ORDER = ("SYN", "ACK", "RST", "FIN", "PSH")


def _number(identity: int, is_numeric: bool) -> str:
    """Reserved identities print by name, others as numbers."""
    if is_numeric:
        return str(int(identity))
    if identity == 0:
        return "unknown"
    reserved = RESERVED_LABELS.get(identity)
    return reserved[0].key if reserved is not None else str(identity)


def _identities(event: MonitorEvent, is_numeric: bool) -> str:
    return f"{_number(event.source.identity, is_numeric)}->{_number(event.destination.identity, is_numeric)}"


def _packet(event: MonitorEvent) -> str:
    if event.icmp is not None:
        name = {0: "EchoReply", 8: "EchoRequest"}.get(event.icmp[0], str(event.icmp[0]))
        return f"{event.source.ip} -> {event.destination.ip} {name}"
    text = f"{event.source.ip}:{event.source_port} -> {event.destination.ip}:{event.destination_port}"
    flags = ", ".join(flag for flag in _FLAG_ORDER if flag in event.flags)
    return f"{text} {event.protocol.lower()} {flags}".rstrip()


def _drop(event: MonitorEvent, is_numeric: bool) -> str:
    reason = DROP_TEXTS[event.drop_reason] if event.drop_reason is not None else ""
    file, line = event.file if event.file is not None else ("bpf_lxc.c", 0)
    return (
        f"xx drop ({reason}) flow {event.connection:#x} to endpoint {event.destination.endpoint_id}, "
        f"ifindex {event.ifindex}, file {file}:{line}, , "
        f"identity {_identities(event, is_numeric)}: {_packet(event)}"
    )


def _verdict(event: MonitorEvent, is_numeric: bool) -> str:
    is_egress = event.direction is Direction.EGRESS
    local, remote = (event.source, event.destination) if is_egress else (event.destination, event.source)
    return (
        f"Policy verdict log: flow {event.connection:#x} local EP ID {local.endpoint_id}, "
        f"remote ID {_number(remote.identity, is_numeric)}, proto {_PROTOCOLS[event.protocol]}, "
        f"{event.direction.name.lower()}, action {_ACTIONS[event.verdict]}, auth: disabled, "
        f"match {MatchType(event.match_type).text}, {_packet(event)}"
    )


def _trace(event: MonitorEvent, is_numeric: bool) -> str:
    point = event.point if event.point is not None else TracePoint.TO_STACK
    head = _POINTS[point].format(
        endpoint=event.destination.endpoint_id, proxy=event.proxy_port, source=event.source.endpoint_id
    )
    state = "unknown" if event.reason is TraceReason.UNKNOWN else event.reason.name.lower()
    device = event.interface or "0"
    encrypted = "encrypted " if event.is_encrypted else ""
    return (
        f"{head} {encrypted}flow {event.connection:#x} , identity {_identities(event, is_numeric)} state {state} "
        f"ifindex {device} orig-ip 0.0.0.0: {_packet(event)}"
    )


def _end(peer: Peer) -> str:
    return f"{peer.endpoint_id} ([{' '.join(peer.labels) if peer.endpoint_id else ''}])"


def _l7(event: MonitorEvent, is_numeric: bool) -> str:
    record = event.l7
    if record is None:
        return ""
    is_request = record.type is L7Type.REQUEST
    kind, detail = "http", ""
    if record.http is not None:
        detail = f"{record.http.method} {record.http.url} => {record.http.code}"
    elif record.dns is not None:
        kind, detail = "dns", f"DNS proxy: {record.dns.query} {','.join(record.dns.qtypes)}"
        if not is_request and record.dns.ips:
            detail += f" TTL: {record.dns.ttl} Answer: '{','.join(record.dns.ips)}'"
    arrow = "->" if event.direction is Direction.EGRESS else "<-"
    ends = f"from {_end(event.source)} to {_end(event.destination)}"
    if not is_request:
        ends = f"to {_end(event.destination)} from {_end(event.source)}"
    verdict = "Forwarded" if event.verdict is Verdict.FORWARDED else "Denied"
    return (
        f"{arrow} {record.type.value.capitalize()} {kind} {ends}, "
        f"identity {_identities(event, is_numeric)}, verdict {verdict} {detail}"
    )


def _sock(event: MonitorEvent, is_numeric: bool) -> str:
    del is_numeric
    what = _SOCK_POINTS[event.sock_point] if event.sock_point is not None else "unknown"
    return (
        f"CPU 00: [{what}] cgroup_id: {event.cgroup_id} sock_cookie: {event.socket_cookie}, "
        f"dst [{event.destination.ip}]:{event.destination_port} {event.protocol.lower()}"
    )


FORMATS: dict[EventType, Callable[[MonitorEvent, bool], str]] = {
    EventType.DROP: _drop,
    EventType.POLICY_VERDICT: _verdict,
    EventType.TRACE: _trace,
    EventType.L7: _l7,
    EventType.TRACE_SOCK: _sock,
}
"""By type: a function of the event and of whether reserved identities are numbers too."""


def event_text(event: MonitorEvent, *, is_numeric: bool = False) -> str:
    """The line of an event."""
    return FORMATS[event.type](event, is_numeric)
