"""A cluster with the BGP control plane on, and a router beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from quizgame.cluster.bgp.router import Router, RouterNeighbor
from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block
from quizgame.cluster.outside import Outside
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Exchange, tcp
from quizgame.datapath.topology import outside_origin
from quizgame.game.worlds import Surroundings, assemble
from tests.lab import BareLab, manifests_in

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {expose: bgp}}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: blue}
spec: {blocks: [{cidr: 10.50.0.0/29}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: tor}
spec:
  timers: {holdTimeSeconds: 9, keepAliveTimeSeconds: 3}
  families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {advertise: bgp}}}]
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: all, labels: {advertise: bgp}}
spec:
  advertisements:
  - advertisementType: PodCIDR
  - advertisementType: Service
    service: {addresses: [LoadBalancerIP]}
    selector: {matchLabels: {expose: bgp}}
---
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: main}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  bgpInstances:
  - name: i
    localASN: 65001
    peers: [{name: tor0, peerASN: 65000, peerAddress: 172.18.0.5, peerConfigRef: {name: tor}}]
"""
ROUTER = Router(
    "172.18.0.5", 65000, "tor0", (RouterNeighbor("172.18.0.0/16", 65001),), announces=("0.0.0.0/0", "203.0.113.0/24")
)
VALUES = {"bgpControlPlane": {"enabled": True}, "kubeProxyReplacement": True}
FULL_ROW = 9
"""Cells of a row with all columns; rows of further families have fewer."""
CLIENT = "198.51.100.7"


@lru_cache(maxsize=1)
def _world() -> World:
    specs = [replace(spec, values=VALUES) for spec in default_specs()]
    around = Surroundings(Outside(routers={ROUTER.address: ROUTER}))
    return assemble(specs, seed=0, manifests=[("web.yaml", manifests_in(WEB))], surroundings=around)


class Lab(BareLab):
    """A shell on a world with a router, and what can be done to both."""

    run = BareLab.result

    def patch(self, kind: str, name: str, patch: str) -> None:
        """Merge something into an object and let sessions react."""
        result = self.run(f"kubectl patch {kind} {name} --type merge -p '{patch}'")
        assert result.exit == 0, result.stderr
        self.world.advance(8)

    def router(self, **changed: Any) -> None:
        """Change the router."""
        fabric = fabric_of(self.world)
        routers = {ROUTER.address: replace(fabric.outside.routers[ROUTER.address], **changed)}
        fabric.outside = replace(fabric.outside, routers=routers)
        self.world.advance(8)

    def states(self) -> dict[str, tuple[str, str, str]]:
        """Node → state, received and advertised routes, as ``cilium bgp peers`` shows them."""
        rows = [line.split() for line in self.out("cilium bgp peers").splitlines()[1:]]
        return {row[0]: (row[4], row[7], row[8]) for row in rows if len(row) == FULL_ROW}

    def state(self) -> str:
        """The one state that all sessions are in; the other tools must show the same."""
        [state] = {state for state, _, _ in self.states().values()}
        row = self.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp peers").splitlines()[1].split()
        assert row[3] == state
        assert f"peeringState: {state}" in self.out("kubectl get ciliumbgpnodeconfigs -o yaml")
        return state

    def learned(self) -> set[tuple[str, str]]:
        """What the router goes by: prefix and next hop."""
        routes = fabric_of(self.world).route_tables.of(ROUTER.address, self.world.clock.now_ns)
        return {(each.prefix, each.next_hop) for each in routes}

    def visit(self, ip: str, port: int = 80) -> Exchange:
        """Connect from outside."""
        return tcp(self.world, outside_origin(CLIENT), ip, port)


@pytest.fixture
def lab() -> Lab:
    """A cluster of its own with established sessions."""
    world = _world().fork()
    return Lab(world)


@pytest.fixture
def blocked() -> Callable[..., Block]:
    """A firewall rule from the nodes to the outside."""

    def make(source: str = "kind-kind/*", destination: str = "outside", port: int | None = 179) -> Block:
        return Block(source, destination, "TCP", port)

    return make
