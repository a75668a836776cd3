"""YAML in few lines: what fits on a line stands on one, so that two policies fit on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

WIDTH = 68
"""Columns that a line may take."""
ENDLESS = 10_000


def manifests_text(objects: Iterable[dict[str, Any]]) -> str:
    """Objects as documents of one YAML text, without a last line end."""
    return "\n---\n".join("\n".join(_lines(thing, 0, is_top=True)) for thing in objects)


def _lines(value: Any, indent: int, *, is_top: bool = False) -> Iterator[str]:
    """The lines of a mapping or list in block style; the caller has indented none of them."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, child in value.items():
            flow = _flow(child)
            fits = len(pad) + len(str(key)) + 2 + len(flow) <= WIDTH
            if fits and not (is_top and key == "spec"):
                yield f"{pad}{key}: {flow}"
            else:
                yield f"{pad}{key}:"
                yield from _lines(child, indent if isinstance(child, list) else indent + 2)
    elif isinstance(value, list):
        for item in value:
            flow = _flow(item)
            if len(pad) + 2 + len(flow) <= WIDTH or not isinstance(item, dict | list):
                yield f"{pad}- {flow}"
            else:
                first, *rest = _lines(item, indent + 2)
                yield f"{pad}- {first.lstrip()}"
                yield from rest
    else:
        yield f"{pad}{_flow(value)}"


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=ENDLESS)
    return text.removesuffix("...\n").rstrip("\n")
