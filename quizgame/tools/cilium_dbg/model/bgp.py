"""The BGP control plane of an agent as its API answers: sessions, routes and route policies.

Source: reference inputs ``cilium-cli/input/bgp`` (shapes); RFC 4271, section 4.3 (path attributes).
"""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.bgp.report import counts, keepalive_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.bgp.desired import Family, Instance, Peer
    from quizgame.cluster.bgp.routes import Route
    from quizgame.cluster.bgp.sessions import Session

DISABLED = "BGP Control Plane is disabled"
"""What the agent's tool prints while the control plane is off."""
WELL_KNOWN = {
    "internet": 0,
    "planned-shut": 0xFFFF0000,
    "accept-own": 0xFFFF0001,
    "blackhole": 0xFFFF029A,
    "no-export": 0xFFFFFF01,
    "no-advertise": 0xFFFFFF02,
    "no-export-subconfed": 0xFFFFFF03,
    "no-peer": 0xFFFFFF04,
}
"""Names of well-known communities. Source: IANA, BGP Well-known Communities."""
_TRANSITIVE, _OPTIONAL_TRANSITIVE = 0x40, 0xC0
_IBGP_PREFERENCE = 100


def bgp_is_on(agent: Agent) -> bool:
    """Whether the agent runs the control plane."""
    return agent.config.is_on("enable-bgp-control-plane")


def bgp_peers(agent: Agent) -> list[dict[str, Any]]:
    """The sessions of the node's instances."""
    return [
        _session(agent, instance, peer, agent.bgp.sessions[instance.name, peer.name])
        for instance, peer in agent.bgp.peers()
    ]


def _session(agent: Agent, instance: Instance, peer: Peer, session: Session) -> dict[str, Any]:
    since = session.established_ns
    return {
        "local-asn": instance.asn,
        "peer-asn": peer.asn or session.peer_asn,
        "peer-address": peer.address,
        "peer-port": peer.port,
        "session-state": session.state.value,
        "uptime-nanoseconds": 0 if since is None else agent.now_ns - since,
        "families": [
            {"afi": family.afi, "safi": family.safi, "received": received, "accepted": received, "advertised": sent}
            for family, received, sent in counts(agent, instance, peer, session)
        ],
        "configured-hold-time-seconds": peer.hold_s,
        "applied-hold-time-seconds": session.hold_s,
        "configured-keep-alive-time-seconds": peer.keepalive_s,
        "applied-keep-alive-time-seconds": keepalive_s(peer, session),
        "connect-retry-time-seconds": peer.retry_s,
    }


def shown_in_json(model: dict[str, Any]) -> dict[str, Any]:
    """A session as tools print it in JSON: keys sorted, what is zero left out, capabilities named."""
    families = [{key: value for key, value in sorted(each.items()) if value} for each in model["families"]]
    filled = {**model, "families": families, "local-capabilities": None, "remote-capabilities": None}
    always = ("local-capabilities", "remote-capabilities")
    return {key: value for key, value in sorted(filled.items()) if value or key in always}


def bgp_routes(agent: Agent, table: str, afi: str, safi: str) -> list[dict[str, Any]]:
    """The routes of the node's instances.

    Args:
        agent: Which node.
        table: ``available`` or ``advertised``.
        afi: ``ipv4`` or ``ipv6``.
        safi: ``unicast``.
    """
    if (afi, safi) != ("ipv4", "unicast"):
        return []
    return list(_advertised(agent, afi, safi) if table == "advertised" else _available(agent))


def _available(agent: Agent) -> Iterator[dict[str, Any]]:
    for instance in agent.bgp.desired.instances:
        routes = agent.bgp.own_routes(instance)
        for route in sorted(routes, key=lambda each: each.prefix):
            yield _route(agent, instance, route, [_origin(), _next_hop("0.0.0.0")])


def _advertised(agent: Agent, afi: str, safi: str) -> Iterator[dict[str, Any]]:
    for instance, peer in agent.bgp.peers():
        session = agent.bgp.sessions[instance.name, peer.name]
        if not session.is_up:
            continue
        for family, routes in _families(agent, instance, peer):
            if (family.afi, family.safi) != (afi, safi):
                continue
            for route in sorted(routes, key=lambda each: each.prefix):
                attributes = _told_attributes(agent, instance, peer, route)
                yield {"neighbor": peer.address, **_route(agent, instance, route, attributes)}


def _families(agent: Agent, instance: Instance, peer: Peer) -> Iterator[tuple[Family, tuple[Route, ...]]]:
    return zip(peer.families, agent.bgp.routes[instance.name, peer.name], strict=True)


