"""What a lab says at the prompt: its tasks, ticks and explanations, wrapped for the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap

from quizgame.content.scenario.lab import Lab, Task
from quizgame.game.scenario.steps import Choice
from quizgame.tools.output import Line

MOST_COLUMNS = 100
_ITEM = re.compile(r"\s*(?:[-*]|\d+[.)])\s+")
_FENCE = "```"


def task_lines(lab: Lab, task: Task, choices: Sequence[Choice]) -> Iterator[str]:
    """A task as it is set.

    Args:
        lab: Where it is from.
        task: The task.
        choices: The options of its question as shown; empty where it has none.
    """
    number = lab.tasks.index(task) + 1
    yield f"Task {number} of {len(lab.tasks)}: {task.title}"
    yield ""
    yield task.text.rstrip("\n")
    if task.ask is not None:
        yield ""
        yield f"Question: {task.ask.question}"
        yield from (f"  {position}. {choice.text}" for position, choice in enumerate(choices, 1))
        yield ""
        yield f"Answer with `answer {task.id} NUMBER`."


def tick_lines(lab: Lab, task: Task) -> Iterator[str]:
    """That a task is done, and what there was to see."""
    number = lab.tasks.index(task) + 1
    yield f"[x] {number} of {len(lab.tasks)}: {task.title}"
    yield ""
    yield task.explain.rstrip("\n")


def end_lines() -> Iterator[str]:
    """That all tasks are done."""
    yield "All tasks are done. The clusters stay as they are: look around as long as you like."


def wrapped(text: str, width: int) -> list[Line]:
    """Text as lines of the terminal: paragraphs are filled, items of lists indented, code stays as it is."""
    columns = max(20, min(width, MOST_COLUMNS))
    found: list[Line] = []
    paragraph: list[str] = []
    is_code = False

    def flush() -> None:
        if paragraph:
            lead = _ITEM.match(paragraph[0])
            indent = " " * len(lead.group()) if lead else ""
            joined = " ".join([paragraph[0], *(part.strip() for part in paragraph[1:])])
            found.extend(
                Line(part)
                for part in wrap(joined, columns, subsequent_indent=indent, break_long_words=False,
                                 break_on_hyphens=False)
            )  # fmt: skip
            paragraph.clear()

    for line in text.split("\n"):
        if line.startswith(_FENCE):
            flush()
            is_code = not is_code
        elif is_code:
            found.append(Line(f"    {line}"))
        elif not line.strip():
            flush()
            found.append(Line(""))
        elif line.startswith("    ") and not paragraph:
            found.append(Line(line))
        elif _ITEM.match(line):
            flush()
            paragraph.append(line)
        else:
            paragraph.append(line)
    flush()
    return found
