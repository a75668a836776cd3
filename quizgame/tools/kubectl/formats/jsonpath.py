"""``-o jsonpath``: running a template over an object, remembering where each value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quizgame.tools.kubectl.formats.json_out import go_json
from quizgame.tools.kubectl.formats.jsonpath_parse import (
    Action,
    Child,
    Filter,
    JsonPathError,
    Node,
    Recursive,
    Slice,
    Step,
    Text,
    Union,
    Wildcard,
    parse_template,
)
from quizgame.tools.kubectl.formats.tree import Path, scalar_text

Found = tuple[Any, Path | None]
"""A value and where in the object it stands; ``None`` for text of the template."""

_cached_template = lru_cache(maxsize=256)(parse_template)


class JsonPath:
    """A template ready to run.

    Args:
        template: As typed.

    Raises:
        JsonPathError: the template cannot be read.
    """

    def __init__(self, template: str) -> None:
        self._nodes = _cached_template(template)

    def results(self, data: Any) -> list[list[Found]]:
        """What each pair of braces (or text between them) yields, in order.

        Raises:
            JsonPathError: a list is asked for what it has not.
        """
        return list(_run(self._nodes, (data, ())))

    def values(self, data: Any) -> list[Any]:
        """All values found, without text of the template."""
        return [value for found in self.results(data) for value, path in found if path is not None]


def relaxed(expression: str) -> str:
    """An expression as ``--sort-by`` and ``custom-columns`` take it: braces and the first dot may be left out.

    Raises:
        JsonPathError: it is no path.
    """
    # Source: kubectl pkg/cmd/get/customcolumn.go RelaxedJSONPathExpression.
    if not expression:
        return expression
    text = expression.strip()
    if text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    elif text.startswith("{") or text.endswith("}"):
        raise JsonPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return "{" + (text if text.startswith((".", "[")) else f".{text}") + "}"


def printed(found: list[Found]) -> str:
    """What one pair of braces prints: values separated by blanks, mappings and lists as JSON."""
    return " ".join(value_text(value) for value, _ in found)


def value_text(value: Any) -> str:
    """One value as a template prints it."""
    return go_json(value) if isinstance(value, (Mapping, list)) else scalar_text(value)


def _run(nodes: tuple[Node, ...], current: Found) -> Iterator[list[Found]]:
    for node in nodes:
        if isinstance(node, Text):
            yield [(node.text, None)]
        elif isinstance(node, Action):
            yield _walk([current], node.steps)
        else:
            for item in _walk([current], node.steps):
                yield from _run(node.body, item)


def _walk(values: list[Found], steps: tuple[Step, ...]) -> list[Found]:
    for step in steps:
        values = _take(values, step)
    return values


def _take(values: list[Found], step: Step) -> list[Found]:
    if isinstance(step, Child):
        return (
            [
                (value[step.name], _below(path, step.name))
                for value, path in values
                if isinstance(value, dict) and step.name in value
            ]
            if step.name
            else values
        )
    if isinstance(step, Wildcard):
        return [child for found in values for child in _children(found)]
    if isinstance(step, Slice):
        return [item for found in values for item in _sliced(found, step)]
    if isinstance(step, Filter):
        return [item for found in values for item in _filtered(found, step)]
    if isinstance(step, Recursive):
        return [each for found in values for each in _descend(found)]
    if isinstance(step, Union):
        return [each for path in step.paths for each in _walk(values, path)]
    return [(step.text if isinstance(step, Text) else step.value, None)]


def _below(path: Path | None, step: str | int) -> Path:
    return (*path, step) if path else (step,)


def _children(found: Found) -> list[Found]:
    value, path = found
    if isinstance(value, Mapping):
        return [(value[key], _below(path, key)) for key in sorted(value)]
    if isinstance(value, list):
        return [(child, _below(path, place)) for place, child in enumerate(value)]
    return []


def _descend(found: Found) -> list[Found]:
    children = _children(found)
    return [found, *(each for child in children for each in _descend(child))] if children else []


def _items(value: Any, refusal: str) -> list[Any]:
    if not isinstance(value, list):
        raise JsonPathError(f"{_go_type(value)} {refusal}")
    return value


def _sliced(found: Found, step: Slice) -> list[Found]:
    value, path = found
    if value is None:
        return []
    items = _items(value, "is not array or slice")
    # Source: client-go util/jsonpath/jsonpath.go evalArray.
    size = len(items)
    start = step.start + size if step.start < 0 else step.start
    stop = size if step.stop is None else step.stop
    if stop < 0 or (stop == 0 and step.is_single):
        stop += size
    if start == stop:
        return []
    if not 0 <= start < size:
        raise JsonPathError(f"array index out of bounds: index {start}, length {size}")
    if not 0 <= stop <= size:
        raise JsonPathError(f"array index out of bounds: index {stop - 1}, length {size}")
    if start > stop:
        raise JsonPathError(f"starting index {start} is greater than ending index {stop}")
    if step.step <= 0:
        raise JsonPathError("step must be > 0")
    return [(items[place], _below(path, place)) for place in range(start, stop, step.step)]


def _filtered(found: Found, step: Filter) -> list[Found]:
    value, path = found
    items = _items(value, "is not array or slice and cannot be filtered")
    return [
        (item, _below(path, place)) for place, item in enumerate(items) if _holds(step, (item, _below(path, place)))
    ]


def _holds(step: Filter, item: Found) -> bool:
    left = _walk([item], step.left)
    if step.operator == "exists":
        return bool(left)
    right = _walk([item], step.right)
    if not left or not right:
        return False
    if len(left) > 1 or len(right) > 1:
        raise JsonPathError("can only compare one element at a time")
    a, b = left[0][0], right[0][0]
    if isinstance(a, bool) is not isinstance(b, bool) or isinstance(a, str) is not isinstance(b, str):
        raise JsonPathError("incompatible types for comparison")
    match step.operator:
        case "==":
            return bool(a == b)
        case "!=":
            return bool(a != b)
    if not isinstance(a, (int, float, str)) or not isinstance(b, (int, float, str)):
        raise JsonPathError("invalid type for comparison")
    return _ordered(a, b, step.operator)


def _ordered(left: Any, right: Any, operator: str) -> bool:
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
    return bool(left >= right)


def _go_type(value: Any) -> str:
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    kinds = {bool: "bool", int: "int64", float: "float64", str: "string"}
    return kinds.get(type(value), "interface {}")
