"""A cluster that announces a service on its nodes' network, a shell on it, and clients outside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import Block
from quizgame.cluster.outside import Outside
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Exchange, Outcome, tcp
from quizgame.datapath.topology import outside_origin
from quizgame.game.worlds import assemble
from tests.lab import BareLab, manifests_in

NEIGHBOUR, FAR_AWAY = "172.18.0.200", "198.51.100.7"
"""A client on the nodes' network, and one behind routers."""
VIP = "172.18.255.192"
LEASE = "cilium-l2announce-default-web"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeName: kind-worker
      containers: [{name: c, image: web, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {announce: l2}}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
---
"""
POOL = """
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: pool}
spec: {blocks: [{cidr: 172.18.255.192/28}]}
---
"""
POLICY = """
apiVersion: cilium.io/v2alpha1
kind: CiliumL2AnnouncementPolicy
metadata: {name: l2}
spec:
  loadBalancerIPs: true
  serviceSelector: {matchLabels: {announce: l2}}
  nodeSelector: {matchExpressions: [{key: node-role.kubernetes.io/control-plane, operator: DoesNotExist}]}
  interfaces: ['^eth[0-9]+']
---
"""
ON: dict[str, Any] = {"l2announcements": {"enabled": True}, "kubeProxyReplacement": True}


@lru_cache(maxsize=8)
def _world(values: str, manifests: str, clusters: int) -> World:
    specs = [replace(spec, values=json.loads(values)) for spec in default_specs(clusters)]
    documents = manifests_in(manifests)
    return assemble(specs, seed=0, manifests=[("web.yaml", documents)] if documents else [])


class Lab(BareLab):
    """A shell on a world, and what can be done to it."""

    run, out = BareLab.result, BareLab.both

    def lease(self) -> Mapping[str, Any]:
        """The lease's spec; empty where there is none."""
        node = self.world.cluster.api.find("leases", LEASE, "kube-system")
        return {} if node is None else node["spec"]

    @property
    def holder(self) -> str:
        """The node that holds the lease."""
        return str(self.lease().get("holderIdentity", ""))

    @property
    def other(self) -> str:
        """The worker that does not hold the lease."""
        return {"kind-worker": "kind-worker2", "kind-worker2": "kind-worker"}[self.holder]

    def announced(self) -> dict[str, set[str]]:
        """Node → addresses, as the agents' own tables show them; nodes without any are left out."""
        found = {}
        for agent in agents_of(self.world.cluster):
            if agent.is_serving:
                rows = self.dbg(agent.node, "shell -- db/show l2-announce").splitlines()[1:]
                if rows := [row for row in rows if row.strip()]:
                    found[agent.node] = {row.split()[0] for row in rows}
        return found

    def visit(self, ip: str = VIP, client: str = NEIGHBOUR) -> Exchange:
        """Connect from outside."""
        return tcp(self.world, outside_origin(client), ip, 80, timeout_ns=3_000_000_000)

    def reaches(self, ip: str = VIP, client: str = NEIGHBOUR) -> bool:
        """Whether a client outside gets through."""
        return self.visit(ip, client).outcome is Outcome.OK

    def entry(self, ip: str = VIP) -> str:
        """The node that a client's packets for an address go to."""
        return self.visit(ip).course.hops[0].node.rpartition("/")[2]

    def cut_off(self, node: str) -> None:
        """Take a node's way to the API server away."""
        self.block(Block(f"kind-kind/{node}", "kind-kind/kind-control-plane", "TCP", 6443))

    def restart_agents(self) -> None:
        """Roll all agents, until they serve again."""
        self.run("kubectl -n kube-system rollout restart ds/cilium")
        self.run("kubectl -n kube-system rollout status ds/cilium")


Make = Callable[..., Lab]


@pytest.fixture
def make() -> Make:
    """Build a lab: ``make(manifests, values=…, clusters=…, outside=…)``."""

    def build(
        manifests: str = WEB + POOL + POLICY,
        values: Mapping[str, Any] | None = None,
        *,
        clusters: int = 1,
        outside: Outside | None = None,
    ) -> Lab:
        world = _world(json.dumps(ON if values is None else values, sort_keys=True), manifests, clusters).fork()
        if outside is not None:
            fabric_of(world).outside = outside
            world.advance(10)
        return Lab(world)

    return build


@pytest.fixture
def lab(make: Make) -> Lab:
    """A cluster that announces one service from one of its workers."""
    return make()


class Manifests:
    """The manifests that labs are made of."""

    web, pool, policy = WEB, POOL, POLICY
    client = "apiVersion: v1\nkind: Pod\nmetadata: {name: client}\nspec: {containers: [{name: c, image: tools}]}\n---\n"
    shells = "".join(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: shell-{node}}}\n"
        f"spec: {{nodeName: {node}, hostNetwork: true, containers: [{{name: c, image: tools}}]}}\n---\n"
        for node in ("kind-worker", "kind-worker2")
    )
    bgp = """
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: tor}
spec:
  families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {advertise: bgp}}}]
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: all, labels: {advertise: bgp}}
spec:
  advertisements:
  - advertisementType: Service
    service: {addresses: [LoadBalancerIP]}
    selector: {matchExpressions: [{key: announce, operator: Exists}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: main}
spec:
  bgpInstances:
  - name: i
    localASN: 65001
    peers: [{name: tor0, peerASN: 65000, peerAddress: 172.18.0.5, peerConfigRef: {name: tor}}]
---
"""


@pytest.fixture
def manifests() -> type[Manifests]:
    """The manifests that labs are made of."""
    return Manifests
