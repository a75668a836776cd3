"""What an agent tells of itself: endpoints that come and go, policies and addresses that it takes in.

Such notices go the same way as the datapath's events: to ``cilium-dbg monitor -t agent`` and into Hubble's ring, from
which later flows push them out. Numbers are those of the flow API.
Source: cilium/cilium v1.19 pkg/monitor/api/types.go; api/v1/flow/flow.proto AgentEventType.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class NoticeType(IntEnum):
    """Kinds of notices. Services are none since the load balancer keeps its own tables (1.18)."""

    AGENT_STARTED = 2
    POLICY_UPDATED = 3
    POLICY_DELETED = 4
    ENDPOINT_REGENERATE_SUCCESS = 5
    ENDPOINT_CREATED = 7
    ENDPOINT_DELETED = 8
    IPCACHE_UPSERTED = 9
    IPCACHE_DELETED = 10


@dataclass(frozen=True, slots=True)
class AgentNotice:
    """One notice. Fields that do not apply to its type keep their defaults."""

    time_ns: int
    type: NoticeType
    labels: tuple[str, ...] = ()
    """Of the endpoint, or of the policy's rules."""
    revision: int = 0
    """Of the policy repository."""
    rule_count: int = 0
    endpoint_id: int = 0
    namespace: str = ""
    pod: str = ""
    cidr: str = ""
    identity: int = 0
    old_identity: int | None = None
    host_ip: str = ""
    """Address of the node that hosts an ipcache entry; empty where none does."""
    old_host_ip: str = ""
    encrypt_key: int = 0
