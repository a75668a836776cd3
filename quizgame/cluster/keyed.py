"""Values that look random and are a function of what they belong to.

Each is a hash of (seed, purpose, object), never drawn in sequence, so that one more pod renames nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
# Source: kubernetes apimachinery util/rand: no vowels and no 0, 1, 3, so that no words come out.

Part = str | int


def keyed_bytes(seed: int, purpose: str, *parts: Part, size: int = 16) -> bytes:
    """Return ``size`` bytes (at most 64) for an object named by its parts, within a purpose."""
    text = "\x1f".join((str(seed), purpose, *map(str, parts)))
    return blake2b(text.encode(), digest_size=size).digest()


def keyed_int(seed: int, purpose: str, *parts: Part, below: int) -> int:
    """An integer in ``range(below)``."""
    return int.from_bytes(keyed_bytes(seed, purpose, *parts, size=8), "big") % below


def keyed_hex(seed: int, purpose: str, *parts: Part, digits: int) -> str:
    """``digits`` hexadecimal digits (at most 128)."""
    return keyed_bytes(seed, purpose, *parts, size=(digits + 1) // 2).hex()[:digits]


def keyed_uuid(seed: int, purpose: str, *parts: Part) -> str:
    """A version 4 UUID."""
    raw = bytearray(keyed_bytes(seed, purpose, *parts))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def keyed_suffix(seed: int, purpose: str, *parts: Part, length: int = 5) -> str:
    """A suffix as the API server appends to ``generateName``."""
    number = int.from_bytes(keyed_bytes(seed, purpose, *parts), "big")
    letters = []
    for _ in range(length):
        number, index = divmod(number, len(SAFE_ALPHABET))
        letters.append(SAFE_ALPHABET[index])
    return "".join(letters)


def safe_hash(text: str, *, length: int = 10) -> str:
    """A hash in the safe alphabet: same text, same letters, whatever the seed (``pod-template-hash``)."""
    return keyed_suffix(0, "hash", text, length=length)


def keyed_slot(
    low: int, high: int, is_taken: Callable[[int], bool], seed: int, purpose: str, *parts: Part
) -> int | None:
    """A free number of ``low..high`` (both included): the keyed one, else the next free one after it.

    Returns:
        The number, or ``None`` where all are taken.
    """
    size = high - low + 1
    start = keyed_int(seed, purpose, *parts, below=size)
    for step in range(size):
        slot = low + (start + step) % size
        if not is_taken(slot):
            return slot
    return None
