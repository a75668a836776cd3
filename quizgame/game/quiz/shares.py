"""Sharing seats out by weight: exact where it can be, by largest remainder where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

Weight = int | Fraction


def apportion(
    weights: Mapping[str, Weight], seats: int, *, seed: int = 0, capacity: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Give each name its share of the seats.

    Whole shares first, then one seat each to the largest remainders. Among equal remainders the seed says who comes
    first, in turn: with two of them, even seeds favour the first and odd seeds the second.

    Args:
        weights: In any unit; a name of weight 0 gets nothing.
        seats: How many there are.
        seed: Decides ties.
        capacity: How many each name can take; what one cannot take goes to the others.

    Returns:
        All names in their order. The seats add up to ``seats`` unless the capacity is smaller.
    """
    given = dict.fromkeys(weights, 0)
    room = {name: seats if capacity is None else capacity.get(name, 0) for name in weights}
    left = seats
    while left > 0:
        open_names = [name for name in weights if weights[name] > 0 and given[name] < room[name]]
        if not open_names:
            break
        for name, share in _shares({name: weights[name] for name in open_names}, left, seed).items():
            taken = min(share, room[name] - given[name])
            given[name] += taken
            left -= taken
    return given


def _shares(weights: Mapping[str, Weight], seats: int, seed: int) -> dict[str, int]:
    total = sum(weights.values())
    exact = {name: Fraction(weight) * seats / Fraction(total) for name, weight in weights.items()}
    shares = {name: int(share) for name, share in exact.items()}
    remainders = {name: exact[name] - shares[name] for name in weights}
    ties: dict[Fraction, list[str]] = {}
    for name, remainder in remainders.items():
        ties.setdefault(remainder, []).append(name)

    def turn(name: str) -> int:
        tied = ties[remainders[name]]
        return (tied.index(name) - seed) % len(tied)

    ranked = sorted(weights, key=lambda name: (-remainders[name], turn(name)))
    for name in ranked[: seats - sum(shares.values())]:
        shares[name] += 1
    return shares
