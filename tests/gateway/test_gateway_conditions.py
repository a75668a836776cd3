"""A Gateway's life in its conditions: class, address, listeners, and what stands in the way.

Expectations: reference kubectl.md, section 8; cilium/cilium v1.19 operator/pkg/gateway-api.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from tests.gateway.lab import GATEWAY, ON, POOL, ROUTE, Lab

Make = Callable[..., Lab]
ACCEPTED = ("True", "Accepted", "Gateway successfully scheduled")
WAITING = ("Unknown", "Pending", "Waiting for controller")
PEM = "-----BEGIN {}-----\nMIIB\n-----END {}-----\n"


def certificate(name: str, *, namespace: str = "shop", text: str = PEM) -> str:
    """A secret of type TLS; the text is put in for certificate and key."""
    encoded = [base64.b64encode(text.format(what, what).encode()).decode() for what in ("CERTIFICATE", "PRIVATE KEY")]
    return f"""
apiVersion: v1
kind: Secret
type: kubernetes.io/tls
metadata: {{name: {name}, namespace: {namespace}}}
data: {{tls.crt: {encoded[0]}, tls.key: {encoded[1]}}}
"""


def https(ref: str = "{name: tls}", **fields: str) -> str:
    """A Gateway with a listener for HTTPS."""
    more = "".join(f", {key}: {value}" for key, value in fields.items())
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: shop}}
spec:
  gatewayClassName: cilium
  listeners:
  - {{name: https, port: 443, protocol: HTTPS, tls: {{certificateRefs: [{ref}]}}{more}}}
"""


# ---------------------------------------------------------------- class and preconditions


def test_the_class_is_accepted(lab: Lab) -> None:
    assert lab.condition("gatewayclasses", "cilium", "Accepted", "") == ("True", "Accepted", "Valid GatewayClass")
    assert lab.both("kubectl get gatewayclass").splitlines()[1].split()[:3] == [
        "cilium", "io.cilium/gateway-controller", "True",
    ]  # fmt: skip


def test_without_definitions_there_is_no_kind_and_the_operator_says_what_is_missing(make: Make) -> None:
    lab = make(gateway_api=False)
    assert 'no matches for kind "Gateway" in version "gateway.networking.k8s.io/v1"' in lab.typed(GATEWAY)
    log = lab.both("kubectl -n kube-system logs deployment/cilium-operator")
    assert "Required GatewayAPI resources are not found, please refer to docs for installation instructions" in log
    for plural in ("gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants"):
        assert f'\\"{plural}.gateway.networking.k8s.io\\" not found' in log
    assert "enable-gateway-api" in lab.both("cilium config view")


def test_definitions_that_come_later_count_after_the_operator_starts_again(make: Make) -> None:
    from quizgame.cluster.install.release import install_gateway_api

    lab = make(gateway_api=False)
    install_gateway_api(lab.world.cluster.api)
    lab.world.settle()
    klass = GATEWAY.replace("kind: Gateway\n", "kind: GatewayClass\n").partition("metadata")[0]
    lab.given(klass + "metadata: {name: cilium}\nspec: {controllerName: io.cilium/gateway-controller}\n", GATEWAY)
    assert lab.condition("gatewayclasses", "cilium", "Accepted", "") == WAITING
    assert lab.condition("gateways", "gw", "Programmed") == WAITING
    assert lab.both("kubectl -n shop get gateway gw").splitlines()[1].split()[2] == "Unknown"
    lab.restart_operator()
    assert lab.condition("gatewayclasses", "cilium", "Accepted", "")[0] == "True"
    assert lab.condition("gateways", "gw", "Accepted") == ACCEPTED


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ({"kubeProxyReplacement": True}, ""),
        ({**ON, "kubeProxyReplacement": False}, "Gateway API support requires kube-proxy-replacement enabled"),
    ],
)
def test_a_feature_that_is_off_leaves_gateways_waiting(make: Make, values: dict[str, object], log: str) -> None:
    lab = make(GATEWAY, values=values)
    assert lab.condition("gateways", "gw", "Accepted") == WAITING
    assert lab.condition("gateways", "gw", "Programmed") == WAITING
    assert "No resources found" in lab.both("kubectl -n shop get cec")
    told = lab.both("kubectl -n kube-system logs deployment/cilium-operator")
    assert ("Gateway API support requires" in told) is bool(log)
    assert log in told


def test_turning_the_feature_on_needs_a_new_operator_and_new_agents(make: Make) -> None:
    lab = make(GATEWAY, ROUTE, POOL, values={"kubeProxyReplacement": True})
    lab.both("cilium upgrade --reuse-values --set gatewayAPI.enabled=true")
    lab.world.advance(10)
    assert lab.condition("gatewayclasses", "cilium", "Accepted", "") == WAITING
    assert lab.condition("gateways", "gw", "Accepted") == WAITING
    lab.restart_operator()
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert lab.ask().answer is None, "agents that do not know of Envoy configurations"
    lab.both("kubectl -n kube-system rollout restart daemonset cilium")
    lab.world.advance(60)
    assert lab.status() == 200


