"""How facts name the two ends of a flow or probe: by workload and service, never by generated name or address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.pods import workload_of
from quizgame.policy.identity import ENTITY_IDENTITIES

if TYPE_CHECKING:
    from quizgame.cluster.world import World
    from quizgame.datapath.course import Course

_ENTITIES = {identity: entity for entity, identity in ENTITY_IDENTITIES.items()}


def workload_name(world: World, namespace: str, pod: str, cluster: str = "") -> str:
    """``namespace/workload`` of a pod; ``namespace/pod`` where no such pod is left.

    Args:
        world: Where to look.
        namespace: The pod's namespace.
        pod: Its name.
        cluster: Cilium's name of its cluster, where it is known; else the first cluster that has such a pod counts.
    """
    for each in world.clusters.values():
        if cluster and each.cluster_name != cluster:
            continue
        found = each.api.find("pods", pod, namespace)
        if found is not None:
            return f"{namespace}/{workload_of(found)[0]}"
    return f"{namespace}/{pod}"


def peer_name(world: World, namespace: str, pod: str, identity: int, ip: str, cluster: str = "") -> str:
    """Name one side of a flow: workload, else entity, else address."""
    if pod:
        return workload_name(world, namespace, pod, cluster)
    return _ENTITIES.get(identity, ip)


def destination_name(world: World, course: Course, asked: str) -> str:
    """Name what a client talked to: the service it asked for, else the pod that was hit, else what it typed."""
    if course.takeover is not None:
        return "/".join(course.takeover.service)
    frontend = course.translation.frontend
    if frontend is not None:
        return f"{frontend.namespace}/{frontend.service}"
    side = course.destination
    if side is not None and side.endpoint is not None and side.endpoint.is_pod:
        return workload_name(world, side.endpoint.namespace, side.endpoint.pod, side.agent.config.cluster_name)
    source = course.source
    if source is not None:
        entry = source.agent.ipcache.lookup(course.packet.destination)
        if entry is not None and entry.pod:
            return workload_name(world, entry.namespace, entry.pod, entry.cluster)
    return asked
