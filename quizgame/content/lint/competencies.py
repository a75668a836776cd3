"""Domains and competencies that the blueprint knows, and the bank's shares of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from quizgame.content.blueprint import Blueprint
from quizgame.content.library import BankQuestion
from quizgame.content.lint.validator import BANK_SIZE, Figure, Validator, percent, problem
from quizgame.content.questions import UNSORTED
from quizgame.content.validation import close_match
from quizgame.yamlsource.place import YamlProblem

TOLERANCE = 2.5
"""Percentage points by which a domain's share of the bank may differ from its weight."""


class KnownCompetencies(Validator):
    """Every question belongs to a competency of its pack's domain."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """An unknown domain, or a competency that is not of the domain."""
        if entry.domain == UNSORTED == entry.competency:
            return
        domain = self._blueprint.domain(entry.domain)
        if domain is None:
            known = [domain.id for domain in self._blueprint.domains]
            message = f'unknown domain "{entry.domain}"{close_match(entry.domain, known)}'
            yield YamlProblem(entry.pack_place("domain"), message)
            return
        known = [competency.id for competency in domain.competencies]
        if entry.competency not in known:
            message = f'unknown competency "{entry.competency}" of {domain.id}{close_match(entry.competency, known)}'
            yield problem(entry, f"{message}: expected one of {', '.join(known)}", "competency")


class BlueprintShares(Validator):
    """The bank's shares follow the blueprint's weights, and no competency is left out."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self._domains: Counter[str] = Counter()
        self._competencies: Counter[str] = Counter()

    def check(self, entry: BankQuestion) -> Iterable[YamlProblem]:
        """Count."""
        self._domains[entry.domain] += 1
        self._competencies[entry.competency] += 1
        return ()

    def figures(self) -> Iterable[Figure]:
        """One share a domain, and how many competencies have no question."""
        total = self._domains.total()
        is_bank = total >= BANK_SIZE
        for domain in self._blueprint.domains:
            share = percent(self._domains[domain.id], total)
            bounds = (domain.weight - TOLERANCE, domain.weight + TOLERANCE) if is_bank else (None, None)
            yield Figure(f"share-{domain.id}", share, "%", *bounds)
        competencies = [competency.id for domain in self._blueprint.domains for competency in domain.competencies]
        empty = sum(self._competencies[name] == 0 for name in competencies)
        yield Figure("competencies-without-question", empty, "competencies", high=0 if is_bank else None)
