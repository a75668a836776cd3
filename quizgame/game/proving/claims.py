"""Executes one claim: what of it is not so in its world.

Claims about connections and manifests run in a world of policy alone, which takes milliseconds; claims with a command
run in a fork of a simulated cluster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from quizgame.cluster.build import Manifest, default_specs
from quizgame.cluster.install.values import assign
from quizgame.cluster.world import World
from quizgame.content.proofs import Claim, PolicySettings, Proof, ProofCluster
from quizgame.errors import QuizgameError
from quizgame.game.worlds import assemble, free_shell
from quizgame.policy.model import EnforcementMode
from quizgame.policy.probe_parsing import parse_probe
from quizgame.policy.world import PolicyWorld, Probe, UnreadableObject, WorldSettings, build_world
from quizgame.tools.output import render
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

_NOT_SIMULATED = re.compile(r"quizgame: .* is not simulated")
WORLDS_KEPT = 8
"""Clusters kept for the questions that come next: many share theirs."""


class UnusableClaim(QuizgameError):
    """A claim that can be neither true nor false."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The world that all claims of one question start from."""

    proof: Proof
    exhibit: str = ""
    """Manifests of the exhibit, where the proof uses them."""

    def manifests(self, claim: Claim) -> tuple[str, ...]:
        """The texts of manifests of a claim's world."""
        return tuple(text for text in (self.proof.manifests, self.exhibit, claim.manifests) if text)


def merged(each: Claim, claim: Claim) -> Claim:
    """A claim with what it takes from the proof's ``each``."""
    said = {name: getattr(claim, name) for name in claim.model_fields_set}
    return each.model_copy(update=said)


def is_slow(claim: Claim) -> bool:
    """Whether it needs a cluster."""
    return _expects("shows", "lacks", "exit")(claim)


def failures(ground: Ground, claim: Claim) -> tuple[str, ...]:
    """What of a claim is not so; nothing if it is true.

    Args:
        ground: The proof that it belongs to.
        claim: Already merged with the proof's ``each``.

    Raises:
        UnusableClaim: It claims nothing, or its world cannot be made, or it names what is not there.
    """
    parts = [part for part in _PARTS if part.is_claimed(claim)]
    if not parts:
        raise UnusableClaim(
            "claims nothing: say what to expect of a probe (egress, ingress, l7, verdict, drop), of the manifests "
            "(refused, accepted) or of a command (shows, lacks, exit)"
        )
    try:
        return tuple(failure for part in parts for failure in part.failures(ground, claim))
    except UnusableClaim:
        raise
    except QuizgameError as error:
        raise UnusableClaim(f"cannot be executed: {error}") from error


@dataclass(frozen=True, slots=True)
class _Part:
    """One thing that claims can be about."""

    is_claimed: Callable[[Claim], bool]
    failures: Callable[[Ground, Claim], Iterator[str]]


def _policy_world(ground: Ground, claim: Claim) -> PolicyWorld:
    case = claim.case or ground.proof.case
    try:
        return build_world(_objects(ground.manifests(claim)), _settings(case))
    except UnreadableObject as error:
        raise UnusableClaim(f"manifest {error.index + 1}: {error.message}") from error


def _settings(case: PolicySettings) -> WorldSettings:
    return WorldSettings(
        mode=EnforcementMode(case.policyEnforcementMode.value),
        cluster_name=case.clusterName,
        names=case.dns,
        init_pods=frozenset(case.initPods),
        node_selectors=case.nodeSelectorLabels,
    )


def _objects(texts: Sequence[str]) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = []
    for text in texts:
        objects += [document.data for document in load_documents(text, "manifests", dialect=Dialect.KUBERNETES)]
    if not all(is_object(data) for data in objects):
        raise UnusableClaim("manifests: expected Kubernetes objects, each with kind and metadata")
    return objects


def is_object(data: Any) -> bool:
    """Whether data looks like an object of Kubernetes."""
    return isinstance(data, dict) and isinstance(data.get("kind"), str) and isinstance(data.get("metadata"), dict)


_OUTCOMES = ("egress", "ingress", "l7", "verdict")


