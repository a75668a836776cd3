"""The part of a scenario that says what its world consists of, beside what Kubernetes manifests say."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, model_validator

from quizgame.addresses import is_ipv4
from quizgame.content.model import Line, PackModel, PlacedError, Slug, Text
from quizgame.content.scenario.parts import (
    ClientText,
    Document,
    Duration,
    HttpAsk,
    Method,
    Port,
    Protocol,
    TargetText,
    parse_client,
    parse_target,
)


def _address(text: str) -> str:
    try:
        IPv4Address(text)
    except AddressValueError:
        raise ValueError(f'"{text}" is no IPv4 address') from None
    return text


def _prefix(text: str) -> str:
    try:
        IPv4Network(text, strict=False)
    except ValueError:
        raise ValueError(f'"{text}" is no IPv4 prefix') from None
    return text


Address = Annotated[Line, AfterValidator(_address)]
Prefix = Annotated[Line, AfterValidator(_prefix)]
Asn = Annotated[StrictInt, Field(ge=0, le=4_294_967_295)]
RouterStateName = Literal["running", "down", "no-bgp", "silent"]
Version = Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{1,2}(\.[0-9]{1,3})?$")]
ClusterName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
# Source: facts F-54: at most 32 characters, lower-case alphanumerics and dashes.


class CloudSection(PackModel):
    """The cloud whose instances a cluster's nodes are."""

    noun: ClassVar[str] = "cloud"

    provider: Literal["aws", "azure", "alibabacloud"] = Field(description="Whose it is.")
    network: Prefix = Field("172.18.0.0/16", description="Range of the network that the nodes are in.")
    subnet: Prefix = Field("172.18.64.0/20", description="Range from which interfaces get their addresses.")
    interfaces: StrictInt = Field(3, ge=1, le=64, description="How many interfaces an instance may have.")
    addresses: StrictInt = Field(10, ge=1, le=256, description="How many addresses an interface may have, its own one "
                                                               "included.")  # fmt: skip
    refusal: Text | None = Field(None, description="What its API answers instead of doing what it is asked.")


class WorldCluster(PackModel):
    """One cluster."""

    noun: ClassVar[str] = "cluster"

    name: ClusterName = Field(description="Cilium's name of the cluster; the scenario names it so, too.")
    id: StrictInt = Field(0, ge=0, le=255, description="Cilium's number of the cluster; needed in a mesh.")
    context: Slug | None = Field(None, description="Its kubeconfig context; left out: kind-NAME.")
    workers: StrictInt = Field(2, ge=1, le=20, description="How many workers it has beside the control plane.")
    values: dict[str, Any] = Field(default_factory=dict, description="Helm values over those that `cilium install` "
                                                                     "computes on kind.")  # fmt: skip
    node_addresses: dict[Line, tuple[Address, ...]] = Field(
        default_factory=dict, alias="nodeAddresses", description="Node: more addresses on its network device."
    )
    node_networks: dict[Line, Prefix] = Field(
        default_factory=dict, alias="nodeNetworks", description="Node: another network that it stands in, behind a "
                                                                "router; the others share one.")  # fmt: skip
    has_xdp: StrictBool = Field(
        True, alias="xdp", description="Whether the drivers of its nodes' devices run XDP programs."
    )
    cloud: CloudSection | None = Field(None, description="The cloud whose instances its nodes are.")
    installed: StrictBool = Field(
        True, description="Whether Cilium is installed; if not, its nodes wait for a network."
    )
    gateway_api: StrictBool = Field(False, alias="gatewayAPI", description="Whether Gateway API is installed.")
    manifests: tuple[Text | Document, ...] = Field(
        (), description="What is applied, in order: an object, a text of YAML documents, or the name of a file (or a "
                        "pattern of names) beside the scenario.")  # fmt: skip

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def kube_context(self) -> str:
        """Its kubeconfig context."""
        return self.context or f"kind-{self.name}"

    @property
    def node_names(self) -> tuple[str, ...]:
        """Names of its nodes, as kind gives them."""
        kind = self.kube_context.removeprefix("kind-")
        workers = (f"{kind}-worker{number if number > 1 else ''}" for number in range(1, self.workers + 1))
        return (f"{kind}-control-plane", *workers)

    @model_validator(mode="after")
    def _addresses_are_of_its_nodes(self) -> Self:
        for key, named in (("nodeAddresses", self.node_addresses), ("nodeNetworks", self.node_networks)):
            for node in named:
                if node not in self.node_names:
                    message = f'{key}: there is no node "{node}"; it has {", ".join(self.node_names)}'
                    raise PlacedError(message, key, node)
        return self


