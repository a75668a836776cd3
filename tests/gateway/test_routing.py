"""What becomes of requests at a Gateway: hosts, paths, methods, headers, weights, filters, TLS.

Expectations: Gateway API, HTTPRoute (precedence of matches, filters); Envoy's route matching.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.lab import GATEWAY, ON, POOL, ROUTE, VIP, Lab
from tests.gateway.test_gateway_conditions import certificate, https

Make = Callable[..., Lab]


def rules(*texts: str, hostnames: str = "", name: str = "web") -> str:
    """A route with these rules."""
    hosts = f"  hostnames: [{hostnames}]\n" if hostnames else ""
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: shop}}
spec:
  parentRefs: [{{name: gw}}]
{hosts}  rules:
""" + "".join(f"  - {text}\n" for text in texts)


def to(service: str, *matches: str) -> str:
    """A rule that sends what meets any of the matches to a service."""
    return f"{{matches: [{', '.join(matches)}], backendRefs: [{{name: {service}, port: 80}}]}}"


def path(value: str, kind: str = "PathPrefix", more: str = "") -> str:
    """A match of a path."""
    return f"{{path: {{type: {kind}, value: {value}}}{more}}}"


# ---------------------------------------------------------------- matches


@pytest.mark.parametrize(
    ("asked", "service"),
    [
        ("/", "web"), ("/api", "api"), ("/api/", "api"), ("/api/v1?x=1", "api"), ("/apis", "web"),
        ("/api/exact", "web"), ("/api/exact/", "api"), ("/v42/x", "api"), ("/v4x/x", "web"),
    ],
)  # fmt: skip
def test_paths_match_by_element_exactly_or_by_expression(make: Make, asked: str, service: str) -> None:
    lab = make(
        POOL, GATEWAY,
        rules(to("web", path("/")), to("api", path("/api")), to("web", path("/api/exact", "Exact")),
              to("api", path("'/v[0-9]+/.*'", "RegularExpression"))),
    )  # fmt: skip
    assert lab.served_by(asked) == service


def test_the_more_specific_match_wins_whatever_the_order(make: Make) -> None:
    lab = make(
        POOL, GATEWAY,
        rules(
            to("web", path("/a")),
            to("api", path("/a", more=", headers: [{name: x-canary, value: 'yes'}]")),
            to("api", path("/b", more=", method: POST")),
            to("web", path("/b", more=", headers: [{name: x-canary, value: 'yes'}]")),
            to("web", path("/b")),
            to("api", path("/a/long")),
        ),
    )  # fmt: skip
    canary = {"X-Canary": "yes"}
    assert lab.served_by("/a") == "web"
    assert lab.served_by("/a", headers=canary) == "api"
    assert lab.served_by("/a/long", headers=canary) == "api"
    assert lab.served_by("/b", method="POST", headers=canary) == "api"
    assert lab.served_by("/b", headers=canary) == "web"


@pytest.mark.parametrize(
    ("match", "details", "other"),
    [
        ("{method: DELETE}", {"method": "DELETE"}, {}),
        ("{headers: [{name: Version, value: two}]}", {"headers": {"version": "two"}}, {"headers": {"version": "3"}}),
        ("{headers: [{type: RegularExpression, name: v, value: 't.*'}]}", {"headers": {"V": "to"}},
         {"headers": {"V": "x"}}),
        ("{queryParams: [{name: a, value: '1'}]}", {"path": "/?b=2&a=1"}, {"path": "/?a=2"}),
        ("{queryParams: [{type: RegularExpression, name: a, value: '[0-9]+'}]}", {"path": "/?a=77"}, {"path": "/?a=x"}),
        ("{method: GET, headers: [{name: a, value: b}]}", {"headers": {"a": "b"}},
         {"headers": {"a": "b"}, "method": "PUT"}),
    ],
)  # fmt: skip
def test_methods_headers_and_queries_match(
    make: Make, match: str, details: dict[str, Any], other: dict[str, Any]
) -> None:
    lab = make(POOL, GATEWAY, rules(to("api", match)))
    assert lab.status(**details) == 200
    assert lab.status(**other) == 404


