"""The proof of one member of a scenario's family: its worlds are sound, experts earn everything, the naive do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.soundness import (
    evidence_problems,
    expert_problems,
    world_problems,
)
from quizgame.game.checker.strategies import STRATEGIES
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.reference import Reference, play
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.place import YamlError, YamlProblem

SEEDS = (0, 1, 2, 3, 4)
NAIVE_LIMIT = 45
"""More than this no naive strategy may reach."""


@dataclass(frozen=True, slots=True)
class SeedProof:
    """What playing one member showed."""

    scenario: str
    seed: int
    expert: int
    """The lowest score of the experts."""
    naive: Mapping[str, int]
    """Strategy → its highest score."""
    problems: tuple[YamlProblem, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What playing several members showed."""

    scenario: str
    seeds: int
    expert: int
    naive: Mapping[str, int]
    problems: tuple[YamlProblem, ...]


def prove_seed(source: ScenarioSource, seed: int) -> SeedProof:
    """Play one member of the family through."""
    try:
        drawn = source.draw(seed)
        stage = Stage(drawn)
        problems = [*world_problems(stage)]
        reference = Reference(stage)
        problems += expert_problems(stage, reference.runs)
        problems += _repetition_problems(stage, reference)
        problems += evidence_problems(stage)
        naive = {name: _best(stage, name) for name in STRATEGIES}
    except YamlError as error:
        return SeedProof(source.id, seed, 0, {}, error.problems)
    for name, score in naive.items():
        if score > NAIVE_LIMIT:
            message = f'the naive strategy "{name}" reaches {score} points, more than {NAIVE_LIMIT} (seed {seed})'
            problems.append(YamlProblem(drawn.place("steps"), message))
    expert = min(run.report.score for run in reference.runs)
    return SeedProof(source.id, seed, expert, naive, tuple(problems))


def summarise(proofs: Iterable[SeedProof]) -> list[Proof]:
    """Put the members of each scenario together: the worst expert, the best of each naive strategy."""
    by_scenario: dict[str, list[SeedProof]] = {}
    for proof in proofs:
        by_scenario.setdefault(proof.scenario, []).append(proof)
    return [
        Proof(
            name,
            len(members),
            min(member.expert for member in members),
            {
                strategy: max(member.naive.get(strategy, 0) for member in members)
                for strategy in STRATEGIES
                if any(strategy in member.naive for member in members)
            },
            tuple(sorted({problem for member in members for problem in member.problems})),
        )
        for name, members in sorted(by_scenario.items())
    ]


def _best(stage: Stage, strategy: str) -> int:
    return max(play(Attempt(stage), lines).submit().score for lines in STRATEGIES[strategy](stage))


def _repetition_problems(stage: Stage, reference: Reference) -> Iterable[YamlProblem]:
    """The first expert again: the same lines must give the same bytes."""
    again = play(Attempt(stage), stage.drawn.scenario.experts[0].lines)
    for first, second in zip(reference.runs[0].lines, again.results, strict=True):
        if (first.stdout_text, first.stderr_text, first.exit) != (second.stdout_text, second.stderr_text, second.exit):
            place = stage.drawn.place("experts", 0, "lines", first.index)
            yield YamlProblem(place, f"the line gives something else when it is run again (seed {stage.drawn.seed})")
            return
