"""Situations of policy: pods and policies made from dice, and what becomes of flows among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from quizgame.errors import QuizgameError
from quizgame.game.quiz.templates.compact import manifests_text
from quizgame.policy.decision import POLICY_DENY
from quizgame.policy.l7 import DnsRequest, HttpRequest, Request
from quizgame.policy.model import EnforcementMode, Protocol
from quizgame.policy.trail import Stance, Trail
from quizgame.policy.world import Peer, PolicyWorld, Probe, WorldSettings, build_world

Object = dict[str, Any]


class UnfairSituation(QuizgameError):
    """The policies of a situation are refused: a template writes only what the API server takes."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a situation."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    node: str = ""
    ports: tuple[tuple[str, int], ...] = ()
    """Names and numbers of container ports."""
    on_host_network: bool = False

    @property
    def path(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    def manifest(self) -> Object:
        """The pod as an object."""
        ports = [{"name": name, "containerPort": number} for name, number in self.ports]
        spec: Object = {"nodeName": self.node, "containers": [{"name": "main", "ports": ports}]}
        if self.on_host_network:
            spec["hostNetwork"] = True
        return {
            "apiVersion": "v1", "kind": "Pod", "spec": spec,
            "metadata": {"name": self.name, "namespace": self.namespace, "labels": dict(self.labels)},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection to be decided, and how an option names it."""

    source: Peer
    destination: Peer
    port: int
    text: str
    protocol: Protocol = Protocol.TCP
    request: Request | None = None

    def probe(self) -> Probe:
        """The flow as a probe."""
        requests = () if self.request is None else (self.request,)
        return Probe(self.source, self.destination, self.port, self.protocol, requests)


class Outcome(Enum):
    """What becomes of a flow, in the terms in which options speak."""

    FORWARDED = "forwarded"
    EGRESS_DEFAULT = "dropped at egress, no rule allows it"
    INGRESS_DEFAULT = "dropped at ingress, no rule allows it"
    EGRESS_DENY = "dropped at egress, a deny rule matches"
    INGRESS_DENY = "dropped at ingress, a deny rule matches"
    PASSED = "passed on by the proxy"
    REFUSED = "refused by the proxy"

    @property
    def goes_through(self) -> bool:
        """Whether the destination gets to see it."""
        return self in (Outcome.FORWARDED, Outcome.PASSED)


@dataclass(frozen=True)
class Situation:
    """Pods, policies and settings."""

    pods: tuple[Pod, ...]
    policies: tuple[Object, ...]
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: WorldSettings = field(default_factory=WorldSettings)

    @cached_property
    def world(self) -> PolicyWorld:
        """The world of it.

        Raises:
            UnfairSituation: A policy is refused.
        """
        namespaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}
            for name, labels in self.namespaces.items()
        ]
        world = build_world([*namespaces, *(pod.manifest() for pod in self.pods), *self.policies], self.settings)
        for rejection in world.rejections:
            raise UnfairSituation(f"{rejection.name} is refused: {rejection.message}")
        return world

    def outcome(self, flow: Flow) -> Outcome:
        """What becomes of a flow."""
        found = self.world.decide(flow.probe())
        egress, ingress = self.world.explain(flow.probe())
        if not found.egress_allowed:
            return Outcome.EGRESS_DENY if _is_deny(egress) else Outcome.EGRESS_DEFAULT
        if not found.ingress_allowed:
            return Outcome.INGRESS_DENY if _is_deny(ingress) else Outcome.INGRESS_DEFAULT
        if found.request_allowed is None:
            return Outcome.FORWARDED
        return Outcome.PASSED if found.request_allowed else Outcome.REFUSED

    def why(self, flow: Flow) -> str:
        """Why, in a sentence, from the trail of the side that decides."""
        return _sentence(self.deciding(flow), self.outcome(flow))

    def deciding(self, flow: Flow) -> Trail | None:
        """The trail of the side that decides: the first that drops, else the one that has most to say."""
        trails = [trail for trail in self.world.explain(flow.probe()) if trail is not None]
        for trail in trails:
            if not trail.decision.allowed:
                return trail
        return max(trails, key=lambda trail: (trail.decision.l7 is not None, len(trail.rules)), default=None)

    def exhibit(self, *, with_pods: bool = True, with_namespaces: bool = False) -> str:
        """The policies as YAML, under a list of the pods with their labels."""
        about = []
        if with_namespaces:
            about += [f"# namespace {name}: {labels_text(labels)}" for name, labels in self.namespaces.items()]
        if with_pods:
            width = max(len(pod.path) for pod in self.pods)
            about += [f"# pod {pod.path:{width}}  {labels_text(pod.labels)}" for pod in self.pods]
        return "\n".join([*about, manifests_text(self.policies)])


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as ``kubectl get --show-labels`` prints them."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"


def pod_peer(pod: Pod) -> Peer:
    """A pod as the end of a flow."""
    return Peer(pod=pod.path)


def flow_between(
    source: Pod, destination: Pod, port: int, *, protocol: Protocol = Protocol.TCP, request: Request | None = None
) -> Flow:
    """A connection between two pods."""
    text = f"`{source.path}` to `{destination.path}`, {protocol.name} {port}"
    return Flow(pod_peer(source), pod_peer(destination), port, text, protocol, request)


def cnp(name: str, namespace: str, selector: Mapping[str, Any], **sections: Any) -> Object:
    """A CiliumNetworkPolicy; the selector is one of labels, or has ``matchExpressions``."""
    return {
        "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"endpointSelector": selector_of(selector), **sections},
    }  # fmt: skip


def ccnp(name: str, selector: Mapping[str, Any], **sections: Any) -> Object:
    """A CiliumClusterwideNetworkPolicy."""
    return {
        "apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": {"name": name},
        "spec": {"endpointSelector": selector_of(selector), **sections},
    }  # fmt: skip


def knp(name: str, namespace: str, selector: Mapping[str, Any], **sections: Any) -> Object:
    """A NetworkPolicy of Kubernetes."""
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": selector_of(selector), **sections},
    }  # fmt: skip


def selector_of(labels: Mapping[str, Any]) -> Object:
    """A selector of labels; one that is already structured stays as it is."""
    if not labels or labels.keys() & {"matchLabels", "matchExpressions"}:
        return dict(labels)
    return {"matchLabels": dict(labels)}


def to_ports(*numbers: int | str, protocol: str = "TCP", end: int | None = None, rules: Object | None = None) -> Object:
    """An element of ``toPorts``."""
    ports: list[Object] = []
    for number in numbers:
        port: Object = {"port": str(number)}
        if end is not None:
            port["endPort"] = end
        ports.append({**port, "protocol": protocol})
    return {"ports": ports, **({"rules": rules} if rules else {})}


def http(method: str, path: str, headers: Mapping[str, str] | None = None) -> HttpRequest:
    """A request."""
    return HttpRequest(method, path, "", dict(headers or {}))


def dns(name: str) -> DnsRequest:
    """A query."""
    return DnsRequest(name)


def named(names: Mapping[str, Sequence[str]]) -> WorldSettings:
    """Settings in which DNS has taught these addresses."""
    return WorldSettings(names=names)


def in_mode(mode: EnforcementMode) -> WorldSettings:
    """Settings with this enforcement mode."""
    return WorldSettings(mode=mode)


def _is_deny(trail: Trail | None) -> bool:
    return trail is not None and trail.decision.drop_reason == POLICY_DENY


def _sentence(trail: Trail | None, outcome: Outcome) -> str:
    if trail is None:
        return "No policy of a pod looks at this flow."
    side = f"At {trail.direction.value}, "
    winner = trail.winner
    who = str(winner.policy) if winner is not None else "the policy"
    if outcome is Outcome.REFUSED:
        told = f"{side}{who} sends it to the proxy, and no rule lets the request pass."
    elif outcome is Outcome.PASSED:
        told = f"{side}{who} sends it to the proxy, and a rule lets the request pass."
    else:
        told = f"{side}{trail.why}."
    misses = _misses(trail) if not outcome.goes_through and outcome is not Outcome.REFUSED else ""
    return told + misses


def _misses(trail: Trail) -> str:
    """Why the rules that could have allowed it do not."""
    said = [
        f" In {rule.policy.name}, {clause.path} does not apply: {clause.reason}."
        for rule in trail.rules
        for clause in rule.clauses
        if clause.stance is Stance.NOT_APPLICABLE and trail.winner is None
    ]
    return "".join(dict.fromkeys(said[:2]))
