"""Policy at a Gateway: who may come in, where Envoy may go, what a backend lets in, and how each refusal looks.

Expectations: cilium/cilium v1.19 Documentation/network/servicemesh (external-ingress-policy.rst,
default-deny-ingress-policy.rst, ingress-and-network-policy.rst); cilium/proxy (which policies Envoy asks).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.lab import GATEWAY, OUTSIDE, POOL, ROUTE, VIP, Lab

Make = Callable[..., Lab]
INGRESS = 8
LOCKDOWN = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: external-lockdown}
spec:
  endpointSelector: {}
  ingress: [{fromEntities: [cluster]}]
"""
DEFAULT_DENY = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: default-deny}
spec:
  endpointSelector:
    matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [kube-system]}]
  egress:
  - toEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: kube-system, k8s-app: kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: UDP}]}]
"""
LET_ENVOY_OUT = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: allow-ingress-egress}
spec:
  endpointSelector: {matchExpressions: [{key: reserved:ingress, operator: Exists}]}
  egress: [{toEntities: [cluster]}]
"""


def backend_policy(rule: str) -> str:
    """A policy for the backend's pods with one ingress rule."""
    return f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: web, namespace: shop}}
spec:
  endpointSelector: {{matchLabels: {{app: web}}}}
  ingress: [{rule}]
"""


def l7(lab: Lab) -> list[dict[str, Any]]:
    """The L7 flows."""
    return lab.flows("--type l7")


# ---------------------------------------------------------------- without policy


def test_flows_show_the_client_with_the_identity_ingress(lab: Lab) -> None:
    lab.from_outside("/a")
    request, response = l7(lab)
    assert request["IP"]["source"] == OUTSIDE
    assert request["source"]["identity"] == INGRESS
    assert request["source"]["labels"] == ["reserved:ingress"]
    assert request["destination"]["pod_name"].startswith("web-")
    assert (request["verdict"], request["l7"]["type"]) == ("FORWARDED", "REQUEST")
    assert response["l7"]["http"]["code"] == 200
    assert response["is_reply"] is True
    compact = lab.both("hubble observe --type l7 --last 5")
    assert f"{OUTSIDE}:" in compact
    assert "(ingress) -> shop/web-" in compact
    assert "http-request FORWARDED (HTTP/1.1 GET http://" in compact


def test_envoy_connects_from_the_nodes_ingress_address(lab: Lab) -> None:
    lab.from_outside()
    ip = lab.agent().ingress_ip
    arrived = [each for each in lab.flows("--to-label app=web --type trace") if each["IP"]["source"] == ip]
    assert arrived
    assert {each["source"]["identity"] for each in arrived} == {INGRESS}
    assert lab.get("ciliumnodes", "kind-worker", "")["spec"]["ingress"] == {"ipv4": ip}
    assert "(ingress)" in lab.both("hubble observe --to-label app=web --last 20")


def test_the_redirect_to_envoy_is_traced(lab: Lab) -> None:
    lab.ask()
    [first, *_] = lab.flows("--type trace:to-proxy --from-pod shop/client")
    assert first["destination_service"] == {"name": "cilium-gateway-gw", "namespace": "shop"}
    assert first["proxy_port"] > 0
    lab.from_outside()
    came = [each for each in lab.flows("--type trace:to-proxy") if each["IP"]["source"] == OUTSIDE]
    assert {each["source"]["labels"][0] for each in came} == {"reserved:world"}


# ---------------------------------------------------------------- the way in


def test_the_world_is_locked_out_and_the_cluster_is_not(lab: Lab) -> None:
    lab.given(LOCKDOWN)
    exchange = lab.from_outside()
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.answer.body) == (403, "Access denied\r\n")
    assert lab.status() == 200
    [dropped] = [each for each in l7(lab) if each["verdict"] == "DROPPED"]
    assert dropped["IP"]["source"] == OUTSIDE
    assert dropped["source"]["identity"] == INGRESS
    assert dropped["destination"]["labels"] == ["reserved:world"] or "pod_name" not in dropped["destination"]
    assert dropped["destination_service"]["name"] == "cilium-gateway-gw"
    codes = [each["l7"]["http"].get("code") for each in l7(lab) if each["IP"]["source"] == OUTSIDE or each["is_reply"]]
    assert 403 in codes


def test_a_range_may_be_let_in_again(lab: Lab) -> None:
    allow = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: allow-cidr}
spec:
  endpointSelector: {matchExpressions: [{key: reserved:ingress, operator: Exists}]}
  ingress: [{fromCIDRSet: [{cidr: 172.18.0.100/32}]}]
"""
    lab.given(LOCKDOWN, allow)
    first = lab.from_outside()
    other = lab.ask(to=lab.agent().node_ip, port=lab.node_port(), client="172.18.0.101")
    assert first.answer is not None
    assert other.answer is not None
    assert (first.answer.status, other.answer.status) == (200, 403)


def test_what_has_no_route_is_answered_before_policy_is_asked(lab: Lab) -> None:
    lab.given(LOCKDOWN, ROUTE.replace("rules: [{", "hostnames: [shop.example.com]\n  rules: [{"))
    exchange = lab.from_outside()
    assert exchange.answer is not None
    assert exchange.answer.status == 404


# ---------------------------------------------------------------- the way out of Envoy


def test_a_default_deny_that_forgets_envoy_denies_everyone(lab: Lab) -> None:
    lab.given(DEFAULT_DENY)
    outside = lab.from_outside()
    assert outside.answer is not None
    assert outside.answer.status == 403
    assert "Access denied" in lab.both(f"kubectl -n shop exec client -- curl -s http://{VIP}/")


