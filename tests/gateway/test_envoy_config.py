"""CiliumEnvoyConfigs that someone writes: an L7 load balancer for a service inside the cluster.

Expectations: cilium/cilium v1.19 Documentation/network/servicemesh/envoy-traffic-management.rst (clients keep their own
identity; both spellings of Envoy's fields).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.gateway.lab import ROUTE, Lab

Make = Callable[..., Lab]
ON = {"envoyConfig": {"enabled": True}, "kubeProxyReplacement": True}
LISTENER = """
  - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
    name: balancer
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: balancer
          rds: {route_config_name: routes}
          http_filters: [{name: envoy.filters.http.router}]
"""
ROUTES = """
  - "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
    name: routes
    virtual_hosts:
    - name: all
      domains: ["*"]
      routes:
      - match: {prefix: "/old"}
        route: {cluster: shop/api, prefix_rewrite: "/new"}
      - match: {prefix: "/"}
        route:
          weighted_clusters:
            clusters: [{name: shop/web, weight: 50}, {name: shop/api, weight: 50}]
"""
CLUSTERS = "".join(
    f"""
  - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
    name: shop/{name}
    connect_timeout: 5s
    lb_policy: ROUND_ROBIN
    type: EDS
"""
    for name in ("web", "api")
)
SPEC = f"""
spec:
  services: [{{name: web, namespace: shop}}]
  backendServices: [{{name: web, namespace: shop}}, {{name: api, namespace: shop}}]
  resources:
{LISTENER}{ROUTES}{CLUSTERS}
"""
CONFIG = f"apiVersion: cilium.io/v2\nkind: CiliumEnvoyConfig\nmetadata: {{name: lb, namespace: shop}}{SPEC}"
WIDE = f"apiVersion: cilium.io/v2\nkind: CiliumClusterwideEnvoyConfig\nmetadata: {{name: lb}}{SPEC}"


def ask(lab: Lab, path: str = "/") -> str:
    """The workload that answers to the service's name."""
    return lab.served_by(path, to=str(lab.get("services", "web")["spec"]["clusterIP"]), host="web")


@pytest.mark.parametrize("text", [CONFIG, WIDE])
def test_a_service_is_balanced_by_routes(make: Make, text: str) -> None:
    lab = make(text, values=ON, gateway_api=False)
    counts = Counter(ask(lab) for _ in range(60))
    assert set(counts) == {"web", "api"}
    assert lab.seen("/old/x", to=lab.get("services", "web")["spec"]["clusterIP"])["path"] == "/new/x"
    assert "l7-load-balancer" in lab.dbg("kind-worker", "bpf lb list")


def test_clients_keep_their_identity(make: Make) -> None:
    lab = make(CONFIG, values=ON, gateway_api=False)
    ask(lab, "/old")
    client = lab.get("pods", "client")["status"]["podIP"]
    requests = [each for each in lab.flows("--type l7 --http-method GET") if not each["is_reply"]]
    assert {each["source"]["pod_name"] for each in requests} == {"client"}
    assert {each["source"]["identity"] for each in requests} != {8}
    arrived = lab.flows("--type trace:to-endpoint --to-label app=api")
    assert {each["IP"]["source"] for each in arrived} == {client}


def test_backends_decide_by_the_client_itself(make: Make) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress: [{fromEndpoints: [{matchLabels: {app: client}}]}]
"""
    lab = make(CONFIG, policy, values=ON, gateway_api=False)
    assert ask(lab, "/old") == "api"
    lab.given(policy.replace("app: client", "app: other"))
    assert lab.status("/old", to=lab.get("services", "web")["spec"]["clusterIP"]) == 503


def test_without_the_feature_it_is_an_object_and_no_more(make: Make) -> None:
    lab = make(CONFIG, values={"kubeProxyReplacement": True}, gateway_api=False)
    assert {ask(lab) for _ in range(10)} == {"web"}
    assert "l7-load-balancer" not in lab.dbg("kind-worker", "bpf lb list")
    assert lab.both("kubectl -n shop get cec").splitlines()[1].split()[0] == "lb"


def test_it_ends_with_the_object(make: Make) -> None:
    lab = make(CONFIG, values=ON, gateway_api=False)
    lab.both("kubectl -n shop delete cec lb")
    assert {ask(lab) for _ in range(10)} == {"web"}


def test_a_node_selector_keeps_it_to_nodes(make: Make) -> None:
    lab = make(CONFIG + "  nodeSelector: {matchLabels: {kubernetes.io/hostname: none}}\n", values=ON, gateway_api=False)
    assert "l7-load-balancer" not in lab.dbg("kind-worker", "bpf lb list")
    assert {ask(lab) for _ in range(10)} == {"web"}


@pytest.mark.parametrize(
    "odd",
    [
        "{'@type': type.googleapis.com/envoy.config.listener.v3.Listener, name: x, filterChains: none}",
        "{'@type': type.googleapis.com/envoy.config.route.v3.RouteConfiguration, name: y, virtualHosts: [3]}",
        "{'@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, name: [z]}",
    ],
)
def test_resources_that_cannot_be_decoded_leave_the_service_alone(make: Make, odd: str) -> None:
    lab = make(f"""
apiVersion: cilium.io/v2
kind: CiliumEnvoyConfig
metadata: {{name: odd, namespace: shop}}
spec:
  services: [{{name: web, namespace: shop}}]
  resources:
  - {{'@type': type.googleapis.com/envoy.config.listener.v3.Listener, name: l}}
  - {odd}
""")
    assert lab.agent().envoy_configs == {}
    assert "l7-load-balancer" not in lab.dbg("kind-worker", "bpf lb list")
    assert lab.served_by("/", to=lab.get("services", "web")["spec"]["clusterIP"]) == "web"


def test_a_resource_that_is_no_object_is_refused(lab: Lab) -> None:
    # Source: the definition's schema: items are objects whose fields are preserved.
    told = lab.both("""kubectl apply -f - <<'X'
apiVersion: cilium.io/v2
kind: CiliumEnvoyConfig
metadata: {name: odd, namespace: shop}
spec: {resources: [7]}
X""")
    assert 'spec.resources[0]: Invalid value: "integer"' in told


def test_an_expression_that_is_none_fits_nothing(lab: Lab) -> None:
    rule = "rules: [{matches: [{path: {type: RegularExpression, value: '/a['}}], backendRefs: [{name: web, port: 80}]}]"
    lab.given(ROUTE.replace("rules: [{backendRefs: [{name: web, port: 80}]}]", rule))
    assert lab.status("/a[") == 404
