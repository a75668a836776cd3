"""Monitor events: what the datapath tells user space about packets, requests and translations.

One event is one record of the agent's event stream; ``cilium-dbg monitor`` prints them and Hubble makes flows of
them. Everything that a reader needs is resolved when the event happens, so a later relabelling or deletion of a
pod changes no record. Numbers and names are those of the flow API.
Source: reference hubble-observe, sections 9 and 14; cilium/cilium v1.19 pkg/monitor/api.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.agent.notices import AgentNotice

RING_CAPACITY = 4095
"""Events that one agent keeps. Source: the Helm reference, ``hubble.eventBufferCapacity``."""


class EventType(IntEnum):
    """Kinds of events, with the numbers of the monitor API."""

    DROP = 1
    TRACE = 4
    POLICY_VERDICT = 5
    TRACE_SOCK = 7
    L7 = 129


class TracePoint(IntEnum):
    """Where in the datapath a trace event was made (sub type of a trace event)."""

    TO_ENDPOINT = 0
    TO_PROXY = 1
    TO_HOST = 2
    TO_STACK = 3
    TO_OVERLAY = 4
    FROM_ENDPOINT = 5
    FROM_PROXY = 6
    FROM_HOST = 7
    FROM_STACK = 8
    FROM_OVERLAY = 9
    FROM_NETWORK = 10
    TO_NETWORK = 11
    FROM_CRYPTO = 12
    TO_CRYPTO = 13


class Verdict(IntEnum):
    """Verdict of a flow."""

    FORWARDED = 1
    DROPPED = 2
    ERROR = 3
    AUDIT = 4
    REDIRECTED = 5
    TRACED = 6
    TRANSLATED = 7


class TraceReason(IntEnum):
    """Connection-tracking state that a trace event reports."""

    UNKNOWN = 0
    NEW = 1
    ESTABLISHED = 2
    REPLY = 3
    RELATED = 4
    REOPENED = 5


class SockPoint(IntEnum):
    """Point of a socket-level translation event."""

    PRE_FWD = 1
    POST_FWD = 2
    PRE_REV = 3
    POST_REV = 4


class DropReason(IntEnum):
    """Drop reasons that the model can give; texts are in ``DROP_TEXTS``."""

    INVALID_SOURCE_IP = 132
    POLICY_DENIED = 133
    STALE_OR_UNROUTABLE_IP = 151
    SERVICE_BACKEND_NOT_FOUND = 158
    FIB_LOOKUP_FAILED = 169
    INVALID_IDENTITY = 171
    POLICY_DENY = 181
    AUTH_REQUIRED = 189
    NO_EGRESS_GATEWAY = 194
    UNENCRYPTED_TRAFFIC = 195
    NO_EGRESS_IP = 204


DROP_TEXTS: dict[DropReason, str] = {
    DropReason.INVALID_SOURCE_IP: "Invalid source ip",
    DropReason.POLICY_DENIED: "Policy denied",
    DropReason.STALE_OR_UNROUTABLE_IP: "Stale or unroutable IP",
    DropReason.SERVICE_BACKEND_NOT_FOUND: "Service backend not found",
    DropReason.FIB_LOOKUP_FAILED: "FIB lookup failed",
    DropReason.INVALID_IDENTITY: "Invalid identity",
    DropReason.POLICY_DENY: "Policy denied by denylist",
    DropReason.AUTH_REQUIRED: "Authentication required",
    DropReason.NO_EGRESS_GATEWAY: "No egress gateway found",
    DropReason.UNENCRYPTED_TRAFFIC: "Traffic is unencrypted",
    DropReason.NO_EGRESS_IP: "No Egress IP configured",
}
"""What the tools print for a drop reason."""


class Direction(IntEnum):
    """Traffic direction, seen from the endpoint that the event is about."""

    UNKNOWN = 0
    INGRESS = 1
    EGRESS = 2


class L7Type(Enum):
    """Kind of an L7 record."""

    REQUEST = "REQUEST"
    RESPONSE = "RESPONSE"


@dataclass(frozen=True, slots=True)
class Peer:
    """One side of an event, as the agent knew it at that instant."""

    ip: str
    identity: int
    """Numeric identity; 0 where the agent does not know one."""
    labels: tuple[str, ...] = ()
    """Identity labels as ``source:key=value``, sorted."""
    endpoint_id: int = 0
    """Id of a local endpoint; 0 for remote ones."""
    namespace: str = ""
    pod: str = ""
    workload: tuple[str, str] | None = None
    """Name and kind of the owning workload."""
    cluster: str = ""
    service: tuple[str, str] | None = None
    """Namespace and name of the service that this address is the frontend of."""
    names: tuple[str, ...] = ()
    """DNS names that the agent has learned for the address."""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class HttpRecord:
    """What the proxy logged about an HTTP request or response."""

    method: str
    url: str
    code: int = 0
    """0 for a request."""
    protocol: str = "HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """What the DNS proxy logged about a query or an answer."""

    query: str
    """With its final dot."""
    qtypes: tuple[str, ...] = ("A",)
    ips: tuple[str, ...] = ()
    ttl: int = 0
    rcode: int = 0
    rrtypes: tuple[str, ...] = ()
    cnames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class L7Record:
    """The L7 part of an event."""

    type: L7Type
    http: HttpRecord | None = None
    dns: DnsRecord | None = None
    latency_ns: int = 0


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """A policy that allowed or denied, as a flow names it."""

    name: str
    namespace: str
    kind: str
    labels: tuple[str, ...] = ()
    revision: int = 0
    """Policy revision that the endpoint had realized."""


@dataclass(frozen=True, slots=True)
class MonitorEvent:
    """One event. Fields that do not apply to its type keep their defaults."""

    time_ns: int
    """Nanoseconds of the simulated clock."""
    type: EventType
    node: str
    """Node name without the cluster."""
    cluster: str
    source: Peer
    destination: Peer
    protocol: str
    """``TCP``, ``UDP``, ``SCTP`` or ``ICMPv4``."""
    verdict: Verdict
    source_port: int = 0
    destination_port: int = 0
    flags: tuple[str, ...] = ()
    """TCP flags in the API's order of names: FIN SYN RST PSH ACK."""
    icmp: tuple[int, int] | None = None
    """ICMP type and code."""
    point: TracePoint | None = None
    reason: TraceReason = TraceReason.UNKNOWN
    drop_reason: DropReason | None = None
    direction: Direction = Direction.UNKNOWN
    match_type: int = 0
    """Policy match type: 0 none, 1 L3-Only, 2 L3-L4, 3 L4-Only, 4 all, 5 L3-Proto, 6 Proto-Only."""
    auth_type: int = 0
    """Authentication that policy asked for: 0 none, 1 SPIRE, 2 one that always fails."""
    is_reply: bool | None = None
    l7: L7Record | None = None
    proxy_port: int = 0
    interface: str = ""
    sock_point: SockPoint | None = None
    is_encrypted: bool = False
    allowed_by: tuple[PolicyRef, ...] = ()
    denied_by: tuple[PolicyRef, ...] = ()
    connection: int = 0
    """A keyed number of the connection: the flow hash of ``cilium-dbg monitor`` and the seed of the flow's uuid."""
    sequence: int = 0
    """Number of the event among those of its connection."""
    ifindex: int = 0
    """Index of ``interface``."""
    macs: tuple[str, str] = ("", "")
    """Source and destination of the Ethernet header; empty where the event carries none."""
    source_xlated: str = ""
    """Source address after masquerading; empty where it stays."""
    file: tuple[str, int] | None = None
    """Source file and line of the program that dropped."""
    socket_cookie: int = 0
    """Number of the socket, on socket events."""
    cgroup_id: int = 0
    """Number of the socket's cgroup, on socket events."""
    node_labels: tuple[str, ...] = ()
    """The node's labels as ``key=value``, sorted."""
    reporter: int = 0
    """Id of the endpoint whose program made the event; 0 for the node's own programs."""
    original_ip: str = ""
    """Source address before the datapath translated it back, where the event tells it."""
    from_server: bool = False
    """Whether the packet goes from the server to the client."""
    carried: tuple[bytes, bytes] = (b"", b"")
    """What client and server had said by then above their transport headers."""