def test_a_gateway_of_a_foreign_class_is_left_alone(make: Make) -> None:
    lab = make(POOL, GATEWAY.replace("gatewayClassName: cilium", "gatewayClassName: istio"))
    assert lab.condition("gateways", "gw", "Accepted") == WAITING
    assert "cilium-gateway-gw" not in lab.both("kubectl -n shop get svc")


def test_a_gateway_that_changes_its_class_loses_what_was_made_for_it(lab: Lab) -> None:
    lab.given(GATEWAY.replace("gatewayClassName: cilium", "gatewayClassName: istio"))
    assert "cilium-gateway-gw" not in lab.both("kubectl -n shop get svc,cec,endpointslices")


def test_a_class_with_unknown_parameters_is_refused(lab: Lab) -> None:
    lab.given(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: own}\nspec:\n"
        "  controllerName: io.cilium/gateway-controller\n"
        "  parametersRef: {group: '', kind: ConfigMap, name: x, namespace: shop}\n",
        GATEWAY.replace("name: gw,", "name: other,").replace("gatewayClassName: cilium", "gatewayClassName: own"),
    )
    assert lab.condition("gatewayclasses", "own", "Accepted", "") == (
        "False", "InvalidParameters", "Invalid GatewayClass",
    )  # fmt: skip
    status, reason, message = lab.condition("gateways", "other", "Accepted")
    assert (status, reason) == ("False", "InvalidParameters")
    assert "must be CiliumGatewayClassConfig" in message
    assert lab.condition("gateways", "other", "Programmed")[0] == "Unknown"


def test_class_parameters_shape_the_service(lab: Lab) -> None:
    lab.given(
        "apiVersion: cilium.io/v2alpha1\nkind: CiliumGatewayClassConfig\n"
        "metadata: {name: ports, namespace: shop}\nspec: {description: node ports, service: {type: NodePort}}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: own}\nspec:\n"
        "  controllerName: io.cilium/gateway-controller\n"
        "  parametersRef: {group: cilium.io, kind: CiliumGatewayClassConfig, name: ports, namespace: shop}\n",
        GATEWAY.replace("name: gw,", "name: other,").replace("gatewayClassName: cilium", "gatewayClassName: own"),
    )
    assert lab.get("services", "cilium-gateway-other")["spec"]["type"] == "NodePort"
    addresses = [each["value"] for each in lab.get("gateways", "other")["status"]["addresses"]]
    assert addresses == ["172.18.0.2", "172.18.0.3", "172.18.0.4"]
    assert lab.condition("gateways", "other", "Programmed")[0] == "True"
    assert lab.both("kubectl -n shop get cgcc").splitlines()[1].split()[:2] == ["ports", "True"]


# ---------------------------------------------------------------- address


def test_without_a_pool_a_gateway_waits_for_an_address(make: Make) -> None:
    lab = make(GATEWAY, ROUTE)
    assert lab.condition("gateways", "gw", "Accepted") == ACCEPTED
    assert lab.condition("gateways", "gw", "Programmed") == (
        "False", "AddressNotAssigned", "Gateway waiting for address",
    )  # fmt: skip
    assert lab.listener("http", "Programmed") == ("False", "Pending", "Address not ready yet")
    assert lab.listener("http", "Accepted") == ("True", "Accepted", "Listener Accepted")
    assert lab.both("kubectl -n shop get gateway gw").splitlines()[1].split()[:3] == ["gw", "cilium", "False"]
    assert "<pending>" in lab.both("kubectl -n shop get svc cilium-gateway-gw")


def test_a_pool_makes_it_programmed(lab: Lab) -> None:
    assert lab.condition("gateways", "gw", "Programmed") == ("True", "Programmed", "Gateway Programmed")
    assert lab.listener("http", "Programmed") == ("True", "Programmed", "Listener Programmed")
    assert lab.listener("http", "ResolvedRefs") == ("True", "ResolvedRefs", "Resolved Refs")
    assert lab.get("gateways", "gw")["status"]["addresses"] == [{"type": "IPAddress", "value": "172.18.255.0"}]
    assert lab.both("kubectl -n shop get gateway gw").splitlines()[1].split()[:4] == [
        "gw", "cilium", "172.18.255.0", "True",
    ]  # fmt: skip


def test_a_gateway_may_ask_for_an_address(make: Make) -> None:
    lab = make(POOL, GATEWAY + "  addresses: [{type: IPAddress, value: 172.18.255.9}]\n")
    service = lab.get("services", "cilium-gateway-gw")
    assert service["metadata"]["annotations"]["lbipam.cilium.io/ips"] == "172.18.255.9"
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    lab.given(GATEWAY + "  addresses: [{type: IPAddress, value: 10.9.9.9}]\n")
    assert lab.condition("gateways", "gw", "Programmed")[:2] == ("False", "AddressNotAssigned")


