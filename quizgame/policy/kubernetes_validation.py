"""What the API server refuses of a Kubernetes NetworkPolicy.

Source: k8s.io/kubernetes pkg/apis/networking/validation (1.35).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

from quizgame.policy.cilium_schema import OPERATORS
from quizgame.policy.schema import ANYTHING, Schema, array, integer, is_cidr, mapping, obj, string

_SELECTOR = obj(
    {
        "matchLabels": mapping(string()),
        "matchExpressions": array(
            obj(
                {"key": string(), "operator": string(), "values": array(string())},
                go_type="LabelSelectorRequirement",
            )
        ),
    },
    go_type="LabelSelector",
)
_PEER = obj(
    {
        "podSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "ipBlock": obj({"cidr": string(), "except": array(string())}, go_type="IPBlock"),
    },
    go_type="NetworkPolicyPeer",
)
_PORT = obj(
    {
        "protocol": string(),
        "port": Schema("string", or_integer=True, go_type="intstr.IntOrString"),
        "endPort": integer(go_type="int32"),
    },
    go_type="NetworkPolicyPort",
)
NETWORK_POLICY: Final = obj(
    {
        "apiVersion": string(),
        "kind": string(),
        "metadata": ANYTHING,
        "status": ANYTHING,
        "spec": obj(
            {
                "podSelector": _SELECTOR,
                "ingress": array(
                    obj({"from": array(_PEER), "ports": array(_PORT)}, go_type="NetworkPolicyIngressRule")
                ),
                "egress": array(obj({"to": array(_PEER), "ports": array(_PORT)}, go_type="NetworkPolicyEgressRule")),
                "policyTypes": array(string()),
            },
            go_type="NetworkPolicySpec",
        ),
    },
    go_type="NetworkPolicy",
)

_PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_POLICY_TYPES: Final = ("Egress", "Ingress")
_MAX_PORT: Final = 65535


def network_policy_violations(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the API server says against a NetworkPolicy whose fields have the right types."""
    spec = manifest.get("spec") or {}
    yield from _selector(spec.get("podSelector"), "spec.podSelector")
    for section, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(section) or ()):
            path = f"spec.{section}[{index}]"
            for at, port in enumerate((rule or {}).get("ports") or ()):
                yield from _port(port or {}, f"{path}.ports[{at}]")
            for at, peer in enumerate((rule or {}).get(peers) or ()):
                yield from _peer(peer or {}, f"{path}.{peers}[{at}]")
    types = [each or "" for each in spec.get("policyTypes") or ()]
    if len(types) > len(_POLICY_TYPES):
        shown = ",".join(f'"{each}"' for each in types)
        yield f"spec.policyTypes: Invalid value: [{shown}]: may not specify more than two policyTypes"
        return
    for index, each in enumerate(types):
        if each not in _POLICY_TYPES:
            yield _unsupported(f"spec.policyTypes[{index}]", each, _POLICY_TYPES)


def _unsupported(path: str, value: Any, supported: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{each}"' for each in supported)
    return f'{path}: Unsupported value: "{value}": supported values: {listed}'


def _selector(selector: Any, path: str) -> Iterator[str]:
    for index, item in enumerate((selector or {}).get("matchExpressions") or ()):
        operator, values = (item or {}).get("operator") or "", (item or {}).get("values") or ()
        place = f"{path}.matchExpressions[{index}]"
        if operator in ("In", "NotIn") and not values:
            yield f"{place}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"
        elif operator in ("Exists", "DoesNotExist") and values:
            yield f"{place}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        elif operator not in OPERATORS:
            yield f'{place}.operator: Invalid value: "{operator}": not a valid selector operator'


def _port(port: Mapping[str, Any], path: str) -> Iterator[str]:
    protocol = port.get("protocol") or "TCP"
    if protocol not in _PROTOCOLS:
        yield _unsupported(f"{path}.protocol", protocol, _PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if isinstance(number, int):
        if not 0 < number <= _MAX_PORT:
            yield f"{path}.port: Invalid value: {number}: must be between 1 and 65535, inclusive"
        if end is not None and end < number:
            yield f"{path}.endPort: Invalid value: {end}: must be greater than or equal to `port`"
        if end is not None and not 0 < end <= _MAX_PORT:
            yield f"{path}.endPort: Invalid value: {end}: must be between 1 and 65535, inclusive"
    elif number is not None:
        if end is not None:
            yield f"{path}.endPort: Invalid value: {end}: may not be specified when `port` is non-numeric"
        for problem in _port_name_problems(str(number)):
            yield f'{path}.port: Invalid value: "{number}": {problem}'
    elif end is not None:
        yield f"{path}.endPort: Invalid value: {end}: may not be specified when `port` is not specified"


def _port_name_problems(name: str) -> Iterator[str]:
    """Yield what is wrong with a port name.

    Source: k8s.io/apimachinery pkg/util/validation IsValidPortName.
    """
    if len(name) > 15:
        yield "must be no more than 15 characters"
    if re.fullmatch(r"[-a-z0-9]+", name) is None:
        yield "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if re.search(r"[a-z]", name) is None:
        yield "must contain at least one letter (a-z)"
    if "--" in name:
        yield "must not contain consecutive hyphens"
    if name.startswith("-") or name.endswith("-"):
        yield "must not begin or end with a hyphen"


def _peer(peer: Mapping[str, Any], path: str) -> Iterator[str]:
    given = [name for name in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(name) is not None]
    for name in given:
        if name == "ipBlock":
            yield from _ip_block(peer["ipBlock"], f"{path}.ipBlock")
        else:
            yield from _selector(peer[name], f"{path}.{name}")
    if not given:
        yield f"{path}: Required value: must specify a peer"
    elif len(given) > 1 and "ipBlock" in given:
        yield f"{path}: Forbidden: may not specify both ipBlock and another peer"


def _ip_block(block: Mapping[str, Any], path: str) -> Iterator[str]:
    cidr = block.get("cidr") or ""
    if not cidr:
        yield f"{path}.cidr: Required value"
        return
    not_a_cidr = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
    if not is_cidr(cidr):
        yield f'{path}.cidr: Invalid value: "{cidr}": {not_a_cidr}'
        return
    around = ip_network(cidr, strict=False)
    for index, hole in enumerate(each or "" for each in block.get("except") or ()):
        place = f'{path}.except[{index}]: Invalid value: "{hole}"'
        if not is_cidr(hole):
            yield f"{place}: {not_a_cidr}"
            continue
        within = ip_network(hole, strict=False)
        is_inside = within.version == around.version and within.network_address in around
        if not is_inside or around.prefixlen >= within.prefixlen:
            yield f"{place}: must be a strict subset of `cidr`"
