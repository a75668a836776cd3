"""What routes say of their parents: who took them, who did not and why, and which reference leads nowhere.

Expectations: reference kubectl.md, section 8; cilium/cilium v1.19 operator/pkg/gateway-api/routechecks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gateway.lab import GATEWAY, POOL, ROUTE, Lab

Make = Callable[..., Lab]
TAKEN = ("True", "Accepted", "Accepted HTTPRoute")
RESOLVED = ("True", "ResolvedRefs", "Service reference is valid")
GRANT = """
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: shop, namespace: infra}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
"""


def listeners(text: str) -> str:
    """The Gateway with other listeners."""
    return GATEWAY.replace("[{name: http, port: 80, protocol: HTTP}]", text)


def route(
    parent: str = "{name: gw}", *, backend: str = "{name: web, port: 80}", namespace: str = "shop", more: str = ""
) -> str:
    """A route with one rule."""
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: {namespace}}}
spec:
  parentRefs: [{parent}]
  rules: [{{backendRefs: [{backend}]}}]
{more}"""


def test_a_route_is_taken_and_its_references_are_resolved(lab: Lab) -> None:
    assert lab.parent("web", "Accepted") == TAKEN
    assert lab.parent("web", "ResolvedRefs") == RESOLVED
    [parent] = lab.get("httproutes", "web")["status"]["parents"]
    assert parent["controllerName"] == "io.cilium/gateway-controller"
    assert parent["parentRef"]["name"] == "gw"
    described = lab.both("kubectl -n shop describe httproute web")
    assert "Accepted HTTPRoute" in described
    assert "Service reference is valid" in described


@pytest.mark.parametrize(
    ("gateway", "parent", "more", "reason", "message"),
    [
        (GATEWAY, "{name: gw, sectionName: https}", "", "NoMatchingParent",
         "No matching listener with sectionName https"),
        (GATEWAY, "{name: gw, port: 8080}", "", "NoMatchingParent", "No matching listener with port 8080"),
        (listeners("[{name: http, port: 80, protocol: HTTP, hostname: '*.example.com'}]"), "{name: gw}",
         "  hostnames: [shop.example.org]", "NoMatchingListenerHostname", "No matching listener hostname"),
        (listeners("[{name: http, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}]"),
         "{name: gw}", "", "NotAllowedByListeners",
         "HTTPRoute is not allowed to attach to this Gateway due to route kind restrictions"),
    ],
)  # fmt: skip
def test_a_route_that_no_listener_takes_says_why(
    make: Make, gateway: str, parent: str, more: str, reason: str, message: str
) -> None:
    lab = make(POOL, gateway, route(parent, more=more))
    assert lab.parent("web", "Accepted") == ("False", reason, message)
    assert lab.parent("web", "ResolvedRefs") == RESOLVED
    assert [each["attachedRoutes"] for each in lab.get("gateways", "gw")["status"]["listeners"]] == [0]
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert lab.status(host="shop.example.org") == 404


@pytest.mark.parametrize(
    ("allowed", "is_taken", "cause"),
    [
        ("{from: Same}", False, "namespace restrictions"),
        ("{from: All}", True, ""),
        ("{from: Selector, selector: {matchLabels: {team: infra}}}", True, ""),
        ("{from: Selector, selector: {matchLabels: {team: other}}}", False, "namespace selector restrictions"),
    ],
)
def test_who_may_attach_from_another_namespace(make: Make, allowed: str, is_taken: bool, cause: str) -> None:
    gateway = listeners(f"[{{name: http, port: 80, protocol: HTTP, allowedRoutes: {{namespaces: {allowed}}}}}]")
    foreign = route("{name: gw, namespace: shop}", backend="{name: shared, port: 80}", namespace="infra")
    lab = make(POOL, gateway, foreign)
    refused = (
        "False", "NotAllowedByListeners", f"HTTPRoute is not allowed to attach to this Gateway due to {cause}",
    )  # fmt: skip
    assert lab.parent("web", "Accepted", namespace="infra") == (TAKEN if is_taken else refused)
    assert lab.listener_status("http")["attachedRoutes"] == int(is_taken)
    assert lab.status() == (200 if is_taken else 404)


