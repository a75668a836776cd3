"""A Gateway in front of a global service: backends of the other cluster, and what their policy takes Envoy for.

Expectations: cilium/cilium v1.19 Documentation/network/clustermesh/services.rst, pkg/node/manager (ingress addresses of
remote nodes carry the reserved identity ``ingress``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from quizgame.cluster.build import apply_manifest, default_specs
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from tests.gateway.lab import GATEWAY, ON, POOL, ROUTE, SHOP, Lab
from tests.lab import manifests_in

A, B = "kind-cluster-a", "kind-cluster-b"
GLOBAL = "kubectl -n shop annotate service web service.cilium.io/global=true"
CLOSED = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress: [{fromEndpoints: [{matchLabels: {app: nobody}}]}]
"""


@cache
def meshed() -> World:
    """Two joined clusters with the same shop, whose service ``web`` has backends in the second one alone."""
    specs = [replace(each, values={**each.values, **ON}, gateway_api=True) for each in default_specs(2, 1)]
    shop = [each for each in manifests_in(SHOP) if each]
    lab = Lab(assemble(specs, seed=7, manifests={A: [("shop", shop)], B: [("shop", shop)]}))
    for line in (
        f"cilium clustermesh enable --context {A} --service-type NodePort",
        f"cilium clustermesh enable --context {B} --service-type NodePort",
        f"cilium clustermesh connect --context {A} --destination-context {B} --allow-mismatching-ca",
        GLOBAL,
        f"{GLOBAL} --context {B}",
        "kubectl -n shop scale deployment web --replicas=0",
        "sleep 60",
    ):
        assert lab.result(line).exit == 0, line
    return lab.given(POOL, GATEWAY, ROUTE).world


def test_the_other_clusters_backends_serve_a_gateway() -> None:
    lab = Lab(meshed().fork())
    assert lab.seen("/")["cluster"] == "cluster-b"


def test_policy_of_the_other_cluster_takes_it_for_ingress() -> None:
    lab = Lab(meshed().fork())
    apply_manifest(lab.world.clusters[B], "policy", manifests_in(CLOSED))
    lab.world.settle()
    exchange = lab.ask("/")
    assert exchange.answer is not None
    assert exchange.answer.status == 503
    assert exchange.onward is not None
    assert exchange.onward.source_identity == 8
    opened = CLOSED.replace("fromEndpoints: [{matchLabels: {app: nobody}}]", "fromEntities: [ingress]")
    apply_manifest(lab.world.clusters[B], "policy", manifests_in(opened))
    lab.world.settle()
    assert lab.status("/") == 200
