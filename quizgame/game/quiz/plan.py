"""Which questions an exam holds: drawn by a blueprint from a seed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from quizgame.cluster.keyed import keyed_int
from quizgame.content.blueprint import Blueprint, Domain
from quizgame.content.library import BankQuestion
from quizgame.errors import QuizgameError
from quizgame.game.events import Payload
from quizgame.game.quiz.items import shuffled
from quizgame.game.quiz.shares import apportion
from quizgame.game.quiz.templates.template import VARIANT_SEEDS, Template, variant_id


class PlanError(QuizgameError):
    """The bank cannot fill such an exam."""


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One question of an exam."""

    id: str
    domain: str
    competency: str


@dataclass(frozen=True, slots=True)
class ExamPlan:
    """An exam before it begins."""

    blueprint: str
    """The blueprint's id, shown with the score."""
    title: str
    pass_percent: int
    minutes: int
    seed: int
    items: tuple[PlannedItem, ...]
    """In the order in which they are asked; all distinct."""
    repeated: tuple[str, ...]
    """Ids that the last mock held too, because a domain has too few others."""

    def started(self) -> Payload:
        """What the first event of the exam's attempt says."""
        return {
            "blueprint": self.blueprint,
            "title": self.title,
            "pass": self.pass_percent,
            "minutes": self.minutes,
            "seed": self.seed,
            "items": [{"id": item.id, "domain": item.domain, "competency": item.competency} for item in self.items],
        }


def plan_exam(
    bank: Iterable[BankQuestion],
    blueprint: Blueprint,
    *,
    seed: int,
    questions: int | None = None,
    minutes: int | None = None,
    left_out: Collection[str] = (),
    templates: Iterable[Template] = (),
) -> ExamPlan:
    """Draw an exam.

    The domains get their shares by weight, within a domain the competencies by their targets, and within a competency
    a hash of seed and id decides. Same bank, blueprint, seed and ``left_out``: same exam.

    Args:
        bank: All questions; those of kinds that the blueprint does not have are passed over.
        blueprint: The exam's shape.
        seed: Any integer.
        questions: How many; the blueprint's number unless given.
        minutes: How long; the blueprint's time unless given.
        left_out: Ids to avoid as long as their domain has others (the last mock's, say).
        templates: Generators whose variants may take the blueprint's share for simulated questions; drawn first.

    Raises:
        PlanError: A domain has fewer questions than its share.
    """
    count = blueprint.questions if questions is None else questions
    pools: dict[str, list[BankQuestion]] = {domain.id: [] for domain in blueprint.domains}
    for entry in bank:
        if entry.domain in pools and entry.question.kind in blueprint.kinds:
            pools[entry.domain].append(entry)
    seats = apportion({domain.id: domain.weight for domain in blueprint.domains}, count, seed=seed)
    short = [
        f"{domain} has {len(pools[domain])} of {needed}" for domain, needed in seats.items()
        if len(pools[domain]) < needed
    ]  # fmt: skip
    if short:
        raise PlanError(
            f"the bank is too small for an exam of {count} questions: {', '.join(short)}",
            hint="ask for fewer with --questions, or add packs with --pack",
        )
    drawn: list[BankQuestion | PlannedItem] = []
    generators = list(templates)
    for domain in blueprint.domains:
        pool, needed = pools[domain.id], seats[domain.id]
        drawn += (simulated := _simulated(generators, domain, needed * blueprint.simulated // 100, seed))
        needed -= len(simulated)
        fresh = _draw([entry for entry in pool if entry.id not in left_out], domain, needed, seed)
        stale = [entry for entry in pool if entry.id in left_out]
        drawn += fresh + _draw(stale, domain, needed - len(fresh), seed)
    ordered = shuffled(drawn, seed, "exam order", lambda entry: entry.id)
    items = tuple(PlannedItem(entry.id, entry.domain, entry.competency) for entry in ordered)
    repeated = tuple(item.id for item in items if item.id in left_out)
    return ExamPlan(blueprint.id, blueprint.title, blueprint.pass_, minutes or blueprint.minutes, seed, items, repeated)


def _simulated(templates: Iterable[Template], domain: Domain, seats: int, seed: int) -> list[PlannedItem]:
    """Variants for some of a domain's seats, each of another template."""
    pool = [template for template in templates if template.domain == domain.id]
    return [
        PlannedItem(
            variant_id(template.id, keyed_int(seed, "exam variant", template.id, below=VARIANT_SEEDS)),
            template.domain,
            template.competency,
        )
        for template in shuffled(pool, seed, "exam templates", lambda template: template.id)[:seats]
    ]


def _draw(pool: Sequence[BankQuestion], domain: Domain, seats: int, seed: int) -> list[BankQuestion]:
    """Draw from one domain; questions of competencies that the blueprint does not know come last."""
    by_competency: dict[str, list[BankQuestion]] = {competency.id: [] for competency in domain.competencies}
    others: list[BankQuestion] = []
    for entry in shuffled(pool, seed, "exam draw", lambda entry: entry.id):
        by_competency.get(entry.competency, others).append(entry)
    shares = apportion(
        {competency.id: competency.target for competency in domain.competencies},
        seats,
        seed=seed,
        capacity={name: len(entries) for name, entries in by_competency.items()},
    )
    drawn = [entry for name, share in shares.items() for entry in by_competency[name][:share]]
    return drawn + others[: seats - len(drawn)]
