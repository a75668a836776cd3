"""Events with their packets, as ``-vv`` prints them: dissected or in hexadecimal.

Source: golden ``monitor-vv``; cilium/cilium v1.19 pkg/monitor/datapath_{drop,trace}.go DumpVerbose.
"""

from __future__ import annotations

from quizgame.cluster.agent.monitor import EventType, MonitorEvent, TracePoint
from quizgame.datapath.frames import Frame, cpu_of, frame_of
from quizgame.tools.cilium_dbg.monitor.dissect import dissect, hex_dump
from quizgame.tools.cilium_dbg.monitor.lines import event_line
from quizgame.tools.cilium_dbg.monitor.notice import (
    UNSPECIFIED,
    Lens,
    drop_text,
    identities_text,
    point_name,
    point_of,
    source_of,
    target_of,
    trace_state,
)

SEPARATOR = "-" * 78


def event_lines(event: MonitorEvent, lens: Lens, *, is_hex: bool) -> list[str]:
    """What is printed of an event.

    Args:
        event: The event.
        lens: How it is looked at.
        is_hex: ``--hex``.
    """
    if event.type not in (EventType.DROP, EventType.TRACE):
        return [event_line(event, lens)]
    frame = frame_of(event)
    if event.type is EventType.TRACE:
        return [SEPARATOR, _trace_head(event, lens, frame), *_packet(frame, is_hex=is_hex)]
    # Source: cilium/cilium v1.19 pkg/monitor/datapath_drop.go Dump: ``--hex`` is taken the other way round for drops.
    return [SEPARATOR, _drop_head(event, lens, frame), *_packet(frame, is_hex=not is_hex)]


def _packet(frame: Frame, *, is_hex: bool) -> list[str]:
    return hex_dump(frame.data) if is_hex else dissect(frame.data).lines()


def _drop_head(event: MonitorEvent, lens: Lens, frame: Frame) -> str:
    target = target_of(event)
    return (
        f"CPU {cpu_of(event):02}: MARK {event.connection:#x} FROM {source_of(event, lens)} DROP: "
        f"{frame.length} bytes, reason {drop_text(event)}{_identities(event, lens)}"
    ) + (f", to endpoint {target}" if target else "")


def _trace_head(event: MonitorEvent, lens: Lens, frame: Frame) -> str:
    target = target_of(event)
    kind = "proxy-port" if point_of(event) is TracePoint.TO_PROXY else "endpoint"
    interface = f", interface {event.interface}" if event.interface else ""
    identities = _identities(event, lens)
    return (
        f"CPU {cpu_of(event):02}: MARK {event.connection:#x} FROM {source_of(event, lens)} {point_name(event)}: "
        f"{frame.length} bytes ({len(frame.data)} captured), state {trace_state(event)}{interface}"
        f"{f', {identities}' if identities else ''}, orig-ip {event.original_ip or UNSPECIFIED}"
    ) + (f", to {kind} {target}" if target else "")


def _identities(event: MonitorEvent, lens: Lens) -> str:
    if not (event.source.identity or event.destination.identity):
        return ""
    return f", identity {identities_text(event, lens)}"
