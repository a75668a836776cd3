"""The arguments of ``bgp routes``, alike in ``cilium`` and ``cilium-dbg``. Source: reference cilium-cli, section 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TABLES = ("available", "advertised")
_AFIS, _SAFIS = ("ipv4", "ipv6"), ("unicast",)
_NOTES = {
    0: "(Defaulting to `available ipv4 unicast` routes, please see help for more options)",
    1: "(Defaulting to `ipv4 unicast` AFI & SAFI, please see help for more options)",
    2: "(Defaulting to `unicast` SAFI, please see help for more options)",
}
_SELECTORS = {"vrouter": "vrouter", "peer": "peer", "neighbor": "peer"}


class BadRoutesQuery(Exception):
    """An argument is not understood; the text says which."""


@dataclass(frozen=True, slots=True)
class RoutesQuery:
    """Which routes are asked for."""

    table: str
    afi: str
    safi: str
    vrouter: str = ""
    peer: str = ""

    @property
    def has_peers(self) -> bool:
        """Whether the routes are those told to peers."""
        return self.table == "advertised"

    def wants(self, route: Mapping[str, Any]) -> bool:
        """Whether a route is of the virtual router and the peer that are asked for."""
        return self.vrouter in ("", str(route["router-asn"])) and self.peer in ("", route.get("neighbor", ""))


def default_note(args: Sequence[str]) -> str:
    """What the tool says of what was left out; empty where nothing was."""
    return _NOTES.get(len(args), "")


def parse_routes_query(args: Sequence[str]) -> RoutesQuery:
    """Read ``[available|advertised] [AFI] [SAFI] [vrouter ASN] [peer ADDRESS]``.

    Raises:
        BadRoutesQuery: an argument is not understood.
    """
    words = [*args]
    table = words.pop(0) if words else "available"
    if table not in _TABLES:
        raise BadRoutesQuery(f"invalid argument: `{table}`, expected `available` / `advertised`")
    afi = words.pop(0) if words else "ipv4"
    if afi not in _AFIS:
        raise BadRoutesQuery(f"unknown AFI `{afi}`")
    safi = words.pop(0) if words else "unicast"
    if safi not in _SAFIS:
        raise BadRoutesQuery(f"unknown SAFI `{safi}`")
    chosen: dict[str, str] = {}
    while words:
        key = words.pop(0)
        if key not in _SELECTORS or not words:
            raise BadRoutesQuery(f"invalid argument: `{key}`, expected `vrouter <asn>` / `peer <address>`")
        chosen[_SELECTORS[key]] = words.pop(0)
    return RoutesQuery(table, afi, safi, **chosen)
