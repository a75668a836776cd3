"""What in a world has a name that could be typed: clusters, namespaces, objects, containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.objects import name_of

if TYPE_CHECKING:
    from quizgame.cluster.resources import Resource
    from quizgame.cluster.world import Cluster, World


def contexts(world: World) -> Iterator[str]:
    """The contexts of the kubeconfig."""
    yield from world.clusters


def cluster_at(world: World, context: str) -> Cluster | None:
    """The cluster of a context; of the current one where none is given, ``None`` where there is no such context."""
    return world.clusters.get(context or world.current_context)


def names(cluster: Cluster, resource: Resource | str, namespace: str = "") -> Iterator[str]:
    """Names of the objects of a kind, in one namespace where the kind has namespaces; none for an unknown kind."""
    served = cluster.api.registry.get(resource) if isinstance(resource, str) else resource
    if served is not None and served.is_stored:
        yield from map(name_of, cluster.api.list(served, namespace if served.namespaced else None))


def namespaces(cluster: Cluster) -> Iterator[str]:
    """Names of the namespaces."""
    yield from names(cluster, "namespaces")


def qualified_names(cluster: Cluster, resource: str) -> Iterator[str]:
    """Names of all objects of a kind with their namespace, ``kube-system/coredns``."""
    for node in cluster.api.list(resource):
        yield f"{node['metadata']['namespace']}/{name_of(node)}"
