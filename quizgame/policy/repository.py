"""All policies that an agent knows, with everything their meaning depends on.

The repository is incremental: it keeps parsed rules, compiled rules and realized map states, and computes again only
what a change concerns. It never numbers identities; it is told about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from quizgame.errors import QuizgameError
from quizgame.policy import introspection
from quizgame.policy.compiled import (
    CidrGroup,
    CompiledClause,
    CompiledRule,
    NamedPorts,
    Service,
    Surroundings,
    compile_rule,
    resolve_ports,
)
from quizgame.policy.endpoint_policy import EndpointPolicy
from quizgame.policy.identity import RESERVED_LABELS, ReservedIdentity, has_reserved
from quizgame.policy.kubernetes_parsing import parse_network_policy
from quizgame.policy.l7 import Request
from quizgame.policy.labels import SOURCE_K8S, Label, Labels
from quizgame.policy.map_state import MapItem, MapState, Posture
from quizgame.policy.model import Direction, EnforcementMode, GroupRef, PolicyKey, Protocol, Rule, ServiceRef
from quizgame.policy.parsing import CCNP, CNP, KNP, Scope, parse_cilium_policy, policy_key
from quizgame.policy.repository_caches import Caches
from quizgame.policy.selector_cache import EVERYONE, UNKNOWN_SLOT, SelectorCache
from quizgame.policy.selectors import CidrSelector, FqdnSelector, Prefix, parse_prefix
from quizgame.policy.slot_sets import slots_in
from quizgame.policy.trail import Trail, explain
from quizgame.policy.validation import validate_layer2

POLICY_KINDS: Final = (CNP, CCNP, KNP)


class PolicyRejected(QuizgameError):
    """The agent refuses a policy object; ``key`` names it, the message is the agent's."""

    def __init__(self, key: PolicyKey, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_policy(manifest: Mapping[str, Any], scope: Scope) -> tuple[Rule, ...]:
    """Return the rules of a policy object, one for each of its specs (of a NetworkPolicy one).

    Raises:
        PolicyRejected: The agent refuses it.
    """
    key = policy_key(manifest)
    refusal = validate_layer2(manifest, node_selectors=scope.node_selectors)
    if refusal is not None:
        raise PolicyRejected(key, refusal)
    parse = parse_network_policy if key.kind == KNP else parse_cilium_policy
    return parse(manifest, scope)


@dataclass(frozen=True, slots=True)
class Settings:
    """The agent's configuration, as far as policy depends on it."""

    mode: EnforcementMode = EnforcementMode.DEFAULT
    audit: bool = False
    """Let through, and report, what policy denies (``policy-audit-mode``)."""
    host_firewall: bool = False
    """Whether nodes are endpoints with a policy (``enable-host-firewall``)."""
    allow_local_host: bool = True
    """Whether the node gets into its pods by default (``allow-localhost: always``)."""
    l7_proxy: bool = True
    """Whether L7 rules redirect (``enable-l7-proxy``)."""


class Repository:
    """Policies, identities and what they refer to.

    Args:
        cluster_name: The local cluster's name.
        mode: When endpoints are in default deny.
        default_local_cluster: Whether selectors that name no cluster mean the local one.
        audit: See `Settings`.
        host_firewall: See `Settings`.
        allow_localhost: See `Settings`.
        l7_proxy: See `Settings`.
        dual_stack: Whether the world has an identity for each address family.
        node_selectors: Whether peers may be nodes by their labels (``enable-node-selector-labels``).
    """

    def __init__(
        self,
        cluster_name: str = "default",
        mode: EnforcementMode = EnforcementMode.DEFAULT,
        *,
        default_local_cluster: bool = True,
        audit: bool = False,
        host_firewall: bool = False,
        allow_localhost: bool = True,
        l7_proxy: bool = True,
        dual_stack: bool = False,
        node_selectors: bool = False,
    ) -> None:
        self.scope = Scope(cluster_name, default_local_cluster, dual_stack, node_selectors)
        self.settings = Settings(mode, audit, host_firewall, allow_localhost, l7_proxy)
        self.revision = 1
        """Rises with every change of the policies or of what they refer to."""
        self.identities = SelectorCache()
        for identity, labels in RESERVED_LABELS.items():
            if identity != ReservedIdentity.UNKNOWN:
                self.identities.add(identity, labels)
        self._rules: dict[PolicyKey, tuple[Rule, ...]] = {}
        self._compiled: dict[PolicyKey, tuple[CompiledRule, ...]] = {}
        self._services: dict[tuple[str, str], Service] = {}
        self._groups: dict[str, CidrGroup] = {}
        self._named_ports: dict[str, NamedPorts] = {}
        self._node_labels: Labels = ()
        self._caches = Caches()
        self._shares = False

    def fork(self) -> Repository:
        """Return an independent copy; nothing is copied until one side changes."""
        twin = Repository.__new__(Repository)
        twin.__dict__.update(self.__dict__)
        twin.identities = self.identities.fork()
        twin._caches = replace(self._caches)
        self._shares = twin._shares = True
        return twin

    def configure(self, settings: Settings) -> None:
        """Put another configuration in force (as a restart of the agent does)."""
        if settings != self.settings:
            self.settings = settings
            self._caches = Caches()

    # Policies.

    def upsert_policy(self, manifest: Mapping[str, Any]) -> PolicyKey:
        """Add a policy object, or replace the one of the same name.

        Raises:
            PolicyRejected: The agent refuses it; nothing has changed.
        """
        key = policy_key(manifest)
        self.put_rules(key, read_policy(manifest, self.scope))
        return key

    def put_rules(self, key: PolicyKey, rules: tuple[Rule, ...]) -> None:
        """Add the rules of a policy object, or replace those that it had; see `read_policy`."""
        if rules == self._rules.get(key):
            return
        self._own()
        self._rules[key] = rules
        self._compiled[key] = self._compile(rules)
        self._changed()

    def delete_policy(self, key: PolicyKey) -> bool:
        """Forget a policy object; return whether it was known."""
        if key not in self._rules:
            return False
        self._own()
        del self._rules[key], self._compiled[key]
        self._changed()
        return True

    @property
    def policies(self) -> tuple[PolicyKey, ...]:
        """The keys of all policy objects, sorted."""
        return tuple(sorted(self._rules))

    def compiled_rules(self) -> list[CompiledRule]:
        """Return all rules, by policy key and position."""
        return [compiled for key in sorted(self._compiled) for compiled in self._compiled[key]]

    def entry_count(self, key: PolicyKey) -> int:
        """Say how many elements of ``policy get`` a policy object makes; 0 where it is not known."""
        return sum(introspection.entry_count(compiled) for compiled in self._compiled.get(key, ()))

    def labels_of_entries(self, key: PolicyKey) -> tuple[str, ...]:
        """The labels of a policy object's elements, one after another."""
        return tuple(
            str(label)
            for compiled in self._compiled.get(key, ())
            for _ in range(introspection.entry_count(compiled))
            for label in compiled.rule.labels
        )

    def subjects_of(self, key: PolicyKey) -> Callable[[int], bool]:
        """A test of identities: whether a policy object has a rule whose subject they are."""
        subjects = 0
        for compiled in self._compiled.get(key, ()):
            subjects |= self._subjects(compiled.rule)
        slots = self.identities.slots
        return lambda identity: bool(subjects >> slots.get(identity, UNKNOWN_SLOT) & 1)

    # What policies refer to.

    def upsert_service(
        self,
        namespace: str,
        name: str,
        *,
        labels: Mapping[str, str] | None = None,
        selector: Mapping[str, str] | None = None,
        backends: Iterable[str] = (),
    ) -> None:
        """Tell of a service; ``backends`` are the addresses behind one without a selector."""
        service = Service(
            namespace,
            name,
            _k8s_labels(labels),
            tuple(sorted((selector or {}).items())),
            tuple(sorted(backends)),
        )
        if self._services.get((namespace, name)) != service:
            self._own()
            self._services[namespace, name] = service
            self._recompile(ServiceRef)

    def delete_service(self, namespace: str, name: str) -> None:
        """Forget a service."""
        if (namespace, name) in self._services:
            self._own()
            del self._services[namespace, name]
            self._recompile(ServiceRef)

    def upsert_cidr_group(self, manifest: Mapping[str, Any]) -> None:
        """Tell of a CiliumCIDRGroup object."""
        metadata = manifest.get("metadata") or {}
        prefixes = (manifest.get("spec") or {}).get("externalCIDRs") or ()
        group = CidrGroup(
            str(metadata.get("name", "")),
            _k8s_labels(metadata.get("labels")),
            tuple(parse_prefix(str(prefix)) for prefix in prefixes),
        )
        if self._groups.get(group.name) != group:
            self._own()
            self._groups[group.name] = group
            self._recompile(GroupRef)

    def delete_cidr_group(self, name: str) -> None:
        """Forget a CiliumCIDRGroup."""
        if name in self._groups:
            self._own()
            del self._groups[name]
            self._recompile(GroupRef)

    def set_named_ports(self, endpoint: str, ports: NamedPorts) -> None:
        """Tell of the port names of one pod, for names in egress rules; no ports forgets the pod."""
        if dict(self._named_ports.get(endpoint, {})) == dict(ports):
            return
        self._own()
        if ports:
            self._named_ports[endpoint] = dict(ports)
        else:
            del self._named_ports[endpoint]
        self._caches.forget_states()

    def set_node_labels(self, labels: Labels) -> None:
        """Tell of the labels of the agent's own node, which a ``nodeSelector`` asks about."""
        if labels != self._node_labels:
            self._node_labels = labels
            self._caches.forget_rules()

    # Identities.

    def add_identity(self, identity: int, labels: Labels) -> None:
        """Tell of an identity."""
        self.identities.add(identity, labels)

    def remove_identity(self, identity: int) -> None:
        """Forget an identity."""
        self.identities.remove(identity)

    def labels_of(self, identity: int) -> Labels:
        """Return the labels of an identity; none for an unknown one."""
        return self.identities.identities.get(identity, ())

    # What policies need of their surroundings.

    def required_prefixes(self) -> tuple[Prefix, ...]:
        """Return the prefixes that need an identity of their own, sorted; the whole Internet is the world itself."""
        if self._caches.prefixes is None:
            found: set[Prefix] = set()
            for selector in self._peer_selectors():
                if isinstance(selector, CidrSelector):
                    found.update((selector.prefix, *selector.excepts))
            self._caches.prefixes = tuple(
                sorted(
                    (prefix for prefix in found if prefix.prefixlen),
                    key=lambda prefix: (prefix.version, int(prefix.network_address), prefix.prefixlen),
                )
            )
        return self._caches.prefixes

    def fqdn_selectors(self) -> tuple[FqdnSelector, ...]:
        """Return the selectors of names that policies use, sorted."""
        if self._caches.fqdns is None:
            found = {selector for selector in self._peer_selectors() if isinstance(selector, FqdnSelector)}
            self._caches.fqdns = tuple(sorted(found, key=lambda each: (each.match_name, each.match_pattern)))
        return self._caches.fqdns

    def _peer_selectors(self) -> Iterable[object]:
        for rules in self._compiled.values():
            for rule in rules:
                for clause in rule.clauses:
                    yield from clause.selectors

    # Endpoints.

    def selecting_rules(self, identity: int) -> tuple[CompiledRule, ...]:
        """Return the rules whose subject is this identity, by policy key and position."""
        caches = self._caches.of_generation(self.identities.generation)
        if caches.selecting is None:
            selecting: dict[int, list[CompiledRule]] = {}
            for compiled in self.compiled_rules():
                for slot in slots_in(self._subjects(compiled.rule)):
                    selecting.setdefault(slot, []).append(compiled)
            caches.selecting = {slot: tuple(rules) for slot, rules in selecting.items()}
        return caches.selecting.get(self.identities.slots.get(identity, UNKNOWN_SLOT), ())

    def _subjects(self, rule: Rule) -> int:
        host = 1 << self.identities.slots[ReservedIdentity.HOST]
        # Source: cilium/cilium v1.19 pkg/policy/rule.go matchesSubject: only a nodeSelector is about the host, and it
        # asks about the labels of the host endpoint, which are the node's beside reserved:host.
        if rule.selects_nodes:
            own = (*self.labels_of(ReservedIdentity.HOST), *self._node_labels)
            return host if rule.subject.matches(own) else 0
        return self.identities.selected(rule.subject) & self.identities.known & ~host

    def endpoint_policy(self, identity: int, named_ports: NamedPorts | None = None) -> EndpointPolicy:
        """Compute the policy of an endpoint, or return it if nothing that it depends on has changed.

        Args:
            identity: The endpoint's numeric identity.
            named_ports: The endpoint's own port names, for names in ingress rules.
        """
        caches = self._caches.of_generation(self.identities.generation)
        is_open = self.is_exempt(identity)
        rules = () if is_open else self.selecting_rules(identity)
        names = tuple(sorted((named_ports or {}).items())) if any(rule.has_names for rule in rules) else ()
        always = not is_open and self._is_always_closed(identity)
        is_node = identity == ReservedIdentity.HOST
        key = rules, names, always, is_node
        states = caches.states.get(key)
        if states is None or (key not in caches.current and not self._is_current(states)):
            states = caches.states[key] = (
                self._state(Direction.INGRESS, rules, dict(names), always=always, is_node=is_node),
                self._state(Direction.EGRESS, rules, dict(names), always=always, is_node=is_node),
            )
            caches.built += 1
        caches.current.add(key)
        policies = tuple(sorted({compiled.rule.policy for compiled in rules}))
        return EndpointPolicy(identity, self.revision, *states, policies, self.identities.slots)

    def _is_current(self, states: Iterable[MapState]) -> bool:
        """Say whether the clauses of map states still stand for the same peers as when they were computed."""
        return all(item.peers == self.clause_peers(item.clause) for state in states for item in state.items)

    @property
    def states_built(self) -> int:
        """How many times the policy of an endpoint was computed, and not found among those that still hold."""
        return self._caches.built

    def is_exempt(self, identity: int) -> bool:
        """Say whether no policy applies to an endpoint, whatever the policies: mode ``never``, nodes, no firewall."""
        if self.settings.mode is EnforcementMode.NEVER:
            return True
        return identity == ReservedIdentity.HOST and not self.settings.host_firewall

    def _is_always_closed(self, identity: int) -> bool:
        # Source: cilium/cilium v1.19 pkg/policy/repository.go computePolicyEnforcementAndRules.
        is_init = has_reserved(self.labels_of(identity), "init")
        return self.settings.mode is EnforcementMode.ALWAYS or is_init

    def posture(self, direction: Direction, rules: Iterable[CompiledRule], *, always: bool, is_node: bool) -> Posture:
        """Return what applies to an endpoint beside the rules that select it."""
        concerned = [compiled.rule for compiled in rules if compiled.rule.concerns(direction)]
        # Source: cilium/cilium v1.19 pkg/policy/resolve.go: the node's entry is for pods, not for the node itself.
        is_entered = direction is Direction.INGRESS and not is_node
        return Posture(
            enabled=always or bool(concerned),
            enforced=always or any(rule.default_deny(direction) for rule in concerned),
            allows_local_host=is_entered and self.settings.allow_local_host,
            audit=self.settings.audit,
            proxy=self.settings.l7_proxy,
        )

    def _state(
        self,
        direction: Direction,
        rules: tuple[CompiledRule, ...],
        own_names: NamedPorts,
        *,
        always: bool,
        is_node: bool,
    ) -> MapState:
        items: list[MapItem] = []
        names = self.port_names(direction, own_names)
        for compiled in rules:
            for clause in compiled.clauses:
                if clause.clause.direction is not direction:
                    continue
                peers = self.clause_peers(clause)
                for port in resolve_ports(clause.ports, names):
                    items.append(MapItem(clause, port, peers, clause.is_wildcard, order=len(items)))
        posture = self.posture(direction, rules, always=always, is_node=is_node)
        return MapState(direction, items, posture, self.identities.slots)

    def port_names(self, direction: Direction, own_names: NamedPorts) -> Mapping[str, Sequence[tuple[int, Protocol]]]:
        """Return what port names mean: at ingress the endpoint's own, at egress those of the whole cluster."""
        if direction is Direction.INGRESS:
            return {name.lower(): (port,) for name, port in own_names.items()}
        if self._caches.port_names is None:
            gathered: dict[str, list[tuple[int, Protocol]]] = {}
            for ports in self._named_ports.values():
                for name, port in ports.items():
                    gathered.setdefault(name.lower(), []).append(port)
            self._caches.port_names = gathered
        return self._caches.port_names

    def clause_peers(self, clause: CompiledClause) -> int:
        """Return the set of identities that a clause is about."""
        caches = self._caches.of_generation(self.identities.generation)
        peers = caches.peers.get(clause)
        if peers is None:
            peers = 0
            for selector in clause.selectors:
                peers |= EVERYONE if selector.is_wildcard else self.identities.selected(selector)
            caches.peers[clause] = peers
        return peers

    # Answers for people.

    def explain(
        self,
        identity: int,
        direction: Direction,
        peer: int,
        port: int,
        protocol: int,
        *,
        request: Request | None = None,
        named_ports: NamedPorts | None = None,
    ) -> Trail:
        """Say what every rule says of a flow at one endpoint, and what wins."""
        return explain(self, identity, direction, peer, port, protocol, request=request, named_ports=named_ports)

    def rules(self) -> list[dict[str, Any]]:
        """Return the elements that ``policy get`` lists."""
        return introspection.rules(self)

    def selectors(self) -> list[introspection.SelectorRow]:
        """Return the rows that ``policy selectors`` lists."""
        return introspection.selectors(self)

    # Bookkeeping.

    def _compile(self, rules: tuple[Rule, ...]) -> tuple[CompiledRule, ...]:
        around = Surroundings(self.scope, self._services, self._groups)
        return tuple(compile_rule(rule, around) for rule in rules)

    def _recompile(self, reference: type) -> None:
        touched = False
        for key, compiled in self._compiled.items():
            if any(reference in rule.follows for rule in compiled):
                self._compiled[key] = self._compile(self._rules[key])
                touched = True
        if touched:
            self._changed()

    def _changed(self) -> None:
        self.revision += 1
        self._caches.forget_rules()

    def _own(self) -> None:
        if self._shares:
            self._rules, self._compiled = dict(self._rules), dict(self._compiled)
            self._services, self._groups = dict(self._services), dict(self._groups)
            self._named_ports = dict(self._named_ports)
            self._shares = False


def _k8s_labels(labels: Mapping[str, str] | None) -> Labels:
    return tuple(sorted(Label(key, SOURCE_K8S, str(value)) for key, value in (labels or {}).items()))
