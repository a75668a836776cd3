"""A shell over a world that has nothing but a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from quizgame.tools.output import lines
from quizgame.tools.registry import Programs
from quizgame.tools.session import Session
from quizgame.tools.shell.executor import Shell

START_NS = 1_795_420_800 * 10**9


@dataclass
class FakeClock:
    """The time, in nanoseconds since 1970."""

    now_ns: int = START_NS


@dataclass
class FakeWorld:
    """What the shell and the text tools need of a world."""

    clock: FakeClock = field(default_factory=FakeClock)
    pause: Callable[[int], bool] | None = None

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.advance_to(self.clock.now_ns + round(seconds * 1e9))

    def advance_to(self, instant_ns: int) -> None:
        """Move the clock to an instant."""
        if self.pause is None or not self.pause(instant_ns):
            self.clock.now_ns = max(self.clock.now_ns, instant_ns)


@pytest.fixture(scope="session")
def make_shell() -> Callable[..., Shell]:
    """Builds a shell whose folder holds the given files."""

    def build(**files: str) -> Shell:
        world: Any = FakeWorld()
        return Shell(Session(world, files={name: lines(text) for name, text in files.items()}), Programs())

    return build
