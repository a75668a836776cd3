"""``curl`` in a pod: HTTP over the datapath, with curl's messages and exit codes.

Source: curl(1); reference kubectl, section 9, for the exit codes that connection tests meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from quizgame.addresses import is_ipv4
from quizgame.datapath.exchange import SYN_TIMEOUT_NS, Exchange, Outcome, tcp
from quizgame.datapath.names import NameOutcome
from quizgame.goflags.times import SECOND
from quizgame.policy.l7 import HttpRequest
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, Result, lines, not_simulated
from quizgame.tools.pod.context import PodContext
from quizgame.tools.pod.curlsettings import OPTIONS, Failure, Settings, read_settings
from quizgame.tools.pod.network import Reach, client_of, name_fact, probe_fact, reach, spend
from quizgame.tools.text.options import ToolExit

MILLISECOND = 1_000_000
MAX_REDIRECTS = 50


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``curl`` in a pod (a ``PodProgram``); the simulated clock moves by what it takes."""
    try:
        settings = read_settings(argv, stdin)
    except ToolExit as ended:
        return ended.result
    except Failure as failure:
        return Result(stderr=lines(f"curl: ({failure.status}) {failure.message}\n"), exit=failure.status)
    if not settings.urls:
        return Result(stderr=lines("curl: (2) no URL specified\n" + OPTIONS.usage_lines), exit=2)
    if settings.output not in ("", "-", "/dev/null"):
        return not_simulated("curl -o FILE in a pod")
    result = Result()
    for url in settings.urls:
        one = _fetch(context, settings, url)
        result.stdout += one.stdout
        result.stderr += one.stderr
        result.exit = one.exit
        result.exit_facts += one.exit_facts
    return result


def _fetch(context: PodContext, settings: Settings, url: str) -> Result:
    """One URL, retries included: each attempt tells its error, the last one alone what it got."""
    complaints: list[Line] = []
    for attempt in range(settings.retries + 1):
        result = _attempt(context, settings, url)
        if not _is_retried(settings, result.exit) or attempt == settings.retries:
            break
        complaints += result.stderr
        spend(context, settings.retry_delay_ns or (1 << attempt) * SECOND)
    result.stderr = [*complaints, *result.stderr]
    return result


def _is_retried(settings: Settings, status: int) -> bool:
    if "retry-all-errors" in settings.flags:
        return status != 0
    return status == 28 or (status == 7 and "retry-connrefused" in settings.flags)


def _attempt(context: PodContext, settings: Settings, url: str) -> Result:
    result = Result()
    timings: dict[str, str] = {
        "exitcode": "0", "http_code": "000", "response_code": "000", "url": url, "local_ip": "", "local_port": "0",
        "remote_ip": "", "remote_port": "0",
    }  # fmt: skip
    try:
        _transfer(context, settings, url, result, timings, MAX_REDIRECTS if "L" in settings.flags else 0)
    except Failure as failure:
        result.exit, result.exit_facts = failure.status, failure.facts
        timings["exitcode"] = str(failure.status)
        if settings.shows_errors:
            result.stderr += lines(f"curl: ({failure.status}) {failure.message}\n", failure.facts)
    if settings.write_out:
        shown = _write_out(settings.write_out, timings)
        result.stdout += lines(shown, result.exit_facts)
    return result


