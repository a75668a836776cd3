"""How the values of filter flags are read.

# Source: cilium/cilium v1.19 hubble/cmd/observe/flows_filter.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.numbers import parse_uint
from quizgame.goflags.quoting import quote
from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import (
    AGENT_EVENT_NAMES,
    MESSAGE_TYPE_NAMES,
    RESERVED_IDENTITIES,
    TRACE_POINT_NAMES,
    IPVersion,
    MessageType,
    TrafficDirection,
    Verdict,
)
from quizgame.hubble.flow import HTTPHeader, NetworkInterface, TCPFlags, Workload
from quizgame.hubble.flowfilter import EventTypeFilter

Reader = Callable[[str], Any]
"""Turns a flag's text into the filter's value; raises `GoValueError` with the tool's reason."""

_TCP_FLAGS = frozenset({"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"})
_IDENTITY_NUMBERS = {name: number for number, name in RESERVED_IDENTITIES.items() if number} | {
    "overlay-to-encrypt": 11
}
_IDENTITY_CHOICES = " ".join(RESERVED_IDENTITIES.get(number, str(number)) for number in range(1, 12))
_TRACE_POINTS = {name: number for number, name in TRACE_POINT_NAMES.items()}
_IP_VERSIONS = {
    **dict.fromkeys(("4", "v4", "ipv4", "ip4"), IPVersion.IPv4),
    **dict.fromkeys(("6", "v6", "ipv6", "ip6"), IPVersion.IPv6),
}


def _verdict(text: str) -> Verdict:
    verdict = Verdict.named(text)
    if verdict is None:
        raise GoValueError(f"invalid --verdict value: {text}")
    return verdict


def _drop_reason(text: str) -> DropReason:
    if not text:
        raise GoValueError("empty --drop-reason-desc value")
    reason = DropReason.named(text)
    if reason is None:
        raise GoValueError(f"invalid --drop-reason-desc value: {text}")
    return reason


def _event_type(text: str) -> EventTypeFilter:
    name, colon, sub_name = text.partition(":")
    known = MESSAGE_TYPE_NAMES.get(name)
    number = _number(name, f"unable to parse type '{name}', not a known type name") if known is None else known
    if not colon:
        return EventTypeFilter(type=number)
    # Sub-types have names only where the type is given by name, too.
    sub_type: int | None = None
    if known == MessageType.TRACE:
        sub_type = _TRACE_POINTS.get(sub_name)
    elif known == MessageType.AGENT:
        sub_type = AGENT_EVENT_NAMES.get(sub_name)
    if sub_type is None:
        sub_type = _number(sub_name, f"unable to parse event sub-type '{sub_name}', not a known sub-type name")
    return EventTypeFilter(type=number, match_sub_type=True, sub_type=sub_type)


def _number(text: str, what: str) -> int:
    try:
        number = parse_uint(text, bits=32)
    except GoValueError as refusal:
        raise GoValueError(f"{what} and unable to parse as numeric value: {refusal.message}") from None
    return number - (1 << 32) if number >= 1 << 31 else number


def _identity(text: str) -> int:
    if text in _IDENTITY_NUMBERS:
        return _IDENTITY_NUMBERS[text]
    try:
        return parse_uint(text, base=0, bits=32)
    except GoValueError:
        raise GoValueError(
            f"invalid security identity, expected one of [{_IDENTITY_CHOICES}] or a numeric value"
        ) from None


def _tcp_flags(text: str) -> TCPFlags:
    flags: dict[str, bool] = {}
    for piece in text.split(","):
        if piece.upper() not in _TCP_FLAGS:
            raise GoValueError(f"unknown tcp flag: {piece}")
        flags[piece.lower()] = True
    return TCPFlags(**flags)


def _ip_version(text: str) -> IPVersion:
    return _IP_VERSIONS.get(text.lower(), IPVersion.IP_NOT_USED)


def _http_header(text: str) -> HTTPHeader:
    key, colon, value = text.partition(":")
    if not colon:
        raise GoValueError(f"invalid http-header value {quote(text)}, expected name:value")
    return HTTPHeader(key=key, value=value)


def _workload(text: str) -> Workload:
    kind, slash, name = text.partition("/")
    return Workload(name=name, kind=kind) if slash else Workload(name=text)


def _traffic_direction(text: str) -> TrafficDirection:
    name = text.lower()
    direction = {"ingress": TrafficDirection.INGRESS, "egress": TrafficDirection.EGRESS}.get(name)
    if direction is None:
        raise GoValueError(f"{name}: invalid traffic direction, expected ingress or egress")
    return direction


def _ip_trace_id(text: str) -> str:
    try:
        number = parse_uint(text)
    except GoValueError as refusal:
        raise GoValueError(f"invalid --ip-trace-id value: {refusal.message}") from None
    if number == 0:
        raise GoValueError("invalid --ip-trace-id value; must be greater than 0")
    return str(number)


READERS: dict[str, Reader] = {
    "drop_reason_desc": _drop_reason,
    "event_type": _event_type,
    "http_header": _http_header,
    "identity": _identity,
    "interface": lambda text: NetworkInterface(name=text),
    "ip_trace_id": _ip_trace_id,
    "ip_version": _ip_version,
    "tcp_flags": _tcp_flags,
    "traffic_direction": _traffic_direction,
    "verdict": _verdict,
    "workload": _workload,
}
"""Readers by the filter's field, without its side; fields that are not here take their text as it is."""
