"""Templates about values that follow from others: config keys, names that resolvers try, numbers of identities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.install.config import config_data
from quizgame.cluster.install.values import KIND_VALUES, assign
from quizgame.datapath.names import ResolverConfig, candidates
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import DOMAINS, NAMESPACES, SERVERS
from quizgame.policy.identity import ReservedIdentity, cluster_id_of, is_local_scope, is_reserved

_VALUES: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("policyEnforcementMode", ("always", "never")),
    ("routingMode", ("native",)),
    ("tunnelProtocol", ("geneve",)),
    ("cluster.name", ("north", "south", "paris", "berlin")),
    ("cluster.id", (3, 7, 12, 40)),
    ("egressGateway.enabled", (True,)),
    ("debug.enabled", (True,)),
    ("loadBalancer.mode", ("dsr", "hybrid")),
    ("loadBalancer.algorithm", ("maglev",)),
    ("policyAuditMode", (True,)),
    ("bandwidthManager.enabled", (True,)),
    ("l2announcements.enabled", (True,)),
    ("hostFirewall.enabled", (True,)),
    ("bpf.monitorAggregation", ("none", "low", "maximum")),
    ("hubble.eventBufferCapacity", (8191, 16383, 32767)),
    ("MTU", (1400, 1450, 8951)),
    ("ipv6.enabled", (True,)),
    ("enableIPv4Masquerade", (False,)),
    ("socketLB.hostNamespaceOnly", (True,)),
    ("l7Proxy", (False,)),
    ("identityAllocationMode", ("kvstore",)),
    ("ipv4NativeRoutingCIDR", ("10.0.0.0/8", "10.244.0.0/16", "172.20.0.0/14")),
    ("cni.exclusive", (False,)),
)
"""Helm values with what an operator may set them to."""


def helm_value(dice: Dice) -> Draft | None:
    """Which line of the ConfigMap a Helm value becomes."""
    path, choices = dice.pick("value", _VALUES)
    value = dice.pick("setting", choices)
    before, after = config_data(KIND_VALUES), config_data(assign(KIND_VALUES, path, value))
    changed = [key for key in after if after[key] != before.get(key)]
    if len(changed) != 1:
        return None
    key, shown = changed[0], after[changed[0]]
    kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", path).lower()
    name = kebab.removesuffix(".enabled")
    others = [other for other, _ in dice.sample("others", _VALUES, 6) if other != path]
    guesses = [
        name.replace(".", "-"), f"enable-{name.replace('.', '-')}", path, f"{name.split('.')[-1]}-enabled",
        f"{name.replace('.', '-')}-mode", *(_key_of(other) for other in others),
    ]  # fmt: skip
    wrong = [guess for guess in dict.fromkeys(guesses) if guess and after.get(guess) != shown]
    answers = (
        Answer(f"`{key}: {shown}`", True, f"The chart writes `{path}` as the key `{key}`."),
        *(Answer(f"`{guess}: {shown}`", False, _guess_reason(guess, path, after)) for guess in wrong),
    )
    return Draft(
        stem="A release in kind is upgraded with `cilium upgrade --reuse-values --set "
        f"{path}={_set_text(value)}`. Which line is then in the data of the ConfigMap `cilium-config`?",
        truth=True,
        answers=answers,
        explanation=f"Helm values and agent options have names of their own: `{path}` becomes `{key}: {shown}`. Agents "
        "read the ConfigMap when they start.",
    )


def _key_of(path: str) -> str:
    """The key that another value of the table becomes; empty if it is several."""
    value = next(choices[0] for known, choices in _VALUES if known == path)
    before, after = config_data(KIND_VALUES), config_data(assign(KIND_VALUES, path, value))
    changed = [key for key in after if after[key] != before.get(key)]
    return changed[0] if len(changed) == 1 else ""


def _guess_reason(guess: str, path: str, config: Mapping[str, str]) -> str:
    if guess == path:
        return "That is the name of the Helm value itself; keys of the ConfigMap are those of the agent's options."
    if guess in config:
        return f"This key exists, but belongs to another setting: after this upgrade it is still `{config[guess]}`."
    return "The agent has no option of this name: keys do not follow from the Helm value letter by letter."


def _set_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_PLACES = ("first", "second")


def search_order(dice: Dice) -> Draft | None:
    """Which full name a resolver in a pod tries first, or second."""
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    service = dice.pick("service", SERVERS)
    domain = dice.pick("domain", DOMAINS)
    name = dice.pick(
        "name",
        [
            service, f"{service}.{other}", f"{service}.{other}.svc", f"{service}.{other}.svc.cluster.local",
            f"{service}.{domain}", f"{service}.{other}.svc.cluster.local.", f"eu.{service}.{domain}",
        ],
    )  # fmt: skip
    config = ResolverConfig("10.96.0.10", (f"{home}.svc.cluster.local", "svc.cluster.local", "cluster.local"), 5)
    tried = candidates(name, config)
    place = dice.below("place", 2) if len(tried) > 1 else 0
    truth = tried[place]
    bare = name.rstrip(".")
    guesses = [
        *tried, f"{bare}.{other}.svc.cluster.local.", f"{bare}.{home}.", f"{bare}.svc.cluster.local.", f"{bare}.",
        f"{bare}.{home}.svc.cluster.local.", f"{bare}.cluster.local.", f"{bare}.default.svc.cluster.local.",
    ]  # fmt: skip

    def reason(guess: str) -> str:
        if guess == truth:
            return f"The list of full names begins {', '.join(f'`{each}`' for each in tried[:2])}."
        if guess in tried:
            return f"This name is tried too, as number {tried.index(guess) + 1}."
        return "No search domain of this pod gives this name."

    answers = tuple(Answer(f"`{guess}`", guess, reason(guess)) for guess in dict.fromkeys(guesses))
    return Draft(
        stem=f"A pod in namespace `{home}` with the usual `/etc/resolv.conf` looks up `{name}`, and no answer has been "
        f"cached. Which name does Hubble show in its {_PLACES[place]} DNS query"
        f"{', the one before it not existing' if place else ''}?",
        truth=truth,
        answers=answers,
        explanation="With `ndots:5` a name of fewer than five dots is tried with each search domain in turn, "
        f"and then as it is; a final dot turns searching off. Here: {', '.join(f'`{each}`' for each in tried)}.",
        exhibit=f"search {' '.join(config.search)}\nnameserver {config.server}\noptions ndots:{config.ndots}",
    )


@dataclass(frozen=True, slots=True)
class _Scope:
    text: str
    value: tuple[str, int]
    means: str


def identity_scope(dice: Dice) -> Draft | None:
    """What a number of an identity tells."""
    first, second = dice.sample("clusters", range(1, 60), 2)
    local, workload = dice.between("local", 1, 900), dice.between("workload", 300, 60_000)
    number = dice.pick(
        "number",
        [
            workload, (first << 16) + workload, (second << 16) + workload, (1 << 24) + local,
            int(dice.pick("reserved", (ReservedIdentity.WORLD, ReservedIdentity.HOST, ReservedIdentity.REMOTE_NODE))),
        ],
    )  # fmt: skip
    truth = _scope_of(number)
    scopes = [
        _Scope("A reserved one, the same everywhere", ("reserved", 0), "numbers below 256 are reserved"),
        _Scope("One of a pod, in a cluster with id 0", ("workload", 0), "256 to 65535 belong to cluster id 0"),
        _Scope(f"One of a pod, in the cluster with id {first}", ("workload", first), _range_text(first)),
        _Scope(f"One of a pod, in the cluster with id {second}", ("workload", second), _range_text(second)),
        _Scope("One of a CIDR or a DNS name, local to a node", ("local", 0), "16777217 and up are local to each node"),
    ]
    right = next(scope for scope in scopes if scope.value == truth)
    answers = tuple(
        Answer(scope.text, scope.value, f"In fact {scope.means}." if scope is right else f"No: {scope.means}.")
        for scope in scopes
    )
    return Draft(
        stem=f"A flow in Hubble carries the security identity {number}. What kind of identity is it?",
        truth=truth,
        answers=answers,
        explanation="Reserved identities lie below 256. Pods get numbers of 16 bits below the cluster's id, "
        "so the id is the number divided by 65536; numbers from 16777217 on are made by an agent for itself. "
        f"Here {right.means}.",
    )


def _scope_of(number: int) -> tuple[str, int]:
    if is_reserved(number):
        return "reserved", 0
    return ("local", 0) if is_local_scope(number) else ("workload", cluster_id_of(number))


def _range_text(cluster: int) -> str:
    return f"{cluster << 16} to {((cluster + 1) << 16) - 1} belong to cluster id {cluster}"


def cluster_of_identity(dice: Dice) -> Draft | None:
    """Which number can belong to a pod of one cluster of a mesh."""
    chosen = dice.between("cluster", 1, 120)
    workload = dice.between("workload", 300, 60_000)
    guesses = [
        ((chosen << 16) + workload, ""),
        (((chosen + 1) << 16) + workload, "It belongs to the cluster with the next id."),
        (((chosen + 2) << 16) + workload, "It belongs to another cluster, two ids further on."),
        (((chosen - 1) << 16) + workload, "It belongs to the cluster with the id before, or to id 0."),
        (chosen * 10_000 + workload % 10_000, "The id is not multiplied by ten thousand, but shifted by 16 bits."),
        ((1 << 24) + chosen, "Numbers from 16777217 on are local to one node, for CIDRs and DNS names."),
    ]
    answers = tuple(
        Answer(str(number), _scope_of(number) == ("workload", chosen), reason or f"{_range_text(chosen).capitalize()}.")
        for number, reason in guesses
    )
    return Draft(
        stem="Clusters of a mesh have ids of their own. Which of these can be the identity of a pod in the "
        f"cluster with `cluster-id: {chosen}`?",
        truth=True,
        answers=answers,
        explanation=f"The cluster id makes up the bits above the 16 of the pod's own number, so that identities of two "
        f"clusters never collide: {_range_text(chosen)}.",
    )
