"""How far a lab has come: tasks done, answers given, hints had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from quizgame.content.scenario.lab import Lab, Task


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a task's question."""

    chosen: int
    """Position of the option in the file."""
    is_right: bool
    command: int
    """Index of the line."""


@dataclass(slots=True)
class LabProgress:
    """The state of a lab; an attempt is its one owner."""

    lab: Lab
    done: dict[str, int] = field(default_factory=dict)
    """Task → the line that did it, in the order of the tasks."""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    """Task → the answers to its question, in their order."""
    hints: Counter[str] = field(default_factory=Counter)
    """Task → how many of its hints were given."""
    since: int = -1
    """The line after which the current task began."""

    @property
    def current(self) -> Task | None:
        """The task whose turn it is; ``None`` once all are done."""
        return self.lab.tasks[len(self.done)] if len(self.done) < len(self.lab.tasks) else None

    def is_answered(self, task: Task) -> bool:
        """Whether nothing is left to be answered in a task."""
        return task.ask is None or any(answer.is_right for answer in self.answers.get(task.id, ()))

    def finish(self, task: Task, line: int) -> None:
        """The current task is done; the next one begins after this line."""
        self.done[task.id] = line
        self.since = line
