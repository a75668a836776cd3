"""Kinds of fields in the API's messages.

Each alias says two things: to the type checker what the field holds, and to the JSON reader which texts it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import (
    ApiEnum,
    AuthType,
    DebugCapturePoint,
    FlowType,
    IPVersion,
    L7FlowType,
    LostEventSource,
    NodeState,
    SocketTranslationPoint,
    TraceObservationPoint,
    TraceReason,
    TrafficDirection,
    TunnelProtocol,
    Verdict,
)

UInt32 = Annotated[int, Meta(ge=0, le=0xFFFFFFFF, extra={"kind": "uint32"})]
Int32 = Annotated[int, Meta(ge=-0x80000000, le=0x7FFFFFFF, extra={"kind": "int32"})]
UInt64Text = Annotated[str, Meta(pattern="^[1-9][0-9]{0,18}$", extra={"kind": "uint64"})]
"""A 64-bit number as JSON has it: decimal text; empty means 0. Make one with `uint64_text`."""
Timestamp = Annotated[str, Meta(extra={"kind": "timestamp"})]
"""An instant as RFC 3339 text in UTC with 0, 3, 6 or 9 fraction digits. Make one with `timestamps.format_timestamp`."""


def uint64_text(number: int) -> str:
    """Return a 64-bit number as `UInt64Text` holds it."""
    return str(number) if number else ""


if TYPE_CHECKING:
    # A name of the enumeration, or the number where it has no name.
    VerdictField = Verdict | str | int
    FlowTypeField = FlowType | str | int
    AuthTypeField = AuthType | str | int
    TracePointField = TraceObservationPoint | str | int
    TraceReasonField = TraceReason | str | int
    DirectionField = TrafficDirection | str | int
    IPVersionField = IPVersion | str | int
    L7TypeField = L7FlowType | str | int
    SocketPointField = SocketTranslationPoint | str | int
    CapturePointField = DebugCapturePoint | str | int
    DropReasonField = DropReason | str | int
    TunnelField = TunnelProtocol | str | int
    LostSourceField = LostEventSource | str | int
    NodeStateField = NodeState | str | int
else:

    def _names(enum: type[ApiEnum]) -> Any:
        return Annotated[Literal[tuple(member.value for member in enum)], Meta(extra={"kind": "enum", "enum": enum})]

    VerdictField = _names(Verdict)
    FlowTypeField = _names(FlowType)
    AuthTypeField = _names(AuthType)
    TracePointField = _names(TraceObservationPoint)
    TraceReasonField = _names(TraceReason)
    DirectionField = _names(TrafficDirection)
    IPVersionField = _names(IPVersion)
    L7TypeField = _names(L7FlowType)
    SocketPointField = _names(SocketTranslationPoint)
    CapturePointField = _names(DebugCapturePoint)
    DropReasonField = _names(DropReason)
    TunnelField = _names(TunnelProtocol)
    LostSourceField = _names(LostEventSource)
    NodeStateField = _names(NodeState)
