"""What a lab came to: the share of its tasks that are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from quizgame.content.scenario.lab import Lab
from quizgame.game.scenario.score import FULL_MARKS, Report, StepResult


def points_of(place: int, tasks: int) -> int:
    """The share of one task, so that all of them together are full marks."""
    return FULL_MARKS * (place + 1) // tasks - FULL_MARKS * place // tasks


def report_of(lab: Lab, seed: int, done: Mapping[str, int]) -> Report:
    """The report of a lab.

    Args:
        lab: The lab.
        seed: Which member of its family.
        done: Task → the line that did it.
    """
    number = len(lab.tasks)
    steps = tuple(
        StepResult(task.id, "task", points, points if task.id in done else 0, done.get(task.id))
        for task, points in zip(lab.tasks, (points_of(place, number) for place in range(number)), strict=True)
    )
    return Report(lab.id, seed, steps, (), solved=len(done) == number)


def result_lines(report: Report, lab: Lab) -> Iterator[str]:
    """The result as text."""
    done = {step.id for step in report.steps if step.earned}
    yield f"{len(done)} of {len(lab.tasks)} tasks done"
    for task in lab.tasks:
        yield f"  [{'x' if task.id in done else ' '}] {task.title}"
