"""Templates about peers outside the cluster: CIDRs with exceptions, names, DNS patterns."""

from __future__ import annotations

from quizgame.game.quiz.templates.asking import which_flow
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, DOMAINS, NAMESPACES, PORTS, RESOURCES
from quizgame.game.quiz.templates.situation import (
    Flow,
    Object,
    Pod,
    Situation,
    cnp,
    dns,
    named,
    pod_peer,
    to_ports,
)
from quizgame.policy.model import Protocol
from quizgame.policy.world import Peer

_ONLY = "This is the only policy in the cluster, and the addresses lie outside it."


def cidr_except(dice: Dice) -> Draft | None:
    """A block with an exception in it, and perhaps a second block that covers the exception again."""
    home, client, port = dice.pick("namespace", NAMESPACES), dice.pick("client", CLIENTS), dice.pick("port", PORTS)
    second, third = dice.between("second", 16, 31), dice.between("third", 1, 250)
    block, hole = f"172.{second}.0.0/16", f"172.{second}.{third}.0/24"
    peers: list[Object] = [{"cidr": block, "except": [hole]}]
    inside = f"172.{second}.{third}.{dice.between('host', 2, 250)}"
    egress: list[Object] = [{"toCIDRSet": peers, "toPorts": [to_ports(port)]}]
    if dice.flip("again"):
        egress.append({"toCIDR": [f"{inside}/32"]})
    source = Pod(home, f"{client}-0", {"app": client})
    situation = Situation((source,), (cnp(f"{client}-out", home, {"app": client}, egress=egress),))
    addresses = [
        inside,
        f"172.{second}.{third}.{dice.between('other host', 2, 250)}",
        f"172.{second}.{(third + 1) % 250}.{dice.between('beside', 2, 250)}",
        f"172.{second}.{(third + 90) % 250}.{dice.between('far', 2, 250)}",
        f"172.{second + 1}.{third}.{dice.between('outside', 2, 250)}",
        f"10.{second}.{third}.7",
    ]
    wrong = dice.pick("wrong port", [each for each in PORTS if each != port])
    flows = [
        Flow(pod_peer(source), Peer(address=address), number, f"`{source.path}` to `{address}`, TCP {number}")
        for address in addresses
        for number in (port, wrong)
    ]
    return which_flow(
        dice, situation, flows, intro=_ONLY,
        lesson="`except` cuts a hole into its own block. It is no deny rule, so another rule may allow the hole again.",
    )  # fmt: skip


_LESSON_NAMES = (
    "`matchName` is one exact name; in a `matchPattern` `*` stands for characters of one label, `**.` for any depth of "
    "subdomains. An address counts once the DNS proxy has seen a look-up of a name that matches."
)


def _pattern(dice: Dice, domain: str, host: str) -> Object:
    return dice.pick(
        "selector",
        [
            {"matchName": f"{host}.{domain}"},
            {"matchPattern": f"*.{domain}"},
            {"matchPattern": f"**.{domain}"},
            {"matchPattern": f"{host[:3]}*.{domain}"},
            {"matchPattern": f"*{host}.{domain}"},
        ],
    )


def _candidates(domain: str, host: str, other: str) -> list[str]:
    return [
        f"{host}.{domain}", f"{other}.{domain}", domain, f"eu.{host}.{domain}", f"{host}{domain}", f"{host}s.{domain}",
        f"my{host}.{domain}", f"{host}.{domain}.evil.example",
    ]  # fmt: skip


