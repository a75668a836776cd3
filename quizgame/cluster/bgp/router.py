"""Routers outside the clusters: state of the world, as their administrators have set them up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address

from quizgame.cluster.bgp.prefixes import lies_in, network

BGP_PORT = 179
ANYTHING = "0.0.0.0/0"


class RouterState(Enum):
    """How a router behaves towards those who want to talk BGP with it."""

    RUNNING = "running"
    DOWN = "down"
    """It is switched off or unplugged: nothing answers."""
    NO_BGP = "no-bgp"
    """It is there, but its BGP daemon is not: connections are refused."""
    SILENT = "silent"
    """Its BGP daemon takes connections and says nothing."""


@dataclass(frozen=True, slots=True)
class RouterNeighbor:
    """Who may open a session."""

    prefix: str
    """Address of the neighbour, or a prefix for dynamic neighbours."""
    asn: int
    """The AS number that it must have; 0 takes any."""
    password: str = ""
    """TCP MD5 password; empty: none."""

    def covers(self, ip: str) -> bool:
        """Whether an address is meant."""
        return IPv4Address(ip) in network(self.prefix)


@dataclass(frozen=True, slots=True)
class Router:
    """A router outside that speaks BGP."""

    address: str
    asn: int
    name: str = ""
    neighbors: tuple[RouterNeighbor, ...] = ()
    accepts: tuple[str, ...] = (ANYTHING,)
    """Import filter: prefixes; a route is taken if it lies in one of them."""
    announces: tuple[str, ...] = ()
    """Prefixes that it announces to each neighbour."""
    state: RouterState = RouterState.RUNNING
    port: int = BGP_PORT
    hold_time_s: int = 90
    hops: int = 1
    """How many hops it is away from the nodes; 1: on their network."""

    @property
    def place(self) -> str:
        """Its name in firewall rules."""
        return f"outside/{self.name or self.address}"

    def neighbor(self, ip: str) -> RouterNeighbor | None:
        """What is configured for an address; the longest prefix wins."""
        found = [each for each in self.neighbors if each.covers(ip)]
        return max(found, key=lambda each: network(each.prefix).prefixlen, default=None)

    def takes(self, prefix: str) -> bool:
        """Whether its import filter lets a route in."""
        return lies_in(prefix, self.accepts)
