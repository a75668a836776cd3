"""All validators, in their order, and running them over a bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion
from quizgame.content.lint.choices import ChooseStated, NoReferenceByLetter, OptionCounts
from quizgame.content.lint.competencies import BlueprintShares, KnownCompetencies
from quizgame.content.lint.completeness import Explanations, Reasons, Sources
from quizgame.content.lint.duplicates import NearDuplicates
from quizgame.content.lint.giveaways import AbsoluteWords, KeyPosition, LongestOption
from quizgame.content.lint.reading import ExhibitSize, Spread, StemLength
from quizgame.content.lint.validator import Figure, Validator
from quizgame.yamlsource.place import YamlProblem


@dataclass(frozen=True, slots=True)
class LintReport:
    """What the validators say of a bank."""

    problems: tuple[YamlProblem, ...]
    """Sorted by place."""
    figures: tuple[Figure, ...]


def validators(blueprint: Blueprint) -> list[Validator]:
    """A fresh set."""
    return [
        KnownCompetencies(blueprint),
        Reasons(),
        Explanations(),
        Sources(),
        OptionCounts(),
        ChooseStated(),
        NoReferenceByLetter(),
        ExhibitSize(),
        NearDuplicates(),
        BlueprintShares(blueprint),
        Spread(),
        LongestOption(),
        KeyPosition(),
        AbsoluteWords(),
        StemLength(),
    ]


def lint(bank: Iterable[BankQuestion], blueprint: Blueprint) -> LintReport:
    """Run all validators over a bank."""
    running = validators(blueprint)
    problems = [found for entry in bank for validator in running for found in validator.check(entry)]
    for validator in running:
        problems.extend(validator.finish())
    figures = [figure for validator in running for figure in validator.figures()]
    return LintReport(tuple(sorted(set(problems))), tuple(figures))
