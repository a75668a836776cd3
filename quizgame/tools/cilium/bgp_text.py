"""How BGP sessions and routes are printed. Pure. Source: reference cilium-cli, section 8."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from quizgame.goflags.durations import format_duration
from quizgame.goflags.tabwriter import align
from quizgame.goflags.times import SECOND
from quizgame.tools.bgp_facts import peer_facts, route_facts
from quizgame.tools.cilium_dbg.model.bgp import WELL_KNOWN
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

Model = Mapping[str, Any]
_ORIGINS = {0: "i", 1: "e", 2: "?"}
_EXTENDED_LENGTH = 0x10
_WELL_KNOWN = {number: name for name, number in WELL_KNOWN.items()}


def _aligned(rows: list[list[str]], facts: Sequence[tuple[Fact, ...]]) -> list[Line]:
    texts = align(rows, min_width=5, tab_width=0, padding=3).rstrip("\n").split("\n")
    return [Line(text, known) for text, known in zip(texts, facts, strict=True)]


def peers_lines(cluster: str, nodes: Mapping[str, Sequence[Model]]) -> list[Line]:
    """The sessions of all nodes of a cluster (kubeconfig context)."""
    head = [
        "Node",
        "Local AS",
        "Peer AS",
        "Peer Address",
        "Session State",
        "Uptime",
        "Family",
        "Received",
        "Advertised",
    ]
    rows: list[list[str]] = [head]
    facts: list[tuple[Fact, ...]] = [()]
    for node in sorted(nodes):
        name = node
        for peer in sorted(nodes[node], key=lambda each: (each["local-asn"], each["peer-address"])):
            cells = [
                name, str(peer["local-asn"]), str(peer["peer-asn"]), str(peer["peer-address"]),
                str(peer["session-state"]), rounded(peer["uptime-nanoseconds"]),
            ]  # fmt: skip
            name = ""
            for family in peer.get("families") or [{}]:
                counts = [f"{family.get('afi', '')}/{family.get('safi', '')}" if family else ""]
                counts += [str(family.get(key, "")) for key in ("received", "advertised")]
                rows.append([*cells, *counts, ""])
                facts.append(peer_facts(cluster, node, peer))
                cells = [""] * len(cells)
    return _aligned(rows, facts)


def rounded(nanoseconds: int) -> str:
    """A duration to the second."""
    return format_duration((nanoseconds + SECOND // 2) // SECOND * SECOND)


def attributes_of(path: Model) -> tuple[str, str]:
    """Next hop and attributes of a path, as tables show them."""
    attributes = [decode_attribute(each["base64"]) for each in path["path-attributes"]]
    next_hop = next((text.split(": ")[1] for text in attributes if text.startswith("Nexthop: ")), "")
    return next_hop, f"[{' '.join(f'{{{text}}}' for text in attributes)}]"


def routes_lines(cluster: str, nodes: Mapping[str, Sequence[Model]], *, has_peers: bool) -> list[Line]:
    """The routes of all nodes of a cluster; those told to peers with a column for the peer."""
    head = ["Node", "VRouter", *(["Peer"] if has_peers else []), "Prefix", "NextHop", "Age", "Attrs"]
    rows: list[list[str]] = [head]
    facts: list[tuple[Fact, ...]] = [()]
    for node in sorted(nodes):
        name = node
        for route in nodes[node]:
            for path in route["paths"]:
                next_hop, listed = attributes_of(path)
                peer = [str(route.get("neighbor", ""))] if has_peers else []
                rows.append([
                    name, str(route["router-asn"]), *peer, str(route["prefix"]), next_hop,
                    rounded(path["age-nanoseconds"]), listed, "",
                ])  # fmt: skip
                facts.append(route_facts(cluster, node, route, next_hop))
                name = ""
    return _aligned(rows, facts)


def decode_attribute(text: str) -> str:
    """A path attribute as GoBGP words it. Source: RFC 4271, section 4.3; GoBGP ``PathAttribute.String``."""
    raw = base64.b64decode(text)
    kind = raw[1]
    value = raw[4:] if raw[0] & _EXTENDED_LENGTH else raw[3:]
    match kind:
        case 1:
            return f"Origin: {_ORIGINS.get(value[0], '?')}"
        case 2:
            return f"AsPath: {_as_path(value)}"
        case 3:
            return f"Nexthop: {IPv4Address(value)}"
        case 4:
            return f"Med: {int.from_bytes(value, 'big')}"
        case 5:
            return f"LocalPref: {int.from_bytes(value, 'big')}"
        case 8:
            return f"Communities: {', '.join(_community(value[at : at + 4]) for at in range(0, len(value), 4))}"
        case 32:
            parts = [int.from_bytes(value[at : at + 4], "big") for at in range(0, len(value), 4)]
            listed = ", ".join(":".join(map(str, parts[at : at + 3])) for at in range(0, len(parts), 3))
            return f"LargeCommunity: [ {listed}]"
    return f"Attr({kind}): {value.hex()}"


def _community(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    return _WELL_KNOWN.get(number, f"{number >> 16}:{number & 0xFFFF}")


def _as_path(value: bytes) -> str:
    numbers: list[str] = []
    at = 0
    while at + 1 < len(value):
        count = value[at + 1]
        for number in range(count):
            start = at + 2 + 4 * number
            numbers.append(str(int.from_bytes(value[start : start + 4], "big")))
        at += 2 + 4 * count
    return " ".join(numbers)
