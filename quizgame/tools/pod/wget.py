"""``wget`` in a pod (BusyBox's): one HTTP request over the datapath. Source: BusyBox networking/wget.c messages."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from quizgame.datapath.exchange import SYN_TIMEOUT_NS, Outcome, tcp
from quizgame.goflags.times import SECOND
from quizgame.policy.l7 import HttpRequest
from quizgame.tools.output import Result, lines, not_simulated
from quizgame.tools.pod.commandline import with_options
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.network import client_of, name_fact, probe_fact, reach, spend
from quizgame.tools.text.options import OptionTable

OPTIONS = OptionTable(
    "q", "O=", "T,timeout=", "S", "spider", "header=", "post-data=", "U=", "Y!", "P!", "c!", "t,tries=",
    "no-check-certificate", usage_lines="BusyBox v1.36.1 multi-call binary.\n",
)  # fmt: skip


@with_options(OPTIONS)
def run(context: PodContext, options: dict[str, str], operands: list[str]) -> Result:
    """Run ``wget`` in a pod; only ``-O -`` and ``-O /dev/null`` name an output."""
    if len(operands) != 1:
        return Result(stderr=lines(OPTIONS.usage_lines), exit=1)
    if options.get("O", "" if "spider" in options else "FILE") not in ("-", "/dev/null", ""):
        return not_simulated("wget into a file in a pod (use -O -)")
    try:
        parts = urlsplit(operands[0] if "://" in operands[0] else f"http://{operands[0]}")
    except ValueError:  # brackets around something that is no address
        return Result(stderr=lines(f"wget: bad address '{operands[0]}'\n"), exit=1)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return Result(stderr=lines(f"wget: not an http or ftp url: {operands[0]}\n"), exit=1)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        # Source: BusyBox libbb/xconnect.c bb_lookup_port.
        return Result(stderr=lines(f"wget: bad port '{parts.netloc.rpartition(':')[2]}'\n"), exit=1)
    limit = options.get("T", "")
    timeout = round(float(limit) * SECOND) if limit.replace(".", "", 1).isdecimal() else None
    return _fetch(context, options, parts.hostname, port, timeout, (
        parts.scheme, parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    ))  # fmt: skip


def _fetch(
    context: PodContext, options: dict[str, str], host: str, port: int, timeout: int | None, url: tuple[str, str, str]
) -> Result:
    scheme, netloc, path = url
    result = Result(exit=1)
    place = reach(context, host, timeout)
    spend(context, place.elapsed_ns)
    if not place.ip:
        outcome = place.resolution.outcome if place.resolution is not None else None
        result.exit_facts = (name_fact(context, host, outcome),) if outcome is not None else ()
        shown = f"wget: bad address '{host}'\n" if port in (80, 443) else f"wget: bad address '{host}:{port}'\n"
        result.stderr += lines(shown, result.exit_facts)
        return result
    if "q" not in options:
        result.stderr += lines(f"Connecting to {netloc} ({place.ip}:{port})\n")
    request = HttpRequest("POST" if "post-data" in options else "GET", path, netloc, {"User-Agent": "Wget"})
    exchange = tcp(
        context.session.world, client_of(context), place.ip, port, request=request,
        sni=host if scheme == "https" else None, timeout_ns=timeout or SYN_TIMEOUT_NS,
    )  # fmt: skip
    spend(context, exchange.elapsed_ns)
    known = (probe_fact(context, host, port, "TCP", exchange, method=request.method, path=path),)
    result.exit_facts = known
    failures = {
        Outcome.TIMEOUT: "wget: download timed out\n"
        if timeout
        else f"wget: can't connect to remote host ({place.ip}): Operation timed out\n",
        Outcome.REFUSED: f"wget: can't connect to remote host ({place.ip}): Connection refused\n",
        Outcome.RESET: "wget: error getting response: Connection reset by peer\n",
    }
    if exchange.outcome in failures or exchange.answer is None:
        result.stderr += lines(failures.get(exchange.outcome, "wget: error getting response\n"), known)
        return result
    answer = exchange.answer
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    if "S" in options:
        result.stderr += lines(f"  HTTP/1.1 {answer.status} {phrase}\n", known)
    if answer.status >= 400:
        result.stderr += lines(f"wget: server returned error: HTTP/1.1 {answer.status} {phrase}\n", known)
        return result
    result.exit = 0
    if options.get("O") == "-":
        if "q" not in options:
            result.stderr += lines("writing to stdout\n")
        result.stdout += lines(answer.body, known)
        if "q" not in options:
            result.stderr += lines("written to stdout\n")
    return result
