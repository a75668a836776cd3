"""What the agent's listings tell of the policies behind them: the fields of the manifest that a line shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.policy.model import PolicyKey
from quizgame.tools.cilium_dbg.call import Call
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.formats.tree import Path, scalar_text
from quizgame.tools.kubectl.shown import View, value_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quizgame.tools.output import Line

_RESOURCES = {
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
    "CiliumNetworkPolicy": "ciliumnetworkpolicies.cilium.io",
    "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies.cilium.io",
}
NAME_LABEL = '"value": "'


def policy_fact(call: Call, key: PolicyKey) -> Fact:
    """That the agent has a policy in force."""
    return fact(
        "policy",
        witnesses=(key.name,),
        cluster=call.cluster,
        kind=key.kind,
        namespace=key.namespace or None,
        name=key.name,
    )


def field_facts(call: Call, key: PolicyKey) -> list[tuple[str, str, list[Fact]]]:
    """Every scalar of a policy's spec: its key, its text, and what a reader of both learns."""
    manifest = call.agent.api.find(_RESOURCES[key.kind], key.name, key.namespace)
    if manifest is None:
        return []
    view = View(call.cluster, call.agent.api)
    return [
        (str(path[-1]), scalar_text(value), value_facts(view, manifest, path, value))
        for part in ("spec", "specs")
        for path, value in _scalars((part,), manifest.get(part))
    ]


def _scalars(path: Path, node: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, Mapping):
        for name, child in node.items():
            yield from _scalars((*path, name), child)
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from _scalars((*path, place), child)
    elif node is not None:
        yield path, node


def shown_fields(text: str, fields: Sequence[tuple[str, str, list[Fact]]]) -> tuple[Fact, ...]:
    """The fields that a line shows: those whose key stands right before their value, in JSON or in a selector."""
    return tuple(
        known
        for key, value, facts in fields
        if value and (f'{key}": "{value}"' in text or f"{key}: {value}," in text)
        for known in facts
    )


def tell_entries(call: Call, shown: Sequence[Line]) -> list[tuple[Line, tuple[Fact, ...]]]:
    """The lines of ``policy get`` with what each tells.

    An entry names its policy only in its labels, so its lines are read once the whole entry is known.
    """
    keys = call.agent.repository.policies
    told: list[tuple[Line, tuple[Fact, ...]]] = []
    entry: list[Line] = []
    for line in shown:
        entry.append(line)
        if line.text in ("  },", "  }"):
            told += _tell_entry(call, entry, keys)
            entry = []
    return [*told, *((line, ()) for line in entry)]


def _tell_entry(call: Call, entry: Sequence[Line], keys: Sequence[PolicyKey]) -> list[tuple[Line, tuple[Fact, ...]]]:
    values = {line.text.strip().removeprefix(NAME_LABEL).rstrip('",') for line in entry if NAME_LABEL in line.text}
    named = [key for key in keys if {key.kind, key.name} <= values and (not key.namespace or key.namespace in values)]
    fields = [each for key in named for each in field_facts(call, key)]
    facts = {key.name: policy_fact(call, key) for key in named}
    return [
        (
            line,
            (*shown_fields(line.text, fields), *(known for name, known in facts.items() if f'"{name}"' in line.text)),
        )
        for line in entry
    ]
