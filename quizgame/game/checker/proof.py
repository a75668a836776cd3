"""The proof of one member of a scenario's family: its worlds are sound, experts earn everything, the naive do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quizgame.content.scenario.variables import Value
from quizgame.content.scenarios import ScenarioSource
from quizgame.game.checker.gathering import gathered, unexplained
from quizgame.game.checker.labs import LabProof
from quizgame.game.checker.references import Names, reference_problems
from quizgame.game.checker.soundness import evidence_problems, expert_problems, world_problems
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
    """What playing one member of a scenario's family showed."""

    scenario: str
    seed: int
    values: Mapping[str, Value]
    """What was drawn."""
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


@dataclass(frozen=True, slots=True)
class LabSummary:
    """What playing several members of a lab's family showed."""

    lab: str
    tasks: int
    """How many were done by their solutions in every member."""
    problems: tuple[YamlProblem, ...]


def prove_seed(source: ScenarioSource, seed: int) -> SeedProof:
    """Play one member of the family through."""
    try:
        drawn = source.draw(seed)
        stage = Stage(drawn)
        names = Names(stage.contexts)
        names.add(stage.healthy)
        names.add(stage.broken)
        causes = [problem for _, problem in reference_problems(drawn, names)]
        effects = [*world_problems(stage)]
        reference = Reference(stage)
        effects += expert_problems(stage, reference.runs)
        effects += _repetition_problems(stage, reference)
        effects += evidence_problems(stage)
        naive = {name: _best(stage, name) for name in STRATEGIES}
    except YamlError as error:
        return SeedProof(source.id, seed, {}, 0, {}, error.problems)
    for name, score in naive.items():
        if score > NAIVE_LIMIT:
            message = f'the naive strategy "{name}" reaches {score} points, more than {NAIVE_LIMIT}'
            effects.append(YamlProblem(drawn.key_place("steps"), message))
    expert = min(run.report.score for run in reference.runs)
    problems = (*causes, *unexplained(effects, causes))
    return SeedProof(source.id, seed, drawn.values, expert, naive, problems)


def summarise(proofs: Iterable[SeedProof]) -> list[Proof]:
    """Put the members of each scenario together: the worst expert, the best of each naive strategy."""
    by_scenario: dict[str, list[SeedProof]] = {}
    for proof in proofs:
        by_scenario.setdefault(proof.scenario, []).append(proof)
    return [
        Proof(
            name,
            len(proofs),
            min(proof.expert for proof in proofs),
            {
                strategy: max(proof.naive.get(strategy, 0) for proof in proofs)
                for strategy in STRATEGIES
                if any(strategy in proof.naive for proof in proofs)
            },
            gathered(proofs),
        )
        for name, proofs in sorted(by_scenario.items())
    ]


def summarise_labs(proofs: Iterable[LabProof]) -> list[LabSummary]:
    """Put the members of each lab together."""
    by_lab: dict[str, list[LabProof]] = {}
    for proof in proofs:
        by_lab.setdefault(proof.lab, []).append(proof)
    return [
        LabSummary(name, min(proof.tasks for proof in proofs), gathered(proofs))
        for name, proofs in sorted(by_lab.items())
    ]


def _best(stage: Stage, strategy: str) -> int:
    return max(play(Attempt(stage), lines).submit().score for lines in STRATEGIES[strategy](stage))


def _repetition_problems(stage: Stage, reference: Reference) -> Iterable[YamlProblem]:
    """The first expert again: the same lines must give the same bytes."""
    again = play(Attempt(stage), stage.drawn.scenario.experts[0].lines)
    for first, second in zip(reference.runs[0].lines, again.results, strict=True):
        if (first.stdout_text, first.stderr_text, first.exit) != (second.stdout_text, second.stderr_text, second.exit):
            place = stage.drawn.place("experts", 0, "lines", first.index)
            yield YamlProblem(place, "the line gives something else when it is run again")
            return
