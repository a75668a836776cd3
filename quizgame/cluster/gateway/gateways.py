"""Gateways of Cilium's classes: their listeners' status, what is made for them, and when they count as programmed.

Source: cilium/cilium v1.19 operator/pkg/gateway-api/gateway_reconcile.go; operator/pkg/model/translation/gateway-api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from quizgame.cluster.conditions import Condition
from quizgame.cluster.gateway.classes import GatewayClass
from quizgame.cluster.gateway.entries import entries_of
from quizgame.cluster.gateway.envoyconfig import HostNetwork, Served, spec_of
from quizgame.cluster.gateway.hostnames import ANY, hosts_at
from quizgame.cluster.gateway.listeners import Finding, admits, examine, parent_matches
from quizgame.cluster.gateway.naming import (
    ENVOY_CONFIGS,
    GATEWAY_NAME_LABEL,
    GATEWAYS,
    IPS_ANNOTATION,
    OWNING_GATEWAY_LABEL,
    ROUTE_KINDS,
    SERVICES,
    SLICES,
    service_name,
    shortened,
)
from quizgame.cluster.gateway.owned import dummy_slice, ensure, envoy_config, external_addresses, metadata_of
from quizgame.cluster.gateway.references import Referrer, backend_refs, is_usable
from quizgame.cluster.gateway.routes import accepted_by
from quizgame.cluster.gateway.statuses import ACCEPTED, PROGRAMMED, merged, replaced, write_status
from quizgame.cluster.install.edge import NODE_SELECTOR_KEY
from quizgame.cluster.objects import KubeObject, dig, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

_NOT_ACCEPTED = Condition(PROGRAMMED, "Unknown", "Pending", "Waiting for Accepted condition to be True")
_PARAMETERS = "Invalid Gateway parameters: spec.infrastructure.parametersRef is not supported"
_SERVICE_FIELDS = (
    "externalTrafficPolicy", "loadBalancerClass", "loadBalancerSourceRanges", "ipFamilyPolicy", "ipFamilies",
    "allocateLoadBalancerNodePorts", "trafficDistribution",
)  # fmt: skip
_MOST_NODE_ADDRESSES = 16


def reconcile_gateway(api: ApiServer, config: AgentConfig, gateway: KubeObject, known: GatewayClass) -> None:
    """Bring one Gateway, and what is made for it, up to date."""
    problem = _PARAMETERS if dig(gateway, "spec", "infrastructure", "parametersRef") else known.problem
    if problem:
        refused = Condition(ACCEPTED, "False", "InvalidParameters", problem)
        _write(api, gateway, (refused, _NOT_ACCEPTED))
        return
    findings = examine(api, gateway)
    attached = {finding.name: list(_attached(api, gateway, finding)) for finding in findings}
    if not any(finding.is_valid for finding in findings):
        text = "No Accepted Listeners"
        wanted = (
            Condition(ACCEPTED, "False", "ListenersNotValid", text),
            Condition(PROGRAMMED, "False", "ListenersNotValid", text),
        )
        _write(api, gateway, wanted, _listener_statuses(api, gateway, findings, attached, has_address=False))
        return
    accepted = Condition(ACCEPTED, "True", "Accepted", "Gateway successfully scheduled")
    if any(finding.reason == "UnsupportedProtocol" for finding in findings if not finding.is_valid):
        accepted = Condition(ACCEPTED, "True", "ListenersNotValid", "Gateway has unsupported listeners")
    fault = _address_fault(gateway)
    if fault:
        refused = Condition(ACCEPTED, "False", "UnsupportedAddress", f"Unsupported Gateway address, {fault}")
        waiting = Condition(PROGRAMMED, "False", "ListenersNotReady", "Address is not ready")
        statuses = _listener_statuses(api, gateway, findings, attached, has_address=False)
        _write(api, gateway, (refused, waiting), statuses)
        return
    _ensure_objects(api, config, gateway, known, served_by(api, findings, attached))
    addresses = _addresses(api, gateway)
    statuses = _listener_statuses(api, gateway, findings, attached, has_address=bool(addresses))
    _write(api, gateway, (accepted, _programmed(gateway, addresses)), statuses, addresses)


def _programmed(gateway: Mapping[str, Any], addresses: Sequence[KubeObject]) -> Condition:
    if not addresses:
        return Condition(PROGRAMMED, "False", "AddressNotAssigned", "Gateway waiting for address")
    given = {each["value"] for each in addresses}
    asked = {each.get("value", "") for each in dig(gateway, "spec", "addresses", default=())}
    if asked - given:
        return Condition(PROGRAMMED, "False", "AddressNotUsable", "StaticAddress can't be used")
    return Condition(PROGRAMMED, "True", "Programmed", "Gateway Programmed")


def _address_fault(gateway: Mapping[str, Any]) -> str:
    for each in dig(gateway, "spec", "addresses", default=()):
        if each.get("type", "IPAddress") != "IPAddress":
            return "address type is not supported"
        if not each.get("value"):
            return "address value is not set"
        try:
            ip_address(each["value"])
        except ValueError:
            return "invalid ip address"
    return ""


# ---------------------------------------------------------------- status


def _write(
    api: ApiServer,
    gateway: KubeObject,
    wanted: Sequence[Condition],
    listeners: Sequence[KubeObject] | None = None,
    addresses: Sequence[KubeObject] = (),
) -> None:
    before = gateway.get("status") or {}
    status: KubeObject = {"conditions": merged(api, gateway, before.get("conditions") or (), wanted)}
    shown = before.get("listeners") if listeners is None else listeners
    if shown:
        status["listeners"] = list(shown)
    if addresses:
        status = {"addresses": list(addresses), **status}
    write_status(api, GATEWAYS, gateway, status)


def _listener_statuses(
    api: ApiServer,
    gateway: KubeObject,
    findings: Sequence[Finding],
    attached: Mapping[str, Sequence[KubeObject]],
    *,
    has_address: bool,
) -> list[KubeObject]:
    before = {each["name"]: each for each in dig(gateway, "status", "listeners", default=())}
    return [
        {
            "attachedRoutes": len(attached[finding.name]),
            "conditions": replaced(
                api,
                gateway,
                before.get(finding.name, {}).get("conditions") or (),
                finding.conditions(has_address=has_address),
            ),
            "name": finding.name,
            "supportedKinds": [{"group": "gateway.networking.k8s.io", "kind": kind} for kind in finding.kinds],
        }
        for finding in findings
    ]


def _attached(api: ApiServer, gateway: KubeObject, finding: Finding) -> Iterator[KubeObject]:
    """The routes that a listener serves, the oldest first."""
    for resource in ROUTE_KINDS:
        for route in sorted(api.store.of(resource), key=_seniority):
            if (
                route["kind"] in finding.kinds
                and parent_matches(gateway, finding.listener, route)
                and accepted_by(api, route, gateway)
                and admits(api, gateway, finding.listener, route)
                and hosts_at(finding.hostname, dig(route, "spec", "hostnames", default=()))
            ):
                yield route


def _seniority(route: Mapping[str, Any]) -> tuple[str, str, str]:
    return route["metadata"]["creationTimestamp"], namespace_of(route), name_of(route)


def _addresses(api: ApiServer, gateway: KubeObject) -> list[KubeObject]:
    service = api.store.get(SERVICES, (namespace_of(gateway), service_name(name_of(gateway))))
    if dig(service, "spec", "type") == "NodePort":
        own = [dig(node, "status", "addresses", 0, "address", default="") for node in api.store.of("nodes")]
        ips = sorted((ip_address(ip) for ip in own if ip), key=int)[:_MOST_NODE_ADDRESSES]
        return [{"type": "IPAddress", "value": str(ip)} for ip in ips]
    found = external_addresses(service)
    return [
        {"type": kind, "value": each[key]}
        for each in found
        for key, kind in (("ip", "IPAddress"), ("hostname", "Hostname"))
        if each.get(key)
    ]


# ---------------------------------------------------------------- what is made


def served_by(api: ApiServer, findings: Sequence[Finding], attached: Mapping[str, Sequence[KubeObject]]) -> Served:
    """What Envoy is to serve for the valid listeners of a Gateway."""
    served = Served()
    valid = [finding for finding in findings if finding.is_valid]
    for finding in valid:
        port = int(finding.listener["port"])
        others = [each.hostname for each in valid if each is not finding and each.listener["port"] == port]
        if finding.listener.get("protocol") == "TLS":
            _pass_through(api, served, finding, attached[finding.name], port)
            continue
        served.ports.add(port)
        served.has_http = True
        if finding.is_terminating:
            _certificates(served, finding)
        for route in attached[finding.name]:
            hosts = hosts_at(finding.hostname, dig(route, "spec", "hostnames", default=()), others)
            served.add(entries_of(api, route), hosts, is_secure=finding.is_terminating)
    return served


def _certificates(served: Served, finding: Finding) -> None:
    for ref in dig(finding.listener, "tls", "certificateRefs", default=()):
        key = (str(ref.get("namespace") or finding.namespace), str(ref.get("name", "")))
        served.certificates.setdefault(key, []).append(finding.hostname or ANY)


def _pass_through(api: ApiServer, served: Served, finding: Finding, routes: Sequence[KubeObject], port: int) -> None:
    for route in routes:
        referrer = Referrer("TLSRoute", namespace_of(route))
        refs = [each for each in backend_refs(route) if is_usable(api, referrer, each)]
        for host in hosts_at(finding.hostname, dig(route, "spec", "hostnames", default=())) if refs else ():
            served.ports.add(port)
            served.passthrough.setdefault(host, []).extend(refs)


def _ensure_objects(
    api: ApiServer, config: AgentConfig, gateway: KubeObject, known: GatewayClass, served: Served
) -> None:
    namespace, name = namespace_of(gateway), service_name(name_of(gateway))
    infrastructure = dig(gateway, "spec", "infrastructure", default={})
    own_labels = dict(infrastructure.get("labels") or {})
    annotations = dict(infrastructure.get("annotations") or {})
    label = shortened(name_of(gateway))
    labels = {**own_labels, OWNING_GATEWAY_LABEL: label, GATEWAY_NAME_LABEL: label}
    asked = [each["value"] for each in dig(gateway, "spec", "addresses", default=()) if each.get("value")]
    service_annotations = {**annotations, **({IPS_ANNOTATION: ",".join(asked)} if asked else {})}
    service = {
        "metadata": metadata_of(gateway, namespace, name, labels, service_annotations),
        "spec": _service_spec(config, gateway, known),
    }
    ensure(api, SERVICES, service, ("spec",))
    made = dummy_slice(metadata_of(gateway, namespace, name, labels, annotations), name)
    ensure(api, SLICES, made, ("endpoints", "ports"))
    cec_labels = {**own_labels, GATEWAY_NAME_LABEL: label}
    settings = envoy_config(
        metadata_of(gateway, namespace, name, cec_labels, annotations),
        spec_of(served, namespace, name, host_network=_host_network(config)),
    )
    ensure(api, ENVOY_CONFIGS, settings, ("spec",))


def _host_network(config: AgentConfig) -> HostNetwork | None:
    if not config.is_on("gateway-api-hostnetwork-enabled"):
        return None
    pairs = [each.partition("=") for each in config.get(NODE_SELECTOR_KEY).split(",") if each]
    return HostNetwork({key: value for key, _, value in pairs})


def _service_spec(config: AgentConfig, gateway: Mapping[str, Any], known: GatewayClass) -> KubeObject:
    ports = sorted({int(each["port"]) for each in dig(gateway, "spec", "listeners", default=())})
    parameters = known.service or {}
    spec: KubeObject = {
        "externalTrafficPolicy": config.get("gateway-api-service-externaltrafficpolicy", "Cluster"),
        "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in ports],
        "type": parameters.get("type", "LoadBalancer"),
    }
    spec |= {key: parameters[key] for key in _SERVICE_FIELDS if parameters.get(key) is not None}
    if _host_network(config) is not None:
        # Source: github.com/cilium/cilium issue 47456, of 1.19: a NodePort service, and the addresses of all nodes.
        spec["type"] = "NodePort"
    if spec["type"] == "ClusterIP":
        del spec["externalTrafficPolicy"]
    return spec