def test_a_namespace_that_gets_the_label_may_attach(make: Make) -> None:
    gateway = listeners(
        "[{name: http, port: 80, protocol: HTTP, "
        "allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {edge: ok}}}}}]"
    )
    foreign = route("{name: gw, namespace: shop}", backend="{name: shared, port: 80}", namespace="infra")
    lab = make(POOL, gateway, foreign)
    assert lab.parent("web", "Accepted", namespace="infra")[0] == "False"
    lab.both("kubectl label namespace infra edge=ok")
    assert lab.parent("web", "Accepted", namespace="infra") == TAKEN


@pytest.mark.parametrize(
    ("backend", "reason", "message"),
    [
        ("{name: gone, port: 80}", "BackendNotFound", 'Service "gone" not found'),
        ("{name: shared, namespace: infra, port: 80}", "RefNotPermitted", "Cross namespace references are not allowed"),
        ("{group: example.com, kind: Bucket, name: web}", "InvalidKind", "Unsupported backend kind Bucket"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told_and_answered_with_500(
    make: Make, backend: str, reason: str, message: str
) -> None:
    lab = make(POOL, GATEWAY, route(backend=backend))
    assert lab.parent("web", "Accepted") == TAKEN
    assert lab.parent("web", "ResolvedRefs") == ("False", reason, message)
    assert lab.status() == 500


def test_a_grant_lets_a_route_refer_to_another_namespace(make: Make) -> None:
    lab = make(POOL, GATEWAY, route(backend="{name: shared, namespace: infra, port: 80}"), GRANT)
    assert lab.parent("web", "ResolvedRefs") == RESOLVED
    assert lab.served_by() == "shared"
    lab.both("kubectl -n infra delete referencegrant shop")
    assert lab.parent("web", "ResolvedRefs")[:2] == ("False", "RefNotPermitted")
    assert lab.status() == 500


@pytest.mark.parametrize(
    "wrong",
    [
        GRANT.replace("kind: HTTPRoute", "kind: GRPCRoute"),
        GRANT.replace("namespace: shop}]", "namespace: other}]"),
        GRANT.replace("kind: Service}", "kind: Service, name: other}"),
        GRANT.replace("kind: Service}", "kind: Secret}"),
        GRANT.replace("namespace: infra}", "namespace: shop}"),
    ],
)
def test_a_grant_for_something_else_does_not_help(make: Make, wrong: str) -> None:
    lab = make(POOL, GATEWAY, route(backend="{name: shared, namespace: infra, port: 80}"), wrong)
    assert lab.parent("web", "ResolvedRefs")[:2] == ("False", "RefNotPermitted")


def test_a_service_that_comes_later_resolves_the_reference(make: Make) -> None:
    lab = make(POOL, GATEWAY, route(backend="{name: late, port: 80}"))
    assert lab.parent("web", "ResolvedRefs")[1] == "BackendNotFound"
    lab.both("kubectl -n shop expose deployment web --name=late --port=80 --target-port=8080")
    assert lab.parent("web", "ResolvedRefs") == RESOLVED
    assert lab.status() == 200


def test_a_port_that_the_service_does_not_have_is_not_noticed_by_the_operator(make: Make) -> None:
    lab = make(POOL, GATEWAY, route(backend="{name: web, port: 8081}"))
    assert lab.parent("web", "ResolvedRefs") == RESOLVED
    answer = lab.ask().answer
    assert answer is not None
    assert (answer.status, answer.body) == (503, "no healthy upstream")


def test_a_route_to_a_gateway_that_is_not_there_has_no_status(make: Make) -> None:
    lab = make(POOL, route())
    assert "status" not in lab.get("httproutes", "web")
    lab.given(GATEWAY)
    assert lab.parent("web", "Accepted") == TAKEN


def test_each_parent_has_its_own_say(make: Make) -> None:
    lab = make(POOL, GATEWAY, route("{name: gw}, {name: gw, sectionName: https}".partition(",")[0]))
    lab.given(GATEWAY.replace("name: gw", "name: other"), route("{name: gw}, {name: other, sectionName: https}"))
    assert lab.parent("web", "Accepted") == TAKEN
    assert lab.parent("web", "Accepted", position=1)[:2] == ("False", "NoMatchingParent")


def test_a_foreign_controllers_say_is_left_alone(lab: Lab) -> None:
    status = lab.get("httproutes", "web")["status"]
    foreign = {"conditions": [], "controllerName": "example.com/other", "parentRef": {"name": "other"}}
    api = lab.world.cluster.api
    api.update_status("httproutes", lab.get("httproutes", "web"), {"parents": [foreign, *status["parents"]]})
    lab.world.settle()
    assert [each["controllerName"] for each in lab.get("httproutes", "web")["status"]["parents"]] == [
        "example.com/other", "io.cilium/gateway-controller",
    ]  # fmt: skip


def test_grpc_routes_have_the_same_conditions(make: Make) -> None:
    grpc = route(backend="{name: gone, port: 80}").replace("HTTPRoute", "GRPCRoute")
    lab = make(POOL, GATEWAY, grpc)
    assert lab.parent("web", "Accepted", resource="grpcroutes") == ("True", "Accepted", "Accepted GRPCRoute")
    assert lab.parent("web", "ResolvedRefs", resource="grpcroutes")[1] == "BackendNotFound"
    assert lab.both("kubectl -n shop get grpcroute").splitlines()[0].split() == ["NAME", "HOSTNAMES", "AGE"]


# ---------------------------------------------------------------- what the server refuses


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (route(backend="{name: web}"),
         "spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference"),
        (ROUTE.replace("rules: [{", "rules: [{matches: [{path: {value: api}}], "),
         "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"),
        (ROUTE.replace("rules: [{", "rules: [{matches: [{path: {value: /a//b}}], "),
         "must not contain '//' when type one of ['Exact', 'PathPrefix']"),
        (ROUTE.replace("rules: [{", "rules: [{matches: [{path: {type: Prefix, value: /a}}], "),
         'Unsupported value: "Prefix": supported values: "Exact", "PathPrefix", "RegularExpression"'),
        (ROUTE.replace("rules: [{", "rules: [{matches: [{method: get}], "),
         'Unsupported value: "get": supported values: "GET", "HEAD", "POST"'),
        (ROUTE.replace("rules: [{", "rules: [{filters: [{type: RequestRedirect, requestRedirect: {port: 81}}], "),
         "RequestRedirect filter must not be used together with backendRefs"),
        (ROUTE.replace("rules: [{", "rules: [{filters: [{type: URLRewrite}], "),
         "filter.urlRewrite must be specified for URLRewrite filter.type"),
        (ROUTE.replace("parentRefs: [{name: gw}]", "parentRefs: [{name: gw}, {name: gw}]"),
         "sectionName must be specified when parentRefs includes 2 or more references to the same parent"),
        (ROUTE.replace("backendRefs", "backends"), 'unknown field "spec.rules[0].backends"'),
        (listeners("[{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]"),
         "Listener name must be unique within the Gateway"),
        (listeners("[{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]"),
         "Combination of port, protocol and hostname must be unique for each listener"),
        (listeners("[{name: a, port: 443, protocol: HTTPS, tls: {mode: Terminate}}]"),
         "certificateRefs or options must be specified when mode is Terminate"),
        (listeners("[{name: a, port: 80, protocol: HTTP, tls: {certificateRefs: [{name: x}]}}]"),
         "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"),
    ],
)  # fmt: skip
def test_the_definitions_refuse(make: Make, text: str, told: str) -> None:
    lab = make(GATEWAY) if "HTTPRoute" in text else make()
    assert told in lab.typed(text)


def test_a_rule_without_a_match_takes_all_paths(lab: Lab) -> None:
    assert lab.get("httproutes", "web")["spec"]["rules"][0]["matches"] == [
        {"path": {"type": "PathPrefix", "value": "/"}}
    ]
