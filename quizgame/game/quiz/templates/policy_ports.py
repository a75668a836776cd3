"""Templates about ports: numbers, ranges, names, protocols, and what they become in the policy map."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import which_flow
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, PORTS, SERVERS
from quizgame.game.quiz.templates.situation import Object, Pod, Situation, cnp, flow_between, to_ports
from quizgame.policy.model import Direction, Protocol

_ONLY = "This is the only policy in the cluster."


def ranges(dice: Dice) -> Draft | None:
    """Ports with ``endPort``: both ends belong to the range, and the protocol counts."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    low = dice.between("low", 40, 300) * 100
    high = low + dice.pick("span", (9, 10, 20, 50, 99, 100))
    single = dice.pick("single", [port for port in PORTS if not low <= port <= high])
    protocol = dice.pick("protocol", (Protocol.TCP, Protocol.UDP))
    other = Protocol.UDP if protocol is Protocol.TCP else Protocol.TCP
    ports: list[Object] = [{"port": str(low), "endPort": high, "protocol": protocol.name}]
    if dice.flip("single too"):
        ports.append({"port": str(single), "protocol": other.name})
    target, source = Pod(home, f"{server}-0", {"app": server}), Pod(home, f"{client}-0", {"app": client})
    rule = {"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [{"ports": ports}]}
    situation = Situation((target, source), (cnp(f"{server}-in", home, {"app": server}, ingress=[rule]),))
    middle = dice.between("middle", low + 1, high - 1)
    flows = [
        flow_between(source, target, port, protocol=kind)
        for port in (low - 1, low, middle, high, high + 1, single)
        for kind in (protocol, other)
    ]
    return which_flow(
        dice, situation, flows, intro=_ONLY,
        lesson="`port` and `endPort` both belong to the range, and each entry is about one protocol.",
    )  # fmt: skip


def named_ports(dice: Dice) -> Draft | None:
    """A port by name stands for each selected pod's own number."""
    home, server, client = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("server", SERVERS),
        dice.pick("client", CLIENTS),
    )
    first, second, third = dice.sample("ports", PORTS, 3)
    name, other = dice.sample("names", ("http", "admin", "metrics", "grpc", "web"), 2)
    one = Pod(home, f"{server}-a", {"app": server}, ports=((name, first), (other, second)))
    two = Pod(home, f"{server}-b", {"app": server}, ports=((name, third), (other, first)))
    source = Pod(home, f"{client}-0", {"app": client})
    rule = {"fromEndpoints": [{"matchLabels": {"app": client}}], "toPorts": [to_ports(name)]}
    situation = Situation((one, two, source), (cnp(f"{server}-in", home, {"app": server}, ingress=[rule]),))
    declared = "\n".join(
        f"# pod {pod.path}  app={server}  ports: " + ", ".join(f"{label}={number}" for label, number in pod.ports)
        for pod in (one, two)
    )
    exhibit = f"{declared}\n# pod {source.path}  app={client}\n{situation.exhibit(with_pods=False)}"
    flows = [flow_between(source, pod, port) for pod in (one, two) for port in (first, second, third)]
    return which_flow(
        dice, situation, flows, intro=_ONLY, exhibit=exhibit,
        lesson="A port name in an ingress rule is looked up in the containers of each pod that the policy selects.",
    )  # fmt: skip


def rule_items(dice: Dice) -> Draft | None:
    """Peers and ports in one item are combined, items of the list are alternatives."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    client, other, third = dice.sample("clients", CLIENTS, 3)
    first, second = dice.sample("ports", PORTS, 2)

    def peer(name: str) -> Object:
        return {"fromEndpoints": [{"matchLabels": {"app": name}}]}

    ingress = dice.pick(
        "ingress",
        [
            [{**peer(client), "toPorts": [to_ports(first)]}],
            [peer(client), {"toPorts": [to_ports(first)]}],
            [{**peer(client), "toPorts": [to_ports(first)]}, {**peer(other), "toPorts": [to_ports(second)]}],
            [{**peer(client), "toPorts": [to_ports(first)]}, peer(other)],
        ],
    )
    target = Pod(home, f"{server}-0", {"app": server})
    sources = [Pod(home, f"{name}-0", {"app": name}) for name in (client, other, third)]
    situation = Situation((target, *sources), (cnp(f"{server}-in", home, {"app": server}, ingress=ingress),))
    flows = [flow_between(source, target, port) for source in sources for port in (first, second)]
    return which_flow(
        dice, situation, flows, intro=_ONLY,
        lesson="Within one item peers and ports must both match; the items of a list are alternatives, and "
        "what an item leaves out it leaves open.",
    )  # fmt: skip


def prefixes(dice: Dice) -> Draft | None:
    """How many rows of the policy map a port range takes: it is split into port prefixes."""
    home, server = dice.pick("namespace", NAMESPACES), dice.pick("server", SERVERS)
    low = dice.between("low", 1024, 40_000)
    span = dice.pick("span", (2, 3, 4, 6, 8, 10, 12, 16, 24, 32))
    high = low + span - 1
    target = Pod(home, f"{server}-0", {"app": server})
    policy = cnp(f"{server}-in", home, {"app": server}, ingress=[{"toPorts": [to_ports(low, end=high)]}])
    situation = Situation((target,), (policy,))
    entries = [
        entry
        for entry in situation.world.endpoint_policy(target.path).entries()
        if entry.direction is Direction.INGRESS and entry.port_bits
    ]
    truth = len(entries)
    shown = ", ".join(f"{entry.port}/{entry.port_bits}" for entry in entries)
    said = {
        span: "That is one row a port; rows hold prefixes of ports, so neighbours share one.",
        1: "One row covers a range only if it is a whole, aligned block of ports.",
        2: "Only the two ends would do for a comparison of numbers; the map looks up prefixes.",
        truth + 1: "This is one more prefix than the range needs.",
        truth + 2: "Aligned blocks join up; fewer prefixes are enough.",
        max(truth - 1, 0): "With so few prefixes some row would reach beyond the range, or miss a port of it.",
        truth: f"The range splits into the port prefixes {shown}, one row each.",
    }
    answers = tuple(
        Answer(f"{count} row{'' if count == 1 else 's'}", count, said[truth] if count == truth else reason)
        for count, reason in said.items()
        if count > 0
    )
    return Draft(
        stem="This is the only policy. How many rows of the endpoint's policy map does its port range take at ingress?",
        truth=truth,
        answers=answers,
        explanation="The policy map is a longest-prefix trie. A port range is written as the fewest aligned prefixes "
        f"that cover exactly its ports: here {shown}.",
        exhibit=situation.exhibit(with_pods=False),
    )
