"""The learner model: how likely a fresh question of each competency is answered rightly, and an exam passed.

**Mastery.** Each competency has a Beta distribution over the chance of a right answer. Its prior comes from the other
competencies of its domain, theirs from the other domains, theirs from even odds; each prior counts as `PRIOR_ANSWERS`
answers, and no answer counts twice. So one lucky answer moves little, and a competency without answers takes after its
neighbours.
An answer weighs less with age (half after `HALF_LIFE_DAYS`) and less when the same question was answered before
(`REPEAT_WEIGHT`), since that shows memory of the question more than mastery of the matter.

**Readiness.** The number of right answers in an exam is taken as normal: its mean adds the seats of each domain times
the domain's chance, its variance adds the chance of the draw and what is not known about the learner, including the
shared estimate that thin domains lean on. The probability of passing uses both; the interval is the probability at the
ends of the central `INTERVAL` of the learner's skill. Too few answers, or a domain with hardly any: no claim.

Simplified: competencies are independent given their domain, and forgetting acts through the age of answers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt
from statistics import NormalDist

from quizgame.content.blueprint import Blueprint, Domain
from quizgame.game.quiz.reviews import Review

PRIOR_ANSWERS = 4.0
HALF_LIFE_DAYS = 45.0
REPEAT_WEIGHT = 0.25
INTERVAL = 0.9
MASTERED = 0.9
"""The chance of a right answer that counts as having learned a competency."""
ANSWERS_NEEDED = 40
"""Different questions answered before readiness says anything."""
ANSWERS_NEEDED_A_DOMAIN = 3
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known about one competency, one domain, or everything."""

    name: str
    answers: int
    """Answers given."""
    questions: int
    """Different questions answered."""
    right: int
    mean: float
    """Estimated chance of answering a fresh question rightly."""
    weight: float
    """Evidence in answers, after discounts."""

    @property
    def spread(self) -> float:
        """Standard deviation of the estimate."""
        return sqrt(self.mean * (1 - self.mean) / (self.weight + PRIOR_ANSWERS + 1))

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return max(0.0, self.mean - _reach() * self.spread)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return min(1.0, self.mean + _reach() * self.spread)


@dataclass(frozen=True, slots=True)
class Mastery:
    """All estimates, by blueprint."""

    overall: Estimate
    domains: Mapping[str, Estimate]
    competencies: Mapping[str, Estimate]

    def means(self) -> dict[str, float]:
        """Competency → chance, as `plan_practice` takes it."""
        return {name: estimate.mean for name, estimate in self.competencies.items()}


@dataclass(frozen=True, slots=True)
class Move:
    """What learning one competency would do."""

    competency: str
    domain: str
    gain: float
    """How much the probability of passing would rise if the competency were mastered."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The probability of passing an exam today."""

    blueprint: str
    probability: float | None
    """``None``: too little data to say anything."""
    low: float | None
    high: float | None
    """Ends of the interval, which holds `INTERVAL` of what the learner's skill may be."""
    answers_missing: int
    """Different questions still to be answered before a claim is made; 0 where one is made."""
    domains_missing: tuple[str, ...]
    """Domains with too few answers."""
    moves: tuple[Move, ...]
    """What would move the probability most, best first; where no claim is made, none."""


def estimate_mastery(reviews: Iterable[Review], blueprint: Blueprint, now: datetime) -> Mastery:
    """Estimate the learner's mastery at an instant from all reviews, in the order in which they happened."""
    tallies: dict[str, _Tally] = {}
    seen: set[str] = set()
    for one in reviews:
        weight = 0.5 ** (max((now - one.instant) / timedelta(days=1), 0.0) / HALF_LIFE_DAYS)
        is_new = one.item not in seen
        seen.add(one.item)
        if not is_new:
            weight *= REPEAT_WEIGHT
        for name in ("", f"domain {one.domain}", f"competency {one.competency}"):
            tallies.setdefault(name, _Tally()).add(one.right, weight, is_new)
    everything = tallies.get("", _Tally())
    domains: dict[str, Estimate] = {}
    competencies: dict[str, Estimate] = {}
    for domain in blueprint.domains:
        in_domain = tallies.get(f"domain {domain.id}", _Tally())
        elsewhere = everything.without(in_domain).mean(0.5)
        domains[domain.id] = _estimate(domain.id, in_domain, elsewhere)
        for competency in domain.competencies:
            own = tallies.get(f"competency {competency.id}", _Tally())
            neighbours = in_domain.without(own).mean(elsewhere)
            competencies[competency.id] = _estimate(competency.id, own, neighbours)
    return Mastery(_estimate("", everything, 0.5), domains, competencies)


