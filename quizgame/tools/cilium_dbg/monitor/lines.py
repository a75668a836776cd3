"""One line an event, as ``cilium-dbg monitor`` and ``-v`` print it.

Source: reference cilium-dbg, section 10; goldens ``monitor`` and ``monitor-type-*``; cilium/cilium v1.19
pkg/monitor (DumpInfo, GetConnectionSummary).
"""

from __future__ import annotations

from collections.abc import Callable

from quizgame.cluster.agent.monitor import (
    Direction,
    EventType,
    L7Type,
    MonitorEvent,
    Peer,
    SockPoint,
    Verdict,
)
from quizgame.datapath.frames import cpu_of
from quizgame.hubble.summaries import icmp4_type_code
from quizgame.policy.decision import MatchType
from quizgame.tools.cilium_dbg.monitor.notice import (
    UNSPECIFIED,
    Lens,
    drop_place,
    drop_text,
    identities_text,
    identity_text,
    source_of,
    target_of,
    trace_state,
    trace_summary,
)

_ACTIONS = {Verdict.FORWARDED: "allow", Verdict.REDIRECTED: "redirect", Verdict.DROPPED: "deny", Verdict.AUDIT: "audit"}
_AUTH_TYPES = ("disabled", "spire", "test-always-fail")
_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMPv4": 1}
_SOCK_POINTS = {
    SockPoint.PRE_FWD: "pre-xlate-fwd",
    SockPoint.POST_FWD: "post-xlate-fwd",
    SockPoint.PRE_REV: "pre-xlate-rev",
    SockPoint.POST_REV: "post-xlate-rev",
}
_FLAG_ORDER = ("SYN", "ACK", "RST", "FIN")
"""The flags that a summary tells; others it leaves out."""


def packet_text(event: MonitorEvent) -> str:
    """Addresses, ports and flags of the packet as it was on the device."""
    source, destination = event.source_xlated or event.source.ip, event.destination.ip
    if event.icmp is not None:
        return f"{source} -> {destination} icmp {icmp4_type_code(*event.icmp)}"
    text = f"{source}:{event.source_port} -> {destination}:{event.destination_port} {event.protocol.lower()}"
    if event.protocol != "TCP":
        return text
    return f"{text} {', '.join(flag for flag in _FLAG_ORDER if flag in event.flags)}"


def _drop(event: MonitorEvent, lens: Lens) -> str:
    file, line = drop_place(event)
    return (
        f"xx drop ({drop_text(event)}) flow {event.connection:#x} to endpoint {target_of(event)}, "
        f"ifindex {event.ifindex}, file {file}:{line}, , "
        f"identity {identities_text(event, lens)}: {packet_text(event)}"
    )


def remote_identity(event: MonitorEvent) -> int:
    """Identity of the other end of a policy verdict."""
    return event.destination.identity if event.direction is Direction.EGRESS else event.source.identity


def _verdict(event: MonitorEvent, lens: Lens) -> str:
    auth = _AUTH_TYPES[event.auth_type]
    return (
        f"Policy verdict log: flow {event.connection:#x} local EP ID {source_of(event, lens)}, "
        f"remote ID {identity_text(remote_identity(event), lens)}, proto {_PROTOCOLS[event.protocol]}, "
        f"{event.direction.name.lower()}, action {_ACTIONS[event.verdict]}, auth: {auth}, "
        f"match {MatchType(event.match_type).text}, {packet_text(event)}"
    )


def _trace(event: MonitorEvent, lens: Lens) -> str:
    encrypted = " encrypted " if event.is_encrypted else ""
    return (
        f"{trace_summary(event, lens)}{encrypted} flow {event.connection:#x} , "
        f"identity {identities_text(event, lens)} state {trace_state(event)} "
        f"ifindex {event.interface or '0'} orig-ip {event.original_ip or UNSPECIFIED}: {packet_text(event)}"
    )


def _end(peer: Peer) -> str:
    return f"{peer.endpoint_id} ([{' '.join(peer.labels) if peer.endpoint_id else ''}])"


def _l7(event: MonitorEvent, lens: Lens) -> str:
    record = event.l7
    if record is None:
        return ""
    is_request = record.type is L7Type.REQUEST
    kind, detail = "http", ""
    if record.http is not None:
        detail = f"{record.http.method} {record.http.url} => {record.http.code}"
    elif record.dns is not None:
        kind, detail = "dns", f"DNS proxy: {record.dns.query} {','.join(record.dns.qtypes)}"
        if not is_request:
            detail += f" TTL: {record.dns.ttl} Answer: '{','.join(record.dns.ips)}'"
            if record.dns.cnames:
                detail += f" CNAMEs: {','.join(record.dns.cnames)}"
    arrow = "->" if event.direction is Direction.EGRESS else "<-"
    ends = f"from {_end(event.source)} to {_end(event.destination)}"
    if not is_request:
        ends = f"to {_end(event.destination)} from {_end(event.source)}"
    return (
        f"{arrow} {record.type.value.capitalize()} {kind} {ends}, "
        f"identity {identities_text(event, Lens(is_numeric=True))}, verdict {l7_verdict(event)} {detail}"
    )


def l7_verdict(event: MonitorEvent) -> str:
    """The proxy's word for what it did."""
    return "Forwarded" if event.verdict is Verdict.FORWARDED else "Denied"


def sock_line(event: MonitorEvent) -> str:
    """A socket's translation, which ``-v`` alone prints."""
    what = _SOCK_POINTS[event.sock_point] if event.sock_point is not None else "unknown"
    return (
        f"CPU {cpu_of(event):02}: [{what}] cgroup_id: {event.cgroup_id} sock_cookie: {event.socket_cookie}, "
        f"dst [{event.destination.ip}]:{event.destination_port} {event.protocol.lower()} "
    )


_FORMATS: dict[EventType, Callable[[MonitorEvent, Lens], str]] = {
    EventType.DROP: _drop,
    EventType.POLICY_VERDICT: _verdict,
    EventType.TRACE: _trace,
    EventType.L7: _l7,
}


def event_line(event: MonitorEvent, lens: Lens) -> str:
    """The line of a drop, trace, policy verdict or L7 record."""
    return _FORMATS[event.type](event, lens)
