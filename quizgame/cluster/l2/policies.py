"""CiliumL2AnnouncementPolicy as an agent reads it, and what is wrong with one.

Source: cilium/cilium v1.19 pkg/l2announcer/l2announcer.go upsertPolicy, upsertSvc, svcAndMetaLabels; facts F-97, F-98.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizgame.addresses import is_ipv4
from quizgame.cluster.labelselect import Selector, matches, selector_of
from quizgame.cluster.lbipam_requests import NAME_LABEL, NAMESPACE_LABEL
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.go_errors import regexp_error
from quizgame.policy.l7 import compiled

POLICIES = "ciliuml2announcementpolicies.cilium.io"
LOAD_BALANCER_CLASS = "io.cilium/l2-announcer"
NODE_PROBLEM, INTERFACE_PROBLEM, SERVICE_PROBLEM = (
    "io.cilium/bad-node-selector", "io.cilium/bad-interface-regex", "io.cilium/bad-service-selector",
)  # fmt: skip
"""Types of the conditions, in the order in which an agent examines a policy."""

Key = tuple[str, str]
"""Namespace and name of a service."""
Place = tuple[str, str]
"""An address, and the device on which ARP for it is answered."""


@dataclass(frozen=True, slots=True)
class L2Policy:
    """A policy that selects the node."""

    name: str
    services: Selector
    """Empty: all services."""
    devices: tuple[str, ...]
    """Devices of the node that its expressions match; empty where none does."""
    load_balancer_ips: bool
    external_ips: bool

    def places(self, service: Mapping[str, Any]) -> tuple[Place, ...] | None:
        """Where a service's addresses are to be announced; ``None`` where the policy does not select it."""
        ips = [
            *(_load_balancer_ips(service) if self.load_balancer_ips else ()),
            *(_external_ips(service) if self.external_ips else ()),
        ]
        if not ips or not matches(self.services, service_labels(service)):
            return None
        # Source: Documentation/network/l2-announcements.rst, limitations: no IPv6 and no NDP.
        return tuple((ip, device) for ip in ips if is_ipv4(ip) for device in self.devices)


@dataclass(frozen=True, slots=True)
class Examination:
    """What an agent finds on reading a policy."""

    policy: L2Policy | None
    """``None`` where the node is not selected, or something is wrong."""
    findings: Mapping[str, str]
    """Type of condition → what is wrong, empty where that part is right; parts that were not looked at are left out."""


def examine(obj: Mapping[str, Any], node_labels: Mapping[str, str], devices: Sequence[str]) -> Examination:
    """Read a policy as the agent of a node with these labels and devices does; it stops at the first mistake."""
    spec = obj.get("spec") or {}
    findings = {NODE_PROBLEM: selector_problem(spec.get("nodeSelector"))}
    if findings[NODE_PROBLEM] or not matches(selector_of(spec.get("nodeSelector")), node_labels):
        return Examination(None, findings)
    expressions: list[str] = spec.get("interfaces") or []
    findings[INTERFACE_PROBLEM] = next((problem for each in expressions if (problem := regexp_error(each))), "")
    if findings[INTERFACE_PROBLEM]:
        return Examination(None, findings)
    findings[SERVICE_PROBLEM] = selector_problem(spec.get("serviceSelector"))
    if findings[SERVICE_PROBLEM]:
        return Examination(None, findings)
    chosen = [each for each in devices if not expressions or any(compiled(e).search(each) for e in expressions)]
    policy = L2Policy(
        name_of(obj),
        selector_of(spec.get("serviceSelector")),
        tuple(chosen),
        bool(spec.get("loadBalancerIPs")),
        bool(spec.get("externalIPs")),
    )
    return Examination(policy, findings)


def selector_problem(structured: Mapping[str, Any] | None) -> str:
    """What the agent's selector parser says against a ``LabelSelector``; empty where it can be read.

    Source: k8s.io/apimachinery pkg/labels NewRequirement.
    """
    for each in (structured or {}).get("matchExpressions") or ():
        values, operator = each.get("values"), each["operator"]
        if operator in ("In", "NotIn") and not values:
            return (
                f"values: Invalid value: {json.dumps(values)}: for 'in', 'notin' operators, values set can't be empty"
            )
        if operator in ("Exists", "DoesNotExist") and values:
            shown = json.dumps(values, separators=(",", ":"))
            return f"values: Invalid value: {shown}: values set must be empty for exists and does not exist"
    return ""


def selected(policies: Iterable[L2Policy], services: Mapping[Key, Mapping[str, Any]]) -> dict[Key, tuple[Place, ...]]:
    """The services that a node's policies select, each with the places where its addresses are to be announced.

    A service is selected even where no device matches: its lease is held, and nothing is announced.
    """
    policies = list(policies)
    found: dict[Key, tuple[Place, ...]] = {}
    for key, service in sorted(services.items()) if policies else ():
        if dig(service, "spec", "loadBalancerClass", default=LOAD_BALANCER_CLASS) != LOAD_BALANCER_CLASS:
            continue
        by_policy = [places for each in policies if (places := each.places(service)) is not None]
        if by_policy:
            found[key] = tuple(dict.fromkeys(place for places in by_policy for place in places))
    return found


def service_labels(service: Mapping[str, Any]) -> dict[str, str]:
    """The labels that a service selector sees: the service's own, and two that name it."""
    return {**labels_of(service), NAMESPACE_LABEL: namespace_of(service), NAME_LABEL: name_of(service)}


def _load_balancer_ips(service: Mapping[str, Any]) -> list[str]:
    return [each["ip"] for each in dig(service, "status", "loadBalancer", "ingress", default=()) if each.get("ip")]


def _external_ips(service: Mapping[str, Any]) -> list[str]:
    return list(dig(service, "spec", "externalIPs", default=()))
