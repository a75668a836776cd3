"""Which choices the learner means: numbers as shown, or beginnings of texts."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.game.scenario.steps import Choice


def chosen_among(choices: Sequence[Choice], given: Sequence[str]) -> tuple[list[Choice], str]:
    """The choices that words name: numbers, or beginnings of texts; several words may together be one beginning."""
    whole, problem = _one(choices, " ".join(given))
    if whole is not None:
        return [whole], ""
    if len(given) == 1:
        return [], problem
    found = []
    for each in given:
        choice, problem = _one(choices, each)
        if choice is None:
            return [], problem
        if choice not in found:
            found.append(choice)
    return found, ""


def _one(choices: Sequence[Choice], given: str) -> tuple[Choice | None, str]:
    if given.isdecimal():
        number = int(given)
        if 1 <= number <= len(choices):
            return choices[number - 1], ""
        return None, f"there is no choice {number}: choose from 1 to {len(choices)}"
    matching = [choice for choice in choices if choice.text.lower().startswith(given.lower())]
    if len(matching) == 1:
        return matching[0], ""
    if not matching:
        return None, f'no choice begins with "{given}"; `steps` shows them'
    return None, f'{len(matching)} choices begin with "{given}": write more of it, or its number'