def test_letting_envoy_out_helps_those_who_may_go_themselves(lab: Lab) -> None:
    lab.given(DEFAULT_DENY, LET_ENVOY_OUT)
    outside = lab.from_outside()
    assert outside.answer is not None
    assert outside.answer.status == 200
    assert lab.status() == 403, "the pod's own egress policy does not let it reach the backend"


# ---------------------------------------------------------------- the backend


def test_a_backend_that_does_not_let_ingress_in_is_a_timeout_for_envoy(lab: Lab) -> None:
    lab.given(backend_policy("{fromEndpoints: [{matchLabels: {app: client}}]}"))
    exchange = lab.from_outside()
    answer = exchange.answer
    assert answer is not None
    assert answer.status == 503
    assert answer.body.endswith("connection timeout")
    assert exchange.elapsed_ns >= 5_000_000_000
    drops = lab.flows("--verdict DROPPED --to-label app=web")
    assert {(each["drop_reason_desc"], each["source"]["identity"]) for each in drops} == {("POLICY_DENIED", INGRESS)}
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert lab.parent("web", "ResolvedRefs")[0] == "True"


@pytest.mark.parametrize("rule", ["{fromEntities: [ingress]}", "{fromEntities: [cluster]}", "{fromEntities: [all]}"])
def test_a_backend_lets_the_ingress_identity_in(lab: Lab, rule: str) -> None:
    lab.given(backend_policy(rule))
    assert lab.status() == 200


@pytest.mark.parametrize("rule", ["{fromEntities: [world]}", "{fromCIDR: [172.18.0.100/32]}", "{fromEntities: [host]}"])
def test_a_backend_never_sees_the_client_itself(lab: Lab, rule: str) -> None:
    lab.given(backend_policy(rule))
    exchange = lab.from_outside()
    assert exchange.answer is not None
    assert exchange.answer.status == 503


def test_a_backends_own_http_rules_are_asked_last(lab: Lab) -> None:
    ports = 'toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: "/ok"}]}}]'
    lab.given(backend_policy(f"{{fromEntities: [ingress], {ports}}}"))
    assert lab.status("/ok") == 200
    exchange = lab.ask("/no")
    assert exchange.answer is not None
    assert exchange.answer.status == 403
    assert exchange.is_denied_by_proxy
    assert [each["l7"]["http"]["url"] for each in l7(lab) if each["verdict"] == "DROPPED"] == [f"http://{VIP}/no"]


# ---------------------------------------------------------------- Envoy itself


def test_without_envoy_on_the_entry_node_nothing_answers(lab: Lab) -> None:
    lab.keep_to_nodes("cilium-envoy", "kubernetes.io/hostname", "kind-worker2")
    assert lab.from_outside().answer is None
    there = lab.ask(to=lab.agent("kind-worker2").node_ip, port=lab.node_port(), client=OUTSIDE)
    assert there.answer is not None
    assert "cilium-envoy" in lab.both("cilium status")


def test_an_agent_that_is_down_leaves_the_gateway_as_it_is(lab: Lab) -> None:
    lab.keep_to_nodes("cilium", "none", "such")
    assert lab.status() == 200


def test_embedded_envoy_lives_and_dies_with_the_agent(make: Make) -> None:
    values = {"gatewayAPI": {"enabled": True}, "kubeProxyReplacement": True, "envoy": {"enabled": False}}
    lab = make(POOL, GATEWAY, ROUTE, values=values)
    assert lab.status() == 200
    lab.keep_to_nodes("cilium", "none", "such")
    assert lab.ask().answer is None


# ---------------------------------------------------------------- the agent's tools


def test_the_service_map_leads_to_envoy(lab: Lab) -> None:
    listed = lab.dbg("kind-worker", "bpf lb list")
    [row] = [line for line in listed.splitlines() if line.startswith(f"{VIP}:80/TCP")]
    assert "[LoadBalancer, l7-load-balancer] (L7LB Proxy Port: " in row
    assert len([line for line in listed.splitlines() if "l7-load-balancer" in line]) == 4
    assert "192.192.192.192" not in listed


def test_envoy_has_an_endpoint_while_there_is_something_to_serve(lab: Lab, make: Make) -> None:
    assert "reserved:ingress" in lab.dbg("kind-worker", "endpoint list")
    assert lab.dbg("kind-worker", "ip list").count("reserved:ingress") == 3
    plain = make(values={"kubeProxyReplacement": True})
    assert "reserved:ingress" not in plain.dbg("kind-worker", "endpoint list")
    assert "reserved:ingress" not in plain.dbg("kind-worker", "ip list")


def test_turning_it_off_takes_the_endpoint_away(lab: Lab) -> None:
    lab.both("cilium upgrade --reuse-values --set gatewayAPI.enabled=false")
    lab.both("kubectl -n kube-system rollout restart daemonset cilium")
    lab.world.advance(60)
    assert "reserved:ingress" not in lab.dbg("kind-worker", "endpoint list")
    assert lab.ask().answer is None


def test_why_tells_of_envoy(lab: Lab) -> None:
    told = lab.both(f"why shop/client {VIP} 80 GET /")
    assert "taken over by Envoy, answered 200" in told
    assert "CiliumEnvoyConfig shop/cilium-gateway-gw" in told
    lab.given(LOCKDOWN.replace("[cluster]", "[host]"))
    told = lab.both(f"why shop/client {VIP} 80 GET /")
    assert "answered 403" in told
    assert "for the identity ingress" in told
