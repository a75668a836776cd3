"""Builds worlds: clusters as ``kind`` and ``cilium install`` leave them, then manifests, then readiness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.appfaults import AppFault
from quizgame.cluster.apply import apply_object
from quizgame.cluster.clock import EPOCH_NS, Clock
from quizgame.cluster.controllers.registry import controllers_for
from quizgame.cluster.install.kind import NAMESPACES, api_service, node_object, system_objects
from quizgame.cluster.install.release import apply_release, install_gateway_api
from quizgame.cluster.install.values import KIND_VALUES, Values, lookup, merge
from quizgame.cluster.interfaces import AgentFactory, OperatorFactory
from quizgame.cluster.ipam.cloud import Cloud
from quizgame.cluster.requests import FieldValidation
from quizgame.cluster.world import Cluster, World
from quizgame.errors import QuizgameError
from quizgame.goflags.times import SECOND

Manifest = tuple[str, Sequence[Mapping[str, Any]]]
"""Where it comes from (for messages), and its documents."""

CLUSTER_AGE_S, CILIUM_AGE_S, WORKLOAD_AGE_S = 3600, 3000, 600
"""How long before the hand-over the cluster, its Cilium and the manifests' objects were made."""


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What one cluster shall be."""

    context: str = "kind-kind"
    """The kubeconfig context; without its ``kind-`` it prefixes the nodes' names."""
    cluster_name: str = "kind-kind"
    """Cilium's name for it."""
    cluster_id: int = 0
    workers: int = 2
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"
    node_cidr: str = "172.18.0.0/16"
    node_networks: Mapping[str, str] = field(default_factory=dict)
    """Node name → another network that it stands in, behind a router; the others are in ``node_cidr``."""
    first_host: int = 2
    """Position of the control plane's address in the node range; workers follow."""
    values: Values = field(default_factory=dict)
    """Helm values over those that ``cilium install`` computes on kind."""
    kubernetes: str = "v1.35.0"
    cilium: str = "1.19.5"
    """Empty: a cluster without Cilium."""
    gateway_api: bool = False
    """Whether Gateway API's definitions are installed."""
    kube_proxy: bool | None = None
    """``None``: as Cilium's values need it."""
    node_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Node name → more labels."""
    node_addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Node name → more addresses on its network device."""
    has_xdp: bool = True
    """Whether the drivers of the nodes' devices run XDP programs."""
    cloud: Cloud | None = None
    """The cloud whose instances the nodes are; ``None``: they are in none."""
    kernel: str = "6.12.48"
    app_faults: tuple[AppFault, ...] = ()

    @property
    def kind_name(self) -> str:
        """What ``kind`` calls the cluster."""
        return self.context.removeprefix("kind-")

    def node_names(self) -> tuple[str, ...]:
        """Control plane first, then the workers, named as kind names them."""
        workers = (f"{self.kind_name}-worker{number if number > 1 else ''}" for number in range(1, self.workers + 1))
        return (f"{self.kind_name}-control-plane", *workers)

    def helm_values(self) -> dict[str, Any]:
        """The complete values of the release."""
        named = merge(KIND_VALUES, {"cluster": {"name": self.cluster_name, "id": self.cluster_id}})
        return merge(named, self.values)


def default_specs(clusters: int = 1, workers: int = 2) -> tuple[ClusterSpec, ...]:
    """The free clusters of ``quizgame sh``: one plain one, or several that are ready to be joined."""
    if clusters == 1:
        return (ClusterSpec(workers=workers),)
    specs = []
    first_host = 2
    for number in range(1, clusters + 1):
        name = f"cluster-{chr(ord('a') + number - 1)}"
        specs.append(
            ClusterSpec(
                context=f"kind-{name}",
                cluster_name=name,
                cluster_id=number,
                workers=workers,
                pod_cidr=f"10.{9 + number}.0.0/16",
                service_cidr=f"10.{95 + number}.0.0/16",
                first_host=first_host,
            )
        )
        first_host += workers + 1
    return tuple(specs)


def build_world(
    specs: Sequence[ClusterSpec],
    *,
    seed: int,
    manifests: Sequence[Manifest] | Mapping[str, Sequence[Manifest]] = (),
    agent_factory: AgentFactory | None = None,
    operator_factory: OperatorFactory | None = None,
    prepare: Callable[[World], None] | None = None,
    on_refusal: Callable[[QuizgameError], None] | None = None,
) -> World:
    """Build a world that is ready at ``EPOCH_NS``.

    Args:
        specs: The clusters, the first is the current one.
        seed: What all keyed values depend on.
        manifests: What is applied, in order; to the current cluster, or by context.
        agent_factory: Makes a node's agent.
        operator_factory: Makes a cluster's operator.
        prepare: Called with the world as soon as its clusters are there, before anything runs (parts, links).
        on_refusal: Told of each document that the API server refuses, which is then left out; without it the first
            refusal is raised.

    Raises:
        QuizgameError: a manifest that the API server refuses, an unknown context.
    """
    world = World(seed=seed, clock=Clock(EPOCH_NS - CLUSTER_AGE_S * SECOND))
    for spec in specs:
        world.clusters[spec.context] = _bare_cluster(world, spec, agent_factory, operator_factory)
    world.current_context = specs[0].context
    if prepare is not None:
        prepare(world)
    for spec in specs:
        _populate(world.clusters[spec.context], spec)
    world.settle()
    world.advance_to(EPOCH_NS - CILIUM_AGE_S * SECOND)
    for spec in specs:
        cluster = world.clusters[spec.context]
        if spec.gateway_api:
            install_gateway_api(cluster.api)
        if spec.cilium:
            apply_release(cluster, spec.helm_values(), version=spec.cilium)
    world.advance_to(EPOCH_NS - WORKLOAD_AGE_S * SECOND)
    by_context = manifests if isinstance(manifests, Mapping) else {world.current_context: manifests}
    for context, sources in by_context.items():
        if context not in world.clusters:
            raise QuizgameError(
                f"there is no cluster with the context {context!r}", hint="contexts: " + ", ".join(world.clusters)
            )
        for source, documents in sources:
            apply_manifest(world.clusters[context], source, documents, on_refusal)
            world.settle()
    world.advance_to(EPOCH_NS)
    return world


