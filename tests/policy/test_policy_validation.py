"""Who refuses a policy, and the exact words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.policy.validation import validate_layer1, validate_layer2, without_unknown_fields
from quizgame.yamlsource.loader import load_document, read_documents
from quizgame.yamlsource.scalars import Dialect

GOLDEN = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "golden" / "policy-semantics"
RESULTS = json.loads((GOLDEN / "results.json").read_text()) if GOLDEN.is_dir() else []


def manifest(spec: str, kind: str = "CiliumNetworkPolicy") -> dict[str, Any]:
    text = f"{{kind: {kind}, metadata: {{name: p}}, spec: {spec}}}"
    data: dict[str, Any] = load_document(text, "p", dialect=Dialect.KUBERNETES).data
    return data


def rule(rules: str) -> dict[str, Any]:
    return manifest(f"{{endpointSelector: {{}}, {rules}}}")


@pytest.mark.skipif(not RESULTS, reason="the recorded answers of a real API server are not at hand")
@pytest.mark.parametrize("recorded", RESULTS, ids=lambda recorded: recorded["file"])
def test_who_refuses_and_the_agents_words_are_those_of_a_real_cluster(recorded: dict[str, Any]) -> None:
    data = read_documents(GOLDEN / recorded["file"], dialect=Dialect.KUBERNETES)[0].data
    refusal = validate_layer1(data)
    assert (refusal is None) is (recorded["apiserver_exit"] == 0)
    if refusal is None:
        assert validate_layer2(data) == recorded["cilium_error"]
    elif refusal.causes:
        assert recorded["cilium_error"] in (None, validate_layer2(data))


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        # Source of the texts: reference/kubectl.md, section 7, and the recorded outputs behind it.
        (
            "{endpointSelector: {}, egress: [{toEntities: [dns]}]}",
            'spec.egress[0].toEntities[0]: Unsupported value: "dns": supported values: "all", "world", "cluster", '
            '"host", "init", "ingress", "unmanaged", "remote-node", "health", "none", "kube-apiserver"',
        ),
        (
            "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: 80}]}]}]}",
            'spec.ingress[0].toPorts[0].ports[0].port: Invalid value: "integer": '
            'spec.ingress[0].toPorts[0].ports[0].port in body must be of type string: "integer"',
        ),
        (
            "{endpointSelector: {}, egress: [{toCIDR: [10.0.0.300/8]}]}",
            'spec.egress[0].toCIDR[0]: Invalid value: "10.0.0.300/8": '
            'spec.egress[0].toCIDR[0] in body must be of type cidr: "10.0.0.300/8"',
        ),
        (
            "{endpointSelector: {}, egress: [{toFQDNs: [{matchName: '*.example.com'}]}]}",
            'spec.egress[0].toFQDNs[0].matchName: Invalid value: "*.example.com": '
            "spec.egress[0].toFQDNs[0].matchName in body should match '^([-a-zA-Z0-9_]+[.]?)+$'",
        ),
        (
            "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '80', endPort: 70000}]}]}]}",
            "spec.ingress[0].toPorts[0].ports[0].endPort: Invalid value: 70000: "
            "spec.ingress[0].toPorts[0].ports[0].endPort in body should be less than or equal to 65535",
        ),
        (
            "{endpointSelector: {}, nodeSelector: {}, ingress: [{}]}",
            '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). '
            "Found 2 valid alternatives",
        ),
        (
            "{ingress: [{}]}",
            '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid\n'
            "spec.endpointSelector: Required value",
        ),
        (
            "{endpointSelector: {}, ingress: null}",
            'spec.ingress: Invalid value: "null": spec.ingress in body must be of type array: "null"',
        ),
    ],
)
def test_violations_of_the_schema(spec: str, cause: str) -> None:
    refusal = validate_layer1(manifest(spec))
    assert refusal is not None
    assert "\n".join(refusal.causes) == cause


def test_unknown_fields_are_named_by_path_and_can_be_dropped() -> None:
    data = rule("ingress: [{fromEndpoint: [{}], fromEndpoints: [{matchLabels: {a: b}, extra: 1}]}]") | {"note": "x"}
    refusal = validate_layer1(data)
    assert refusal is not None
    assert (refusal.bad_request, refusal.causes) == ("", ())
    assert refusal.unknown_fields == (
        "spec.ingress[0].fromEndpoint",
        "spec.ingress[0].fromEndpoints[0].extra",
        "note",
    )
    kept = without_unknown_fields(data)
    assert validate_layer1(kept) is None
    assert kept["spec"]["ingress"] == [{"fromEndpoints": [{"matchLabels": {"a": "b"}}]}]


def test_removed_requirements_are_unknown_down_to_their_labels() -> None:
    refusal = validate_layer1(rule("ingress: [{fromRequires: [{matchLabels: {env: prod}}]}]"))
    assert refusal is not None
    assert refusal.unknown_fields == ("spec.ingress[0].fromRequires[0].matchLabels",)
    assert refusal.causes


def test_bad_object_name() -> None:
    refusal = validate_layer1(rule("ingress: [{}]") | {"metadata": {"name": "bad_Name"}})
    assert refusal is not None
    [cause] = refusal.causes
    assert cause.startswith('metadata.name: Invalid value: "bad_Name": a lowercase RFC 1123 subdomain must')


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            "ingress: [{fromEndpoints: [{}], fromEntities: [all]}]",
            "combining FromEndpoints and FromEntities is not supported yet",
        ),
        (
            "egress: [{toCIDR: [1.0.0.0/8], toFQDNs: [{matchName: a}]}]",
            "combining ToCIDR and ToFQDNs is not supported yet",
        ),
        (
            "ingress: [{toPorts: [{ports: [{port: '-1'}]}]}]",
            'unable to parse port: strconv.ParseUint: parsing "-1": invalid syntax',
        ),
        (
            "ingress: [{toPorts: [{ports: [{port: '65536'}]}]}]",
            'unable to parse port: strconv.ParseUint: parsing "65536": value out of range',
        ),
        ("ingress: [{toPorts: [{ports: [{protocol: TCP}]}]}]", "port must be specified"),
        (
            f"ingress: [{{toPorts: [{{ports: [{', '.join(['{port: 80x}'.replace('80x', repr('80'))] * 41)}]}}]}}]",
            "too many ports, the max is 40",
        ),
        ("egress: [{toPorts: [{rules: {dns: [{matchName: a}]}}]}]", "port 53 must be specified for DNS rules"),
        (
            "egress: [{toPorts: [{ports: [{port: '53', endPort: 54}], rules: {dns: [{matchName: a}]}}]}]",
            "DNS rules do not support port ranges",
        ),
        (
            "ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: '*'}]}}]}]",
            "error parsing regexp: missing argument to repetition operator: `*`",
        ),
        (
            "ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{path: 'a)'}]}}]}]",
            "error parsing regexp: unexpected ): `a)`",
        ),
        (
            "egress: [{toPorts: [{ports: [{port: '443', protocol: TCP}], serverNames: [a], rules: {http: [{}]}}]}]",
            "ServerNames are not allowed with L7 rules without TLS termination",
        ),
        (
            "ingress: [{toPorts: [{ports: [{port: '80'}], listener: {envoyConfig: {name: e}, name: l}}]}]",
            "Listener is not allowed on ingress (l)",
        ),
        (
            "egress: [{toCIDR: [10.0.0.300/8]}]",
            'unable to parse CIDR: ParseAddr("10.0.0.300/8"): IPv4 field has value >255',
        ),
        ("egress: [{toCIDR: [nonsense]}]", 'unable to parse CIDR: ParseAddr("nonsense"): unable to parse IP'),
        (
            "ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/33}]}]",
            'unable to parse CIDRRule "10.0.0.0/33": netip.ParsePrefix("10.0.0.0/33"): prefix length out of range',
        ),
        ("ingress: [{fromCIDRSet: [{}]}]", "one of cidr, cidrGroupRef, or cidrGroupSelector is required"),
        (
            "ingress: [{fromEndpoints: [{matchExpressions: [{key: a, operator: In}]}]}]",
            "invalid label selector: matchExpressions[0].values: Required value: "
            "must be specified when `operator` is 'In' or 'NotIn'",
        ),
        (
            "ingress: [{fromEndpoints: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}]",
            "invalid label selector: matchExpressions[0].values: Forbidden: "
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
    ],
)
def test_words_of_the_agent(rules: str, words: str) -> None:
    # Source: cilium/cilium v1.19 pkg/policy/api/rule_validation.go and the Go standard library.
    assert validate_layer2(rule(rules)) == f"Invalid CiliumNetworkPolicy spec: {words}"


def test_words_of_the_agent_about_other_places_and_kinds() -> None:
    clusterwide = manifest("{nodeSelector: {}, ingress: []}", "CiliumClusterwideNetworkPolicy")
    assert validate_layer2(clusterwide) == (
        "Invalid CiliumClusterwideNetworkPolicy spec: rule must have at least one of "
        "Ingress, IngressDeny, Egress, EgressDeny"
    )
    several = {"kind": "CiliumNetworkPolicy", "metadata": {"name": "p"}, "specs": [{"endpointSelector": {}}]}
    assert (validate_layer2(several) or "").startswith("Invalid CiliumNetworkPolicy specs: rule must have")
    host = manifest(
        "{nodeSelector: {}, egress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{}]}}]}]}",
        "CiliumClusterwideNetworkPolicy",
    )
    assert (validate_layer2(host) or "").endswith("L7 protocol HTTP is not supported on host egress yet")


def test_words_of_the_decoder_where_types_differ() -> None:
    assert validate_layer2(rule("ingress: [{toPorts: [{ports: [{port: 80}]}]}]")) == (
        "json: cannot unmarshal number into Go struct field PortProtocol.spec.ingress.toPorts.ports.port of type string"
    )
    assert validate_layer2(rule("ingress: [{icmps: [{fields: [{type: NoSuch}]}]}]")) == (
        "ICMP type NoSuch not found in IPv4"
    )


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        (
            "{podSelector: {}, ingress: [{ports: [{port: 70000}]}]}",
            "spec.ingress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        ("{podSelector: {}, ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            "{podSelector: {}, egress: [{to: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}",
            "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
        (
            "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
            'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        ),
        (
            "{podSelector: {}, ingress: [{ports: [{port: 80, protocol: ICMP}]}]}",
            'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        ),
        (
            "{podSelector: {}, policyTypes: [In]}",
            'spec.policyTypes[0]: Unsupported value: "In": supported values: "Egress", "Ingress"',
        ),
    ],
)
def test_violations_of_a_kubernetes_policy(spec: str, cause: str) -> None:
    # Source: k8s.io/kubernetes pkg/apis/networking/validation; the first is recorded from a real server.
    refusal = validate_layer1(manifest(spec, "NetworkPolicy"))
    assert refusal is not None
    assert "\n".join(refusal.causes) == cause