def _told_attributes(agent: Agent, instance: Instance, peer: Peer, route: Route) -> list[bytes]:
    is_internal = peer.asn == instance.asn
    attributes = [_origin(), _as_path([] if is_internal else [instance.asn])]
    attributes.append(_next_hop(peer.local_address or agent.node_ip))
    if is_internal:
        preference = _IBGP_PREFERENCE if route.local_preference is None else route.local_preference
        attributes.append(_attribute(_TRANSITIVE, 5, preference.to_bytes(4, "big")))
    if route.communities:
        numbers = sorted(_community(each) for each in route.communities)
        attributes.append(_attribute(_OPTIONAL_TRANSITIVE, 8, b"".join(n.to_bytes(4, "big") for n in numbers)))
    if route.large_communities:
        parts = [int(part) for each in route.large_communities for part in each.split(":")]
        attributes.append(_attribute(_OPTIONAL_TRANSITIVE, 32, b"".join(n.to_bytes(4, "big") for n in parts)))
    return attributes


def _route(agent: Agent, instance: Instance, route: Route, attributes: Sequence[bytes]) -> dict[str, Any]:
    network = IPv4Network(route.prefix)
    since = agent.bgp.since_ns.get((instance.name, route.prefix), agent.now_ns)
    nlri = bytes([network.prefixlen]) + network.network_address.packed[: (network.prefixlen + 7) // 8]
    path = {
        "age-nanoseconds": agent.now_ns - since,
        "best": True,
        "family": {"afi": "ipv4", "safi": "unicast"},
        "nlri": {"base64": _text(nlri)},
        "path-attributes": [{"base64": _text(each)} for each in attributes],
    }
    return {"paths": [path], "prefix": route.prefix, "router-asn": instance.asn}


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _attribute(flags: int, kind: int, value: bytes) -> bytes:
    return bytes([flags, kind, len(value)]) + value


def _origin() -> bytes:
    return _attribute(_TRANSITIVE, 1, b"\x00")


def _as_path(numbers: Sequence[int]) -> bytes:
    segment = bytes([2, len(numbers)]) + b"".join(number.to_bytes(4, "big") for number in numbers)
    return _attribute(_TRANSITIVE, 2, segment if numbers else b"")


def _next_hop(ip: str) -> bytes:
    return _attribute(_TRANSITIVE, 3, IPv4Address(ip).packed)


def _community(text: str) -> int:
    if text in WELL_KNOWN:
        return WELL_KNOWN[text]
    high, colon, low = text.partition(":")
    return (int(high) << 16) + int(low) if colon else int(high)


def bgp_policies(agent: Agent) -> list[dict[str, Any]]:
    """The route policies of the node's instances, by AS number and name."""
    found: list[dict[str, Any]] = []
    for instance in agent.bgp.desired.instances:
        local = {"route-action": "accept"}
        found.append({"name": "allow-local", "router-asn": instance.asn, "statements": [local], "type": "import"})
        for peer in instance.peers:
            for family, routes in _families(agent, instance, peer):
                found += _family_policies(instance, peer, family, routes)
    return sorted(found, key=lambda each: (each["router-asn"], each["name"]))


def _family_policies(instance: Instance, peer: Peer, family: Family, routes: Sequence[Route]) -> list[dict[str, Any]]:
    grouped: dict[str, list[Route]] = {}
    for route in routes:
        grouped.setdefault(route.policy, []).append(route)
    return [
        {
            "name": f"{peer.name}-{family.afi}-{policy}",
            "router-asn": instance.asn,
            "statements": [_statement(peer, family, routes)],
            "type": "export",
        }
        for policy, routes in grouped.items()
    ]


def _statement(peer: Peer, family: Family, routes: Sequence[Route]) -> dict[str, Any]:
    first = routes[0]
    lengths = [(route.prefix, IPv4Network(route.prefix).prefixlen) for route in routes]
    statement: dict[str, Any] = {
        "match-families": [{"afi": family.afi, "safi": family.safi}],
        "match-neighbors": {"neighbors": [peer.address], "type": "any"},
        "match-prefixes": {
            "prefixes": [{"cidr": cidr, "prefix-len-max": bits, "prefix-len-min": bits} for cidr, bits in lengths],
            "type": "any",
        },
        "route-action": "accept",
    }
    if first.communities:
        statement["add-communities"] = list(first.communities)
    if first.large_communities:
        statement["add-large-communities"] = list(first.large_communities)
    if first.local_preference is not None:
        statement["set-local-preference"] = first.local_preference
    return statement
