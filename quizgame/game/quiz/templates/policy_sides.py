"""Templates about directions: both ends, default deny, deny precedence, enforcement modes."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import what_happens, which_flow
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, NODES, PORTS, SERVERS, TEAMS
from quizgame.game.quiz.templates.situation import (
    Object,
    Outcome,
    Pod,
    Situation,
    ccnp,
    cnp,
    flow_between,
    in_mode,
    to_ports,
)
from quizgame.policy.model import Direction, EnforcementMode
from quizgame.policy.world import WorldSettings

_ONLY = "These are the only policies in the cluster."
_L34 = (
    Outcome.FORWARDED, Outcome.EGRESS_DEFAULT, Outcome.INGRESS_DEFAULT, Outcome.EGRESS_DENY, Outcome.INGRESS_DENY,
)  # fmt: skip


def both_sides(dice: Dice) -> Draft | None:
    """Egress of the source and ingress of the destination must both allow."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    port, other = dice.sample("ports", PORTS, 2)
    target, source = Pod(home, f"{server}-0", {"app": server}), Pod(home, f"{client}-0", {"app": client})
    stranger = Pod(home, "tools-0", {"app": "tools"})
    out = {
        "toEndpoints": [{"matchLabels": {"app": dice.pick("out peer", (server, server, "tools"))}}],
        "toPorts": [to_ports(dice.pick("out port", (port, port, other)))],
    }
    into = {
        "fromEndpoints": [{"matchLabels": {"app": dice.pick("in peer", (client, client, "tools"))}}],
        "toPorts": [to_ports(dice.pick("in port", (port, port, other)))],
    }
    policies = (
        cnp(f"{client}-out", home, {"app": client}, egress=[out]),
        cnp(f"{server}-in", home, {"app": server}, ingress=[into]),
    )
    situation = Situation((source, target, stranger), policies)
    return what_happens(
        dice, situation, flow_between(source, target, port), intro=_ONLY, among=_L34,
        lesson="A connection needs the egress of its source and the ingress of its destination; one allow "
        "opens one side.",
    )  # fmt: skip


