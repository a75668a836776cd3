"""The game's own words at the prompt, each a row of a table: a function from an attempt and arguments to a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from quizgame.content.scenario.steps import DiagnosisStep
from quizgame.content.validation import close_match
from quizgame.game.quiz.grading import Confidence
from quizgame.game.scenario import debrief
from quizgame.game.scenario.choosing import chosen_among
from quizgame.game.scenario.repair import Check
from quizgame.game.scenario.steps import Choice, StepState, StepView
from quizgame.game.scenario.workstation import USAGE, Word
from quizgame.tools.output import Result, failure, lines

if TYPE_CHECKING:
    from quizgame.game.scenario.attempt import Attempt

_COLUMNS = 100
CONFIDENCE: Mapping[str, Confidence] = {"--sure": Confidence.SURE, "--unsure": Confidence.UNSURE}
"""Option of `answer` → how sure one is."""


def _say(text: str) -> Result:
    return Result(lines(text if text.endswith("\n") else text + "\n"))


def _brief(attempt: Attempt, arguments: Sequence[str]) -> Result:
    scenario = attempt.scenario
    parts = [scenario.title, "", scenario.briefing.rstrip("\n"), "", f"Time: about {scenario.minutes} minutes."]
    if scenario.files:
        parts.append(f"In your folder: {', '.join(scenario.files)}.")
    if scenario.hints:
        prices = ", ".join(str(hint.price) for hint in scenario.hints)
        parts.append(f"Hints: {len(scenario.hints)}, for {prices} points; `hint` buys the next one.")
    parts.append("`steps` shows what earns points, `help` all words of the game.")
    return _say("\n".join(parts))


def _steps(attempt: Attempt, arguments: Sequence[str]) -> Result:
    told: list[str] = []
    for number, view in enumerate(attempt.steps(), 1):
        told += _step_lines(view, number)
    return _say("\n".join(told))


def _step_lines(view: StepView, number: int) -> Iterable[str]:
    points = f"{view.points} points" if view.earned is None else f"{view.earned} of {view.points} points"
    if view.title is not None:
        yield f"{_MARKS[view.state]} {view.id} ({view.kind}, {points}): {view.title}"
    else:  # Its name would tell what to look for.
        what = "not seen before the diagnosis" if view.state is StepState.MISSED else "not found yet"
        yield f"{_MARKS[view.state]} step {number} ({view.kind}, {points}): {what}"
    for position, choice in enumerate(view.choices, 1):
        mark = "*" if position in view.chosen else " "
        yield f"    {mark}{position}. {choice.text}"


_MARKS = {StepState.OPEN: "[ ]", StepState.EARNED: "[x]", StepState.ANSWERED: "[?]", StepState.MISSED: "[-]"}


def _answer(attempt: Attempt, arguments: Sequence[str]) -> Result:
    confidences = [CONFIDENCE[each] for each in arguments if each in CONFIDENCE]
    unknown = [each for each in arguments if each.startswith("--") and each not in CONFIDENCE]
    plain = [each for each in arguments if not each.startswith("--")]
    if unknown:
        return failure(f"answer: unknown option {unknown[0]}: there are --sure and --unsure", USAGE)
    if len(plain) < 2:
        return failure("usage: answer STEP CHOICE... [--sure|--unsure]; `steps` shows the choices", USAGE)
    diagnoses = {step.id: step for step in attempt.scenario.diagnoses}
    step = diagnoses.get(plain[0])
    if step is None:
        hint = close_match(plain[0], list(diagnoses))
        return failure(f'answer: there is no diagnosis "{plain[0]}"{hint}; there are {", ".join(diagnoses)}', USAGE)
    chosen, problem = chosen_among(attempt.choices(step), plain[1:])
    if problem:
        return failure(f"answer: {problem}", USAGE)
    if not attempt.answer(step, [choice.position for choice in chosen], confidences[-1] if confidences else None):
        return failure(f"answer: {step.id} has been answered; a diagnosis is given once")
    return _say(_acknowledge(step, chosen, confidences))


def _acknowledge(step: DiagnosisStep, chosen: Sequence[Choice], confidences: Sequence[Confidence]) -> str:
    how = f" ({confidences[-1].value})" if confidences else ""
    return f"{step.id}: {'; '.join(choice.text for choice in chosen)}{how}. What it is worth is told at the end."


def _hint(attempt: Attempt, arguments: Sequence[str]) -> Result:
    if attempt.is_over:
        return failure("hint: the attempt is over")
    price = attempt.next_hint_price
    text = attempt.buy_hint()
    if text is None:
        return failure("hint: there are no more hints")
    given = len(attempt.hints_given)
    following = attempt.next_hint_price
    after = f"The next one costs {following} points." if following is not None else "It was the last one."
    return _say(f"Hint {given} of {len(attempt.scenario.hints)}, for {price} points: {text.rstrip()}\n{after}")


def _verify(attempt: Attempt, arguments: Sequence[str]) -> Result:
    judgement = attempt.judge_now()
    if judgement is None:
        return _say("There is no repair to check in this scenario: the diagnosis decides.")
    told = [line for check in judgement.checks for line in _check_lines(check)]
    met = sum(check.is_met for check in judgement.checks)
    verdict = "the repair holds" if judgement.is_met else "the repair does not hold"
    told.append(f"{met} of {len(judgement.checks)} checks are met: {verdict}.")
    step = attempt.scenario.verification
    if judgement.is_met and step is not None and not attempt.is_over and not _has(attempt, step.id):
        told.append("It is not proved yet: see a restored flow with your own eyes.")
    return Result(lines("\n".join(told) + "\n"), exit=0 if judgement.is_met else 1)


def _has(attempt: Attempt, step: str) -> bool:
    return any(view.id == step and view.earned for view in attempt.steps())


def _check_lines(check: Check) -> Iterable[str]:
    yield f"{'ok  ' if check.is_met else 'FAIL'} {check.kind}: {check.subject}"
    if not check.is_met:
        yield f"     expected: {check.expected}; seen: {check.seen}"
        yield f"     why it matters: {check.why}"


def _score(attempt: Attempt, arguments: Sequence[str]) -> Result:
    if attempt.report is not None:
        return _say("\n".join(debrief.result_lines(attempt.report)))
    told = [f"{attempt.points_so_far()} points so far; diagnoses and repair are counted at the end."]
    told += [f"  -{deduction.points}: {deduction.reason}" for deduction in attempt.deductions]
    return _say("\n".join(told))


def _submit(attempt: Attempt, arguments: Sequence[str]) -> Result:
    if attempt.is_over:
        return failure("submit: the attempt is over")
    attempt.judge_for_word()
    return _say("\n".join(attempt.ending()))


def _help(attempt: Attempt, arguments: Sequence[str]) -> Result:
    told = ["Everything else is a shell command of the simulated workstation. The game's own words:"]
    for word, (_, usage, meaning) in WORDS.items():
        text = f"  {f'{word} {usage}'.strip():42} {meaning}"
        told += wrap(text, _COLUMNS, subsequent_indent=" " * 45, break_long_words=False)
    told.append("After `submit`: why FLOW | why FROM TO PORT, and what-if -f FILE.")
    return _say("\n".join(told))


WORDS: Mapping[str, Word] = {
    "brief": (_brief, "", "what you have been told"),
    "steps": (_steps, "", "what earns points, and how far you are"),
    "answer": (
        _answer,
        "STEP CHOICE... [--sure|--unsure]",
        "give a diagnosis, once: by number or beginning of the text",
    ),
    "hint": (_hint, "", "buy the next hint; `brief` names the prices"),
    "verify": (_verify, "", "check the repair as things are now"),
    "score": (_score, "", "points so far"),
    "submit": (_submit, "", "end the attempt and see the debrief"),
    "help": (_help, "", "this list"),
}
