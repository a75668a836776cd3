"""``cilium-dbg bgp``. Source: reference cilium-dbg, section 12; cilium/cilium v1.19 pkg/bgp/api/printers.go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.goflags.flagset import Flag, string
from quizgame.tools.bgp_facts import peer_facts, route_facts
from quizgame.tools.bgp_query import BadRoutesQuery, default_note, parse_routes_query
from quizgame.tools.cilium.bgp_text import attributes_of, rounded
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM, Call, DbgError, Row, Sub, as_json, table, wants_json
from quizgame.tools.cilium_dbg.model.bgp import (
    DISABLED,
    bgp_is_on,
    bgp_peers,
    bgp_policies,
    bgp_routes,
    shown_in_json,
)
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result

Model = Mapping[str, Any]
PEERS = ("Local AS", "Peer AS", "Peer Address", "Session", "Uptime", "Family", "Received", "Advertised")
ROUTES = ("VRouter", "Prefix", "NextHop", "Age", "Attrs")
POLICIES = (
    "VRouter", "Policy Name", "Type", "Match Peers", "Match Families", "Match Prefixes (Min..Max Len)", "RIB Action",
    "Path Actions",
)  # fmt: skip


def _disabled(call: Call, what: str, url: str) -> list[Line]:
    """What is printed while the control plane is off; nothing while it is on.

    Raises:
        DbgError: the agent does not answer.
    """
    if not call.agent.is_serving:
        raise DbgError(f'cannot get {what}: Get "http://localhost{url}": {SOCKET_PROBLEM}\n')
    if bgp_is_on(call.agent):
        return []
    known = fact("config", cluster=call.cluster, node=call.agent.node, key="enable-bgp-control-plane", value="false")
    return [Line(DISABLED, (known,))]


def _peers(call: Call) -> Result:
    off = _disabled(call, "peers list", "/v1/bgp/peers")
    if off:
        return Result(stdout=off)
    models = sorted(bgp_peers(call.agent), key=lambda each: (each["local-asn"], each["peer-address"]))
    facts = [peer_facts(call.cluster, call.agent.node, each) for each in models]
    if wants_json(call):
        known = tuple(each for row in facts for each in row)
        return Result(stdout=as_json([shown_in_json(each) for each in models], known))
    return Result(stdout=table([PEERS], [peer_row(*each) for each in zip(models, facts, strict=True)]))


def peer_row(model: Model, facts: tuple[Fact, ...] = ()) -> Row:
    """The row of a session."""
    families = model["families"]
    cells: list[str | Sequence[str]] = [
        str(model["local-asn"]), str(model["peer-asn"]), f"{model['peer-address']}:{model['peer-port']}",
        str(model["session-state"]), rounded(model["uptime-nanoseconds"]),
        [f"{each['afi']}/{each['safi']}" for each in families],
        *([str(each[key]) for each in families] for key in ("received", "advertised")),
    ]  # fmt: skip
    return Row(tuple(cells), facts)


def _routes(call: Call) -> Result:
    is_json = wants_json(call)
    try:
        query = parse_routes_query(call.args)
    except BadRoutesQuery as problem:
        raise DbgError(f"{problem}\n") from None
    note = [] if is_json or not default_note(call.args) else [Line(default_note(call.args)), Line("")]
    off = _disabled(call, "routes list", "/v1/bgp/routes")
    if off:
        return Result(stdout=[*note, *off])
    models = [each for each in bgp_routes(call.agent, query.table, query.afi, query.safi) if query.wants(each)]
    rows = [
        route_row(model, path, _told(call, model, path), has_peers=query.has_peers)
        for model in models
        for path in model["paths"]
    ]
    if is_json:
        return Result(stdout=as_json(models, tuple(known for row in rows for known in row.facts)))
    head = (ROUTES[0], "Peer", *ROUTES[1:]) if query.has_peers else ROUTES
    return Result(stdout=[*note, *table([head], rows)])


def _told(call: Call, model: Model, path: Model) -> tuple[Fact, ...]:
    return route_facts(call.cluster, call.agent.node, model, attributes_of(path)[0])


def route_row(model: Model, path: Model, facts: tuple[Fact, ...] = (), *, has_peers: bool) -> Row:
    """The row of one path of a route."""
    next_hop, listed = attributes_of(path)
    peer = (str(model.get("neighbor", "")),) if has_peers else ()
    cells = (str(model["router-asn"]), *peer, str(model["prefix"]), next_hop, rounded(path["age-nanoseconds"]), listed)
    return Row(cells, facts)


def _policies(call: Call) -> Result:
    off = _disabled(call, "route policies list", "/v1/bgp/route-policies")
    if off:
        return Result(stdout=off)
    models = bgp_policies(call.agent)
    if wants_json(call):
        return Result(stdout=as_json(models))
    return Result(stdout=table([POLICIES], [policy_row(each) for each in models]))


def policy_row(model: Model) -> Row:
    """The row of a route policy."""
    [statement] = model["statements"]
    families = [f"{each['afi']}/{each['safi']}" for each in statement.get("match-families") or ()]
    prefixes = [
        f"{each['cidr']} ({each['prefix-len-min']}..{each['prefix-len-max']})"
        for each in (statement.get("match-prefixes") or {}).get("prefixes") or ()
    ]
    neighbors = (statement.get("match-neighbors") or {}).get("neighbors") or ()
    # Source: the API leaves a preference that is not set out, and the tool reads that as 0.
    actions = [f"SetLocalPreference: {statement.get('set-local-preference', 0)}"]
    for key, name in (("add-communities", "AddCommunities"), ("add-large-communities", "AddLargeCommunities")):
        if statement.get(key):
            actions.append(f"{name}: [{' '.join(statement[key])}]")
    return Row((
        str(model["router-asn"]), str(model["name"]), str(model["type"]), _several(list(neighbors)), _several(families),
        f"(any) {_several(prefixes)}" if len(prefixes) > 1 else _several(prefixes),
        str(statement["route-action"]), _several(actions),
    ))  # fmt: skip


def _several(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else " ".join(f"{{{each}}}" for each in texts)


def _output_flag() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


COMMANDS = (
    Sub("bgp peers", "peers", "List the BGP sessions", _peers, _output_flag, aliases=("neighbors",)),
    Sub("bgp routes", "routes <available | advertised> <afi> <safi> [vrouter <asn>] [peer|neighbor <address>]",
        "List the BGP routes", _routes, _output_flag),
    Sub("bgp route-policies", "route-policies", "List the BGP route policies", _policies, _output_flag),
)  # fmt: skip
