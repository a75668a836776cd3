"""What the clusters of a world stand in: the network between nodes, the outside, the mesh, and the pods' programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.apps import Server
from quizgame.cluster.auth.handshake import keep_authenticated
from quizgame.cluster.auth.handshake import next_due as next_authentication
from quizgame.cluster.bgp.exchange import exchange_routes
from quizgame.cluster.bgp.tables import RouteTables
from quizgame.cluster.l2.election import announce
from quizgame.cluster.l2.election import next_due as next_election
from quizgame.cluster.links import API_SERVER_PORT, Links
from quizgame.cluster.mesh.exchange import Mesh
from quizgame.cluster.operator import Operator
from quizgame.cluster.outside import Outside

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster, World

PART = "fabric"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Background traffic: one client connects again and again."""

    context: str
    """Cluster of the client."""
    namespace: str
    workload: str
    """Name of the client's Deployment, DaemonSet or pod; each of its pods sends."""
    to: str
    """A name or an address."""
    port: int
    every_ns: int
    protocol: str = "TCP"
    method: str = "GET"
    path: str = "/"
    is_http: bool = True
    client_ip: str = ""
    """Address of a client outside; empty where pods of the workload are the clients."""
    offset_ns: int = 0


@dataclass(slots=True)
class Fabric:
    """The part of a world that belongs to no single cluster."""

    world: World
    outside: Outside = field(default_factory=Outside)
    links: Links = field(default_factory=Links)
    servers: tuple[Server, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    mesh: Mesh = field(default_factory=Mesh)
    route_tables: RouteTables = field(default_factory=RouteTables)
    """What the routers outside learned by BGP."""

    def sync(self) -> bool:
        """Bring reachability and the mesh up to date; return whether any agent changed."""
        changed = False
        for cluster in self.world.clusters.values():
            control_plane = control_plane_of(cluster)
            for agent in agents_of(cluster):
                reaches = self.links.allows(agent.place, f"{cluster.context}/{control_plane}", "TCP", API_SERVER_PORT)
                if reaches != agent.is_connected:
                    agent.is_connected = reaches
                    agent.lost_api_ns = 0 if reaches else self.world.clock.now_ns
                    changed = True
            if isinstance(cluster.operator, Operator) and cluster.operator.is_running:
                place = f"{cluster.context}/{cluster.operator.node}"
                reaches = self.links.allows(place, f"{cluster.context}/{control_plane}", "TCP", API_SERVER_PORT)
                changed |= cluster.operator.connect(is_connected=reaches)
        outside = self.outside
        changed |= exchange_routes(
            self.world, outside.routers, self.links, self.route_tables, gateway=outside.resolver_ip
        )
        changed |= announce(self.world)
        changed |= keep_authenticated(self.world, self.links)
        return self.mesh.sync(self.world, self.links) or changed

    def next_due(self) -> int | None:
        """When the next session, lease or authentication changes by itself; ``None`` where none does."""
        agents = [agent for cluster in self.world.clusters.values() for agent in agents_of(cluster)]
        session = min((due for agent in agents if (due := agent.bgp.next_due()) is not None), default=None)
        lease = next_election(agents)
        authentication = next_authentication(self.world)
        return min((each for each in (session, lease, authentication) if each is not None), default=None)

    def fork(self, world: World) -> Fabric:
        """The same surroundings for a forked world."""
        return Fabric(
            world,
            self.outside,
            self.links,
            self.servers,
            self.traffic,
            self.mesh.fork(),
            self.route_tables.fork(),
        )


def fabric_of(world: World) -> Fabric:
    """The fabric of a world."""
    part = world.parts[PART]
    if not isinstance(part, Fabric):
        raise TypeError(f"the part {PART!r} of this world is no fabric")
    return part


def agents_of(cluster: Cluster) -> Iterator[Agent]:
    """The agents of a cluster by node name."""
    for agent in cluster.agents.values():
        if isinstance(agent, Agent):
            yield agent


def agent_on(world: World, context: str, node: str) -> Agent:
    """The agent of one node.

    Raises:
        KeyError: if there is no such cluster or node.
    """
    agent = world.clusters[context].agents[node]
    if not isinstance(agent, Agent):
        raise KeyError(node)
    return agent


def control_plane_of(cluster: Cluster) -> str:
    """Name of the node that the API server runs on."""
    return next((agent.node for agent in agents_of(cluster) if agent.node_ip == cluster.api_address), "")


def make_agent(cluster: Cluster, node: str) -> Agent:
    """Make the agent of a node (an ``AgentFactory``)."""
    return Agent(cluster, node)


def make_operator(cluster: Cluster) -> Operator:
    """Make the operator of a cluster (an ``OperatorFactory``)."""
    return Operator(cluster)
