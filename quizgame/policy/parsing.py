"""Cilium policies from manifest to `Rule`s. The manifests are valid (see `quizgame.policy.validation`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from quizgame.policy.identity import ENTITY_IDENTITIES
from quizgame.policy.l7_parsing import parse_l7
from quizgame.policy.labels import SOURCE_K8S, Label, Labels
from quizgame.policy.model import (
    EVERYTHING,
    AuthMode,
    Clause,
    Direction,
    GroupRef,
    PeerRef,
    PolicyKey,
    Rule,
    ServiceRef,
)
from quizgame.policy.ports import parse_icmp_fields, parse_ports
from quizgame.policy.selectors import (
    CLUSTER,
    NAMESPACE,
    WILDCARD,
    CidrSelector,
    FqdnSelector,
    LabelSelector,
    Selector,
    in_policy_scope,
    parse_prefix,
    parse_selector,
    reserved_selector,
)

CNP: Final = "CiliumNetworkPolicy"
CCNP: Final = "CiliumClusterwideNetworkPolicy"
KNP: Final = "NetworkPolicy"

_POLICY_LABEL: Final = "io.cilium.k8s.policy"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a selector in a manifest means depends on these."""

    cluster_name: str
    default_local_cluster: bool = True
    """Whether a selector that names no cluster means the local one."""
    dual_stack: bool = False
    """Whether the world has an identity for each address family."""
    node_selectors: bool = False
    """Whether peers may be nodes by their labels (``enable-node-selector-labels``)."""

    @property
    def selector_cluster(self) -> str | None:
        """The cluster that peer selectors are limited to, if any."""
        return self.cluster_name if self.default_local_cluster else None


def policy_key(manifest: Mapping[str, Any]) -> PolicyKey:
    """Return the key of a policy object; a namespaced one without a namespace is in ``default``."""
    metadata = manifest.get("metadata") or {}
    kind = str(manifest.get("kind", ""))
    namespace = "" if kind == CCNP else str(metadata.get("namespace") or "default")
    return PolicyKey(kind, namespace, str(metadata.get("name", "")))


def policy_labels(key: PolicyKey, uid: str) -> Labels:
    """Return the labels that the agent gives to the rules of a policy object."""
    named = {"derived-from": key.kind, "name": key.name, "namespace": key.namespace, "uid": uid}
    return tuple(
        sorted(
            Label(f"{_POLICY_LABEL}.{name}", SOURCE_K8S, value)
            for name, value in named.items()
            if value or name != "namespace"
        )
    )


def parse_cilium_policy(manifest: Mapping[str, Any], scope: Scope) -> tuple[Rule, ...]:
    """Parse a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy into one rule for each of its specs."""
    key = policy_key(manifest)
    labels = policy_labels(key, str((manifest.get("metadata") or {}).get("uid") or ""))
    specs: list[tuple[str, Any]] = []
    if manifest.get("spec") is not None:
        specs.append(("spec", manifest["spec"]))
    specs.extend((f"specs[{index}]", spec) for index, spec in enumerate(manifest.get("specs") or ()))
    return tuple(_RuleParser(key, labels, path, spec, scope).parse() for path, spec in specs)


_SECTIONS: Final = (
    ("ingress", Direction.INGRESS, False),
    ("ingressDeny", Direction.INGRESS, True),
    ("egress", Direction.EGRESS, False),
    ("egressDeny", Direction.EGRESS, True),
)

_PEER_FIELDS: Final = {
    Direction.INGRESS: ("fromEndpoints", "fromEntities", "fromCIDR", "fromCIDRSet", "fromNodes", "fromGroups"),
    Direction.EGRESS: (
        "toEndpoints",
        "toEntities",
        "toCIDR",
        "toCIDRSet",
        "toNodes",
        "toGroups",
        "toFQDNs",
        "toServices",
    ),
}

