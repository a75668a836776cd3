"""Templates about what a policy selects, which policy decides, and what identities are made of."""

from __future__ import annotations

from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, SERVERS, TEAMS, TIERS
from quizgame.game.quiz.templates.situation import (
    Object,
    Pod,
    Situation,
    ccnp,
    cnp,
    flow_between,
    labels_text,
    to_ports,
)
from quizgame.policy.decision import MatchType
from quizgame.policy.labels import is_identity_relevant


def selected_pods(dice: Dice) -> Draft | None:
    """Which pod a policy's endpoint selector means."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    app, second = dice.sample("apps", SERVERS, 2)
    team, tier = dice.pick("team", TEAMS), dice.pick("tier", TIERS)
    selector: Object = dice.pick(
        "selector",
        [
            {"matchLabels": {"app": app, "team": team}},
            {"matchExpressions": [{"key": "app", "operator": "In", "values": sorted([app, second])}]},
            {"matchLabels": {"app": app}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [app]}]},
            {"matchLabels": {"app": app}},
        ],
    )
    section = {"ingress": [{"fromEntities": ["cluster"]}]}
    policy = dice.pick("kind", [cnp("guard", home, selector, **section), ccnp("guard", selector, **section)])
    labels: list[dict[str, str]] = [
        {"app": app}, {"app": app, "team": team}, {"app": second}, {"app": app, "tier": tier}, {"team": team},
        {"app": second, "team": team},
    ]  # fmt: skip
    pods = [
        Pod(namespace, f"pod-{chr(97 + number)}", each)
        for number, (namespace, each) in enumerate(
            (namespace, each) for namespace in (home, other) for each in dice.shuffle(namespace, labels)[:4]
        )
    ]
    situation = Situation(tuple(pods), (policy,))
    picked = {pod.path: bool(situation.world.endpoint_policy(pod.path).policies) for pod in pods}
    options = [
        truth for truth in (True, False) if list(picked.values()).count(not truth) >= 3 and truth in picked.values()
    ]
    if not options:
        return None
    truth = dice.pick("asked", options)
    key = dice.pick("one", [pod for pod in pods if picked[pod.path] is truth])
    answers = tuple(
        Answer(
            f"`{pod.path}`", picked[pod.path],
            f"{pod.path} has {labels_text(pod.labels)}: the policy "
            f"{'selects' if picked[pod.path] else 'passes over'} it.",
        )
        for pod in pods
        if picked[pod.path] is not truth or pod is key
    )  # fmt: skip
    asked = "Which of these pods does the policy select?" if truth else "Which of these pods does it **not** select?"
    return Draft(
        stem=f"This is one policy and some pods. {asked}", truth=truth, answers=answers, exhibit=situation.exhibit(),
        explanation="Labels and expressions of a selector must all hold. A CiliumNetworkPolicy selects in its own "
        "namespace alone, a CiliumClusterwideNetworkPolicy in all.",
    )  # fmt: skip


def deciding_policy(dice: Dice) -> Draft | None:
    """Which of several policies decides a flow."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, other = dice.sample("clients", CLIENTS, 2)
    port, second = dice.sample("ports", PORTS, 2)
    team = dice.pick("team", TEAMS)
    names = dice.sample("names", ("ring", "gate", "fence", "wall", "moat", "bridge"), 4)

    def rule(labels: dict[str, str], number: int | None) -> Object:
        made: Object = {"fromEndpoints": [{"matchLabels": labels}]}
        return made if number is None else {**made, "toPorts": [to_ports(number)]}

    bodies = dice.shuffle(
        "bodies",
        [
            (server, {"ingress": [rule({"app": client}, dice.pick("first", (port, second)))]}),
            (server, {"ingress": [rule({"app": other}, port)]}),
            (client, {"egress": [{"toEndpoints": [{"matchLabels": {"app": other}}]}]}),
            (server, {"ingressDeny": [rule({"team": team}, second)]}),
            (server, {"ingressDeny": [rule({"team": team}, None)]}),
            (server, {"ingress": [rule({"team": team}, None)]}),
        ],
    )[:3]
    policies = [cnp(name, home, {"app": app}, **body) for name, (app, body) in zip(names, bodies, strict=False)]
    target = Pod(home, f"{server}-0", {"app": server})
    source = Pod(home, f"{client}-0", {"app": client, "team": team})
    situation = Situation((target, source), tuple(policies))
    flow = flow_between(source, target, port)
    trail = situation.deciding(flow)
    if trail is None or trail.winner is None:
        return None
    truth = trail.winner.policy.name
    allowing = {saying.policy.name for saying in trail.rules for clause in saying.clauses if clause.weight}
    if len(allowing) > 1 and trail.decision.allowed:
        return None  # several allow it: none of them alone decides
    why = situation.why(flow)
    said = {saying.policy.name: saying.stance.value for saying in trail.rules}
    answers = [
        Answer(f"The policy `{name}`", name, why if name == truth else f"{name} {_said(said.get(name))}. {why}")
        for name in names[:3]
    ]
    answers.append(Answer("No policy: default deny decides", "", f"A rule does match this flow. {why}"))
    return Draft(
        stem=f"These are the only policies. Which one decides {flow.text}?", truth=truth, answers=tuple(answers),
        explanation=f"{why} Policies that do not select the endpoint, or whose rules are about other peers or "
        "ports, do not count.", exhibit=situation.exhibit(),
    )  # fmt: skip


