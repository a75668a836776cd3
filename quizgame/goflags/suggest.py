"""Which names a Go command line suggests for a mistyped word."""

from __future__ import annotations

from collections.abc import Iterable

MINIMUM_DISTANCE = 2
"""Names at this Levenshtein distance or less are suggested."""


def suggestions_for(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names close to ``word`` or starting with it, case ignored, in the order given.

    # Source: spf13/cobra command.go SuggestionsFor: distance at most 2, or a prefix.
    """
    typed = word.lower()
    return tuple(
        name for name in names if name.lower().startswith(typed) or levenshtein(typed, name.lower()) <= MINIMUM_DISTANCE
    )


def levenshtein(left: str, right: str) -> int:
    """Return how many insertions, deletions and replacements turn ``left`` into ``right``."""
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (char != other))
    return row[-1]