# Source: cilium/cilium v1.19 pkg/k8s/apis/cilium.io/utils/utils.go mergeEndpointSelectors; names are not among them.
_EMPTY_IS_NOBODY: Final = frozenset(
    f"{way}{kind}" for way in ("from", "to") for kind in ("Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet")
)

_AUTH: Final = {
    "disabled": AuthMode.DISABLED,
    "required": AuthMode.REQUIRED,
    "test-always-fail": AuthMode.ALWAYS_FAIL,
}


def _own_labels(spec: Mapping[str, Any]) -> Labels:
    """Return the labels that a spec gives to its rules."""
    return tuple(
        Label(str(label.get("key", "")), str(label.get("source") or "unspec"), str(label.get("value") or ""))
        for label in spec.get("labels") or ()
    )


class _RuleParser:
    """Parses one spec."""

    def __init__(self, key: PolicyKey, labels: Labels, path: str, spec: Mapping[str, Any], scope: Scope) -> None:
        self._key = key
        self._labels = labels
        self._path = path
        self._spec = spec
        self._scope = scope
        self._subject_may_be_init = parse_selector(spec.get("endpointSelector")).has_key(_INIT)

    def parse(self) -> Rule:
        node_selector = self._spec.get("nodeSelector")
        if node_selector is not None:
            subject = parse_selector(node_selector)
        else:
            subject = parse_selector(self._spec.get("endpointSelector"))
            if self._key.namespace:
                # Source: reference/policy-semantics.md 13: the subject's namespace is always the policy's own.
                subject = subject.with_label(NAMESPACE, self._key.namespace)
        has_ingress = any(self._spec.get(section) for section in ("ingress", "ingressDeny"))
        has_egress = any(self._spec.get(section) for section in ("egress", "egressDeny"))
        default_deny = self._spec.get("enableDefaultDeny") or {}
        ingress_deny = has_ingress and default_deny.get("ingress") is not False
        egress_deny = has_egress and default_deny.get("egress") is not False
        clauses = [
            clause
            for section, direction, is_deny in _SECTIONS
            for index, item in enumerate(self._spec.get(section) or ())
            for clause in self._clauses(f"{self._path}.{section}[{index}]", item or {}, direction, is_deny)
        ]
        return Rule(
            policy=self._key,
            path=self._path,
            subject=subject,
            selects_nodes=node_selector is not None,
            ingress_default_deny=ingress_deny,
            egress_default_deny=egress_deny,
            has_ingress=has_ingress,
            has_egress=has_egress,
            clauses=tuple(clauses),
            labels=(*self._labels, *_own_labels(self._spec)),
            log=str((self._spec.get("log") or {}).get("value") or ""),
        )

    def _clauses(self, path: str, item: Mapping[str, Any], direction: Direction, is_deny: bool) -> Iterator[Clause]:
        peers = self._peers(item, direction, is_deny)
        auth = _AUTH.get(str((item.get("authentication") or {}).get("mode", "")))
        to_ports, icmps = item.get("toPorts") or (), item.get("icmps") or ()
        for index, entry in enumerate(to_ports):
            yield Clause(
                path=f"{path}.toPorts[{index}]",
                direction=direction,
                is_deny=is_deny,
                peers=peers,
                ports=parse_ports((entry or {}).get("ports")),
                l7=None if is_deny else parse_l7(entry or {}),
                auth=auth,
                manifest_ports=(entry,),
            )
        for index, entry in enumerate(icmps):
            yield Clause(
                path=f"{path}.icmps[{index}]",
                direction=direction,
                is_deny=is_deny,
                peers=peers,
                ports=parse_icmp_fields((entry or {}).get("fields")),
                auth=auth,
                manifest_ports=(entry,),
            )
        if not to_ports and not icmps:
            # Without peers and without ports an item allows and denies nothing.
            ports = () if peers is None else (EVERYTHING,)
            yield Clause(path, direction, is_deny, peers, ports, auth=auth)

    def _peers(self, item: Mapping[str, Any], direction: Direction, is_deny: bool) -> tuple[PeerRef, ...] | None:
        """Return the peers of an item: ``None`` if none are given, nobody if certain lists are empty."""
        given: list[PeerRef] = []
        is_given = names_nobody = False
        for field in _PEER_FIELDS[direction]:
            values = item.get(field)
            # Source: reference/policy-semantics.md 15: a deny rule never looks services up.
            if values is None or (is_deny and field == "toServices"):
                continue
            if values:
                is_given = True
                for value in values:
                    given.extend(self._peer(field, value))
            elif field in _EMPTY_IS_NOBODY:
                names_nobody = True
        if names_nobody:
            return tuple(dict.fromkeys(peer for peer in given if isinstance(peer, FqdnSelector)))
        return tuple(dict.fromkeys(given)) if is_given else None

    def _peer(self, field: str, value: Any) -> list[PeerRef]:
        match field:
            case "fromEndpoints" | "toEndpoints":
                selector = in_policy_scope(
                    parse_selector(value),
                    namespace=self._key.namespace,
                    cluster=self._scope.selector_cluster,
                    subject_may_be_init=self._subject_may_be_init,
                )
                return [selector]
            case "fromEntities" | "toEntities":
                return list(entity_selectors(str(value), self._scope))
            case "fromCIDR" | "toCIDR":
                return [CidrSelector(parse_prefix(str(value)))]
            case "fromCIDRSet" | "toCIDRSet":
                return [self._cidr_set(value)]
            case "toFQDNs":
                return [FqdnSelector(str(value.get("matchName") or ""), str(value.get("matchPattern") or ""))]
            case "toServices":
                return self._services(value)
            case "fromNodes" | "toNodes":
                return [parse_selector(value).with_label(*_REMOTE_NODE)]
        # Groups of a cloud provider: there is no provider to ask, so they hold no address.
        return []

    @staticmethod
    def _cidr_set(value: Mapping[str, Any]) -> PeerRef:
        excepts = tuple(parse_prefix(str(prefix)) for prefix in value.get("except") or ())
        if value.get("cidr"):
            return CidrSelector(parse_prefix(str(value["cidr"])), excepts)
        if value.get("cidrGroupRef"):
            return GroupRef(name=str(value["cidrGroupRef"]), excepts=excepts)
        return GroupRef(selector=parse_selector(value.get("cidrGroupSelector")), excepts=excepts)

    @staticmethod
    def _services(value: Mapping[str, Any]) -> list[PeerRef]:
        found: list[PeerRef] = []
        if by_name := value.get("k8sService"):
            found.append(ServiceRef(str(by_name.get("namespace") or ""), str(by_name.get("serviceName") or "")))
        if by_label := value.get("k8sServiceSelector"):
            selector = parse_selector(by_label.get("selector"))
            found.append(ServiceRef(str(by_label.get("namespace") or ""), selector=selector))
        return found


_REMOTE_NODE: Final = reserved_selector("remote-node").match_labels[0]
_INIT: Final = reserved_selector("init").match_labels[0][0]
_NO_SELECTOR_OF_ITS_OWN: Final = ("all", "cluster", "world", "none")


def entity_selectors(entity: str, scope: Scope) -> tuple[Selector, ...]:
    """Return what an entity of a rule stands for.

    Source: cilium/cilium v1.19 pkg/policy/api/entity.go.
    """
    match entity:
        case "all":
            return (WILDCARD,)
        case "world":
            names = ("world", "world-ipv4", "world-ipv6") if scope.dual_stack else ("world",)
            return tuple(reserved_selector(name) for name in names)
        case "cluster":
            members = [name for name in ENTITY_IDENTITIES if name not in _NO_SELECTOR_OF_ITS_OWN]
            local = LabelSelector(((CLUSTER, scope.cluster_name),))
            return (*(reserved_selector(name) for name in members), local)
        case _:
            return (reserved_selector(entity),)
