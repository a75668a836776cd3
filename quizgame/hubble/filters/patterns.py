"""Patterns of DNS and node names, compiled to RE2.

# Source: cilium/cilium v1.19 pkg/hubble/filters/patterns.go.
"""

from __future__ import annotations

from collections.abc import Callable

from quizgame.goflags.quoting import quote_rune
from quizgame.hubble.filters.predicate import FilterError
from quizgame.hubble.filters.regexes import compile_re2

_ANY_NAME = r"(?:[-0-9_a-z]+(?:\.[-0-9_a-z]+)*)"
_LITERALS = frozenset("-_0123456789abcdefghijklmnopqrstuvwxyz")


def fqdn_pattern(patterns: list[str]) -> Callable[[str], bool]:
    """Return what says whether a name matches one of some patterns as a whole.

    Raises:
        FilterError: A pattern is malformed.
    """
    return _any_of([_fqdn_regex(pattern) for pattern in patterns])


def node_name_pattern(patterns: list[str]) -> Callable[[str], bool]:
    """Return what says whether ``cluster/node`` matches one of some ``[CLUSTER/]NODE`` patterns.

    Raises:
        FilterError: A pattern is malformed.
    """
    return _any_of([_node_regex(pattern) for pattern in patterns])


def _any_of(regexes: list[str]) -> Callable[[str], bool]:
    return compile_re2(r"\A(?:" + "|".join(regexes) + r")\z")


def _fqdn_regex(pattern: str) -> str:
    canonical = pattern.strip().removesuffix(".").lower()
    if not canonical:
        raise FilterError("empty pattern")
    if canonical.endswith("."):
        raise FilterError("multiple trailing dots in pattern")
    out: list[str] = []
    for char in canonical:
        if char == ".":
            out.append(r"\.")
        elif char == "*":
            out.append("[-.0-9a-z]*")
        elif char in _LITERALS:
            out.append(char)
        else:
            raise FilterError(f"{quote_rune(char)}: invalid rune in pattern")
    return "".join(out)


def _node_regex(pattern: str) -> str:
    if not pattern:
        raise FilterError("empty pattern")
    elements = pattern.split("/")
    if len(elements) > 2:
        raise FilterError("too many slashes in pattern")
    cluster, node = ("", elements[0]) if len(elements) == 1 else elements
    return "/".join(_fqdn_regex(element) if element else _ANY_NAME for element in (cluster, node))
