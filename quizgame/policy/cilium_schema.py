"""The schemas of CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and CiliumCIDRGroup.

Source: the custom resource definitions of cilium/cilium v1.19, pkg/k8s/apis/cilium.io/client/crds/v2.
"""

from __future__ import annotations

from typing import Final

from quizgame.policy.icmp_types import ICMPV4_TYPES, ICMPV6_TYPES
from quizgame.policy.schema import ANYTHING, BOOLEAN, Schema, array, integer, mapping, obj, string

ENTITIES: Final = (
    "all",
    "world",
    "cluster",
    "host",
    "init",
    "ingress",
    "unmanaged",
    "remote-node",
    "health",
    "none",
    "kube-apiserver",
)
PROTOCOLS: Final = ("TCP", "UDP", "SCTP", "VRRP", "IGMP", "ANY")
OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist")
MAX_PORTS: Final = 40

_LABEL_VALUE = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
_PORT = (
    r"^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
    r"|([a-zA-Z0-9]-?)*[a-zA-Z](-?[a-zA-Z0-9])*$"
)
_NAME = r"^([-a-zA-Z0-9_]+[.]?)+$"
_NAME_PATTERN = r"^([-a-zA-Z0-9_*]+[.]?)+$"
_ICMP_TYPE = (
    r"^([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]|"
    + "|".join(dict.fromkeys([*ICMPV4_TYPES, *ICMPV6_TYPES]))
    + r")$"
)

LABEL_SELECTOR: Final = obj(
    {
        "matchLabels": mapping(string(pattern=_LABEL_VALUE, max_length=63)),
        "matchExpressions": array(
            obj(
                {"key": string(), "operator": string(*OPERATORS), "values": array(string())},
                required=("key", "operator"),
                go_type="LabelSelectorRequirement",
            )
        ),
    },
    go_type="EndpointSelector",
)

