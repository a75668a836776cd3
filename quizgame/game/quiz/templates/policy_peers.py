"""Templates about the peers of a rule: namespaces, empty lists, entities, expressions."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import which_flow
from quizgame.game.quiz.templates.drafts import Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, NODES, PORTS, SERVERS, TEAMS, TIERS
from quizgame.game.quiz.templates.situation import (
    Flow,
    Object,
    Pod,
    Situation,
    ccnp,
    cnp,
    flow_between,
    pod_peer,
    to_ports,
)
from quizgame.policy.world import Peer

_ONLY = "This is the only policy in the cluster."


def namespaces(dice: Dice) -> Draft | None:
    """A peer selector with or without a namespace: which pods it means."""
    home, other, third = dice.sample("namespaces", NAMESPACES, 3)
    server, client, port = dice.pick("server", SERVERS), dice.pick("client", CLIENTS), dice.pick("port", PORTS)
    peer: Object = dice.pick(
        "peer",
        [
            {"matchLabels": {"app": client}},
            {"matchLabels": {"app": client, "io.kubernetes.pod.namespace": other}},
            {"matchLabels": {"io.kubernetes.pod.namespace": other}},
            {"matchLabels": {"k8s:io.kubernetes.pod.namespace": home, "app": client}},
            {
                "matchLabels": {"app": client},
                "matchExpressions": [{"key": "io.kubernetes.pod.namespace", "operator": "Exists"}],
            },
            {
                "matchExpressions": [
                    {"key": "io.kubernetes.pod.namespace", "operator": "In", "values": sorted([home, third])}
                ]
            },
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    sources = [
        Pod(namespace, f"{name}-{number}", {"app": name})
        for number, namespace in enumerate((home, other, third))
        for name in (client, "tools")
    ]
    policy = cnp(
        f"{server}-in", home, {"app": server}, ingress=[{"fromEndpoints": [peer], "toPorts": [to_ports(port)]}]
    )
    situation = Situation((target, *sources), (policy,))
    flows = [flow_between(source, target, port) for source in sources]
    return which_flow(
        dice, situation, flows, intro=_ONLY,
        lesson="In a namespaced policy a peer selector means pods of the policy's own namespace unless it names "
        "a namespace itself.",
    )  # fmt: skip


def empty_lists(dice: Dice) -> Draft | None:
    """Empty selectors, empty lists, empty rules: who may enter."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    server, client, port = dice.pick("server", SERVERS), dice.pick("client", CLIENTS), dice.pick("port", PORTS)
    ingress: list[Object] = dice.pick(
        "ingress",
        [
            [{}],
            [{"fromEndpoints": [{}]}],
            [{"fromEndpoints": []}],
            [{"fromEntities": ["cluster"]}],
            [{"fromEndpoints": [{}], "toPorts": [to_ports(port)]}],
            [{"toPorts": [to_ports(port)]}],
        ],
    )
    node = dice.pick("node", NODES)
    target = Pod(home, f"{server}-0", {"app": server}, node)
    near = Pod(home, f"{client}-0", {"app": client}, node)
    far = Pod(other, f"{client}-1", {"app": client}, dice.pick("far", [each for each in NODES if each != node]))
    outside = f"203.0.113.{dice.between('outside', 5, 200)}"
    wrong_port = dice.pick("wrong port", [each for each in PORTS if each != port])
    situation = Situation((target, near, far), (cnp(f"{server}-in", home, {"app": server}, ingress=ingress),))
    flows = [flow_between(source, target, number) for source in (near, far) for number in (port, wrong_port)]
    for number in (port, wrong_port):
        flows += [
            Flow(Peer(address=outside), pod_peer(target), number, f"`{outside}` to `{target.path}`, TCP {number}"),
            Flow(
                Peer(entity="remote-node"), pod_peer(target), number, f"another node to `{target.path}`, TCP {number}"
            ),
        ]
    return which_flow(
        dice, situation, flows,
        intro=f"These are the only policy and the pods it may concern; `{outside}` lies outside the cluster.",
        lesson="An empty selector `{}` matches every endpoint in its scope, an empty list `[]` of peers matches none, "
        "and a missing list leaves the peers open.",
    )  # fmt: skip


_ENTITIES = ("host", "remote-node", "world", "cluster", "kube-apiserver")


