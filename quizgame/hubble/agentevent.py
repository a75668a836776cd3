"""What an agent tells of itself, as the API has it.

# Source: cilium/cilium v1.19 api/v1/flow/flow.proto AgentEvent; api/v1/observer/observer.proto.
"""

# ruff: noqa: RUF012 -- msgspec gives each instance a list of its own
from __future__ import annotations

from dataclasses import dataclass

from quizgame.hubble.fields import Timestamp, UInt32, UInt64Text
from quizgame.hubble.flow import Message


class TimeNotification(Message, frozen=True):
    """The agent's start."""

    time: Timestamp | None = None


class PolicyUpdateNotification(Message, frozen=True):
    """A policy that was taken in or is gone."""

    labels: list[str] = []
    revision: UInt64Text = ""
    rule_count: UInt64Text = ""


class EndpointRegenNotification(Message, frozen=True):
    """An endpoint that was regenerated."""

    id: UInt64Text = ""
    labels: list[str] = []
    error: str = ""


class EndpointUpdateNotification(Message, frozen=True):
    """An endpoint that was created or deleted."""

    id: UInt64Text = ""
    labels: list[str] = []
    error: str = ""
    pod_name: str = ""
    namespace: str = ""


class IPCacheNotification(Message, frozen=True):
    """An address that the ipcache took in or forgot."""

    cidr: str = ""
    identity: UInt32 = 0
    old_identity: UInt32 | None = None
    host_ip: str = ""
    old_host_ip: str = ""
    encrypt_key: UInt32 = 0
    namespace: str = ""
    pod_name: str = ""


class AgentEvent(Message, frozen=True):
    """One notice; one of the last five is set."""

    type: str = ""
    """Name of an ``AgentEventType``."""
    agent_start: TimeNotification | None = None
    policy_update: PolicyUpdateNotification | None = None
    endpoint_regenerate: EndpointRegenNotification | None = None
    endpoint_update: EndpointUpdateNotification | None = None
    ipcache_update: IPCacheNotification | None = None


class GetAgentEventsResponse(Message, frozen=True):
    """One record of a stream of agent events."""

    agent_event: AgentEvent | None = None
    node_name: str = ""
    time: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class GetEventsRequest:
    """What ``hubble observe agent-events`` and ``debug-events`` ask for."""

    number: int = 0
    """How far to go back, in events of any kind; 0 leaves it to the times."""
    follow: bool = False
    since_ns: int | None = None
    """Nanoseconds since the epoch, included."""
    until_ns: int | None = None
