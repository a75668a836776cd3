"""Templates about policy between clusters of a mesh."""

from __future__ import annotations

from quizgame.game.quiz.templates.compact import manifests_text
from quizgame.game.quiz.templates.drafts import Answer, Dice, Draft
from quizgame.game.quiz.templates.names import CLIENTS, NAMESPACES, SERVERS
from quizgame.game.quiz.templates.situation import Object, cnp
from quizgame.policy.identity import first_workload_identity
from quizgame.policy.labels import pod_labels
from quizgame.policy.model import Direction, Protocol
from quizgame.policy.repository import Repository

_CLUSTERS = ("north", "south", "east", "west", "paris", "berlin", "oslo", "rome")
_PORT = 8080
_CLUSTER_KEY = "io.cilium.k8s.policy.cluster"


def default_local(dice: Dice) -> Draft | None:
    """A peer selector without a cluster means the local cluster; one with it means what it says."""
    here, there, third = dice.sample("clusters", _CLUSTERS, 3)
    home, other = dice.sample("namespaces", NAMESPACES, 2)
    server, (client, stranger) = dice.pick("server", SERVERS), dice.sample("clients", CLIENTS, 2)
    peer: Object = dice.pick(
        "peer",
        [
            {"matchLabels": {"app": client}},
            {"matchLabels": {"app": client, _CLUSTER_KEY: there}},
            {"matchLabels": {"app": client}, "matchExpressions": [{"key": _CLUSTER_KEY, "operator": "Exists"}]},
            {
                "matchLabels": {"app": client},
                "matchExpressions": [{"key": _CLUSTER_KEY, "operator": "In", "values": sorted([here, there])}],
            },
            {
                "matchLabels": {"app": client},
                "matchExpressions": [{"key": _CLUSTER_KEY, "operator": "NotIn", "values": [there]}],
            },
        ],
    )
    policy = cnp(f"{server}-in", home, {"app": server}, ingress=[{"fromEndpoints": [peer]}])
    repository = Repository(cluster_name=here)
    repository.upsert_policy(policy)
    pods = [
        (cluster, namespace, name)
        for cluster in (here, there, third)
        for namespace in (home, other)
        for name in (client, stranger)
    ]
    numbers = {}
    for index, (cluster, namespace, name) in enumerate([(here, home, server), *pods]):
        number = first_workload_identity(1 + (here, there, third).index(cluster)) + index
        labels = pod_labels(
            {"app": name}, namespace=namespace, namespace_labels={}, service_account="", cluster_name=cluster
        )
        repository.add_identity(number, labels)
        numbers[cluster, namespace, name] = number
    target = repository.endpoint_policy(numbers[here, home, server])
    allowed = {pod: target.lookup(Direction.INGRESS, numbers[pod], _PORT, Protocol.TCP).allowed for pod in pods}
    truths = [
        truth for truth in (True, False) if truth in allowed.values() and list(allowed.values()).count(not truth) >= 3
    ]
    if not truths:
        return None
    truth = dice.pick("asked", truths)
    key = dice.pick("key", [pod for pod in pods if allowed[pod] is truth])
    answers = tuple(
        Answer(
            f"The `{name}` pods in namespace `{namespace}` of cluster `{cluster}`", allowed[pod],
            _reason(pod, (here, home, client), peer, is_allowed=allowed[pod]),
        )
        for pod in pods
        for cluster, namespace, name in [pod]
        if allowed[pod] is not truth or pod == key
    )  # fmt: skip
    ask = "Which of these may enter" if truth else "Which of these may **not** enter"
    return Draft(
        stem=f"The clusters `{here}`, `{there}` and `{third}` form a mesh with Cilium's default settings. This "
        f"policy, the only one, is applied in `{here}` alone. {ask} the `{server}` pods there?",
        truth=truth,
        answers=answers,
        explanation="Since 1.19 a selector that says nothing about clusters means the local one "
        "(`policy-default-local-cluster`). Peers of other clusters must be named with the label "
        f"`{_CLUSTER_KEY}`; the namespace still defaults to the policy's own.",
        exhibit=manifests_text([policy]),
    )


def _reason(pod: tuple[str, str, str], wanted: tuple[str, str, str], peer: Object, *, is_allowed: bool) -> str:
    cluster, namespace, name = pod
    here, home, client = wanted
    if is_allowed:
        return "Labels, namespace and cluster all match the selector."
    if name != client:
        return f"The selector wants `app={client}`."
    if namespace != home:
        return f"A namespaced policy means peers of its own namespace, `{home}`, in whatever cluster."
    if _CLUSTER_KEY not in str(peer):
        return f"The selector names no cluster and so means the local one, `{here}`."
    return f"What the selector says of the cluster does not fit `{cluster}`."