def _transfer(
    context: PodContext, settings: Settings, url: str, result: Result, timings: dict[str, str], redirects: int
) -> None:
    parts = _parts(url)
    if parts.scheme not in ("http", "https"):
        raise Failure(1, f'Protocol "{parts.scheme}" not supported')
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Failure(3, "URL rejected: Port number was not a decimal number between 0 and 65535") from None
    if not host:
        raise Failure(3, "URL rejected: No host part in the URL")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "G" in settings.flags and settings.data:
        path += ("&" if "?" in path else "?") + "&".join(settings.data)
    found = _resolve(context, settings, (host, port), timings)
    request = HttpRequest(settings.http_method, path, _host_header(settings, parts.netloc), _headers(settings))
    limit = _connect_limit(settings, found.elapsed_ns)
    exchange = tcp(
        context.session.world,
        client_of(context),
        found.ip,
        port,
        request=request,
        sni=_server_name(parts.scheme, host),
        timeout_ns=limit,
    )
    total = found.elapsed_ns + exchange.elapsed_ns
    known = probe_fact(context, host, port, "TCP", exchange, method=request.method, path=path)
    allowed = settings.max_time_ns
    is_late = allowed is not None and total > allowed and exchange.outcome is Outcome.OK
    if allowed is not None and is_late:
        total = allowed
    spend(context, total - found.elapsed_ns)
    timings |= {
        "time_namelookup": _duration(found.elapsed_ns),
        "time_connect": _duration(found.elapsed_ns + exchange.connect_ns),
        "time_total": _duration(total),
        "num_connects": "1" if exchange.connect_ns else "0",
        "scheme": parts.scheme,
    }
    if exchange.connect_ns:
        sent = exchange.course.sent
        timings |= {
            "local_ip": sent.source, "local_port": str(sent.source_port), "remote_ip": found.ip,
            "remote_port": str(port),
        }  # fmt: skip
    result.exit_facts = (known,)
    if "v" in settings.flags:
        result.stderr += lines(_trying(host, found, port, exchange))
    try:
        _check(settings, exchange, (host, port), total, known, is_tls=parts.scheme == "https")
    except Failure as failure:
        if "v" in settings.flags:
            result.stderr += lines(f"* {failure.message}\n* closing connection #0\n", (known,))
        raise
    answer = exchange.answer
    if answer is None:
        raise Failure(52, "Empty reply from server", (known,))
    if is_late:
        size = len(answer.body)
        arrived = size * total // max(found.elapsed_ns + exchange.elapsed_ns, 1)
        took = f"Operation timed out after {total // MILLISECOND} milliseconds"
        raise Failure(28, f"{took} with {arrived} out of {size} bytes received", (known,))
    if parts.scheme == "https" and "k" not in settings.flags and exchange.course.destination is not None:
        message = "SSL certificate problem: unable to get local issuer certificate"
        raise Failure(60, message, (known,))
    timings["http_code"] = timings["response_code"] = f"{answer.status:03}"
    timings["size_download"] = str(len(answer.body))
    timings["speed_download"] = str(len(answer.body) * SECOND // max(total, 1))
    if redirects and 300 <= answer.status < 400 and answer.headers and "location" in answer.headers:
        _transfer(context, settings, answer.headers["location"], result, timings, redirects - 1)
        return
    _print(context, settings, request, exchange, result, known)
    if "f" in settings.flags and answer.status >= 400:
        raise Failure(22, f"The requested URL returned error: {answer.status}", (known,))


def _server_name(scheme: str, host: str) -> str | None:
    """The server name of the TLS handshake: none for plain HTTP, an empty one where the host is an address."""
    if scheme != "https":
        return None
    return "" if is_ipv4(host) else host


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:  # brackets around something that is no address
        # Source: curl src/tool_urlglob.c: to curl, such brackets are a range of URLs.
        place = max(url.find("["), 0) + 1
        raise Failure(3, f"bad range in URL position {place + 1}:\n{url}\n{' ' * place}^") from None


def _resolve(context: PodContext, settings: Settings, asked: tuple[str, int], timings: dict[str, str]) -> Reach:
    host, port = asked
    given = settings.resolved.get((host.lower(), port)) or settings.resolved.get(("*", port))
    if given:
        timings["time_namelookup"] = _duration(0)
        return Reach(given)
    limits = [each for each in (settings.max_time_ns, settings.connect_timeout_ns) if each is not None]
    found = reach(context, host, min(limits) if limits else None)
    spend(context, found.elapsed_ns)
    timings["time_namelookup"] = timings["time_total"] = _duration(found.elapsed_ns)
    if found.ip:
        return found
    outcome = found.resolution.outcome if found.resolution is not None else NameOutcome.NXDOMAIN
    known = (name_fact(context, host, outcome),)
    if limits and found.elapsed_ns >= min(limits):
        raise Failure(28, f"Resolving timed out after {min(limits) // MILLISECOND + 1} milliseconds", known)
    raise Failure(6, f"Could not resolve host: {host}", known)


def _connect_limit(settings: Settings, spent_ns: int) -> int:
    limits = [each - spent_ns for each in (settings.max_time_ns, settings.connect_timeout_ns) if each is not None]
    return max(min([*limits, SYN_TIMEOUT_NS]), MILLISECOND)


def _check(
    settings: Settings, exchange: Exchange, asked: tuple[str, int], total_ns: int, known: Fact, *, is_tls: bool
) -> None:
    """Turn a connection that failed into curl's message."""
    host, port = asked
    took = total_ns // MILLISECOND
    match exchange.outcome:
        case Outcome.TIMEOUT:
            connect, whole = settings.connect_timeout_ns, settings.max_time_ns
            if connect is not None and (whole is None or connect < whole):
                message = f"Failed to connect to {host} port {port} after {took + 1} ms: Timeout was reached"
                raise Failure(28, message, (known,))
            if whole is not None:
                raise Failure(28, f"Connection timed out after {took + 1} milliseconds", (known,))
            message = f"Failed to connect to {host} port {port} after {took} ms: Could not connect to server"
            raise Failure(28, message, (known,))
        case Outcome.REFUSED:
            message = f"Failed to connect to {host} port {port} after {took} ms: Could not connect to server"
            raise Failure(7, message, (known,))
        case Outcome.RESET:
            if exchange.is_denied_by_proxy or exchange.ends_at_envoy:
                # Source: libcurl: a connection that breaks during the TLS handshake is CURLE_SSL_CONNECT_ERROR.
                raise Failure(35 if is_tls else 56, "Recv failure: Connection reset by peer", (known,))
            raise Failure(52, "Empty reply from server", (known,))
        case Outcome.OK:
            return


def _print(
    context: PodContext, settings: Settings, request: HttpRequest, exchange: Exchange, result: Result, known: Fact
) -> None:
    answer = exchange.answer
    if answer is None:
        return
    head = _response_head(context, exchange)
    is_shown = "i" in settings.flags or "I" in settings.flags
    if "v" in settings.flags:
        sent = [f"{request.method} {request.path} HTTP/1.1", f"Host: {request.host}", *_sent_headers(settings), ""]
        result.stderr += lines("* using HTTP/1.x\n" + "".join(f"> {each}\n" for each in sent))
        result.stderr += lines("* Request completely sent off\n")
        result.stderr += lines("".join(f"< {each}\n" for each in [*head, ""]), (known,))
        result.stderr += lines(f"* Connection #0 to host {request.host.partition(':')[0]} left intact\n")
    shown: list[Line] = []
    if is_shown:
        shown += lines("".join(f"{each}\n" for each in [*head, ""]), (known,))
    if "I" not in settings.flags and request.method != "HEAD":
        shown += lines(answer.body, (known,))
    if settings.output != "/dev/null":
        result.stdout += shown
    if "s" not in settings.flags and "no-progress-meter" not in settings.flags and settings.output != "-":
        result.stderr += lines(_progress(len(answer.body)))


def _response_head(context: PodContext, exchange: Exchange) -> list[str]:
    answer = exchange.answer
    if answer is None:
        return []
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = ""
    course = exchange.course
    is_proxied = exchange.ends_at_envoy or any(
        side is not None and side.l7 is not None for side in (course.source, course.destination)
    )
    kind = "text/plain" if exchange.is_denied_by_proxy or not answer.body.startswith("{") else "application/json"
    head = [
        f"HTTP/1.1 {answer.status} {reason}".rstrip(),
        f"content-length: {len(answer.body)}",
        *([f"content-type: {kind}"] if answer.body or not answer.is_local else []),
        f"date: {_http_date(context)}",
    ]
    if is_proxied:
        head.append("server: envoy")
        if not exchange.is_denied_by_proxy and not answer.is_local:
            head.append(f"x-envoy-upstream-service-time: {answer.latency_ns // MILLISECOND}")
    return head + [f"{name}: {value}" for name, value in (answer.headers or {}).items()]


def _http_date(context: PodContext) -> str:
    from email.utils import formatdate

    return formatdate(context.session.world.clock.now_ns // SECOND, usegmt=True)


def _trying(host: str, found: Reach, port: int, exchange: Exchange) -> str:
    told = ""
    if found.resolution is not None:
        told = f"* Host {host}:{port} was resolved.\n* IPv6: (none)\n* IPv4: {', '.join(found.resolution.ips)}\n"
    told += f"*   Trying {found.ip}:{port}...\n"
    if exchange.connect_ns:
        told += f"* Connected to {host} ({found.ip}) port {port}\n"
    return told


def _progress(size: int) -> str:
    head = (
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
        "                                 Dload  Upload   Total   Spent    Left  Speed\n"
    )
    return head + f"100{size:6}  100{size:6}    0     0{size * 100:7}      0 --:--:-- --:--:-- --:--:--{size * 100:6}\n"


def _sent_headers(settings: Settings) -> list[str]:
    return [f"User-Agent: {settings.user_agent}", "Accept: */*", *settings.headers]


def _headers(settings: Settings) -> dict[str, str]:
    sent = {"User-Agent": settings.user_agent, "Accept": "*/*"}
    if settings.data and "G" not in settings.flags:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    for header in settings.headers:
        name, _, value = header.partition(":")
        sent[name.strip()] = value.strip()
    return sent


def _host_header(settings: Settings, netloc: str) -> str:
    for header in settings.headers:
        name, _, value = header.partition(":")
        if name.strip().lower() == "host":
            return value.strip()
    return netloc.rpartition("@")[2]


def _duration(nanoseconds: int) -> str:
    return f"{nanoseconds / SECOND:.6f}"


def _write_out(template: str, values: dict[str, str]) -> str:
    shown = template.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")
    for name, value in values.items():
        shown = shown.replace("%{" + name + "}", value)
    return shown.replace("%%", "%")
