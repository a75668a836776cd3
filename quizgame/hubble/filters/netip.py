"""Go's ``net/netip``: which texts are addresses and prefixes, and what it says of others.

# Source: Go net/netip ParseAddr, ParsePrefix, Prefix.Contains.
"""

from __future__ import annotations

import string
from dataclasses import dataclass

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.quoting import quote

_DIGITS = frozenset(string.digits)
_HEX = frozenset(string.hexdigits)


@dataclass(frozen=True, slots=True)
class Address:
    """An address as a number of 32 or 128 bits."""

    bits: int
    number: int
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A range of addresses."""

    address: Address
    length: int

    def contains(self, address: Address) -> bool:
        """Say whether an address of the same family lies in the range; one with a zone never does."""
        shift = self.address.bits - self.length
        return (
            address.bits == self.address.bits
            and not address.zone
            and address.number >> shift == self.address.number >> shift
        )


def parse_prefix(text: str) -> Prefix:
    """Read ``10.0.0.0/8``.

    Raises:
        GoValueError: ``netip.ParsePrefix("X"): ...``.
    """
    head, slash, length = text.rpartition("/")
    if not slash:
        raise _prefix_error(text, "no '/'")
    try:
        address = parse_address(head)
    except GoValueError as refusal:
        raise _prefix_error(text, refusal.message) from None
    if address.zone:
        raise _prefix_error(text, "IPv6 zones cannot be present in a prefix")
    # A sign is taken by Go's Atoi on a single character only, where it is no number.
    if not length.isascii() or not length.isdigit() or (len(length) > 1 and length[0] == "0") or len(length) > 18:
        raise _prefix_error(text, f"bad bits after slash: {quote(length)}")
    if int(length) > address.bits:
        raise _prefix_error(text, "prefix length out of range")
    return Prefix(address, int(length))


def parse_address(text: str) -> Address:
    """Read an IPv4 or IPv6 address.

    Raises:
        GoValueError: ``ParseAddr("X"): ...``.
    """
    for char in text:
        if char == ".":
            return Address(32, _parse_ipv4(text, text))
        if char == ":":
            return _parse_ipv6(text)
        if char == "%":
            raise _error(text, "missing IPv6 address")
    raise _error(text, "unable to parse IP")


def _parse_ipv4(whole: str, text: str) -> int:
    fields: list[int] = []
    value = digits = 0
    for at, char in enumerate(text):
        if char in _DIGITS:
            if digits == 1 and value == 0:
                raise _error(whole, "IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                raise _error(whole, "IPv4 field has value >255")
        elif char == ".":
            if at in (0, len(text) - 1) or text[at - 1] == ".":
                raise _error(whole, "IPv4 field must have at least one digit", text[at:])
            if len(fields) == 3:
                raise _error(whole, "IPv4 address too long")
            fields.append(value)
            value = digits = 0
        else:
            raise _error(whole, "unexpected character", text[at:])
    if len(fields) < 3:
        raise _error(whole, "IPv4 address too short")
    number = 0
    for field in (*fields, value):
        number = number << 8 | field
    return number


def _parse_ipv6(whole: str) -> Address:
    rest, percent, zone = whole.partition("%")
    if percent and not zone:
        raise _error(whole, "zone must be a non-empty string")
    groups: list[int] = []
    ellipsis = -1
    if rest.startswith("::"):
        ellipsis, rest = 0, rest[2:]
        if not rest:
            return Address(128, 0, zone)
    while len(groups) < 8:
        size = _group_size(whole, rest)
        if rest[size : size + 1] == ".":
            if ellipsis < 0 and len(groups) != 6:
                raise _error(whole, "embedded IPv4 address must replace the final 2 fields of the address", rest)
            if len(groups) > 6:
                message = "too many hex fields to fit an embedded IPv4 at the end of the address"
                raise _error(whole, message, rest)
            tail = _parse_ipv4(whole, rest)
            groups += [tail >> 16, tail & 0xFFFF]
            rest = ""
            break
        groups.append(int(rest[:size], 16))
        rest = rest[size:]
        if not rest:
            break
        if rest[0] != ":":
            raise _error(whole, "unexpected character, want colon", rest)
        if len(rest) == 1:
            raise _error(whole, "colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest[0] == ":":
            if ellipsis >= 0:
                raise _error(whole, "multiple :: in address", rest)
            ellipsis = len(groups)
            rest = rest[1:]
            if not rest:
                break
    return Address(128, _assembled(whole, rest, groups, ellipsis), zone)


def _group_size(whole: str, rest: str) -> int:
    size = 0
    while size < len(rest) and rest[size] in _HEX:
        if size > 3:
            raise _error(whole, "each group must have 4 or fewer digits", rest)
        size += 1
    if size == 0:
        raise _error(whole, "each colon-separated field must have at least one digit", rest)
    return size


def _assembled(whole: str, rest: str, groups: list[int], ellipsis: int) -> int:
    if rest:
        raise _error(whole, "trailing garbage after address", rest)
    if len(groups) < 8:
        if ellipsis < 0:
            raise _error(whole, "address string too short")
        groups = [*groups[:ellipsis], *[0] * (8 - len(groups)), *groups[ellipsis:]]
    elif ellipsis >= 0:
        raise _error(whole, "the :: must expand to at least one field of zeros")
    number = 0
    for group in groups:
        number = number << 16 | group
    return number


def _error(whole: str, message: str, at: str = "") -> GoValueError:
    place = f" (at {quote(at)})" if at else ""
    return GoValueError(f"ParseAddr({quote(whole)}): {message}{place}")


def _prefix_error(whole: str, message: str) -> GoValueError:
    return GoValueError(f"netip.ParsePrefix({quote(whole)}): {message}")
