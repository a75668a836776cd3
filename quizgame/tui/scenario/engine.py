"""Runs one attempt on a thread of its own, so that the event loop never waits for the simulation.

Rules for this file: the world, the attempt and everything in them are touched on the engine's thread alone; what comes
back to the event loop is values. The journal is the store's, reached on the desk's thread, and a line is in it before
its outcome is returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from quizgame.game.events import Event, Journal
from quizgame.game.scenario.attempt import Attempt, LineResult
from quizgame.game.scenario.debrief import Debrief, debrief_of
from quizgame.game.scenario.reference import Reference
from quizgame.game.scenario.stage import Stage
from quizgame.tools.output import Line
from quizgame.tui.scenario.completing import proposals
from quizgame.tui.scenario.picture import Picture, picture_of

if TYPE_CHECKING:
    from quizgame.content.scenarios import ScenarioSource
    from quizgame.store.store import Attempt as Record
    from quizgame.tui.desk import Desk
    from quizgame.tui.scenario.shelf import Shelf

T = TypeVar("T")
Progress = Callable[[str, float | None], None]
"""Told what is being done, and how far it is from 0 to 1 where that is known; on the engine's thread."""
LEAST_PAUSE_S = 0.01
"""Real seconds between two pictures of a stream, so that no loop floods the screen."""
LONGEST_PAUSE_S = 10.0
PICTURE_NS = 1_000_000_000
"""While something streams, a new picture is taken after so much simulated time."""


class Watcher(Protocol):
    """The screen, as a running command sees it; called on the engine's thread."""

    def show_stream(self, lines: Sequence[Line]) -> None:
        """Show lines at once."""

    def show_picture(self, picture: Picture) -> None:
        """Show how things stand in the middle of a stream."""

    def open_editor(self, name: str, text: str, answer: Future[str | None]) -> None:
        """Let the learner edit a text; the answer is the new text, or ``None`` if it is left as it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line did, and how everything stands after it."""

    result: LineResult
    picture: Picture


class LineFailed(Exception):
    """A line could not be run or recorded; the attempt stands as it did before it.

    Args:
        line: The line.
        cause: What went wrong.
        is_kept: Whether the attempt can go on here; if not, it can be continued from home.
    """

    def __init__(self, line: str, cause: Exception, is_kept: bool) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.line = line
        self.cause = cause
        self.is_kept = is_kept


