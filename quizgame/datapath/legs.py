"""The legs of a connection: a proxy ends one and begins the next.

A leg knows how one packet travels over it and what the nodes report of it; who speaks when is the exchange's matter.
The trace points are those that monitor aggregation ``medium`` leaves: where packets go to, never where they come from.
Source: cilium/cilium v1.19 bpf/lib/trace.h emit_trace_notify; bpf/bpf_lxc.c for what is traced on which way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import DropReason, TracePoint
from quizgame.datapath.packet import SYN_ACK
from quizgame.datapath.recorder import HOP_NS, WIRE_NS, Recorder
from quizgame.datapath.trace import Disposition

if TYPE_CHECKING:
    from quizgame.datapath.course import Course, Side


class Stop(IntEnum):
    """Where a leg begins or ends, on the way from client to server."""

    CLIENT = 0
    SOURCE_PROXY = 1
    DESTINATION_PROXY = 2
    SERVER = 3


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch between two who terminate the connection."""

    starts_at: Stop
    ends_at: Stop

    @property
    def has_client(self) -> bool:
        """Whether the client itself sends over it."""
        return self.starts_at is Stop.CLIENT

    @property
    def crosses_wire(self) -> bool:
        """Whether it leads from the client's node to the server's."""
        return self.starts_at <= Stop.SOURCE_PROXY and self.ends_at >= Stop.DESTINATION_PROXY


def legs(course: Course) -> list[Leg]:
    """The legs of a connection, from the client on."""
    stops = [Stop.CLIENT]
    if course.source is not None and course.source.l7 is not None:
        stops.append(Stop.SOURCE_PROXY)
    if course.destination is not None and course.destination.l7 is not None:
        stops.append(Stop.DESTINATION_PROXY)
    stops.append(Stop.SERVER)
    return [Leg(start, end) for start, end in pairwise(stops)]


def reaches_end(course: Course, leg: Leg) -> bool:
    """Whether the datapath and the network carry a packet to the end of a leg."""
    if leg.has_client and course.is_denied_at_source:
        return False
    if not leg.crosses_wire:
        return True
    return not course.is_answer_lost and course.disposition not in (Disposition.DROPPED, Disposition.LOST)


