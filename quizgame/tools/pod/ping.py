"""``ping`` in a pod: echo requests over the datapath. Source: ping(8) of iputils for the layout."""

from __future__ import annotations

from statistics import fmean, pstdev

from quizgame.datapath.datagrams import ping
from quizgame.datapath.exchange import Exchange, Outcome
from quizgame.datapath.path import Ending
from quizgame.goflags.times import SECOND
from quizgame.tools.output import Result, lines
from quizgame.tools.pod.commandline import with_options
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.ip import mtu_of
from quizgame.tools.pod.network import client_of, name_fact, probe_fact, reach, spend
from quizgame.tools.session import STREAM_SPAN_S
from quizgame.tools.text.options import OptionTable

OPTIONS = OptionTable(
    "c=", "W=", "w=", "i=", "q", "n", "4", "6!", "s=", "M=", "I!", "t!", "f!",
    usage_lines="Try 'ping -h' for more information.\n", status=2,
)  # fmt: skip
MAX_COUNT = 100
_PATH_MTU_MODES = ("do", "dont", "want", "probe")
_HEADERS = 28
"""Bytes of the IPv4 header and of the echo request's own."""


def _ttl(exchange: Exchange) -> int:
    """What is left of the reply's 64 hops: a node answers its own pods itself, all else takes one hop."""
    course = exchange.course
    is_near = course.path.ending is Ending.NODE and course.is_same_node
    return 64 if course.is_loopback or is_near else 63


def _too_long(host: str, ip: str, size: int, count: int, mtu: int) -> Result:
    """What a request that must not be split comes to where it does not fit: the pod's own system refuses it."""
    head = f"PING {host} ({ip}) {size}({size + _HEADERS}) bytes of data.\n"
    summary = (
        f"\n--- {host} ping statistics ---\n{count} packets transmitted, 0 received, +{count} errors, "
        f"100% packet loss, time {(count - 1) * 1000}ms\n\n"
    )
    refusal = f"ping: local error: message too long, mtu={mtu}\n" * count
    return Result(stdout=lines(head + summary), stderr=lines(refusal), exit=1)


@with_options(OPTIONS)
def run(context: PodContext, options: dict[str, str], operands: list[str]) -> Result:
    """Run ``ping`` in a pod. Without ``-c`` it ends as endless streams do."""
    if not operands:
        return Result(stderr=lines("ping: usage error: Destination address required\n"), exit=1)
    for key in ("c", "W", "w", "i", "s"):
        if key in options and not options[key].replace(".", "", 1).isdecimal():
            return Result(stderr=lines(f"ping: invalid argument: '{options[key]}'\n"), exit=1)
    host = operands[-1]
    place = reach(context, host)
    spend(context, place.elapsed_ns)
    if not place.ip:
        facts = (name_fact(context, host, place.resolution.outcome),) if place.resolution is not None else ()
        return Result(stderr=lines(f"ping: {host}: Name or service not known\n", facts), exit=2, exit_facts=facts)
    count = min(int(float(options.get("c", str(STREAM_SPAN_S)))), MAX_COUNT) or 1
    size = int(float(options.get("s", "56")))
    if options.get("M", "dont") not in _PATH_MTU_MODES:
        return Result(stderr=lines(f"ping: invalid -M argument: {options['M']}\n"), exit=1)
    largest = mtu_of(context)
    if options.get("M") == "do" and size + _HEADERS > largest:
        return _too_long(host, place.ip, size, count, largest)
    interval = round(float(options.get("i", "1")) * SECOND)
    result = Result(stdout=lines(f"PING {host} ({place.ip}) {size}({size + 28}) bytes of data.\n"))
    times: list[float] = []
    for number in range(1, count + 1):
        exchange = ping(
            context.session.world,
            client_of(context),
            place.ip,
            timeout_ns=round(float(options.get("W", "1")) * SECOND),
            number=number,
        )
        known = (probe_fact(context, host, 0, "ICMP", exchange),)
        result.exit_facts = known
        if exchange.outcome is Outcome.OK:
            times.append(exchange.elapsed_ns / 1_000_000)
            if "q" not in options:
                head = f"{size + 8} bytes from {place.ip}: icmp_seq={number} ttl={_ttl(exchange)}"
                result.stdout += lines(f"{head} time={times[-1]:.3f} ms\n", known)
        spend(context, interval if number < count else exchange.elapsed_ns)
    lost = 100 * (count - len(times)) // count
    summary = (
        f"\n--- {host} ping statistics ---\n"
        f"{count} packets transmitted, {len(times)} received, {lost}% packet loss, "
        f"time {(count - 1) * interval // 1_000_000}ms\n"
    )
    if times:
        average, spread = fmean(times), pstdev(times)
        summary += f"rtt min/avg/max/mdev = {min(times):.3f}/{average:.3f}/{max(times):.3f}/{spread:.3f} ms\n"
    else:
        summary += "\n"
    result.stdout += lines(summary, result.exit_facts)
    result.exit = 0 if times else 1
    return result
