"""Listeners of a Gateway: which are valid, what they take, and what their status says.

Source: cilium/cilium v1.19 operator/pkg/gateway-api/gateway_reconcile.go setListenerStatus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.conditions import Condition
from quizgame.cluster.gateway.hostnames import ANY, hosts_at
from quizgame.cluster.gateway.naming import GROUP, NAMESPACES
from quizgame.cluster.gateway.references import Referrer, is_granted, secret_problem
from quizgame.cluster.gateway.statuses import ACCEPTED, CONFLICTED, PROGRAMMED, RESOLVED
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

_HTTP_KINDS = ("HTTPRoute", "GRPCRoute")
SUPPORTED = {"HTTP": _HTTP_KINDS, "HTTPS": _HTTP_KINDS, "TLS": ("TLSRoute",)}
"""Protocol → kinds of routes. Source: cilium/cilium v1.19 operator/pkg/gateway-api/helpers.go."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found about one listener."""

    listener: Mapping[str, Any]
    namespace: str
    """The Gateway's."""
    kinds: tuple[str, ...]
    """Kinds of routes that it takes."""
    problems: tuple[str, ...] = ()
    """Why it is not valid, each a sentence."""
    reason: str = "Invalid"
    unresolved: Condition | None = None
    """A reference that leads nowhere."""
    conflict: Condition | None = None

    @property
    def is_valid(self) -> bool:
        """Whether Envoy gets it."""
        return not self.problems

    @property
    def name(self) -> str:
        """Its name, which routes know as ``sectionName``."""
        return str(self.listener["name"])

    @property
    def hostname(self) -> str:
        """The hostname that it takes; empty: all."""
        return str(self.listener.get("hostname", ""))

    @property
    def is_terminating(self) -> bool:
        """Whether TLS ends here."""
        return self.listener.get("protocol") == "HTTPS"

    def conditions(self, *, has_address: bool) -> list[Condition]:
        """What its status says."""
        if self.is_valid and has_address:
            programmed = Condition(PROGRAMMED, "True", "Programmed", "Listener Programmed")
        else:
            programmed = Condition(PROGRAMMED, "False", "Pending", "Address not ready yet")
        accepted = Condition(ACCEPTED, "True", "Accepted", "Listener Accepted")
        if not self.is_valid:
            accepted = Condition(ACCEPTED, "False", self.reason, f"Listener not valid. {' '.join(self.problems)}")
        resolved = self.unresolved or Condition(RESOLVED, "True", "ResolvedRefs", "Resolved Refs")
        found = [programmed, accepted]
        if self.is_valid or self.unresolved is not None:
            found.append(resolved)
        return [*found, *([self.conflict] if self.conflict is not None else [])]


def examine(api: ApiServer, gateway: Mapping[str, Any]) -> list[Finding]:
    """Examine the listeners of a Gateway, in their order."""
    listeners = dig(gateway, "spec", "listeners", default=[])
    return [_examine(api, gateway, each, listeners) for each in listeners]


def _examine(
    api: ApiServer, gateway: Mapping[str, Any], listener: Mapping[str, Any], all_listeners: Sequence[Mapping[str, Any]]
) -> Finding:
    protocol = str(listener.get("protocol", ""))
    supported = SUPPORTED.get(protocol, ())
    problems: list[str] = []
    reason, unresolved = "Invalid", None
    conflict = _conflict(listener, all_listeners)
    if conflict is not None:
        problems.append(conflict.message)
        reason = conflict.reason
    if not supported:
        problems.append("Unsupported Listener Protocol.")
        reason = "UnsupportedProtocol"
    wanted = dig(listener, "allowedRoutes", "kinds", default=())
    kinds = supported
    if wanted:
        asked = [each.get("kind") for each in wanted if each.get("group", GROUP) in (GROUP, "")]
        kinds = tuple(each for each in supported if each in asked)
        if len(kinds) != len(wanted):
            message = "Unsupported Route Kinds in allowedRoutes.kinds"
            unresolved = Condition(RESOLVED, "False", "InvalidRouteKinds", message)
            if not kinds:
                problems.append("None of the Allowed Route Kinds are supported.")
    trouble = _certificates(api, gateway, listener)
    if trouble is not None:
        unresolved, problem = trouble
        problems.append(problem)
    if protocol == "TLS" and dig(listener, "tls", "mode", default="Terminate") == "Terminate":
        problems.append("Using TLSRoute with TLS.mode Terminate is unsupported.")
        reason, kinds = "UnsupportedValue", ()
    return Finding(listener, namespace_of(gateway), kinds, tuple(problems), reason, unresolved, conflict)


