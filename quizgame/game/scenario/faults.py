"""Applies a scenario's actions to a world: each kind of action is a row of a table and changes state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.cluster.apps import Route, Server
from quizgame.cluster.bgp.router import Router, RouterNeighbor, RouterState
from quizgame.cluster.build import apply_manifest
from quizgame.cluster.fabric import control_plane_of, fabric_of
from quizgame.cluster.links import API_SERVER_PORT, Block, Links
from quizgame.cluster.objects import controller_of, name_of
from quizgame.cluster.patching import PatchType
from quizgame.cluster.world import Cluster, World
from quizgame.content.scenario.actions import (
    Action,
    AppAction,
    ApplyAction,
    ConfigAction,
    CutOffAction,
    MetadataAction,
    RestartAction,
    RouterAction,
)
from quizgame.content.scenario.parts import ObjectName
from quizgame.content.scenario.world import BlockSection, RouterNeighborSection, RouterSection, ServerSection
from quizgame.content.scenarios import DrawnScenario
from quizgame.errors import QuizgameError
from quizgame.yamlsource.place import YamlError, YamlProblem

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where an action acts, and where it is written."""

    world: World
    drawn: DrawnScenario
    contexts: Mapping[str, str]
    path: Path

    def cluster(self, name: str | None) -> Cluster:
        context = self.contexts.get(name or "")
        if context is None:
            raise QuizgameError(
                f'there is no cluster "{name}"', hint="clusters: " + ", ".join(filter(None, self.contexts))
            )
        return self.world.clusters[context]


def apply_actions(world: World, drawn: DrawnScenario, actions: Sequence[Action], path: Path) -> None:
    """Change a world; it is settled afterwards.

    Args:
        world: What to change.
        drawn: The scenario that the actions come from.
        actions: In their order.
        path: Where they stand in its file, for messages.

    Raises:
        YamlError: an action names what is not there, or the API server refuses it.
    """
    contexts = drawn.exercise.world.contexts()
    for index, action in enumerate(actions):
        key = _key_of(action)
        scene = _Scene(world, drawn, contexts, (*path, index, key))
        try:
            _APPLIERS[key](scene, action.chosen)
        except YamlError:
            raise
        except ApiError as refusal:
            raise YamlError([YamlProblem(drawn.place(*scene.path), refusal.message)]) from refusal
        except QuizgameError as error:
            raise YamlError([YamlProblem(drawn.place(*scene.path), str(error))]) from error
        world.settle()


def block_of(section: BlockSection, contexts: Mapping[str, str]) -> Block:
    """The firewall rule of a section; places name clusters as the scenario does."""
    return Block(_place(section.from_, contexts), _place(section.to, contexts), section.protocol, section.port)


def server_of(section: ServerSection) -> Server:
    """The programs of a section."""
    namespace, _, pod = section.pods.partition("/")
    routes = tuple(Route(route.method, route.path, route.status, route.body) for route in section.routes)
    return Server(namespace, pod, section.ports, section.protocol, routes, section.latency_ms)


def router_of(address: str, section: RouterSection) -> Router:
    """The router of a section."""
    return Router(
        address,
        section.asn,
        section.name or "",
        _neighbors(section.neighbors),
        section.accepts,
        section.announces,
        RouterState(section.state),
        section.port,
        section.hold_time,
        section.hops,
    )


def _neighbors(sections: Sequence[RouterNeighborSection]) -> tuple[RouterNeighbor, ...]:
    return tuple(RouterNeighbor(each.address, each.asn, each.password) for each in sections)


def _place(text: str, contexts: Mapping[str, str]) -> str:
    name, slash, node = text.partition("/")
    return f"{contexts.get(name, name)}/{node}" if slash else text


def _key_of(action: Action) -> str:
    for name, field in Action.model_fields.items():
        if getattr(action, name) is not None:
            return field.alias or name
    raise ValueError("an action without a key")


def _patch(scene: _Scene, target: ObjectName, merge: Mapping[str, Any]) -> None:
    cluster = scene.cluster(target.cluster)
    plural = _resource(cluster, target.kind)
    cluster.api.patch(plural, target.name, dict(merge), PatchType.MERGE, target.namespace or "")


def _resource(cluster: Cluster, kind: str) -> str:
    served = cluster.api.registry.resolve(kind.lower())
    if served is None:
        raise QuizgameError(f'the cluster has no kind "{kind}"')
    return served[0].qualified