def test_any_of_several_matches_is_enough(make: Make) -> None:
    lab = make(POOL, GATEWAY, rules(to("api", path("/a"), "{method: PUT}")))
    assert [lab.status("/a"), lab.status("/b", method="PUT"), lab.status("/b")] == [200, 200, 404]


# ---------------------------------------------------------------- hosts


def test_hosts_choose_the_route_the_exact_one_first(make: Make) -> None:
    lab = make(
        POOL, GATEWAY,
        rules(to("web", path("/")), hostnames="'*.example.com'", name="any"),
        rules(to("api", path("/")), hostnames="api.example.com", name="exact"),
    )  # fmt: skip
    assert lab.served_by(host="api.example.com") == "api"
    assert lab.served_by(host="api.example.com:80") == "api"
    assert lab.served_by(host="a.b.example.com") == "web"
    assert lab.status(host="example.com") == 404
    assert lab.status(host=VIP) == 404


def test_a_listeners_hostname_bounds_its_routes(make: Make) -> None:
    gateway = GATEWAY.replace("protocol: HTTP}", "protocol: HTTP, hostname: '*.example.com'}")
    lab = make(POOL, gateway, rules(to("web", path("/")), hostnames="shop.example.com, shop.example.org"))
    assert lab.status(host="shop.example.com") == 200
    assert lab.status(host="shop.example.org") == 404


def test_a_route_without_hosts_takes_the_listeners(make: Make) -> None:
    gateway = GATEWAY.replace("protocol: HTTP}", "protocol: HTTP, hostname: shop.example.com}")
    lab = make(POOL, gateway, ROUTE)
    assert [lab.status(host="shop.example.com"), lab.status(host="other.example.com")] == [200, 404]


def test_a_host_without_a_route_is_not_found(lab: Lab) -> None:
    lab.given(rules(to("web", path("/")), hostnames="shop.example.com"))
    answer = lab.ask(host="nothing.example.com").answer
    assert answer is not None
    assert (answer.status, answer.body) == (404, "")
    assert lab.both(f"kubectl -n shop exec client -- curl -s -o /dev/null -w '%{{http_code}}' http://{VIP}/") == "404"
    shown = lab.both(f"kubectl -n shop exec client -- curl -s -H 'Host: shop.example.com' http://{VIP}/")
    assert '"namespace":"shop"' in shown
    given = f"--resolve shop.example.com:80:{VIP} http://shop.example.com/"
    assert '"namespace":"shop"' in lab.both(f"kubectl -n shop exec client -- curl -s {given}")


# ---------------------------------------------------------------- weights


def test_weights_share_requests_out(make: Make) -> None:
    both = "{backendRefs: [{name: web, port: 80, weight: 3}, {name: api, port: 80, weight: 1}]}"
    lab = make(POOL, GATEWAY, rules(both))
    counts = Counter(lab.served_by() for _ in range(400))
    assert set(counts) == {"web", "api"}
    # Binomial: 400 draws of 1/4 lie within four standard deviations (35) of 100.
    assert 65 <= counts["api"] <= 135


def test_a_weight_of_zero_gets_nothing(make: Make) -> None:
    lab = make(
        POOL, GATEWAY, rules("{backendRefs: [{name: web, port: 80, weight: 1}, {name: api, port: 80, weight: 0}]}")
    )
    assert {lab.served_by() for _ in range(20)} == {"web"}


def test_a_backend_that_is_gone_gets_nothing_while_another_is_there(make: Make) -> None:
    lab = make(
        POOL, GATEWAY, rules("{backendRefs: [{name: gone, port: 80, weight: 9}, {name: api, port: 80, weight: 1}]}")
    )
    assert {lab.served_by() for _ in range(10)} == {"api"}


def test_pods_of_a_service_share_its_requests(lab: Lab) -> None:
    assert len({lab.seen()["pod"] for _ in range(20)}) == 2


# ---------------------------------------------------------------- filters


