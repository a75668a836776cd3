"""The workstation at which the learner sits: lines in, lines with facts out, events for the journal.

Rules for this file: nothing here reads a real clock or a file, or knows a game. What a line did is recorded in the
journal before it is returned, so that whatever was shown can be shown again; replaying the recorded lines gives the
same bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from quizgame.game.events import Event, Journal
from quizgame.game.scenario.conduct import Deduction
from quizgame.game.scenario.evidence import facts_of
from quizgame.game.scenario.feeds import Feeds
from quizgame.game.scenario.recording import LINE, SUBMITTED, Recorder
from quizgame.game.worlds import INSIGHT_PROGRAMS
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, Result, failure, lines, render
from quizgame.tools.registry import PROGRAMS, Programs
from quizgame.tools.session import Session
from quizgame.tools.shell.executor import Shell

if TYPE_CHECKING:
    from quizgame.cluster.world import World

LINE_S = 2.0
"""Simulated seconds that typing a line takes, besides what the command takes."""
USAGE = 2
"""Exit status of wrong use of a word of the game."""
ALL_PROGRAMS: Mapping[str, str] = {**PROGRAMS, **INSIGHT_PROGRAMS}
"""What there is where ``why`` and ``what-if`` are open."""

Word = tuple[Callable[[Any, Sequence[str]], Result], str, str]
"""A word of a game: what runs it, given the attempt and arguments; its arguments; what it is for."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """What one line did."""

    index: int
    """Its place among the lines, from 0."""
    line: str
    stdout: tuple[Line, ...]
    stderr: tuple[Line, ...]
    exit: int
    facts: tuple[Fact, ...]
    """Everything that its output shows."""
    new_facts: tuple[Fact, ...]
    """What had not been seen before."""
    is_word: bool = False
    """Whether the game itself answered."""
    earned: tuple[str, ...] = ()
    """Ids of the steps that it earned, as far as the learner may know (never the repair, before it is submitted)."""
    deductions: tuple[Deduction, ...] = ()
    told: tuple[Line, ...] = ()
    """What the game says of it afterwards, besides what the command printed."""
    is_over: bool = False
    """Whether the attempt has been submitted, by this line or before it."""

    @property
    def stdout_text(self) -> str:
        """Its standard output."""
        return render(self.stdout)

    @property
    def stderr_text(self) -> str:
        """Its messages."""
        return render(self.stderr)

    @property
    def told_text(self) -> str:
        """What the game says of it."""
        return render(self.told)


class Workstation:
    """A shell on a world. By itself it is the free cluster; games build on it.

    Args:
        world: What the lines change; it belongs to the workstation from now on.
        files: Files in the learner's folder: name → text.
        programs: What can be run.
        journal: Where events go; ``None``: nowhere.
        seq: The number of the next event.
    """

    words: ClassVar[Mapping[str, Word]] = {}
    """The game's own words at the prompt."""

    def __init__(
        self,
        world: World,
        *,
        files: Mapping[str, str] | None = None,
        programs: Mapping[str, str] = ALL_PROGRAMS,
        journal: Journal | None = None,
        seq: int = 1,
    ) -> None:
        self.world = world
        self.results: list[LineResult] = []
        self.feeds = Feeds()
        self.session = Session(world, files={name: lines(text) for name, text in (files or {}).items()})
        self.feeds.attach(self.session)
        self.shell = Shell(self.session, Programs(programs))
        self.started_ns = world.clock.now_ns
        self._seen: dict[Fact, int] = {}
        self._recorder = Recorder(journal, seq)
        self._waited_ms = 0

    # ------------------------------------------------------------ what a screen does

    def run_line(self, text: str, now: datetime | None = None) -> LineResult:
        """Run a line: a word of the game, or a shell command. Recorded before it is returned.

        Args:
            text: As typed; a here-document with its body is one line.
            now: The real instant, for the journal; only needed with one.
        """
        was_over = self.is_over
        waited_ms, self._waited_ms = self._waited_ms, 0
        self.feeds.begin()
        outcome = self._perform(text)
        if not was_over:
            self._recorder.line(
                outcome,
                now,
                earned=self._points_of(outcome),
                waited_ms=waited_ms,
                fed=self.feeds.fed(),
                simulated=self.world.clock.timestamp(),
            )
            self._line_recorded(now)
        return outcome

    def let_pass(self, seconds: float) -> None:
        """Let simulated time pass while the learner thinks; recorded with the next line."""
        milliseconds = round(seconds * 1000)
        self._waited_ms += milliseconds
        self.world.advance(milliseconds / 1000)

    def replay(self, events: Iterable[Event]) -> None:
        """Come to where recorded events had left it; the journal is not written.

        The caller makes sure that pack and engine are those of the recording.
        """
        for event in events:
            self._recorder.seq = event.seq + 1
            if event.type == LINE:
                self.let_pass(event.payload["waited_ms"] / 1000)
                self._waited_ms = 0
                with self.feeds.replaying(event.payload["fed"]):
                    self._perform(event.payload["line"])
            elif event.type == SUBMITTED and not self.is_over:
                self._end()

    # ------------------------------------------------------------ what a screen shows

    @property
    def is_over(self) -> bool:
        """Whether it has been submitted; the free cluster never is."""
        return False

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the learner arrived."""
        return (self.world.clock.now_ns - self.started_ns) / 1e9

    @property
    def seen(self) -> Mapping[Fact, int]:
        """Fact → index of the line that showed it first."""
        return self._seen

    def word_of(self, text: str) -> str | None:
        """The word of the game that a line begins with, if it does."""
        first = text.split(maxsplit=1)[:1]
        return first[0] if first and first[0] in self.words else None

    def proposals(self, done: Sequence[str]) -> Iterable[str]:
        """What may follow these words of a line that begins with a word of the game."""
        return ()

    # ------------------------------------------------------------ running a line

    def _perform(self, text: str) -> LineResult:
        outcome = self._run(text)
        self._see(outcome)
        self.results.append(outcome)
        return outcome

    def _run(self, text: str) -> LineResult:
        """Run a line; what it shows is not noted yet."""
        word = self.word_of(text)
        result = self._run_word(word, text) if word is not None else self._run_shell(text)
        facts = facts_of((*self.feeds.streamed, *result.stdout, *result.stderr))
        new = tuple(fact for fact in facts if fact not in self._seen)
        return LineResult(
            len(self.results),
            text,
            tuple(result.stdout),
            tuple(result.stderr),
            result.exit,
            facts,
            new,
            is_word=word is not None,
            is_over=self.is_over,
        )

    def _run_word(self, word: str, text: str) -> Result:
        try:
            _, *arguments = shlex.split(text)
        except ValueError as error:
            return failure(f"{word}: {str(error).lower()}", USAGE)
        return self.words[word][0](self, arguments)

    def _run_shell(self, text: str) -> Result:
        if not text.strip():
            return Result()
        self.world.advance(LINE_S)
        return self._run_command(text)

    def _run_command(self, text: str) -> Result:
        result = self.shell.run_line(text)
        self.world.settle()
        return result

    def _see(self, outcome: LineResult) -> None:
        for fact in outcome.new_facts:
            self._seen.setdefault(fact, outcome.index)

    # ------------------------------------------------------------ what games add

    def _points_of(self, outcome: LineResult) -> Mapping[str, int]:
        """What the journal keeps of the steps that a line earned."""
        return {}

    def _line_recorded(self, now: datetime | None) -> None:
        """A line is in the journal: record the end if it was the last one."""

    def _end(self) -> None:
        """Judge finally, without recording it."""
