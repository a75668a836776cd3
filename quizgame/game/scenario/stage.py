"""A scenario's worlds, all forks of one healthy base: the broken one that is played, its healthy twin, the decoys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from quizgame.cluster.build import ClusterSpec
from quizgame.cluster.clock import EPOCH_NS
from quizgame.cluster.fabric import Traffic
from quizgame.cluster.install.values import merge
from quizgame.cluster.ipam.cloud import Cloud
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.links import Links
from quizgame.cluster.mesh.config import CA_SECRET, SYSTEM, connect
from quizgame.cluster.objects import dig
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import Cluster, World
from quizgame.content.scenario.actions import Action
from quizgame.content.scenario.parts import milliseconds, parse_client, parse_target
from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.world import CloudSection, WorldCluster, WorldSection
from quizgame.content.scenarios import DrawnScenario, Manifests
from quizgame.errors import QuizgameError
from quizgame.game.scenario.faults import Path, apply_actions, block_of, router_of, server_of
from quizgame.game.worlds import Surroundings, assemble
from quizgame.yamlsource.place import YamlError, YamlProblem

HEALTHY_S = 60
"""Simulated seconds of traffic before the fault."""
BROKEN_S = 240
"""Simulated seconds between the fault and the learner's arrival: rings hold what was before it and after."""
MESH_VALUES = {"clustermesh": {"useAPIServer": True, "apiserver": {"service": {"type": "NodePort"}}}}
MS_NS = 1_000_000
MAX_PODS = 2_000
"""So many pods the manifests of one scenario may ask for."""


class Stage:
    """The worlds of one drawn scenario or lab, built when first asked for; take forks of them, never themselves."""

    def __init__(self, drawn: DrawnScenario) -> None:
        self.drawn = drawn
        self._decoys: dict[str, World] = {}

    @property
    def contexts(self) -> Mapping[str, str]:
        """Name of a cluster → its kubeconfig context; the empty name is the first one's."""
        return self.drawn.exercise.world.contexts()

    @cached_property
    def base(self) -> World:
        """The healthy world at the instant of the fault."""
        world = _base_world(self.drawn)
        world.advance(HEALTHY_S)
        return world

    @cached_property
    def healthy(self) -> World:
        """The healthy twin at the instant at which the learner arrives."""
        return self._after((), ())

    @cached_property
    def broken(self) -> World:
        """The world that is played, at that instant: where nothing is wrong, the healthy one."""
        exercise = self.drawn.exercise
        if not isinstance(exercise, Scenario) or not exercise.fault:
            return self.healthy
        return self._after(exercise.fault, ("fault",))

    def decoy(self, name: str) -> World:
        """The world of a decoy, at that instant."""
        if name not in self._decoys:
            self._decoys[name] = self._after(self.drawn.scenario.decoys[name].fault, ("decoys", name, "fault"))
        return self._decoys[name]

    def _after(self, actions: Sequence[Action], path: Path) -> World:
        world = self.base.fork()
        apply_actions(world, self.drawn, actions, path)
        world.advance(BROKEN_S)
        return world


def _base_world(drawn: DrawnScenario) -> World:
    section = drawn.exercise.world
    manifests: dict[str, Manifests] = {
        cluster.kube_context: drawn.manifests(cluster.manifests, ("world", "clusters", index, "manifests"))
        for index, cluster in enumerate(section.clusters)
    }
    _bound_size(drawn, manifests)
    try:
        world = assemble(
            specs_of(section), seed=drawn.seed, manifests=manifests, surroundings=_surroundings(section, drawn.seed)
        )
    except QuizgameError as error:
        place = drawn.place("world", "clusters")
        raise YamlError([YamlProblem(place, str(error))]) from error
    _join(world, section)
    return world


def _bound_size(drawn: DrawnScenario, manifests: Mapping[str, Manifests]) -> None:
    """Refuse a pack that would build a world without end."""
    documents = [document for sources in manifests.values() for _, found in sources for document in found]
    pods = 0
    for document in documents:
        replicas = dig(document, "spec", "replicas", default=1)
        pods += replicas if isinstance(replicas, int) and replicas > 0 else 1
    if pods > MAX_PODS:
        message = f"the manifests ask for {pods} pods; a scenario may have {MAX_PODS}"
        raise YamlError([YamlProblem(drawn.place("world", "clusters"), message)])


