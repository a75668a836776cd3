"""``cilium clustermesh inspect-policy-default-local-cluster``. Source: reference cilium-cli, section 7; facts F-63."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quizgame.cluster.objects import KubeObject, name_of, namespace_of
from quizgame.goflags.flagset import boolean, string
from quizgame.policy.labels import CLUSTER_KEY
from quizgame.tools.cilium.call import Call, Sub
from quizgame.tools.cilium.output import FORMATS, check_output, json_lines
from quizgame.tools.facts import Fact, fact

_GROUPS = (
    ("CiliumNetworkPolicy", "ciliumnetworkpolicies", "cilium_network_policies"),
    ("CiliumClusterWideNetworkPolicy", "ciliumclusterwidenetworkpolicies", "cilium_clusterwide_network_policies"),
    ("NetworkPolicy", "networkpolicies", "network_policies"),
)
_PEERS = ("fromEndpoints", "toEndpoints", "fromRequires", "toRequires")
_DIRECTIONS = ("ingress", "ingressDeny", "egress", "egressDeny")


def is_bound_to_clusters(policy: Mapping[str, Any]) -> bool:
    """Whether every peer selector of a policy says which clusters it means, so that the default does not matter."""
    return all(_names_cluster(selector) for selector in _peer_selectors(policy))


def _peer_selectors(policy: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    specs = [policy.get("spec") or {}, *(policy.get("specs") or ())]
    is_cilium = policy["apiVersion"].startswith("cilium.io/")
    for spec in specs:
        for direction in _DIRECTIONS:
            for rule in spec.get(direction) or ():
                if is_cilium:
                    for key in _PEERS:
                        yield from rule.get(key) or ()
                    continue
                for peer in (*(rule.get("from") or ()), *(rule.get("to") or ())):
                    if "podSelector" in peer or "namespaceSelector" in peer:
                        yield peer.get("podSelector") or {}


def _names_cluster(selector: Mapping[str, Any]) -> bool:
    keys = [*(selector.get("matchLabels") or ()), *(each["key"] for each in selector.get("matchExpressions") or ())]
    return any(key.rpartition(":")[2] == CLUSTER_KEY for key in keys)


def _policies(call: Call, plural: str) -> list[KubeObject]:
    if not call.api.serves(plural):
        return []
    namespace = None
    if not call.flags.is_on("all-namespaces") and plural != "ciliumclusterwidenetworkpolicies":
        namespace = call.flags.text("namespace") if call.flags.changed("namespace") else ""
        namespace = namespace or call.session.namespaces.get(call.context, "default")
    return call.api.list(plural, namespace)


def _run(call: Call) -> None:
    form = check_output(call, FORMATS)
    groups = [(title, key, _policies(call, plural)) for title, plural, key in _GROUPS]
    if form == "json":
        shown = {
            key: {"total": len(policies), "affected": [_title(each) for each in policies if _is_affected(each)]}
            for _, key, policies in groups
        }
        known = tuple(_fact(call, each) for _, _, policies in groups for each in policies if _is_affected(each))
        call.show(json_lines(shown, 1, known))
        return
    for number, (title, _, policies) in enumerate(groups):
        affected = [each for each in policies if _is_affected(each)]
        sign = "⚠️" if affected else "✅"
        if number:
            call.say()
        call.say(f"{sign} {title} {len(policies) - len(affected)}/{len(policies)}",
                 tuple(_fact(call, each) for each in affected))  # fmt: skip
        for each in affected:
            call.say(f"\t⚠️ {_title(each)}", (_fact(call, each),))


def _is_affected(policy: KubeObject) -> bool:
    return not is_bound_to_clusters(policy)


def _title(policy: KubeObject) -> str:
    return f"{namespace_of(policy)}/{name_of(policy)}"


def _fact(call: Call, policy: KubeObject) -> Fact:
    return fact(
        "object", witnesses=(name_of(policy),), cluster=call.context, kind=policy["kind"],
        namespace=namespace_of(policy) or None, name=name_of(policy), field="cluster-scope", value="local",
    )  # fmt: skip


COMMANDS = (
    Sub(
        "clustermesh inspect-policy-default-local-cluster", "inspect-policy-default-local-cluster",
        "List the policies whose meaning depends on policy-default-local-cluster", _run,
        lambda: [
            boolean("all-namespaces", "Look in all namespaces", short="A"),
            string("namespace", "Namespace to look in", short="n"),
            string("output", "Output format. One of: json, summary", short="o", default="summary", choices=FORMATS),
        ],
    ),
)  # fmt: skip