def _certificates(
    api: ApiServer, gateway: Mapping[str, Any], listener: Mapping[str, Any]
) -> tuple[Condition, str] | None:
    own = namespace_of(gateway)
    for ref in dig(listener, "tls", "certificateRefs", default=()):
        namespace, name = str(ref.get("namespace") or own), str(ref.get("name", ""))
        invalid = Condition(RESOLVED, "False", "InvalidCertificateRef", "Invalid CertificateRef")
        if ref.get("kind", "Secret") != "Secret" or ref.get("group", "") != "":
            return invalid, "Invalid CertificateRef, must be a Secret."
        if not is_granted(api, Referrer("Gateway", own), "Secret", namespace, name):
            refused = Condition(RESOLVED, "False", "RefNotPermitted", "CertificateRef is not permitted")
            return refused, "Invalid CertificateRef, not permitted."
        problem = secret_problem(api, namespace, name)
        if problem:
            return invalid, f"Invalid CertificateRef, {problem}"
    return None


def _conflict(listener: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Condition | None:
    """A listener of another protocol on the same port that the same server names lead to."""
    for other in others:
        pair = {listener.get("protocol"), other.get("protocol")}
        if other is listener or listener.get("port") != other.get("port") or pair != {"HTTPS", "TLS"}:
            continue
        own, theirs = str(listener.get("hostname", "")), str(other.get("hostname", ""))
        if hosts_at(own, [theirs or ANY]):
            message = (
                f'Listener conflicts with listener "{other.get("name")}": same port {listener.get("port")} '
                "has overlapping HTTPS and TLS passthrough hostnames."
            )
            return Condition(CONFLICTED, "True", "ProtocolConflict", message)
    return None


# ---------------------------------------------------------------- who may attach


def parent_matches(gateway: Mapping[str, Any], listener: Mapping[str, Any], route: Mapping[str, Any]) -> bool:
    """Whether one of a route's parent references is for this listener."""
    own = namespace_of(route)
    return any(
        refers_to(ref, own, gateway)
        and ref.get("sectionName") in (None, listener["name"])
        and ref.get("port") in (None, listener["port"])
        for ref in dig(route, "spec", "parentRefs", default=())
    )


def refers_to(ref: Mapping[str, Any], own_namespace: str, gateway: Mapping[str, Any]) -> bool:
    """Whether a parent reference of a route in a namespace names this Gateway."""
    wanted = (GROUP, "Gateway", name_of(gateway), namespace_of(gateway))
    namespace = ref.get("namespace") or own_namespace
    return (ref.get("group", GROUP), ref.get("kind", "Gateway"), ref.get("name"), namespace) == wanted


def admits(api: ApiServer, gateway: Mapping[str, Any], listener: Mapping[str, Any], route: Mapping[str, Any]) -> bool:
    """Whether a listener takes routes of this one's kind and namespace."""
    kinds = dig(listener, "allowedRoutes", "kinds", default=())
    if kinds and route["kind"] not in [each.get("kind") for each in kinds]:
        return False
    return admits_namespace(api, gateway, listener, namespace_of(route))


def admits_namespace(api: ApiServer, gateway: Mapping[str, Any], listener: Mapping[str, Any], namespace: str) -> bool:
    """Whether a listener takes routes of a namespace."""
    source = dig(listener, "allowedRoutes", "namespaces", "from", default="Same")
    if source == "All":
        return True
    if source == "Same":
        return namespace == namespace_of(gateway)
    space = api.store.get(NAMESPACES, ("", namespace))
    structured = dig(listener, "allowedRoutes", "namespaces", "selector", default={})
    return space is not None and matches(selector_of(structured), labels_of(space))
