"""What a monitor event says in the fields of the datapath's notifications.

Source: cilium/cilium v1.19 pkg/monitor/datapath_{drop,trace,policy}.go; bpf/bpf_lxc.c and bpf/bpf_host.c for who
reports what of whom.
"""

from __future__ import annotations

from dataclasses import dataclass

from quizgame.cluster.agent.monitor import DROP_TEXTS, EventType, MonitorEvent, TracePoint, TraceReason
from quizgame.datapath.frames import is_arriving
from quizgame.policy.identity import RESERVED_LABELS

UNSPECIFIED = "0.0.0.0"  # what is printed for no address, bound to nothing
FILES = {"bpf_host.c": 1, "bpf_lxc.c": 2, "bpf_overlay.c": 3}
_SUMMARIES = {
    TracePoint.TO_ENDPOINT: "-> endpoint {to}",
    TracePoint.TO_HOST: "-> host from",
    TracePoint.TO_STACK: "-> stack",
    TracePoint.TO_OVERLAY: "-> overlay",
    TracePoint.TO_NETWORK: "-> network",
    TracePoint.TO_CRYPTO: "-> crypto",
    TracePoint.FROM_ENDPOINT: "<- endpoint {source}",
    TracePoint.FROM_PROXY: "<- proxy",
    TracePoint.FROM_HOST: "<- host",
    TracePoint.FROM_STACK: "<- stack",
    TracePoint.FROM_OVERLAY: "<- overlay",
    TracePoint.FROM_NETWORK: "<- network",
    TracePoint.FROM_CRYPTO: "<- crypto",
}


@dataclass(frozen=True, slots=True)
class Lens:
    """How events are looked at."""

    is_numeric: bool = False
    """Whether reserved identities are numbers too."""
    host_endpoint: int = 0
    """Id of the node's own endpoint, in whose name the programs of its devices report."""


def source_of(event: MonitorEvent, lens: Lens) -> int:
    """Id of the endpoint that reports (``FROM``)."""
    return event.reporter or lens.host_endpoint


def target_of(event: MonitorEvent) -> int:
    """Id of the endpoint, or number of the proxy's port, that a packet goes to; 0 where it leaves."""
    if event.type is EventType.TRACE:
        if event.point is TracePoint.TO_ENDPOINT:
            return event.destination.endpoint_id
        return event.proxy_port if event.point is TracePoint.TO_PROXY else 0
    return event.destination.endpoint_id if is_arriving(event) else 0


def point_of(event: MonitorEvent) -> TracePoint:
    """The trace point of a trace event."""
    return TracePoint.TO_STACK if event.point is None else event.point


def point_name(event: MonitorEvent) -> str:
    """The trace point as the tool names it: ``to-endpoint``."""
    return point_of(event).name.lower().replace("_", "-")


def trace_summary(event: MonitorEvent, lens: Lens) -> str:
    """What a line begins with: ``-> endpoint 1658``, ``-> proxy port 37831``."""
    point, target = point_of(event), target_of(event)
    if point is TracePoint.TO_PROXY:
        return f"-> proxy port {target}" if target else "-> proxy"
    return _SUMMARIES[point].format(to=target, source=source_of(event, lens))


def trace_state(event: MonitorEvent) -> str:
    """State of the connection: ``new``, ``established``, ``reply``."""
    return "unknown" if event.reason is TraceReason.UNKNOWN else event.reason.name.lower()


def drop_text(event: MonitorEvent) -> str:
    """Why a packet was dropped."""
    return DROP_TEXTS[event.drop_reason] if event.drop_reason is not None else ""


def drop_place(event: MonitorEvent) -> tuple[str, int]:
    """File and line of the program that dropped."""
    return event.file if event.file is not None else ("bpf_lxc.c", 0)


def identity_text(identity: int, lens: Lens) -> str:
    """Reserved identities print by name, others as numbers."""
    if lens.is_numeric:
        return str(int(identity))
    reserved = RESERVED_LABELS.get(identity)
    return reserved[0].key if reserved is not None else str(int(identity))


def identities_text(event: MonitorEvent, lens: Lens) -> str:
    """``7042->3121``."""
    return f"{identity_text(event.source.identity, lens)}->{identity_text(event.destination.identity, lens)}"
