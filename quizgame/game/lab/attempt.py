"""One learner's attempt at a lab: which task is current, and when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from quizgame.content.scenario.lab import Task
from quizgame.game.events import Journal, Payload
from quizgame.game.lab import words
from quizgame.game.lab.checks import Finding, Judge
from quizgame.game.lab.progress import Answer, LabProgress
from quizgame.game.lab.report import points_of, report_of, result_lines
from quizgame.game.lab.telling import end_lines, task_lines, tick_lines, wrapped
from quizgame.game.scenario.exercise import ExerciseAttempt
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.steps import Choice, StepState, StepView, shuffled
from quizgame.game.scenario.workstation import LineResult
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

KIND = "task"


class LabAttempt(ExerciseAttempt):
    """An attempt at one lab.

    Args:
        stage: The lab's world; the attempt plays on a fork.
        journal: Where events go; ``None``: nowhere.
        seq: The number of the next event.
    """

    words = words.WORDS

    def __init__(self, stage: Stage, *, journal: Journal | None = None, seq: int = 1) -> None:
        super().__init__(stage, journal=journal, seq=seq)
        self.lab = stage.drawn.lab
        self.progress = LabProgress(self.lab)
        self._shown: dict[Fact, int] = {}

    # ------------------------------------------------------------ what a screen shows

    @property
    def current(self) -> Task | None:
        """The task whose turn it is; ``None`` once all are done."""
        return self.progress.current

    @property
    def hints_given(self) -> tuple[str, ...]:
        """The hints that were given for the current task."""
        task = self.current
        return task.hints[: self.progress.hints[task.id]] if task is not None else ()

    @property
    def hints_left(self) -> int:
        """How many more there are for the current task."""
        task = self.current
        return len(task.hints) - self.progress.hints[task.id] if task is not None else 0

    def choices(self, task: Task) -> list[Choice]:
        """The options of a task's question in the order in which they are shown."""
        texts = [option.text for option in task.ask.options] if task.ask is not None else []
        return shuffled(texts, self.stage.drawn.seed, self.lab.id, task.id)

    def steps(self) -> list[StepView]:
        """The tasks; what is asked is shown once it is their turn."""
        return [self._view(place, task) for place, task in enumerate(self.lab.tasks)]

    def _view(self, place: int, task: Task) -> StepView:
        line = self.progress.done.get(task.id)
        points = points_of(place, len(self.lab.tasks))
        open_state = StepState.MISSED if self.is_over else StepState.OPEN
        is_asking = task is self.current and not self.progress.is_answered(task)
        choices = self.choices(task) if is_asking else []
        tried = {answer.chosen for answer in self.progress.answers.get(task.id, ())}
        return StepView(
            task.id, KIND, task.title, points,
            earned=points if line is not None else 0 if self.is_over else None,
            state=StepState.EARNED if line is not None else open_state,
            command=line,
            choices=tuple(choices),
            chosen=tuple(number for number, choice in enumerate(choices, 1) if choice.position in tried),
        )  # fmt: skip

    def findings(self) -> list[Finding]:
        """How the checks of the current task stand."""
        task = self.current
        return list(self._judge().findings(task.done)) if task is not None else []

    def opening(self) -> Sequence[Line]:
        """The first task."""
        return self._set_task()

    def ending(self) -> Sequence[str]:
        """Result and debrief as text."""
        return [*result_lines(self.result, self.lab), "", self.lab.debrief.rstrip("\n")]

    def proposals(self, done: Sequence[str]) -> Iterable[str]:
        """The current task, if it asks something, and its choices."""
        task = self.current
        if done[0] != "answer" or task is None or task.ask is None:
            return ()
        if len(done) == 1:
            return (task.id,)
        return [str(number) for number in range(1, len(task.ask.options) + 1)]

    # ------------------------------------------------------------ what the game's words do

    def answer(self, task: Task, chosen: int) -> bool:
        """Answer the question of the current task.

        Args:
            task: The current one.
            chosen: Position of the chosen option in the file.

        Returns:
            Whether it is right.
        """
        is_right = task.ask is not None and task.ask.options[chosen].correct
        self.progress.answers.setdefault(task.id, []).append(Answer(chosen, is_right, len(self.results)))
        return is_right

    def take_hint(self) -> str | None:
        """The next hint of the current task; ``None`` where there is no more."""
        task = self.current
        if task is None or not self.hints_left or self.is_over:
            return None
        self.progress.hints[task.id] += 1
        return task.hints[self.progress.hints[task.id] - 1]

    def answers(self) -> list[Payload]:
        """The first answer to each question: what comes after it was told by the game."""
        return [
            {"step": name, "right": given[0].is_right, "confidence": None}
            for name, given in self.progress.answers.items()
        ]

    # ------------------------------------------------------------ running a line

    def _perform(self, text: str) -> LineResult:
        outcome = self._run(text)
        before = len(self.progress.done)
        told: Sequence[Line] = ()
        if not self.is_over:
            self._see(outcome)
            self._shown.update(dict.fromkeys(outcome.facts, outcome.index))
            told = self._advance(outcome.index)
        earned = tuple(list(self.progress.done)[before:])
        outcome = replace(outcome, earned=earned, told=tuple(told), is_over=self.is_over)
        self.results.append(outcome)
        return outcome

    def _advance(self, line: int) -> list[Line]:
        """Go on to the first task that is not done yet, and say so."""
        told: list[Line] = []
        while (task := self.current) is not None and self._is_done(task):
            self.progress.finish(task, line)
            told += [Line(""), *self._lines(tick_lines(self.lab, task))]
        if told:
            told.append(Line(""))
            if self.current is not None:
                told += self._set_task()
            else:
                self._end()
                told += self._lines(end_lines())
        return told

    def _is_done(self, task: Task) -> bool:
        return self.progress.is_answered(task) and self._judge().are_met(task.done)

    def _judge(self) -> Judge:
        return Judge(self.world, self.stage.contexts, self._shown, self.progress.since)

    def _set_task(self) -> list[Line]:
        task = self.current
        return self._lines(task_lines(self.lab, task, self.choices(task))) if task is not None else []

    def _lines(self, texts: Iterable[str]) -> list[Line]:
        return wrapped("\n".join(texts), self.session.width)

    # ------------------------------------------------------------ the end

    def _end(self) -> None:
        self.report = report_of(self.lab, self.stage.drawn.seed, self.progress.done)