def specs_of(section: WorldSection) -> tuple[ClusterSpec, ...]:
    """What the clusters of a scenario's world shall be."""
    joined = {name for pair in section.mesh.connected for name in pair}
    specs, first_host = [], 2
    for number, cluster in enumerate(section.clusters):
        values: Mapping[str, Any] = cluster.values
        if cluster.name in joined:
            values = merge(MESH_VALUES, values)
        specs.append(_spec(section, cluster, number, first_host, values))
        first_host += cluster.workers + 1
    return tuple(specs)


def _spec(
    section: WorldSection, cluster: WorldCluster, number: int, first_host: int, values: Mapping[str, Any]
) -> ClusterSpec:
    alone = len(section.clusters) == 1
    version = section.cilium if section.cilium.count(".") == 2 else f"{section.cilium}.5"
    return ClusterSpec(
        context=cluster.kube_context,
        cluster_name=cluster.name,
        cluster_id=cluster.id,
        workers=cluster.workers,
        pod_cidr="10.244.0.0/16" if alone else f"10.{10 + number}.0.0/16",
        service_cidr="10.96.0.0/16" if alone else f"10.{96 + number}.0.0/16",
        first_host=first_host,
        values=values,
        cilium=version if cluster.installed else "",
        gateway_api=cluster.gateway_api,
        node_addresses=cluster.node_addresses,
        node_networks=cluster.node_networks,
        has_xdp=cluster.has_xdp,
        cloud=_cloud(cluster.cloud),
    )


def _cloud(section: CloudSection | None) -> Cloud | None:
    if section is None:
        return None
    return Cloud(
        section.provider, section.network, section.subnet, section.interfaces, section.addresses,
        refusal=section.refusal or "",
    )  # fmt: skip


def _surroundings(section: WorldSection, seed: int) -> Surroundings:
    contexts = section.contexts()
    hosts = {
        ip: OutsideHost(ip, host.ports, host.status, host.body, host.allowed_sources)
        for ip, host in section.outside.hosts.items()
    }
    names = {name.rstrip(".").lower(): ips for name, ips in section.outside.names.items()}
    return Surroundings(
        Outside(names, hosts, {ip: router_of(ip, router) for ip, router in section.outside.routers.items()}),
        Links(tuple(block_of(block, contexts) for block in section.blocked)),
        tuple(server_of(server) for server in section.servers),
        tuple(_traffic(section, seed)),
    )


def _traffic(section: WorldSection, seed: int) -> list[Traffic]:
    contexts = section.contexts()
    found = []
    for number, traffic in enumerate(section.traffic):
        client, target = parse_client(traffic.from_), parse_target(traffic.to)
        workload = client.workload
        context = contexts.get(workload.cluster) if workload is not None else ""
        if context is None:
            raise QuizgameError(f'traffic comes from a cluster that is not in clusters: "{traffic.from_}"')
        period = milliseconds(traffic.every) * MS_NS
        ask = traffic.http
        found.append(
            Traffic(
                context, workload.namespace if workload is not None else "",
                workload.name if workload is not None else "", target.host, target.port or 0, period,
                method=ask.method if ask is not None else "GET",
                path=ask.path if ask is not None else "/",
                is_http=ask is not None,
                client_ip=client.address,
                offset_ns=keyed_int(seed, "traffic", number, below=period // MS_NS) * MS_NS,
            )
        )  # fmt: skip
    return found


def _join(world: World, section: WorldSection) -> None:
    """Join the clusters of a mesh as an administrator does before handing it over."""
    clusters = {cluster.name: world.clusters[cluster.kube_context] for cluster in section.clusters}
    if section.mesh.ca == "shared" and section.mesh.connected:
        _share_authority(list(clusters.values()))
    for one, other in section.mesh.connected:
        connect(clusters[one], clusters[other])
        connect(clusters[other], clusters[one])
    world.settle()


def _share_authority(clusters: Sequence[Cluster]) -> None:
    first = clusters[0].api.get("secrets", CA_SECRET, SYSTEM)
    for cluster in clusters[1:]:
        cluster.api.patch("secrets", CA_SECRET, {"data": first["data"]}, PatchType.MERGE, SYSTEM)


def started_ns() -> int:
    """The simulated instant at which a learner arrives."""
    return EPOCH_NS + (HEALTHY_S + BROKEN_S) * 1_000 * MS_NS
