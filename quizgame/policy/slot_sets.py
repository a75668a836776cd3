"""Sets of slots as integers, and an index of such sets that is cheap to fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_FEW: Final = 8
"""Up to so many slots are put into a set one by one; a larger number goes by way of bytes."""


def slots_in(identities: int) -> Iterator[int]:
    """Yield the slots in a finite set, ascending, at a cost of the set's width and not of one big shift for each."""
    digits = bin(identities)[:1:-1]
    slot = digits.find("1")
    while slot >= 0:
        yield slot
        slot = digits.find("1", slot + 1)


def set_of(slots: Sequence[int]) -> int:
    """Return the set of some slots, at a cost of its width and their number, not of the product of the two."""
    if len(slots) <= _FEW:
        found = 0
        for slot in slots:
            found |= 1 << slot
        return found
    packed = bytearray((max(slots) >> 3) + 1)
    for slot in slots:
        packed[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(packed, "little")


class SlotIndex:
    """A set of slots for each key; what is added waits until its set is asked for, so that adding is cheap."""

    __slots__ = ("_sets", "_waiting")

    def __init__(self) -> None:
        self._sets: dict[tuple[str, ...], int] = {}
        self._waiting: dict[tuple[str, ...], list[int]] = {}

    def copy(self) -> SlotIndex:
        """Return an independent copy."""
        twin = SlotIndex()
        twin._sets = dict(self._sets)
        twin._waiting = {key: list(slots) for key, slots in self._waiting.items()}
        return twin

    def add(self, key: tuple[str, ...], slot: int) -> None:
        """Put a slot into the set of a key."""
        self._waiting.setdefault(key, []).append(slot)

    def drop(self, key: tuple[str, ...], slot: int) -> None:
        """Take a slot out of the set of a key."""
        self._sets[key] = self.get(key) & ~(1 << slot)

    def get(self, key: tuple[str, ...]) -> int:
        """Return the set of a key."""
        waiting = self._waiting.pop(key, None)
        if waiting is None:
            return self._sets.get(key, 0)
        merged = self._sets[key] = self._sets.get(key, 0) | set_of(waiting)
        return merged
