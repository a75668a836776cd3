"""``nc`` in a pod (the OpenBSD one): does a port answer?"""

from __future__ import annotations

from quizgame.datapath.datagrams import udp
from quizgame.datapath.exchange import SYN_TIMEOUT_NS, Exchange, Outcome, tcp
from quizgame.datapath.servers import listener_of
from quizgame.goflags.times import SECOND
from quizgame.tools.output import Result, lines
from quizgame.tools.pod.commandline import with_options
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.network import client_of, name_fact, probe_fact, reach, spend
from quizgame.tools.text.options import OptionTable

OPTIONS = OptionTable(
    "z", "v", "w=", "u", "n", "4", "6!", "l!", "k!", "p!", "s!", "q=", "N", "h!", "X!", "x!", "e!",
    usage_lines="usage: nc [-46DdhklNrStuUvZz] [-w timeout] [destination] [port]\n",
)  # fmt: skip
SERVICE_NAMES = {
    22: "ssh", 53: "domain", 80: "http", 443: "https", 3306: "mysql", 5432: "postgresql", 6379: "redis",
    8080: "http-alt", 9092: "*", 27017: "*",
}  # fmt: skip


@with_options(OPTIONS)
def run(context: PodContext, options: dict[str, str], operands: list[str]) -> Result:
    """Run ``nc`` in a pod: ``-z`` scans, otherwise it connects and closes."""
    if len(operands) != 2 or not all(part.isdecimal() for part in operands[1].split("-")):
        return Result(stderr=lines(OPTIONS.usage_lines), exit=1)
    host = operands[0]
    first, _, last = operands[1].partition("-")
    limit = round(float(options["w"]) * SECOND) if options.get("w", "").replace(".", "", 1).isdecimal() else None
    place = reach(context, host, limit)
    spend(context, place.elapsed_ns)
    if not place.ip:
        outcome = place.resolution.outcome if place.resolution is not None else None
        facts = (name_fact(context, host, outcome),) if outcome is not None else ()
        message = f'nc: getaddrinfo for host "{host}" port {first}: Temporary failure in name resolution\n'
        if outcome is not None and outcome.value == "nxdomain":
            message = f'nc: getaddrinfo for host "{host}" port {first}: Name or service not known\n'
        return Result(stderr=lines(message, facts), exit=1, exit_facts=facts)
    result = Result(exit=1)
    for port in range(int(first), min(int(last or first), int(first) + 1023) + 1):
        _try(context, place.ip, host, port, limit, options, result)
    return result


def _try(
    context: PodContext, ip: str, host: str, port: int, limit: int | None, options: dict[str, str], result: Result
) -> None:
    world, is_udp = context.session.world, "u" in options
    protocol = "UDP" if is_udp else "TCP"
    timeout = limit if limit is not None else SYN_TIMEOUT_NS
    origin = client_of(context)
    if is_udp:
        exchange = udp(
            world, origin, ip, port,
            at_server=lambda course, _: listener_of(world, course) is not None,
            timeout_ns=min(timeout, SECOND), start_ns=world.clock.now_ns,
        )  # fmt: skip
    else:
        exchange = tcp(world, origin, ip, port, timeout_ns=timeout)
    spend(context, exchange.elapsed_ns)
    known = (probe_fact(context, host, port, protocol, exchange),)
    result.exit_facts += known
    # Source: nc(1): a datagram that nobody refuses counts as success.
    if exchange.outcome is Outcome.OK or (is_udp and exchange.outcome is Outcome.TIMEOUT):
        result.exit = 0
        if "v" in options:
            name = SERVICE_NAMES.get(port, "*")
            shown = f"Connection to {host} ({ip}) {port} port [{protocol.lower()}/{name}] succeeded!\n"
            if host == ip:
                shown = f"Connection to {host} {port} port [{protocol.lower()}/{name}] succeeded!\n"
            result.stderr += lines(shown, known)
        return
    verb, reason = _failure(exchange, has_limit=limit is not None)
    if "v" in options:
        place = host if host == ip else f"{host} ({ip})"
        result.stderr += lines(f"nc: connect to {place} port {port} ({protocol.lower()}) {verb}: {reason}\n", known)


def _failure(exchange: Exchange, *, has_limit: bool) -> tuple[str, str]:
    """How a failed connection is told: the verb, and the system's word for the error."""
    if exchange.outcome is Outcome.TIMEOUT:
        return ("timed out", "Operation now in progress") if has_limit else ("failed", "Connection timed out")
    # Source: cilium/cilium v1.19 bpf/bpf_sock.c: connecting to a service without backends fails with EHOSTUNREACH.
    return "failed", "No route to host" if exchange.course.is_told_unreachable else "Connection refused"
