"""What the tables say of services, endpoints, policies and ingresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quizgame.cluster.labelselect import format_selector
from quizgame.cluster.objects import dig
from quizgame.tools.kubectl.tables.column import AGE, NONE, UNSET, Cell, TableColumn, comma_map, first_few, wide


def cluster_ip(service: Mapping[str, Any]) -> str:
    """The service's address; ``None`` for a headless one, ``<none>`` where it has none."""
    return str(dig(service, "spec", "clusterIP", default="") or NONE)


def ingress_addresses(node: Mapping[str, Any]) -> list[str]:
    """Addresses and names at which a load balancer answers for a service or an ingress."""
    found = dig(node, "status", "loadBalancer", "ingress", default=[])
    return [text for each in found if (text := each.get("ip") or each.get("hostname"))]


def external_ip(service: Mapping[str, Any]) -> str:
    """The EXTERNAL-IP column."""
    # Source: kubernetes pkg/printers/internalversion/printers.go getServiceExternalIP.
    spec = service["spec"]
    extra = list(spec.get("externalIPs") or ())
    kind = spec.get("type")
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    if kind == "LoadBalancer":
        return ",".join(sorted({*ingress_addresses(service)}) + extra) or "<pending>"
    return ",".join(extra) or NONE


def service_ports(ports: Iterable[Mapping[str, Any]] | None) -> str:
    """``80:30952/TCP,443/TCP``; ``<none>`` for no ports."""
    shown = [
        f"{each['port']}:{each['nodePort']}/{each['protocol']}"
        if each.get("nodePort")
        else f"{each['port']}/{each['protocol']}"
        for each in ports or ()
    ]
    return ",".join(shown) or NONE


SERVICE_COLUMNS = (
    TableColumn("TYPE", lambda node, _now: str(dig(node, "spec", "type", default="ClusterIP")), "spec.type"),
    TableColumn("CLUSTER-IP", lambda node, _now: cluster_ip(node), "spec.clusterIP"),
    TableColumn("EXTERNAL-IP", lambda node, _now: external_ip(node), "externalIP"),
    TableColumn("PORT(S)", lambda node, _now: service_ports(dig(node, "spec", "ports")), "spec.ports"),
    AGE,
    wide("SELECTOR", lambda node, _now: comma_map(dig(node, "spec", "selector")), "spec.selector"),
)


def _slice_ports(node: Mapping[str, Any], _now_ns: int) -> str:
    return first_few((str(each.get("port") or each.get("name") or "*") for each in node.get("ports") or ()), UNSET)


def slice_addresses(node: Mapping[str, Any]) -> list[str]:
    """All addresses of an EndpointSlice, in order."""
    return [address for each in node.get("endpoints") or () for address in each.get("addresses") or ()]


ENDPOINTSLICE_COLUMNS = (
    TableColumn("ADDRESSTYPE", lambda node, _now: str(node.get("addressType", ""))),
    TableColumn("PORTS", _slice_ports, "ports"),
    TableColumn("ENDPOINTS", lambda node, _now: first_few(slice_addresses(node), UNSET), "endpoints"),
    AGE,
)


def endpoint_targets(node: Mapping[str, Any]) -> list[str]:
    """``ip:port`` of every ready address of an Endpoints object; bare addresses where it has no ports."""
    targets: list[str] = []
    for subset in node.get("subsets") or ():
        addresses = [each["ip"] for each in subset.get("addresses") or ()]
        ports = [each["port"] for each in subset.get("ports") or ()]
        targets += [f"{ip}:{port}" for port in ports for ip in addresses] if ports else addresses
    return targets


ENDPOINTS_COLUMNS = (
    TableColumn("ENDPOINTS", lambda node, _now: first_few(endpoint_targets(node), NONE), "subsets"),
    AGE,
)
NETWORKPOLICY_COLUMNS = (
    TableColumn(
        "POD-SELECTOR", lambda node, _now: format_selector(dig(node, "spec", "podSelector")), "spec.podSelector"
    ),
    AGE,
)


def _ingress_class(node: Mapping[str, Any], _now_ns: int) -> str:
    return str(dig(node, "spec", "ingressClassName", default=NONE))


def _hosts(node: Mapping[str, Any], _now_ns: int) -> str:
    hosts = [rule["host"] for rule in dig(node, "spec", "rules", default=[]) if rule.get("host")]
    return first_few(hosts, "*")


def _ingress_ports(node: Mapping[str, Any], _now_ns: int) -> str:
    return "80, 443" if dig(node, "spec", "tls") else "80"


INGRESS_COLUMNS = (
    TableColumn("CLASS", _ingress_class, "spec.ingressClassName"),
    TableColumn("HOSTS", _hosts, "spec.rules.host"),
    TableColumn("ADDRESS", lambda node, _now: ",".join(ingress_addresses(node)), "status.loadBalancer.ingress"),
    TableColumn("PORTS", _ingress_ports),
    AGE,
)


def _parameters(node: Mapping[str, Any], _now_ns: int) -> str:
    found = dig(node, "spec", "parameters")
    if not found:
        return NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") else ""
    return f"{found['kind']}{group}/{found['name']}"


INGRESSCLASS_COLUMNS = (
    TableColumn("CONTROLLER", lambda node, _now: str(dig(node, "spec", "controller", default="")), "spec.controller"),
    TableColumn("PARAMETERS", _parameters),
    AGE,
)


def text(*path: str, missing: str = "") -> Cell:
    """A cell with the text at a path."""
    return lambda node, _now: str(dig(node, *path, default=missing))