def estimate_readiness(mastery: Mastery, blueprint: Blueprint, *, moves: int = 3) -> Readiness:
    """The probability of passing an exam of this blueprint, and what would raise it most."""
    thin = tuple(
        domain.id for domain in blueprint.domains if mastery.domains[domain.id].questions < ANSWERS_NEEDED_A_DOMAIN
    )
    missing = max(
        ANSWERS_NEEDED - mastery.overall.questions,
        sum(ANSWERS_NEEDED_A_DOMAIN - mastery.domains[name].questions for name in thin),
        0,
    )
    if missing:
        return Readiness(blueprint.id, None, None, None, missing, thin, ())
    probability, low, high = _chances(mastery, blueprint)
    ranked = sorted(_moves(mastery, blueprint, probability), key=lambda move: (-move.gain, move.competency))
    return Readiness(blueprint.id, probability, low, high, 0, (), tuple(ranked[:moves]))


@dataclass(slots=True)
class _Tally:
    answers: int = 0
    questions: int = 0
    right: int = 0
    weight: float = 0.0
    weight_right: float = 0.0

    def add(self, right: bool, weight: float, is_new: bool) -> None:
        self.answers += 1
        self.questions += is_new
        self.right += right
        self.weight += weight
        self.weight_right += weight * right

    def without(self, part: _Tally) -> _Tally:
        """What is left without a part."""
        return _Tally(
            self.answers - part.answers,
            self.questions - part.questions,
            self.right - part.right,
            self.weight - part.weight,
            self.weight_right - part.weight_right,
        )

    def mean(self, prior: float) -> float:
        """The chance of a right answer, from a prior and these answers."""
        return (PRIOR_ANSWERS * prior + self.weight_right) / (PRIOR_ANSWERS + self.weight)


def _estimate(name: str, tally: _Tally, prior: float) -> Estimate:
    return Estimate(name, tally.answers, tally.questions, tally.right, tally.mean(prior), tally.weight)


def _reach() -> float:
    return _NORMAL.inv_cdf(0.5 + INTERVAL / 2)


def _seats(blueprint: Blueprint) -> dict[str, float]:
    """Expected seats of each domain, without the rounding of a single exam."""
    return {domain.id: blueprint.questions * domain.weight / 100 for domain in blueprint.domains}


def _domain_chance(domain: Domain, competencies: Mapping[str, Estimate]) -> float:
    targets = {competency.id: competency.target for competency in domain.competencies}
    return sum(competencies[name].mean * target for name, target in targets.items()) / sum(targets.values())


def _chances(mastery: Mastery, blueprint: Blueprint) -> tuple[float, float, float]:
    """Probability of passing, and its values at the ends of the interval of skill."""
    seats = _seats(blueprint)
    mean = luck = own = shared = 0.0
    for domain in blueprint.domains:
        chance = _domain_chance(domain, mastery.competencies)
        estimate = mastery.domains[domain.id]
        mean += seats[domain.id] * chance
        luck += seats[domain.id] * chance * (1 - chance)
        own += (seats[domain.id] * estimate.spread) ** 2
        shared += seats[domain.id] * PRIOR_ANSWERS / (PRIOR_ANSWERS + estimate.weight)
    unknown = own + (shared * mastery.overall.spread) ** 2
    needed = -(-blueprint.pass_ * blueprint.questions // 100) - 0.5
    reach = _reach() * sqrt(unknown)
    return (
        _passing(mean, luck + unknown, needed),
        _passing(mean - reach, luck, needed),
        _passing(mean + reach, luck, needed),
    )


def _passing(mean: float, variance: float, needed: float) -> float:
    return 1 - _NORMAL.cdf((needed - mean) / sqrt(max(variance, 1e-9)))


def _moves(mastery: Mastery, blueprint: Blueprint, probability: float) -> Sequence[Move]:
    found = []
    for domain in blueprint.domains:
        for competency in domain.competencies:
            estimate = mastery.competencies[competency.id]
            if estimate.mean >= MASTERED:
                continue
            learned = {**mastery.competencies, competency.id: replace(estimate, mean=MASTERED)}
            better, _, _ = _chances(replace(mastery, competencies=learned), blueprint)
            found.append(Move(competency.id, domain.id, better - probability))
    return found
