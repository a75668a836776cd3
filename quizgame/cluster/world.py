"""A world: clusters on one clock, with what lies between and outside them. The only owner of the passage of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from quizgame.cluster.agent.config import number_in
from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.appfaults import AppFault
from quizgame.cluster.auth.spire import Spire
from quizgame.cluster.clock import Clock
from quizgame.cluster.controllers.manager import ControllerManager
from quizgame.cluster.interfaces import AgentFactory, AgentPort, OperatorPort, Stepper, WorldPart
from quizgame.cluster.ipam.cloud import Cloud
from quizgame.cluster.objects import KubeObject, dig
from quizgame.errors import QuizgameError
from quizgame.goflags.times import SECOND

_MAX_ROUNDS = 500
"""Rounds after which a world that does not settle is taken for a bug."""


@dataclass(slots=True)
class Cluster:
    """One Kubernetes cluster with its Cilium."""

    context: str
    """The kubeconfig context, ``kind-kind``."""
    kind_name: str
    """What the cluster is called in the kubeconfig, ``kind-kind``; also its ``kind`` name with ``kind-`` before it."""
    api: ApiServer
    api_address: str
    """Address of the node on which the API server runs."""
    pod_cidr: str
    service_cidr: str
    agents: dict[str, AgentPort] = field(default_factory=dict)
    """Node name → its agent, whether running or not."""
    operator: OperatorPort | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Helm values of the Cilium release; empty where Cilium is not installed."""
    cilium_version: str = "1.19.5"
    """Version of the Cilium release, installed or to be installed."""
    app_faults: tuple[AppFault, ...] = ()
    """Declared misbehaviour of containers."""
    agent_factory: AgentFactory | None = None
    node_addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Node name → addresses that someone has added to its network device."""
    node_cidr: str = "172.18.0.0/16"
    """The network that its nodes stand in: one link, on which ARP is heard."""
    other_networks: tuple[str, ...] = ()
    """Further networks that some of its nodes stand in, behind a router each."""
    has_xdp: bool = True
    """Whether the drivers of its nodes' devices run XDP programs."""
    cloud: Cloud | None = None
    """The cloud whose instances its nodes are; ``None``: they are in none."""
    spire: Spire = field(default_factory=Spire)
    """What gives its identities certificates, where mutual authentication is installed."""
    controllers: ControllerManager = field(init=False)
    """Set by the builder, once the cluster is there for them to look after."""

    @property
    def config(self) -> Mapping[str, str]:
        """Data of ConfigMap ``kube-system/cilium-config`` as stored; what agents run with is their own matter."""
        found = self.api.find("configmaps", "cilium-config", "kube-system")
        data: Mapping[str, str] = dig(found, "data", default={})
        return data

    @property
    def cluster_name(self) -> str:
        """Cilium's name for the cluster."""
        return self.config.get("cluster-name", "default")

    @property
    def cluster_id(self) -> int:
        """Cilium's number for the cluster; 0 outside a mesh."""
        return number_in(self.config, "cluster-id")

    @property
    def nodes(self) -> list[KubeObject]:
        """The Node objects by name."""
        return self.api.list("nodes")

    @property
    def networks(self) -> tuple[str, ...]:
        """All networks that its nodes stand in."""
        return (self.node_cidr, *self.other_networks)

    def network_of(self, ip: str) -> str:
        """The network that an address of a node lies in; the first one for any other address."""
        address = IPv4Address(ip)
        return next((each for each in self.networks if address in IPv4Network(each)), self.node_cidr)

    def ensure_agent(self, node: str) -> AgentPort | None:
        """The agent of a node, made when the node is first met; ``None`` in a world without agents."""
        if node not in self.agents and self.agent_factory is not None:
            self.agents[node] = self.agent_factory(self, node)
            self.agents = dict(sorted(self.agents.items()))
        return self.agents.get(node)

    def fork(self, world: World) -> Cluster:
        """The same cluster in a forked world."""
        api = self.api.fork(world.clock)
        twin = Cluster(
            context=self.context,
            kind_name=self.kind_name,
            api=api,
            api_address=self.api_address,
            pod_cidr=self.pod_cidr,
            service_cidr=self.service_cidr,
            values=self.values,
            cilium_version=self.cilium_version,
            app_faults=self.app_faults,
            agent_factory=self.agent_factory,
            node_addresses=self.node_addresses,
            has_xdp=self.has_xdp,
            cloud=self.cloud,
            node_cidr=self.node_cidr,
            other_networks=self.other_networks,
            spire=self.spire.fork(),
        )
        twin.controllers = self.controllers.fork(twin)
        twin.agents = {name: agent.fork(twin) for name, agent in self.agents.items()}
        twin.operator = self.operator.fork(twin) if self.operator is not None else None
        return twin


