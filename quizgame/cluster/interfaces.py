"""What the API side needs from the Cilium side of the cluster room, as protocols.

The kubelet drives agents and the operator through their pods: a container that starts starts its program, a pod that
goes stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster, World


class CniError(QuizgameError):
    """A pod's network could not be set up; the message is what the CNI plug-in says to the kubelet."""


class ContainerExit(QuizgameError):
    """A program ended instead of running on.

    Args:
        message: Its last words (the termination message).
        exit_code: Its exit status.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Program(Protocol):
    """A program that lives in a pod."""

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        ...  # pragma: no cover

    def start(self, config: Mapping[str, str], pod_name: str) -> None:
        """Begin with the data of ConfigMap ``cilium-config``; raises ``ContainerExit`` if it gives up."""
        ...  # pragma: no cover

    def stop(self) -> None:
        """End; nothing happens if it is not running."""
        ...  # pragma: no cover

    def sync(self) -> bool:
        """Bring the realized state to what can be reached; returns whether anything changed."""
        ...  # pragma: no cover

    def next_due(self) -> int | None:
        """The instant (ns) at which it wants to be synchronised again without a change; ``None``: never."""
        ...  # pragma: no cover


class AgentPort(Program, Protocol):
    """A node's Cilium agent, as the kubelet sees it."""

    @property
    def is_waiting(self) -> bool:
        """Whether it runs but cannot serve yet: its pod is not ready, and its node has no network."""
        ...  # pragma: no cover

    def cni_add(self, pod: Mapping[str, Any]) -> str:
        """Connect a pod and return its address; raises ``CniError``."""
        ...  # pragma: no cover

    def cni_del(self, namespace: str, name: str) -> None:
        """Disconnect a pod; nothing happens if it is not connected."""
        ...  # pragma: no cover

    def fork(self, cluster: Cluster) -> AgentPort:
        """The same agent in a forked world."""
        ...  # pragma: no cover


class OperatorPort(Program, Protocol):
    """A cluster's Cilium operator."""

    pod_name: str
    """The pod that it leads from; empty while none does."""

    def fork(self, cluster: Cluster) -> OperatorPort:
        """The same operator in a forked world."""
        ...  # pragma: no cover


class WorldPart(Protocol):
    """State that lives beside the clusters (mesh, the outside world) and is forked with them."""

    def fork(self, world: World) -> WorldPart:
        """The same part in a forked world."""
        ...  # pragma: no cover

    def sync(self) -> bool:
        """As for a program."""
        ...  # pragma: no cover

    def next_due(self) -> int | None:
        """As for a program."""
        ...  # pragma: no cover


AgentFactory = Callable[["Cluster", str], AgentPort]
"""Makes the agent of a node: ``factory(cluster, node_name)``."""
OperatorFactory = Callable[["Cluster"], OperatorPort]
Stepper = Callable[["World", int, int], None]
"""Called with (world, from_ns, to_ns) for each step of the clock, before what is due at ``to_ns`` happens."""
