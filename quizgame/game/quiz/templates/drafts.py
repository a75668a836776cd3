"""Drafts of variants, and the dice that makers draw with."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from quizgame.cluster.keyed import keyed_bytes, keyed_int

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws that depend on a seed and on what they are for, never on their order."""

    seed: int
    purpose: str

    def below(self, what: str, limit: int) -> int:
        """A number in ``range(limit)``."""
        return keyed_int(self.seed, self.purpose, what, below=limit)

    def between(self, what: str, low: int, high: int) -> int:
        """A number from low to high, both included."""
        return low + self.below(what, high - low + 1)

    def flip(self, what: str) -> bool:
        """Heads or tails."""
        return bool(self.below(what, 2))

    def pick(self, what: str, things: Sequence[T]) -> T:
        """One of several things."""
        return things[self.below(what, len(things))]

    def shuffle(self, what: str, things: Iterable[T]) -> list[T]:
        """The things in some order."""
        numbered = list(enumerate(things))
        return [
            thing for _, thing in sorted(numbered, key=lambda pair: keyed_bytes(self.seed, self.purpose, what, pair[0]))
        ]

    def sample(self, what: str, things: Sequence[T], count: int) -> list[T]:
        """Some of several things, in some order."""
        return self.shuffle(what, things)[:count]


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that an option may say."""

    text: str
    value: Hashable
    """What it amounts to, to be compared with the truth that the simulator computed."""
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A question before its options are drawn."""

    stem: str
    truth: Hashable
    """What the simulator computed; exactly one answer has this value."""
    answers: tuple[Answer, ...]
    """The right one and at least three wrong ones."""
    explanation: str
    exhibit: str | None = None