def deny_precedence(dice: Dice) -> Draft | None:
    """A deny rule wins over every allow, if it matches."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client = dice.pick("client", CLIENTS)
    team, other_team = dice.sample("teams", TEAMS, 2)
    port, other = dice.sample("ports", PORTS, 2)
    denied: Object = {"fromEndpoints": [{"matchLabels": {"team": team}}]}
    if dice.flip("with port"):
        denied["toPorts"] = [to_ports(dice.pick("deny port", (port, other)))]
    allow: Object = {"fromEndpoints": [{"matchLabels": {"app": client}}]}
    if dice.flip("allow port"):
        allow["toPorts"] = [to_ports(dice.pick("allowed port", (port, other)))]
    deny_policy = (
        ccnp("no-entry", {"app": server}, ingressDeny=[denied])
        if dice.flip("clusterwide")
        else cnp("no-entry", home, {"app": server}, ingressDeny=[denied])
    )
    target = Pod(home, f"{server}-0", {"app": server})
    source = Pod(home, f"{client}-0", {"app": client, "team": dice.pick("team", (team, team, other_team))})
    policies = (cnp(f"{server}-in", home, {"app": server}, ingress=[allow]), deny_policy)
    situation = Situation((source, target), policies)
    return what_happens(
        dice, situation, flow_between(source, target, port), intro=_ONLY, among=_L34,
        lesson="A deny that matches wins over every allow, however narrow, whichever policy it stands in; one "
        "that does not match changes nothing.",
    )  # fmt: skip


def default_deny(dice: Dice) -> Draft | None:
    """A policy closes the directions it has sections for, unless told otherwise."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, outsider = dice.sample("clients", CLIENTS, 2)
    port, other = dice.sample("ports", PORTS, 2)
    into: Object = {"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [to_ports(port)]}
    out: Object = {"toEndpoints": [{"matchLabels": {"app": client}}]}
    sections: Object = dice.pick(
        "sections",
        [
            {"ingress": [into]},
            {"egress": [out]},
            {"ingress": [into], "egress": [out]},
            {"enableDefaultDeny": {"ingress": False}, "ingress": [into], "egress": [out]},
            {"enableDefaultDeny": {"egress": False}, "ingress": [into], "egress": [out]},
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    one, two = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{outsider}-0", {"app": outsider})
    situation = Situation((target, one, two), (cnp(f"{server}-guard", home, {"app": server}, **sections),))
    flows = [flow_between(peer, target, number) for peer in (one, two) for number in (port, other)]
    flows += [flow_between(target, peer, number) for peer in (one, two) for number in (port, other)]
    return which_flow(
        dice, situation, flows, intro="This is the only policy in the cluster.",
        lesson="A policy puts the pods that it selects in default deny for the directions that it has a section for; "
        "`enableDefaultDeny` can switch that off for one direction.",
    )  # fmt: skip


def enforcement_mode(dice: Dice) -> Draft | None:
    """The mode decides what an endpoint without policy may do, and whether policy counts at all."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, outsider = dice.sample("clients", CLIENTS, 2)
    port = dice.pick("port", PORTS)
    mode = dice.pick("mode", tuple(EnforcementMode))
    target = Pod(home, f"{server}-0", {"app": server})
    one, two = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{outsider}-0", {"app": outsider})
    policies = (
        cnp(f"{client}-out", home, {"app": client}, egress=[{"toEndpoints": [{"matchLabels": {"app": server}}]}]),
        cnp(f"{server}-in", home, {"app": server}, ingress=[{"fromEndpoints": [{"matchLabels": {"app": client}}]}]),
    )
    situation = Situation((target, one, two), policies, settings=in_mode(mode))
    flow = flow_between(
        *dice.pick("pair", [(one, target), (two, target), (two, one), (target, one), (target, two)]), port
    )
    return what_happens(
        dice, situation, flow, among=_L34,
        intro=f"The agents run with `enable-policy: {mode.value}`, and these are the only policies.",
        lesson="`default` closes what a policy selects, `always` closes every endpoint in both directions, and `never` "
        "enforces nothing, whatever policies there are.",
    )  # fmt: skip


_WORDS = {True: "Enabled", False: "Disabled"}


def endpoint_list(dice: Dice) -> Draft | None:
    """What the two enforcement columns of ``cilium-dbg endpoint list`` say."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    mode = dice.pick("mode", tuple(EnforcementMode))
    rule: Object = {"fromEndpoints": [{"matchLabels": {"app": client}}]}
    out: Object = {"toEndpoints": [{"matchLabels": {"app": client}}]}
    selected = dice.pick("selected", (server, server, client))
    sections: Object = dice.pick(
        "sections",
        [
            {"ingress": [rule]},
            {"egress": [out]},
            {"ingress": [rule], "egress": [out]},
            {"ingressDeny": [rule]},
            {"enableDefaultDeny": {"ingress": False}, "ingress": [rule]},
            {"ingress": [{}]},
            {"egress": [{}]},
        ],
    )
    target, peer = Pod(home, f"{server}-0", {"app": server}), Pod(home, f"{client}-0", {"app": client})
    situation = Situation(
        (target, peer), (cnp("guard", home, {"app": selected}, **sections),), settings=WorldSettings(mode=mode)
    )
    policy = situation.world.endpoint_policy(target.path)
    truth = policy.enabled(Direction.INGRESS), policy.enabled(Direction.EGRESS)

    def reason(ingress: bool, egress: bool) -> str:
        wrong = [
            f"{side} is {_WORDS[right]}"
            for side, right, said in (("ingress", truth[0], ingress), ("egress", truth[1], egress))
            if right != said
        ]
        return f"In this mode and with this policy {' and '.join(wrong)}." if wrong else why

    why = _why_columns(mode, selected == server, sections)
    answers = tuple(
        Answer(f"Ingress {_WORDS[ingress]}, egress {_WORDS[egress]}", (ingress, egress), reason(ingress, egress))
        for ingress in (True, False)
        for egress in (True, False)
    )
    return Draft(
        stem=f"The agents run with `enable-policy: {mode.value}`, and this is the only policy. What do the columns of "
        f"`cilium-dbg endpoint list` say of policy enforcement for `{target.path}`?",
        truth=truth,
        answers=answers,
        explanation=f"{why} The columns tell whether policy has a say in a direction, not whether a packet passes.",
        exhibit=situation.exhibit(),
    )


def _why_columns(mode: EnforcementMode, is_selected: bool, sections: Object) -> str:
    if mode is EnforcementMode.ALWAYS:
        return "In mode `always` both directions of every endpoint are enabled, selected or not."
    if mode is EnforcementMode.NEVER:
        return "In mode `never` both directions of every endpoint are disabled, whatever policies there are."
    if not is_selected:
        return "In mode `default` an endpoint that no policy selects has both directions disabled."
    named = " and ".join(f"`{name}`" for name in sections if name != "enableDefaultDeny")
    return f"In mode `default` the sections of policies that select the endpoint decide: here {named}."


def recording_node(dice: Dice) -> Draft | None:
    """On which node a drop is decided, and so recorded."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    port, other = dice.sample("ports", PORTS, 2)
    nodes = dice.sample("nodes", NODES, 4)
    target = Pod(home, f"{server}-0", {"app": server}, nodes[0])
    source = Pod(home, f"{client}-0", {"app": client}, nodes[1])
    out = {"toEndpoints": [{"matchLabels": {"app": server}}], "toPorts": [to_ports(dice.pick("out", (port, other)))]}
    into = {"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [to_ports(dice.pick("in", (port, other)))]}
    policies = (
        cnp(f"{client}-out", home, {"app": client}, egress=[out]),
        cnp(f"{server}-in", home, {"app": server}, ingress=[into]),
    )
    situation = Situation((source, target), policies)
    flow = flow_between(source, target, port)
    outcome = situation.outcome(flow)
    where = {Outcome.EGRESS_DEFAULT: nodes[1], Outcome.INGRESS_DEFAULT: nodes[0], Outcome.FORWARDED: "nowhere"}
    truth = where[outcome]
    texts = {
        nodes[1]: f"The drop is on `{nodes[1]}`, at the egress of the source",
        nodes[0]: f"The drop is on `{nodes[0]}`, at the ingress of the target",
        nodes[2]: f"The drop is on `{nodes[2]}`, which routes between the two",
        "nowhere": "There is no drop, as both of the policies allow the flow",
    }
    why = situation.why(flow)
    answers = tuple(
        Answer(text, value, why if value == truth else f"Not there. {why}") for value, text in texts.items()
    )
    placed = f"# {source.path} runs on {nodes[1]}, {target.path} on {nodes[0]}"
    return Draft(
        stem=f"{_ONLY} Which node's agent records a drop of {flow.text}?",
        truth=truth,
        answers=answers,
        explanation="Egress policy is enforced on the node of the source, ingress policy on the node of the "
        f"destination; only the node that drops has the flow with the verdict DROPPED. {why}",
        exhibit=f"{placed}\n{situation.exhibit(with_pods=False)}",
    )
