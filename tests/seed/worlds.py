"""The worlds in which the founding document's lines, manifests and faults are played, and a lab to play them in.

Each world is built once for a test process; a lab is a fork of one, so no test sees what another did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.cluster.apps import Server
from quizgame.cluster.bgp.router import Router, RouterNeighbor
from quizgame.cluster.build import ClusterSpec, Manifest
from quizgame.cluster.fabric import Fabric, Traffic, agent_on, agents_of, fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.topology import outside_origin
from quizgame.game.worlds import Surroundings, assemble, free_shell
from quizgame.goflags.times import SECOND
from quizgame.tools.output import render
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

ESCAPES = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
ROUTER_IP = "172.18.0.100"
EGRESS_IP = "172.18.0.77"
"""An address that kind-worker2 has beside its own."""
PARTNER = "10.200.0.9"
"""A host outside that lets in EGRESS_IP alone."""
CLIENT_IP = "198.51.100.7"
"""A client outside, behind the router."""

SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: basket, namespace: shop}
spec:
  selector: {matchLabels: {app: basket}}
  template:
    metadata: {labels: {app: basket}}
    spec:
      tolerations: [{operator: Exists}]
      containers: [{name: basket, image: nginx, ports: [{containerPort: 8080}]}]
---
apiVersion: v1
kind: Service
metadata: {name: basket, namespace: shop}
spec: {selector: {app: basket}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: front, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec: {containers: [{name: front, image: curl, command: [sleep]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: batch, namespace: shop}
spec:
  selector: {matchLabels: {app: batch}}
  template:
    metadata: {labels: {app: batch}}
    spec: {containers: [{name: batch, image: curl, command: [sleep]}]}
"""
"""A shop: one basket on every node, two fronts, one batch job."""

