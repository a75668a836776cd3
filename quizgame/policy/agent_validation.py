"""What the agent refuses although the API server accepted it, in the agent's words.

The checks come in the agent's order, since only the first complaint is told.

Source: cilium/cilium v1.19 pkg/policy/api/rule_validation.go and pkg/k8s/apis/cilium.io/v2 (Parse).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from quizgame.policy.cilium_schema import CILIUM_POLICY, ENTITIES, MAX_PORTS, OPERATORS
from quizgame.policy.go_errors import parse_cidr_error, parse_prefix_error, parse_uint_error, regexp_error
from quizgame.policy.icmp_types import icmp_type
from quizgame.policy.model import Protocol
from quizgame.policy.parsing import CCNP, CNP
from quizgame.policy.ports import is_port_name, parse_go_uint, parse_protocol
from quizgame.policy.schema import decoded, decoding_error

_SECTIONS: Final = ("ingress", "ingressDeny", "egress", "egressDeny")
_L3_MEMBERS: Final = {
    "ingress": ("FromEndpoints", "FromCIDR", "FromCIDRSet", "FromEntities", "FromNodes", "FromGroups"),
    "egress": (
        "ToCIDR",
        "ToCIDRSet",
        "ToEndpoints",
        "ToEntities",
        "ToServices",
        "ToFQDNs",
        "ToGroups",
        "ToNodes",
    ),
}
_NAME_CHARACTERS: Final = re.compile(r"[-a-zA-Z0-9_.]+")
_PATTERN_CHARACTERS: Final = re.compile(r"[-a-zA-Z0-9_.*]+")


class _Refused(Exception):
    """Carries the agent's complaint."""


def agent_refusal(manifest: Mapping[str, Any], *, node_selectors: bool = False) -> str | None:
    """Return why the agent refuses a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy; ``None`` if it does not.

    Args:
        manifest: The object.
        node_selectors: Whether ``enable-node-selector-labels`` is set.
    """
    error = decoding_error(manifest, CILIUM_POLICY)
    if error is not None:
        return error
    manifest = decoded(manifest, CILIUM_POLICY)
    if error := _icmp_name_error(manifest):
        return error
    kind = CCNP if manifest.get("kind") == CCNP else CNP
    if manifest.get("spec") is None and manifest.get("specs") is None:
        return f"Invalid {kind} spec(s): empty policy"
    specs = [("spec", manifest["spec"])] if manifest.get("spec") is not None else []
    specs.extend(("specs", spec) for spec in manifest.get("specs") or ())
    for place, spec in specs:
        try:
            _check_rule(spec or {}, node_selectors=node_selectors)
            if kind == CNP and spec.get("nodeSelector") is not None:
                raise _Refused("rule cannot have NodeSelector")
        except _Refused as refusal:
            return f"Invalid {kind} {place}: {refusal}"
    return None


def _check_rule(spec: Mapping[str, Any], *, node_selectors: bool) -> None:
    endpoints, nodes = spec.get("endpointSelector"), spec.get("nodeSelector")
    if endpoints is None and nodes is None:
        raise _Refused("rule must have one of EndpointSelector or NodeSelector")
    if endpoints is not None and nodes is not None:
        raise _Refused("rule cannot have both EndpointSelector and NodeSelector")
    if not any(spec.get(section) for section in _SECTIONS):
        raise _Refused("rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny")
    _check_selector(endpoints if endpoints is not None else nodes)
    for section in _SECTIONS:
        for item in spec.get(section) or ():
            is_ingress, is_host = section.startswith("ingress"), nodes is not None
            _check_item(item or {}, is_ingress=is_ingress, is_host=is_host, node_selectors=node_selectors)


