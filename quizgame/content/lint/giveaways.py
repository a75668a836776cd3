"""What betrays the right option without knowing the matter: its length, its place, its wording."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import BANK_SIZE, Figure, Validator, percent
from quizgame.content.questions import SingleChoice
from quizgame.yamlsource.place import YamlProblem

LONGEST_AT_MOST = 35.0
"""Percent of single questions whose right option may be the single longest; chance alone gives 25."""
ONE_PLACE_AT_MOST = 40.0
"""Percent of right options that may stand in one place as written."""
ABSOLUTE_AT_MOST = 25.0
"""Percent of single questions that may have absolute words in wrong options only."""
_ABSOLUTE = re.compile(r"\b(?:always|never|only|every|all|none|must|cannot|impossible|completely)\b", re.IGNORECASE)


class LongestOption(Validator):
    """How often the right option is longer than all others."""

    def __init__(self) -> None:
        self._longest = self._total = 0

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        question = entry.question
        if isinstance(question, SingleChoice):
            right = question.correct_options[0]
            others = max(len(option.text.strip()) for option in question.options if option is not right)
            self._total += 1
            self._longest += len(right.text.strip()) > others
        return ()

    def figures(self) -> Iterable[Figure]:
        """Their share of the single questions."""
        high = LONGEST_AT_MOST if self._total >= BANK_SIZE else None
        yield Figure("longest-right", percent(self._longest, self._total), "%", high=high)


class KeyPosition(Validator):
    """Where the right option stands as written."""

    def __init__(self) -> None:
        self._places: Counter[int] = Counter()

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        question = entry.question
        if isinstance(question, SingleChoice):
            self._places[question.options.index(question.correct_options[0])] += 1
        return ()

    def figures(self) -> Iterable[Figure]:
        """One share a place."""
        total = self._places.total()
        high = ONE_PLACE_AT_MOST if total >= BANK_SIZE else None
        for place in range(max(self._places, default=-1) + 1):
            yield Figure(f"right-in-place-{place + 1}", percent(self._places[place], total), "%", high=high)


class AbsoluteWords(Validator):
    """How often absolute words stand in wrong options and not in the right one."""

    def __init__(self) -> None:
        self._betrayed = self._total = 0

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        question = entry.question
        if isinstance(question, SingleChoice):
            right = question.correct_options[0]
            self._total += 1
            self._betrayed += not _ABSOLUTE.search(right.text) and any(
                _ABSOLUTE.search(option.text) for option in question.options if option is not right
            )
        return ()

    def figures(self) -> Iterable[Figure]:
        """Their share of the single questions."""
        high = ABSOLUTE_AT_MOST if self._total >= BANK_SIZE else None
        yield Figure("absolute-words-in-wrong-options-alone", percent(self._betrayed, self._total), "%", high=high)
