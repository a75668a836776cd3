"""A filter as the API has it: kinds of values, all kinds must match, any value of a kind will do.

# Source: cilium/cilium v1.19 api/v1/flow/flow.proto, message FlowFilter.
"""

# ruff: noqa: RUF012 -- msgspec gives each instance a list of its own
from __future__ import annotations

from msgspec import field

from quizgame.hubble.fields import (
    DirectionField,
    DropReasonField,
    Int32,
    IPVersionField,
    UInt32,
    UInt64Text,
    VerdictField,
)
from quizgame.hubble.flow import HTTPHeader, Message, NetworkInterface, TCPFlags, Workload


class EventTypeFilter(Message, frozen=True):
    """An event type, and a sub-type where `match_sub_type` says so."""

    type: Int32 = 0
    match_sub_type: bool = False
    sub_type: Int32 = 0


class ExperimentalFilter(Message, frozen=True):
    """Filters that the API may still change."""

    cel_expression: list[str] = []


class FlowFilter(Message, frozen=True):
    """All fields are optional; an empty list filters nothing."""

    uuid: list[str] = []
    source_ip: list[str] = []
    source_ip_xlated: list[str] = []
    source_pod: list[str] = []
    source_fqdn: list[str] = []
    source_label: list[str] = []
    source_service: list[str] = []
    source_workload: list[Workload] = []
    source_cluster_name: list[str] = []
    destination_ip: list[str] = []
    destination_pod: list[str] = []
    destination_fqdn: list[str] = []
    destination_label: list[str] = []
    destination_service: list[str] = []
    destination_workload: list[Workload] = []
    destination_cluster_name: list[str] = []
    traffic_direction: list[DirectionField] = []
    verdict: list[VerdictField] = []
    drop_reason_desc: list[DropReasonField] = []
    interface: list[NetworkInterface] = []
    event_type: list[EventTypeFilter] = []
    http_status_code: list[str] = []
    protocol: list[str] = []
    source_port: list[str] = []
    destination_port: list[str] = []
    reply: list[bool] = []
    dns_query: list[str] = []
    source_identity: list[UInt32] = []
    destination_identity: list[UInt32] = []
    http_method: list[str] = []
    http_path: list[str] = []
    http_url: list[str] = []
    http_header: list[HTTPHeader] = []
    tcp_flags: list[TCPFlags] = []
    node_name: list[str] = []
    node_labels: list[str] = []
    ip_version: list[IPVersionField] = []
    trace_id: list[str] = []
    ip_trace_id: list[UInt64Text] = []
    encrypted: list[bool] = []
    experimental: ExperimentalFilter | None = field(default=None)
