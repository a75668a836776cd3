"""One run of kubectl: what it was asked, what it may touch, and what it prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.world import Cluster, World
from quizgame.goflags.flagset import FlagSet
from quizgame.tools.facts import Fact
from quizgame.tools.following import ENDLESS_S, Following
from quizgame.tools.kubectl.errors import UsageError
from quizgame.tools.kubectl.shown import View
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.session import Session

LONGEST_WAIT_S = 600
"""Simulated seconds after which a wait without a limit of its own is given up."""


@dataclass(slots=True)
class Call:
    """A parsed command line with its streams."""

    session: Session
    cluster: Cluster
    flags: FlagSet
    path: str
    """The words that name the command, ``kubectl rollout status``."""
    stdin: Sequence[Line]
    result: Result = field(default_factory=Result)

    @property
    def world(self) -> World:
        """The simulated world."""
        return self.session.world

    @property
    def api(self) -> ApiServer:
        """The API server that the command talks to."""
        return self.cluster.api

    @property
    def args(self) -> list[str]:
        """The positional words."""
        return self.flags.args

    @property
    def now_ns(self) -> int:
        """The present."""
        return self.world.clock.now_ns

    @property
    def namespace(self) -> str:
        """``-n``, or the namespace of the context."""
        return self.flags.text("namespace") or self.session.namespaces.get(self.cluster.context, "default")

    @property
    def is_namespace_given(self) -> bool:
        """Whether ``-n`` was typed."""
        return bool(self.flags.text("namespace"))

    @property
    def view(self) -> View:
        """What facts are about."""
        return View(self.cluster.context, self.api)

    def print(self, text: str, facts: Iterable[Fact] = ()) -> None:
        """Write one line to standard output."""
        self.result.stdout.append(Line(text, tuple(facts)))

    def print_lines(self, shown: Iterable[Line]) -> None:
        """Write lines to standard output."""
        self.result.stdout.extend(shown)

    def complain(self, text: str) -> None:
        """Write one line to standard error."""
        self.result.stderr.extend(lines(text + "\n"))

    def warn(self, text: str) -> None:
        """Write a warning of the server."""
        self.complain(f"Warning: {text}")

    def usage_error(self, message: str) -> UsageError:
        """A refusal that points to the command's help."""
        return UsageError(message, self.path)

    def show_live(self, shown: Sequence[Line]) -> bool:
        """Show lines at once where somebody watches; returns whether to go on."""
        return self.follow().show(shown)

    def follow(self, limit_s: float = 0) -> Following:
        """What lets a stream run on, until it is interrupted.

        Args:
            limit_s: End after this many seconds; 0: where nobody watches after the session's span, else never.
        """
        return Following(self.session, self.result.stdout, limit_s=limit_s or ENDLESS_S)
