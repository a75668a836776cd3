"""A small scenario, built once: the starter that `quizgame new scenario` writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from quizgame.content.scenario.starter import scenario_starter
from quizgame.content.scenario.variables import first_values
from quizgame.content.scenarios import ScenarioSource, load_scenarios, source_of
from quizgame.game.scenario.attempt import Attempt
from quizgame.game.scenario.reference import Reference
from quizgame.game.scenario.stage import Stage
from quizgame.yamlsource.loader import load_document

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.fixture(scope="session")
def starter_text() -> str:
    return scenario_starter("starter", "network-policy", "interpret-policies")


@pytest.fixture(scope="session")
def make_source(starter_text: str) -> Callable[..., ScenarioSource]:
    """The starter, changed by a function on its data."""

    def make(change: Callable[[dict[str, Any]], object] | None = None) -> ScenarioSource:
        data = yaml.safe_load(starter_text)
        if change is not None:
            change(data)
        text = yaml.safe_dump(data, sort_keys=False) if change is not None else starter_text
        return source_of(load_document(text, "scenario.yaml"), Path(), text.encode())

    return make


@pytest.fixture(scope="session")
def stage(make_source: Callable[..., ScenarioSource]) -> Stage:
    return first_member(make_source())


def first_member(source: ScenarioSource) -> Stage:
    """The member of the family that has the first value of each variable."""
    return Stage(source.with_values(first_values(source.vary)))


@pytest.fixture
def attempt(stage: Stage) -> Attempt:
    reference = Reference(stage)
    return Attempt(stage, reference=lambda: reference)


@pytest.fixture(scope="session")
def builtin() -> dict[str, ScenarioSource]:
    library = load_scenarios([SCENARIOS])
    assert not library.problems
    return dict(library.sources)


@pytest.fixture(scope="session")
def make_stage(make_source: Callable[..., ScenarioSource]) -> Callable[..., Stage]:
    """The starter's first member, changed by a function on its data."""
    return lambda change: first_member(make_source(change))
