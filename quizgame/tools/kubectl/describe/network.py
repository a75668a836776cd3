"""Describing services, endpoints, network policies and ingresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quizgame.cluster.labelselect import format_selector
from quizgame.cluster.objects import KubeObject, dig, labels_of
from quizgame.goflags.times import format_time
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.ages import instant_ns
from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.writer import NONE, UNSET, Page
from quizgame.tools.kubectl.formats.tree import Path
from quizgame.tools.kubectl.shown import service_of_slice, value_facts
from quizgame.tools.kubectl.tables.column import comma_map, first_few
from quizgame.tools.kubectl.tables.network import ingress_addresses

# Source for this file: kubectl pkg/describe/describe.go describeService, describeEndpointSliceV1,
# describeNetworkPolicy, describeIngressV1.


def describe_service(page: Page) -> None:
    """Write a service's page."""
    spec = page.node.get("spec") or {}
    page.head()
    page.marks()
    page.write(0, f"Selector:\t{comma_map(spec.get('selector'))}")
    page.field(0, "Type", spec.get("type", ""), ("spec", "type"))
    if spec.get("ipFamilyPolicy"):
        page.write(0, f"IP Family Policy:\t{spec['ipFamilyPolicy']}")
    page.write(0, f"IP Families:\t{','.join(spec.get('ipFamilies') or ()) or NONE}")
    page.field(0, "IP", spec.get("clusterIP", ""), ("spec", "clusterIP"))
    page.write(0, f"IPs:\t{','.join(spec.get('clusterIPs') or ()) or NONE}")
    if spec.get("externalIPs"):
        page.write(0, f"External IPs:\t{','.join(spec['externalIPs'])}")
    if spec.get("loadBalancerIP"):
        page.write(0, f"Desired LoadBalancer IP:\t{spec['loadBalancerIP']}")
    if spec.get("externalName"):
        page.field(0, "External Name", spec["externalName"], ("spec", "externalName"))
    ingress = dig(page.node, "status", "loadBalancer", "ingress", default=[])
    if ingress:
        shown = ", ".join(_with_mode(each) for each in ingress)
        page.field(
            0, "LoadBalancer Ingress", shown, ("status", "loadBalancer", "ingress", 0, "ip"), ingress[0].get("ip", "")
        )
    slices = slices_of(page)
    for place, port in enumerate(spec.get("ports") or ()):
        _port(page, port, slices, ("spec", "ports", place))
    page.write(0, f"Session Affinity:\t{spec.get('sessionAffinity', 'None')}")
    for key, title in (
        ("externalTrafficPolicy", "External Traffic Policy"),
        ("internalTrafficPolicy", "Internal Traffic Policy"),
    ):
        if spec.get(key):
            page.field(0, title, spec[key], ("spec", key))
    if spec.get("healthCheckNodePort"):
        page.write(0, f"HealthCheck NodePort:\t{spec['healthCheckNodePort']}")
    if spec.get("loadBalancerSourceRanges"):
        page.write(0, f"LoadBalancer Source Ranges:\t{','.join(spec['loadBalancerSourceRanges'])}")
    write_events(page)


def _with_mode(each: Mapping[str, Any]) -> str:
    address = each.get("ip") or each.get("hostname") or ""
    return f"{address} ({each['ipMode']})" if each.get("ipMode") else str(address)


def slices_of(page: Page) -> list[KubeObject]:
    """The EndpointSlices of the page's service."""
    metadata = page.node["metadata"]
    found = page.view.api.list("endpointslices", metadata["namespace"])
    return [each for each in found if labels_of(each).get("kubernetes.io/service-name") == metadata["name"]]


