"""Kubernetes NetworkPolicies as Cilium reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from quizgame.policy.labels import NAMESPACE_LABELS_PREFIX, SOURCE_K8S
from quizgame.policy.model import EVERYTHING, Clause, Direction, PeerRef, PortMatch, Protocol, Rule
from quizgame.policy.parsing import Scope, policy_key, policy_labels
from quizgame.policy.ports import parse_ports
from quizgame.policy.selectors import (
    NAMESPACE,
    WILDCARD,
    CidrSelector,
    LabelSelector,
    Operator,
    in_cluster,
    parse_prefix,
    parse_selector,
)

_DIRECTIONS: Final = (
    (Direction.INGRESS, "ingress", "from", "Ingress"),
    (Direction.EGRESS, "egress", "to", "Egress"),
)


def parse_network_policy(manifest: Mapping[str, Any], scope: Scope) -> tuple[Rule, ...]:
    """Parse a NetworkPolicy into one rule.

    Source: cilium/cilium v1.19 pkg/k8s/network_policy.go ParseNetworkPolicy: rules of a direction count even if
    ``policyTypes`` leaves it out; a direction that it names without rules is closed.
    """
    key = policy_key(manifest)
    spec = manifest.get("spec") or {}
    types = spec.get("policyTypes") or ["Ingress"]
    subject = parse_selector(spec.get("podSelector"), SOURCE_K8S).with_label(NAMESPACE, key.namespace)
    closed = {
        direction: bool(spec.get(section)) or type_name in types for direction, section, _, type_name in _DIRECTIONS
    }
    clauses: list[Clause] = []
    for direction, section, peers_field, _ in _DIRECTIONS:
        for index, item in enumerate(spec.get(section) or ()):
            path = f"spec.{section}[{index}]"
            clauses.extend(_clauses(path, item or {}, direction, peers_field, key.namespace, scope))
    return (
        Rule(
            policy=key,
            path="spec",
            subject=subject,
            selects_nodes=False,
            ingress_default_deny=closed[Direction.INGRESS],
            egress_default_deny=closed[Direction.EGRESS],
            has_ingress=closed[Direction.INGRESS],
            has_egress=closed[Direction.EGRESS],
            clauses=tuple(clauses),
            labels=policy_labels(key, str((manifest.get("metadata") or {}).get("uid") or "")),
        ),
    )


def _clauses(
    path: str, item: Mapping[str, Any], direction: Direction, peers_field: str, namespace: str, scope: Scope
) -> Iterator[Clause]:
    ports = _ports(item.get("ports"))
    shown = ({"ports": item["ports"]},) if item.get("ports") else ()
    peers = item.get(peers_field)
    if not peers:
        yield Clause(path, direction, False, (WILDCARD,), ports, manifest_ports=shown)
        return
    for index, peer in enumerate(peers):
        selected = _peer(peer or {}, namespace, scope)
        yield Clause(f"{path}.{peers_field}[{index}]", direction, False, selected, ports, manifest_ports=shown)


def _peer(peer: Mapping[str, Any], namespace: str, scope: Scope) -> tuple[PeerRef, ...]:
    if block := peer.get("ipBlock"):
        excepts = tuple(parse_prefix(str(prefix)) for prefix in block.get("except") or ())
        return (CidrSelector(parse_prefix(str(block.get("cidr"))), excepts),)
    pods = parse_selector(peer.get("podSelector"), SOURCE_K8S)
    namespaces = peer.get("namespaceSelector")
    if namespaces is None:
        if peer.get("podSelector") is None:
            return ()
        selector = pods.with_label(NAMESPACE, namespace)
    else:
        selected = parse_selector(namespaces, SOURCE_K8S, f"{NAMESPACE_LABELS_PREFIX}.")
        if selected.is_wildcard:
            selected = selected.with_expression(NAMESPACE, Operator.EXISTS)
        labels = dict(selected.match_labels) | dict(pods.match_labels)
        selector = LabelSelector(tuple(sorted(labels.items())), (*selected.expressions, *pods.expressions))
    return (in_cluster(selector, scope.selector_cluster),)


def _ports(items: Any) -> tuple[PortMatch, ...]:
    """Return the ports of a rule; none given means everything, ICMP included."""
    if not items:
        return (EVERYTHING,)
    matches: list[PortMatch] = []
    for item in (each or {} for each in items):
        # Source: the Kubernetes API defaults a missing protocol to TCP.
        protocol = str(item.get("protocol") or Protocol.TCP.name)
        port = item.get("port")
        matches.extend(
            parse_ports(
                [{"port": "0" if port is None else str(port), "protocol": protocol, "endPort": item.get("endPort")}]
            )
        )
    return tuple(dict.fromkeys(matches))
