"""``cilium bgp``. Source: reference cilium-cli, section 8; inputs ``cilium-cli/input/bgp``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.tools.cilium.agents import agent_pods, unreachable
from quizgame.tools.cilium.bgp_text import peers_table, routes_table
from quizgame.tools.cilium.call import Call, CommandFailed, Sub
from quizgame.tools.cilium.output import check_output, json_lines
from quizgame.tools.cilium_dbg.model.bgp import bgp_is_on, bgp_peers, bgp_routes

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

_TABLES = ("available", "advertised")
_AFIS, _SAFIS = ("ipv4", "ipv6"), ("unicast",)
_NOTES = {
    0: "(Defaulting to `available ipv4 unicast` routes, please see help for more options)",
    1: "(Defaulting to `ipv4 unicast` AFI & SAFI, please see help for more options)",
    2: "(Defaulting to `unicast` SAFI, please see help for more options)",
}


def _flags() -> list[Flag]:
    return [
        string("agent-pod-selector", "Label of the agents' pods", default="k8s-app=cilium"),
        string("node", "Ask this node alone"),
        string("output", "Output format. One of: json, summary", short="o", default="summary"),
        duration("wait-duration", "How long to wait at most, default 1 minute", default=MINUTE),
    ]


def _ask(
    call: Call, failure: str, what: str, ask: Callable[[Agent], list[dict[str, Any]]], asked: str, url: str
) -> dict[str, list[dict[str, Any]]]:
    """The answers by node; agents that do not answer are told on stderr.

    Raises:
        CommandFailed: the control plane is off in the agents.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    off, lost = [], []
    for pod, agent in agent_pods(call):
        if not agent.is_serving:
            lost.append(unreachable(call, pod, what, asked, url))
        elif not bgp_is_on(agent):
            # The agent's tool answers in words where JSON is expected.
            off.append(f"failed to unmarshal {what} from {pod}: invalid character 'B' looking for beginning of value")
        else:
            found[agent.node] = ask(agent)
    if off and not found:
        raise CommandFailed(f"Unable to get {failure}: " + "\n".join(off))
    if lost:
        title = "peering state" if what == "bgp state" else "routes"
        call.complain(f"Errors retrieving {title}: " + "\n".join(lost) + "\n")
    return found


def _peers(call: Call) -> None:
    form = check_output(call, ("json", "summary"))
    found = _ask(call, "peering status", "bgp state", bgp_peers, "peers list", "/v1/bgp/peers")
    if form == "json":
        call.show(json_lines(found, 1))
    else:
        call.say(peers_table(found))


def _routes(call: Call) -> None:
    form = check_output(call, ("json", "summary"))
    table, afi, safi, asn, peer = _arguments(call)
    found = _ask(
        call, "BGP routes", "bgp routes", lambda agent: bgp_routes(agent, table, afi, safi), "routes", "/v1/bgp/routes"
    )
    found = {
        node: [
            route for route in routes
            if asn in ("", str(route["router-asn"])) and peer in ("", route.get("neighbor", ""))
        ]
        for node, routes in found.items()
    }  # fmt: skip
    if form == "json":
        call.show(json_lines(found, 1))
        return
    note = _NOTES.get(len(call.args))
    if note:
        call.say(f"{note}\n")
    call.say(routes_table(found, has_peers=table == "advertised"))


def _arguments(call: Call) -> tuple[str, str, str, str, str]:
    words = [*call.args]

    def fail(text: str) -> CommandFailed:
        return CommandFailed(f"Unable to get BGP routes: {text}")

    table = words.pop(0) if words else "available"
    if table not in _TABLES:
        raise fail(f"invalid argument: `{table}`, expected `available` / `advertised`")
    afi = words.pop(0) if words else "ipv4"
    if afi not in _AFIS:
        raise fail(f"unknown AFI `{afi}`")
    safi = words.pop(0) if words else "unicast"
    if safi not in _SAFIS:
        raise fail(f"unknown SAFI `{safi}`")
    chosen: Mapping[str, str] = {}
    while words:
        key = words.pop(0)
        name = {"vrouter": "vrouter", "peer": "peer", "neighbor": "peer"}.get(key)
        if name is None or not words:
            raise fail(f"invalid argument: `{key}`, expected `vrouter <asn>` / `peer <address>`")
        chosen = {**chosen, name: words.pop(0)}
    return table, afi, safi, chosen.get("vrouter", ""), chosen.get("peer", "")


_EXAMPLE = """  IPv4 routes that the nodes have:
    cilium bgp routes available ipv4 unicast

  IPv6 routes of one virtual router:
    cilium bgp routes available ipv6 unicast vrouter 65001

  IPv4 routes told to one peer:
    cilium bgp routes advertised ipv4 unicast peer 10.0.0.1"""

COMMANDS = (
    Sub("bgp peers", "peers", "List BGP peers and their sessions", _peers, lambda: [
        *_flags(), boolean("capabilities", "Show what each peer can do", short="c"),
    ], aliases=("neighbors",), long="Lists the BGP sessions of all nodes.", refused_flags=frozenset(("capabilities",))),
    Sub("bgp routes", "routes <available | advertised> <afi> <safi> [vrouter <asn>] [peer|neighbor <address>]",
        "List BGP routes", _routes, _flags, long="Lists the BGP routes of all nodes.", example=_EXAMPLE),
)  # fmt: skip
