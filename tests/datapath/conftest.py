"""Worlds for the datapath's tests: real clusters from manifests, with agents, operator, fabric and traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.build import ClusterSpec, apply_manifest, build_world, default_specs
from quizgame.cluster.fabric import Fabric, make_agent, make_operator
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from quizgame.datapath.traffic import run_traffic
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

OUTSIDE = Outside(
    names={"api.example.com": ("203.0.113.10",), "www.example.org": ("203.0.113.20",)},
    hosts={ip: OutsideHost(ip) for ip in ("203.0.113.10", "203.0.113.20")},
)

BuildWorld = Callable[..., World]


def documents(text: str) -> list[Mapping[str, Any]]:
    """Read manifests."""
    return [each.data for each in load_documents(text, "test", dialect=Dialect.KUBERNETES)]


@pytest.fixture
def build() -> BuildWorld:
    """Build a world: ``build(manifests, clusters=1, values={…}, seed=0)``; every cluster gets the manifests."""

    def make(
        manifests: str = "", *, clusters: int = 1, values: Mapping[str, Any] | None = None, seed: int = 0
    ) -> World:
        specs: list[ClusterSpec] = [replace(spec, values=values or {}) for spec in default_specs(clusters)]

        def prepare(world: World) -> None:
            world.parts["fabric"] = Fabric(world, outside=OUTSIDE)
            world.steppers = (run_traffic,)

        loaded = documents(manifests) if manifests else []
        return build_world(
            specs,
            seed=seed,
            manifests={spec.context: [("test", loaded)] for spec in specs},
            agent_factory=make_agent,
            operator_factory=make_operator,
            prepare=prepare,
        )

    return make


@pytest.fixture
def apply() -> Callable[[World, str], None]:
    """Apply manifests to the current cluster of a world and let it settle."""

    def run(world: World, text: str) -> None:
        apply_manifest(world.cluster, "test", documents(text))
        world.settle()

    return run
