"""A flow: what Hubble records of one event on a node.

The classes mirror the API's messages, fields in its declaration order, so that encoding one gives the JSON that
``hubble observe -o jsonpb`` prints. Fields left at their default are absent. Where a field's JSON name is no
Python name (``IP``, ``Summary``), the attribute is its snake_case form.

# Source: cilium/cilium v1.19 api/v1/flow/flow.proto.
"""

# msgspec resolves the annotations when a decoder is made, so the aliases must be importable at run time.
from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct, field

from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import (
    AuthType,
    DebugCapturePoint,
    FlowType,
    IPVersion,
    L7FlowType,
    SocketTranslationPoint,
    TraceObservationPoint,
    TraceReason,
    TrafficDirection,
    TunnelProtocol,
    Verdict,
)
from quizgame.hubble.fields import (
    AuthTypeField,
    CapturePointField,
    DirectionField,
    DropReasonField,
    FlowTypeField,
    Int32,
    IPVersionField,
    L7TypeField,
    SocketPointField,
    Timestamp,
    TracePointField,
    TraceReasonField,
    TunnelField,
    UInt32,
    UInt64Text,
    VerdictField,
)


class Message(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of all messages."""

    ONEOF: ClassVar[tuple[str, frozenset[str]] | None] = None
    """The one group of alternatives that the message may have: its full name and its fields' JSON names."""


class Emitter(Message, frozen=True):
    """The program that exported the flow."""

    name: str = ""
    version: str = ""


class Ethernet(Message, frozen=True):
    """MAC addresses."""

    source: str = ""
    destination: str = ""


class IP(Message, frozen=True):
    """Network addresses, as text."""

    source: str = ""
    source_xlated: str = ""
    """Source after masquerading, empty if it was not."""
    destination: str = ""
    ip_version: IPVersionField = field(default=IPVersion.IP_NOT_USED, name="ipVersion")
    encrypted: bool = False


class TCPFlags(Message, frozen=True):
    """Bits of the TCP header."""

    fin: bool = field(default=False, name="FIN")
    syn: bool = field(default=False, name="SYN")
    rst: bool = field(default=False, name="RST")
    psh: bool = field(default=False, name="PSH")
    ack: bool = field(default=False, name="ACK")
    urg: bool = field(default=False, name="URG")
    ece: bool = field(default=False, name="ECE")
    cwr: bool = field(default=False, name="CWR")
    ns: bool = field(default=False, name="NS")


class TCP(Message, frozen=True):
    """TCP header."""

    source_port: UInt32 = 0
    destination_port: UInt32 = 0
    flags: TCPFlags | None = None


class UDP(Message, frozen=True):
    """UDP header."""

    source_port: UInt32 = 0
    destination_port: UInt32 = 0


class SCTP(Message, frozen=True):
    """SCTP header."""

    source_port: UInt32 = 0
    destination_port: UInt32 = 0


class ICMPv4(Message, frozen=True):
    """ICMP header."""

    type: UInt32 = 0
    code: UInt32 = 0


class ICMPv6(Message, frozen=True):
    """ICMPv6 header."""

    type: UInt32 = 0
    code: UInt32 = 0


class VRRP(Message, frozen=True):
    """VRRP header."""

    type: UInt32 = 0
    vrid: UInt32 = 0
    priority: UInt32 = 0


class IGMP(Message, frozen=True):
    """IGMP header."""

    type: UInt32 = 0
    group_address: str = ""


class Layer4(Message, frozen=True):
    """The transport header; at most one member is set."""

    ONEOF: ClassVar[tuple[str, frozenset[str]] | None] = (
        "flow.Layer4.protocol",
        frozenset({"TCP", "UDP", "ICMPv4", "ICMPv6", "SCTP", "VRRP", "IGMP"}),
    )

    tcp: TCP | None = field(default=None, name="TCP")
    udp: UDP | None = field(default=None, name="UDP")
    icmpv4: ICMPv4 | None = field(default=None, name="ICMPv4")
    icmpv6: ICMPv6 | None = field(default=None, name="ICMPv6")
    sctp: SCTP | None = field(default=None, name="SCTP")
    vrrp: VRRP | None = field(default=None, name="VRRP")
    igmp: IGMP | None = field(default=None, name="IGMP")


class Tunnel(Message, frozen=True):
    """The outer headers of an encapsulated packet."""

    protocol: TunnelField = TunnelProtocol.UNKNOWN
    ip: IP | None = field(default=None, name="IP")
    l4: Layer4 | None = None
    vni: UInt32 = 0


class Workload(Message, frozen=True):
    """The controller that owns a pod."""

    name: str = ""
    kind: str = ""


class Endpoint(Message, frozen=True):
    """One side of a flow."""

    id: UInt32 = field(default=0, name="ID")
    """Endpoint id on its node; 0 for what is not local."""
    identity: UInt32 = 0
    """Numeric security identity."""
    cluster_name: str = ""
    namespace: str = ""
    labels: list[str] = []
    """Identity labels as ``source:key=value``, sorted."""
    pod_name: str = ""
    workloads: list[Workload] = []


class DNS(Message, frozen=True):
    """A DNS message."""

    query: str = ""
    """Name asked for, with the trailing dot."""
    ips: list[str] = []
    ttl: UInt32 = 0
    cnames: list[str] = []
    observation_source: str = ""
    """``proxy`` or ``agent``."""
    rcode: UInt32 = 0
    qtypes: list[str] = []
    rrtypes: list[str] = []


class HTTPHeader(Message, frozen=True):
    """One header of an HTTP message."""

    key: str = ""
    value: str = ""


class HTTP(Message, frozen=True):
    """An HTTP message; `code` 0 in a request."""

    code: UInt32 = 0
    method: str = ""
    url: str = ""
    protocol: str = ""
    headers: list[HTTPHeader] = []


class Kafka(Message, frozen=True):
    """A Kafka message."""

    error_code: Int32 = 0
    api_version: Int32 = 0
    api_key: str = ""
    correlation_id: Int32 = 0
    topic: str = ""


class Layer7(Message, frozen=True):
    """An application message; at most one of the records is set."""

    ONEOF: ClassVar[tuple[str, frozenset[str]] | None] = ("flow.Layer7.record", frozenset({"dns", "http", "kafka"}))

    type: L7TypeField = L7FlowType.UNKNOWN_L7_TYPE
    latency_ns: UInt64Text = ""
    """Time from request to response."""
    dns: DNS | None = None
    http: HTTP | None = None
    kafka: Kafka | None = None


class CiliumEventType(Message, frozen=True):
    """The kind of event: `enums.MessageType` and its sub-type (trace point, drop reason, capture point ...)."""

    type: Int32 = 0
    sub_type: Int32 = 0


class Service(Message, frozen=True):
    """A service whose address a side has."""

    name: str = ""
    namespace: str = ""


class FileInfo(Message, frozen=True):
    """Place in the datapath's source that reported a drop."""

    name: str = ""
    line: UInt32 = 0


class IPTraceID(Message, frozen=True):
    """Trace id from an IP option."""

    trace_id: UInt64Text = ""
    ip_option_type: UInt32 = 0


class NetworkInterface(Message, frozen=True):
    """Interface on which the packet was seen."""

    index: UInt32 = 0
    name: str = ""


class TraceParent(Message, frozen=True):
    """The incoming request in a tracing system."""

    trace_id: str = ""


class TraceContext(Message, frozen=True):
    """W3C trace context of a request."""

    parent: TraceParent | None = None


class Policy(Message, frozen=True):
    """A network policy that allowed or denied."""

    name: str = ""
    namespace: str = ""
    labels: list[str] = []
    revision: UInt64Text = ""
    kind: str = ""


class Aggregate(Message, frozen=True):
    """How many flows an aggregated one stands for."""

    ingress_flow_count: UInt32 = 0
    unknown_direction_flow_count: UInt32 = 0
    egress_flow_count: UInt32 = 0


class Flow(Message, frozen=True):
    """One flow. See `quizgame.hubble.enums` and `drops` for the values of enumerations."""

    time: Timestamp | None = None
    uuid: str = ""
    emitter: Emitter | None = None
    verdict: VerdictField = Verdict.VERDICT_UNKNOWN
    drop_reason: UInt32 = 0
    """The number of `drop_reason_desc`."""
    auth_type: AuthTypeField = AuthType.DISABLED
    ethernet: Ethernet | None = None
    ip: IP | None = field(default=None, name="IP")
    l4: Layer4 | None = None
    tunnel: Tunnel | None = None
    source: Endpoint | None = None
    destination: Endpoint | None = None
    type: FlowTypeField = field(default=FlowType.UNKNOWN_TYPE, name="Type")
    node_name: str = ""
    """``cluster/node``."""
    node_labels: list[str] = []
    source_names: list[str] = []
    """DNS names of the source address."""
    destination_names: list[str] = []
    l7: Layer7 | None = None
    reply: bool = False
    """Deprecated twin of `is_reply` that cannot say "unknown"."""
    event_type: CiliumEventType | None = None
    source_service: Service | None = None
    destination_service: Service | None = None
    traffic_direction: DirectionField = TrafficDirection.TRAFFIC_DIRECTION_UNKNOWN
    policy_match_type: UInt32 = 0
    """`enums.PolicyMatchType`; of policy verdicts only."""
    trace_observation_point: TracePointField = TraceObservationPoint.UNKNOWN_POINT
    trace_reason: TraceReasonField = TraceReason.TRACE_REASON_UNKNOWN
    file: FileInfo | None = None
    ip_trace_id: IPTraceID | None = None
    drop_reason_desc: DropReasonField = DropReason.DROP_REASON_UNKNOWN
    is_reply: bool | None = None
    """``None``: the datapath does not know."""
    debug_capture_point: CapturePointField = DebugCapturePoint.DBG_CAPTURE_POINT_UNKNOWN
    interface: NetworkInterface | None = None
    proxy_port: UInt32 = 0
    trace_context: TraceContext | None = None
    sock_xlate_point: SocketPointField = SocketTranslationPoint.SOCK_XLATE_POINT_UNKNOWN
    socket_cookie: UInt64Text = ""
    cgroup_id: UInt64Text = ""
    summary: str = field(default="", name="Summary")
    extensions: dict[str, Any] | None = None
    egress_allowed_by: list[Policy] = []
    ingress_allowed_by: list[Policy] = []
    egress_denied_by: list[Policy] = []
    ingress_denied_by: list[Policy] = []
    policy_log: list[str] = []
    aggregate: Aggregate | None = None
