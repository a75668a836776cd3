"""TYPE, VERDICT and SUMMARY of a flow.

# Source: cilium/cilium v1.19 hubble/pkg/printer/printer.go GetFlowType, getVerdict, getSummary.
"""

from __future__ import annotations

from collections.abc import Callable

from quizgame.hubble.drops import drop_text
from quizgame.hubble.enums import (
    POLICY_MATCH_NAMES,
    TRACE_POINT_NAMES,
    AuthType,
    MessageType,
    SocketTranslationPoint,
    TrafficDirection,
    Verdict,
)
from quizgame.hubble.flow import Flow, Layer7, Policy
from quizgame.hubble.printers.color import GREEN, RED, YELLOW, paint
from quizgame.hubble.printers.options import PrintOptions

_SOCKET_POINTS: dict[str | int, str] = {
    SocketTranslationPoint.SOCK_XLATE_POINT_PRE_DIRECTION_FWD: "pre-xlate-fwd",
    SocketTranslationPoint.SOCK_XLATE_POINT_POST_DIRECTION_FWD: "post-xlate-fwd",
    SocketTranslationPoint.SOCK_XLATE_POINT_PRE_DIRECTION_REV: "pre-xlate-rev",
    SocketTranslationPoint.SOCK_XLATE_POINT_POST_DIRECTION_REV: "post-xlate-rev",
}
_COLORS: dict[str | int, int] = {
    Verdict.FORWARDED: GREEN,
    Verdict.REDIRECTED: GREEN,
    Verdict.DROPPED: RED,
    Verdict.ERROR: RED,
    Verdict.AUDIT: YELLOW,
    Verdict.TRACED: YELLOW,
    Verdict.TRANSLATED: YELLOW,
}
_POLICY_WORDS: dict[str | int, str] = {
    Verdict.FORWARDED: "ALLOWED",
    Verdict.REDIRECTED: "ALLOWED",
    Verdict.DROPPED: "DENIED",
    Verdict.ERROR: "DENIED",
    Verdict.AUDIT: "AUDITED",
}


def flow_type(flow: Flow) -> str:
    """Return TYPE: the trace point, the drop's reason, the policy verdict's match, the application message."""
    if flow.l7 is not None:
        return _l7_type(flow.l7)
    event = flow.event_type
    if event is None:
        return "UNKNOWN"
    kind = event.type
    if kind == MessageType.TRACE:
        point = event.sub_type % 256
        return TRACE_POINT_NAMES.get(point) or str(point)
    if kind == MessageType.DROP:
        return drop_text(event.sub_type % 256)
    if kind == MessageType.POLICY_VERDICT:
        return f"policy-verdict:{POLICY_MATCH_NAMES.get(flow.policy_match_type, 'unknown')} {flow.traffic_direction}"
    if kind == MessageType.CAPTURE:
        return str(flow.debug_capture_point)
    if kind == MessageType.TRACE_SOCK:
        return _SOCKET_POINTS.get(flow.sock_xlate_point) or str(flow.sock_xlate_point)
    return "UNKNOWN"


def _l7_type(l7: Layer7) -> str:
    direction = str(l7.type).lower()
    if l7.http is not None:
        return "http-" + direction
    if l7.dns is not None:
        return f"dns-{direction} {l7.dns.observation_source}"
    return ("kafka-" if l7.kafka is not None else "l7-") + direction


def verdict_text(options: PrintOptions) -> Callable[[Flow], str]:
    """Return what prints VERDICT; policy verdicts read ALLOWED, DENIED or AUDITED."""
    color, policy_names = options.color, options.policy_names

    def text(flow: Flow) -> str:
        verdict = flow.verdict
        event = flow.event_type
        if event is not None and event.type == MessageType.POLICY_VERDICT and verdict in _POLICY_WORDS:
            word = _POLICY_WORDS[verdict]
            if policy_names:
                word += _decided_by(flow, word)
        else:
            word = str(verdict)
        if color and verdict in _COLORS:
            return paint(_COLORS[verdict], word)
        return word

    return text


def _decided_by(flow: Flow, word: str) -> str:
    lists: dict[tuple[str, str | int], list[Policy]] = {
        ("ALLOWED", TrafficDirection.EGRESS): flow.egress_allowed_by,
        ("ALLOWED", TrafficDirection.INGRESS): flow.ingress_allowed_by,
        ("DENIED", TrafficDirection.EGRESS): flow.egress_denied_by,
        ("DENIED", TrafficDirection.INGRESS): flow.ingress_denied_by,
    }
    policies = lists.get((word, flow.traffic_direction), [])
    named = [f"{policy.name} ({policy.kind})" for policy in policies if policy.name and policy.kind]
    return " BY " + ", ".join(named) if named else ""


def summary_text(color: bool) -> Callable[[Flow], str]:
    """Return what prints SUMMARY: the recorded one between the IP trace id and the authentication."""

    def text(flow: Flow) -> str:
        summary = flow.summary
        if flow.ip_trace_id is not None and flow.ip_trace_id.trace_id:
            summary = f"IP Trace ID: {flow.ip_trace_id.trace_id}; {summary}"
        auth = flow.auth_type
        if auth != AuthType.DISABLED:
            name = str(auth)
            if color:
                name = paint(RED if auth == AuthType.TEST_ALWAYS_FAIL else GREEN, name)
            summary = f"{summary}; Auth: {name}"
        return summary

    return text
