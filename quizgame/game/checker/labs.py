"""The proof of one member of a lab's family: each task is done by its own solution, and not before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quizgame.content.scenario.lab import Task
from quizgame.content.scenario.variables import Value
from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.gathering import unexplained
from quizgame.game.checker.lines import error_of
from quizgame.game.checker.references import Names, reference_problems
from quizgame.game.lab.attempt import LabAttempt
from quizgame.game.lab.solution import SolutionLine, as_shown, solution_lines
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.place import Place, YamlError, YamlProblem


@dataclass(frozen=True, slots=True)
class LabProof:
    """What playing one member of a lab's family showed."""

    lab: str
    seed: int
    values: Mapping[str, Value]
    """What was drawn."""
    tasks: int
    """How many were done by their solutions."""
    problems: tuple[YamlProblem, ...]


def prove_lab(source: ScenarioSource, seed: int, *, twice: bool = True) -> LabProof:
    """Play one member of the family through.

    Args:
        source: The lab.
        seed: Which member.
        twice: Whether to play it again, and compare; one member of a family is enough for that.
    """
    try:
        drawn = source.draw(seed)
        stage = Stage(drawn)
        player = _Player(stage)
        effects = [*player.play(), *(_repetition_problems(player) if twice else ())]
    except YamlError as error:
        return LabProof(source.id, seed, {}, 0, error.problems)
    named = list(reference_problems(drawn, player.names))
    causes = [problem for _, problem in named]
    # A task that asks for what is not there cannot be done: that is told already.
    if player.undone is not None and not any(path[:2] == ("tasks", player.undone[0]) for path, _ in named):
        effects.append(player.undone[1])
    problems = (*causes, *unexplained(effects, causes))
    return LabProof(source.id, seed, drawn.values, len(player.attempt.progress.done), problems)


class _Player:
    """Plays a lab by the solutions of its tasks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.drawn = stage.drawn
        self.attempt = LabAttempt(stage)
        self.names = Names(stage.contexts)
        self.places: list[Place] = []
        """Where each line stands that was run."""
        self.undone: tuple[int, YamlProblem] | None = None
        """The task that its solution left undone: its place among the tasks, and what to say."""

    def play(self) -> Iterator[YamlProblem]:
        """Run everything, up to the first task that its solution leaves undone."""
        self.names.add(self.attempt.world)
        lab = self.drawn.lab
        if self.attempt.findings() and all(finding.is_met for finding in self.attempt.findings()):
            yield self._early(0, lab.tasks[0], "before the first line")
        for place, task in enumerate(lab.tasks):
            if task.id in self.attempt.progress.done:
                done_by = self.attempt.results[self.attempt.progress.done[task.id]].line.partition("\n")[0]
                yield self._early(place, task, f"by a line of an earlier task: {done_by}")
            for line in solution_lines(task):
                yield from self._run(place, task, line)
                self.names.add(self.attempt.world)
            if task.id not in self.attempt.progress.done:
                self.undone = (place, self._undone(place, task))
                return

    def _early(self, place: int, task: Task, how: str) -> YamlProblem:
        message = f'task "{task.id}" is done {how}: what it asks for must come about by its own solution'
        return YamlProblem(self.drawn.key_place("tasks", place, "done"), message)

    def _run(self, place: int, task: Task, line: SolutionLine) -> Iterator[YamlProblem]:
        where = self.drawn.source.document.row_place(("tasks", place, "solution"), line.offset)
        text = as_shown(line.text, task, self.attempt.choices(task))
        self.places.append(where)
        result = self.attempt.run_line(text)
        wrong = error_of(result.exit, result.stderr_text, self.attempt.world)
        if line.is_failing:
            if result.exit == 0:
                yield YamlProblem(where, 'the line is expected to fail, as "! " says, and does not')
        elif wrong or result.exit:
            hint = "" if wrong else ': if it should, begin it with "! "'
            yield YamlProblem(where, f"the solution's line fails: {wrong or f'exit status {result.exit}'}{hint}")

    def _undone(self, place: int, task: Task) -> YamlProblem:
        lacking = [f"{finding.subject}: {finding.seen}" for finding in self.attempt.findings() if not finding.is_met]
        if not self.attempt.progress.is_answered(task):
            lacking.append("its question is not answered")
        message = f'task "{task.id}" is not done by its solution: {"; ".join(lacking)}'
        return YamlProblem(self.drawn.key_place("tasks", place, "solution"), message)


def _repetition_problems(player: _Player) -> Iterator[YamlProblem]:
    """The same lines again: they must give the same bytes."""
    again = LabAttempt(player.stage)
    for first, place in zip(player.attempt.results, player.places, strict=True):
        second = again.run_line(first.line)
        if (first.stdout_text, first.stderr_text, first.told_text) != (
            second.stdout_text, second.stderr_text, second.told_text
        ):  # fmt: skip
            yield YamlProblem(place, "the line gives something else when it is run again")
            return
