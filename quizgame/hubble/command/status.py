"""``hubble status``.

# Source: cilium/cilium v1.19 hubble/cmd/status/status.go, hubble/pkg/printer/printer.go WriteServerStatusResponse.
"""

from __future__ import annotations

from msgspec import structs

from quizgame.goflags.durations import SECOND, format_duration
from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.numbers import format_float
from quizgame.goflags.tabwriter import align
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.servers import connect
from quizgame.hubble.observer import ServerStatus
from quizgame.hubble.printers.choose import JSON_FORMATS
from quizgame.hubble.printers.color import escaper
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.sink import Sink
from quizgame.hubble.source import RpcError

_NOT_KNOWN = "N/A"


def run_status(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
    """Print a server's health and how full its buffers are.

    Raises:
        CommandFailure: It does not answer, is not healthy, or the format is unknown.
        NotSimulated: A flag changes how the connection is made.
    """
    name = flags.text("output")
    try:
        source = connect(flags, environment)
        serving = source.is_serving()
    except RpcError as failure:
        raise CommandFailure(f"failed getting status: {failure.message}") from None
    if name == "compact":
        sink.out(f"Healthcheck (via {source.target}): {'Ok' if serving else 'Unavailable: NOT_SERVING'}\n")
    if not serving:
        raise CommandFailure("not healthy")
    try:
        status = source.server_status()
    except RpcError as failure:
        raise CommandFailure(f"failed to get hubble server status: {failure.message}") from None
    escape = escaper(False)
    if name == "compact":
        sink.out(escape(_compact(status)))
    elif name == "dict":
        sink.out(escape(_dict(status)))
    elif name in JSON_FORMATS:
        sink.out(_json(status))
    elif name in ("tab", "table"):
        sink.out(escape(_table(status)))
    else:
        raise CommandFailure(f"invalid output format: {name}")


def _json(status: ServerStatus) -> str:
    rate = status.flows_rate
    if not float(rate).is_integer():
        return encode(status).decode() + "\n"
    # Go prints a whole number without a fraction, and leaves out 0; the encoder knows its default by identity.
    line = encode(structs.replace(status, flows_rate=ServerStatus().flows_rate)).decode()
    if rate:
        line = f'{line[:-1]}{"," if len(line) > 2 else ""}"flows_rate":{format_float(rate)}}}'
    return line + "\n"


def _compact(status: ServerStatus) -> str:
    num, most = int(status.num_flows or 0), int(status.max_flows or 0)
    ratio = f" ({num / most * 100:.2f}%)" if most else ""
    lines = [f"Current/Max Flows: {num:,}/{most:,}{ratio}"]
    uptime_s = int(status.uptime_ns or 0) / SECOND
    rate = _rate(status)
    if rate == _NOT_KNOWN and uptime_s > 0:
        rate = f"{int(status.seen_flows or 0) / uptime_s:.2f}"
    lines.append(f"Flows/s: {rate}")
    connected, unavailable = status.num_connected_nodes, status.num_unavailable_nodes
    if connected is not None:
        total = "" if unavailable is None else f"/{connected + unavailable}"
        lines.append(f"Connected Nodes: {connected}{total}")
    if unavailable:
        lines.append(f"Unavailable Nodes: {unavailable}")
        names = sorted(status.unavailable_nodes, key=str.encode)
        if names and unavailable > len(names):
            names.append(f"and {unavailable - len(names)} more...")
        lines += [f"  - {name}" for name in names]
    return "\n".join(lines) + "\n"


def _rate(status: ServerStatus) -> str:
    return f"{status.flows_rate:.2f}" if status.flows_rate > 0 else _NOT_KNOWN


def _cells(status: ServerStatus) -> list[str]:
    connected, unavailable = status.num_connected_nodes, status.num_unavailable_nodes
    return [
        f"{int(status.num_flows or 0):,}",
        f"{int(status.max_flows or 0):,}",
        f"{int(status.seen_flows or 0):,}",
        _rate(status),
        format_duration(int(status.uptime_ns or 0)),
        _NOT_KNOWN if connected is None else str(connected),
        _NOT_KNOWN if unavailable is None else str(unavailable),
        status.version,
    ]


def _dict(status: ServerStatus) -> str:
    keys = (
        "NUM FLOWS",
        "MAX FLOWS",
        "SEEN FLOWS",
        "FLOWS PER SECOND",
        "UPTIME",
        "NUM CONNECTED NODES",
        "NUM UNAVAIL. NODES",
        "VERSION",
    )
    return "".join(f"{key:>19}: {cell}\n" for key, cell in zip(keys, _cells(status), strict=True))


def _table(status: ServerStatus) -> str:
    header = [
        "NUM FLOWS",
        "MAX FLOWS",
        "SEEN FLOWS",
        "FLOWS PER SECOND",
        "UPTIME",
        "NUM CONNECTED NODES",
        "NUM UNAVAILABLE NODES",
        "VERSION",
    ]
    return align([header, _cells(status)], min_width=2, tab_width=0, padding=3)