def apply_manifest(
    cluster: Cluster,
    source: str,
    documents: Sequence[Mapping[str, Any]],
    on_refusal: Callable[[QuizgameError], None] | None = None,
) -> None:
    """Apply documents as ``kubectl apply -f`` would.

    Raises:
        QuizgameError: what the server refuses, with the source, where nobody is to be told of it.
    """
    for position, document in enumerate(documents, start=1):
        for each in (document.get("items") or ()) if document.get("kind") == "List" else (document,):
            refusal = _apply(cluster, f"{source} (document {position})", each)
            if refusal is not None and on_refusal is None:
                raise refusal
            if refusal is not None and on_refusal is not None:
                on_refusal(refusal)
            # A document may need what controllers make of an earlier one: a namespace's service account.
            cluster.controllers.sync()


def _apply(cluster: Cluster, place: str, manifest: Any) -> QuizgameError | None:
    """Apply one manifest; returns the server's refusal."""
    if not isinstance(manifest, Mapping) or not isinstance(manifest.get("metadata") or {}, Mapping):
        return QuizgameError("expected a Kubernetes object with metadata", source=place)
    api_version, kind = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
    served = cluster.api.registry.for_kind(api_version, kind)
    if served is None:
        return QuizgameError(f'no matches for kind "{kind}" in version "{api_version}"', source=place)
    resource, version = served
    try:
        apply_object(cluster.api, resource, manifest, version=version)
    except ApiError as refusal:
        return QuizgameError(refusal.message, source=place)
    return None


def join_node(
    world: World,
    cluster: Cluster,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    kernel: str = "6.12.48",
) -> None:
    """Let a new worker join a running cluster; settle the world afterwards.

    Args:
        world: The world; its clusters share one network of nodes.
        cluster: Where.
        name: Its name.
        labels: More labels.
        kernel: Its kernel version.
    """
    taken = [
        ip_address(address["address"])
        for each in world.clusters.values()
        for node in each.nodes
        for address in node["status"]["addresses"]
        if address["type"] == "InternalIP"
    ]
    node = node_object(
        seed=cluster.api.seed,
        cluster=cluster.kind_name,
        name=name,
        address=str(max(taken, key=int) + 1),
        is_control_plane=False,
        version=cluster.api.version,
        now=cluster.api.clock.timestamp(),
        labels=labels,
        kernel=kernel,
    )
    cluster.api.create("nodes", node, validate=FieldValidation.TRUSTED)
    cluster.ensure_agent(name)


def _bare_cluster(
    world: World, spec: ClusterSpec, agent_factory: AgentFactory | None, operator_factory: OperatorFactory | None
) -> Cluster:
    nodes = ip_network(spec.node_cidr)
    api = ApiServer(
        world.clock, seed=world.seed, name=spec.context, service_cidr=spec.service_cidr, version=spec.kubernetes
    )
    cluster = Cluster(
        context=spec.context,
        kind_name=spec.kind_name,
        api=api,
        api_address=str(nodes[spec.first_host]),
        pod_cidr=spec.pod_cidr,
        service_cidr=spec.service_cidr,
        cilium_version=spec.cilium or "1.19.5",
        app_faults=spec.app_faults,
        agent_factory=agent_factory,
        node_addresses=spec.node_addresses,
        has_xdp=spec.has_xdp,
        cloud=spec.cloud,
        node_cidr=spec.node_cidr,
        other_networks=tuple(sorted(set(spec.node_networks.values()))),
    )
    cluster.controllers = controllers_for(cluster)
    if operator_factory is not None:
        cluster.operator = operator_factory(cluster)
    return cluster


def _populate(cluster: Cluster, spec: ClusterSpec) -> None:
    api, now = cluster.api, cluster.api.clock.timestamp()
    services = ip_network(spec.service_cidr)
    for name in NAMESPACES:
        api.create("namespaces", {"metadata": {"name": name}}, validate=FieldValidation.TRUSTED)
    cluster.controllers.sync()
    for position, name in enumerate(spec.node_names()):
        node = node_object(
            seed=api.seed,
            cluster=spec.kind_name,
            name=name,
            address=str(ip_network(spec.node_networks.get(name, spec.node_cidr))[spec.first_host + position]),
            is_control_plane=position == 0,
            version=spec.kubernetes,
            now=now,
            labels=spec.node_labels.get(name),
            kernel=spec.kernel,
        )
        api.create("nodes", node, validate=FieldValidation.TRUSTED)
        cluster.ensure_agent(name)
    needs_proxy = not lookup(spec.helm_values(), "kubeProxyReplacement", False) or not spec.cilium
    system = system_objects(
        control_plane=spec.node_names()[0],
        version=spec.kubernetes,
        dns_ip=str(services[10]),
        kube_proxy=needs_proxy if spec.kube_proxy is None else spec.kube_proxy,
    )
    for plural, node in [*api_service(cluster.api_address, str(services[1])), *system]:
        api.create(plural, node, validate=FieldValidation.TRUSTED)