def send(
    course: Course,
    recorder: Recorder,
    leg: Leg,
    flags: tuple[str, ...],
    *,
    is_first: bool = False,
    is_again: bool = False,
    is_report_due: bool = True,
) -> None:
    """One packet towards the server, as far as it gets on a leg.

    Args:
        course: The connection.
        recorder: Takes what the nodes report.
        leg: The leg.
        flags: TCP flags.
        is_first: Whether it opens the connection.
        is_again: Whether it repeats a packet that was not answered.
        is_report_due: Whether a node that knows the connection by now reports it.
    """
    if course.is_loopback:
        recorder.wait(HOP_NS)
        return
    source, destination = course.source, course.destination
    if leg.has_client and source is not None:
        is_refused = course.is_denied_at_source and course.drop_reason is not None
        if is_first and (is_refused or not (is_again or course.is_known_to_source)):
            recorder.policy_verdict(source, flags)
        if is_refused and course.drop_reason is not None:
            recorder.drop(source, course.drop_reason, flags)
            return
        if leg.ends_at is Stop.SOURCE_PROXY:
            if is_report_due and not (is_first and course.is_known_to_source):
                recorder.trace(source, TracePoint.TO_PROXY, flags, is_first=is_first and not is_again)
            recorder.wait(HOP_NS)
            return
    if leg.crosses_wire or (leg.starts_at <= Stop.SOURCE_PROXY and leg.ends_at is Stop.SERVER):
        turn = _Turn(flags, is_first=is_first, is_again=is_again, is_report_due=is_report_due)
        if not _cross(course, recorder, turn):
            return
    if destination is not None and is_report_due:
        _deliver(course, recorder, leg, destination, flags, is_first=is_first and not is_again)
    recorder.wait(HOP_NS)
    if destination is not None and leg.crosses_wire and course.is_answer_lost:
        _lose_answer(course, recorder, destination, flags)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One packet of a leg; see ``send``."""

    flags: tuple[str, ...]
    is_first: bool
    is_again: bool
    is_report_due: bool

    @property
    def is_new(self) -> bool:
        """Whether it is the very first of its connection."""
        return self.is_first and not self.is_again


def _cross(course: Course, recorder: Recorder, turn: _Turn) -> bool:
    """Take a packet from the client's node to the server's; return whether it gets in there."""
    source, destination = course.source, course.destination
    stopped_by = course.dropped_on_way
    if stopped_by is not None and stopped_by is source:
        _drop_on_way(course, recorder, source, turn.flags)
        return False
    recorder.count(course.path.cover)
    is_news = turn.is_report_due and not (turn.is_first and course.is_known_to_source)
    if source is not None and course.path.point is not None and is_news:
        recorder.trace(source, course.path.point, turn.flags, is_first=turn.is_new)
    recorder.wait(HOP_NS if course.is_same_node else WIRE_NS)
    if course.gateway is not None and not _leave_by_gateway(course, recorder, course.gateway, turn):
        return False
    if destination is None or course.disposition is Disposition.LOST:
        return False
    is_refused = course.drop_reason is not None
    if turn.is_first and (is_refused or not turn.is_again):
        recorder.policy_verdict(destination, turn.flags)
    if course.drop_reason is not None:
        recorder.drop(destination, course.drop_reason, turn.flags)
    return course.drop_reason is None


def _leave_by_gateway(course: Course, recorder: Recorder, gateway: Side, turn: _Turn) -> bool:
    """Let a packet leave the cluster at its egress gateway; return whether the gateway lets it."""
    if course.dropped_on_way is gateway:
        _drop_on_way(course, recorder, gateway, turn.flags)
        return False
    if turn.is_report_due:
        recorder.trace(gateway, TracePoint.TO_NETWORK, turn.flags, is_first=turn.is_new)
    recorder.wait(WIRE_NS)
    return True


def _drop_on_way(course: Course, recorder: Recorder, side: Side, flags: tuple[str, ...]) -> None:
    if course.drop_reason is not None:
        recorder.drop(side, course.drop_reason, flags)


def _lose_answer(course: Course, recorder: Recorder, destination: Side, flags: tuple[str, ...]) -> None:
    """Play an answer that does not come back: strict mode drops it at either end, or the other end cannot read it."""
    cover, answer = course.path.reply_cover, SYN_ACK if "SYN" in flags else flags
    recorder.count(cover)
    if cover.is_refused_at_sender:
        recorder.drop(destination, DropReason.UNENCRYPTED_TRAFFIC, answer, is_reply=True)
        return
    if course.path.reply_point is not None and not course.is_same_node:
        recorder.trace(destination, course.path.reply_point, answer, is_reply=True)
    if cover.is_refused_at_receiver and course.source is not None:
        recorder.drop(course.source, DropReason.UNENCRYPTED_TRAFFIC, answer, is_reply=True)


def _deliver(
    course: Course, recorder: Recorder, leg: Leg, destination: Side, flags: tuple[str, ...], *, is_first: bool
) -> None:
    if leg.ends_at is Stop.DESTINATION_PROXY:
        recorder.trace(destination, TracePoint.TO_PROXY, flags, is_first=is_first)
    elif destination.endpoint is not None:
        recorder.trace(destination, TracePoint.TO_ENDPOINT, flags, is_first=is_first)
    elif course.path.is_encapsulated:
        recorder.trace(destination, TracePoint.TO_HOST, flags, is_first=is_first)


def reply(course: Course, recorder: Recorder, leg: Leg, flags: tuple[str, ...]) -> None:
    """One packet towards the client over a leg; replies of a known connection pass every policy."""
    if course.is_loopback:
        recorder.wait(HOP_NS)
        return
    source, destination = course.source, course.destination
    if leg.starts_at is Stop.DESTINATION_PROXY:
        if destination is not None:
            recorder.trace(destination, TracePoint.TO_PROXY, flags, is_reply=True)
        recorder.wait(HOP_NS)
        return
    if leg.ends_at is not Stop.SOURCE_PROXY:
        _reply_over_wire(course, recorder, flags)
    if source is not None and source.endpoint is not None:
        point = TracePoint.TO_PROXY if leg.starts_at is Stop.SOURCE_PROXY else TracePoint.TO_ENDPOINT
        recorder.trace(source, point, flags, is_reply=True)
    recorder.wait(HOP_NS)


def _reply_over_wire(course: Course, recorder: Recorder, flags: tuple[str, ...]) -> None:
    source, destination = course.source, course.destination
    recorder.count(course.path.reply_cover)
    if course.gateway is not None:
        recorder.wait(WIRE_NS)
        recorder.trace(course.gateway, TracePoint.TO_OVERLAY, flags, is_reply=True)
    if destination is not None and not course.is_same_node:
        # A node that runs no program on its devices reports nothing of its own packets.
        is_silent = _is_node(destination) and course.path.reply_point is TracePoint.TO_STACK
        if course.path.reply_point is not None and not is_silent:
            recorder.trace(destination, course.path.reply_point, flags, is_reply=True)
    elif destination is not None and destination.endpoint is not None and _is_node(source):
        recorder.trace(destination, TracePoint.TO_STACK, flags, is_reply=True)
    recorder.wait(HOP_NS if course.is_same_node else WIRE_NS)
    if source is not None and _is_node(source) and course.path.is_encapsulated:
        recorder.trace(source, TracePoint.TO_STACK, flags, is_reply=True)


def _is_node(side: Side | None) -> bool:
    return side is not None and side.endpoint is None
