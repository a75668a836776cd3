"""What the server allocates to services: cluster addresses and node ports, keyed by the service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.apierror import Cause
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import KubeObject, dig

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

FIRST_NODE_PORT, LAST_NODE_PORT = 30000, 32767
_STATIC_NODE_PORTS = 86
# Source: kubernetes service allocators: the lower band min(max(16, size/16), 256) of addresses and 86 ports are for
# static choice.


def allocate(api: ApiServer, service: KubeObject, old: KubeObject | None) -> KubeObject:
    """The service with its cluster address, IP families and node ports filled in."""
    spec = dict(service["spec"])
    kind = spec.get("type")
    if kind == "ExternalName":
        for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            spec.pop(field, None)
        return {**service, "spec": spec}
    address = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
    if not address and old is not None:
        address = dig(old, "spec", "clusterIP", default="")
    spec["clusterIP"] = address or _cluster_ip(api, service)
    spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    wants_ports = kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True))
    if wants_ports:
        spec["ports"] = _node_ports(api, service, spec.get("ports") or [], old)
    elif kind == "ClusterIP" and old is not None and dig(old, "spec", "type") != "ClusterIP":
        # Source: service REST patchAllocatedValues and dropTypeDependentFields: what the old type had is released.
        spec["ports"] = [
            {key: value for key, value in port.items() if key != "nodePort"} for port in spec.get("ports") or []
        ]
        for field in ("externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"):
            spec.pop(field, None)
    if kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local" and "healthCheckNodePort" not in spec:
        spec["healthCheckNodePort"] = _free_port(api, _taken_ports(api, service), service, "health-check")
    return {**service, "spec": spec}


def violations(api: ApiServer, service: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[Cause]:
    """What is wrong with the addresses and ports that a service asks for itself."""
    found: list[Cause] = []
    taken = _taken_ports(api, service)
    kind = dig(service, "spec", "type")
    for position, port in enumerate(dig(service, "spec", "ports", default=())):
        wanted = port.get("nodePort")
        field = f"spec.ports[{position}].nodePort"
        if not wanted:
            continue
        if kind == "ClusterIP":
            found.append(Cause(field, "Forbidden: may not be used when `type` is 'ClusterIP'"))
        elif not FIRST_NODE_PORT <= wanted <= LAST_NODE_PORT:
            text = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            found.append(Cause(field, f"Invalid value: {wanted}: {text}"))
        elif (wanted, port.get("protocol", "TCP")) in taken:
            found.append(Cause(field, f"Invalid value: {wanted}: provided port is already allocated"))
    return [*found, *_address_violations(api, service, old)]


def _address_violations(api: ApiServer, service: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[Cause]:
    address = dig(service, "spec", "clusterIP", default="")
    before = dig(old, "spec", "clusterIP", default="") if old is not None else ""
    if address in ("", "None", before):
        return []
    network = IPv4Network(api.service_cidr)
    try:
        inside = IPv4Network(address).network_address in network
    except ValueError:
        return [
            Cause(
                "spec.clusterIPs[0]",
                f'Invalid value: "{address}": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
            )
        ]
    shown = f'Invalid value: ["{address}"]'
    if not inside:
        text = f"failed to allocate IP {address}: the provided network does not match the current range"
        return [Cause("spec.clusterIPs", f"{shown}: {text}")]
    if address in _taken_addresses(api, service):
        return [Cause("spec.clusterIPs", f"{shown}: failed to allocate IP {address}: provided IP is already allocated")]
    if before and before != "None":
        return [Cause("spec.clusterIPs[0]", f"{shown}: may not change once set")]
    return []


def _others(api: ApiServer, service: Mapping[str, Any]) -> Iterable[KubeObject]:
    own = (service["metadata"]["namespace"], service["metadata"]["name"])
    for each in api.store.of("services"):
        if (each["metadata"]["namespace"], each["metadata"]["name"]) != own:
            yield each


def _taken_addresses(api: ApiServer, service: Mapping[str, Any]) -> set[str]:
    return {dig(each, "spec", "clusterIP", default="") for each in _others(api, service)}


def _taken_ports(api: ApiServer, service: Mapping[str, Any]) -> set[tuple[int, str]]:
    taken = {
        (port["nodePort"], port.get("protocol", "TCP"))
        for each in _others(api, service)
        for port in dig(each, "spec", "ports", default=())
        if port.get("nodePort")
    }
    health = {dig(each, "spec", "healthCheckNodePort", default=0) for each in _others(api, service)}
    return taken | {(port, "TCP") for port in health if port}


def _cluster_ip(api: ApiServer, service: Mapping[str, Any]) -> str:
    network = IPv4Network(api.service_cidr)
    size = network.num_addresses - 2
    offset = min(max(16, size // 16), 256)
    taken = _taken_addresses(api, service)
    metadata = service["metadata"]
    start = keyed_int(api.seed, "cluster-ip", api.name, metadata["namespace"], metadata["name"], below=size - offset)
    for step in range(size):
        candidate = str(network[1 + offset + (start + step) % (size - offset)])
        if candidate not in taken:
            return candidate
    return ""


def _node_ports(
    api: ApiServer, service: Mapping[str, Any], ports: list[KubeObject], old: Mapping[str, Any] | None
) -> list[KubeObject]:
    taken = _taken_ports(api, service)
    before = {
        (each["port"], each.get("protocol", "TCP")): each["nodePort"]
        for each in dig(old, "spec", "ports", default=())
        if each.get("nodePort")
    }
    wanted = {port["nodePort"] for port in ports if port.get("nodePort")}
    taken |= {(port, protocol) for port in wanted for protocol in ("TCP", "UDP", "SCTP")}
    filled = []
    for port in ports:
        protocol = port.get("protocol", "TCP")
        number = port.get("nodePort") or before.get((port.get("port"), protocol))
        if not number:
            number = _free_port(api, taken, service, f"{port.get('port')}/{protocol}", protocol)
        taken.add((number, protocol))
        filled.append({**port, "nodePort": number})
    return filled


def _free_port(
    api: ApiServer, taken: set[tuple[int, str]], service: Mapping[str, Any], purpose: str, protocol: str = "TCP"
) -> int:
    first = FIRST_NODE_PORT + _STATIC_NODE_PORTS
    span = LAST_NODE_PORT + 1 - first
    metadata = service["metadata"]
    start = keyed_int(api.seed, "node-port", api.name, metadata["namespace"], metadata["name"], purpose, below=span)
    return next(
        (port for port in (first + (start + step) % span for step in range(span)) if (port, protocol) not in taken), 0
    )
