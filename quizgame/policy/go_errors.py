"""Texts of Go's standard library that end up in policy conditions."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from quizgame.policy.l7 import compiled
from quizgame.policy.ports import parse_go_uint

_PORT_BITS: Final = 16

# RE2's words: Go's words for the same mistake.
_REGEXP_WORDS: Final = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid character class range": "invalid character class range",
    "invalid escape sequence": "invalid escape sequence",
    "invalid named capture group": "invalid named capture",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "trailing \\": "trailing backslash at end of expression",
    "invalid UTF-8": "invalid UTF-8",
    "pattern too large - compile failed": "expression too large",
}
_BARE: Final = ("trailing \\", "unexpected )")
"""Mistakes that Go reports with the whole expression or none, whatever RE2 points at."""


def regexp_error(pattern: str) -> str | None:
    """Return what Go's ``regexp.Compile`` says against an expression; ``None`` if it is well formed."""
    import re2  # see `quizgame.policy.l7.compiled`

    try:
        compiled(pattern)
    except re2.error as error:
        raw = error.args[0]
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        words, _, culprit = text.partition(": ")
        known = _REGEXP_WORDS.get(words, words)
        shown = {"trailing \\": "", "unexpected )": pattern}[words] if words in _BARE else culprit
        return f"error parsing regexp: {known}: `{shown}`"
    return None


def parse_uint_error(text: str) -> str | None:
    """Return what ``strconv.ParseUint`` with base 0 and 16 bits says against a text; ``None`` if it is a number."""
    number = parse_go_uint(text)
    if number is None:
        return f'strconv.ParseUint: parsing "{text}": invalid syntax'
    if number >> _PORT_BITS:
        return f'strconv.ParseUint: parsing "{text}": value out of range'
    return None


def parse_cidr_error(text: str) -> str | None:
    """Return what the agent says against a CIDR (or bare address) of a rule; ``None`` if it is one."""
    if not text:
        return "IP must be specified"
    try:
        ip_network(text, strict=False)
    except ValueError:
        # Source: cilium/cilium v1.19 pkg/policy/api/rule_validation.go: what is no prefix is parsed as an address.
        return f"unable to parse CIDR: {parse_address_error(text)}"
    return None


def parse_prefix_error(text: str) -> str | None:
    """Return what ``netip.ParsePrefix`` says against a text; ``None`` if it is a prefix."""
    address, slash, length = text.rpartition("/")
    if not slash:
        return f"netip.ParsePrefix(\"{text}\"): no '/'"
    try:
        ip_network(address)
    except ValueError:
        return f'netip.ParsePrefix("{text}"): {parse_address_error(address)}'
    if not length.isascii() or not length.isdigit() or (len(length) > 1 and length.startswith("0")):
        return f'netip.ParsePrefix("{text}"): bad bits after slash: "{length}"'
    if int(length) > ip_network(address).max_prefixlen:
        return f'netip.ParsePrefix("{text}"): prefix length out of range'
    return None


def parse_address_error(text: str) -> str:
    """Return what ``netip.ParseAddr`` says against a text that is no address.

    Source: Go net/netip parseIPv4Fields. Simplified: for IPv6 the position is left out.
    """
    first = next((char for char in text if char in ".:%"), "")
    if first == "":
        return f'ParseAddr("{text}"): unable to parse IP'
    if first != ".":
        return f'ParseAddr("{text}"): unexpected character'
    problem = _ipv4_problem(text)
    return f'ParseAddr("{text}"): {problem}'


def _ipv4_problem(text: str) -> str:
    value, digits, fields = 0, 0, 0
    for index, char in enumerate(text):
        if char.isascii() and char.isdigit():
            if digits == 1 and value == 0:
                return "IPv4 field has octet with leading zero"
            value, digits = value * 10 + int(char), digits + 1
            if value > 255:
                return "IPv4 field has value >255"
        elif char == ".":
            if index == 0 or index == len(text) - 1 or text[index - 1] == ".":
                return f'IPv4 field must have at least one digit (at "{text[index:]}")'
            if fields == 3:
                return "IPv4 address too long"
            value, digits, fields = 0, 0, fields + 1
        else:
            return f'unexpected character (at "{text[index:]}")'
    return "IPv4 address too short"
