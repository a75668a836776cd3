"""Facts about BGP sessions and routes, alike in every tool that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.tools.facts import Fact, fact


def peer_facts(cluster: str, node: str, peer: Mapping[str, Any]) -> tuple[Fact, ...]:
    """What the row of a session shows.

    Args:
        cluster: Kubeconfig context.
        node: Name of the node.
        peer: The session as the agent's API gives it.
    """
    address, state = str(peer["peer-address"]), str(peer["session-state"])
    families = [each for each in peer["families"] if each["afi"] == "ipv4"]
    counts = {key: families[0][key] for key in ("received", "advertised")} if families else {}
    return (
        fact(
            "bgp", cluster=cluster, node=node, peer=address, state=state, local_asn=peer["local-asn"],
            peer_asn=peer["peer-asn"], witnesses=(address, state), **counts,
        ),
    )  # fmt: skip


def route_facts(cluster: str, node: str, route: Mapping[str, Any], via: str) -> tuple[Fact, ...]:
    """What the row of a route shows; a route that was told to a peer names it."""
    peer = route.get("neighbor")
    known = fact(
        "route", cluster=cluster, node=node, prefix=route["prefix"], via=via, peer=peer,
        witnesses=(str(route["prefix"]), *([str(peer)] if peer else [])),
    )  # fmt: skip
    return (known,)
