"""A world for policy alone: pods, services and policies from manifests, with no cluster around them.

Every pod counts as running, with its identity known, except those named as being in init state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from quizgame.errors import QuizgameError
from quizgame.policy.compiled import NamedPorts
from quizgame.policy.decision import Decision, PolicyVerdict
from quizgame.policy.endpoint_policy import EndpointPolicy
from quizgame.policy.identity import (
    ENTITY_IDENTITIES,
    FIRST_WORKLOAD_IDENTITY,
    REMOTE_NODE_SCOPE,
    ReservedIdentity,
)
from quizgame.policy.l7 import Request
from quizgame.policy.labels import SOURCE_NODE, Label, Labels, is_identity_relevant, pod_labels, reserved
from quizgame.policy.local_identities import LocalIdentities
from quizgame.policy.model import Direction, EnforcementMode, Protocol
from quizgame.policy.parsing import policy_key
from quizgame.policy.repository import POLICY_KINDS, PolicyRejected, Repository
from quizgame.policy.trail import Trail
from quizgame.policy.validation import (
    CIDR_GROUP_KIND,
    expected_api_versions,
    validate_layer1,
    validate_layer2,
    without_unknown_fields,
)
from quizgame.policy.world_schema import shape_problems, without_nulls

Manifest = Mapping[str, Any]

SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"


class UnknownPeer(QuizgameError):
    """A probe names something that is not in the world."""


class UnreadableObject(QuizgameError):
    """A field that a world reads has another type than Kubernetes gives it; ``index`` says of which object."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """What a world needs to know beside its manifests."""

    mode: EnforcementMode = EnforcementMode.DEFAULT
    cluster_name: str = "default"
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What DNS has taught the agents: addresses by name."""
    init_pods: frozenset[str] = frozenset()
    """``namespace/name`` of pods whose labels the agent does not know yet."""
    dual_stack: bool = False
    """Whether there is IPv6 beside IPv4, so that each has a world of its own."""
    node_selectors: bool = False
    """Whether other nodes have identities by their labels (``enable-node-selector-labels``)."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A policy or group that is left out as a whole."""

    index: int
    """Of the object in the list that the world was built from."""
    name: str
    """``Kind namespace/name``."""
    by_api_server: bool
    """Whether applying it fails already; else the agent refuses it."""
    message: str
    """The agent's words, or the API server's where the agent has nothing against it."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a probe: exactly one of the three is set."""

    pod: str = ""
    """``namespace/name``."""
    address: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One connection to decide, with the request that it carries, if any."""

    source: Peer
    destination: Peer
    port: int
    """For ICMP, the type."""
    protocol: Protocol
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """What policy does to a probe."""

    egress_allowed: bool
    ingress_allowed: bool
    request_allowed: bool | None
    """``None`` if no proxy looks at the request."""
    verdict: str
    """``FORWARDED``, ``REDIRECTED`` or ``DROPPED``, of the first packet."""


@dataclass(frozen=True, slots=True)
class _Pod:
    identity: int
    node: str
    on_host_network: bool
    ports: NamedPorts


class PolicyWorld:
    """Answers probes. Build it with `build_world`."""

    def __init__(self, settings: WorldSettings) -> None:
        self.repository = Repository(
            settings.cluster_name, settings.mode, dual_stack=settings.dual_stack, node_selectors=settings.node_selectors
        )
        self.addresses = LocalIdentities(self.repository)
        self.rejections: list[Rejection] = []
        self._settings = settings
        self._identities: dict[Labels, int] = {}
        self._pods: dict[str, _Pod] = {}
        self._pod_addresses: dict[str, str] = {}
        self._node_addresses: dict[str, str] = {}
        self._node_labels: dict[Labels, int] = {}
        self._node_identities: dict[str, int] = {}
        """Of nodes with labels of their own."""
        self._policies: dict[str, EndpointPolicy] = {}

    def decide(self, probe: Probe) -> ProbeOutcome:
        """Return what policy does to a probe.

        Raises:
            UnknownPeer: It names a pod or an entity that does not exist.
        """
        source, destination = self._located(probe.source), self._located(probe.destination)
        source_identity = self._identity(source, destination)
        destination_identity = self._identity(destination, source)
        egress = self._decision(source, Direction.EGRESS, destination_identity, probe)
        ingress = self._decision(destination, Direction.INGRESS, source_identity, probe)
        return _outcome(egress, ingress, probe.requests)

    def explain(self, probe: Probe) -> tuple[Trail | None, Trail | None]:
        """Return the trails of the source's egress and the destination's ingress; ``None`` for an end without policy.

        Raises:
            UnknownPeer: It names a pod or an entity that does not exist.
        """
        source, destination = self._located(probe.source), self._located(probe.destination)
        return (
            self._trail(source, Direction.EGRESS, self._identity(destination, source), probe),
            self._trail(destination, Direction.INGRESS, self._identity(source, destination), probe),
        )

    def endpoint_policy(self, pod: str) -> EndpointPolicy:
        """Return the policy of a pod, named ``namespace/name``; of one on the host network, the node's.

        Raises:
            UnknownPeer: There is no such pod.
        """
        known = self._pods[self._located(Peer(pod=pod)).pod]
        return self.repository.endpoint_policy(known.identity, known.ports)

    def identity_of(self, pod: str) -> int:
        """Return the numeric identity of a pod, named ``namespace/name``.

        Raises:
            UnknownPeer: There is no such pod.
        """
        return self._pods[self._located(Peer(pod=pod)).pod].identity

    def add(self, index: int, manifest: Manifest, labels_of: Mapping[str, Mapping[str, str]]) -> None:
        """Take in one object that is neither a namespace nor an endpoint slice."""
        kind = manifest.get("kind")
        if kind == "Pod":
            self._add_pod(manifest, labels_of)
        elif kind == "Node":
            for address in (manifest.get("status") or {}).get("addresses") or ():
                self._node_addresses[str(address.get("address"))] = str(_metadata(manifest).get("name"))
            if self._settings.node_selectors:
                self._add_node(str(_metadata(manifest).get("name")), _texts(_metadata(manifest).get("labels")))
        elif kind in POLICY_KINDS or kind == CIDR_GROUP_KIND:
            self._add_policy(index, manifest)

    def add_service(self, manifest: Manifest, backends: Iterable[str]) -> None:
        """Take in a service; ``backends`` are the addresses of its endpoint slices."""
        metadata, spec = _metadata(manifest), manifest.get("spec") or {}
        selector = _texts(spec.get("selector"))
        self.repository.upsert_service(
            _namespace(manifest),
            str(metadata.get("name")),
            labels=_texts(metadata.get("labels")),
            selector=selector,
            backends=() if selector else backends,
        )

    def settle(self) -> None:
        """Give identities to addresses, after all objects are in."""
        self.addresses.sync()
        for name, addresses in self._settings.names.items():
            self.addresses.learn(name, addresses)

    def _add_node(self, name: str, labels: Mapping[str, str]) -> None:
        own = (Label(key, SOURCE_NODE, value) for key, value in labels.items() if is_identity_relevant(key))
        known = tuple(sorted((*reserved("remote-node"), *own)))
        if len(known) > 1:
            number = self._node_labels.setdefault(known, REMOTE_NODE_SCOPE + 1 + len(self._node_labels))
            self._node_identities[name] = number
            self.repository.add_identity(number, known)

    def _add_pod(self, manifest: Manifest, labels_of: Mapping[str, Mapping[str, str]]) -> None:
        metadata, spec = _metadata(manifest), manifest.get("spec") or {}
        namespace = _namespace(manifest)
        name = f"{namespace}/{metadata.get('name')}"
        on_host_network = bool(spec.get("hostNetwork"))
        ports = _named_ports(spec)
        if name in self._settings.init_pods:
            identity = int(ReservedIdentity.INIT)
        else:
            labels = pod_labels(
                _texts(metadata.get("labels")),
                namespace=namespace,
                namespace_labels=labels_of.get(namespace, {}),
                service_account=str(spec.get("serviceAccountName") or spec.get("serviceAccount") or ""),
                cluster_name=self._settings.cluster_name,
            )
            identity = self._identities.setdefault(labels, FIRST_WORKLOAD_IDENTITY + len(self._identities))
            if not on_host_network:
                self.repository.add_identity(identity, labels)
        if not on_host_network:
            self.repository.set_named_ports(name, ports)
            status = manifest.get("status") or {}
            for address in (status.get("podIP"), *(each.get("ip") for each in status.get("podIPs") or ())):
                if address:
                    self._pod_addresses[str(address)] = name
        self._pods[name] = _Pod(identity, str(spec.get("nodeName") or ""), on_host_network, ports)

    def _add_policy(self, index: int, manifest: Manifest) -> None:
        kind = str(manifest.get("kind"))
        known = without_unknown_fields(manifest)
        name = str(policy_key(known)) if kind != CIDR_GROUP_KIND else f"{kind} {_metadata(known).get('name')}"
        refusal = validate_layer1(known)
        api_words = refusal.bad_request or "; ".join(refusal.causes) if refusal is not None else ""
        api_words = _version_problem(manifest, kind) or api_words
        if api_words:
            self.rejections.append(Rejection(index, name, True, validate_layer2(known) or api_words))
        elif kind == CIDR_GROUP_KIND:
            self.repository.upsert_cidr_group(known)
        else:
            try:
                self.repository.upsert_policy(known)
            except PolicyRejected as error:
                self.rejections.append(Rejection(index, name, False, error.message))

    def _located(self, peer: Peer) -> Peer:
        """Return the pod that an address belongs to, or the peer itself after checking that it exists."""
        if peer.address:
            pod = self._pod_addresses.get(peer.address)
            return peer if pod is None else Peer(pod=pod)
        if peer.pod and peer.pod not in self._pods:
            raise _unknown("pod", peer.pod, self._pods)
        if peer.entity and peer.entity not in ENTITY_IDENTITIES:
            raise _unknown("entity", peer.entity, ENTITY_IDENTITIES)
        return peer

    def _identity(self, peer: Peer, other: Peer) -> int:
        """Return the identity by which the other end knows a peer."""
        if peer.entity:
            return ENTITY_IDENTITIES[peer.entity]
        if peer.address:
            node = self._node_addresses.get(peer.address)
            return self.addresses.resolve(peer.address) if node is None else self._node_identity(node, other)
        pod = self._pods[peer.pod]
        return self._node_identity(pod.node, other) if pod.on_host_network else pod.identity

    def _node_identity(self, node: str, other: Peer) -> int:
        is_local = bool(other.pod) and self._pods[other.pod].node == node
        if is_local:
            return ReservedIdentity.HOST
        return self._node_identities.get(node, ReservedIdentity.REMOTE_NODE)

    def _decision(self, end: Peer, direction: Direction, peer: int, probe: Probe) -> Decision | None:
        """Return what an end's own policy says; ``None`` if it has none."""
        if not end.pod or self._pods[end.pod].on_host_network:
            return None
        policy = self._policies.get(end.pod)
        if policy is None:
            pod = self._pods[end.pod]
            policy = self._policies[end.pod] = self.repository.endpoint_policy(pod.identity, pod.ports)
        return policy.lookup(direction, peer, probe.port, probe.protocol)

    def _trail(self, end: Peer, direction: Direction, peer: int, probe: Probe) -> Trail | None:
        if not end.pod or self._pods[end.pod].on_host_network:
            return None
        pod, request = self._pods[end.pod], next(iter(probe.requests), None)
        return self.repository.explain(
            pod.identity, direction, peer, probe.port, probe.protocol, request=request, named_ports=pod.ports
        )


