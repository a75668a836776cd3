"""A scenario's variables: drawn from a seed, put into its text as ``${name}`` or ``${name.part}``.

Rules for this file: substitution keeps the shape of the data, so that places in the file stay valid; a text that is
nothing but one placeholder takes the variable's value with its type, so that a port stays a number. ``$${`` stands
for ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from quizgame.errors import QuizgameError

Value = str | int | Mapping[str, str | int]
"""One value of a variable; a mapping has parts that belong together."""
Path = tuple[str | int, ...]

_PLACEHOLDER = re.compile(r"\$(\$\{)|\$\{([A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)?)\}")
PLACEHOLDER_PATTERN = r"^\$\{[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)?\}$"
"""A text that is one placeholder, as a JSON Schema pattern."""


class UnknownVariable(QuizgameError):
    """A placeholder names no variable."""


def draw(vary: Mapping[str, Sequence[Value]], seed: int, scenario: str) -> dict[str, Value]:
    """Choose one value for each variable, each by its own hash, so that a new variable moves none of the others."""
    return {name: values[_keyed(seed, scenario, name, len(values))] for name, values in vary.items()}


def first_values(vary: Mapping[str, Sequence[Value]]) -> dict[str, Value]:
    """The first value of each variable."""
    return {name: values[0] for name, values in vary.items()}


def substitute(data: Any, values: Mapping[str, Value]) -> Any:
    """Put values into all texts of some data.

    Raises:
        UnknownVariable: if a placeholder names none of them.
    """
    if isinstance(data, str):
        return _fill(data, values)
    if isinstance(data, dict):
        return {_key(key, values): substitute(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [substitute(item, values) for item in data]
    return data


def placeholders(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """All placeholders of some data: where, and which name."""
    if isinstance(data, str):
        for found in _PLACEHOLDER.finditer(data):
            if found.group(2):
                yield path, found.group(2)
    elif isinstance(data, dict):
        for key, value in data.items():
            if isinstance(key, str):
                yield from placeholders(key, (*path, key))
            yield from placeholders(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from placeholders(item, (*path, index))


def value_of(name: str, values: Mapping[str, Value]) -> str | int:
    """The value behind the name in a placeholder.

    Raises:
        UnknownVariable: if there is none.
    """
    head, _, part = name.partition(".")
    value = values.get(head)
    if isinstance(value, Mapping) and part in value:
        return value[part]
    if value is None or part or isinstance(value, Mapping):
        raise UnknownVariable(
            f'"${{{name}}}" names no variable', hint="declare it under vary, or write $${ for a plain ${"
        )
    return value


def _fill(text: str, values: Mapping[str, Value]) -> str | int:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole is not None and whole.group(2):
        return value_of(whole.group(2), values)
    return _PLACEHOLDER.sub(lambda found: "${" if found.group(1) else str(value_of(found.group(2), values)), text)


def _key(key: Any, values: Mapping[str, Value]) -> Any:
    return str(_fill(key, values)) if isinstance(key, str) else key


def _keyed(seed: int, scenario: str, name: str, below: int) -> int:
    text = "\x1f".join((str(seed), "vary", scenario, name))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % below
