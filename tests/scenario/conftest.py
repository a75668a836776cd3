"""A small scenario and a small lab, built once: the starters that `quizgame new` writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from quizgame.content.scenario.starter import lab_starter, scenario_starter
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
def lab_text() -> str:
    return lab_starter("first-lab", "network-policy", "interpret-policies")


@pytest.fixture(scope="session")
def make_source(starter_text: str) -> Callable[..., ScenarioSource]:
    """The starter of a scenario, changed by a function on its data."""
    return _maker(starter_text)


@pytest.fixture(scope="session")
def make_lab(lab_text: str) -> Callable[..., ScenarioSource]:
    """The starter of a lab, changed by a function on its data."""
    return _maker(lab_text)


def _maker(written: str) -> Callable[..., ScenarioSource]:
    def make(change: Callable[[dict[str, Any]], object] | None = None) -> ScenarioSource:
        data = yaml.safe_load(written)
        if change is not None:
            change(data)
        text = dumped(data) if change is not None else written
        return source_of(load_document(text, "scenario.yaml"), Path(), text.encode())

    return make


class _Dumper(yaml.SafeDumper):
    """Writes texts of several rows as packs do."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def dumped(data: dict[str, Any]) -> str:
    """A pack as text."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=1000))


@pytest.fixture(scope="session")
def row_of() -> Callable[[ScenarioSource, int], str]:
    """A row of a changed pack's text, counted from 1."""
    return lambda source, line: dumped(source.document.data).splitlines()[line - 1].strip()


@pytest.fixture(scope="session")
def stage(make_source: Callable[..., ScenarioSource]) -> Stage:
    return first_member(make_source())


def first_member(source: ScenarioSource) -> Stage:
    """The member of the family that has the first value of each variable."""
    return Stage(source.with_values(first_values(source.vary)))


@pytest.fixture(scope="session")
def lab_stage(make_lab: Callable[..., ScenarioSource]) -> Stage:
    return first_member(make_lab())


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
