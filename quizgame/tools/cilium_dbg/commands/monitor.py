"""``cilium-dbg monitor``: the events of one node as they happen. Source: reference cilium-dbg, section 10."""

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
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import Flag, boolean, count, custom, string
from quizgame.policy.decision import MatchType
from quizgame.policy.identity import RESERVED_LABELS
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.facts import Fact, fact
from quizgame.tools.naming import peer_name
from quizgame.tools.output import Line, Result, lines, not_simulated

TYPES = {"agent": 130, "capture": 3, "debug": 2, "drop": 1, "l7": 129, "policy-verdict": 5, "trace": 4, "trace-sock": 7}
BANNER = "Listening for events on 4 CPUs with 64x4096 of shared memory\nPress Ctrl-C to quit\n"
_POINTS = {
    TracePoint.TO_ENDPOINT: "-> endpoint {endpoint}",
    TracePoint.TO_PROXY: "-> proxy port {proxy}",
    TracePoint.TO_HOST: "-> host from",
    TracePoint.TO_STACK: "-> stack",
    TracePoint.TO_OVERLAY: "-> overlay",
    TracePoint.TO_NETWORK: "-> network",
    TracePoint.TO_CRYPTO: "-> crypto",
}
_ACTIONS = {Verdict.FORWARDED: "allow", Verdict.REDIRECTED: "redirect", Verdict.DROPPED: "deny", Verdict.AUDIT: "audit"}
_PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMPv4": 1}
_FLAG_ORDER = ("SYN", "ACK", "RST", "FIN", "PSH")
_DEVICES = {TracePoint.TO_OVERLAY: "cilium_vxlan", TracePoint.TO_NETWORK: "eth0"}
_TYPE_NAMES = {number: name for name, number in TYPES.items()}


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
    to = f" to endpoint {event.destination.endpoint_id}," if event.destination.endpoint_id else " to endpoint 0,"
    return (
        f"xx drop ({reason}) flow {event.connection:#x}{to} ifindex 0, file bpf_lxc.c:2164, , "
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
    head = _POINTS[point].format(endpoint=event.destination.endpoint_id, proxy=event.proxy_port)
    state = "unknown" if event.reason is TraceReason.UNKNOWN else event.reason.name.lower()
    device = _DEVICES.get(point, event.interface or "0")
    return (
        f"{head} flow {event.connection:#x} , identity {_identities(event, is_numeric)} state {state} "
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
    what = "pre-xlate-fwd" if event.sock_point is SockPoint.PRE_FWD else "post-xlate-fwd"
    return (
        f"CPU 00: [{what}] cgroup_id: 0 sock_cookie: {event.connection}, "
        f"dst [{event.destination.ip}]:{event.destination_port} {event.protocol.lower()}"
    )


_FORMATS: dict[EventType, Callable[[MonitorEvent, bool], str]] = {
    EventType.DROP: _drop,
    EventType.POLICY_VERDICT: _verdict,
    EventType.TRACE: _trace,
    EventType.L7: _l7,
    EventType.TRACE_SOCK: _sock,
}


def _fact(call: Call, event: MonitorEvent) -> Fact:
    world = call.context.session.world
    client, server = (event.destination, event.source) if event.is_reply else (event.source, event.destination)
    port = event.source_port if event.is_reply else event.destination_port
    http = event.l7.http if event.l7 is not None else None
    dns = event.l7.dns if event.l7 is not None else None
    return fact(
        "flow",
        witnesses=(server.ip,),
        cluster=call.cluster,
        node=event.node,
        from_=peer_name(world, client.namespace, client.pod, client.identity, client.ip, client.cluster),
        to=peer_name(world, server.namespace, server.pod, server.identity, server.ip, server.cluster),
        from_cluster=client.cluster or None,
        to_cluster=server.cluster or None,
        port=port or None,
        protocol="ICMP" if event.icmp is not None else event.protocol,
        verdict=event.verdict.name,
        reason=event.drop_reason.name if event.drop_reason is not None else None,
        direction="TRAFFIC_DIRECTION_UNKNOWN" if event.direction is Direction.UNKNOWN else event.direction.name,
        type=_TYPE_NAMES[event.type],
        reply=str(bool(event.is_reply)).lower(),
        http=f"{http.method} /{http.url.partition('://')[2].partition('/')[2]}" if http is not None else None,
        code=http.code if http is not None and http.code else None,
        dns=dns.query.rstrip(".") if dns is not None else None,
    )


def _flags() -> list[Flag]:
    chosen: list[str] = []

    def take(text: str) -> None:
        for word in text.split(","):
            if word not in TYPES:
                known = " ".join(f"{name}:{number}" for name, number in sorted(TYPES.items()))
                raise GoValueError(f"Unknown type ({word}). Please use one of the following ones map[{known}]")
            chosen.append(word)

    kinds = "Filter by event types [agent capture debug drop l7 policy-verdict trace trace-sock]"
    type_flag = custom("type", kinds, take, kind="[]string", short="t")
    type_flag.value = chosen
    return [
        string("from", "Filter by source endpoint id"),
        boolean("hex", "Do not dissect, print payload in HEX"),
        boolean("json", "Enable json output. Shadows -v flag", short="j"),
        string("monitor-socket", "Configure monitor socket path"),
        boolean("numeric", "Display all security identities as numeric values", short="n"),
        string("related-to", "Filter by either source or destination endpoint id"),
        string("to", "Filter by destination endpoint id"),
        type_flag,
        count("verbose", "Enable verbose output (-v, -vv)", short="v"),
    ]


def _monitor(call: Call) -> Result:
    for flag in ("hex", "json", "monitor-socket"):
        if call.flags.changed(flag):
            return not_simulated(f"cilium-dbg monitor --{flag}")
    if call.flags.number("verbose") > 1:
        return not_simulated("cilium-dbg monitor -vv")
    if not call.agent.is_serving:
        raise DbgError("Unable to connect to /var/run/cilium/monitor1_2.sock\n")
    selected = call.flags["type"].value
    wanted = {TYPES[name] for name in selected} if isinstance(selected, list) and selected else set(TYPES.values())
    if not selected:
        # Source: cilium/cilium v1.19 pkg/monitor/format: without -t everything but socket traces is shown.
        wanted.discard(EventType.TRACE_SOCK)
    world = call.context.session.world
    start = world.clock.now_ns
    world.advance(call.context.session.stream_span_s)
    sender, receiver, related = (call.flags.text(name) for name in ("from", "to", "related-to"))
    is_numeric = call.flags.is_on("numeric")
    shown = [
        Line(_FORMATS[event.type](event, is_numeric), (_fact(call, event),))
        for event in sorted(call.agent.ring.newest(), key=lambda event: event.time_ns)
        if start < event.time_ns <= world.clock.now_ns
        and int(event.type) in wanted
        and (not sender or str(event.source.endpoint_id) == sender)
        and (not receiver or str(event.destination.endpoint_id) == receiver)
        and (not related or related in (str(event.source.endpoint_id), str(event.destination.endpoint_id)))
    ]
    return Result(stdout=shown, stderr=lines(BANNER))


COMMANDS = (
    Sub(
        "monitor", "monitor", "Display BPF program events", _monitor, _flags,
        long="The monitor displays notifications and events emitted by the BPF\n"
        "programs attached to endpoints and devices. This includes:\n"
        "  * Dropped packet notifications\n  * Captured packet traces\n"
        "  * Policy verdict notifications\n  * Debugging information",
    ),
)  # fmt: skip
