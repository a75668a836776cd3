"""Go's ``strconv``: the numbers and booleans it takes and the words with which it refuses others."""

from __future__ import annotations

import re

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.quoting import quote

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_BASE_0 = re.compile(
    r"(?P<hex>0[xX](?:_?[0-9a-fA-F])+)|(?P<octal>0[oO](?:_?[0-7])+)|(?P<binary>0[bB](?:_?[01])+)"
    r"|(?P<old_octal>0(?:_?[0-7])+)|(?P<decimal>0|[1-9](?:_?[0-9])*)"
)
_RADIX = {"hex": 16, "octal": 8, "binary": 2, "old_octal": 8, "decimal": 10}
_DECIMAL = re.compile(r"[0-9]+")


def parse_bool(text: str) -> bool:
    """Read a boolean as ``strconv.ParseBool`` does.

    Raises:
        GoValueError: ``strconv.ParseBool: parsing "X": invalid syntax``.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _refusal("ParseBool", text, "invalid syntax")


def parse_uint(text: str, base: int = 10, bits: int = 64, function: str = "ParseUint") -> int:
    """Read an unsigned number as ``strconv.ParseUint`` does.

    Args:
        text: What was typed.
        base: 10, or 0 for Go's own prefixes (``0x``, ``0o``, ``0b``, a leading 0) and underscores.
        bits: The width it must fit.
        function: The name that stands in the message.

    Raises:
        GoValueError: ``strconv.ParseUint: parsing "X": invalid syntax`` or ``value out of range``.
    """
    value = _magnitude(text, base)
    if value is None:
        raise _refusal(function, text, "invalid syntax")
    if value >= 1 << bits:
        raise _refusal(function, text, "value out of range")
    return value


def parse_int(text: str, base: int = 10, bits: int = 64, function: str = "ParseInt") -> int:
    """Read a signed number as ``strconv.ParseInt`` does; arguments and errors as `parse_uint`."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text[1:] if text.startswith("+") else text)
    value = _magnitude(digits, base)
    if value is None:
        raise _refusal(function, text, "invalid syntax")
    value *= sign
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise _refusal(function, text, "value out of range")
    return value


def format_float(value: float) -> str:
    """Return a number as Go's ``%v`` prints a float64: shortest form, exponent below 1e-4 and from 1e21."""
    if value != value:  # noqa: PLR0124  -- the definition of NaN
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    from decimal import Decimal

    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent
    lead = "-" if sign else ""
    if value == 0:
        return lead + "0"
    if point - 1 < -4 or point - 1 >= 21:
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{lead}{mantissa}e{'-' if point < 1 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{lead}0.{'0' * -point}{text}"
    if len(text) <= point:
        return lead + text + "0" * (point - len(text))
    return f"{lead}{text[:point]}.{text[point:]}"


def _magnitude(text: str, base: int) -> int | None:
    if base == 10:
        return int(text) if _DECIMAL.fullmatch(text) else None
    match = _BASE_0.fullmatch(text)
    if match is None or match.lastgroup is None:
        return None
    radix = _RADIX[match.lastgroup]
    digits = text.replace("_", "")
    if match.lastgroup in ("hex", "octal", "binary"):
        digits = digits[2:]
    return int(digits, radix)


def _refusal(function: str, text: str, reason: str) -> GoValueError:
    return GoValueError(f"strconv.{function}: parsing {quote(text)}: {reason}")
