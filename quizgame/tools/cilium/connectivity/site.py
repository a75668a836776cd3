"""Where a run takes place: its clusters, its pods, and the hosts outside that it talks to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.tools.cilium.connectivity.options import Options
from quizgame.tools.cilium.connectivity.workloads import CLIENTS, CLUSTERWIDE_CLIENT, ECHO_PORT, ECHOES, HOST_NETNS

if TYPE_CHECKING:
    from quizgame.cluster.objects import KubeObject
    from quizgame.cluster.world import Cluster
    from quizgame.tools.session import Session


@dataclass(frozen=True, slots=True)
class Member:
    """A pod of the test, and the cluster that it runs in."""

    cluster: Cluster
    pod: KubeObject

    @property
    def name(self) -> str:
        """``namespace/name``, as the tool writes it."""
        return f"{namespace_of(self.pod)}/{name_of(self.pod)}"

    @property
    def ip(self) -> str:
        """Its address."""
        return str(self.pod["status"]["podIP"])

    @property
    def host_ip(self) -> str:
        """The address of its node."""
        return str(self.pod["status"]["hostIP"])

    @property
    def node(self) -> str:
        """The name of its node."""
        return str(self.pod["spec"]["nodeName"])

    @property
    def container(self) -> str:
        """Name of its first container."""
        return str(self.pod["spec"]["containers"][0]["name"])

    def has(self, labels: Mapping[str, str]) -> bool:
        """Whether it has all these labels."""
        return labels.items() <= labels_of(self.pod).items()


@dataclass(frozen=True, slots=True)
class Peer:
    """What an action talks to."""

    name: str
    """As the tool writes it."""
    address: str
    """An address, or a name to be looked up."""
    port: int = 0
    """0 for an echo request."""
    labels: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "http"
    path: str = ""
    context: str = ""
    """The cluster that it is in; empty where it is in none."""

    @property
    def url(self) -> str:
        """What a client asks for."""
        return f"{self.scheme}://{self.address}:{self.port}{self.path}"

    def has(self, **labels: str) -> bool:
        """Whether it has all these labels."""
        return labels.items() <= self.labels.items()


@dataclass(frozen=True, slots=True)
class Site:
    """The clusters of a run: where the clients are, and where ``echo-other-node`` is."""

    session: Session
    cluster: Cluster
    remote: Cluster
    """The same cluster unless the test spans two."""
    options: Options = field(default_factory=Options)
    is_single_node: bool = False
    version: str = ""
    """Of Cilium, as the tests are chosen by."""

    @property
    def is_multi_cluster(self) -> bool:
        """Whether the test spans two clusters."""
        return self.remote is not self.cluster

    @property
    def namespace(self) -> str:
        """The namespace of the test."""
        return self.options.namespace

    def clusters(self) -> list[Cluster]:
        """The clusters, each once."""
        return [self.cluster, self.remote] if self.is_multi_cluster else [self.cluster]

    # ------------------------------------------------------------ workloads

    @property
    def client_names(self) -> tuple[str, ...]:
        """The deployments of clients; the third one needs a second node."""
        return CLIENTS[:2] if self.is_single_node else CLIENTS

    @property
    def echo_names(self) -> tuple[str, ...]:
        """The deployments of servers, as services are listed; the one elsewhere needs a second node."""
        return ("echo-same-node",) if self.is_single_node else tuple(sorted(ECHOES))

    def pods(self, name: str) -> list[Member]:
        """Pods of one of the test's workloads that have an address."""
        cluster = self.remote if name == "echo-other-node" else self.cluster
        found = cluster.api.list("pods", self.namespace, label_selector=f"name={name}")
        return [Member(cluster, pod) for pod in found if dig(pod, "status", "podIP")]

    def clients(self) -> Iterator[Member]:
        """The clients."""
        for name in self.client_names:
            yield from self.pods(name)

    def echoes(self) -> Iterator[Member]:
        """The servers."""
        for name in self.echo_names:
            yield from self.pods(name)

    def hosts(self) -> list[Member]:
        """A pod in each node's own network."""
        return self.pods(HOST_NETNS)

    def clusterwide_clients(self) -> Iterator[Member]:
        """The clients of the cluster-wide policies, one in each of their namespaces."""
        for namespace in self.options.clusterwide_namespaces:
            for pod in self.cluster.api.list("pods", namespace, label_selector=f"name={CLUSTERWIDE_CLIENT}"):
                if dig(pod, "status", "podIP"):
                    yield Member(self.cluster, pod)

    def elsewhere(self, member: Member) -> Member | None:
        """A server on another node than this pod."""
        return next((echo for echo in self.echoes() if echo.host_ip != member.host_ip), None)

    def host_of(self, member: Member) -> Member | None:
        """The pod in the network of the node that this pod runs on."""
        return next((host for host in self.hosts() if host.node == member.node), None)

    # ------------------------------------------------------------ peers

    def echo_peer(self, echo: Member, path: str = "") -> Peer:
        """A server, asked by its address."""
        return Peer(echo.name, echo.ip, ECHO_PORT, labels_of(echo.pod), path=path, context=echo.cluster.context)

    def service_peers(self) -> Iterator[tuple[Peer, KubeObject]]:
        """The services of the servers, asked by name."""
        for name in self.echo_names:
            service = self.cluster.api.find("services", name, self.namespace)
            if service is not None:
                host, labels = f"{name}.{self.namespace}", {"kind": "echo", "name": name}
                peer = Peer(f"{self.namespace}/{name}", host, ECHO_PORT, labels, context=self.cluster.context)
                yield peer, service

    def external_peers(self) -> tuple[Peer, Peer, Peer]:
        """The target outside: in the clear, encrypted, and a page of it."""
        target = self.options.external_target
        return (
            Peer(f"{target}-http", target, 80),
            Peer(f"{target}-https", target, 443, scheme="https"),
            Peer(f"{target}-https-index", target, 443, scheme="https", path="/index.html"),
        )

    def has_outside(self) -> bool:
        """Whether the targets outside exist in the simulated world."""
        outside, options = fabric_of(self.session.world).outside, self.options
        names = (options.external_target, options.external_other_target)
        hosts = (options.external_ip, options.external_other_ip)
        return all(outside.resolve(name) for name in names) and all(outside.hosts.get(ip) for ip in hosts)