@dataclass(slots=True)
class EventRing:
    """The newest events of one agent. Forks copy references only."""

    capacity: int = RING_CAPACITY
    events: list[MonitorEvent] = field(default_factory=list)
    """Oldest first; never longer than ``2 * capacity`` between trims."""
    seen: int = 0
    """Events since the agent started."""
    notices: list[tuple[int, AgentNotice]] = field(default_factory=list)
    """What the agent told of itself, oldest first, each with the number of events seen before it."""
    told_endpoints: dict[int, Endpoint] = field(default_factory=dict)
    """The endpoints as the last notices told them; replaced, never changed in place."""
    _is_shared: bool = False
    """Whether a fork holds the same lists, which are then copied before they grow."""

    def append(self, event: MonitorEvent) -> None:
        """Record an event, forgetting the oldest where the ring is full."""
        self._own()
        self.events.append(event)
        self.seen += 1
        if len(self.events) >= 2 * self.capacity:
            del self.events[: len(self.events) - self.capacity]

    def tell(self, notice: AgentNotice) -> None:
        """Record what the agent tells of itself."""
        self._own()
        self.notices.append((self.seen, notice))
        if len(self.notices) >= 2 * self.capacity:
            del self.notices[: len(self.notices) - self.capacity]

    def told(self) -> list[AgentNotice]:
        """The notices that later events have not pushed out, oldest first."""
        return [notice for seen, notice in self.notices[-self.capacity :] if self.seen - seen < self.capacity]

    def _own(self) -> None:
        if self._is_shared:
            self.events, self.notices, self._is_shared = self.newest(), list(self.notices), False

    def newest(self) -> list[MonitorEvent]:
        """All events that the ring still holds, oldest first."""
        return self.events[-self.capacity :]

    def clear(self) -> None:
        """Lose everything, as a restart of the agent does."""
        self.events, self.notices, self._is_shared = [], [], False
        self.seen = 0

    def fork(self) -> EventRing:
        """An independent ring with the same events."""
        self._is_shared = True
        return EventRing(self.capacity, self.events, self.seen, self.notices, self.told_endpoints, True)
