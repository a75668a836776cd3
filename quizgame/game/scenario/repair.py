"""Judges a repair by what the datapath does: what is restored, what must still fail, what must be as before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quizgame.cluster.objects import KubeObject, dig
from quizgame.cluster.world import World
from quizgame.content.scenario.parts import Probe
from quizgame.content.scenario.steps import KeptObject, RepairStep
from quizgame.game.scenario.probing import Probed, probe_world
from quizgame.game.scenario.stage import Stage


class CheckKind(StrEnum):
    """What a check asks for."""

    RESTORED = "restored"
    STILL_DENIED = "still denied"
    CLOSED = "closed"
    UNTOUCHED = "untouched"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a repair."""

    kind: CheckKind
    subject: str
    """The probe, or the object."""
    is_met: bool
    expected: str
    seen: str
    why: str = ""
    """Why it matters."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a repair holds, check by check."""

    checks: tuple[Check, ...]
    probed: tuple[Probed, ...]
    """What became of the probes of what must be restored."""

    @property
    def is_met(self) -> bool:
        """Whether every check is met."""
        return all(check.is_met for check in self.checks)


_DEFAULT_WHY = {
    CheckKind.RESTORED: "this is what you were called for",
    CheckKind.STILL_DENIED: "a repair that opens this gives up the protection that was there",
    CheckKind.CLOSED: "it was closed on purpose, and the repair opens it again",
    CheckKind.UNTOUCHED: "a repair must not break what worked",
    CheckKind.KEPT: "it must survive the repair; change it rather than delete it",
}


def judge(stage: Stage, step: RepairStep, world: World) -> Judgement:
    """Judge the present state of a world; nothing in it changes."""
    groups = (
        (CheckKind.RESTORED, step.restored, True),
        (CheckKind.STILL_DENIED, step.still_denied, False),
        (CheckKind.CLOSED, step.closed, False),
        (CheckKind.UNTOUCHED, step.untouched, True),
    )
    every: tuple[Probe, ...] = tuple(probe for _, probes, _ in groups for probe in probes)
    results = probe_world(world, stage.contexts, every)
    checks: list[Check] = []
    position = 0
    for kind, probes, expected in groups:
        checks.extend(_probe_check(kind, each, expected) for each in results[position : position + len(probes)])
        position += len(probes)
    checks.extend(_object_check(stage, world, kept) for kept in step.keep)
    return Judgement(tuple(checks), tuple(results[: len(step.restored)]))


def _probe_check(kind: CheckKind, probed: Probed, expected: bool) -> Check:
    is_met = probed.works if expected else probed.fails
    why = probed.probe.why or _DEFAULT_WHY[kind]
    return Check(kind, str(probed.probe), is_met, "works" if expected else "fails", probed.seen(expected), why)


def _object_check(stage: Stage, world: World, kept: KeptObject) -> Check:
    cluster = world.clusters[stage.contexts[kept.cluster or ""]]
    served = cluster.api.registry.resolve(kept.kind.lower())
    found = cluster.api.find(served[0], kept.name, kept.namespace or "") if served is not None else None
    expected = ", ".join(["is there", *(f"{field} is {value}" for field, value in kept.with_.items())])
    seen, is_met = "is gone", False
    if found is not None:
        odd = [
            (field, _value(found, field)) for field, value in kept.with_.items() if _value(found, field) != str(value)
        ]
        seen = ", ".join(f"{field} is {value or 'not set'}" for field, value in odd) or "is there"
        is_met = not odd
    return Check(CheckKind.KEPT, str(kept), is_met, expected, seen, _DEFAULT_WHY[CheckKind.KEPT])


def _value(thing: KubeObject, field: str) -> str:
    """The value at a dotted field; a key may itself hold dots, so the longest one that is there counts."""
    if not field:
        return ""
    parts = field.split(".")
    for length in range(len(parts), 0, -1):
        value = dig(thing, ".".join(parts[:length]))
        if value is not None:
            rest = parts[length:]
            return _value(value, ".".join(rest)) if rest else str(value)
    return ""
