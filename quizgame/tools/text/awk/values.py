"""awk's values: numbers, strings, and input that looks like a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isinf, isnan
from typing import TypeAlias

NUMERIC = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*\Z", re.ASCII)
PREFIX = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
DIRECTIVE = re.compile(r"%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])?")
MAX_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class NumericString:
    """Input that looks like a number compares as one and prints as it stood."""

    text: str
    number: float


Value: TypeAlias = "float | str | NumericString"
UNSET = NumericString("", 0.0)
"""An uninitialised variable: the empty string and zero at once."""


def from_input(text: str) -> Value:
    """A field, or a value given on the command line."""
    if NUMERIC.match(text):
        return NumericString(text, float(text))
    return text


def to_number(value: Value) -> float:
    """The value as a number: of a string its leading number, else 0."""
    if isinstance(value, float):
        return value
    if isinstance(value, NumericString):
        return value.number
    match = PREFIX.match(value)
    return float(match.group()) if match else 0.0


def format_number(number: float, template: str = "%.6g") -> str:
    """A number as text: whole numbers in full, others by ``CONVFMT`` or ``OFMT``."""
    if isnan(number):
        return "-nan" if str(number).startswith("-") else "nan"
    if isinf(number):
        return "inf" if number > 0 else "-inf"
    if number == int(number) and abs(number) < 1e16:
        return str(int(number))
    try:
        return str(template % number)
    except (TypeError, ValueError):
        return f"{number:.6g}"


def to_text(value: Value, template: str = "%.6g") -> str:
    """The value as a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, NumericString):
        return value.text
    return format_number(value, template)


def is_true(value: Value) -> bool:
    """Numbers are true unless zero, strings unless empty."""
    if isinstance(value, str):
        return value != ""
    if isinstance(value, NumericString):
        return value.number != 0
    return value != 0


def compare(left: Value, right: Value) -> int:
    """-1, 0 or 1; as strings if either is one."""
    if isinstance(left, str) or isinstance(right, str):
        a, b = to_text(left), to_text(right)
        return (a > b) - (a < b)
    x, y = to_number(left), to_number(right)
    return (x > y) - (x < y)


def format_values(template: str, values: Sequence[Value]) -> str:
    """``sprintf``: missing arguments are empty, surplus ones are left out."""
    remaining = iter(values)
    return DIRECTIVE.sub(lambda match: _directive(match, remaining), template)


def _size(text: str | None, values: Iterator[Value]) -> int:
    if not text:
        return 0
    size = int(to_number(next(values, 0.0))) if text == "*" else int(text[:6])
    return max(-MAX_WIDTH, min(MAX_WIDTH, size))


def _directive(match: re.Match[str], values: Iterator[Value]) -> str:
    flags, width_text, precision_text, letter = match.groups()
    if letter == "%":
        return "%"
    if letter is None or letter not in "diouxXcseEfFgG":
        return match.group()
    flags = flags.replace("'", "")
    width = _size(width_text, values)
    if width < 0:
        flags, width = flags + "-", -width
    precision = _size(precision_text, values) if "." in match.group() else None
    value = next(values, "")
    if letter in "sc":
        text = _character(value) if letter == "c" else to_text(value)
        text = text if precision is None or letter == "c" else text[:precision]
        return text.ljust(width) if "-" in flags else text.rjust(width)
    number = to_number(value)
    body = f"%{flags}{width or ''}" + (f".{precision}" if precision is not None else "")
    if letter in "feEgGF":
        return str((body + letter) % number)
    if not isfinite(number):
        text = format_number(number)
        return text.ljust(width) if "-" in flags else text.rjust(width)
    whole = int(number)
    if letter in "di":
        return str((body + "d") % whole)
    return str((body + ("d" if letter == "u" else letter)) % whole)


def _character(value: Value) -> str:
    if isinstance(value, str):
        return value[:1]
    number = int(to_number(value))
    return chr(number) if 0 < number < 0x110000 else ""
