"""Runs one workstation on a thread of its own, so that the event loop never waits for the simulation.

Rules for this file: the world, what is played on it and everything in them are touched on the engine's thread alone;
what comes back to the event loop is values. A line is in the journal before its outcome is returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event as Flag
from typing import Any, Protocol, TypeVar

from quizgame.game.events import Event
from quizgame.game.scenario.exercise import ExerciseAttempt
from quizgame.game.scenario.workstation import LineResult, Workstation
from quizgame.tools.output import Line
from quizgame.tui.scenario.completing import proposals
from quizgame.tui.scenario.games.game import Game, LastPage
from quizgame.tui.scenario.opening import Opening
from quizgame.tui.scenario.picture import Picture

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
    """One workstation, open until `close`.

    Args:
        opening: What is opened.
        game: What is played on it.
        now: The clock.
    """

    def __init__(self, opening: Opening, game: Game[Any], now: Callable[[], datetime]) -> None:
        self.game = game
        self._opening = opening
        self._now = now
        self._thread = ThreadPoolExecutor(1, "world")
        self._interrupted = Flag()
        self._is_closed = False
        self._edited: Future[str | None] | None = None
        self._watcher: Watcher | None = None
        self._width = 80
        self._attempt: Workstation | None = None
        self._shown_ns: int | None = None
        """When the present line last showed something; ``None`` until it does."""
        self._pictured_ns = 0

    # On the event loop

    async def open(self, progress: Progress) -> Picture:
        """Build the clusters, and run the recorded lines again where there are any."""
        return await self._call(self._build, progress)

    async def watch(self, watcher: Watcher, width: int) -> Picture:
        """Let a screen take part in running commands.

        Args:
            watcher: The screen.
            width: Columns of its terminal.
        """
        return await self._call(self._watch, watcher, width)

    async def look(self) -> Picture:
        """How everything stands."""
        return await self._call(self._picture)

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

    async def opening_lines(self) -> Sequence[Line]:
        """What the game says before the first line."""
        return await self._call(self._opening_lines)

    async def last_page(self) -> LastPage:
        """What is shown at the end; of a scenario that plays the experts if it has not been done."""
        return await self._call(lambda: self.game.last_page(self._open))

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
    def _open(self) -> Workstation:
        if self._attempt is None:
            raise RuntimeError("nothing is open")
        return self._attempt

    def _picture(self) -> Picture:
        picture: Picture = self.game.picture(self._open)
        return picture

    def _build(self, progress: Progress) -> Picture:
        progress("Building the clusters", None)
        self._opening.build()
        self._replay(progress)
        return self._picture()

    def _replay(self, progress: Progress) -> None:
        events = self._opening.events()
        attempt = self._opening.fresh()
        self._use_screen(attempt)
        attempt.replay(_counted(events, progress))
        self._attempt = attempt

    def _opening_lines(self) -> Sequence[Line]:
        attempt = self._open
        return attempt.opening() if isinstance(attempt, ExerciseAttempt) else ()

    def _watch(self, watcher: Watcher, width: int) -> Picture:
        self._watcher, self._width = watcher, width
        self._use_screen(self._open)
        return self._picture()

    def _use_screen(self, attempt: Workstation) -> None:
        if self._watcher is not None:
            attempt.feeds.use_screen(width=self._width, edit_text=self._edit, stream=self._stream)

    def _run_line(self, line: str) -> Outcome:
        attempt = self._open
        self._shown_ns = None
        try:
            result = attempt.run_line(line, self._now())
            return Outcome(result, self._picture())
        except Exception as error:  # a bug in a tool must not end the app; the learner is told, and goes on
            raise LineFailed(line, error, self._restore()) from error

    def _restore(self) -> bool:
        """Bring the attempt back to what is recorded of it; the failed line may have left it half changed."""
        try:
            self._replay(lambda _what, _share: None)
        except Exception:  # what failed once may fail again on the way back; the attempt then stays as it is recorded
            return False
        return True

    def _let_pass(self, seconds: float) -> Picture:
        attempt = self._open
        if not attempt.is_over:
            attempt.let_pass(seconds)
        return self._picture()

    def _stream(self, lines: Sequence[Line]) -> bool:
        """Show lines, then wait as long as the simulated clock went; ``False`` once interrupted."""
        if self._watcher is not None and lines:
            self._watcher.show_stream(lines)
        now_ns = self._open.world.clock.now_ns
        pause_s = (now_ns - self._shown_ns) / 1e9 if self._shown_ns is not None else 0.0
        self._shown_ns = now_ns
        if self._watcher is not None and now_ns - self._pictured_ns >= PICTURE_NS:
            self._pictured_ns = now_ns
            self._watcher.show_picture(self._picture())
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


def _counted(events: Sequence[Event], progress: Progress) -> Iterator[Event]:
    for number, event in enumerate(events):
        progress("Running your lines again", number / len(events))
        yield event


def shown_lines(result: LineResult) -> Iterable[Line]:
    """What a line put on the terminal at its end: its output, then its messages."""
    return (*result.stdout, *result.stderr)
