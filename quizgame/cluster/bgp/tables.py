"""What routers learned: their route tables, and where they send packets to an address."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from quizgame.cluster.bgp.prefixes import network
from quizgame.cluster.bgp.router import RouterState
from quizgame.cluster.keyed import keyed_int

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quizgame.cluster.bgp.router import Router
    from quizgame.cluster.bgp.routes import Route


@dataclass(frozen=True, slots=True)
class Learned:
    """A route that a router has from a node."""

    prefix: str
    next_hop: str
    """Address of the node."""
    place: str
    """``context/node`` that told it."""
    asn: int
    """AS number of the node's instance."""
    communities: tuple[str, ...] = ()
    stale_until_ns: int | None = None
    """Kept for a restarting agent until then; ``None`` while the session is up."""

    def is_valid(self, now_ns: int) -> bool:
        """Whether the router still goes by it."""
        return self.stale_until_ns is None or now_ns < self.stale_until_ns


@dataclass(slots=True)
class RouteTables:
    """The tables of all routers: address of a router → what it learned, by teller."""

    learned: dict[str, dict[tuple[str, str], tuple[Learned, ...]]] = field(default_factory=dict)
    """Router → (place, instance) → routes."""

    def fork(self) -> RouteTables:
        """An independent copy."""
        return RouteTables({router: dict(told) for router, told in self.learned.items()})

    def of(self, router: str, now_ns: int) -> list[Learned]:
        """A router's valid routes by prefix and next hop."""
        told = self.learned.get(router, {})
        found = [each for routes in told.values() for each in routes if each.is_valid(now_ns)]
        return sorted(found, key=lambda each: (network(each.prefix), IPv4Address(each.next_hop)))

    def tell(
        self, router: Router, teller: tuple[str, str], routes: tuple[Route, ...], *, next_hop: str, asn: int
    ) -> bool:
        """Let a node tell its routes anew; the router keeps those that its filter takes. Whether it changed."""
        taken = tuple(
            Learned(each.prefix, next_hop, teller[0], asn, each.communities)
            for each in routes
            if router.takes(each.prefix)
        )
        told = self.learned.setdefault(router.address, {})
        if told.get(teller, ()) == taken:
            return False
        told[teller] = taken
        return True

    def lose(self, router: str, teller: tuple[str, str], stale_until_ns: int | None) -> bool:
        """Let a session end: its routes go, or are kept as stale for a while. Whether anything changed."""
        told = self.learned.get(router, {})
        routes = told.get(teller, ())
        if not routes:
            return False
        if stale_until_ns is None:
            del told[teller]
            return True
        fresh = tuple(each for each in routes if each.stale_until_ns is None)
        if not fresh:
            return False
        told[teller] = tuple(replace(each, stale_until_ns=stale_until_ns) for each in fresh)
        return True

    def next_hop(
        self, routers: Mapping[str, Router], destination: str, flow: tuple[str, int], *, seed: int, now_ns: int
    ) -> Learned | None:
        """The route that a packet from outside takes: longest prefix, flows spread over equal ones.

        A client outside hands its packets to the network, where routers tell each other what they know: whichever
        router has the longest prefix gets the packet.
        """
        target = IPv4Address(destination)
        hits = [
            each
            for address, router in sorted(routers.items())
            if router.state is not RouterState.DOWN
            for each in self.of(address, now_ns)
            if target in network(each.prefix)
        ]
        if not hits:
            return None
        longest = max(network(each.prefix).prefixlen for each in hits)
        best = [each for each in hits if network(each.prefix).prefixlen == longest]
        return best[keyed_int(seed, "ecmp", destination, *flow, below=len(best))]
