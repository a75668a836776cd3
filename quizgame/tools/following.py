"""Commands that go on until they are interrupted: when they began to look, how long they look, who sees it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.tools.output import Line
from quizgame.tools.session import Session


class CannotFollow(BaseException):
    """Unwinds a pipeline in the background whose commands would have to run at the same time."""


STEP_S = 1.0
"""Simulated seconds between two looks."""
ENDLESS_S = float("inf")


@dataclass(slots=True)
class Following:
    """One command that follows what happens.

    The commands of a pipeline start together: what happened since the pipeline began is news to every one of them,
    although the simulation runs them one after another.

    Args:
        session: The shell it runs in.
        shown: Takes its lines where nobody watches.
        step_s: Simulated seconds between two looks.
        limit_s: The command's own limit.
    """

    session: Session
    shown: list[Line]
    step_s: float = STEP_S
    limit_s: float = ENDLESS_S
    since_ns: int = field(init=False)
    """What happened after this instant is news."""
    elapsed_s: float = 0.0
    is_interrupted: bool = False
    _has_shown: bool = False
    """Whether the screen has been seen to since time passed: that is where the learner interrupts."""

    def __post_init__(self) -> None:
        began = self.session.joined_since_ns
        if began is not None and self.session.write_out is not None and self.session.stream_span_s == ENDLESS_S:
            raise CannotFollow
        self.since_ns = self.session.world.clock.now_ns if began is None else began

    def show(self, lines: Sequence[Line]) -> bool:
        """Print lines, at once where somebody watches; ``False`` once the learner interrupted."""
        stream, self._has_shown = self.session.stream, True
        if stream is None and self.session.write_out is not None:
            self.session.write_out([*self.shown, *lines])
            self.shown.clear()
        elif stream is None:
            self.shown.extend(lines)
        elif not stream(lines):
            self.is_interrupted = True
        return not self.is_interrupted

    def wait(self) -> bool:
        """Let a step of time pass; ``False`` once the span is over or the learner interrupted."""
        left = self._left_s
        if left <= 0 or self.is_interrupted or not (self._has_shown or self.show(())):
            return False
        self._has_shown = False
        step = min(self.step_s, left)
        if self.session.watch is not None:
            self.elapsed_s += self.session.watch(step)
            return True
        self.elapsed_s += step
        self.session.world.advance(step)
        printed = self.session.let_jobs_run() if self.session.let_jobs_run is not None else ()
        return not printed or self.show(printed)

    def rounds(self) -> Iterator[float]:
        """Yield the seconds passed, each time that there may be news, until it is over or the caller leaves."""
        if self.since_ns < self.session.world.clock.now_ns:
            yield 0.0
        while self.wait():
            yield self.elapsed_s

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return self._left_s <= 0

    @property
    def _left_s(self) -> float:
        span_s = self.session.stream_span_s if self.session.stream is None else ENDLESS_S
        return min(self.limit_s, span_s) - self.elapsed_s