def build_world(objects: Sequence[Manifest], settings: WorldSettings) -> PolicyWorld:
    """Build a world from Kubernetes objects; kinds that policy does not look at have no effect.

    Of objects with the same kind and name the last one counts. What is refused is in ``rejections``.

    Raises:
        UnreadableObject: A pod, service or the like is malformed.
    """
    objects = [_readable(index, manifest) for index, manifest in enumerate(objects)]
    latest = {_object_key(manifest): index for index, manifest in enumerate(objects)}
    kept = [(index, manifest) for index, manifest in enumerate(objects) if latest[_object_key(manifest)] == index]
    labels_of: dict[str, Mapping[str, str]] = {}
    backends: dict[tuple[str, str], list[str]] = {}
    for _, manifest in kept:
        metadata = _metadata(manifest)
        if manifest.get("kind") == "Namespace":
            labels_of[str(metadata.get("name"))] = _texts(metadata.get("labels"))
        elif manifest.get("kind") == "EndpointSlice":
            service = _namespace(manifest), _texts(metadata.get("labels")).get(SERVICE_NAME_LABEL, "")
            for endpoint in manifest.get("endpoints") or ():
                backends.setdefault(service, []).extend(str(each) for each in endpoint.get("addresses") or ())
    world = PolicyWorld(settings)
    for index, manifest in kept:
        if manifest.get("kind") == "Service":
            service = _namespace(manifest), str(_metadata(manifest).get("name"))
            world.add_service(manifest, backends.get(service, ()))
        else:
            world.add(index, manifest, labels_of)
    world.settle()
    return world


