"""``cilium bgp``. Source: reference cilium-cli, section 8; inputs ``cilium-cli/input/bgp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.tools.bgp_query import BadRoutesQuery, default_note, parse_routes_query
from quizgame.tools.cilium.agents import agent_pods, unreachable
from quizgame.tools.cilium.bgp_text import peers_lines, routes_lines
from quizgame.tools.cilium.call import Call, CommandFailed, Sub
from quizgame.tools.cilium.output import FORMATS, check_output, json_lines
from quizgame.tools.cilium_dbg.model.bgp import bgp_is_on, bgp_peers, bgp_routes, shown_in_json

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent


def _flags() -> list[Flag]:
    return [
        string("agent-pod-selector", "Label of the agents' pods", default="k8s-app=cilium"),
        string("node", "Ask this node alone"),
        string("output", "Output format. One of: json, summary", short="o", default="summary", choices=FORMATS),
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
    shown = peers_lines(call.context, found)
    if form == "summary":
        call.show(shown)
        return
    facts = tuple(known for line in shown for known in line.facts)
    call.show(json_lines({node: [shown_in_json(each) for each in found[node]] for node in sorted(found)}, 1, facts))


def _routes(call: Call) -> None:
    form = check_output(call, ("json", "summary"))
    note = default_note(call.args)
    if note and form == "summary":
        call.say(f"{note}\n")
    try:
        query = parse_routes_query(call.args)
    except BadRoutesQuery as problem:
        raise CommandFailed(f"Unable to get BGP routes: {problem}") from None

    def ask(agent: Agent) -> list[dict[str, Any]]:
        return [each for each in bgp_routes(agent, query.table, query.afi, query.safi) if query.wants(each)]

    found = _ask(call, "BGP routes", "bgp routes", ask, "routes", "/v1/bgp/routes")
    shown = routes_lines(call.context, found, has_peers=query.has_peers)
    if form == "summary":
        call.show(shown)
        return
    facts = tuple(known for line in shown for known in line.facts)
    call.show(json_lines({node: found[node] for node in sorted(found)}, 1, facts))


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
