"""Questions that ask nearly the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import Validator, problem
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, SingleChoice
from quizgame.yamlsource.place import YamlProblem

ALIKE = 0.75
"""Share of words that two questions have in common from which on they are one question."""
_WORD = re.compile(r"[a-z0-9][a-z0-9./:-]*")


class NearDuplicates(Validator):
    """No two questions share most of their words (stem, exhibit and what is offered)."""

    def __init__(self) -> None:
        self._entries: list[BankQuestion] = []

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Remember."""
        self._entries.append(entry)
        return ()

    def finish(self) -> Iterable[YamlProblem]:
        """Each pair once, at the later question."""
        # One bit a word: comparing two questions is an AND and a count.
        bits: dict[str, int] = {}
        masks: list[int] = []
        for entry in self._entries:
            mask = 0
            for word in _words(entry):
                mask |= 1 << bits.setdefault(word, len(bits))
            masks.append(mask)
        for later, mask in enumerate(masks):
            for earlier in range(later):
                common = (mask & masks[earlier]).bit_count()
                if common and common >= ALIKE * (mask | masks[earlier]).bit_count():
                    other = self._entries[earlier]
                    where = other.place()
                    message = f'nearly the same as "{other.id}" ({where.file}:{where.line})'
                    yield problem(self._entries[later], message, "stem")


def _words(entry: BankQuestion) -> list[str]:
    question = entry.question
    texts = [question.stem, question.exhibit or ""]
    if isinstance(question, SingleChoice | MultipleChoice):
        texts += [option.text for option in question.options]
    elif isinstance(question, Ordering):
        texts += [step.text for step in question.sequence]
    elif isinstance(question, Matching):
        texts += [f"{pair.left} {pair.right}" for pair in question.pairs]
    elif isinstance(question, FillIn):
        texts += question.answers
    else:
        texts += [line.text for line in question.lines]
    return sorted(set(_WORD.findall(" ".join(texts).lower())))
