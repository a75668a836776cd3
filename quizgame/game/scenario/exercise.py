"""What attempts at scenarios and at labs share: a stage, an end, a report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from quizgame.content.scenario.exercise import Exercise
from quizgame.game.events import Journal, Payload
from quizgame.game.scenario.score import Report
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import StepView
from quizgame.game.scenario.workstation import ALL_PROGRAMS, LineResult, Workstation
from quizgame.tools.output import Line

if TYPE_CHECKING:
    from quizgame.cluster.world import World


class ExerciseAttempt(Workstation, ABC):
    """An attempt that comes to an end and to a result.

    Args:
        stage: The worlds; the attempt plays on a fork.
        world: Another world to play on instead (decoys, the healthy twin).
        programs: What can be run.
        journal: Where events go; ``None``: nowhere.
        seq: The number of the next event.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        world: World | None = None,
        programs: Mapping[str, str] = ALL_PROGRAMS,
        journal: Journal | None = None,
        seq: int = 1,
    ) -> None:
        self.stage = stage
        self.report: Report | None = None
        self.is_end_told = False
        """Whether a word of the game has told result and debrief."""
        start = (world if world is not None else stage.broken).fork()
        super().__init__(start, files=self.exercise.files, programs=programs, journal=journal, seq=seq)

    @property
    def exercise(self) -> Exercise:
        """What is played."""
        return self.stage.drawn.exercise

    @property
    def is_over(self) -> bool:
        """Whether the attempt has been submitted."""
        return self.report is not None

    @property
    def remaining_s(self) -> float:
        """Simulated seconds until the time that was meant for it is over; below 0 it is. Nothing ends by it."""
        return self.exercise.minutes * 60 - self.elapsed_s

    def submit(self, now: datetime | None = None) -> Report:
        """End the attempt and judge it; the same report again, if it has ended."""
        if self.report is None:
            self._end()
            self._line_recorded(now)
        return self.result

    def judge_for_word(self) -> Report:
        """Judge the attempt within a line; the journal is written when the line is recorded."""
        if self.report is None:
            self._end()
        self.is_end_told = True
        return self.result

    @property
    def result(self) -> Report:
        """The report of a submitted attempt.

        Raises:
            ValueError: if it has not been submitted.
        """
        if self.report is None:
            raise ValueError("the attempt has not been submitted")
        return self.report

    def started(self) -> Payload:
        """The payload of the event that begins the attempt."""
        exercise = self.exercise
        return {exercise.kind.lower(): exercise.id, "title": exercise.title, "domain": exercise.domain,
                "minutes": exercise.minutes, "seed": self.stage.drawn.seed}  # fmt: skip

    # ------------------------------------------------------------ what a game adds

    @abstractmethod
    def steps(self) -> list[StepView]:
        """The steps as the learner may see them now."""

    @abstractmethod
    def answers(self) -> list[Payload]:
        """What was answered, for the journal: step, whether it is right, how sure."""

    @abstractmethod
    def opening(self) -> Sequence[Line]:
        """What the game says before the first line."""

    @abstractmethod
    def ending(self) -> Sequence[str]:
        """Result and debrief as text."""

    @property
    @abstractmethod
    def hints_left(self) -> int:
        """How many hints can still be had."""

    def _points_of(self, outcome: LineResult) -> Mapping[str, int]:
        earned = {view.id: view.earned or 0 for view in self.steps()}
        return {name: earned[name] for name in outcome.earned}

    def _line_recorded(self, now: datetime | None) -> None:
        if self.report is not None:
            exercise = self.exercise
            trained = {
                exercise.kind.lower(): exercise.id,
                "domain": exercise.domain,
                "competencies": list(exercise.competencies),
            }
            self._recorder.end({**self.report.as_json(), **trained, "answers": self.answers()}, now)