def entities(dice: Dice) -> Draft | None:
    """Entities as peers: which sources they cover."""
    home = dice.pick("namespace", NAMESPACES)
    server, client, port = dice.pick("server", SERVERS), dice.pick("client", CLIENTS), dice.pick("port", PORTS)
    chosen = sorted(dice.sample("entities", _ENTITIES, dice.between("how many", 1, 2)))
    target = Pod(home, f"{server}-0", {"app": server}, NODES[0])
    near = Pod(home, f"{client}-0", {"app": client}, NODES[1])
    outside = f"198.51.100.{dice.between('outside', 5, 200)}"
    policy = cnp(f"{server}-in", home, {"app": server}, ingress=[{"fromEntities": chosen, "toPorts": [to_ports(port)]}])
    situation = Situation((target, near), (policy,))
    to = pod_peer(target)
    flows = [
        flow_between(near, target, port),
        Flow(Peer(address=outside), to, port, f"`{outside}`, outside the cluster, to TCP {port}"),
        Flow(Peer(entity="remote-node"), to, port, f"a process on another node, to TCP {port}"),
        Flow(Peer(entity="host"), to, port, f"the kubelet of the pod's own node, to TCP {port}"),
        Flow(Peer(entity="kube-apiserver"), to, port, f"the API server on its own node, to TCP {port}"),
        Flow(Peer(entity="health"), to, port, f"Cilium's health endpoint, to TCP {port}"),
    ]
    return which_flow(
        dice, situation, flows, intro=f"This is the only policy. Connections to `{target.path}`:",
        lesson="An entity is a fixed set of reserved identities; `cluster` takes in pods and nodes, `world` everything "
        "outside, and the pod's own node may always enter unless a rule denies it.",
    )  # fmt: skip


def expressions(dice: Dice) -> Draft | None:
    """A peer given by matchExpressions."""
    home = dice.pick("namespace", NAMESPACES)
    server, port = dice.pick("server", SERVERS), dice.pick("port", PORTS)
    first, second, third = dice.sample("teams", TEAMS, 3)
    tier = dice.pick("tier", TIERS)
    expression: list[Object] = dice.pick(
        "expression",
        [
            [{"key": "team", "operator": "In", "values": sorted([first, second])}],
            [{"key": "team", "operator": "NotIn", "values": [first]}],
            [{"key": "tier", "operator": "Exists"}],
            [{"key": "tier", "operator": "DoesNotExist"}],
            [{"key": "team", "operator": "Exists"}, {"key": "tier", "operator": "DoesNotExist"}],
            [{"key": "team", "operator": "NotIn", "values": [first]}, {"key": "tier", "operator": "Exists"}],
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    clients = dice.sample("clients", CLIENTS, 6)
    labels: list[dict[str, str]] = [
        {"team": first}, {"team": second}, {"team": third}, {"tier": tier}, {"team": first, "tier": tier}, {},
    ]  # fmt: skip
    sources = [
        Pod(home, f"{name}-0", {"app": name, **more})
        for name, more in zip(clients, dice.shuffle("labels", labels), strict=True)
    ]
    peer = {"matchExpressions": expression}
    policy = cnp(
        f"{server}-in", home, {"app": server}, ingress=[{"fromEndpoints": [peer], "toPorts": [to_ports(port)]}]
    )
    situation = Situation((target, *sources), (policy,))
    return which_flow(
        dice, situation, [flow_between(source, target, port) for source in sources], intro=_ONLY,
        lesson="All expressions must hold. `NotIn` and `DoesNotExist` also match pods that lack the label altogether.",
    )  # fmt: skip


def clusterwide_scope(dice: Dice) -> Draft | None:
    """A peer selector in a clusterwide policy is not limited to a namespace."""
    first, second = dice.sample("namespaces", NAMESPACES, 2)
    server, client, port = dice.pick("server", SERVERS), dice.pick("client", CLIENTS), dice.pick("port", PORTS)
    targets = [Pod(namespace, f"{server}-{n}", {"app": server}) for n, namespace in enumerate((first, second))]
    clients = [Pod(namespace, f"{client}-{n}", {"app": client}) for n, namespace in enumerate((first, second))]
    other = Pod(second, "tools-0", {"app": "tools"})
    rule = [{"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [to_ports(port)]}]
    policy = dice.pick(
        "policy",
        [
            ccnp(f"{server}-in", {"app": server}, ingress=rule),
            cnp(f"{server}-in", first, {"app": server}, ingress=rule),
            ccnp(f"{server}-in", {"app": server, "io.kubernetes.pod.namespace": second}, ingress=rule),
        ],
    )
    situation = Situation((*targets, *clients, other), (policy,))
    flows = [flow_between(source, target, port) for source in (*clients, other) for target in targets]
    return which_flow(
        dice, situation, flows, intro=_ONLY,
        lesson="A CiliumNetworkPolicy concerns pods of its own namespace, a CiliumClusterwideNetworkPolicy those of "
        "all, for the pods that it selects and for the peers that it names.",
    )  # fmt: skip
