"""Whether a task's checks are met: by what was shown, by what the datapath does, by what objects say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from quizgame.addresses import is_ipv4
from quizgame.cluster.objects import KubeObject, dig, name_of
from quizgame.cluster.world import World
from quizgame.content.scenario.lab import TaskCheck, WantedCondition, WantedObject
from quizgame.content.scenario.parts import Probe
from quizgame.content.scenario.steps import Wanted
from quizgame.game.scenario.evidence import holds
from quizgame.game.scenario.probing import Probed, try_probe
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.formats.tree import Path, field_text, scalar_text


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check stands."""

    subject: str
    """What must be so."""
    is_met: bool
    seen: str = ""
    """What is so instead; empty where the check is met."""


class Judge:
    """Judges checks against a world as it is now; nothing in it changes.

    Args:
        world: The world.
        contexts: Name of a cluster in the lab → its context; the empty name is the first one's.
        shown: Fact → the last line that showed it.
        since: Only what later lines showed counts, except for checks that say ``ever``.
    """

    def __init__(self, world: World, contexts: Mapping[str, str], shown: Mapping[Fact, int], since: int) -> None:
        self._world = world
        self._contexts = contexts
        self._shown = shown
        self._since = since

    def are_met(self, checks: Sequence[TaskCheck]) -> bool:
        """Whether all are met; what costs least is looked at first."""
        return all(self._is_met(check) for check in sorted(checks, key=_cost))

    def findings(self, checks: Sequence[TaskCheck]) -> Iterator[Finding]:
        """How each check stands, in their order."""
        for check in checks:
            is_met = self._is_met(check)
            yield Finding(subject_of(check), is_met, "" if is_met else self._seen_instead(check))

    def _is_met(self, check: TaskCheck) -> bool:
        if check.any is not None:
            return any(self._is_met(part) for part in sorted(check.any, key=_cost))
        if check.all is not None:
            return self.are_met(check.all)
        if check.seen is not None:
            return holds(check.seen, self._facts(check))
        if check.object is not None:
            return self._object(check, check.object)[0]
        probed = self._probed(check)
        return probed.works if check.works is not None else bool(probed.tries) and probed.fails

    def _seen_instead(self, check: TaskCheck) -> str:
        if check.seen is not None:
            return "not shown yet" if check.ever else "not shown since this task began"
        if check.object is not None:
            return self._object(check, check.object)[1]
        if check.parts:
            return "; ".join(self._seen_instead(part) for part in check.parts if not self._is_met(part))
        return self._probed(check).seen(check.works is not None)

    # Facts

    def _facts(self, check: TaskCheck) -> list[Fact]:
        wanted = self._context(check.cluster) if check.cluster is not None else None
        return [
            fact
            for fact, line in self._shown.items()
            if (check.ever or line > self._since) and (wanted is None or dict(fact.attributes).get("cluster") == wanted)
        ]

    def _context(self, cluster: str | None) -> str:
        """The context of a cluster that is named as the lab names it, or by its context."""
        return self._contexts.get(cluster or "", cluster or "")

    # Probes

    @cached_property
    def _twin(self) -> World:
        return self._world.fork()

    def _probed(self, check: TaskCheck) -> Probed:
        probe = check.works or check.fails
        if probe is None:
            raise ValueError("the check has no probe")
        return try_probe(self._twin, self._contexts, _placed(probe, self._name(check.cluster)))

    def _name(self, cluster: str | None) -> str:
        named = {context: name for name, context in self._contexts.items() if name}
        return named.get(cluster or "", cluster or "")

    # Objects

    def _object(self, check: TaskCheck, wanted: WantedObject) -> tuple[bool, str]:
        """Whether an object is as it should be; what is there if not."""
        cluster = self._world.clusters.get(self._context(wanted.cluster or check.cluster))
        if cluster is None:
            return False, f'there is no cluster "{wanted.cluster or check.cluster}"'
        served = cluster.api.registry.resolve(wanted.kind.lower())
        there = cluster.api.list(served[0].qualified, wanted.namespace or None) if served is not None else []
        found = [thing for thing in there if fnmatchcase(name_of(thing), wanted.name)]
        if wanted.absent:
            return not found, "it is there"
        if not found:
            return False, "there is none"
        told = [_lack(thing, wanted) for thing in found]
        return not all(told), told[0]