_CIDR = string(format="cidr", go_type="api.CIDR")
_CIDR_RULE = obj(
    {
        "cidr": _CIDR,
        "cidrGroupRef": string(
            max_length=253, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
        "cidrGroupSelector": LABEL_SELECTOR,
        "except": array(_CIDR),
    },
    one_of=("cidr", "cidrGroupRef", "cidrGroupSelector"),
    go_type="CIDRRule",
)
_ENTITY = string(*ENTITIES, go_type="api.Entity")
_GROUP = obj(
    {
        "aws": obj(
            {
                "labels": mapping(string()),
                "region": string(),
                "securityGroupsIds": array(string()),
                "securityGroupsNames": array(string()),
            },
            go_type="AWSGroup",
        )
    },
    go_type="Groups",
)
_SERVICE = obj(
    {
        "k8sService": obj({"namespace": string(), "serviceName": string()}, go_type="K8sServiceNamespace"),
        "k8sServiceSelector": obj(
            {"namespace": string(), "selector": LABEL_SELECTOR},
            required=("selector",),
            go_type="K8sServiceSelectorNamespace",
        ),
    },
    go_type="Service",
)
_FQDN_FIELDS = {
    "matchName": string(pattern=_NAME, max_length=255),
    "matchPattern": string(pattern=_NAME_PATTERN, max_length=255),
}
_FQDN = obj(_FQDN_FIELDS, one_of=("matchName", "matchPattern"), go_type="FQDNSelector")
_AUTHENTICATION = obj(
    {"mode": string("disabled", "required", "test-always-fail", go_type="api.AuthenticationMode")},
    required=("mode",),
    go_type="Authentication",
)
_ICMP = obj(
    {
        "fields": array(
            obj(
                {
                    "family": string("IPv4", "IPv6"),
                    "type": Schema("string", pattern=_ICMP_TYPE, or_integer=True, go_type="intstr.IntOrString"),
                },
                required=("type",),
                go_type="ICMPField",
            ),
            max_items=MAX_PORTS,
        )
    },
    go_type="ICMPRule",
)
_PORT_PROTOCOL = obj(
    {
        "port": string(pattern=_PORT),
        "endPort": integer(0, 65535, go_type="int32"),
        "protocol": string(*PROTOCOLS, go_type="api.L4Proto"),
    },
    go_type="PortProtocol",
)
_SECRET = obj({"name": string(), "namespace": string()}, required=("name",), go_type="Secret")
_TLS = obj(
    {"certificate": string(), "privateKey": string(), "trustedCA": string(), "secret": _SECRET},
    required=("secret",),
    go_type="TLSContext",
)
_HEADER_MATCH = obj(
    {
        "mismatch": string("LOG", "ADD", "DELETE", "REPLACE", go_type="api.MismatchAction"),
        "name": string(),
        "secret": _SECRET,
        "value": string(),
    },
    required=("name",),
    go_type="HeaderMatch",
)
_HTTP_RULE = obj(
    {
        "headerMatches": array(_HEADER_MATCH),
        "headers": array(string()),
        "host": string(),
        "method": string(),
        "path": string(),
    },
    go_type="PortRuleHTTP",
)
_KAFKA_RULE = obj(
    {
        "apiKey": string(),
        "apiVersion": string(),
        "clientID": string(),
        "role": string("produce", "consume", go_type="kafka.KafkaRole"),
        "topic": string(max_length=255),
    },
    go_type="PortRule",
)
_L7_RULES = obj(
    {
        "http": array(_HTTP_RULE),
        "kafka": array(_KAFKA_RULE),
        "dns": array(obj(_FQDN_FIELDS, one_of=("matchName", "matchPattern"), go_type="PortRuleDNS")),
        "l7proto": string(),
        "l7": array(mapping(string())),
    },
    one_of=("http", "kafka", "dns", "l7proto"),
    go_type="L7Rules",
)
_LISTENER = obj(
    {
        "envoyConfig": obj(
            {"kind": string("CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"), "name": string()},
            required=("name",),
            go_type="EnvoyConfig",
        ),
        "name": string(),
        "priority": integer(1, 100, go_type="uint8"),
    },
    required=("envoyConfig", "name"),
    go_type="Listener",
)
_PORT_RULE = obj(
    {
        "ports": array(_PORT_PROTOCOL, max_items=MAX_PORTS),
        "rules": _L7_RULES,
        "listener": _LISTENER,
        "originatingTLS": _TLS,
        "terminatingTLS": _TLS,
        "serverNames": array(string()),
    },
    go_type="PortRule",
)
_PORT_DENY_RULE = obj({"ports": array(_PORT_PROTOCOL, max_items=MAX_PORTS)}, go_type="PortDenyRule")

_FROM = {
    "fromEndpoints": array(LABEL_SELECTOR),
    "fromRequires": array(string(), max_items=0),
    "fromCIDR": array(_CIDR),
    "fromCIDRSet": array(_CIDR_RULE),
    "fromEntities": array(_ENTITY),
    "fromGroups": array(_GROUP),
    "fromNodes": array(LABEL_SELECTOR),
}
_TO = {
    "toEndpoints": array(LABEL_SELECTOR),
    "toRequires": array(string(), max_items=0),
    "toCIDR": array(_CIDR),
    "toCIDRSet": array(_CIDR_RULE),
    "toEntities": array(_ENTITY),
    "toServices": array(_SERVICE),
    "toGroups": array(_GROUP),
    "toNodes": array(LABEL_SELECTOR),
}
_ALLOW = {"toPorts": array(_PORT_RULE), "icmps": array(_ICMP), "authentication": _AUTHENTICATION}
_DENY = {"toPorts": array(_PORT_DENY_RULE), "icmps": array(_ICMP)}
_IN_FROM = dict.fromkeys(_FROM, "IngressCommonRule")
_IN_TO = dict.fromkeys(_TO, "EgressCommonRule")

_SPEC = obj(
    {
        "description": string(),
        "enableDefaultDeny": obj({"ingress": BOOLEAN, "egress": BOOLEAN}, go_type="DefaultDenyConfig"),
        "endpointSelector": LABEL_SELECTOR,
        "nodeSelector": LABEL_SELECTOR,
        "ingress": array(obj(_FROM | _ALLOW, go_type="IngressRule", embedded=_IN_FROM)),
        "ingressDeny": array(obj(_FROM | _DENY, go_type="IngressDenyRule", embedded=_IN_FROM)),
        "egress": array(obj(_TO | _ALLOW | {"toFQDNs": array(_FQDN)}, go_type="EgressRule", embedded=_IN_TO)),
        "egressDeny": array(obj(_TO | _DENY, go_type="EgressDenyRule", embedded=_IN_TO)),
        "labels": array(
            obj({"key": string(), "source": string(), "value": string()}, required=("key",), go_type="Label")
        ),
        "log": obj({"value": string()}, go_type="LogConfig"),
    },
    any_of=("ingress", "ingressDeny", "egress", "egressDeny"),
    one_of=("endpointSelector", "nodeSelector"),
    go_type="Rule",
)

_TOP = {"apiVersion": string(), "kind": string(), "metadata": ANYTHING}

CILIUM_POLICY: Final = obj(
    {**_TOP, "spec": _SPEC, "specs": array(_SPEC), "status": ANYTHING},
    required=("metadata",),
    go_type="CiliumNetworkPolicy",
)
CIDR_GROUP: Final = obj(
    {
        **_TOP,
        "spec": obj({"externalCIDRs": array(_CIDR)}, required=("externalCIDRs",), go_type="CiliumCIDRGroupSpec"),
    },
    required=("spec",),
    go_type="CiliumCIDRGroup",
)
