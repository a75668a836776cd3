"""``cilium-dbg monitor``: the events of one node as they happen.

Source: reference cilium-dbg, section 10; cilium/cilium v1.19 cilium-dbg/cmd/monitor.go, pkg/monitor/format.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from quizgame.cluster.agent.monitor import Direction, EventType, MonitorEvent
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import Flag, Value, boolean, string
from quizgame.goflags.numbers import parse_bool, parse_uint
from quizgame.hubble.timestamps import format_timestamp
from quizgame.policy.identity import ReservedIdentity
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.cilium_dbg.monitor.agentlines import notice_line
from quizgame.tools.cilium_dbg.monitor.jsonlines import json_line
from quizgame.tools.cilium_dbg.monitor.lines import event_line, remote_identity, sock_line
from quizgame.tools.cilium_dbg.monitor.notice import Lens, source_of, target_of
from quizgame.tools.cilium_dbg.monitor.verbose import event_lines
from quizgame.tools.facts import Fact, fact
from quizgame.tools.following import Following
from quizgame.tools.naming import peer_name
from quizgame.tools.output import Line, Result, lines

TYPES = {"agent": 130, "capture": 3, "debug": 2, "drop": 1, "l7": 129, "policy-verdict": 5, "trace": 4, "trace-sock": 7}
SOCKET = "/var/run/cilium/monitor1_2.sock"
LISTENING = "Listening for events on 4 CPUs with 64x4096 of shared memory\n"
BANNER = "Press Ctrl-C to quit\n"
INTERRUPTED = "\nReceived an interrupt, disconnecting from monitor...\n\n"
_TYPE_NAMES = {number: name for name, number in TYPES.items()}
_ENDPOINT_FLAGS = ("from", "to", "related-to")


class Verbosity(Enum):
    """How much is printed of an event."""

    INFO = "info"
    DEBUG = "debug"
    """``-v``."""
    VERBOSE = "verbose"
    """``-vv``."""
    JSON = "json"


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


def _take_type(old: Value, text: str, given: bool) -> Value:
    """Add a type to those given before."""
    if text not in TYPES:
        names = " ".join(f"{name}:{number}" for name, number in sorted(TYPES.items()))
        raise GoValueError(f"Unknown type ({text}). Please use one of the following ones map[{names}]")
    return [*old, text] if given and isinstance(old, list) else [text]


def _take_endpoint(old: Value, text: str, given: bool) -> Value:
    number = str(parse_uint(text, 10, 16))
    return [*old, number] if given and isinstance(old, list) else [number]


def _take_verbose(old: Value, text: str, given: bool) -> Value:
    values = [str(parse_bool(word)).lower() for word in text.split(",")]
    return [*old, *values] if given and isinstance(old, list) else values


def _flags() -> list[Flag]:
    kinds = "Filter by event types [agent capture debug drop l7 policy-verdict trace trace-sock]"
    return [
        Flag("from", "Filter by source endpoint id", "[]uint16", [], _take_endpoint),
        boolean("hex", "Do not dissect, print payload in HEX"),
        boolean("json", "Enable json output. Shadows -v flag", short="j"),
        string("monitor-socket", "Configure monitor socket path"),
        boolean("numeric", "Display all security identities as numeric values", short="n"),
        Flag("related-to", "Filter by either source or destination endpoint id", "[]uint16", [], _take_endpoint),
        Flag("to", "Filter by destination endpoint id", "[]uint16", [], _take_endpoint),
        Flag("type", kinds, "[]string", [], _take_type, "t"),
        Flag("verbose", "Enable verbose output (-v, -vv)", "bools", [], _take_verbose, "v", "[]", "false"),
    ]


def _verbosity(call: Call) -> Verbosity:
    if call.flags.is_on("json"):
        return Verbosity.JSON
    # Source: cilium/cilium v1.19 cilium-dbg/cmd/monitor.go setVerbosity: more than two count as none.
    return {1: Verbosity.DEBUG, 2: Verbosity.VERBOSE}.get(len(call.flags.texts("verbose")), Verbosity.INFO)


def _monitor(call: Call) -> Result:
    result = Result()
    _check_endpoints(call, result)
    if call.agent.is_serving:
        result.stderr += lines(LISTENING)
    result.stderr += lines(BANNER)
    if not call.agent.is_serving:
        result.stderr += lines(_no_socket(call))
        return result
    session = call.context.session
    if session.stream is not None:
        session.stream(result.stderr)
        result.stderr = []
    following = Following(session, result.stdout)
    since_ns = following.since_ns
    for _ in following.rounds():
        happened = _happened(call, since_ns)
        since_ns = session.world.clock.now_ns
        if not following.show(happened):
            break
    if following.is_interrupted:
        result.stderr += lines(INTERRUPTED)
    return result


def _check_endpoints(call: Call, result: Result) -> None:
    """Look for the endpoints that are filtered by; only where all three filters are given, as the real tool does.

    Raises:
        DbgError: there is none of them.
    """
    wanted = [call.flags.texts(name) for name in _ENDPOINT_FLAGS]
    if not all(wanted):
        return
    call.need_agent("cannot get endpoint list: ", "/v1/endpoint", ends="\n")
    known = {str(number) for number in call.agent.endpoints}
    for numbers in (wanted[0], wanted[1], wanted[2]):
        result.stderr += lines("".join(f"endpoint {each} not found\n" for each in numbers if each not in known))
    if not known & {each for numbers in wanted for each in numbers}:
        failed = DbgError("")
        failed.result = Result(stderr=result.stderr, exit=1)
        raise failed


def _no_socket(call: Call) -> str:
    places = [place for place in (call.flags.text("monitor-socket"), SOCKET) if place]
    tried = ",".join(f"{place}: dial unix {place}: connect: no such file or directory" for place in places)
    return (
        f"time={format_timestamp(call.context.session.world.clock.now_ns)} level=error "
        f'msg="Cannot open monitor socket" subsys=cilium-dbg '
        f'error="Cannot find or open a supported node-monitor socket. {tried}"\n'
    )


def _happened(call: Call, since_ns: int) -> list[Line]:
    """Lines of what was selected and happened after an instant, up to now, by time."""
    timed = [*_events(call, since_ns), *_notices(call, since_ns)]
    return [line for _, shown in sorted(timed, key=lambda each: each[0]) for line in shown]


def _notices(call: Call, since_ns: int) -> Iterator[tuple[int, list[Line]]]:
    types = call.flags.texts("type")
    has_endpoint_filter = any(call.flags.texts(name) for name in _ENDPOINT_FLAGS)
    if (types and "agent" not in types) or has_endpoint_filter:
        # Source: cilium/cilium v1.19 pkg/monitor/format: a notice counts as one from endpoint 0 to endpoint 0.
        return
    as_json = _verbosity(call) is Verbosity.JSON
    for notice in call.agent.ring.told():
        if since_ns < notice.time_ns <= call.agent.now_ns:
            yield notice.time_ns, [Line(notice_line(notice, as_json=as_json))]


def _events(call: Call, since_ns: int) -> Iterator[tuple[int, list[Line]]]:
    lens = Lens(call.flags.is_on("numeric"), _host_endpoint(call))
    verbosity, is_hex = _verbosity(call), call.flags.is_on("hex")
    types = {TYPES[name] for name in call.flags.texts("type")} or set(TYPES.values())
    senders, receivers, related = (set(call.flags.texts(name)) for name in _ENDPOINT_FLAGS)
    for event in call.agent.ring.newest():
        if not since_ns < event.time_ns <= call.agent.now_ns:
            continue
        if event.type is EventType.TRACE_SOCK:
            # Source: cilium/cilium v1.19 pkg/monitor/format: these are not filtered, and printed with ``-v`` alone.
            if verbosity is Verbosity.DEBUG:
                yield event.time_ns, [Line(sock_line(event), (_fact(call, event),))]
            continue
        source, target = map(str, _ends(event, lens))
        if (
            int(event.type) not in types
            or (senders and source not in senders)
            or (receivers and target not in receivers)
            or (related and not related & {source, target})
        ):
            continue
        known = (_fact(call, event),)
        yield event.time_ns, [Line(text, known) for text in _texts(event, lens, verbosity, is_hex=is_hex)]


def _ends(event: MonitorEvent, lens: Lens) -> tuple[int, int]:
    """What filters by endpoint compare. Source: cilium/cilium v1.19 pkg/monitor (GetSrc, GetDst)."""
    if event.type is EventType.L7:
        return event.source.endpoint_id, event.destination.endpoint_id
    if event.type is EventType.POLICY_VERDICT:
        return source_of(event, lens), remote_identity(event) & 0xFFFF
    return source_of(event, lens), target_of(event)


def _texts(event: MonitorEvent, lens: Lens, verbosity: Verbosity, *, is_hex: bool) -> list[str]:
    match verbosity:
        case Verbosity.JSON:
            return [json_line(event, lens)]
        case Verbosity.VERBOSE:
            return event_lines(event, lens, is_hex=is_hex)
    return [event_line(event, lens)]


def _host_endpoint(call: Call) -> int:
    host = int(ReservedIdentity.HOST)
    return next((each.id for each in call.agent.endpoints.values() if each.identity == host), 0)


COMMANDS = (
    Sub(
        "monitor", "monitor", "Display BPF program events", _monitor, _flags,
        long="The monitor displays notifications and events emitted by the BPF\n"
        "programs attached to endpoints and devices. This includes:\n"
        "  * Dropped packet notifications\n  * Captured packet traces\n"
        "  * Policy verdict notifications\n  * Debugging information",
    ),
)  # fmt: skip