class Engine:
    """One attempt, open until `close`.

    Args:
        desk: Owns the store.
        shelf: The attempts in it; used on the desk's thread.
        source: The scenario.
        now: The clock.
    """

    def __init__(self, desk: Desk, shelf: Shelf, source: ScenarioSource, now: Callable[[], datetime]) -> None:
        self.source = source
        self.record: Record | None = None
        self._desk = desk
        self._shelf = shelf
        self._now = now
        self._thread = ThreadPoolExecutor(1, "world")
        self._interrupted = Flag()
        self._is_closed = False
        self._edited: Future[str | None] | None = None
        self._watcher: Watcher | None = None
        self._width = 80
        self._stage: Stage | None = None
        self._attempt: Attempt | None = None
        self._shown_ns: int | None = None
        """When the present line last showed something; ``None`` until it does."""
        self._pictured_ns = 0

    # On the event loop

    async def begin(self, seed: int, progress: Progress) -> Picture:
        """Build the scenario's clusters and begin an attempt."""
        return await self._call(self._begin, seed, progress)

    async def resume(self, record: Record, progress: Progress) -> Picture:
        """Build the scenario's clusters and run the recorded lines again."""
        return await self._call(self._resume, record, progress)

    async def watch(self, watcher: Watcher, width: int) -> Picture:
        """Let a screen take part in running commands.

        Args:
            watcher: The screen.
            width: Columns of its terminal.
        """
        return await self._call(self._watch, watcher, width)

    async def look(self) -> Picture:
        """How everything stands."""
        return await self._call(lambda: picture_of(self._open))

    async def results(self) -> list[LineResult]:
        """What all lines so far did."""
        return await self._call(lambda: list(self._open.results))

    async def run_line(self, line: str) -> Outcome:
        """Run a line.

        Raises:
            LineFailed: It could not be run.
        """
        self._interrupted.clear()
        return await self._call(self._run_line, line)

    async def let_pass(self, seconds: float) -> Picture:
        """Let simulated time pass."""
        return await self._call(self._let_pass, seconds)

    async def complete(self, line: str, cursor: int) -> list[str]:
        """Words that could stand in place of the one that ends at the cursor."""
        return await self._call(lambda: proposals(self._open, line, cursor))

    async def debrief(self) -> Debrief:
        """The debrief of the submitted attempt; plays the experts if that has not been done."""
        return await self._call(lambda: debrief_of(self._open))

    def interrupt(self) -> None:
        """End what streams."""
        self._interrupted.set()
        if self._edited is not None and not self._edited.done():
            self._edited.set_result(None)

    def close(self) -> None:
        """End the thread; what is recorded stays."""
        self._is_closed = True
        self.interrupt()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args))

    # On the engine's thread

    @property
    def _open(self) -> Attempt:
        if self._attempt is None:
            raise RuntimeError("the attempt is not open")
        return self._attempt

    def _build(self, seed: int, progress: Progress) -> Stage:
        progress("Building the clusters", None)
        stage = Stage(self.source.draw(seed))
        _ = stage.broken
        self._stage = stage
        return stage

    def _begin(self, seed: int, progress: Progress) -> Picture:
        stage = self._build(seed, progress)
        started = Attempt(stage).started()
        self.record = self._desk.wait(self._shelf.begin, self.source, seed, started)
        self._attempt = self._fresh(stage)
        return picture_of(self._attempt)

    def _resume(self, record: Record, progress: Progress) -> Picture:
        self.record = record
        self._build(record.seed, progress)
        self._replay(progress)
        return picture_of(self._open)

    def _replay(self, progress: Progress) -> None:
        if self._stage is None or self.record is None:
            raise RuntimeError("there is nothing to replay")
        events = self._desk.wait(self._shelf.events, self.record)
        attempt = self._fresh(self._stage)
        attempt.replay(_counted(events, progress))
        self._attempt = attempt

    def _fresh(self, stage: Stage) -> Attempt:
        reference = Reference(stage)
        attempt = Attempt(stage, journal=self._journal(), reference=lambda: reference)
        self._use_screen(attempt)
        return attempt

    def _journal(self) -> Journal:
        if self.record is None:
            raise RuntimeError("the attempt has no record")
        return _DeskJournal(self._desk, self._shelf, self.record)

    def _watch(self, watcher: Watcher, width: int) -> Picture:
        self._watcher, self._width = watcher, width
        self._use_screen(self._open)
        return picture_of(self._open)

    def _use_screen(self, attempt: Attempt) -> None:
        if self._watcher is not None:
            attempt.feeds.use_screen(width=self._width, edit_text=self._edit, stream=self._stream)

    def _run_line(self, line: str) -> Outcome:
        attempt = self._open
        self._shown_ns = None
        try:
            result = attempt.run_line(line, self._now())
            return Outcome(result, picture_of(attempt))
        except Exception as error:  # a bug in a tool must not end the app; the learner is told, and goes on
            raise LineFailed(line, error, self._restore()) from error

    def _restore(self) -> bool:
        """Bring the attempt back to what is recorded of it; the failed line may have left it half changed."""
        try:
            self._replay(lambda _what, _share: None)
        except Exception:
            return False
        return True

    def _let_pass(self, seconds: float) -> Picture:
        attempt = self._open
        if not attempt.is_over:
            attempt.let_pass(seconds)
        return picture_of(attempt)

    def _stream(self, lines: Sequence[Line]) -> bool:
        """Show lines, then wait as long as the simulated clock went; ``False`` once interrupted."""
        if self._watcher is not None and lines:
            self._watcher.show_stream(lines)
        now_ns = self._open.world.clock.now_ns
        pause_s = (now_ns - self._shown_ns) / 1e9 if self._shown_ns is not None else 0.0
        self._shown_ns = now_ns
        if self._watcher is not None and now_ns - self._pictured_ns >= PICTURE_NS:
            self._pictured_ns = now_ns
            self._watcher.show_picture(picture_of(self._open))
        return not self._interrupted.wait(min(max(pause_s, LEAST_PAUSE_S), LONGEST_PAUSE_S))

    def _edit(self, name: str, text: str) -> str | None:
        if self._watcher is None or self._is_closed:
            return None
        self._edited = Future()
        self._watcher.open_editor(name, text, self._edited)
        try:
            return self._edited.result()
        finally:
            self._edited = None


class _DeskJournal:
    """Records events on the desk's thread, and waits for it."""

    def __init__(self, desk: Desk, shelf: Shelf, record: Record) -> None:
        self._desk = desk
        self._shelf = shelf
        self._record = record

    def append(self, event: Event) -> None:
        """Record an event."""
        self._desk.wait(self._shelf.append, self._record, event)

    def finish(self, event: Event) -> None:
        """Record the last event."""
        self._desk.wait(self._shelf.finish, self._record, event)


def _counted(events: Sequence[Event], progress: Progress) -> Iterator[Event]:
    for number, event in enumerate(events):
        progress("Running your lines again", number / len(events))
        yield event


def shown_lines(result: LineResult) -> Iterable[Line]:
    """What a line put on the terminal at its end: its output, then its messages."""
    return (*result.stdout, *result.stderr)