def test_a_redirect_says_where_to(make: Make) -> None:
    lab = make(
        POOL, GATEWAY,
        rules("{filters: [{type: RequestRedirect, requestRedirect: {scheme: https, hostname: new.example.com, "
              "statusCode: 301}}]}"),
    )  # fmt: skip
    answer = lab.ask("/a?b=1").answer
    assert answer is not None
    assert answer.status == 301
    assert (answer.headers or {})["location"] == "https://new.example.com/a?b=1"
    head = lab.both(f"kubectl -n shop exec client -- curl -s -I http://{VIP}/x")
    assert "location: https://new.example.com/x" in head
    assert "server: envoy" in head


@pytest.mark.parametrize(
    ("change", "asked", "location"),
    [
        ("path: {type: ReplaceFullPath, replaceFullPath: /new}", "/old/x", f"http://{VIP}/new"),
        ("path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}", "/old/x", f"http://{VIP}/new/x"),
        ("path: {type: ReplacePrefixMatch, replacePrefixMatch: /}", "/old/x", f"http://{VIP}/x"),
        ("port: 8080", "/old", f"http://{VIP}:8080/old"),
    ],
)
def test_a_redirect_may_change_path_and_port(make: Make, change: str, asked: str, location: str) -> None:
    rule = f"{{matches: [{path('/old')}], filters: [{{type: RequestRedirect, requestRedirect: {{{change}}}}}]}}"
    answer = make(POOL, GATEWAY, rules(rule)).ask(asked).answer
    assert answer is not None
    assert (answer.status, (answer.headers or {})["location"]) == (302, location)


@pytest.mark.parametrize(
    ("change", "asked", "seen"),
    [
        ("path: {type: ReplacePrefixMatch, replacePrefixMatch: /v2}", "/api/x?q=1", "/v2/x?q=1"),
        ("path: {type: ReplacePrefixMatch, replacePrefixMatch: /}", "/api/x", "/x"),
        ("path: {type: ReplacePrefixMatch, replacePrefixMatch: /}", "/api", "/"),
        ("path: {type: ReplaceFullPath, replaceFullPath: /one}", "/api/x", "/one"),
    ],
)
def test_a_rewrite_changes_what_the_backend_sees(make: Make, change: str, asked: str, seen: str) -> None:
    rule = (
        f"{{matches: [{path('/api')}], filters: [{{type: URLRewrite, urlRewrite: {{{change}}}}}], "
        "backendRefs: [{name: api, port: 80}]}"
    )
    assert make(POOL, GATEWAY, rules(rule)).seen(asked)["path"] == seen


def test_headers_are_changed_on_the_way_in_and_out(make: Make) -> None:
    """The backend's own proxy lets only requests with the added header through, so it must have got it."""
    rule = (
        "{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-edge, value: 'yes'}]}}, "
        "{type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: x-served, value: shop}]}}], "
        "backendRefs: [{name: api, port: 80}]}"
    )
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEntities: [ingress]
    toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{headers: ["x-edge: yes"]}]}}]
"""
    lab = make(POOL, GATEWAY, rules(rule), policy)
    answer = lab.ask().answer
    assert answer is not None
    assert answer.status == 200
    assert (answer.headers or {})["x-served"] == "shop"
    lab.given(rules("{backendRefs: [{name: api, port: 80}]}"))
    assert lab.status() == 403


def test_a_mirror_gets_a_copy_and_its_answer_is_dropped(make: Make) -> None:
    rule = (
        "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: api, port: 80}}}], "
        "backendRefs: [{name: web, port: 80}]}"
    )
    lab = make(POOL, GATEWAY, rules(rule))
    assert lab.served_by() == "web"
    assert lab.flows("--to-label app=api --from-identity 8")


# ---------------------------------------------------------------- gRPC


def test_grpc_methods_match(make: Make) -> None:
    grpc = """
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: calls, namespace: shop}
spec:
  parentRefs: [{name: gw}]
  rules:
  - matches: [{method: {service: shop.Orders, method: Get}}]
    backendRefs: [{name: api, port: 80}]
  - matches: [{method: {service: shop.Carts}}]
    backendRefs: [{name: web, port: 80}]
