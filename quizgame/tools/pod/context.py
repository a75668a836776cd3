"""Where a program in a container runs: what it may look at and act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from quizgame.tools.output import Line, Result
from quizgame.tools.session import Session

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster


@dataclass(frozen=True, slots=True)
class PodContext:
    """One process's place: the shell that started it, and the cluster, pod and container it runs in."""

    session: Session
    """The learner's shell; its ``world`` holds the clock."""
    cluster: Cluster
    pod: Mapping[str, Any]
    """The pod as the API server holds it (not to be changed)."""
    container: str
    """Name of the container."""

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return str(self.pod["metadata"].get("namespace", ""))

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.pod["metadata"]["name"])

    @property
    def node_name(self) -> str:
        """The node that the pod runs on."""
        return str(self.pod.get("spec", {}).get("nodeName", ""))


class PodProgram(Protocol):
    """A program in a container: a function from arguments (``argv[0]`` is the name typed) to what it printed."""

    def __call__(self, argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
        """Run the program."""
        ...  # pragma: no cover
