"""Tries a template: variants of some seeds, each of which must be a sound question without a give-away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quizgame.content.library import BankQuestion
from quizgame.content.questions import ChoiceQuestion
from quizgame.errors import QuizgameError
from quizgame.game.quiz.templates.table import TEMPLATES
from quizgame.game.quiz.templates.variants import OPTIONS, gives_itself_away, make_variant
from quizgame.yamlsource.place import Place, YamlProblem


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying a template showed."""

    template: str
    variants: int
    distinct: int
    """How many of them differ in stem, exhibit or options."""
    problems: tuple[YamlProblem, ...]


def try_template(name: str, seeds: int) -> Trial:
    """Make variants of the seeds from 0 and look at each."""
    problems: list[YamlProblem] = []
    faces = set()
    for seed in range(seeds):
        try:
            entry = make_variant(TEMPLATES[name], seed)
        except QuizgameError as error:
            problems.append(YamlProblem(Place(f"template {name}", 1, 1), f"seed {seed}: {error}"))
            continue
        faces.add(face(entry))
        problems += [YamlProblem(Place(f"template {name}", 1, 1), f"seed {seed}: {each}") for each in complaints(entry)]
    return Trial(name, seeds, len(faces), tuple(problems))


def face(entry: BankQuestion) -> tuple[str, ...]:
    """What a learner sees of a variant."""
    question = entry.question
    assert isinstance(question, ChoiceQuestion)
    return (question.stem, question.exhibit or "", *sorted(option.text for option in question.options))


def complaints(entry: BankQuestion) -> Iterator[str]:
    """What is wrong with a variant."""
    question = entry.question
    assert isinstance(question, ChoiceQuestion)
    if len(question.options) != OPTIONS:
        yield f"{len(question.options)} options instead of {OPTIONS}"
    if len(question.correct_options) != 1:
        yield f"{len(question.correct_options)} right options"
    if not all(option.reason for option in question.options) or not question.explanation:
        yield "an option without a reason, or no explanation"
    key = question.correct_options[0].text
    if gives_itself_away([key, *(option.text for option in question.options if not option.correct)]):
        yield f"the right option gives itself away by its length: {key}"