def _said(stance: str | None) -> str:
    return {
        None: "does not select the endpoint that decides, or has no say in that direction",
        "not applicable": "has no rule that applies",
        "allows": "allows the flow, but does not decide",
        "denies": "denies the flow as well",
        "does not allow": "selects the endpoint, but none of its rules is about this flow",
    }[stance]


_MATCH_SAYS = {
    MatchType.NONE: "no rule matched",
    MatchType.L3_L4: "a rule with this peer and this port matched",
    MatchType.L3_ONLY: "a rule with this peer and any port matched",
    MatchType.L4_ONLY: "a rule with any peer and this port matched",
    MatchType.ALL: "the rule that allows everything matched",
}


def match_type(dice: Dice) -> Draft | None:
    """Which match Hubble's policy verdict shows."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    port, other = dice.sample("ports", PORTS, 2)
    peer: Object = {"fromEndpoints": [{"matchLabels": {"app": client}}]}
    rules: list[list[Object]] = [
        [{**peer, "toPorts": [to_ports(port)]}],
        [peer],
        [{"toPorts": [to_ports(port)]}],
        [{"fromEndpoints": [{"matchLabels": {"app": "tools"}}]}],
        [{**peer, "toPorts": [to_ports(other)]}],
        [peer, {"toPorts": [to_ports(port)]}],
        [{}],
    ]
    ingress = dice.pick("rules", rules)
    denies = dice.flip("deny") and ingress != [{}]
    sections: Object = {"ingressDeny": ingress} if denies else {"ingress": ingress}
    target, source = Pod(home, f"{server}-0", {"app": server}), Pod(home, f"{client}-0", {"app": client})
    situation = Situation((target, source), (cnp(f"{server}-in", home, {"app": server}, **sections),))
    flow = flow_between(source, target, port)
    trail = situation.deciding(flow)
    if trail is None or trail.decision.match not in _MATCH_SAYS:
        return None
    decision = trail.decision
    truth = decision.match, decision.allowed
    why = situation.why(flow)
    words = {True: "ALLOWED", False: "DENIED"}
    answers = tuple(
        Answer(
            f"`policy-verdict:{match.text} INGRESS {words[allowed]}`", (match, allowed),
            f"`{match.text}` says that {_MATCH_SAYS[match]}." if (match, allowed) == truth
            else f"It would mean that {_MATCH_SAYS[match]} and the packet was {words[allowed].lower()}. {why}",
        )
        for match in _MATCH_SAYS
        for allowed in (True, False)
        if (match, allowed) not in ((MatchType.ALL, False), (MatchType.NONE, True))
    )  # fmt: skip
    return Draft(
        stem=f"This is the only policy. Which policy verdict does Hubble show for {flow.text}?", truth=truth,
        answers=answers, exhibit=situation.exhibit(),
        explanation=f"The word after `policy-verdict:` names the kind of policy map entry that matched. Here "
        f"{_MATCH_SAYS[decision.match]}. {why}",
    )  # fmt: skip


_LABELS = (
    "app.kubernetes.io/name", "app.kubernetes.io/component", "topology.example.com/zone", "release.example.com/track",
    "owner.example.org/cost-center", "pod-template-hash", "controller-revision-hash", "pod-template-generation",
    "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
)  # fmt: skip


def identity_labels(dice: Dice) -> Draft | None:
    """Which label of a pod makes no difference to its identity, or makes one."""
    keys = _LABELS
    fates = {key: is_identity_relevant(key) for key in keys}
    truth = dice.flip("asked")
    key = dice.pick("key", [each for each in keys if fates[each] is truth])
    others = dice.sample("others", [each for each in keys if fates[each] is not truth], 3)
    shown = sorted([key, *others])
    values = {each: dice.pick(f"value of {each}", ("a", "b", "c1", "d4", "x9", "blue", "main")) for each in shown}
    app, home = dice.pick("pod", SERVERS), dice.pick("namespace", NAMESPACES)
    said = {True: "it is part of the identity", False: "the agent leaves it out of the identity"}
    answers = tuple(
        Answer(f"`{each}={values[each]}`", fates[each], f"By the default label filters {said[fates[each]]}.")
        for each in shown
    )
    ask = (
        "Which of these labels is part of its identity?" if truth else "Which of these is **not** part of its identity?"
    )
    lines = [f"{app}-0", f"  namespace: {home}", "  labels:", *(f"    {each}: {values[each]}" for each in shown)]
    return Draft(
        stem=f"A pod has these labels, and the agents' label filters are the default ones. {ask}", truth=truth,
        answers=answers, exhibit="\n".join(lines),
        explanation="Identities are made of labels that say what a workload is. Labels that Kubernetes sets on each "
        "replica or revision are filtered out, since each value would be another identity.",
    )  # fmt: skip


def shared_identity(dice: Dice) -> Draft | None:
    """Which pod has the same identity as another."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    app, second = dice.sample("apps", SERVERS, 2)
    team, tier = dice.pick("team", TEAMS), dice.pick("tier", TIERS)
    base = {"app": app, "team": team, "pod-template-hash": "6f7c"}
    first = Pod(home, "pod-a", base)
    candidates = [
        Pod(home, "", {**base, "pod-template-hash": "9d21"}),
        Pod(home, "", {"app": app, "team": team}),
        Pod(home, "", {**base, "statefulset.kubernetes.io/pod-name": f"{app}-1"}),
        Pod(other, "", base),
        Pod(home, "", {**base, "tier": tier}),
        Pod(home, "", {"app": app, "pod-template-hash": "6f7c"}),
        Pod(home, "", {**base, "app": second}),
        Pod(other, "", {**base, "pod-template-hash": "9d21"}),
    ]
    same = dice.pick("same", candidates[:3])
    rest = dice.sample("rest", candidates[3:], 3)
    pods = [
        Pod(pod.namespace, f"pod-{chr(98 + number)}", pod.labels)
        for number, pod in enumerate(dice.shuffle("order", [same, *rest]))
    ]
    situation = Situation((first, *pods), ())
    truth = situation.world.identity_of(first.path)
    answers = tuple(
        Answer(f"`{pod.path}`", situation.world.identity_of(pod.path), _shared_reason(first, pod)) for pod in pods
    )
    return Draft(
        stem=f"Service accounts are the same everywhere, label filters are the default ones. Which pod shares its "
        f"identity with `{first.path}`?",
        truth=truth, answers=answers, exhibit=situation.exhibit().rstrip("\n"),
        explanation="Pods share an identity if their identity-relevant labels, namespace, service account and "
        "cluster are equal. Labels that Kubernetes sets for its own bookkeeping, such as `pod-template-hash`, "
        "do not count.",
    )  # fmt: skip


def _shared_reason(first: Pod, pod: Pod) -> str:
    if first.namespace != pod.namespace:
        return "Its namespace differs, and the namespace is part of every identity."
    keys = sorted(
        key for key in first.labels.keys() | pod.labels.keys() if first.labels.get(key) != pod.labels.get(key)
    )
    relevant = [key for key in keys if is_identity_relevant(key)]
    if relevant:
        return f"It differs in `{relevant[0]}`, which is part of the identity."
    return f"It differs only in {', '.join(f'`{key}`' for key in keys)}, which is filtered out."