def _readable(index: int, manifest: Manifest) -> Manifest:
    """Return an object whose fields can be relied on; policies are checked on their own, later."""
    kind, metadata = manifest.get("kind"), without_nulls(manifest.get("metadata") or {})
    is_checked_later = kind in POLICY_KINDS or kind == CIDR_GROUP_KIND
    readable: Manifest = {**manifest, "metadata": metadata} if is_checked_later else without_nulls(manifest)
    problem = next(shape_problems(readable), None)
    if problem is not None:
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        raise UnreadableObject(index, f"{kind} {name}: {problem}")
    return readable


def _outcome(egress: Decision | None, ingress: Decision | None, requests: Iterable[Request]) -> ProbeOutcome:
    egress_allowed = egress is None or egress.allowed
    ingress_allowed = ingress is None or ingress.allowed
    if not (egress_allowed and ingress_allowed):
        return ProbeOutcome(egress_allowed, ingress_allowed, None, "DROPPED")
    redirects = [
        side.l7
        for side in (egress, ingress)
        if side is not None and side.verdict is PolicyVerdict.REDIRECTED and side.l7 is not None
    ]
    if not redirects:
        return ProbeOutcome(True, True, None, "FORWARDED")
    answers = [answer for l7 in redirects for request in requests if (answer := l7.decide(request)) is not None]
    return ProbeOutcome(True, True, all(answers) if answers else None, "REDIRECTED")


def _version_problem(manifest: Manifest, kind: str) -> str:
    version = manifest.get("apiVersion")
    if not version:
        return "apiVersion not set"
    if version not in expected_api_versions(kind):
        return f'no matches for kind "{kind}" in version "{version}"'
    return ""


def _unknown(what: str, name: str, known: Iterable[str]) -> UnknownPeer:
    close = get_close_matches(name, list(known), n=1)
    hint = f'did you mean "{close[0]}"?' if close else None
    return UnknownPeer(f'no {what} "{name}" in this world', hint=hint)


def _metadata(manifest: Manifest) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = manifest["metadata"]
    return metadata


def _namespace(manifest: Manifest) -> str:
    return str(_metadata(manifest).get("namespace") or "default")


def _object_key(manifest: Manifest) -> tuple[str, str, str]:
    return str(manifest.get("kind")), _namespace(manifest), str(_metadata(manifest).get("name"))


def _texts(mapping: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(key): "" if value is None else str(value) for key, value in (mapping or {}).items()}


def _named_ports(spec: Manifest) -> dict[str, tuple[int, Protocol]]:
    return {
        str(port["name"]): (int(port.get("containerPort", 0)), Protocol[str(port.get("protocol") or "TCP")])
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("name")
    }