class World:
    """Clusters, the space around them, and the clock."""

    __slots__ = ("clock", "clusters", "current_context", "parts", "pause", "seed", "steppers")

    def __init__(self, *, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.clusters: dict[str, Cluster] = {}
        """By context, in the order of the kubeconfig."""
        self.current_context = ""
        self.parts: dict[str, WorldPart] = {}
        """What else is forked with the world, by name: ``outside``, ``mesh``, ``links``, ``traffic`` …"""
        self.steppers: tuple[Stepper, ...] = ()
        """Called for each step of the clock (background traffic is one)."""
        self.pause: Callable[[int], bool] | None = None
        """While a program runs beside others: called with the instant it waits for, which passes without its doing;
        ``False`` where that instant is now."""

    @property
    def cluster(self) -> Cluster:
        """The cluster of the current context."""
        return self.clusters[self.current_context]

    def settle(self) -> None:
        """Run controllers, agents, operators and parts until nothing changes; the clock stands still.

        Raises:
            QuizgameError: the state does not come to rest (a fault of the model).
        """
        for _ in range(_MAX_ROUNDS):
            # Counted, not short-circuited: every cluster and part takes its turn in every round.
            changes = sum(self._settle_cluster(cluster) for cluster in self.clusters.values())
            changes += sum(part.sync() for part in self.parts.values())
            if not changes:
                return
        raise QuizgameError(f"the simulated clusters do not come to rest after {_MAX_ROUNDS} rounds")

    def _settle_cluster(self, cluster: Cluster) -> bool:
        changed = cluster.controllers.sync()
        if cluster.operator is not None and cluster.operator.is_running:
            changed = cluster.operator.sync() or changed
        for name in list(cluster.agents):
            agent = cluster.agents[name]
            if agent.is_running:
                changed = agent.sync() or changed
        return changed

    def next_due(self, before_ns: int) -> int:
        """The next instant at which something happens by itself, at most ``before_ns``."""
        due = before_ns
        for cluster in self.clusters.values():
            programs = [*cluster.agents.values(), *([cluster.operator] if cluster.operator is not None else [])]
            instants = [cluster.controllers.next_due(), *(each.next_due() for each in programs if each.is_running)]
            for instant in instants:
                if instant is not None and instant < due:
                    due = max(instant, self.clock.now_ns)
        for part in self.parts.values():
            instant = part.next_due()
            if instant is not None and instant < due:
                due = max(instant, self.clock.now_ns)
        return due

    def advance(self, seconds: float) -> None:
        """Let time pass: from timer to timer, settled at each, the steppers called for each span between."""
        self.advance_to(self.clock.now_ns + round(seconds * SECOND))

    def advance_to(self, instant_ns: int) -> None:
        """Let time pass up to an instant; see ``advance``."""
        if self.pause is not None and self.pause(instant_ns):
            return
        self.settle()
        while self.clock.now_ns < instant_ns:
            start = self.clock.now_ns
            step = max(self.next_due(instant_ns), start + 1)
            for stepper in self.steppers:
                stepper(self, start, step)
            self.clock.advance_to(step)
            for cluster in self.clusters.values():
                cluster.controllers.run_timers()
            self.settle()

    def fork(self) -> World:
        """A world with the same state that goes its own way; stored objects are shared."""
        twin = World(seed=self.seed, clock=self.clock.copy())
        twin.current_context = self.current_context
        twin.steppers = self.steppers
        for context, cluster in self.clusters.items():
            twin.clusters[context] = cluster.fork(twin)
        twin.parts = {name: part.fork(twin) for name, part in self.parts.items()}
        return twin
