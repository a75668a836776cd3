"""Amounts of CPU and memory as Kubernetes writes, adds and compares them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

_BINARY = ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki")
_BINARY_UNITS = tuple(1 << 10 * power for power in range(6, 0, -1))
_DECIMAL = {"m": Fraction(1, 1000)} | {
    suffix: Fraction(10**power) for suffix, power in zip("kMGTPE", range(3, 21, 3), strict=True)
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount, and whether it is written with powers of two."""

    amount: Fraction
    is_binary: bool = False

    def __str__(self) -> str:
        """The canonical form, ``100m``, ``10Mi``, ``1``."""
        if not self.amount:
            return "0"
        if self.is_binary and self.amount.denominator == 1:
            for unit, suffix in zip(_BINARY_UNITS, _BINARY, strict=True):
                if self.amount % unit == 0:
                    return f"{int(self.amount / unit)}{suffix}"
            return str(int(self.amount))
        if self.amount.denominator != 1:
            return f"{-(-self.amount * 1000 // 1)}m"
        for suffix in ("E", "P", "T", "G", "M", "k"):
            if self.amount % _DECIMAL[suffix] == 0:
                return f"{int(self.amount / _DECIMAL[suffix])}{suffix}"
        return str(int(self.amount))


ZERO = Quantity(Fraction(0))


def parse_quantity(text: str | int | float) -> Quantity:
    """Read an amount as a manifest writes it; what is no amount counts as none."""
    written = str(text)
    for unit, suffix in zip(_BINARY_UNITS, _BINARY, strict=True):
        if written.endswith(suffix):
            return Quantity(_number(written[:-2]) * unit, is_binary=True)
    if written[-1:] in _DECIMAL:
        return Quantity(_number(written[:-1]) * _DECIMAL[written[-1]])
    return Quantity(_number(written))


def _number(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ValueError:
        return Fraction(0)


def total(quantities: Iterable[Quantity]) -> Quantity:
    """The sum, written as its first part that is more than nothing."""
    added = Fraction(0)
    is_binary: bool | None = None
    for each in quantities:
        if is_binary is None and each.amount:
            is_binary = each.is_binary
        added += each.amount
    return Quantity(added, bool(is_binary))


def percent(part: Quantity, whole: Quantity) -> int:
    """How much of the whole, in whole percent."""
    return int(part.amount * 100 / whole.amount) if whole.amount else 0
