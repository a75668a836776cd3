"""Ingresses of Cilium's class: load balancers of their own or shared, path types, hosts, TLS, classes.

Expectations: cilium/cilium v1.19 operator/pkg/ingress, operator/pkg/model/ingestion/ingress.go; Kubernetes Ingress.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.lab import GATEWAY, POOL, VIP, Lab
from tests.gateway.test_gateway_conditions import certificate

Make = Callable[..., Lab]


def values(**more: Any) -> dict[str, Any]:
    """Helm values with the Ingress controller on."""
    return {"ingressController": {"enabled": True, **more}, "kubeProxyReplacement": True}


def ingress(
    *rules: str, name: str = "web", klass: str = "  ingressClassName: cilium\n", annotations: str = "", more: str = ""
) -> str:
    """An Ingress with these rules."""
    marks = f", annotations: {{{annotations}}}" if annotations else ""
    shown = "".join(f"  - {rule}\n" for rule in rules)
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop{marks}}}\n"
        f"spec:\n{klass}  rules:\n{shown}{more}"
    )


def rule(service: str, path: str = "/", kind: str = "Prefix", host: str = "", port: str = "number: 80") -> str:
    """A rule with one path."""
    backend = f"{{service: {{name: {service}, port: {{{port}}}}}}}"
    named = f"host: {host}, " if host else ""
    return f"{{{named}http: {{paths: [{{path: {path}, pathType: {kind}, backend: {backend}}}]}}}}"


def address(lab: Lab, name: str = "web") -> str:
    """The address of an Ingress; empty where it has none."""
    found = lab.get("ingresses", name)["status"]["loadBalancer"].get("ingress") or [{}]
    return str(found[0].get("ip", ""))


def test_an_ingress_of_its_own_gets_a_service_and_an_address(make: Make) -> None:
    lab = make(POOL, ingress(rule("web")), values=values(), gateway_api=False)
    service = lab.get("services", "cilium-ingress-web")
    assert service["spec"]["type"] == "LoadBalancer"
    assert [(each["name"], each["port"]) for each in service["spec"]["ports"]] == [("http", 80), ("https", 443)]
    assert service["metadata"]["labels"] == {"cilium.io/ingress": "true"}
    assert (
        lab.get("ciliumenvoyconfigs", "cilium-ingress-shop-web")["metadata"]["ownerReferences"][0]["kind"] == "Ingress"
    )
    ip = address(lab)
    assert ip.startswith("172.18.255.")
    assert lab.served_by(to=ip) == "web"
    shown = lab.both("kubectl -n shop get ingress web").splitlines()[1].split()
    assert shown[:5] == ["web", "cilium", "*", ip, "80"]
    assert f"Address:          {ip}" in lab.both("kubectl -n shop describe ingress web")


def test_it_goes_with_its_ingress(make: Make) -> None:
    lab = make(POOL, ingress(rule("web")), values=values())
    lab.both("kubectl -n shop delete ingress web")
    lab.world.advance(2)
    assert "cilium-ingress" not in lab.both("kubectl -n shop get svc,cec,endpointslices")


def test_shared_ingresses_have_one_address(make: Make) -> None:
    lab = make(
        POOL,
        ingress(rule("web", host="web.example.com")),
        ingress(rule("api", host="api.example.com"), name="api"),
        values=values(loadbalancerMode="shared"),
    )
    shared = lab.get("services", "cilium-ingress", "kube-system")
    ip = shared["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert {address(lab), address(lab, "api")} == {ip}
    assert lab.served_by(to=ip, host="web.example.com") == "web"
    assert lab.served_by(to=ip, host="api.example.com") == "api"
    assert "cilium-ingress" in lab.both("kubectl -n kube-system get cec")
    assert "No resources found" in lab.both("kubectl -n shop get cec")
    lab.both("kubectl -n shop delete ingress web api")
    assert "No resources found" in lab.both("kubectl -n kube-system get cec")


def test_an_ingress_may_choose_its_mode(make: Make) -> None:
    lab = make(POOL, ingress(rule("web"), annotations="ingress.cilium.io/loadbalancer-mode: shared"), values=values())
    shared = lab.get("services", "cilium-ingress", "kube-system")["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert address(lab) == shared
    lab.given(ingress(rule("web"), annotations="ingress.cilium.io/loadbalancer-mode: dedicated"))
    assert address(lab) not in ("", shared)
    assert "No resources found" in lab.both("kubectl -n kube-system get cec")


@pytest.mark.parametrize(
    ("asked", "code", "service"),
    [
        ("/exact", 200, "api"), ("/exact/", 200, "web"), ("/prefix", 200, "api"), ("/prefix/x", 200, "api"),
        ("/prefixed", 200, "web"), ("/v12", 200, "api"), ("/v1x", 200, "web"),
    ],
)  # fmt: skip
def test_path_types(make: Make, asked: str, code: int, service: str) -> None:
    lab = make(
        POOL,
        ingress(
            rule("web"), rule("api", "/exact", "Exact"), rule("api", "/prefix"),
            rule("api", "'/v[0-9]+'", "ImplementationSpecific"),
        ),
        values=values(),
    )  # fmt: skip
    ip = address(lab)
    assert lab.status(asked, to=ip) == code
    assert lab.served_by(asked, to=ip) == service


def test_a_default_backend_takes_what_no_rule_takes(make: Make) -> None:
    default = "  defaultBackend: {service: {name: api, port: {number: 80}}}\n"
    lab = make(POOL, ingress(rule("web", "/web"), more=default), values=values())
    ip = address(lab)
    assert [lab.served_by(path, to=ip) for path in ("/web", "/other")] == ["web", "api"]


@pytest.mark.parametrize(("backend", "code"), [("rule", 200), ("gone", 503), ("port", 503), ("named", 200)])
def test_backends_that_are_not_there(make: Make, backend: str, code: int) -> None:
    chosen = {
        "rule": rule("web"),
        "gone": rule("gone"),
        "port": rule("web", port="number: 81"),
        "named": rule("web", port="name: http"),
    }[backend]
    lab = make(POOL, ingress(chosen), values=values())
    assert lab.status(to=address(lab)) == code


def test_a_wildcard_host(make: Make) -> None:
    lab = make(POOL, ingress(rule("web", host="'*.example.com'")), values=values())
    ip = address(lab)
    assert [lab.status(to=ip, host=host) for host in ("a.example.com", "example.com", "a.example.org")] == [
        200,
        404,
        404,
    ]


def test_tls_and_the_redirect_to_it(make: Make) -> None:
    tls = "  tls: [{hosts: [shop.example.com], secretName: tls}]\n"
    lab = make(POOL, certificate("tls"), ingress(rule("web", host="shop.example.com"), more=tls), values=values())
    ip = address(lab)
    assert lab.get("secrets", "shop-tls", "cilium-secrets")
    assert lab.status(to=ip, port=443, sni="shop.example.com", host="shop.example.com") == 200
    plain = lab.ask("/a", to=ip, host="shop.example.com").answer
    assert plain is not None
    assert plain.status == 301
    assert (plain.headers or {})["location"] == "https://shop.example.com/a"
    lab.given(
        ingress(rule("web", host="shop.example.com"), more=tls, annotations="ingress.cilium.io/force-https: disabled")
    )
    assert lab.status(to=ip, host="shop.example.com") == 200


def test_tls_without_its_secret_is_a_reset(make: Make) -> None:
    tls = "  tls: [{hosts: [shop.example.com], secretName: gone}]\n"
    lab = make(POOL, ingress(rule("web", host="shop.example.com"), more=tls), values=values())
    assert lab.ask(to=address(lab), port=443, sni="shop.example.com").answer is None


def test_passthrough_hands_tls_on(make: Make) -> None:
    lab = make(
        POOL,
        ingress(rule("web", host="shop.example.com"), annotations="ingress.cilium.io/tls-passthrough: enabled"),
        values=values(),
    )
    assert lab.served_by(to=address(lab), port=443, sni="shop.example.com") == "web"


# ---------------------------------------------------------------- whose it is


def test_a_foreign_class_is_left_alone(make: Make) -> None:
    lab = make(POOL, ingress(rule("web"), klass="  ingressClassName: nginx\n"), values=values())
    assert address(lab) == ""
    assert "cilium-ingress-web" not in lab.both("kubectl -n shop get svc")


def test_no_class_is_cilium_where_that_is_the_default(make: Make) -> None:
    plain = ingress(rule("web"), klass="")
    assert address(make(POOL, plain, values=values())) == ""
    assert address(make(POOL, plain, values=values(default=True))) != ""


def test_an_ingress_that_changes_its_class_loses_its_address(make: Make) -> None:
    lab = make(POOL, ingress(rule("web")), values=values())
    lab.given(ingress(rule("web"), klass="  ingressClassName: nginx\n"))
    assert address(lab) == ""
    assert "cilium-ingress-web" not in lab.both("kubectl -n shop get svc")


def test_without_the_feature_nothing_happens(make: Make) -> None:
    lab = make(POOL, ingress(rule("web")), values={"kubeProxyReplacement": True})
    assert address(lab) == ""
    assert "No resources found" in lab.both("kubectl get ingressclass")


def test_it_needs_kube_proxy_replacement(make: Make) -> None:
    lab = make(POOL, ingress(rule("web")), values={**values(), "kubeProxyReplacement": False})
    assert address(lab) == ""
    log = lab.both("kubectl -n kube-system logs deployment/cilium-operator")
    assert "Ingress Controller support requires kube-proxy-replacement enabled" in log


def test_without_a_pool_an_ingress_waits(make: Make) -> None:
    lab = make(ingress(rule("web")), values=values())
    assert address(lab) == ""
    assert "<pending>" in lab.both("kubectl -n shop get svc cilium-ingress-web")


def test_annotations_shape_the_service(make: Make) -> None:
    marks = (
        "ingress.cilium.io/service-type: NodePort, ingress.cilium.io/insecure-node-port: '30080', "
        "lbipam.cilium.io/ips: 172.18.255.7, example.com/a: b"
    )
    lab = make(POOL, ingress(rule("web"), annotations=marks), values=values())
    service = lab.get("services", "cilium-ingress-web")
    assert service["spec"]["type"] == "NodePort"
    assert service["spec"]["ports"][0]["nodePort"] == 30080
    assert service["metadata"]["annotations"] == {"lbipam.cilium.io/ips": "172.18.255.7"}
    assert lab.ask(to="172.18.0.3", port=30080, client="172.18.0.100").answer is not None


def test_ingresses_and_gateways_live_side_by_side(make: Make) -> None:
    both = {**values(), "gatewayAPI": {"enabled": True}}
    lab = make(POOL, GATEWAY, ingress(rule("web")), values=both)
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert address(lab) not in ("", VIP)
    features = lab.both("cilium features status")
    assert "ingress_controller_enabled" in features
    assert "gateway_api_enabled" in features