def test_a_name_is_no_address_for_a_gateway(make: Make) -> None:
    lab = make(POOL, GATEWAY + "  addresses: [{type: Hostname, value: gw.example.com}]\n")
    assert lab.condition("gateways", "gw", "Accepted") == (
        "False", "UnsupportedAddress", "Unsupported Gateway address, address type is not supported",
    )  # fmt: skip


# ---------------------------------------------------------------- what is made


def test_what_is_made_for_a_gateway_belongs_to_it_and_goes_with_it(lab: Lab) -> None:
    gateway = lab.get("gateways", "gw")
    for resource in ("services", "endpointslices", "ciliumenvoyconfigs"):
        made = lab.get(resource, "cilium-gateway-gw")
        [owner] = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == (
            "Gateway", "gw", gateway["metadata"]["uid"], True,
        )  # fmt: skip
    slice_ = lab.get("endpointslices", "cilium-gateway-gw")
    assert slice_["endpoints"][0]["addresses"] == ["192.192.192.192"]
    assert slice_["ports"][0]["port"] == 9999
    service = lab.get("services", "cilium-gateway-gw")
    assert service["metadata"]["labels"]["gateway.networking.k8s.io/gateway-name"] == "gw"
    assert [(each["name"], each["port"]) for each in service["spec"]["ports"]] == [("port-80", 80)]
    lab.both("kubectl -n shop delete gateway gw")
    lab.world.advance(2)
    assert "cilium-gateway-gw" not in lab.both("kubectl -n shop get svc,cec,endpointslices")
    assert lab.ask(client="shop/client").answer is None


def test_infrastructure_labels_and_annotations_reach_the_service(make: Make) -> None:
    lab = make(GATEWAY + "  infrastructure: {labels: {tier: edge}, annotations: {example.com/a: b}}\n")
    metadata = lab.get("services", "cilium-gateway-gw")["metadata"]
    assert metadata["labels"]["tier"] == "edge"
    assert metadata["annotations"]["example.com/a"] == "b"


def test_what_someone_changes_is_put_back(lab: Lab) -> None:
    lab.both("kubectl -n shop delete cec cilium-gateway-gw")
    lab.both("kubectl -n shop delete svc cilium-gateway-gw")
    lab.world.settle()
    assert lab.status(client="shop/client") == 200


def test_a_listener_more_is_a_port_more(lab: Lab) -> None:
    port = lab.node_port()
    lab.given(GATEWAY.replace("protocol: HTTP}]", "protocol: HTTP}, {name: alt, port: 8080, protocol: HTTP}]"))
    ports = lab.get("services", "cilium-gateway-gw")["spec"]["ports"]
    assert [each["port"] for each in ports] == [80, 8080]
    assert lab.node_port() == port
    assert lab.status(port=8080) == 200


# ---------------------------------------------------------------- listeners


def test_a_certificate_makes_a_listener_for_https(make: Make) -> None:
    lab = make(POOL, certificate("tls"), https(), ROUTE)
    assert lab.listener("https", "ResolvedRefs") == ("True", "ResolvedRefs", "Resolved Refs")
    assert lab.listener("https", "Programmed")[0] == "True"
    copy = lab.get("secrets", "shop-tls", "cilium-secrets")
    assert copy["data"] == lab.get("secrets", "tls")["data"]


@pytest.mark.parametrize(
    ("secret", "ref", "reason", "message", "told"),
    [
        ("", "{name: tls}", "InvalidCertificateRef", "Invalid CertificateRef", 'Secret "tls" not found'),
        (certificate("tls", text="nothing"), "{name: tls}", "InvalidCertificateRef", "Invalid CertificateRef",
         "PEM format error in TLS Certificate"),
        (certificate("tls"), "{kind: ConfigMap, name: tls}", "InvalidCertificateRef", "Invalid CertificateRef",
         "must be a Secret"),
        (certificate("tls", namespace="infra"), "{name: tls, namespace: infra}", "RefNotPermitted",
         "CertificateRef is not permitted", "not permitted"),
    ],
)  # fmt: skip
def test_a_listener_without_a_usable_certificate_is_not_valid(
    make: Make, secret: str, ref: str, reason: str, message: str, told: str
) -> None:
    lab = make(POOL, secret, https(ref), ROUTE) if secret else make(POOL, https(ref), ROUTE)
    assert lab.listener("https", "ResolvedRefs") == ("False", reason, message)
    status, found, text = lab.listener("https", "Accepted")
    assert (status, found) == ("False", "Invalid")
    assert text.startswith("Listener not valid. ")
    assert told in text
    no_listener = ("False", "ListenersNotValid", "No Accepted Listeners")
    assert lab.condition("gateways", "gw", "Accepted") == no_listener
    assert lab.condition("gateways", "gw", "Programmed") == no_listener
    assert "No Accepted Listeners for Gateway" in lab.both("kubectl -n kube-system logs deployment/cilium-operator")