STALL = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: stall, namespace: shop}
spec:
  selector: {matchLabels: {app: stall}}
  template:
    metadata: {labels: {app: stall}}
    spec: {containers: [{name: stall, image: nginx, ports: [{containerPort: 3000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: stall, namespace: shop}
spec: {selector: {app: stall}, ports: [{port: 3000}]}
"""
POOL = """
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: stalls}
spec: {blocks: [{cidr: 172.18.240.0/28}]}
"""

GUARD = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: basket, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: basket}}
  ingress: [{fromEndpoints: [{matchLabels: {app: front}}]}]
"""

LEDGER = """
apiVersion: v1
kind: Namespace
metadata: {name: ledger}
---
apiVersion: v1
kind: Service
metadata: {name: postgres, namespace: ledger, annotations: {service.cilium.io/global: "true"}}
spec: {selector: {app: postgres}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: payment-api, namespace: ledger}
spec:
  selector: {matchLabels: {app: payment-api}}
  template:
    metadata: {labels: {app: payment-api, cluster: old}}
    spec: {containers: [{name: api, image: curl, command: [sleep]}]}
---
apiVersion: v1
kind: Service
metadata: {name: payment-api, namespace: ledger}
spec: {selector: {app: payment-api}, ports: [{port: 80}]}
"""
LOADER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: loader, namespace: ledger}
spec:
  selector: {matchLabels: {app: loader}}
  template:
    metadata: {labels: {app: loader}}
    spec: {containers: [{name: loader, image: loader}]}
"""
LOADER_LOG = 'could not connect to server "postgres": Connection timed out'
POSTGRES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: postgres, namespace: ledger}
spec:
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres}}
    spec: {containers: [{name: postgres, image: postgres, ports: [{containerPort: 5432}]}]}
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: postgres-clients}
spec:
  endpointSelector: {matchLabels: {app: postgres}}
  ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": ledger, cluster: old}}]}]
"""
"""A database whose policy asks for a label that only the pods of the old cluster carry."""

BGP = """
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: tor}
spec: {families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {advertise: bgp}}}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: ranges, labels: {advertise: bgp}}
spec:
  advertisements:
  - advertisementType: PodCIDR
  - advertisementType: Service
    service: {addresses: [LoadBalancerIP]}
    selector: {matchLabels: {expose: bgp}}
---
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: rack}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  bgpInstances:
  - name: rack
    localASN: 65001
    peers: [{name: tor, peerASN: 65000, peerAddress: 172.18.0.100, peerConfigRef: {name: tor}}]
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line gave, without colours."""

    exit: int
    out: str
    err: str

    @property
    def both(self) -> str:
        """Both streams, as a terminal shows them."""
        return self.out + self.err


@dataclass
class Lab:
    """A world of one's own and a shell in it."""

    world: World

    def __post_init__(self) -> None:
        self._run = free_shell(self.world).run_line

    def run(self, line: str) -> Answer:
        """Play a line."""
        got = self._run(line)
        return Answer(got.exit, ESCAPES.sub("", render(got.stdout)), ESCAPES.sub("", render(got.stderr)))

    def do(self, *lines: str) -> None:
        """Play lines that must succeed."""
        for line in lines:
            got = self.run(line)
            assert got.exit == 0, f"{line}\n{got.both}"

    def out(self, line: str) -> str:
        """What a line that must succeed prints on stdout."""
        got = self.run(line)
        assert got.exit == 0, f"{line}\n{got.both}"
        return got.out

    def apply(self, text: str, flags: str = "") -> Answer:
        """Apply manifests as a learner does."""
        return self.run(f"kubectl {flags} apply -f - <<'END'\n{text}\nEND")

    def agent(self, node: str) -> Agent:
        """The agent of a node, whichever cluster it is in."""
        [context] = [each.context for each in self.world.clusters.values() if node in each.agents]
        return agent_on(self.world, context, node)

    def agents(self) -> list[Agent]:
        """All agents."""
        return [agent for cluster in self.world.clusters.values() for agent in agents_of(cluster)]

    @property
    def fabric(self) -> Fabric:
        """What lies around the clusters."""
        return fabric_of(self.world)

    def block(self, *blocks: Block) -> None:
        """Let firewalls drop traffic."""
        self.fabric.links = Links((*self.fabric.links.blocks, *blocks))
        self.world.settle()

    def visit(self, client: str, ip: str, port: int) -> bool:
        """Whether a client outside gets a connection."""
        return tcp(self.world, outside_origin(client), ip, port).outcome is Outcome.OK

    def router(self, **changed: Any) -> None:
        """Change the router, and let sessions notice."""
        routers = {ROUTER_IP: replace(self.fabric.outside.routers[ROUTER_IP], **changed)}
        self.fabric.outside = replace(self.fabric.outside, routers=routers)
        self.world.advance(120)


def _documents(*texts: str) -> list[Manifest]:
    return [
        (f"world {number}", [each.data for each in load_documents(text, "world", dialect=Dialect.KUBERNETES)])
        for number, text in enumerate(texts)
    ]


def _one(
    *texts: str,
    values: Mapping[str, Any] | None = None,
    around: Surroundings | None = None,
    gateway_api: bool = False,
) -> World:
    spec = ClusterSpec(values=values or {}, node_addresses={"kind-worker2": (EGRESS_IP,)}, gateway_api=gateway_api)
    return assemble([spec], seed=0, manifests=_documents(*texts), surroundings=around)


def pair_specs(cilium: str, names: Sequence[str] = ("cluster-a", "cluster-b")) -> list[ClusterSpec]:
    """Two clusters of one worker, with ranges that do not overlap."""
    return [
        ClusterSpec(
            context=f"kind-{name}",
            cluster_name=name,
            cluster_id=number + 1,
            workers=1,
            pod_cidr=f"10.{244 + number}.0.0/16",
            service_cidr=f"10.{96 + number}.0.0/16",
            first_host=2 + 2 * number,
            cilium=cilium,
        )
        for number, name in enumerate(names)
    ]


def _shared_trust() -> World:
    """Two clusters with Cilium and one CA."""
    lab = Lab(assemble(pair_specs("1.19.5"), seed=0))
    lab.do(
        "kubectl --context kind-cluster-b -n kube-system delete secret cilium-ca",
        "kubectl --context kind-cluster-a -n kube-system get secret cilium-ca -o yaml "
        "| kubectl --context kind-cluster-b create -f -",
    )
    return lab.world


def _meshed() -> World:
    """The clusters old and new, joined; the database is in old, its clients are in both."""
    old, new = pair_specs("1.19.5", ("old", "new"))
    gave_up = AppFault("ledger", AppState.CRASHES, "loader", message=LOADER_LOG)
    specs = [old, replace(new, app_faults=(gave_up,))]
    moved = LEDGER.replace("cluster: old", "cluster: new")
    manifests = {"kind-old": _documents(LEDGER, POSTGRES), "kind-new": _documents(moved, LOADER)}
    around = Surroundings(servers=(Server("ledger", "postgres-*", (5432,), "tcp"),))
    lab = Lab(assemble(specs, seed=0, manifests=manifests, surroundings=around))
    lab.do(
        "cilium clustermesh enable --context kind-old --service-type NodePort",
        "cilium clustermesh enable --context kind-new --service-type NodePort",
        "cilium clustermesh connect --context kind-old --destination-context kind-new --allow-mismatching-ca",
        "cilium clustermesh status --context kind-old --wait",
    )
    return lab.world


def _routed() -> World:
    router = Router(ROUTER_IP, 65000, "tor", (RouterNeighbor("172.18.0.0/16", 65001),), announces=("0.0.0.0/0",))
    values = {"bgpControlPlane": {"enabled": True}}
    around = Surroundings(Outside(routers={ROUTER_IP: router}))
    world = _one(SHOP, BGP, values=values, around=around)
    world.advance(30)
    return world


def _outside() -> Outside:
    hosts = {PARTNER: OutsideHost(PARTNER, allowed_sources=(EGRESS_IP,))}
    return Outside(
        names={"api.example.com": ("203.0.113.8",)}, hosts={**hosts, "203.0.113.8": OutsideHost("203.0.113.8")}
    )


def _busy() -> World:
    """A guarded shop with clients that call by themselves."""
    calls = [
        Traffic("kind-kind", "shop", name, "basket.shop.svc.cluster.local", 8080, SECOND, path="/cart")
        for name in ("front", "batch")
    ]
    world = _one(SHOP, GUARD, around=Surroundings(traffic=tuple(calls)))
    world.advance(20)
    return world


def joined_pair() -> Lab:
    """Two clusters of one CA, joined; built anew for whoever asks."""
    joined = Lab(_shared_trust().fork())
    joined.do(
        "cilium clustermesh enable --context kind-cluster-a --service-type NodePort",
        "cilium clustermesh enable --context kind-cluster-b --service-type NodePort",
        "cilium clustermesh connect --context kind-cluster-a --destination-context kind-cluster-b",
        "cilium clustermesh status --context kind-cluster-a --wait",
    )
    return joined


_BUILDERS: Mapping[str, Callable[[], World]] = {
    "shop": lambda: _one(SHOP, around=Surroundings(_outside())),
    "busy": _busy,
    "cluster-pool": lambda: _one(SHOP, values={"ipam": {"mode": "cluster-pool"}}),
    "bare": lambda: assemble(pair_specs(""), seed=0),
    "pair": _shared_trust,
    "mesh": _meshed,
    "bgp": _routed,
    "gateway": lambda: _one(SHOP, STALL, POOL, values={"gatewayAPI": {"enabled": True}}, gateway_api=True),
    "l2": lambda: _one(SHOP, values={"l2announcements": {"enabled": True}}),
    "egress": lambda: _one(
        SHOP, values={"egressGateway": {"enabled": True}}, around=Surroundings(_outside())
    ),
}  # fmt: skip
"""Name of a world → what builds it."""


@lru_cache
def _built(name: str) -> World:
    return _BUILDERS[name]()


def lab(name: str) -> Lab:
    """A lab in a fork of a world."""
    return Lab(_built(name).fork())
