"""What an agent holds of one meshed cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from quizgame.cluster.agent.nodes import KnownNode
from quizgame.cluster.agent.service_build import SharedBackend

DEFAULT_LIMIT = 255
"""How many clusters a mesh holds unless it was told otherwise at installation. Source: facts F-55."""


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
    limit: int = DEFAULT_LIMIT
    """``max-connected-clusters``."""


@dataclass(frozen=True, slots=True)
class RemoteCluster:
    """The connection of one agent, or of one replica of KVStoreMesh, to one remote cluster."""

    name: str
    is_connected: bool = False
    """Whether there is a connection to the store that is read."""
    is_ready: bool = False
    """Whether the remote cluster's state is received through it."""
    problem: str = ""
    """Why there is no connection, in the agent's words."""
    view: RemoteView | None = None
    """The last state received; kept when the connection is lost. ``None``: never received."""
    has_config: bool = False
    """Whether the remote cluster's configuration was found in the store."""
    is_mirrored: bool = False
    """Whether the store is the copy in the own cluster, which KVStoreMesh keeps."""
    failures: int = 0
    last_failure_ns: int = 0
    refusal: str = ""
    """Why the remote cluster's configuration was not accepted; empty where it was."""
    refused_ns: int = 0

    def lost(self, problem: str, now_ns: int) -> RemoteCluster:
        """The same without a connection; one that was there counts as a failure."""
        failed = self.is_connected
        return replace(
            self, is_connected=False, is_ready=False, has_config=False, problem=problem, refusal="",
            failures=self.failures + failed, last_failure_ns=now_ns if failed else self.last_failure_ns,
        )  # fmt: skip

    def received(self, view: RemoteView) -> RemoteCluster:
        """The same with the state that the remote cluster publishes."""
        return replace(
            self, is_connected=True, is_ready=True, has_config=True, problem="", view=view, refusal="", refused_ns=0
        )