def test_a_certificate_that_comes_later_mends_the_listener(make: Make) -> None:
    lab = make(POOL, https(), ROUTE).given(certificate("tls"))
    assert lab.listener("https", "ResolvedRefs")[0] == "True"
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"


def test_a_certificate_of_another_namespace_needs_a_grant(make: Make) -> None:
    grant = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: certificates, namespace: infra}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: shop}]
  to: [{group: "", kind: Secret}]
"""
    lab = make(POOL, certificate("tls", namespace="infra"), https("{name: tls, namespace: infra}"), grant)
    assert lab.listener("https", "ResolvedRefs")[0] == "True"
    lab.both("kubectl -n infra delete referencegrant certificates")
    assert lab.listener("https", "ResolvedRefs")[:2] == ("False", "RefNotPermitted")


def test_one_bad_listener_leaves_the_others_be(make: Make) -> None:
    both = GATEWAY.replace(
        "protocol: HTTP}]",
        "protocol: HTTP}, {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: gone}]}}]",
    )
    lab = make(POOL, both, ROUTE)
    assert lab.condition("gateways", "gw", "Accepted") == ACCEPTED
    assert lab.listener("http", "Programmed")[0] == "True"
    assert lab.listener("https", "Programmed")[0] == "False"
    assert lab.status() == 200


def test_a_protocol_that_cilium_does_not_serve_is_told(make: Make) -> None:
    tcp = GATEWAY.replace("protocol: HTTP}]", "protocol: HTTP}, {name: raw, port: 5432, protocol: TCP}]")
    lab = make(POOL, tcp)
    assert lab.listener("raw", "Accepted")[:2] == ("False", "UnsupportedProtocol")
    assert lab.condition("gateways", "gw", "Accepted") == (
        "True", "ListenersNotValid", "Gateway has unsupported listeners",
    )  # fmt: skip


def test_kinds_that_a_listener_cannot_serve_are_told(make: Make) -> None:
    odd = GATEWAY.replace("protocol: HTTP}", "protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}]}}")
    lab = make(odd)
    assert lab.listener("http", "ResolvedRefs") == (
        "False", "InvalidRouteKinds", "Unsupported Route Kinds in allowedRoutes.kinds",
    )  # fmt: skip
    assert lab.listener_status("http")["supportedKinds"] == []


def test_https_and_passthrough_on_one_port_conflict(make: Make) -> None:
    both = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: shop}
spec:
  gatewayClassName: cilium
  listeners:
  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: tls}]}}
  - {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}
"""
    lab = make(certificate("tls"), both)
    for name, other in (("https", "tls"), ("tls", "https")):
        status, reason, message = lab.listener(name, "Conflicted")
        assert (status, reason) == ("True", "ProtocolConflict")
        assert f'conflicts with listener "{other}"' in message


def test_listeners_count_the_routes_that_they_serve(lab: Lab) -> None:
    assert lab.listener_status("http")["attachedRoutes"] == 1
    lab.both("kubectl -n shop delete httproute web")
    assert lab.listener_status("http")["attachedRoutes"] == 0


def test_a_gateway_lives_on_while_no_operator_runs(lab: Lab) -> None:
    lab.both("kubectl -n kube-system scale deployment cilium-operator --replicas=0")
    lab.world.advance(5)
    assert lab.status() == 200
    lab.given(
        ROUTE.replace("name: web, namespace", "name: later, namespace").replace("name: web, port", "name: api, port")
    )
    assert "status" not in lab.get("httproutes", "later")
    lab.given(GATEWAY.replace("name: gw", "name: second"))
    assert lab.condition("gateways", "second", "Programmed") == WAITING


def test_config_and_features_show_it(lab: Lab) -> None:
    config = lab.both("cilium config view")
    assert "enable-gateway-api" in config
    assert "enable-envoy-config" in config
    assert "gateway-api-service-externaltrafficpolicy" in config
    assert ON["gatewayAPI"]["enabled"]


def test_a_class_keeps_its_controller(lab: Lab) -> None:
    patch = "kubectl patch gatewayclass cilium --type merge -p '{{\"spec\":{{{}}}}}'"
    assert lab.both(patch.format('"controllerName":"example.org/other"')) == (
        'The GatewayClass "cilium" is invalid: spec.controllerName: Invalid value: Value is immutable\n'
    )
    assert lab.both(patch.format('"description":"ours"')) == "gatewayclass.gateway.networking.k8s.io/cilium patched\n"
