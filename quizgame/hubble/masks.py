"""What ``hubble observe`` asks a server for in compact, dict and table output.

# Source: cilium/cilium v1.19.4 hubble/pkg/defaults.
"""

from __future__ import annotations

MASK_1_19_4: tuple[str, ...] = (
    "time",
    "verdict",
    "ethernet",
    "IP",
    "l4",
    "source.identity",
    "source.namespace",
    "source.pod_name",
    "destination.identity",
    "destination.namespace",
    "destination.pod_name",
    "Type",
    "node_name",
    "l7",
    "event_type",
    "source_service",
    "destination_service",
    "is_reply",
    "Summary",
    "ip_trace_id",
)
"""What 1.19.4 asks a server for in compact, dict and table: less than these formats print."""

MASK_REPAIRED: tuple[str, ...] = (
    *MASK_1_19_4,
    "traffic_direction",
    "policy_match_type",
    "egress_allowed_by",
    "ingress_allowed_by",
    "egress_denied_by",
    "ingress_denied_by",
    "source_names",
    "destination_names",
    "sock_xlate_point",
    "debug_capture_point",
    "auth_type",
)
"""Everything that the formats print, so that a server's flows read as those of a file."""
