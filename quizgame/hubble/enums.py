"""The enumerations of the flow API, with its own names and numbers.

A member is a string equal to its name, as JSON has it, so that flows built by code and flows read from JSON compare
equal. Unknown numbers in captures stay plain ints.

# Source: cilium/cilium v1.19 api/v1/flow/flow.proto, api/v1/relay/relay.proto, pkg/monitor/api/types.go.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


class ApiEnum(StrEnum):
    """A member's value is its name; `number` is what protobuf sends."""

    number: int

    def __new__(cls, name: str, number: int) -> Self:
        """Make a member of a name and a number."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.number = number
        return member

    @classmethod
    def named(cls, name: str) -> Self | None:
        """Return the member of a name, ``None`` if there is none."""
        return cls.__members__.get(name)


class Verdict(ApiEnum):
    """What was decided about a packet, a message or an address."""

    VERDICT_UNKNOWN = "VERDICT_UNKNOWN", 0
    FORWARDED = "FORWARDED", 1
    DROPPED = "DROPPED", 2
    ERROR = "ERROR", 3
    AUDIT = "AUDIT", 4
    REDIRECTED = "REDIRECTED", 5
    TRACED = "TRACED", 6
    TRANSLATED = "TRANSLATED", 7


class FlowType(ApiEnum):
    """Which layer a flow reports on."""

    UNKNOWN_TYPE = "UNKNOWN_TYPE", 0
    L3_L4 = "L3_L4", 1
    L7 = "L7", 2
    SOCK = "SOCK", 3


class AuthType(ApiEnum):
    """Mutual authentication that a policy asked for."""

    DISABLED = "DISABLED", 0
    SPIRE = "SPIRE", 1
    TEST_ALWAYS_FAIL = "TEST_ALWAYS_FAIL", 2


class TraceObservationPoint(ApiEnum):
    """Where the datapath saw a packet. The number equals the trace event's sub-type, except TO_ENDPOINT's (0)."""

    UNKNOWN_POINT = "UNKNOWN_POINT", 0
    TO_PROXY = "TO_PROXY", 1
    TO_HOST = "TO_HOST", 2
    TO_STACK = "TO_STACK", 3
    TO_OVERLAY = "TO_OVERLAY", 4
    TO_ENDPOINT = "TO_ENDPOINT", 101
    FROM_ENDPOINT = "FROM_ENDPOINT", 5
    FROM_PROXY = "FROM_PROXY", 6
    FROM_HOST = "FROM_HOST", 7
    FROM_STACK = "FROM_STACK", 8
    FROM_OVERLAY = "FROM_OVERLAY", 9
    FROM_NETWORK = "FROM_NETWORK", 10
    TO_NETWORK = "TO_NETWORK", 11
    FROM_CRYPTO = "FROM_CRYPTO", 12
    TO_CRYPTO = "TO_CRYPTO", 13

    @property
    def sub_type(self) -> int:
        """The number that the trace event carries as its sub-type."""
        return 0 if self is TraceObservationPoint.TO_ENDPOINT else self.number


class TraceReason(ApiEnum):
    """What connection tracking said of a traced packet."""

    TRACE_REASON_UNKNOWN = "TRACE_REASON_UNKNOWN", 0
    NEW = "NEW", 1
    ESTABLISHED = "ESTABLISHED", 2
    REPLY = "REPLY", 3
    RELATED = "RELATED", 4
    REOPENED = "REOPENED", 5
    SRV6_ENCAP = "SRV6_ENCAP", 6
    SRV6_DECAP = "SRV6_DECAP", 7
    ENCRYPT_OVERLAY = "ENCRYPT_OVERLAY", 8


class TrafficDirection(ApiEnum):
    """Direction seen from the endpoint."""

    TRAFFIC_DIRECTION_UNKNOWN = "TRAFFIC_DIRECTION_UNKNOWN", 0
    INGRESS = "INGRESS", 1
    EGRESS = "EGRESS", 2


class IPVersion(ApiEnum):
    """Version of the IP header."""

    IP_NOT_USED = "IP_NOT_USED", 0
    IPv4 = "IPv4", 1
    IPv6 = "IPv6", 2


class L7FlowType(ApiEnum):
    """Whether a layer 7 record is a request or its answer."""

    UNKNOWN_L7_TYPE = "UNKNOWN_L7_TYPE", 0
    REQUEST = "REQUEST", 1
    RESPONSE = "RESPONSE", 2
    SAMPLE = "SAMPLE", 3


class SocketTranslationPoint(ApiEnum):
    """When a socket event was seen: before or after service translation, forward or reverse."""

    SOCK_XLATE_POINT_UNKNOWN = "SOCK_XLATE_POINT_UNKNOWN", 0
    SOCK_XLATE_POINT_PRE_DIRECTION_FWD = "SOCK_XLATE_POINT_PRE_DIRECTION_FWD", 1
    SOCK_XLATE_POINT_POST_DIRECTION_FWD = "SOCK_XLATE_POINT_POST_DIRECTION_FWD", 2
    SOCK_XLATE_POINT_PRE_DIRECTION_REV = "SOCK_XLATE_POINT_PRE_DIRECTION_REV", 3
    SOCK_XLATE_POINT_POST_DIRECTION_REV = "SOCK_XLATE_POINT_POST_DIRECTION_REV", 4


class DebugCapturePoint(ApiEnum):
    """Where a debug capture was taken."""

    DBG_CAPTURE_POINT_UNKNOWN = "DBG_CAPTURE_POINT_UNKNOWN", 0
    DBG_CAPTURE_DELIVERY = "DBG_CAPTURE_DELIVERY", 4
    DBG_CAPTURE_FROM_LB = "DBG_CAPTURE_FROM_LB", 5
    DBG_CAPTURE_AFTER_V46 = "DBG_CAPTURE_AFTER_V46", 6
    DBG_CAPTURE_AFTER_V64 = "DBG_CAPTURE_AFTER_V64", 7
    DBG_CAPTURE_PROXY_PRE = "DBG_CAPTURE_PROXY_PRE", 8
    DBG_CAPTURE_PROXY_POST = "DBG_CAPTURE_PROXY_POST", 9
    DBG_CAPTURE_SNAT_PRE = "DBG_CAPTURE_SNAT_PRE", 10
    DBG_CAPTURE_SNAT_POST = "DBG_CAPTURE_SNAT_POST", 11


class TunnelProtocol(ApiEnum):
    """How a packet was encapsulated."""

    UNKNOWN = "UNKNOWN", 0
    VXLAN = "VXLAN", 1
    GENEVE = "GENEVE", 2


class LostEventSource(ApiEnum):
    """Which buffer overflowed."""

    UNKNOWN_LOST_EVENT_SOURCE = "UNKNOWN_LOST_EVENT_SOURCE", 0
    PERF_EVENT_RING_BUFFER = "PERF_EVENT_RING_BUFFER", 1
    OBSERVER_EVENTS_QUEUE = "OBSERVER_EVENTS_QUEUE", 2
    HUBBLE_RING_BUFFER = "HUBBLE_RING_BUFFER", 3


class NodeState(ApiEnum):
    """What Relay knows of a node."""

    UNKNOWN_NODE_STATE = "UNKNOWN_NODE_STATE", 0
    NODE_CONNECTED = "NODE_CONNECTED", 1
    NODE_UNAVAILABLE = "NODE_UNAVAILABLE", 2
    NODE_GONE = "NODE_GONE", 3
    NODE_ERROR = "NODE_ERROR", 4


class MessageType(IntEnum):
    """``event_type.type``: which kind of event a flow was made from."""

    DROP = 1
    DEBUG = 2
    CAPTURE = 3
    TRACE = 4
    POLICY_VERDICT = 5
    TRACE_SOCK = 7
    L7 = 129
    AGENT = 130


MESSAGE_TYPE_NAMES: dict[str, int] = {
    "drop": MessageType.DROP,
    "debug": MessageType.DEBUG,
    "capture": MessageType.CAPTURE,
    "trace": MessageType.TRACE,
    "policy-verdict": MessageType.POLICY_VERDICT,
    "trace-sock": MessageType.TRACE_SOCK,
    "l7": MessageType.L7,
    "agent": MessageType.AGENT,
}
"""What ``--type`` accepts."""

TRACE_POINT_NAMES: dict[int, str] = {
    point.sub_type: point.value.lower().replace("_", "-")
    for point in TraceObservationPoint
    if point is not TraceObservationPoint.UNKNOWN_POINT
}
"""Observation points by sub-type, as tools print them: ``to-endpoint``."""

AGENT_EVENT_NAMES: dict[str, int] = {
    "unspecified": 0,
    "message": 1,
    "agent-started": 2,
    "endpoint-regenerate-success": 3,
    "endpoint-regenerate-failure": 4,
    "policy-updated": 5,
    "policy-deleted": 6,
    "endpoint-created": 7,
    "endpoint-deleted": 8,
    "ipcache-upserted": 9,
    "ipcache-deleted": 10,
}
"""Sub-types of ``--type agent:``."""


class PolicyMatchType(IntEnum):
    """``policy_match_type``: how specific the policy map entry was that decided."""

    NONE = 0
    L3_ONLY = 1
    L3_L4 = 2
    L4_ONLY = 3
    ALL = 4
    L3_PROTO = 5
    PROTO_ONLY = 6


POLICY_MATCH_NAMES: dict[int, str] = {
    PolicyMatchType.NONE: "none",
    PolicyMatchType.L3_ONLY: "L3-Only",
    PolicyMatchType.L3_L4: "L3-L4",
    PolicyMatchType.L4_ONLY: "L4-Only",
    PolicyMatchType.ALL: "all",
    PolicyMatchType.L3_PROTO: "L3-Proto",
    PolicyMatchType.PROTO_ONLY: "Proto-Only",
}
"""Match types as tools print them."""

RESERVED_IDENTITIES: dict[int, str] = {
    0: "unknown",
    1: "host",
    2: "world",
    3: "unmanaged",
    4: "health",
    5: "init",
    6: "remote-node",
    7: "kube-apiserver",
    8: "ingress",
    9: "world-ipv4",
    10: "world-ipv6",
}
"""Names of reserved identities that tools print; 11 (``overlay-to-encrypt``) prints as a number."""