def _port(page: Page, port: Mapping[str, Any], slices: Sequence[Mapping[str, Any]], path: Path) -> None:
    name, protocol = port.get("name") or UNSET, port.get("protocol", "TCP")
    page.write(
        0, f"Port:\t{name}\t{port['port']}/{protocol}", value_facts(page.view, page.node, (*path, "port"), port["port"])
    )
    target = port.get("targetPort", port["port"])
    page.field(0, "TargetPort", f"{target}/{protocol}", (*path, "targetPort"), target)
    if port.get("nodePort"):
        page.write(0, f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    targets = targets_of(slices, port.get("name", ""))
    facts = _backend_facts(page, targets)
    page.write(0, f"Endpoints:\t{first_few(targets, '' if slices else NONE)}", facts)


def targets_of(slices: Sequence[Mapping[str, Any]], port_name: str) -> list[str]:
    """``ip:port`` of the ready endpoints behind a port of a service, in the order of its slices."""
    found = []
    for each in slices:
        for port in each.get("ports") or ():
            if (port.get("name") or "") != port_name:
                continue
            for endpoint in each.get("endpoints") or ():
                if dig(endpoint, "conditions", "ready", default=True):
                    found += [f"{address}:{port.get('port')}" for address in endpoint.get("addresses") or ()]
    return found


def _backend_facts(page: Page, targets: Sequence[str]) -> list[Fact]:
    metadata = page.node["metadata"]
    service = f"{metadata.get('namespace')}/{metadata['name']}"
    backends = [target.rpartition(":")[0] for target in targets[:3]] or ["none"]
    witnesses: list[tuple[str, ...]] = [(each,) for each in backends] if targets else [()]
    return [
        fact("service", witnesses=seen, cluster=page.view.context, service=service, backend=each)
        for each, seen in zip(backends, witnesses, strict=True)
    ]


def describe_endpointslice(page: Page) -> None:
    """Write an EndpointSlice's page."""
    node = page.node
    page.head()
    page.marks()
    page.write(0, f"AddressType:\t{node.get('addressType', '')}")
    ports = node.get("ports") or ()
    page.write(0, "Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------" if ports else f"Ports: {UNSET}")
    for port in ports:
        page.write(1, f"{port.get('name') or UNSET}\t{port.get('port', UNSET)}\t{port.get('protocol', UNSET)}")
    endpoints = node.get("endpoints") or ()
    page.write(0, "Endpoints:" if endpoints else f"Endpoints: {NONE}")
    for place, endpoint in enumerate(endpoints):
        addresses = ",".join(endpoint.get("addresses") or ())
        seen = (addresses,)
        backend = fact(
            "service", witnesses=seen, cluster=page.view.context, service=service_of_slice(node), backend=addresses
        )
        page.write(1, f"- Addresses:\t{addresses}", [backend])
        ready = dig(endpoint, "conditions", "ready")
        path: Path = ("endpoints", place, "conditions", "ready")
        shown = UNSET if ready is None else str(bool(ready)).lower()
        page.write(2, "Conditions:")
        page.field(3, "Ready", shown, path)
        page.write(2, f"Hostname:\t{endpoint.get('hostname') or UNSET}")
        reference = endpoint.get("targetRef")
        if reference:
            page.write(2, f"TargetRef:\t{reference['kind']}/{reference['name']}")
        page.write(2, f"NodeName:\t{endpoint.get('nodeName') or UNSET}")
        page.write(2, f"Zone:\t{endpoint.get('zone') or UNSET}")
    write_events(page)


def describe_endpoints(page: Page) -> None:
    """Write an Endpoints object's page."""
    page.head()
    page.marks()
    page.write(0, "Subsets:")
    for subset in page.node.get("subsets") or ():
        for key, title in (("addresses", "Addresses"), ("notReadyAddresses", "NotReadyAddresses")):
            page.write(1, f"{title}:\t{','.join(each['ip'] for each in subset.get(key) or ()) or NONE}")
        ports = subset.get("ports") or ()
        if ports:
            page.write(1, "Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------")
        for port in ports:
            page.write(2, f"{port.get('name') or UNSET}\t{port['port']}\t{port.get('protocol', 'TCP')}")
        page.write(0, "")
    write_events(page)


# ---------------------------------------------------------------- network policies


def describe_networkpolicy(page: Page) -> None:
    """Write a network policy's page."""
    node = page.node
    spec = node.get("spec") or {}
    created = node["metadata"].get("creationTimestamp")
    page.head()
    shown = format_time(instant_ns(created), "2006-01-02 15:04:05 -0700 MST") if created else UNSET
    page.write(0, f"Created on:\t{shown}")
    page.marks()
    page.write(0, "Spec:")
    selector = format_selector(spec.get("podSelector"))
    everything = " (Allowing the specific traffic to all pods in this namespace)"
    text = f"{selector}{everything if selector == NONE else ''}"
    facts = value_facts(page.view, node, ("spec", "podSelector"), spec.get("podSelector") or {})
    page.write(1, f"PodSelector:     {text}", facts)
    types = spec.get("policyTypes") or []
    for direction, key, peer in (("Ingress", "ingress", "From"), ("Egress", "egress", "To")):
        word = direction.lower()
        if direction not in types:
            page.write(1, f"Not affecting {word} traffic")
            continue
        page.write(1, f"Allowing {word} traffic:")
        rules = spec.get(key) or ()
        if not rules:
            isolated = "<none> (Selected pods are isolated for ingress connectivity)"
            page.write(2, isolated if word == "ingress" else isolated.replace("ingress", "egress"))
        for place, rule in enumerate(rules):
            _rule(page, rule, peer, ("spec", key, place))
            if place < len(rules) - 1:
                page.write(2, "----------")
    page.write(1, f"Policy Types: {', '.join(types)}")


def _rule(page: Page, rule: Mapping[str, Any], peer: str, path: Path) -> None:
    ports = rule.get("ports") or ()
    if not ports:
        page.write(2, "To Port: <any> (traffic allowed to all ports)")
    for place, port in enumerate(ports):
        protocol = port.get("protocol", "TCP")
        number = port.get("port", "<any>")
        facts = value_facts(page.view, page.node, (*path, "ports", place), port)
        last = f"-{port['endPort']}" if port.get("endPort") else ""
        page.write(2, f"To Port: {number}{last}/{protocol}", facts)
    key = peer.lower()
    peers = rule.get(key) or ()
    if not peers:
        page.write(2, f"{peer}: <any> (traffic not restricted by {'source' if peer == 'From' else 'destination'})")
    for place, each in enumerate(peers):
        page.write(2, f"{peer}:")
        here = (*path, key, place)
        for name, title in (("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")):
            if name in each:
                facts = value_facts(page.view, page.node, (*here, name), each[name] or {})
                page.write(3, f"{title}: {format_selector(each[name])}", facts)
        block = each.get("ipBlock")
        if block:
            page.write(3, "IPBlock:")
            page.write(
                4,
                f"CIDR: {block['cidr']}",
                value_facts(page.view, page.node, (*here, "ipBlock", "cidr"), block["cidr"]),
            )
            page.write(4, f"Except: {', '.join(block.get('except') or ())}")


# ---------------------------------------------------------------- ingresses


def describe_ingress(page: Page) -> None:
    """Write an ingress's page."""
    node = page.node
    spec = node.get("spec") or {}
    page.head(with_namespace=False)
    page.labels("Labels", node["metadata"].get("labels"), ("metadata", "labels"))
    page.write(0, f"Namespace:\t{node['metadata']['namespace']}")
    page.write(0, f"Address:\t{','.join(ingress_addresses(node))}")
    page.field(0, "Ingress Class", spec.get("ingressClassName") or NONE, ("spec", "ingressClassName"))
    backend = spec.get("defaultBackend")
    page.write(0, f"Default backend:\t{_backend(page, backend) if backend else '<default>'}")
    if spec.get("tls"):
        page.write(0, "TLS:")
        for each in spec["tls"]:
            page.write(1, f"{each.get('secretName', '')} terminates {','.join(each.get('hosts') or ())}")
    page.write(0, "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------")
    for rule in spec.get("rules") or ():
        page.write(1, f"{rule.get('host') or '*'}\t")
        for path in dig(rule, "http", "paths", default=[]):
            page.write(1, f"\t{path.get('path', '')} \t{_backend(page, path['backend'])}")
    page.annotations("Annotations", node["metadata"].get("annotations"))
    write_events(page)


def _backend(page: Page, backend: Mapping[str, Any]) -> str:
    service = backend.get("service") or {}
    name = service.get("name", "")
    port = dig(service, "port", "number") or dig(service, "port", "name", default="")
    namespace = page.node["metadata"]["namespace"]
    found = page.view.api.find("services", name, namespace)
    if found is None:
        return f'{name}:{port} (<error: services "{name}" not found>)'
    slices = [
        each
        for each in page.view.api.list("endpointslices", namespace)
        if labels_of(each).get("kubernetes.io/service-name") == name
    ]
    port_name = next(
        (
            each.get("name", "")
            for each in dig(found, "spec", "ports", default=[])
            if port in (each["port"], each.get("name"))
        ),
        "",
    )
    return f"{name}:{port} ({first_few(targets_of(slices, port_name), '')})"


def describe_ingressclass(page: Page) -> None:
    """Write an ingress class's page."""
    node = page.node
    page.head(with_namespace=False)
    page.marks()
    page.write(0, f"Controller:\t{dig(node, 'spec', 'controller', default='')}")
    parameters = dig(node, "spec", "parameters")
    if parameters:
        page.write(0, "Parameters:")
        for key, title in (("apiGroup", "APIGroup"), ("kind", "Kind"), ("name", "Name")):
            if parameters.get(key):
                page.write(1, f"{title}:\t{parameters[key]}")
    write_events(page)