def _check_selector(selector: Any) -> None:
    problems = []
    for index, item in enumerate((selector or {}).get("matchExpressions") or ()):
        operator, values = (item or {}).get("operator"), (item or {}).get("values") or ()
        place = f"matchExpressions[{index}]"
        if operator not in OPERATORS:
            problems.append(f'{place}.operator: Invalid value: "{operator or ""}": not a valid selector operator')
        elif operator in ("In", "NotIn") and not values:
            problems.append(f"{place}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and values:
            problems.append(
                f"{place}.values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            )
    if problems:
        shown = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise _Refused(f"invalid label selector: {shown}")


def _check_item(item: Mapping[str, Any], *, is_ingress: bool, is_host: bool, node_selectors: bool) -> None:
    members = _L3_MEMBERS["ingress" if is_ingress else "egress"]
    given = [member for member in members if item.get(_field(member))]
    if len(given) > 1:
        raise _Refused(f"combining {given[0]} and {given[1]} is not supported yet")
    _check_peers(item, members, node_selectors=node_selectors)
    ports = [entry or {} for entry in item.get("toPorts") or ()]
    _check_l7_support(ports, is_ingress=is_ingress, is_host=is_host)
    if item.get("icmps") and ports:
        raise _Refused("the ICMPs block may only be present without ToPorts. Define a separate rule to use ToPorts")
    for entry in ports:
        _check_port_rule(entry, is_ingress=is_ingress)
    for entry in item.get("icmps") or ():
        _check_icmp((entry or {}).get("fields") or ())


def _check_l7_support(ports: Iterable[Mapping[str, Any]], *, is_ingress: bool, is_host: bool) -> None:
    where = f"{'host ' if is_host else ''}{'ingress' if is_ingress else 'egress'}"
    for entry in ports:
        rules = entry.get("rules") or {}
        if is_host and is_ingress and _has_rules(entry):
            raise _Refused("L7 policy is not supported on host ingress yet")
        for kind, name in (("dns", "DNS"), ("kafka", "Kafka"), ("http", "HTTP")):
            if rules.get(kind) and (is_ingress if kind == "dns" else is_host):
                raise _Refused(f"L7 protocol {name} is not supported on {where} yet")


def _field(member: str) -> str:
    return member[0].lower() + member[1:]


def _check_peers(item: Mapping[str, Any], members: Iterable[str], *, node_selectors: bool) -> None:
    for member in members:
        values = item.get(_field(member)) or ()
        for value in values:
            match member.removeprefix("From").removeprefix("To"):
                case "Nodes" if not node_selectors:
                    raise _Refused(
                        'FromNodes/ToNodes rules can only be applied when the "enable-node-selector-labels" flag is set'
                    )
                case "Endpoints" | "Nodes":
                    _check_selector(value)
                case "CIDR":
                    if error := parse_cidr_error(str(value)):
                        raise _Refused(error)
                case "CIDRSet":
                    _check_cidr_rule(value or {})
                case "Entities":
                    if value not in ENTITIES:
                        raise _Refused(f"unsupported entity: {value}")
                case "FQDNs":
                    _check_fqdn(value or {}, "FQDNSelector")


def _check_cidr_rule(rule: Mapping[str, Any]) -> None:
    given = [name for name in ("cidr", "cidrGroupRef") if rule.get(name)]
    if rule.get("cidrGroupSelector") is not None:
        given.append("cidrGroupSelector")
        _check_selector(rule["cidrGroupSelector"])
    if len(given) > 1:
        raise _Refused("more than one of cidr, cidrGroupRef, or cidrGroupSelector may not be set")
    if not given:
        raise _Refused("one of cidr, cidrGroupRef, or cidrGroupSelector is required")
    cidr = rule.get("cidr")
    if not cidr:
        return
    if error := parse_prefix_error(cidr):
        raise _Refused(f'unable to parse CIDRRule "{cidr}": {error}')
    for hole in rule.get("except") or ():
        if error := parse_prefix_error(hole):
            raise _Refused(error)
        if not _contains(cidr, hole):
            raise _Refused(f"allow CIDR prefix {cidr} does not contain exclude CIDR prefix {hole}")


def _contains(outer: str, inner: str) -> bool:
    around, within = ip_network(outer, strict=False), ip_network(inner, strict=False)
    return around.version == within.version and within.network_address in around


def _check_fqdn(selector: Mapping[str, Any], what: str) -> None:
    name, pattern = selector.get("matchName") or "", selector.get("matchPattern") or ""
    if name and pattern:
        raise _Refused(f"only one of MatchName or MatchPattern is allowed in an {what}")
    if name and _NAME_CHARACTERS.fullmatch(name) is None:
        raise _Refused(
            f'Invalid characters in MatchName: "{name}". Only 0-9, a-z, A-Z and . and - characters are allowed'
        )
    if pattern and _PATTERN_CHARACTERS.fullmatch(pattern) is None:
        raise _Refused(
            f'Invalid characters in MatchPattern: "{pattern}". Only 0-9, a-z, A-Z and ., - and * characters are allowed'
        )


def _has_rules(entry: Mapping[str, Any]) -> bool:
    rules = entry.get("rules") or {}
    return any(rules.get(kind) for kind in ("http", "kafka", "dns", "l7proto", "l7"))


def _check_port_rule(entry: Mapping[str, Any], *, is_ingress: bool) -> None:
    rules = entry.get("rules") or {}
    ports: Sequence[Mapping[str, Any]] = [port or {} for port in entry.get("ports") or ()]
    if entry.get("serverNames") and _has_rules(entry) and not entry.get("terminatingTLS"):
        raise _Refused("ServerNames are not allowed with L7 rules without TLS termination")
    if any(name == "" for name in entry.get("serverNames") or ()):
        raise _Refused("empty server name is not allowed")
    if len(ports) > MAX_PORTS:
        raise _Refused(f"too many ports, the max is {MAX_PORTS}")
    has_dns = bool(rules.get("dns"))
    has_zero = False
    for port in ports:
        has_zero |= _check_port(port, has_dns=has_dns)
        protocol = parse_protocol(port.get("protocol"))
        if _has_rules(entry) and not has_dns and protocol is not None and protocol.name != "TCP":
            raise _Refused(f"L7 rules can only apply to TCP (not {protocol.name}) except for DNS rules")
    if listener := entry.get("listener"):
        name = listener.get("name", "")
        if is_ingress:
            raise _Refused(f"Listener is not allowed on ingress ({name})")
        if _has_rules(entry):
            raise _Refused(f"Listener is not allowed with L7 rules ({name})")
    if _has_rules(entry):
        if has_zero:
            raise _Refused("L7 rules can not be used when a port is 0")
        _check_l7(rules, ports)


def _check_port(port: Mapping[str, Any], *, has_dns: bool) -> bool:
    """Check one port; say whether it is port 0."""
    text = str(port.get("port") or "")
    number: int | None = 0
    protocol = parse_protocol(port.get("protocol"))
    if not text:
        raise _Refused("port must be specified")
    if not is_port_name(text):
        if text != "0" and protocol in (Protocol.VRRP, Protocol.IGMP):
            raise _Refused("port must be empty or 0")
        if error := parse_uint_error(text):
            raise _Refused(f"unable to parse port: {error}")
        number = parse_go_uint(text)
        if has_dns and int(port.get("endPort") or 0) > (number or 0):
            raise _Refused("DNS rules do not support port ranges")
    if protocol is None:
        raise _Refused(f'invalid protocol "{port.get("protocol")}", must be {{ tcp | udp | sctp | vrrp | igmp | any }}')
    return not is_port_name(text) and number == 0


def _check_l7(rules: Mapping[str, Any], ports: Sequence[Mapping[str, Any]]) -> None:
    for rule in rules.get("http") or ():
        for name in ("path", "method", "host"):
            pattern = (rule or {}).get(name)
            if pattern and (error := regexp_error(str(pattern))):
                raise _Refused(error)
    if rules.get("dns"):
        if not ports:
            raise _Refused("port 53 must be specified for DNS rules")
        for rule in rules["dns"]:
            _check_fqdn(rule or {}, "FQDNSelector")
    if rules.get("l7") and not rules.get("l7proto"):
        raise _Refused("'l7' may only be specified when a 'l7proto' is also specified")
    if sum(bool(rules.get(kind)) for kind in ("http", "kafka", "dns", "l7proto")) > 1:
        raise _Refused("multiple L7 protocol rule types specified in single rule")


def _check_icmp(fields: Iterable[Mapping[str, Any]]) -> None:
    listed = [each or {} for each in fields]
    if len(listed) > MAX_PORTS:
        raise _Refused(f"too many types, the max is {MAX_PORTS}")
    for each in listed:
        family = each.get("family") or "IPv4"
        if family not in ("IPv4", "IPv6"):
            raise _Refused(f"wrong family: {family}")


def _icmp_name_error(manifest: Mapping[str, Any]) -> str | None:
    """Return what decoding says of an ICMP type that its family does not have.

    Source: cilium/cilium v1.19 pkg/policy/api/icmp.go UnmarshalJSON.
    """
    for spec in (manifest.get("spec"), *(manifest.get("specs") or ())):
        for section in _SECTIONS:
            for item in (spec or {}).get(section) or ():
                for entry in (item or {}).get("icmps") or ():
                    for each in filter(None, (entry or {}).get("fields") or ()):
                        family = each.get("family") or "IPv4"
                        if icmp_type(each.get("type", 0), ipv6=family == "IPv6") is None:
                            return f"ICMP type {each.get('type')} not found in {family}"
    return None