"""
    lab = make(POOL, GATEWAY, grpc)
    call = {"method": "POST", "headers": {"content-type": "application/grpc"}}
    assert lab.served_by("/shop.Orders/Get", **call) == "api"
    assert lab.served_by("/shop.Carts/Any", **call) == "web"
    assert lab.status("/shop.Orders/Put", **call) == 404
    assert lab.status("/shop.Orders/Get", method="POST") == 404, "no gRPC call"


# ---------------------------------------------------------------- TLS


def test_tls_ends_at_the_gateway(make: Make) -> None:
    lab = make(POOL, certificate("tls"), https(), ROUTE)
    assert lab.status(port=443, sni="shop.example.com", host="shop.example.com") == 200
    assert lab.status(port=443, sni="", host=VIP) == 200
    assert lab.both(f"kubectl -n shop exec client -- curl -sk -o /dev/null -w '%{{http_code}}' https://{VIP}/") == "200"
    assert "curl: (60)" in lab.both(f"kubectl -n shop exec client -- curl -s -S https://{VIP}/")


def test_a_listener_with_a_hostname_answers_to_that_server_name_alone(make: Make) -> None:
    lab = make(POOL, certificate("tls"), https(hostname="shop.example.com"), ROUTE)
    assert lab.status(port=443, sni="shop.example.com", host="shop.example.com") == 200
    assert lab.ask(port=443, sni="other.example.com").answer is None
    shown = lab.both(f"kubectl -n shop exec client -- curl -s -S -k https://{VIP}/")
    assert "curl: (35) Recv failure: Connection reset by peer" in shown
    given = f"--resolve shop.example.com:443:{VIP} https://shop.example.com/"
    assert '"pod":"web-' in lab.both(f"kubectl -n shop exec client -- curl -s -k {given}")


def test_tls_may_pass_through_to_a_backend(make: Make) -> None:
    gateway = GATEWAY.replace(
        "[{name: http, port: 80, protocol: HTTP}]", "[{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}]"
    )
    tls = """
apiVersion: gateway.networking.k8s.io/v1alpha3
kind: TLSRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: gw}]
  hostnames: [shop.example.com]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""
    lab = make(POOL, gateway, tls)
    assert lab.parent("web", "Accepted", resource="tlsroutes") == ("True", "Accepted", "Accepted TLSRoute")
    assert lab.listener_status("tls")["attachedRoutes"] == 1
    assert lab.served_by(port=443, sni="shop.example.com") == "web"
    assert lab.ask(port=443, sni="other.example.com").answer is None


# ---------------------------------------------------------------- ways in


def test_clients_outside_come_in_by_a_node_port(lab: Lab) -> None:
    assert lab.from_outside().answer is not None
    nodes = {
        lab.ask(to=ip, port=lab.node_port(), client="172.18.0.100").outcome.value for ip in ("172.18.0.2", "172.18.0.4")
    }
    assert nodes == {"ok"}


def test_pods_come_in_by_the_service_name_too(lab: Lab) -> None:
    shown = lab.both("kubectl -n shop exec client -- curl -s http://cilium-gateway-gw/")
    assert '"pod":"web-' in shown


def test_a_local_traffic_policy_changes_nothing_for_envoy(make: Make) -> None:
    """Every node's Envoy takes its own node's traffic and balances over the backends of all nodes."""
    lab = make(POOL, GATEWAY, ROUTE, values={**ON, "gatewayAPI": {"enabled": True, "externalTrafficPolicy": "Local"}})
    assert lab.get("services", "cilium-gateway-gw")["spec"]["externalTrafficPolicy"] == "Local"
    lab.both("kubectl -n shop scale deployment web --replicas=1")
    lab.world.advance(5)
    for ip in ("172.18.0.2", "172.18.0.3", "172.18.0.4"):
        assert lab.ask(to=ip, port=lab.node_port(), client="172.18.0.100").answer is not None


def test_a_service_without_pods_answers_503(lab: Lab) -> None:
    lab.both("kubectl -n shop scale deployment web --replicas=0")
    lab.world.advance(3)
    answer = lab.ask().answer
    assert answer is not None
    assert (answer.status, answer.body) == (503, "no healthy upstream")
    assert lab.parent("web", "ResolvedRefs")[0] == "True"
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
