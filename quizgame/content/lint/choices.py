"""How options are offered: their number, the stem that says how many to choose, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import Validator, problem
from quizgame.content.questions import MultipleChoice, SingleChoice
from quizgame.yamlsource.place import YamlProblem

COUNTS = {"single": (4, 4), "multiple": (4, 6)}
"""Options a question of a kind has, at least and at most."""
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
_BY_LETTER = re.compile(
    r"\b(?i:(?:all|none|both|neither) of the (?:above|below)|(?:option|answer|choice)s? (?-i:[A-F]))\b"
)


class OptionCounts(Validator):
    """As many options as the real exam offers."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Too few or too many."""
        question = entry.question
        if isinstance(question, SingleChoice | MultipleChoice):
            low, high = COUNTS[question.kind]
            if not low <= len(question.options) <= high:
                wanted = str(low) if low == high else f"{low} to {high}"
                message = f"a {question.kind} question has {wanted} options, found {len(question.options)}"
                yield problem(entry, message, "options")


class ChooseStated(Validator):
    """The stem of a multiple question says how many to choose."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """A stem that does not."""
        question = entry.question
        if isinstance(question, MultipleChoice):
            number = _WORDS[question.choose]
            if not re.search(rf"\b(?:{number}|{question.choose})\b", question.stem, re.IGNORECASE):
                yield problem(
                    entry, f'the stem does not say how many to choose: end it with "Choose {number}."', "stem"
                )


class NoReferenceByLetter(Validator):
    """Options are shuffled: nothing refers to their letter or place."""

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Texts that do."""
        question = entry.question
        texts: list[tuple[tuple[str | int, ...], str | None]] = [
            (("stem",), question.stem),
            (("explanation",), question.explanation),
        ]
        if isinstance(question, SingleChoice | MultipleChoice):
            for index, option in enumerate(question.options):
                texts.append((("options", index, "text"), option.text))
                texts.append((("options", index, "reason"), option.reason))
        for path, text in texts:
            found = _BY_LETTER.search(text or "")
            if found:
                yield problem(entry, f'"{found.group()}": options are shuffled, name them by what they say', *path)
