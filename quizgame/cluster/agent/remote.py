"""What an agent holds of one meshed cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quizgame.cluster.agent.nodes import KnownNode
from quizgame.cluster.agent.service_build import SharedBackend


@dataclass(frozen=True, slots=True)
class RemoteEndpoint:
    """A workload address of another cluster."""

    identity: int
    node_ip: str
    namespace: str
    pod: str
    encrypt_key: int = 0


@dataclass(frozen=True, slots=True)
class RemoteView:
    """The state that a cluster publishes through its clustermesh-apiserver."""

    cluster: str
    cluster_id: int
    identities: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Numeric identity → labels as text."""
    endpoints: Mapping[str, RemoteEndpoint] = field(default_factory=dict)
    """Address → workload."""
    nodes: Mapping[str, KnownNode] = field(default_factory=dict)
    services: Mapping[tuple[str, str], tuple[SharedBackend, ...]] = field(default_factory=dict)
    """Namespace and name of shared global services → backends."""


@dataclass(frozen=True, slots=True)
class RemoteCluster:
    """The connection of one agent to one remote cluster."""

    name: str
    is_ready: bool
    problem: str = ""
    """Why it is not ready, in the agent's words."""
    view: RemoteView | None = None
    """The last state received; kept when the connection is lost. ``None``: never received."""
    retrieved_config: bool = False
    failures: int = 0
    last_failure_ns: int = 0
