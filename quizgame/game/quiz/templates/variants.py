"""Makes variants: a template and a seed become a question like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module

from quizgame.content.library import BankQuestion
from quizgame.content.questions import Option, SingleChoice
from quizgame.errors import QuizgameError
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.table import TEMPLATES
from quizgame.game.quiz.templates.template import Template, split_id

OPTIONS = 4
DRAWS = 80
"""How often a maker is asked before the template counts as broken: some draws make no fair question."""
EXHIBIT_COLUMNS, EXHIBIT_LINES = 76, 25
"""What fits beside the question on a terminal of 80 columns and 24 lines."""
LENGTH_RATIO, SHORT = 1.4, 12
"""A right option that is longer than every other by more than this ratio gives itself away, unless it is short."""

Maker = Callable[[Dice], Draft | None]
"""Makes a draft; ``None`` where what was drawn makes no question."""


class BrokenTemplate(QuizgameError):
    """A template makes no question of a seed."""


def make_variant(template: Template, seed: int) -> BankQuestion:
    """One variant; the same template and seed make the same question.

    Raises:
        BrokenTemplate: No draw makes a fair question.
    """
    module, _, function = template.maker.partition(":")
    maker: Maker = getattr(import_module(f"{__package__}.{module}"), function)
    for draw in range(DRAWS):
        dice = Dice(seed, f"{template.id} {draw}")
        draft = maker(dice)
        answers = _drawn(draft, dice) if draft is not None else None
        if draft is not None and answers is not None:
            return BankQuestion(_question(template, draft, answers), template.domain, seed=seed)
    raise BrokenTemplate(f"the template {template.id} makes no question of seed {seed}")


def _drawn(draft: Draft, dice: Dice) -> list[Answer] | None:
    """The answers that become options, in their order; ``None`` if they would be too few, or the exhibit too large."""
    if draft.exhibit is not None:
        lines = draft.exhibit.rstrip("\n").split("\n")
        if len(lines) > EXHIBIT_LINES or max(map(len, lines)) > EXHIBIT_COLUMNS:
            return None
    right = [answer for answer in draft.answers if answer.value == draft.truth]
    wrong = list({answer.text: answer for answer in draft.answers if answer.value != draft.truth}.values())
    if not right or len(wrong) < OPTIONS - 1:
        return None
    key = dice.pick("key", right)
    drawn = [key, *dice.sample("wrong", wrong, OPTIONS - 1)]
    if len({answer.text for answer in drawn}) < OPTIONS or gives_itself_away([answer.text for answer in drawn]):
        return None
    return dice.shuffle("options", drawn)


def gives_itself_away(texts: Sequence[str]) -> bool:
    """Whether the first of these texts, the right one, is far longer than every other."""
    key, *others = map(len, texts)
    return key > max(SHORT, LENGTH_RATIO * max(others))


def _question(template: Template, draft: Draft, answers: Iterable[Answer]) -> SingleChoice:
    return SingleChoice(
        kind="single",
        id=template.id,
        competency=template.competency,
        difficulty=template.difficulty,
        stem=draft.stem,
        exhibit=draft.exhibit,
        options=tuple(
            Option(text=answer.text, correct=answer.value == draft.truth, reason=answer.reason) for answer in answers
        ),
        explanation=draft.explanation,
        sources=template.sources,
        versions="1.19",
        tags=("simulated", *template.tags),
    )


@lru_cache(maxsize=256)
def variant(name: str) -> BankQuestion | None:
    """The variant with this id; ``None`` if it is no id of a variant, or of a template that is no more."""
    parts = split_id(name)
    template = TEMPLATES.get(parts[0]) if parts is not None else None
    return make_variant(template, parts[1]) if template is not None and parts is not None else None


class Bank(Mapping[str, BankQuestion]):
    """The questions of a library by id, and the variants of templates, which are made when asked for.

    Iteration and length are those of the library: variants are without number.
    """

    def __init__(self, questions: Mapping[str, BankQuestion]) -> None:
        self._questions = questions

    def __getitem__(self, name: str) -> BankQuestion:
        """Return a question or make a variant."""
        known = self._questions.get(name) or variant(name)
        if known is None:
            raise KeyError(name)
        return known

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a question, without making a variant."""
        if name in self._questions:
            return True
        parts = split_id(name) if isinstance(name, str) else None
        return parts is not None and parts[0] in TEMPLATES

    def __iter__(self) -> Iterator[str]:
        """Iterate over the library's questions."""
        return iter(self._questions)

    def __len__(self) -> int:
        """Return how many questions the library holds."""
        return len(self._questions)
