"""Puts worlds together: clusters with agents that decide packets, their surroundings, and the traffic in them.

Rules for this file: it is the one place where clusters, agents, fabric and traffic meet; whoever needs a living world
(the free cluster, scenarios, the checker, the app) takes it from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from quizgame.cluster.apps import Server
from quizgame.cluster.build import ClusterSpec, Manifest, build_world, default_specs
from quizgame.cluster.fabric import PART, Fabric, Traffic, make_agent, make_operator
from quizgame.cluster.internet import INTERNET
from quizgame.cluster.links import Links
from quizgame.cluster.outside import Outside
from quizgame.cluster.world import World
from quizgame.collection import collection_paused
from quizgame.datapath.traffic import run_traffic
from quizgame.errors import QuizgameError
from quizgame.tools.registry import PROGRAMS, Programs
from quizgame.tools.session import Session
from quizgame.tools.shell.executor import Shell


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a world holds beside its clusters."""

    outside: Outside = field(default_factory=Outside)
    links: Links = field(default_factory=Links)
    servers: tuple[Server, ...] = ()
    traffic: tuple[Traffic, ...] = ()


def assemble(
    specs: Sequence[ClusterSpec],
    *,
    seed: int,
    manifests: Sequence[Manifest] | Mapping[str, Sequence[Manifest]] = (),
    surroundings: Surroundings | None = None,
    on_refusal: Callable[[QuizgameError], None] | None = None,
) -> World:
    """Build a living world, ready at the simulation's epoch.

    Args:
        specs: The clusters; the first is the current one.
        seed: What all keyed values depend on.
        manifests: What is applied, to the current cluster or by context.
        surroundings: What is around the clusters; nothing by default.
        on_refusal: Told of each refused manifest; without it the first one is raised.

    Raises:
        QuizgameError: a manifest is refused, or names an unknown context.
    """
    around = surroundings or Surroundings()

    def prepare(world: World) -> None:
        world.parts[PART] = Fabric(world, around.outside, around.links, around.servers, around.traffic)

    with collection_paused():
        world = build_world(
            specs,
            seed=seed,
            manifests=manifests,
            agent_factory=make_agent,
            operator_factory=make_operator,
            prepare=prepare,
            on_refusal=on_refusal,
        )
    world.steppers = (run_traffic,)
    return world


def free_world(
    *,
    clusters: int = 1,
    workers: int = 2,
    seed: int = 0,
    manifests: Sequence[Manifest] = (),
    on_refusal: Callable[[QuizgameError], None] | None = None,
) -> World:
    """Build the world of the free cluster: what ``kind`` and ``cilium install`` leave, and these manifests."""
    return assemble(
        default_specs(clusters, workers),
        seed=seed,
        manifests=manifests,
        surroundings=Surroundings(INTERNET),
        on_refusal=on_refusal,
    )


INSIGHT_PROGRAMS: Mapping[str, str] = {
    "why": "quizgame.game.insight.why_tool:WHY",
    "what-if": "quizgame.game.insight.what_if_tool:WHAT_IF",
}
"""The game's own programs that open the trail: always there in the free cluster, in a scenario once it is over."""


def free_shell(world: World) -> Shell:
    """Open a shell on a world in which ``why`` and ``what-if`` are at hand."""
    return Shell(Session(world), Programs({**PROGRAMS, **INSIGHT_PROGRAMS}))
