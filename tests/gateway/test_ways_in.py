"""How clients outside come to a Gateway's address: by L2 announcements, by BGP, or not at all.

Expectations: cilium/cilium v1.19 Documentation/network/l2-announcements.rst, network/bgp-control-plane,
network/servicemesh/gateway-api (addresses, hostNetwork);
the Service of a Gateway is one of type LoadBalancer as any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest

from quizgame.cluster.bgp.router import Router, RouterNeighbor
from quizgame.cluster.build import ClusterSpec
from quizgame.cluster.outside import Outside
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Outcome
from quizgame.game.worlds import Surroundings, assemble
from tests.gateway.lab import GATEWAY, ON, OUTSIDE, POOL, ROUTE, SHOP, VIP, Lab
from tests.lab import manifests_in

Make = Callable[..., Lab]
FAR = "198.51.100.7"
"""A client behind the router."""
L2 = """
apiVersion: cilium.io/v2alpha1
kind: CiliumL2AnnouncementPolicy
metadata: {name: all}
spec: {loadBalancerIPs: true, interfaces: [eth0]}
"""
BGP = """
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: tor}
spec:
  timers: {holdTimeSeconds: 9, keepAliveTimeSeconds: 3}
  families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {advertise: bgp}}}]
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: gateways, labels: {advertise: bgp}}
spec:
  advertisements:
  - advertisementType: Service
    service: {addresses: [LoadBalancerIP]}
    selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: gw}}
---
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: main}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  bgpInstances:
  - name: i
    localASN: 65001
    peers: [{name: tor0, peerASN: 65000, peerAddress: 172.18.0.9, peerConfigRef: {name: tor}}]
"""
ROUTER = Router("172.18.0.9", 65000, "tor0", (RouterNeighbor("172.18.0.0/16", 65001),), announces=("0.0.0.0/0",))


@cache
def bgp_world() -> World:
    """A cluster that speaks BGP with a router."""
    spec = ClusterSpec(workers=2, values={**ON, "bgpControlPlane": {"enabled": True}}, gateway_api=True)
    around = Surroundings(outside=Outside(routers={ROUTER.address: ROUTER}))
    return assemble(
        [spec], seed=7, manifests=[("test", [each for each in manifests_in(SHOP) if each])], surroundings=around
    )


@pytest.fixture
def announced(make: Make) -> Lab:
    """A Gateway whose address a node answers for."""
    lab = make(POOL, GATEWAY, ROUTE, L2, values={**ON, "l2announcements": {"enabled": True}})
    lab.world.advance(20)
    return lab


def test_nobody_answers_for_an_address_that_is_not_announced(lab: Lab) -> None:
    assert lab.condition("gateways", "gw", "Programmed")[0] == "True"
    assert lab.ask(client=OUTSIDE).outcome is Outcome.TIMEOUT
    assert lab.status() == 200
    assert lab.from_outside().outcome is Outcome.OK


def test_the_node_with_the_lease_leads_to_its_envoy(announced: Lab) -> None:
    holder = announced.both(
        "kubectl -n kube-system get lease cilium-l2announce-shop-cilium-gateway-gw -o jsonpath='{.spec.holderIdentity}'"
    )
    exchange = announced.ask(client=OUTSIDE)
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    came = [each for each in announced.flows("--type trace:to-proxy") if each["IP"]["source"] == OUTSIDE]
    assert {each["node_name"].split("/")[-1] for each in came} == {holder}
    assert {each["source"]["labels"][0] for each in came} == {"reserved:world"}
    sent = [each for each in announced.flows("--to-label app=web --type trace") if each["source"]["identity"] == 8]
    assert {each["IP"]["source"] for each in sent} == {announced.agent(holder).ingress_ip}


def test_with_its_envoy_down_the_node_with_the_lease_answers_nobody(announced: Lab) -> None:
    announced.keep_to_nodes("cilium-envoy", "nowhere", "yes")
    assert announced.ask(client=OUTSIDE).outcome is Outcome.TIMEOUT
    assert "172.18.255.0" in announced.both("kubectl -n shop get gateway gw")
    assert announced.condition("gateways", "gw", "Programmed")[0] == "True"


def test_every_node_tells_the_router_of_the_gateways_address() -> None:
    lab = Lab(bgp_world().fork()).given(POOL, GATEWAY, ROUTE)
    lab.world.advance(10)
    assert lab.ask(client=FAR).outcome is Outcome.TIMEOUT
    lab.given(BGP)
    lab.world.advance(30)
    assert lab.both("cilium bgp routes advertised ipv4 unicast").count(f"{VIP}/32") == 3
    exchange = lab.ask(client=FAR)
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    assert exchange.onward is not None
    lab.both("kubectl -n shop delete gateway gw")
    lab.world.advance(10)
    assert f"{VIP}/32" not in lab.both("cilium bgp routes advertised ipv4 unicast")
    assert lab.ask(client=FAR).outcome is Outcome.TIMEOUT


def test_labels_for_the_service_come_from_the_gateways_infrastructure() -> None:
    wanting = BGP.replace("gateway.networking.k8s.io/gateway-name: gw", "expose: bgp")
    lab = Lab(bgp_world().fork()).given(POOL, GATEWAY, ROUTE, wanting)
    lab.world.advance(30)
    assert f"{VIP}/32" not in lab.both("cilium bgp routes advertised ipv4 unicast")
    patch = json.dumps({"spec": {"infrastructure": {"labels": {"expose": "bgp"}}}})
    lab.both(f"kubectl -n shop patch gateway gw --type merge -p '{patch}'")
    lab.world.advance(10)
    assert f"{VIP}/32" in lab.both("cilium bgp routes advertised ipv4 unicast")
