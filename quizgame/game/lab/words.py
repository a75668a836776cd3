"""A lab's own words at the prompt, each a row of a table: a function from an attempt and arguments to a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from quizgame.game.lab.checks import Finding
from quizgame.game.lab.telling import task_lines, wrapped
from quizgame.game.scenario.choosing import chosen_among
from quizgame.game.scenario.steps import StepState
from quizgame.game.scenario.workstation import USAGE, Word
from quizgame.tools.output import Result, failure, lines

if TYPE_CHECKING:
    from quizgame.game.lab.attempt import LabAttempt

_COLUMNS = 100
_MARKS = {StepState.OPEN: "[ ]", StepState.EARNED: "[x]", StepState.MISSED: "[-]"}


def _say(attempt: LabAttempt, texts: Iterable[str], exit_status: int = 0) -> Result:
    return Result(wrapped("\n".join(texts), attempt.session.width), exit=exit_status)


def _brief(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    lab = attempt.lab
    told = [lab.title, "", lab.briefing.rstrip("\n"), "", f"Time: about {lab.minutes} minutes."]
    if lab.files:
        told.append(f"In your folder: {', '.join(lab.files)}.")
    told.append("`steps` shows the tasks, `help` all words of the game. Nothing costs points.")
    return _say(attempt, told)


def _steps(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    current = attempt.current
    told = [f"{_MARKS[view.state]} {view.id}: {view.title}" for view in attempt.steps()]
    result = Result(lines("\n".join(told) + "\n"))
    if current is not None:
        result.stdout += wrapped("\n".join(["", *task_lines(attempt.lab, current, attempt.choices(current))]),
                                 attempt.session.width)  # fmt: skip
    return result


def _answer(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    if len(arguments) < 2:
        return failure("usage: answer TASK CHOICE; `steps` shows the choices", USAGE)
    name, *given = arguments
    task = attempt.current
    asking = [each.id for each in attempt.lab.tasks if each.ask is not None]
    if name not in asking:
        there = f"there are {', '.join(asking)}" if asking else "no task of this lab asks anything"
        return failure(f'answer: "{name}" asks nothing; {there}', USAGE)
    if task is None or task.id != name or task.ask is None or attempt.is_over:
        return failure(f"answer: {name} is not the current task")
    choices, problem = chosen_among(attempt.choices(task), given)
    if problem:
        return failure(f"answer: {problem}", USAGE)
    if len(choices) > 1:
        return failure("answer: one choice is right, choose one", USAGE)
    chosen = choices[0].position
    option = task.ask.options[chosen]
    is_right = attempt.answer(task, chosen)
    reason = " ".join(option.reason.split())
    return _say(attempt, [f"{'Right' if is_right else 'No'}: {reason}"], 0 if is_right else 1)


def _hint(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    task = attempt.current
    text = attempt.take_hint()
    if task is None or text is None:
        return failure("hint: there are no more hints" if task is not None else "hint: all tasks are done")
    return _say(attempt, [f"Hint {len(attempt.hints_given)} of {len(task.hints)}: {text.rstrip()}"])


def _verify(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    task = attempt.current
    if task is None:
        return _say(attempt, ["All tasks are done."])
    findings = attempt.findings()
    told = [line for finding in findings for line in _finding_lines(finding, attempt.session.width)]
    if task.ask is not None:
        told.append(f"{'ok  ' if attempt.progress.is_answered(task) else 'open'} the question is answered")
    is_met = all(finding.is_met for finding in findings) and attempt.progress.is_answered(task)
    return Result(lines("\n".join(told) + "\n"), exit=0 if is_met else 1)


def _finding_lines(finding: Finding, width: int) -> Iterable[str]:
    columns = max(20, min(width, _COLUMNS))
    yield from wrap(f"{'ok  ' if finding.is_met else 'open'} {finding.subject}", columns, subsequent_indent=" " * 5)
    if not finding.is_met:
        yield from wrap(finding.seen, columns, initial_indent=" " * 5, subsequent_indent=" " * 5)


def _end(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    attempt.judge_for_word()
    return _say(attempt, attempt.ending())


def _help(attempt: LabAttempt, arguments: Sequence[str]) -> Result:
    told = ["Everything else is a shell command of the simulated workstation. The game's own words:"]
    for word, (_, usage, meaning) in WORDS.items():
        text = f"  {f'{word} {usage}'.strip():24} {meaning}"
        told += wrap(text, _COLUMNS, subsequent_indent=" " * 27, break_long_words=False)
    told.append("Always open: why FLOW | why FROM TO PORT, and what-if -f FILE.")
    return Result(lines("\n".join(told) + "\n"))


WORDS: Mapping[str, Word] = {
    "brief": (_brief, "", "what this lab is about"),
    "steps": (_steps, "", "the tasks, and the one whose turn it is"),
    "tasks": (_steps, "", "the same"),
    "answer": (_answer, "TASK CHOICE", "answer a task's question, by number or beginning of the text"),
    "hint": (_hint, "", "a hint for this task; they cost nothing"),
    "verify": (_verify, "", "what of this task holds, check by check"),
    "end": (_end, "", "end the lab, see how far you came and what to take away"),
    "submit": (_end, "", "the same"),
    "help": (_help, "", "this list"),
}
