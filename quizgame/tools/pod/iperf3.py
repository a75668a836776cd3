"""``iperf3 -c`` in a pod: how fast a stream runs, one way at a time. Source: iperf3(1) for options and layout.

Simplified: a stream that nothing holds runs at the speed of the simulated network, 9.4 Gbits/sec between nodes and
28 within one; what is measured leaves no packets in the counters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.exchange import Exchange, Outcome, tcp
from quizgame.datapath.throttling import rates
from quizgame.goflags.times import SECOND
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.pod.commandline import with_options
from quizgame.tools.pod.network import client_of, probe_fact, reach, spend
from quizgame.tools.text.options import OptionTable

if TYPE_CHECKING:
    from quizgame.tools.pod.context import PodContext

OPTIONS = OptionTable(
    "c,client=", "p,port=", "t,time=", "R,reverse", "4,version4", "s,server!", "u,udp!", "b,bitrate=!", "J,json!",
    "P,parallel=!", "n,bytes=!", "i,interval=!", "f,format=!", "O,omit=!", "C,congestion=!", "D,daemon!",
    usage_lines="", status=1,
)  # fmt: skip
DEFAULT_PORT = 5201
_NETWORK, _HOST = 1_175_000_000, 3_500_000_000
"""Bytes a second between nodes, and within one."""
_MAX_TIME_S = 3600
_TIMEOUT_NS = 134 * SECOND
_UNITS = ("", "K", "M", "G", "T")
_FAILURES = {Outcome.REFUSED: "Connection refused", Outcome.TIMEOUT: "Connection timed out"}
_RULE = "- - - - - - - - - - - - - - - - - - - - - - - - -"


@dataclass(frozen=True, slots=True)
class _Stream:
    """One measured stream."""

    rate: int
    """Bytes a second."""
    seconds: int
    is_reverse: bool
    is_held: bool
    """Whether a limit holds it, so that its sender loses packets."""


@with_options(OPTIONS)
def run(context: PodContext, options: dict[str, str], operands: list[str]) -> Result:
    """Run ``iperf3`` in a pod."""
    if operands or "c" not in options:
        text = "parameter error - must either be a client (-c) or server (-s)"
        return Result(stderr=lines(f"iperf3: {text}\n\nUsage: iperf3 [-s|-c host] [options]\n"), exit=1)
    for key, what in (("p", "port"), ("t", "time")):
        if not options.get(key, "1").isdecimal():
            return Result(stderr=lines(f"iperf3: parameter error - bad {what}: {options[key]}\n"), exit=1)
    host, port = options["c"], int(options.get("p", DEFAULT_PORT))
    place = reach(context, host)
    spend(context, place.elapsed_ns)
    if not place.ip:
        return _failed("Name does not resolve")
    exchange = tcp(context.session.world, client_of(context), place.ip, port, timeout_ns=_TIMEOUT_NS)
    spend(context, exchange.elapsed_ns)
    known = (probe_fact(context, host, port, "TCP", exchange),)
    if exchange.outcome is not Outcome.OK:
        failed = _failed(_FAILURES.get(exchange.outcome, "Connection reset by peer"))
        failed.stderr = [Line(each.text, known) for each in failed.stderr]
        failed.exit_facts = known
        return failed
    stream = _measure(exchange, min(int(options.get("t", "10")), _MAX_TIME_S) or 10, is_reverse="R" in options)
    spend(context, stream.seconds * SECOND)
    shown = "\n".join(_report(context, exchange, place.ip, port, stream)) + "\n"
    return Result(stdout=lines(shown, known), exit_facts=known)


def _failed(problem: str) -> Result:
    text = "unable to connect to server - server may have stopped running or use a different port, firewall issue, etc."
    return Result(stderr=lines(f"iperf3: error - {text}: {problem}\n"), exit=1)


def _measure(exchange: Exchange, seconds: int, *, is_reverse: bool) -> _Stream:
    course = exchange.course
    limit = rates(course)[1 if is_reverse else 0]
    line = _HOST if course.is_same_node or course.is_loopback else _NETWORK
    return _Stream(min(limit, line) if limit else line, seconds, is_reverse, bool(limit))


def _report(context: PodContext, exchange: Exchange, ip: str, port: int, stream: _Stream) -> Iterator[str]:
    seed = context.session.world.seed
    sent = exchange.course.sent
    yield f"Connecting to host {ip}, port {port}"
    if stream.is_reverse:
        yield f"Reverse mode, remote host {ip} is sending"
    yield f"[  5] local {sent.source} port {sent.source_port} connected to {ip} port {port}"
    yield "[ ID] Interval           Transfer     Bitrate" + ("" if stream.is_reverse else "         Retr  Cwnd")
    total = retransmitted = 0
    for second in range(stream.seconds):
        permille = 970 + keyed_int(seed, "iperf3", sent.source, sent.source_port, second, below=30)
        moved = stream.rate * permille // 1000
        lost = keyed_int(seed, "iperf3-lost", sent.source_port, second, below=9) if stream.is_held else 0
        total, retransmitted = total + moved, retransmitted + lost
        row = f"[  5] {second:6.2f}-{second + 1:<6.2f} sec  {_size(moved)}  {_rate(moved)}"
        yield row + (" " * 18 if stream.is_reverse else f"  {lost:3}   {_window(stream)}       ")
    yield _RULE
    yield "[ ID] Interval           Transfer     Bitrate         Retr"
    span = f"[  5] {0:6.2f}-{stream.seconds:<6.2f} sec  {_size(total)}  {_rate(total // stream.seconds)}"
    yield f"{span}  {retransmitted:3}             sender"
    yield f"{span}                  receiver"
    yield ""
    yield "iperf Done."


def _window(stream: _Stream) -> str:
    return " 226 KBytes" if stream.is_held else "3.02 MBytes"


def _size(amount: int) -> str:
    return f"{_scaled(amount, 1024)}Bytes"


def _rate(bytes_a_second: int) -> str:
    return f"{_scaled(bytes_a_second * 8, 1000)}bits/sec"


def _scaled(amount: float, step: int) -> str:
    """A number with three digits and its unit. Source: iperf3 units.c unit_snprintf."""
    unit = 0
    while amount >= step and unit < len(_UNITS) - 1:
        amount, unit = amount / step, unit + 1
    digits = 2 if amount < 9.995 else 1 if amount < 99.95 else 0
    return f"{amount:4.{digits}f} {_UNITS[unit]}"