def _probe_failures(ground: Ground, claim: Claim) -> Iterator[str]:
    if claim.probe is None:
        raise UnusableClaim("egress, ingress, l7, verdict and drop are about a probe: give one")
    world = _policy_world(ground, claim)
    if world.rejections and claim.refused is None:
        rejection = world.rejections[0]
        raise UnusableClaim(f"{rejection.name} is refused: {rejection.message}")
    probe = parse_probe(claim.probe.model_dump(by_alias=True, exclude_none=True, mode="json"))
    outcome = world.decide(probe)
    found = {
        "egress": _word(outcome.egress_allowed),
        "ingress": _word(outcome.ingress_allowed),
        "l7": _word(outcome.request_allowed),
        "verdict": outcome.verdict,
    }
    expected = {name: getattr(claim, name) for name in _OUTCOMES if getattr(claim, name) is not None}
    for name, word in expected.items():
        if found[name] != word.value:
            yield f"{name} is {found[name] or 'not decided'}, the claim says {word.value}"
    if claim.drop is not None:
        reasons = _drop_reasons(world, probe)
        if claim.drop not in reasons:
            shown = " and ".join(str(reason) for reason in reasons) or "none"
            yield f"the drop reason is {shown}, the claim says {claim.drop}"


def _drop_reasons(world: PolicyWorld, probe: Probe) -> list[int]:
    """The reason of the first side that drops: what one side drops the other never sees."""
    reasons = [trail.decision.drop_reason for trail in world.explain(probe) if trail is not None]
    return [reason for reason in reasons if reason is not None][:1]


def _word(allowed: bool | None) -> str | None:
    return None if allowed is None else "allowed" if allowed else "denied"


def _refusal_failures(ground: Ground, claim: Claim) -> Iterator[str]:
    messages = [rejection.message for rejection in _policy_world(ground, claim).rejections]
    if claim.refused is not None and not any(claim.refused in message for message in messages):
        yield f"refused with {messages[0]!r}" if messages else "no manifest is refused"
    if claim.accepted is not None and claim.accepted == bool(messages):
        yield f"refused with {messages[0]!r}" if messages else "every manifest is accepted"


def _command_failures(ground: Ground, claim: Claim) -> Iterator[str]:
    if claim.command is None:
        raise UnusableClaim("shows, lacks and exit are about a command: give one")
    shell = free_shell(cluster_world(ground.proof.cluster or ProofCluster(), ground.manifests(claim)).fork())
    for line in _texts(claim.command):
        result = shell.run_line(line)
    output = render(result.stdout) + render(result.stderr)
    for message in render(result.stderr).splitlines():
        if _NOT_SIMULATED.fullmatch(message):
            raise UnusableClaim(message)
    for text in _texts(claim.shows):
        if text.strip("\n") not in output:
            yield f"the output does not hold {text!r}: {_shortened(output)}"
    for text in _texts(claim.lacks):
        if text.strip("\n") in output:
            yield f"the output holds {text!r}"
    if claim.exit is not None and claim.exit != result.exit:
        yield f"the exit status is {result.exit}, the claim says {claim.exit}"


def _texts(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value


def _shortened(output: str, length: int = 200) -> str:
    text = " ".join(output.split())
    return text if len(text) <= length else text[: length - 3] + "..."


def cluster_world(cluster: ProofCluster, manifests: tuple[str, ...]) -> World:
    """The cluster of a proof with these manifests applied; take forks of it.

    Raises:
        QuizgameError: A manifest is refused, or a line of the set-up fails.
    """
    return _built(cluster.clusters, cluster.workers, tuple(sorted(cluster.values.items())), cluster.setup, manifests)


@lru_cache(maxsize=WORLDS_KEPT)
def _built(
    clusters: int,
    workers: int,
    values: tuple[tuple[str, str | int | bool], ...],
    setup: tuple[str, ...],
    manifests: tuple[str, ...],
) -> World:
    given: dict[str, Any] = {}
    for name, value in values:
        given = assign(given, name, value)
    specs = [replace(spec, values=given) for spec in default_specs(clusters, workers)]
    named: list[Manifest] = [("manifests", _objects([text])) for text in manifests]
    world = assemble(specs, seed=0, manifests=named)
    shell = free_shell(world)
    for line in setup:
        result = shell.run_line(line)
        if result.exit:
            raise UnusableClaim(f"the set-up line {line!r} fails: {_shortened(render(result.stderr))}")
    return world


def _expects(*names: str) -> Callable[[Claim], bool]:
    """Whether a claim says what to expect in one of these fields."""
    return lambda claim: any(getattr(claim, name) is not None for name in names)


_PARTS = (
    _Part(_expects(*_OUTCOMES, "drop"), _probe_failures),
    _Part(_expects("refused", "accepted"), _refusal_failures),
    _Part(_expects("shows", "lacks", "exit"), _command_failures),
)
