"""Ports of policies: parsing as the agent does, and ranges as prefixes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from quizgame.policy.icmp_types import icmp_type
from quizgame.policy.model import PortMatch, Protocol

# Source: cilium/cilium v1.19 pkg/policy/utils.go and pkg/policy/rule.go: ANY stands for these three.
ANY_PROTOCOLS: Final = (Protocol.TCP, Protocol.UDP, Protocol.SCTP)
_PORTLESS: Final = (Protocol.VRRP, Protocol.IGMP)
_SERVICE_NAME: Final = re.compile(r"(?=.{1,15}\Z)(?=.*[a-zA-Z])[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*")


def is_port_name(text: str) -> bool:
    """Say whether a port is an IANA service name (RFC 6335) and not a number."""
    return _SERVICE_NAME.fullmatch(text) is not None


def parse_go_uint(text: str) -> int | None:
    """Parse an unsigned number as Go does with base 0 (prefixes, leading zero); ``None`` if it is none."""
    try:
        if re.fullmatch(r"0[0-7_]+", text):
            return int(text, 8)
        return int(text, 0) if text[:1].isdigit() else None
    except ValueError:
        return None


def parse_protocol(text: Any) -> Protocol | None:
    """Parse a protocol in any letter case; nothing means ``ANY``; ``None`` if there is no such protocol."""
    name = str(text or "ANY").upper()
    return Protocol[name] if name in Protocol.__members__ else None


def parse_ports(items: Any) -> tuple[PortMatch, ...]:
    """Parse the ``ports`` of one ``toPorts`` item; it is valid."""
    matches: list[PortMatch] = []
    for item in items or ():
        protocol = parse_protocol(item.get("protocol")) or Protocol.ANY
        protocols = ANY_PROTOCOLS if protocol is Protocol.ANY else (protocol,)
        first, last, name = _port_range(str(item.get("port") or ""), item.get("endPort"))
        if protocol in _PORTLESS:
            first, last, name = 0, 65535, ""
        matches.extend(PortMatch(each, first, last, name) for each in protocols)
    return tuple(dict.fromkeys(matches))


def _port_range(port: str, end_port: Any) -> tuple[int, int, str]:
    if is_port_name(port):
        return 0, 0, port.lower()
    first, last = parse_go_uint(port) or 0, int(end_port or 0)
    if first == 0 and last == 0:
        return 0, 65535, ""
    # Source: cilium/cilium v1.19 pkg/policy/portrange.go: an end below the first port is without effect.
    return first, max(first, last), ""


def parse_icmp_fields(fields: Any) -> tuple[PortMatch, ...]:
    """Parse the ``fields`` of one ``icmps`` item; it is valid."""
    matches: list[PortMatch] = []
    for field in fields or ():
        ipv6 = field.get("family") == "IPv6"
        number = icmp_type(field.get("type", 0), ipv6=ipv6) or 0
        # Source: oracle/policy README, known gaps: the engine reads type 0 as every type.
        last = number or 65535
        matches.append(PortMatch(Protocol.ICMPV6 if ipv6 else Protocol.ICMP, number, last))
    return tuple(dict.fromkeys(matches))


@lru_cache(maxsize=8192)
def range_prefixes(first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Split a port range into prefixes, as the policy map holds it: pairs of first port and prefix length (0-16)."""
    prefixes: list[tuple[int, int]] = []
    start = first
    while start <= last:
        size = 1
        while start % (size * 2) == 0 and start + size * 2 - 1 <= last:
            size *= 2
        prefixes.append((start, 17 - size.bit_length()))
        start += size
    return tuple(prefixes)


def prefix_length(match: PortMatch, port: int) -> int:
    """Return the length (0-16) of that prefix of the range which holds the port."""
    for start, length in range_prefixes(match.first, match.last):
        if start <= port < start + (1 << (16 - length)):
            return length
    return 0
