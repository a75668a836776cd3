"""``-o custom-columns``: a table whose columns are paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from quizgame.goflags.tabwriter import TabWriter
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.formats.json_out import go_json
from quizgame.tools.kubectl.formats.jsonpath import Found, JsonPath, relaxed
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.formats.tree import Path, scalar_text
from quizgame.tools.output import Line

NodeFacts = Callable[[Mapping[str, Any], Path, Any], Iterable[Fact]]


def custom_columns(
    specification: str, nodes: Sequence[Mapping[str, Any]], facts_at: NodeFacts, *, has_header: bool = True
) -> list[Line]:
    """Print objects as ``NAME:.metadata.name,IP:.status.podIP`` asks.

    Args:
        specification: Headers and paths; from a file, headers on one line and paths on the next.
        nodes: The objects.
        facts_at: What a reader learns from a value of an object.
        has_header: Whether the header is printed.

    Raises:
        KubectlError: the specification cannot be read.
    """
    columns = _columns(specification)
    writer = TabWriter(6, 4, 3, " ")
    facts: list[tuple[Fact, ...]] = []
    if has_header:
        writer.write("\t".join(name for name, _ in columns) + "\n")
        facts.append(())
    for node in nodes:
        found = [_cell(path, node) for _, path in columns]
        writer.write("\t".join(_text(values) for values in found) + "\n")
        learned = (shown for values in found for value, path in values if path for shown in facts_at(node, path, value))
        facts.append(tuple(dict.fromkeys(learned)))
    return [Line(text, shown) for text, shown in zip(writer.flush().split("\n"), facts, strict=False)]


def _columns(specification: str) -> list[tuple[str, JsonPath]]:
    # Source: kubectl pkg/cmd/get/customcolumn.go.
    if "\n" in specification.strip():
        headers, paths = specification.strip().split("\n", 1)
        pairs = list(zip(headers.split(), paths.split(), strict=False))
    else:
        pairs = []
        for part in specification.strip().split(","):
            name, colon, path = part.partition(":")
            if not colon:
                raise KubectlError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
            pairs.append((name, path))
    columns = []
    for name, path in pairs:
        try:
            columns.append((name, JsonPath(relaxed(path))))
        except JsonPathError as error:
            raise KubectlError(error.message) from None
    return columns


def _cell(path: JsonPath, node: Mapping[str, Any]) -> list[Found]:
    try:
        results = path.results(node)
    except JsonPathError:
        return []
    return results[0] if results else []


def _text(values: list[Found]) -> str:
    if not values:
        return "<none>"
    return ",".join(_one(value) for value, _ in values)


def _one(value: Any) -> str:
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{_one(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_one, value)) + "]"
    return "<none>" if value is None else scalar_text(value) if not isinstance(value, float) else go_json(value)
