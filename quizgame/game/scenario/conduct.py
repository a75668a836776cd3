"""Conduct: what a line did besides showing something, and what that costs.

Solving comes first, economy second: no rule here takes much, and each has a cap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizgame.cluster.agent.monitor import EventRing
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.objects import KubeObject, controller_of
from quizgame.cluster.world import World
from quizgame.content.scenario.steps import EvidenceStep
from quizgame.game.scenario.evidence import holds
from quizgame.hubble.making import flow_of
from quizgame.tools.facts import Fact
from quizgame.tools.hubble_facts import FlowFacts
from quizgame.tools.session import Session


class Offence(StrEnum):
    """Kinds of deductions."""

    HINT = "hint"
    LOST_EVIDENCE = "lost evidence"
    DELETION = "deletion"
    BREADTH = "breadth"
    COLLATERAL = "collateral damage"
    SURVEY = "nothing new"


PRICES: Mapping[Offence, tuple[int, int]] = {
    Offence.LOST_EVIDENCE: (5, 10),
    Offence.DELETION: (5, 10),
    Offence.COLLATERAL: (2, 10),
    Offence.SURVEY: (1, 3),
}
"""Kind → points each time, and at most."""
FREE_REPEATS = 6
"""So many lines may show nothing new before it costs."""
DERIVED_KINDS = frozenset(
    ("pods", "events", "endpoints", "nodes", "ciliumnodes.cilium.io", "ciliumendpoints.cilium.io",
     "ciliumidentities.cilium.io", "leases.coordination.k8s.io")
)  # fmt: skip
"""Kinds whose deletion loses nothing that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points taken away."""

    offence: Offence
    reason: str
    points: int
    command: int | None
    """Index of the line that cost them; ``None`` where no single one did."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is needed of a world before a line to tell afterwards what the line did; references, no copies."""

    versions: Mapping[str, int]
    """Context → version of the API server's store."""
    rings: Mapping[str, EventRing]
    """``context/node`` → the ring of its agent; a restart puts another one in its place."""
    wiring: tuple[object, ...]
    """Links and servers, which no API server knows."""

    def has_changed(self, later: Snapshot) -> bool:
        """Whether anything differs that could change what the datapath does."""
        return self.versions != later.versions or bool(lost_rings(self, later)) or self.wiring != later.wiring


def snapshot(world: World) -> Snapshot:
    """Take a snapshot of a world."""
    fabric = fabric_of(world)
    return Snapshot(
        {context: cluster.api.store.version for context, cluster in world.clusters.items()},
        {agent.place: agent.ring for cluster in world.clusters.values() for agent in agents_of(cluster)},
        (fabric.links, fabric.servers),
    )


def lost_rings(before: Snapshot, after: Snapshot) -> dict[str, EventRing]:
    """The rings that were there before and are not any more, by place."""
    return {place: ring for place, ring in before.rings.items() if after.rings.get(place) is not ring}


def deleted_objects(world: World, before: Snapshot) -> Iterator[tuple[str, KubeObject]]:
    """Context and object of what has been deleted since a snapshot and was written by somebody."""
    for context, cluster in world.clusters.items():
        for change in cluster.api.store.changes_since(before.versions.get(context, 0)):
            gone = change.object
            if change.type == "DELETED" and change.resource not in DERIVED_KINDS and controller_of(gone) is None:
                yield context, gone


def is_lost_evidence(
    session: Session, steps: Sequence[EvidenceStep], rings: Mapping[str, EventRing], seen: Collection[Fact]
) -> bool:
    """Whether emptied rings held flows that a step still wanted and that had not been seen.

    Args:
        session: The learner's shell, for the names in facts.
        steps: Evidence steps that are open and not earned.
        rings: ``context/node`` → the ring that is gone.
        seen: What the learner has seen.
    """
    wanting = [step for step in steps if any(kind == "flow" for kind, _ in step.fact.leaves())]
    if not wanting:
        return False
    known = set(seen)
    for place, ring in rings.items():
        cluster = session.world.clusters[place.partition("/")[0]]
        facts, version = FlowFacts(session.world, cluster), cluster.cilium_version
        flows = {fact for event in ring.newest() for fact in facts.of(flow_of(event, version))} - known
        if any(holds(step.fact, [*seen, *flows]) for step in wanting):
            return True
    return False


def charge(offence: Offence, reason: str, command: int | None, earlier: Sequence[Deduction]) -> Deduction | None:
    """Take points for an offence, as far as its cap leaves any."""
    each, most = PRICES[offence]
    spent = sum(deduction.points for deduction in earlier if deduction.offence is offence)
    points = min(each, most - spent)
    return Deduction(offence, reason, points, command) if points > 0 else None
