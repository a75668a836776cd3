"""What one run of a ``cilium`` command has at hand, and how it fails. Source: reference cilium-cli, section 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.goflags.flagset import Flag, FlagSet
from quizgame.tools.facts import Fact
from quizgame.tools.output import Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.world import Cluster, World
    from quizgame.tools.output import Line
    from quizgame.tools.session import Session

SYSTEM = "kube-system"
AGENTS, OPERATOR, ENVOY = "cilium", "cilium-operator", "cilium-envoy"
RELAY, UI, MESH_API = "hubble-relay", "hubble-ui", "clustermesh-apiserver"
CONFIG_MAP = "cilium-config"
AGENT_SELECTOR = "k8s-app=cilium"
RELEASE = "cilium"


class CommandFailed(Exception):
    """The command itself failed: an empty line and ``Error: MESSAGE`` on stderr, status 1.

    Args:
        message: ``Unable to …: cause``.
    """


class BareFailure(Exception):
    """A failure that is told without ``Error:``: wrong arguments, no client, failed checks."""


class NotSimulated(Exception):
    """Something that the real tool has and the simulation has not; the text names it."""


@dataclass(slots=True)
class Call:
    """One run of a command."""

    session: Session
    cluster: Cluster
    """The cluster of ``--context``."""
    namespace: str
    """Where Cilium is looked for."""
    release: str
    """Name of the Helm release."""
    flags: FlagSet
    args: Sequence[str]
    result: Result = field(default_factory=Result)

    @property
    def world(self) -> World:
        """The learner's world."""
        return self.session.world

    @property
    def api(self) -> ApiServer:
        """The API server of the cluster."""
        return self.cluster.api

    @property
    def context(self) -> str:
        """The kubeconfig context, as facts name the cluster."""
        return self.cluster.context

    def say(self, text: str = "", facts: tuple[Fact, ...] = ()) -> None:
        """Print lines on stdout."""
        self.result.stdout += lines(f"{text}\n", facts)

    def show(self, shown: Sequence[Line]) -> None:
        """Print lines that already carry their facts."""
        self.result.stdout += shown

    def complain(self, text: str, facts: tuple[Fact, ...] = ()) -> None:
        """Print lines on stderr."""
        self.result.stderr += lines(f"{text}\n", facts)

    def cluster_of(self, context: str) -> Cluster:
        """The cluster of another context.

        Raises:
            BareFailure: the kubeconfig has no such context; the text is what client creation says.
        """
        found = self.world.clusters.get(context)
        if found is None:
            raise BareFailure(f'context "{context}" does not exist')
        return found

    def wait_for(self, is_done: Callable[[], bool], seconds: float, every_s: float = 1.0) -> bool:
        """Let simulated time pass until something holds; whether it did before the time ran out."""
        deadline = self.world.clock.now_ns + round(seconds * 1_000_000_000)
        while not is_done():
            if self.world.clock.now_ns >= deadline:
                return False
            self.world.advance(every_s)
        return True


Run = Callable[[Call], None]


@dataclass(frozen=True, slots=True)
class Sub:
    """One command of the tree."""

    path: str
    """``config set``."""
    use: str
    """The last word and its arguments, as the usage line shows them."""
    short: str
    run: Run
    flags: Callable[[], list[Flag]] = field(default=list)
    aliases: tuple[str, ...] = ()
    long: str = ""
    example: str = ""
    arguments: int | None = None
    """How many words it takes; ``None``: surplus ones are ignored."""
    is_refused: bool = False
    """Whether the real tool has it and the simulation, beyond checking its flags, has not."""
    refused_flags: frozenset[str] = frozenset()
    """Flags that the real tool has and the simulation has not."""
