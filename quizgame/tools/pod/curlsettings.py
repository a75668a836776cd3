"""What a command line of ``curl`` asks for. Source: curl(1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quizgame.addresses import is_ipv4
from quizgame.goflags.times import SECOND
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line
from quizgame.tools.text.options import OptionTable

CURL_VERSION = "8.14.1"

OPTIONS = OptionTable(
    "s,silent", "S,show-error", "i,include,show-headers", "I,head", "v,verbose", "k,insecure", "L,location",
    "f,fail", "o,output=", "O,remote-name!", "w,write-out=", "X,request=", "H,header=",
    "d,data,data-ascii,data-raw,data-binary=", "json=", "m,max-time=", "connect-timeout=", "A,user-agent=",
    "u,user!", "b,cookie!", "c,cookie-jar!", "F,form!", "T,upload-file!", "x,proxy!", "4,ipv4", "6,ipv6!", "retry=",
    "retry-delay=", "retry-connrefused", "retry-all-errors", "resolve=", "connect-to!", "http1.1", "http2", "G,get",
    "e,referer=", "N,no-buffer", "compressed", "cacert=", "cert=", "key=", "no-progress-meter", "url=", "q,disable",
    "fail-with-body", "interface!", "noproxy=", "Z,parallel!",
    usage_lines="curl: try 'curl --help' or 'curl --manual' for more information\n", status=2,
)  # fmt: skip


@dataclass(slots=True)
class Settings:
    """What a command line asks for."""

    urls: list[str] = field(default_factory=list)
    method: str = ""
    headers: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    output: str = ""
    write_out: str = ""
    flags: set[str] = field(default_factory=set)
    max_time_ns: int | None = None
    connect_timeout_ns: int | None = None
    user_agent: str = f"curl/{CURL_VERSION}"
    retries: int = 0
    retry_delay_ns: int = 0
    """Between two attempts; 0: a second, twice as long each time."""
    resolved: dict[tuple[str, int], str] = field(default_factory=dict)
    """Host and port → address that is taken for it; ``*`` is any host."""

    @property
    def shows_errors(self) -> bool:
        """Whether failures are told on stderr."""
        return "s" not in self.flags or "S" in self.flags

    @property
    def http_method(self) -> str:
        """The method of the first request."""
        if self.method:
            return self.method
        if "I" in self.flags:
            return "HEAD"
        return "POST" if self.data and "G" not in self.flags else "GET"


class Failure(Exception):
    """curl gives up with this status and message."""

    def __init__(self, status: int, message: str, facts: tuple[Fact, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.facts = facts


def read_settings(argv: Sequence[str], stdin: Sequence[Line]) -> Settings:
    """Read a command line; what ``-d @-`` sends comes from standard input.

    Raises:
        ToolExit: the options are wrong, or not simulated.
        Failure: an argument is.
    """
    settings = Settings()
    found, settings.urls = OPTIONS.parse(argv)
    for key, value in found:
        match key:
            case "X":
                settings.method = value
            case "d" | "json":
                settings.data.append("\n".join(line.text for line in stdin) if value == "@-" else value)
                if key == "json":
                    settings.headers += ["Content-Type: application/json", "Accept: application/json"]
            case "o":
                settings.output = value
            case "w":
                settings.write_out = value
            case "m":
                settings.max_time_ns = _seconds(value, "-m")
            case "connect-timeout":
                settings.connect_timeout_ns = _seconds(value, "--connect-timeout")
            case "A":
                settings.user_agent = value
            case "H" | "e":
                settings.headers.append(value if key == "H" else f"Referer: {value}")
            case "url":
                settings.urls.append(value)
            case "resolve":
                _note_resolved(settings, value)
            case "retry":
                settings.retries = min(int(value), 10) if value.isdecimal() else 0
            case "retry-delay":
                settings.retry_delay_ns = _seconds(value, "--retry-delay") or 0
            case _:
                settings.flags.add(key)
    return settings


def _note_resolved(settings: Settings, text: str) -> None:
    host, _, rest = text.lstrip("+").partition(":")
    port, _, addresses = rest.partition(":")
    address = addresses.split(",")[0]
    if not host or not port.isdecimal() or not is_ipv4(address):
        raise Failure(49, f"Couldn't parse CURLOPT_RESOLVE entry '{text}'")
    settings.resolved[host.lower(), int(port)] = address


def _seconds(text: str, option: str) -> int | None:
    try:
        return round(float(text) * SECOND) or None
    except ValueError:
        raise Failure(2, f"option {option}: expected a proper numerical parameter") from None