class MeshSection(PackModel):
    """Cluster Mesh."""

    noun: ClassVar[str] = "mesh"

    connected: tuple[tuple[Line, Line], ...] = Field(
        (), description="Pairs of clusters that are connected to each other, both ways."
    )
    ca: Literal["shared", "separate"] = Field(
        "shared", description="Whether the clusters share Cilium's CA; separate ones do not trust each other."
    )


class OutsideHostSection(PackModel):
    """A host outside the clusters."""

    noun: ClassVar[str] = "host"

    ports: tuple[Port, ...] = Field((80, 443), description="Open TCP ports.")
    status: StrictInt = Field(200, ge=100, le=599, description="HTTP status of its answers.")
    body: str = Field("", max_length=20_000, description="Body of its answers.")
    allowed_sources: tuple[Prefix, ...] = Field(
        (), alias="allowedSources", description="Addresses and prefixes that its firewall lets in; left out: all."
    )

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class RouterNeighborSection(PackModel):
    """Who may open a BGP session with a router."""

    noun: ClassVar[str] = "neighbor"

    address: Prefix = Field(description="Address of the neighbour, or a prefix for all in it.")
    asn: Asn = Field(0, description="AS number that it must have; 0 takes any.")
    password: str = Field("", max_length=80, description="TCP MD5 password; left out: none.")


class RouterSection(PackModel):
    """A router outside the clusters that speaks BGP."""

    noun: ClassVar[str] = "router"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Slug | None = Field(None, description="Its name; firewall rules call it outside/NAME, or outside/ADDRESS.")
    asn: Asn = Field(description="Its AS number.")
    neighbors: tuple[RouterNeighborSection, ...] = Field((), description="Who may open a session with it.")
    accepts: tuple[Prefix, ...] = Field(
        ("0.0.0.0/0",), description="Import filter: routes in these prefixes are taken."
    )
    announces: tuple[Prefix, ...] = Field((), description="Routes that it announces to its neighbours.")
    state: RouterStateName = Field("running", description="down: nothing answers; no-bgp: it refuses connections; "
                                                          "silent: it takes them and says nothing.")  # fmt: skip
    port: Port = Field(179, description="Port on which it listens.")
    hold_time: StrictInt = Field(90, alias="holdTimeSeconds", ge=3, le=65_535, description="Hold time that it offers.")
    hops: StrictInt = Field(1, ge=1, le=255, description="How many hops it is away; 1: on the nodes' network.")


class OutsideSection(PackModel):
    """What is outside the clusters. An address that no host has is dead."""

    noun: ClassVar[str] = "outside"

    names: dict[Line, tuple[Address, ...]] = Field(default_factory=dict, description="DNS name: its addresses.")
    hosts: dict[Address, OutsideHostSection] = Field(default_factory=dict, description="Address: what answers there.")
    routers: dict[Address, RouterSection] = Field(default_factory=dict, description="Address: a router with BGP.")


class ServerRoute(PackModel):
    """An answer to some requests."""

    noun: ClassVar[str] = "route"

    method: Method | Literal["*"] = Field("*", description="Of these requests.")
    path: Line = Field("*", description="Of these paths, as a shell pattern.")
    status: StrictInt = Field(200, ge=100, le=599, description="HTTP status.")
    body: str = Field("", max_length=20_000, description="Body.")


