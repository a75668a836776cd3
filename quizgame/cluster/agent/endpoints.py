"""Endpoints: the workload interfaces that one agent manages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class EndpointState(Enum):
    """States of an endpoint. Source: reference cilium-dbg, section 4."""

    WAITING_FOR_IDENTITY = "waiting-for-identity"
    WAITING_TO_REGENERATE = "waiting-to-regenerate"
    REGENERATING = "regenerating"
    READY = "ready"
    NOT_READY = "not-ready"
    RESTORING = "restoring"
    DISCONNECTING = "disconnecting"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. Values are replaced, never changed in place, so that forks share them."""

    id: int
    """1..65535, per node."""
    identity: int
    """Numeric identity; 5 (``init``) while the agent cannot know its labels."""
    labels: tuple[str, ...]
    """Identity labels as ``source:key=value``, sorted."""
    ip: str
    """IPv4 address; empty for the host endpoint."""
    namespace: str = ""
    pod: str = ""
    workload: tuple[str, str] | None = None
    """Name and kind of the owning workload, as flows show it."""
    named_ports: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Port name → number and protocol, from the pod's containers."""
    state: EndpointState = EndpointState.READY
    mac: str = ""
    host_mac: str = ""
    ifindex: int = 0
    interface: str = ""
    container_id: str = ""
    created_ns: int = 0
    container_ports: tuple[tuple[int, str], ...] = ()
    """Numbers and protocols that the pod's containers declare."""

    @property
    def is_pod(self) -> bool:
        """Whether a pod owns this endpoint (not the host or the health endpoint)."""
        return bool(self.pod)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name of the pod."""
        return self.namespace, self.pod
