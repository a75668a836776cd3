"""Worlds with real agents and operators for the tests of the Cilium side of clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

BuildWorld = Callable[..., World]


@pytest.fixture(scope="session")
def build() -> BuildWorld:
    """Build a world: ``build(manifests="", values={…}, workers=2, clusters=1)``; every cluster gets the manifests."""

    def make(
        manifests: str = "", *, values: Mapping[str, Any] | None = None, workers: int = 2, clusters: int = 1
    ) -> World:
        specs = [replace(spec, values=values or {}) for spec in default_specs(clusters, workers)]
        loaded = [each.data for each in load_documents(manifests, "test", dialect=Dialect.KUBERNETES)]
        return assemble(specs, seed=0, manifests={spec.context: [("test", loaded)] for spec in specs})

    return make


@pytest.fixture(scope="session")
def agent_of() -> Callable[[World, str], Agent]:
    """The agent of a node of the current cluster."""

    def find(world: World, node: str) -> Agent:
        return next(each for each in agents_of(world.cluster) if each.node == node)

    return find
