"""``-o json`` and ``-o kyaml``: objects with the paths of their values; compact JSON as Go writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quizgame.tools.kubectl.formats.tree import Leaf, Path

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_UNSAFE = re.compile("[<>&\u2028\u2029]")
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def go_json(value: Any) -> str:
    """A value on one line as Go's encoder writes it: keys sorted, ``<>&`` escaped."""
    return _UNSAFE.sub(lambda match: _HTML[match[0]], _ENCODER.encode(value))


@lru_cache(maxsize=4096)
def _key(key: str) -> str:
    return f"{go_json(key)}: "


def json_leaves(value: Any, indent: str = "    ") -> list[Leaf]:
    """The lines of a JSON document."""
    out: list[Leaf] = []
    _json(out, value, (), "", "", "", indent)
    return out


def _json(out: list[Leaf], value: Any, path: Path, pad: str, head: str, tail: str, indent: str) -> None:
    if isinstance(value, str) or not value:
        out.append((f"{pad}{head}{go_json(value)}{tail}", path, value))
    elif isinstance(value, list):
        out.append((f"{pad}{head}[", None, None))
        inner = pad + indent
        last = len(value) - 1
        for place, child in enumerate(value):
            _json(out, child, (*path, place), inner, "", "," if place < last else "", indent)
        out.append((f"{pad}]{tail}", None, None))
    elif isinstance(value, Mapping):
        out.append((f"{pad}{head}{{", None, None))
        inner = pad + indent
        last = len(value) - 1
        for place, key in enumerate(sorted(value)):
            _json(out, value[key], (*path, key), inner, _key(key), "," if place < last else "", indent)
        out.append((f"{pad}}}{tail}", None, None))
    else:
        out.append((f"{pad}{head}{go_json(value)}{tail}", path, value))


def kyaml_leaves(value: Any) -> Iterator[Leaf]:
    """The lines of a KYAML document: flow style over lines, strings always quoted."""
    yield "---", None, None
    for text, path, child in _kyaml(value, (), "", ""):
        yield text.removesuffix(",") if not text.startswith(" ") else text, path, child


def _kyaml(value: Any, path: Path, pad: str, head: str) -> Iterator[Leaf]:
    if isinstance(value, Mapping) and value:
        yield f"{pad}{head}{{", None, None
        for key in sorted(value):
            yield from _kyaml(value[key], (*path, key), pad + "  ", f"{_bare(key)}: ")
        yield f"{pad}}},", None, None
    elif isinstance(value, list) and value and all(isinstance(child, Mapping) and child for child in value):
        # Source: sigs.k8s.io/yaml/kyaml: a list of mappings opens and closes them on the lines of its own brackets.
        yield f"{pad}{head}[{{", None, None
        for place, child in enumerate(value):
            if place:
                yield f"{pad}}}, {{", None, None
            for key in sorted(child):
                yield from _kyaml(child[key], (*path, place, key), pad + "  ", f"{_bare(key)}: ")
        yield f"{pad}}}],", None, None
    elif isinstance(value, list) and value:
        yield f"{pad}{head}[", None, None
        for place, child in enumerate(value):
            yield from _kyaml(child, (*path, place), pad + "  ", "")
        yield f"{pad}],", None, None
    else:
        yield f"{pad}{head}{json.dumps(value, ensure_ascii=False)},", path, value


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][-A-Za-z0-9_./]*", key) else json.dumps(key)
