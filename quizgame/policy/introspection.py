"""A repository's contents as ``cilium-dbg policy get`` and ``policy selectors`` show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from quizgame.policy.compiled import CompiledClause, CompiledRule
from quizgame.policy.labels import Labels
from quizgame.policy.model import AuthMode, Direction, PolicyKey
from quizgame.policy.selectors import LabelSelector, Selector

if TYPE_CHECKING:
    from quizgame.policy.repository import Repository

_AUTH_WORDS: Final = {
    AuthMode.DISABLED: "disabled",
    AuthMode.REQUIRED: "required",
    AuthMode.ALWAYS_FAIL: "test-always-fail",
}


@dataclass(frozen=True, slots=True)
class SelectorRow:
    """One selector that policies use."""

    text: str
    """The selector as the agent prints it."""
    policies: tuple[PolicyKey, ...]
    """Those that use it, sorted."""
    labels: Labels
    """Of the rules of the first policy that uses it."""
    users: int
    """How many rule entries use it."""
    identities: tuple[int, ...]
    """Sorted; the wildcard lists all that are known."""


def rules(repository: Repository) -> list[dict[str, Any]]:
    """Return the elements of ``policy get``: one for each item of a rule's lists, in the agent's own terms."""
    return [
        _entry(compiled, list(clauses))
        for compiled in repository.compiled_rules()
        for _, clauses in groupby(compiled.clauses, key=lambda clause: _item_path(clause.clause.path))
    ]


def entry_count(compiled: CompiledRule) -> int:
    """Say how many elements of ``policy get`` a rule makes."""
    return sum(1 for _ in groupby(compiled.clauses, key=lambda clause: _item_path(clause.clause.path)))


def _item_path(path: str) -> str:
    """Return the item of a clause's path: ``spec.ingress[0]`` of ``spec.ingress[0].toPorts[1]``."""
    return path[: path.index("]", path.index("]") + 1 if path.startswith("specs[") else 0) + 1]


def _entry(compiled: CompiledRule, clauses: list[CompiledClause]) -> dict[str, Any]:
    rule, first = compiled.rule, clauses[0].clause
    selectors = dict.fromkeys(selector for clause in clauses for selector in clause.selectors)
    return {
        "Tier": 0,
        "Priority": 0,
        "Authentication": None if first.auth is None else {"mode": _AUTH_WORDS[first.auth]},
        "Log": {"value": rule.log} if rule.log else {},
        "Subject": rule.subject.as_manifest(),
        "L3": [] if first.peers is None else [_peer(selector) for selector in selectors],
        "L4": _ports(clauses),
        "Labels": [{"key": label.key, "value": label.value, "source": label.source} for label in rule.labels],
        "DefaultDeny": rule.default_deny(first.direction),
        "Verdict": int(first.is_deny),
        "Ingress": first.direction is Direction.INGRESS,
        "Node": rule.selects_nodes,
    }


def _peer(selector: Selector) -> Any:
    return selector.as_manifest() if isinstance(selector, LabelSelector) else str(selector)


def _ports(clauses: list[CompiledClause]) -> list[Any]:
    """Return the port items of one rule item, each once (the peers of a Kubernetes rule share theirs)."""
    items: list[Any] = []
    for clause in clauses:
        items.extend(shown for item in clause.clause.manifest_ports if (shown := _with_protocols(item)) not in items)
    return items


def _with_protocols(item: Any) -> Any:
    """Return a ``toPorts`` item with the protocol of every port spelt out."""
    if not isinstance(item, dict) or not item.get("ports"):
        return item
    return item | {"ports": [{**port, "protocol": port.get("protocol") or "ANY"} for port in item["ports"]]}


def selectors(repository: Repository) -> list[SelectorRow]:
    """Return every selector in use, sorted by its text."""
    identities = repository.identities
    users: dict[Selector, list[CompiledRule]] = {}
    for compiled in repository.compiled_rules():
        for selector in _uses(compiled):
            users.setdefault(selector, []).append(compiled)
    rows = [
        SelectorRow(
            text=str(selector),
            policies=tuple(sorted({compiled.rule.policy for compiled in using})),
            labels=min(using, key=lambda compiled: compiled.rule.policy).rule.labels,
            users=len(using),
            identities=tuple(identities.members(identities.selected(selector))),
        )
        for selector, using in users.items()
    ]
    return sorted(rows, key=lambda row: row.text)


def _uses(compiled: CompiledRule) -> Iterator[Selector]:
    """Yield the subject once for each entry of the rule, and each entry's peers."""
    for _, clauses in groupby(compiled.clauses, key=lambda clause: _item_path(clause.clause.path)):
        yield compiled.rule.subject
        yield from dict.fromkeys(selector for clause in clauses for selector in clause.selectors)