class ServerSection(PackModel):
    """What the programs of some pods answer, where the default (HTTP, 200 for everything) is not meant."""

    noun: ClassVar[str] = "server"

    pods: Line = Field(description="NAMESPACE/POD as shell patterns; a workload's pods are NAMESPACE/NAME-*.")
    ports: tuple[Port, ...] = Field((), description="TCP ports; left out: those that its containers declare.")
    protocol: Literal["http", "tcp"] = Field("http", description="tcp: something that is no HTTP, as a database.")
    routes: tuple[ServerRoute, ...] = Field((), description="The first that fits answers; otherwise 200.")
    latency_ms: StrictInt = Field(1, ge=0, le=60_000, alias="latencyMs", description="How long an answer takes.")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="after")
    def _names_pods(self) -> Self:
        if self.pods.count("/") != 1:
            raise PlacedError(f'pods: expected NAMESPACE/POD, found "{self.pods}"', "pods")
        return self


class TrafficSection(PackModel):
    """A client that connects again and again by itself."""

    noun: ClassVar[str] = "traffic"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: ClientText = Field(alias="from", description="The client: all pods of this workload; or an address outside.")
    to: TargetText = Field(description="A DNS name or an address with :PORT.")
    every: Duration = Field(description="How often, as 500ms, 2s or 1m.")
    http: HttpAsk | None = Field(None, description="What it asks; left out: it only connects.")

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        target = parse_target(self.to)
        if target.workload is not None:
            raise PlacedError("traffic goes to a DNS name or an address, as programs do: use a service's name", "to")
        if target.port is None:
            raise PlacedError("the port is missing: write NAME:PORT", "to")
        if parse_client(self.from_).workload is None and not is_ipv4(target.host):
            raise PlacedError("a client outside asks for an address: nobody resolves names for it", "to")
        return self


class BlockSection(PackModel):
    """A firewall rule between nodes, one way."""

    noun: ClassVar[str] = "block"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Line = Field(
        "*", alias="from", description="Sending node as CLUSTER/NODE, a shell pattern; or outside, or outside/ROUTER."
    )
    to: Line = Field("*", description="Receiving node, likewise.")
    protocol: Protocol | Literal["ICMP", "ESP", "*"] = Field("*", description="TCP, UDP, ICMP, ESP (IPsec) or all.")
    port: Port | None = Field(None, description="Destination port; left out: all.")


class WorldSection(PackModel):
    """What the world consists of."""

    noun: ClassVar[str] = "world"

    cilium: Version = Field("1.19.5", description="Version of Cilium.")
    clusters: tuple[WorldCluster, ...] = Field(min_length=1, max_length=4, description="The first one is current.")
    mesh: MeshSection = Field(default_factory=MeshSection, description="Which clusters are joined.")
    outside: OutsideSection = Field(default_factory=OutsideSection, description="Names, hosts and routers outside.")
    servers: tuple[ServerSection, ...] = Field((), description="Programs in pods that answer otherwise than 200.")
    traffic: tuple[TrafficSection, ...] = Field((), description="Clients that connect by themselves.")
    blocked: tuple[BlockSection, ...] = Field((), description="Firewall rules between nodes.")

    @model_validator(mode="after")
    def _clusters_fit(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise PlacedError("two clusters have the same name", "clusters", place, "name")
        for place, pair in enumerate(self.mesh.connected):
            for name in pair:
                if name not in names:
                    message = f'mesh names the cluster "{name}", which is not in clusters'
                    raise PlacedError(message, "mesh", "connected", place)
        joined = {name for pair in self.mesh.connected for name in pair}
        for place, cluster in enumerate(self.clusters):
            if cluster.name in joined and not cluster.installed:
                raise PlacedError("a cluster of a mesh has Cilium installed", "clusters", place, "installed")
        ids = [cluster.id for cluster in self.clusters if cluster.name in joined]
        if 0 in ids or len(set(ids)) < len(ids):
            raise PlacedError("clusters of a mesh need ids from 1 to 255 that differ", "clusters")
        return self

    def contexts(self) -> Mapping[str, str]:
        """Name of a cluster → its kubeconfig context; the empty name is the first one's."""
        named = {cluster.name: cluster.kube_context for cluster in self.clusters}
        return {"": self.clusters[0].kube_context, **named}
