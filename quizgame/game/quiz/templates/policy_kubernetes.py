"""Templates about the NetworkPolicy of Kubernetes, alone and beside Cilium's own kinds."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import which_flow
from quizgame.game.quiz.templates.drafts import Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, SERVERS, TEAMS
from quizgame.game.quiz.templates.situation import (
    Flow,
    Object,
    Pod,
    Situation,
    cnp,
    flow_between,
    knp,
    pod_peer,
    to_ports,
)
from quizgame.policy.world import Peer


def policy_types(dice: Dice) -> Draft | None:
    """``policyTypes`` and sections: which directions are closed."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, outsider = dice.sample("clients", CLIENTS, 2)
    port, other = dice.sample("ports", PORTS, 2)
    into: Object = {"from": [{"podSelector": {"matchLabels": {"app": client}}}], "ports": [{"port": port}]}
    out: Object = {"to": [{"podSelector": {"matchLabels": {"app": client}}}], "ports": [{"port": port}]}
    sections: Object = dice.pick(
        "sections",
        [
            {"ingress": [into]},
            {"policyTypes": ["Ingress"]},
            {"policyTypes": ["Egress"], "egress": [out]},
            {"policyTypes": ["Ingress", "Egress"], "ingress": [into]},
            {"policyTypes": ["Ingress", "Egress"], "ingress": [into], "egress": [out]},
            {"egress": [out]},
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    one, two = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{outsider}-0", {"app": outsider})
    situation = Situation((target, one, two), (knp(f"{server}-guard", home, {"app": server}, **sections),))
    flows = [flow_between(peer, target, number) for peer in (one, two) for number in (port, other)]
    flows += [flow_between(target, peer, number) for peer in (one, two) for number in (port, other)]
    return which_flow(
        dice, situation, flows, intro="This is the only policy in the cluster.",
        lesson="`policyTypes` says which directions are closed. Where it is missing, Ingress is always one of "
        "them, and Egress if there is an `egress` section.",
    )  # fmt: skip


def peer_items(dice: Dice) -> Draft | None:
    """``podSelector`` and ``namespaceSelector`` in one item or in two."""
    home, other, third = dice.sample("namespaces", NAMESPACES, 3)
    server, (client, outsider), port = (
        dice.pick("server", SERVERS),
        dice.sample("clients", CLIENTS, 2),
        dice.pick("port", PORTS),
    )
    team, other_team = dice.sample("teams", TEAMS, 2)
    pods: Object = {"podSelector": {"matchLabels": {"app": client}}}
    spaces: Object = {"namespaceSelector": {"matchLabels": {"team": team}}}
    peers = dice.pick(
        "peers", [[{**spaces, **pods}], [spaces, pods], [pods], [spaces], [{"namespaceSelector": {}, **pods}]]
    )
    target = Pod(home, f"{server}-0", {"app": server})
    sources = [
        Pod(namespace, f"{name}-{number}", {"app": name})
        for number, namespace in enumerate((home, other, third))
        for name in (client, outsider)
    ]
    policy = knp(f"{server}-in", home, {"app": server}, ingress=[{"from": peers}])
    situation = Situation(
        (target, *sources), (policy,),
        namespaces={home: {"team": other_team}, other: {"team": team}, third: {"team": other_team}},
    )  # fmt: skip
    return which_flow(
        dice, situation, [flow_between(source, target, port) for source in sources],
        intro="This is the only policy in the cluster.", exhibit=situation.exhibit(with_namespaces=True),
        lesson="Selectors in one item of `from` must both match; items are alternatives. A `podSelector` "
        "alone means the policy's own namespace, a `namespaceSelector` alone all pods of those namespaces.",
    )  # fmt: skip


def ip_block(dice: Dice) -> Draft | None:
    """``ipBlock`` concerns addresses outside the cluster, not pods."""
    home, client = dice.pick("namespace", NAMESPACES), dice.pick("client", CLIENTS)
    server, port = dice.pick("server", SERVERS), dice.pick("port", PORTS)
    second = dice.between("second", 16, 200)
    block, hole = f"10.{second}.0.0/16", f"10.{second}.{dice.between('hole', 1, 200)}.0/24"
    source, target = Pod(home, f"{client}-0", {"app": client}), Pod(home, f"{server}-0", {"app": server})
    egress: list[Object] = [{"to": [{"ipBlock": {"cidr": block, "except": [hole]}}], "ports": [{"port": port}]}]
    policy = knp(f"{client}-out", home, {"app": client}, policyTypes=["Egress"], egress=egress)
    situation = Situation((source, target), (policy,))
    wrong = dice.pick("wrong", [each for each in PORTS if each != port])
    addresses = [
        f"10.{second}.{number}.{dice.between(str(number), 2, 250)}" for number in (0, 201, 230)
    ] + [hole.replace(".0/24", ".9"), f"10.{second + 1}.3.4"]  # fmt: skip
    flows = [
        Flow(pod_peer(source), Peer(address=address), number, f"`{source.path}` to `{address}`, TCP {number}")
        for address in addresses
        for number in (port, wrong)
    ]
    flows.append(flow_between(source, target, port))
    return which_flow(
        dice, situation, flows,
        intro=f"This is the only policy in the cluster. The pod `{target.path}` has an address in `{block}`; "
        "the numeric addresses lie outside the cluster.",
        lesson="An `ipBlock` opens addresses outside the cluster, less its exceptions. With Cilium pods are "
        "known by their labels, so a block that holds a pod's address does not select the pod.",
    )  # fmt: skip


def both_kinds(dice: Dice) -> Draft | None:
    """A NetworkPolicy and a CiliumNetworkPolicy for the same pods: allows add up, denies win."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    first, second, third = dice.sample("clients", CLIENTS, 3)
    port, other = dice.sample("ports", PORTS, 2)
    kubernetes = knp(
        f"{server}-a", home, {"app": server},
        ingress=[{"from": [{"podSelector": {"matchLabels": {"app": first}}}], "ports": [{"port": port}]}],
    )  # fmt: skip
    peer: Object = {"fromEndpoints": [{"matchLabels": {"app": second}}]}
    sections = dice.pick(
        "sections",
        [
            {"ingress": [{**peer, "toPorts": [to_ports(other)]}]},
            {"ingress": [peer]},
            {"ingressDeny": [{"fromEndpoints": [{"matchLabels": {"app": first}}], "toPorts": [to_ports(other)]}]},
            {"ingressDeny": [{"fromEndpoints": [{"matchLabels": {"app": first}}]}], "ingress": [peer]},
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    sources = [Pod(home, f"{name}-0", {"app": name}) for name in (first, second, third)]
    situation = Situation((target, *sources), (kubernetes, cnp(f"{server}-b", home, {"app": server}, **sections)))
    return which_flow(
        dice, situation, [flow_between(source, target, number) for source in sources for number in (port, other)],
        intro="These are the only policies in the cluster.", exhibit=situation.exhibit(with_pods=False),
        lesson="Cilium enforces both kinds together: what either allows is allowed, and a deny of Cilium's "
        "kind takes it away again.",
    )  # fmt: skip
