"""Helm values of the Cilium release: nested mappings, dotted paths, ``--set`` texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Values = Mapping[str, Any]
_LONGEST_LIST = 65536  # Source: helm pkg/strvals, MaxIndex.

# Source: the values that `cilium install` computes on kind (reference golden install-dry-run-helm-values), with what
# the
# ConfigMap golden was taken with: kubeProxyReplacement and bpf.masquerade.
KIND_VALUES: Values = {
    "bpf": {"masquerade": True},
    "hubble": {"enabled": True, "relay": {"enabled": True}},
    "ipam": {"mode": "kubernetes"},
    "kubeProxyReplacement": True,
    "operator": {"replicas": 1},
    "routingMode": "tunnel",
    "tunnelProtocol": "vxlan",
}


def lookup(values: Values, path: str, default: Any = None) -> Any:
    """The value at a dotted path (``hubble.relay.enabled``); the default where it is absent or null."""
    node: Any = values
    for step in path.split("."):
        if not isinstance(node, Mapping) or step not in node:
            return default
        node = node[step]
    return default if node is None else node


def merge(base: Values, over: Values) -> dict[str, Any]:
    """Values with others laid over them; mappings merge, everything else replaces."""
    merged = dict(base)
    for key, value in over.items():
        present = merged.get(key)
        merged[key] = merge(present, value) if isinstance(value, Mapping) and isinstance(present, Mapping) else value
    return merged


def assign(values: Values, path: str, value: Any) -> dict[str, Any]:
    """Values with one path set: ``a.b``, ``a.list[0].b``; a backslash before a dot makes it part of the key.

    Raises:
        ValueError: a place in a list cannot be read; the message is the real one.
    """
    fresh: dict[str, Any] = _put(values, _steps(path), value)
    return fresh


def _steps(path: str) -> list[str | int]:
    # Source: helm pkg/strvals: keys end at a dot or a bracket, a backslash takes their meaning from both.
    steps: list[str | int] = []
    for part in re.split(r"(?<!\\)\.", path):
        name, *places = re.split(r"(?<!\\)\[", part)
        if name:
            steps.append(name.replace("\\", ""))
        for place in places:
            if not (place.endswith("]") and place[:-1].isdecimal() and int(place[:-1]) <= _LONGEST_LIST):
                raise ValueError(f'failed parsing --set data: error parsing index: "{place.rstrip("]")}"')
            steps.append(int(place[:-1]))
    return steps


def _put(present: Any, steps: Sequence[str | int], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(present) if isinstance(present, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _put(items[step], rest, value)
        return items
    known = dict(present) if isinstance(present, Mapping) else {}
    known[step] = _put(known.get(step), rest, value)
    return known


def parse_set(text: str) -> list[tuple[str, Any]]:
    r"""Read the argument of ``--set``: ``a.b=true,c=1,d={x,y}``; ``\,`` stands for itself.

    Raises:
        ValueError: an item without ``=``; the message is the real one.
    """
    pairs = []
    for item in _split(text):
        path, equals, raw = item.partition("=")
        if not equals:
            raise ValueError(f'failed parsing --set data: key "{path}" has no value')
        pairs.append((path, _typed(raw)))
    return pairs


def _split(text: str) -> list[str]:
    items, depth, start, position = [], 0, 0, 0
    while position < len(text):
        letter = text[position]
        if letter == "\\":
            position += 1
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        elif letter == "," and not depth:
            items.append(text[start:position])
            start = position + 1
        position += 1
    items.append(text[start:])
    return [item for item in items if item]


def _typed(raw: str) -> Any:
    # Source: helm pkg/strvals: true, false, null and integers are typed, everything else is text.
    if raw.startswith("{") and raw.endswith("}"):
        return [_typed(item) for item in _split(raw[1:-1])]
    named: dict[str, Any] = {"true": True, "false": False, "null": None}
    if raw in named:
        return named[raw]
    if raw.lstrip("-").isdigit() and (raw == "0" or not raw.lstrip("-").startswith("0")):
        return int(raw)
    return raw.replace("\\,", ",")
