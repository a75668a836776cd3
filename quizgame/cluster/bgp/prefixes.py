"""Prefixes as networks. The same few hundred are compared each time the world settles, so each is read once."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network


@lru_cache(maxsize=8192)
def network(prefix: str) -> IPv4Network:
    """The network that a prefix, or an address of it with a length, stands for."""
    return IPv4Network(prefix, strict=False)


@lru_cache(maxsize=8192)
def lies_in(prefix: str, ranges: tuple[str, ...]) -> bool:
    """Whether all of a prefix lies in one of the ranges."""
    return any(network(prefix).subnet_of(network(each)) for each in ranges)
