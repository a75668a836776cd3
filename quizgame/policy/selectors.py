"""Selectors of peers and subjects, as values.

A selector knows its requirements and how the agent prints it. Which identities it selects at a moment is the
business of `quizgame.policy.selector_cache`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from quizgame.policy.labels import (
    CLUSTER_KEY,
    NAMESPACE_KEY,
    NAMESPACE_LABELS_PREFIX,
    SOURCE_ANY,
    SOURCE_CIDR,
    SOURCE_FQDN,
    SOURCE_K8S,
    SOURCE_RESERVED,
    Label,
    Labels,
)

Prefix = IPv4Network | IPv6Network


class Operator(Enum):
    """What a requirement asks of a label."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True, order=True)
class LabelKey:
    """A key in a selector; the source ``any`` fits every source."""

    source: str
    key: str

    def __str__(self) -> str:
        return f"{self.source}.{self.key}"

    def fits(self, label: Label) -> bool:
        """Say whether a label has this key."""
        return self.key == label.key and self.source in (SOURCE_ANY, label.source)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand on the labels; a match label is an ``In`` with one value."""

    key: LabelKey
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        """Say whether these labels meet the requirement."""
        values = [label.value for label in labels if self.key.fits(label)]
        match self.operator:
            case Operator.EXISTS:
                return bool(values)
            case Operator.DOES_NOT_EXIST:
                return not values
            case Operator.IN:
                return any(value in self.values for value in values)
            case Operator.NOT_IN:
                return not any(value in self.values for value in values)


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Selects by labels; without any requirement it selects everything."""

    match_labels: tuple[tuple[LabelKey, str], ...] = ()
    """Sorted by key."""
    expressions: tuple[Requirement, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All demands, match labels first."""
        return (
            *(Requirement(key, Operator.IN, (value,)) for key, value in self.match_labels),
            *self.expressions,
        )

    @property
    def is_wildcard(self) -> bool:
        """Whether everything is selected."""
        return not self.match_labels and not self.expressions

    def matches(self, labels: Labels) -> bool:
        """Say whether an endpoint or identity with these labels is selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def has_key(self, *keys: LabelKey) -> bool:
        """Say whether a requirement is about one of these keys."""
        return any(key in keys for key in self._keys())

    def has_source(self, source: str) -> bool:
        """Say whether a requirement is about labels of this source."""
        return any(key.source == source for key in self._keys())

    def has_key_prefix(self, prefix: str) -> bool:
        """Say whether a requirement is about a key, of Kubernetes or any source, that starts like this."""
        return any(key.source in (SOURCE_K8S, SOURCE_ANY) and key.key.startswith(prefix) for key in self._keys())

    def _keys(self) -> list[LabelKey]:
        return [key for key, _ in self.match_labels] + [requirement.key for requirement in self.expressions]

    def with_label(self, key: LabelKey, value: str) -> LabelSelector:
        """Return this selector with one more match label, in place of one with the same key."""
        kept = [pair for pair in self.match_labels if pair[0] != key]
        return LabelSelector(tuple(sorted([*kept, (key, value)])), self.expressions)

    def with_expression(self, key: LabelKey, operator: Operator, values: tuple[str, ...] = ()) -> LabelSelector:
        """Return this selector with one more expression."""
        return LabelSelector(self.match_labels, (*self.expressions, Requirement(key, operator, values)))

    def as_manifest(self) -> dict[str, Any]:
        """Return the selector as the agent's JSON shows it, keys with their source."""
        shown: dict[str, Any] = {}
        if self.match_labels:
            shown["matchLabels"] = {str(key): value for key, value in self.match_labels}
        if self.expressions:
            shown["matchExpressions"] = [
                {"key": str(item.key), "operator": item.operator.value}
                | ({"values": list(item.values)} if item.values else {})
                for item in self.expressions
            ]
        return shown

    def __str__(self) -> str:
        # Source: reference goldens of `cilium-dbg policy selectors`: Go's printing of a LabelSelector.
        labels = "".join(f"{key}: {value}," for key, value in self.match_labels)
        expressions = "".join(
            f"LabelSelectorRequirement{{Key:{item.key},Operator:{item.operator.value},"
            f"Values:[{' '.join(item.values)}],}},"
            for item in self.expressions
        )
        return (
            f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
            f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
        )


@dataclass(frozen=True, slots=True)
class CidrSelector:
    """Selects addresses outside the cluster by prefix, without the excepted prefixes."""

    prefix: Prefix
    excepts: tuple[Prefix, ...] = ()

    @property
    def is_wildcard(self) -> bool:
        """Never: even 0.0.0.0/0 leaves out everything of the cluster."""
        return False

    def __str__(self) -> str:
        # Simplified: how the agent prints excepted prefixes is not recorded; they follow the prefix.
        holes = "".join(f" !{SOURCE_CIDR}:{prefix}" for prefix in self.excepts)
        return f"{SOURCE_CIDR}:{self.prefix}{holes}"


@dataclass(frozen=True, slots=True)
class FqdnSelector:
    """Selects addresses that the DNS proxy has seen in answers for a name."""

    match_name: str = ""
    match_pattern: str = ""

    @property
    def is_wildcard(self) -> bool:
        """Never: a pattern selects learned addresses only."""
        return False

    @property
    def label(self) -> Label:
        """The label that an identity gets when its address belongs to this selector."""
        return Label(self.match_name or self.match_pattern, SOURCE_FQDN)

    def __str__(self) -> str:
        return f"MatchName: {self.match_name}, MatchPattern: {self.match_pattern}"


Selector = LabelSelector | CidrSelector | FqdnSelector

WILDCARD: Final = LabelSelector()

NAMESPACE: Final = LabelKey(SOURCE_K8S, NAMESPACE_KEY)
CLUSTER: Final = LabelKey(SOURCE_K8S, CLUSTER_KEY)
_ANY_NAMESPACE: Final = LabelKey(SOURCE_ANY, NAMESPACE_KEY)
_ANY_CLUSTER: Final = LabelKey(SOURCE_ANY, CLUSTER_KEY)


def parse_key(text: str, default_source: str) -> LabelKey:
    """Parse ``source:key`` of a selector."""
    source, colon, key = text.partition(":")
    return LabelKey(source, key) if colon and source else LabelKey(default_source, text.removeprefix(":"))


def parse_selector(manifest: Any, default_source: str = SOURCE_ANY, key_prefix: str = "") -> LabelSelector:
    """Parse a ``matchLabels``/``matchExpressions`` mapping; nothing at all gives the wildcard.

    Args:
        manifest: The mapping, already valid.
        default_source: The source of keys that name none (``any`` in Cilium policies, ``k8s`` in Kubernetes ones).
        key_prefix: Put in front of every key (for labels of namespaces).
    """
    manifest = manifest or {}

    def key_of(text: str) -> LabelKey:
        return parse_key(key_prefix + text, default_source)

    labels = sorted(
        (key_of(key), "" if value is None else str(value)) for key, value in (manifest.get("matchLabels") or {}).items()
    )
    expressions = tuple(
        Requirement(
            key_of(str(item.get("key", ""))),
            Operator(item.get("operator")),
            tuple(str(value) for value in item.get("values") or ()),
        )
        for item in manifest.get("matchExpressions") or ()
    )
    return LabelSelector(tuple(labels), expressions)


def reserved_selector(name: str) -> LabelSelector:
    """Return the selector of ``reserved:NAME``."""
    return LabelSelector(((LabelKey(SOURCE_RESERVED, name), ""),))


def in_policy_scope(
    selector: LabelSelector, *, namespace: str, cluster: str | None, subject_may_be_init: bool = False
) -> LabelSelector:
    """Limit a peer selector of a Cilium policy as the agent does.

    Args:
        selector: As it stands in the manifest.
        namespace: The policy's namespace; empty for a clusterwide policy.
        cluster: The local cluster's name if a selector that names no cluster means that one, else ``None``.
        subject_may_be_init: Whether the policy's subject asks about pods in init state.

    Source: cilium/cilium v1.19 pkg/k8s/apis/cilium.io/utils/utils.go getEndpointSelector: a key of the namespace or
    its labels, or a reserved label, lifts the limit to the namespace; clusterwide, some namespace must exist.
    """
    if selector.has_source(SOURCE_RESERVED):
        return selector
    scoped = selector
    if not selector.has_key(NAMESPACE, _ANY_NAMESPACE):
        if not namespace:
            scoped = scoped if subject_may_be_init else scoped.with_expression(NAMESPACE, Operator.EXISTS)
        elif not selector.has_key_prefix(NAMESPACE_LABELS_PREFIX):
            scoped = scoped.with_label(NAMESPACE, namespace)
    return in_cluster(scoped, cluster)


def in_cluster(selector: LabelSelector, cluster: str | None) -> LabelSelector:
    """Limit a selector to the local cluster unless it names clusters itself."""
    if cluster is None or selector.has_key(CLUSTER, _ANY_CLUSTER):
        return selector
    return selector.with_label(CLUSTER, cluster)


def parse_prefix(text: str) -> Prefix:
    """Parse an address or a prefix; bits behind the prefix length are dropped, as the agent does."""
    return ip_network(text, strict=False)