def fqdn(dice: Dice) -> Draft | None:
    """Which destinations a toFQDNs rule opens."""
    home, client, port = (
        dice.pick("namespace", NAMESPACES),
        dice.pick("client", CLIENTS),
        dice.pick("port", (80, 443, 8443)),
    )
    domain, (host, other) = dice.pick("domain", DOMAINS), dice.sample("hosts", RESOURCES, 2)
    selector = _pattern(dice, domain, host)
    names = _candidates(domain, host, other)
    addresses = {
        name: (f"203.0.113.{number}",)
        for name, number in zip(names, dice.sample("numbers", range(5, 250), len(names)), strict=True)
    }
    source = Pod(home, f"{client}-0", {"app": client})
    proxy: Object = {
        "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"}}],
        "toPorts": [to_ports(53, protocol="UDP", rules={"dns": [{"matchPattern": "*"}]})],
    }
    egress: list[Object] = [{"toFQDNs": [selector], "toPorts": [to_ports(port)]}, proxy]
    policy = cnp(f"{client}-out", home, {"app": client}, egress=egress)
    situation = Situation((source,), (policy,), settings=named(addresses))
    flows = [
        Flow(pod_peer(source), Peer(address=addresses[name][0]), port, f"`{source.path}` to `{name}`, TCP {port}")
        for name in names
    ]
    return which_flow(
        dice, situation, flows,
        intro="This is the only policy. The pod has looked up all names before it connects; each has its own address.",
        lesson=_LESSON_NAMES,
    )  # fmt: skip


def dns_patterns(dice: Dice) -> Draft | None:
    """Which query a DNS rule lets through."""
    home, client = dice.pick("namespace", NAMESPACES), dice.pick("client", CLIENTS)
    domain, (host, other) = dice.pick("domain", DOMAINS), dice.sample("hosts", RESOURCES, 2)
    selector = _pattern(dice, domain, host)
    source = Pod(home, f"{client}-0", {"app": client})
    server = Pod("kube-system", "coredns-0", {"k8s-app": "kube-dns"})
    rule: Object = {
        "toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s-app": "kube-dns"}}],
        "toPorts": [to_ports(53, protocol="UDP", rules={"dns": [selector]})],
    }
    situation = Situation((source, server), (cnp(f"{client}-dns", home, {"app": client}, egress=[rule]),))
    flows = [
        Flow(pod_peer(source), pod_peer(server), 53, f"`{name}`", Protocol.UDP, dns(name))
        for name in _candidates(domain, host, other)
    ]
    return which_flow(
        dice, situation, flows, noun="query", exhibit=situation.exhibit(with_pods=False),
        intro=f"This is the only policy. Pod `{source.path}` asks cluster DNS for names.",
        lesson="In a `matchPattern` `*` stands for characters of one label and `**.` for any depth of subdomains; the "
        "whole name must match. A query that no rule matches is answered with REFUSED.",
    )  # fmt: skip


def local_identity_count(dice: Dice) -> Draft | None:
    """Which labels the identity of an outside address carries, by the CIDR rules there are."""
    home, client = dice.pick("namespace", NAMESPACES), dice.pick("client", CLIENTS)
    second, third, fourth = (dice.between(part, 2, 200) for part in ("second", "third", "fourth"))
    address = f"10.{second}.{third}.{fourth}"
    blocks = [f"10.{second}.0.0/16", f"10.{second}.{third}.0/24", f"{address}/32", f"10.{second + 1}.0.0/16"]
    used = sorted(dice.sample("blocks", blocks, dice.between("how many", 2, 3)))
    source = Pod(home, f"{client}-0", {"app": client})
    policy = cnp(f"{client}-out", home, {"app": client}, egress=[{"toCIDR": used}])
    situation = Situation((source,), (policy,))
    world = situation.world
    identity = world.addresses.resolve(address)
    labels = {str(label) for label in world.repository.labels_of(identity)}
    truth = next((block for block in blocks if f"cidr:{block}" in labels), "none")
    texts = {block: f"`cidr:{block}`" for block in blocks} | {"none": "`reserved:world` alone, with no CIDR"}
    shown = ", ".join(sorted(labels))
    answers = tuple(
        Answer(
            text, block,
            f"The longest prefix that policies name and that holds {address} gives the identity: {shown}."
            if block == truth else f"Not the longest prefix in the policy that holds {address}.",
        )
        for block, text in texts.items()
    )  # fmt: skip
    return Draft(
        stem=f"This is the only policy in the cluster. Which label does the identity of `{address}` carry?",
        truth=truth,
        answers=answers,
        explanation="Each agent gives an identity of its own to every prefix that policies name. An address belongs to "
        f"the longest prefix that holds it; here its identity has the labels {shown}.",
        exhibit=situation.exhibit(with_pods=False),
    )