def subject_of(check: TaskCheck) -> str:
    """What a check asks for, in words."""
    if check.any is not None:
        return " or ".join(subject_of(part) for part in check.any)
    if check.all is not None:
        return " and ".join(subject_of(part) for part in check.all)
    where = f" in {check.cluster}" if check.cluster is not None else ""
    if check.seen is not None:
        return f"seen: {_fact_text(check.seen)}{where}"
    if check.object is not None:
        return f"{_object_text(check.object)}{where}"
    return f"works: {check.works}{where}" if check.works is not None else f"fails: {check.fails}{where}"


def _cost(check: TaskCheck) -> int:
    """Facts cost least, probes most."""
    if check.parts:
        return max(_cost(part) for part in check.parts)
    return 0 if check.seen is not None else 1 if check.object is not None else 2


def _fact_text(wanted: Wanted) -> str:
    simple = wanted.simple
    if simple is not None:
        kind, attributes = simple
        return f"{kind} {', '.join(f'{key} {value}' for key, value in attributes.items())}"
    parts, word = (wanted.any, " or ") if wanted.any is not None else (wanted.all or (), " and ")
    return word.join(_fact_text(part) for part in parts)


def _object_text(wanted: WantedObject) -> str:
    if wanted.absent:
        return f"{wanted} is gone"
    told = [f"{wanted} is there"]
    if wanted.field is not None:
        told.append(
            f"{wanted.field} is {_scalar(wanted.value)}" if wanted.value is not None else f"it has {wanted.field}"
        )
    if wanted.condition is not None:
        told.append(f"{wanted.condition.type} is {wanted.condition.status}")
    return ", ".join(told)


def _scalar(value: object) -> str:
    return scalar_text(value)


def _lack(thing: KubeObject, wanted: WantedObject) -> str:
    """What an object lacks; empty if nothing."""
    if wanted.field is not None:
        values = [value for path, value in _nodes(thing) if fnmatchcase(field_text(path), _pattern(wanted.field))]
        if not values:
            return f"it has no {wanted.field}"
        if wanted.value is not None:
            texts = [_scalar(value) for value in values if not isinstance(value, (Mapping, list))]
            if not any(fnmatchcase(text, _pattern(_scalar(wanted.value))) for text in texts):
                return f"{wanted.field} is {', '.join(texts) or 'no plain value'}"
    return _condition_lack(thing, wanted.condition) if wanted.condition is not None else ""


def _condition_lack(thing: KubeObject, wanted: WantedCondition) -> str:
    status = dig(thing, "status", default={})
    own = [each for each in status.get("conditions") or () if each.get("type") == wanted.type]
    found = own or [each for each in _conditions(status) if each.get("type") == wanted.type]
    if not found:
        return f"it reports no condition {wanted.type}"
    for each in found:
        is_reason = wanted.reason is None or fnmatchcase(str(each.get("reason", "")), wanted.reason)
        if each.get("status") == wanted.status and is_reason:
            return ""
    first = found[0]
    return f"{wanted.type} is {first.get('status')} ({first.get('reason', '')})"


def _conditions(node: Any) -> Iterator[Mapping[str, Any]]:
    """All conditions in a status: of the object itself, of its parents, of its listeners."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "conditions" and isinstance(value, list):
                yield from (each for each in value if isinstance(each, Mapping))
            else:
                yield from _conditions(value)
    elif isinstance(node, list):
        for each in node:
            yield from _conditions(each)


def _nodes(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in an object with its path."""
    if path:
        yield path, node
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(node, Mapping):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for key, value in children:
        yield from _nodes(value, (*path, key))


def _pattern(text: str) -> str:
    """A shell pattern in which brackets stand for themselves, since paths of fields hold them."""
    return text.replace("[", "[[]")


def _placed(probe: Probe, cluster: str) -> Probe:
    """A probe whose workloads are those of a cluster, where it does not say itself which."""
    if not cluster:
        return probe

    def named(text: str) -> str:
        place = text.partition("/")[0]
        return text if "/" not in text or ":" in place or is_ipv4(text) else f"{cluster}:{text}"

    return probe.model_copy(update={"from_": named(probe.from_), "to": named(probe.to)})
