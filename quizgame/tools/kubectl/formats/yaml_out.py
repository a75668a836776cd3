"""``-o yaml``: objects as the Kubernetes YAML library writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cmp_to_key, lru_cache
from typing import Any

from quizgame.tools.kubectl.formats.scalars import write_string
from quizgame.tools.kubectl.formats.tree import Leaf, Path


def yaml_leaves(value: Any) -> list[Leaf]:
    """The lines of a document with the paths of their values."""
    # Collected in a list that is handed down, since a generator in a generator would hand up each line level by level.
    out: list[Leaf] = []
    if isinstance(value, Mapping) and value:
        _mapping(out, value, (), 0, "")
    elif isinstance(value, list) and value:
        _sequence(out, value, (), 0, "")
    else:
        _scalar(out, "", value, (), 0)
    return out


def yaml_text(value: Any) -> str:
    """A document as text."""
    return "".join(f"{text}\n" for text, _, _ in yaml_leaves(value))


def _mapping(out: list[Leaf], value: Mapping[str, Any], path: Path, indent: int, lead: str) -> None:
    pad = " " * indent
    for key in sorted_keys(value):
        child = value[key]
        head = f"{lead or pad}{_key(key)}:"
        lead = ""
        here = (*path, key)
        if isinstance(child, str) or not child:
            _scalar(out, head + " ", child, here, indent + 2)
        elif isinstance(child, list):
            out.append((head, None, None))
            _sequence(out, child, here, indent, "")
        elif isinstance(child, Mapping):
            out.append((head, None, None))
            _mapping(out, child, here, indent + 2, "")
        else:
            _scalar(out, head + " ", child, here, indent + 2)


def _sequence(out: list[Leaf], value: Sequence[Any], path: Path, indent: int, lead: str) -> None:
    pad = " " * indent
    for position, child in enumerate(value):
        head = f"{lead or pad}- "
        lead = ""
        here = (*path, position)
        if isinstance(child, str) or not child:
            _scalar(out, head, child, here, indent + 2)
        elif isinstance(child, list):
            _sequence(out, child, here, indent + 2, head)
        elif isinstance(child, Mapping):
            _mapping(out, child, here, indent + 2, head)
        else:
            _scalar(out, head, child, here, indent + 2)


def _scalar(out: list[Leaf], head: str, value: Any, path: Path, indent: int) -> None:
    first, *more = _scalar_lines(value, len(head), indent)
    text = head + first
    for line in more:
        # A value over several lines has been seen once its last line has.
        out.append((text, None, None))
        text = line
    out.append((text, path, value))


def _scalar_lines(value: Any, column: int, indent: int) -> list[str]:
    if isinstance(value, str):
        return write_string(value, column, indent)
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, Mapping):
        return ["{}"]
    return ["[]"] if isinstance(value, list) else [str(value)]


@lru_cache(maxsize=4096)
def _key(key: str) -> str:
    return write_string(key, 0, 0)[0]


def sorted_keys(value: Mapping[str, Any]) -> list[str]:
    """Keys in go-yaml's order: letters after other characters, numbers by value."""
    return _in_order(tuple(value))


@lru_cache(maxsize=4096)
def _in_order(keys: tuple[str, ...]) -> list[str]:
    # The objects of a list have the same few sets of keys again and again.
    return sorted(keys) if all(key.isalpha() for key in keys) else sorted(keys, key=_ORDER)


def _compare(left: str, right: str) -> int:
    # Source: go-yaml v2 sorter.go keyList.Less.
    was_digit = False
    for place, (a, b) in enumerate(zip(left, right, strict=False)):
        if a == b:
            was_digit = a.isdigit()
            continue
        a_letter, b_letter = a.isalpha(), b.isalpha()
        if a_letter and b_letter:
            return -1 if a < b else 1
        if a_letter or b_letter:
            return -1 if (a_letter if was_digit else b_letter) else 1
        return _compare_numbers(left, right, place)
    return len(left) - len(right)


def _compare_numbers(left: str, right: str, place: int) -> int:
    a, a_digits = _number(left, place)
    b, b_digits = _number(right, place)
    if (left[place] == "0" or right[place] == "0") and left[:place].rstrip("0123456789") != left[:place].rstrip("0"):
        a, b = int(f"1{a:0{a_digits}d}") if a_digits else 1, int(f"1{b:0{b_digits}d}") if b_digits else 1
    if a != b:
        return -1 if a < b else 1
    if a_digits != b_digits:
        return -1 if a_digits < b_digits else 1
    return -1 if left[place] < right[place] else 1


def _number(text: str, start: int) -> tuple[int, int]:
    end = start
    while end < len(text) and text[end].isdigit():
        end += 1
    return int(text[start:end] or 0), end - start


_ORDER = cmp_to_key(_compare)
