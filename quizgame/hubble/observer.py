"""What a Hubble server answers, and what it is asked.

# Source: cilium/cilium v1.19 api/v1/observer/observer.proto, api/v1/relay/relay.proto.
"""

# ruff: noqa: RUF012 -- msgspec gives each instance a list of its own
from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from msgspec import field

from quizgame.hubble.enums import LostEventSource, NodeState
from quizgame.hubble.fields import Int32, LostSourceField, NodeStateField, Timestamp, UInt32, UInt64Text
from quizgame.hubble.flow import Flow, Message
from quizgame.hubble.flowfilter import FlowFilter


class LostEvent(Message, frozen=True):
    """Events that were lost before they could be read."""

    source: LostSourceField = LostEventSource.UNKNOWN_LOST_EVENT_SOURCE
    num_events_lost: UInt64Text = ""
    cpu: Int32 | None = None
    first: Timestamp | None = None
    last: Timestamp | None = None


class NodeStatusEvent(Message, frozen=True):
    """A change of the nodes that Relay hears."""

    state_change: NodeStateField = NodeState.UNKNOWN_NODE_STATE
    node_names: list[str] = []
    message: str = ""


class GetFlowsResponse(Message, frozen=True):
    """One record of a stream of flows; at most one of the first three is set."""

    ONEOF: ClassVar[tuple[str, frozenset[str]] | None] = (
        "observer.GetFlowsResponse.response_types",
        frozenset({"flow", "node_status", "lost_events"}),
    )

    flow: Flow | None = None
    node_status: NodeStatusEvent | None = None
    lost_events: LostEvent | None = None
    node_name: str = ""
    time: Timestamp | None = None


class ServerStatus(Message, frozen=True):
    """Answer to ``ServerStatus``."""

    num_flows: UInt64Text = ""
    max_flows: UInt64Text = ""
    seen_flows: UInt64Text = ""
    uptime_ns: UInt64Text = ""
    num_connected_nodes: UInt32 | None = None
    """``None``: the server is no Relay."""
    num_unavailable_nodes: UInt32 | None = None
    unavailable_nodes: list[str] = []
    version: str = ""
    flows_rate: float = 0.0
    """Flows a second over the last minute."""


class TLSInfo(Message, frozen=True):
    """Whether Relay speaks TLS to a node."""

    enabled: bool = False
    server_name: str = ""


class NodeInfo(Message, frozen=True):
    """A node that Relay knows."""

    name: str = ""
    version: str = ""
    address: str = ""
    state: NodeStateField = NodeState.UNKNOWN_NODE_STATE
    tls: TLSInfo | None = None
    uptime_ns: UInt64Text = ""
    num_flows: UInt64Text = ""
    max_flows: UInt64Text = ""
    seen_flows: UInt64Text = ""


class GetNodesResponse(Message, frozen=True):
    """Answer to ``GetNodes``."""

    nodes: list[NodeInfo] = []


class NamespaceInfo(Message, frozen=True):
    """A namespace with recent flows."""

    cluster: str = ""
    namespace: str = ""


class GetNamespacesResponse(Message, frozen=True):
    """Answer to ``GetNamespaces``."""

    namespaces: list[NamespaceInfo] = field(default_factory=list)


EVERYTHING = (1 << 64) - 1
"""`GetFlowsRequest.number` of ``--all``."""


@dataclass(frozen=True, slots=True)
class GetFlowsRequest:
    """What ``hubble observe`` asks for."""

    number: int = 0
    """How many of the last (or `first`) matches; 0 leaves it to the other fields, `EVERYTHING` is all."""
    first: bool = False
    follow: bool = False
    allow: tuple[FlowFilter, ...] = ()
    deny: tuple[FlowFilter, ...] = ()
    since_ns: int | None = None
    """Nanoseconds since the epoch, included."""
    until_ns: int | None = None
    field_mask: tuple[str, ...] = ()
    """Paths of the flow's fields to send; empty: all."""
