"""Rules with every reference resolved: services, groups and ports have become selectors and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from quizgame.policy.labels import SOURCE_K8S, Label
from quizgame.policy.model import EVERYTHING, Clause, GroupRef, PortMatch, Protocol, Rule, ServiceRef
from quizgame.policy.parsing import Scope
from quizgame.policy.selectors import (
    NAMESPACE,
    WILDCARD,
    CidrSelector,
    LabelKey,
    LabelSelector,
    Prefix,
    Selector,
    in_cluster,
    parse_prefix,
    reserved_selector,
)

HOST_SELECTOR: Final = reserved_selector("host")

NamedPorts = Mapping[str, tuple[int, Protocol]]
"""Port names of one pod, with number and protocol."""


@dataclass(frozen=True, slots=True)
class Service:
    """What policy needs to know of a service."""

    namespace: str
    name: str
    labels: tuple[Label, ...] = ()
    selector: tuple[tuple[str, str], ...] = ()
    """Empty for a service without a selector."""
    backends: tuple[str, ...] = ()
    """Addresses, for a service without a selector."""


@dataclass(frozen=True, slots=True)
class CidrGroup:
    """What policy needs to know of a CiliumCIDRGroup."""

    name: str
    labels: tuple[Label, ...] = ()
    prefixes: tuple[Prefix, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CompiledClause:
    """A clause whose peers are selectors. Compared by identity: each compilation is a thing of its own."""

    rule: Rule
    clause: Clause
    selectors: tuple[Selector, ...]
    """`WILDCARD` is everybody, empty is nobody."""
    ports: tuple[PortMatch, ...]

    @property
    def is_wildcard(self) -> bool:
        """Whether the peers are everybody."""
        return any(selector.is_wildcard for selector in self.selectors)

    @property
    def spares_host(self) -> bool:
        """Whether requests of the local host pass its L7 rules: it selects the host without naming it.

        Source: cilium/cilium v1.19 pkg/policy/l4.go createL4IngressFilter.
        """
        return self.is_wildcard or HOST_SELECTOR not in self.selectors


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule with its compiled clauses. Compared by identity."""

    rule: Rule
    clauses: tuple[CompiledClause, ...]
    has_names: bool
    """Whether some clause names a port."""
    follows: frozenset[type]
    """Which of `ServiceRef` and `GroupRef` it holds: it must be compiled again when those change."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What references in rules are resolved against."""

    scope: Scope
    services: Mapping[tuple[str, str], Service]
    groups: Mapping[str, CidrGroup]


def compile_rule(rule: Rule, around: Surroundings) -> CompiledRule:
    """Resolve all references of a rule."""
    follows: set[type] = set()
    clauses = []
    for clause in rule.clauses:
        for peer in clause.peers or ():
            if isinstance(peer, ServiceRef | GroupRef):
                follows.add(type(peer))
        clauses.append(_compile_clause(rule, clause, around))
    has_names = any(port.name for clause in rule.clauses for port in clause.ports)
    return CompiledRule(rule, tuple(clauses), has_names, frozenset(follows))


def _compile_clause(rule: Rule, clause: Clause, around: Surroundings) -> CompiledClause:
    if clause.peers is None:
        return CompiledClause(rule, clause, (WILDCARD,), clause.ports)
    selectors: list[Selector] = []
    only_services = bool(clause.peers)
    for peer in clause.peers:
        if isinstance(peer, ServiceRef):
            selectors.extend(_of_services(peer, around))
            continue
        only_services = False
        if isinstance(peer, GroupRef):
            selectors.extend(_of_group(peer, around))
        else:
            selectors.append(peer)
    if only_services and not selectors:
        # Source: reference/policy-semantics.md 15: where no service matches, the ports are open to everybody.
        ports = tuple(port for port in clause.ports if port != EVERYTHING)
        return CompiledClause(rule, clause, (WILDCARD,), ports)
    return CompiledClause(rule, clause, tuple(dict.fromkeys(selectors)), clause.ports)


def _of_services(reference: ServiceRef, around: Surroundings) -> Iterable[Selector]:
    for service in around.services.values():
        if reference.namespace and reference.namespace != service.namespace:
            continue
        if reference.selector is not None:
            if not reference.selector.matches(service.labels):
                continue
        elif reference.name != service.name:
            continue
        if service.selector:
            pods = LabelSelector(tuple(sorted((LabelKey(SOURCE_K8S, key), value) for key, value in service.selector)))
            yield in_cluster(pods.with_label(NAMESPACE, service.namespace), around.scope.selector_cluster)
        else:
            for address in service.backends:
                yield CidrSelector(parse_prefix(address))


def _of_group(reference: GroupRef, around: Surroundings) -> Iterable[Selector]:
    for group in around.groups.values():
        chosen = (
            reference.selector.matches(group.labels) if reference.selector is not None else reference.name == group.name
        )
        if chosen:
            for prefix in group.prefixes:
                holes = tuple(hole for hole in reference.excepts if hole.version == prefix.version)
                yield CidrSelector(prefix, holes)


def resolve_ports(ports: Iterable[PortMatch], names: Mapping[str, Iterable[tuple[int, Protocol]]]) -> list[PortMatch]:
    """Replace port names by numbers; a name that is unknown, or stands for several numbers, matches nothing.

    Source: cilium/cilium v1.19 pkg/types/portmap.go: only ports of the rule's protocol are compared.
    """
    resolved: list[PortMatch] = []
    for port in ports:
        if not port.name:
            resolved.append(port)
            continue
        numbers = {number for number, protocol in names.get(port.name, ()) if protocol == port.protocol}
        if len(numbers) == 1:
            number = numbers.pop()
            resolved.append(PortMatch(port.protocol, number, number))
    return resolved