def _restart(cluster: Cluster, plural: str, name: str, namespace: str) -> None:
    stamp = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: cluster.api.clock.timestamp()}}}}}
    cluster.api.patch(plural, name, stamp, PatchType.MERGE, namespace)


def _apply_manifests(scene: _Scene, action: ApplyAction) -> None:
    cluster = scene.cluster(action.cluster)
    for source, documents in scene.drawn.manifests(action.manifests, (*scene.path, "manifests")):
        apply_manifest(cluster, source, documents)


def _delete(scene: _Scene, action: ObjectName) -> None:
    cluster = scene.cluster(action.cluster)
    cluster.api.delete(_resource(cluster, action.kind), action.name, action.namespace or "")


def _config(scene: _Scene, action: ConfigAction) -> None:
    cluster = scene.cluster(action.cluster)
    data: dict[str, str | None] = {**action.set, **dict.fromkeys(action.unset)}
    cluster.api.patch("configmaps", "cilium-config", {"data": data}, PatchType.MERGE, "kube-system")
    if action.restart:
        _restart(cluster, "daemonsets.apps", "cilium", "kube-system")


def _label(scene: _Scene, action: MetadataAction) -> None:
    _patch(scene, action, {"metadata": {"labels": dict(action.set)}})


def _annotate(scene: _Scene, action: MetadataAction) -> None:
    _patch(scene, action, {"metadata": {"annotations": dict(action.set)}})


def _restart_workload(scene: _Scene, action: RestartAction) -> None:
    cluster = scene.cluster(action.cluster)
    _restart(cluster, _resource(cluster, action.kind), action.name, action.namespace or "")


def _add_block(scene: _Scene, block: Block) -> None:
    fabric = fabric_of(scene.world)
    fabric.links = Links((*fabric.links.blocks, block))


def _unblock(scene: _Scene, action: BlockSection) -> None:
    fabric = fabric_of(scene.world)
    gone = block_of(action, scene.contexts)
    if gone not in fabric.links.blocks:
        raise QuizgameError("there is no such firewall rule")
    fabric.links = Links(tuple(block for block in fabric.links.blocks if block != gone))


def _cut_off(scene: _Scene, action: CutOffAction) -> None:
    cluster = scene.cluster(action.cluster)
    server = f"{cluster.context}/{control_plane_of(cluster)}"
    _add_block(scene, Block(f"{cluster.context}/{action.node}", server, "TCP", API_SERVER_PORT))


def _router(scene: _Scene, action: RouterAction) -> None:
    fabric = fabric_of(scene.world)
    router = fabric.outside.routers.get(action.address)
    if router is None:
        raise QuizgameError(f"there is no router with the address {action.address}")
    changed = replace(
        router,
        asn=router.asn if action.asn is None else action.asn,
        neighbors=router.neighbors if action.neighbors is None else _neighbors(action.neighbors),
        accepts=router.accepts if action.accepts is None else action.accepts,
        announces=router.announces if action.announces is None else action.announces,
        state=router.state if action.state is None else RouterState(action.state),
    )
    fabric.outside = replace(fabric.outside, routers={**fabric.outside.routers, action.address: changed})


def _serve(scene: _Scene, action: ServerSection) -> None:
    fabric = fabric_of(scene.world)
    fabric.servers = (server_of(action), *fabric.servers)


def _app(scene: _Scene, action: AppAction) -> None:
    cluster = scene.cluster(action.cluster)
    fault = AppFault(
        action.namespace, AppState(action.state), action.pod, exit_code=action.exit_code, message=action.message
    )
    cluster.app_faults = (*cluster.app_faults, fault)
    # A program misbehaves from its start on, so the pods that run are replaced.
    for pod in cluster.api.list("pods", action.namespace):
        if name_of(pod).startswith(action.pod) and controller_of(pod) is not None:
            cluster.api.delete("pods", name_of(pod), action.namespace)


_APPLIERS: Mapping[str, Callable[[_Scene, Any], None]] = {
    "apply": _apply_manifests,
    "delete": _delete,
    "patch": lambda scene, action: _patch(scene, action, action.merge),
    "config": _config,
    "scale": lambda scene, action: _patch(scene, action, {"spec": {"replicas": action.replicas}}),
    "label": _label,
    "annotate": _annotate,
    "restart": _restart_workload,
    "block": lambda scene, action: _add_block(scene, block_of(action, scene.contexts)),
    "unblock": _unblock,
    "cut-off": _cut_off,
    "router": _router,
    "serve": _serve,
    "app": _app,
}
"""Kind of action → what does it."""
