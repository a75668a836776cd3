"""``cilium-dbg monitor``: the events of one node as they happen. Source: reference cilium-dbg, section 10."""

from __future__ import annotations

from quizgame.cluster.agent.monitor import Direction, EventType, MonitorEvent
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import Flag, Value, boolean, count, string
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.cilium_dbg.monitor_text import event_text
from quizgame.tools.facts import Fact, fact
from quizgame.tools.naming import peer_name
from quizgame.tools.output import Line, Result, lines, not_simulated

TYPES = {"agent": 130, "capture": 3, "debug": 2, "drop": 1, "l7": 129, "policy-verdict": 5, "trace": 4, "trace-sock": 7}
STEP_S = 1.0
"""Simulated seconds between two looks."""
BANNER = "Listening for events on 4 CPUs with 64x4096 of shared memory\nPress Ctrl-C to quit\n"
_TYPE_NAMES = {number: name for name, number in TYPES.items()}


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


def _take_types(old: Value, text: str, given: bool) -> Value:
    """Add types, separated by commas, to those given before."""
    known = list(old) if given and isinstance(old, list) else []
    for word in text.split(","):
        if word not in TYPES:
            names = " ".join(f"{name}:{number}" for name, number in sorted(TYPES.items()))
            raise GoValueError(f"Unknown type ({word}). Please use one of the following ones map[{names}]")
        known.append(word)
    return known


def _flags() -> list[Flag]:
    kinds = "Filter by event types [agent capture debug drop l7 policy-verdict trace trace-sock]"
    return [
        string("from", "Filter by source endpoint id"),
        boolean("numeric", "Display all security identities as numeric values", short="n"),
        string("related-to", "Filter by either source or destination endpoint id"),
        string("to", "Filter by destination endpoint id"),
        Flag("type", kinds, "[]string", [], _take_types, "t"),
        count("verbose", "Enable verbose output (-v, -vv)", short="v"),
    ]


def _monitor(call: Call) -> Result:
    if call.flags.number("verbose") > 1:
        return not_simulated("cilium-dbg monitor -vv")
    if not call.agent.is_serving:
        raise DbgError("Unable to connect to /var/run/cilium/monitor1_2.sock\n")
    selected = call.flags.texts("type")
    wanted = {TYPES[name] for name in selected} or set(TYPES.values())
    if not selected:
        # Source: cilium/cilium v1.19 pkg/monitor/format: without -t everything but socket traces is shown.
        wanted.discard(EventType.TRACE_SOCK)
    session = call.context.session
    stream, elapsed = session.stream, 0.0
    shown: list[Line] = []
    if stream is not None and not stream(lines(BANNER)):
        return Result()
    start = session.world.clock.now_ns if session.joined_since_ns is None else session.joined_since_ns
    while stream is not None or elapsed < session.stream_span_s:
        step = STEP_S if stream is not None else min(STEP_S, session.stream_span_s - elapsed)
        session.world.advance(step)
        elapsed += step
        happened = _happened(call, wanted, start)
        start = session.world.clock.now_ns
        if stream is None:
            shown += happened
        elif not stream(happened):
            return Result()
    return Result(stdout=shown, stderr=lines(BANNER))


def _happened(call: Call, wanted: set[int], since_ns: int) -> list[Line]:
    """Lines of the selected events after an instant, up to now."""
    sender, receiver, related = (call.flags.text(name) for name in ("from", "to", "related-to"))
    is_numeric = call.flags.is_on("numeric")
    return [
        Line(event_text(event, is_numeric=is_numeric), (_fact(call, event),))
        for event in sorted(call.agent.ring.newest(), key=lambda event: event.time_ns)
        if since_ns < event.time_ns <= call.agent.now_ns
        and int(event.type) in wanted
        and (not sender or str(event.source.endpoint_id) == sender)
        and (not receiver or str(event.destination.endpoint_id) == receiver)
        and (not related or related in (str(event.source.endpoint_id), str(event.destination.endpoint_id)))
    ]


COMMANDS = (
    Sub(
        "monitor", "monitor", "Display BPF program events", _monitor, _flags,
        long="The monitor displays notifications and events emitted by the BPF\n"
        "programs attached to endpoints and devices. This includes:\n"
        "  * Dropped packet notifications\n  * Captured packet traces\n"
        "  * Policy verdict notifications\n  * Debugging information",
    ),
)  # fmt: skip
