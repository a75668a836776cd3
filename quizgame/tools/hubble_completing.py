"""What could be typed next of a ``hubble`` command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from quizgame.cluster.objects import labels_of
from quizgame.goflags.command import Command
from quizgame.goflags.completing import Place, complete_command
from quizgame.hubble.command.settings import UNSIMULATED_SERVER_FLAGS
from quizgame.hubble.command.tree import build_tree
from quizgame.tools import worldnames
from quizgame.tools.session import Session

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_REFUSED_FLAGS = frozenset((*UNSIMULATED_SERVER_FLAGS, "cel-expression"))
_WORKLOADS = ("daemonsets", "deployments", "statefulsets")


def proposals(words: Sequence[str], session: Session, cluster: Cluster) -> Iterator[str]:
    """Words that could stand in place of the last one; what is refused is not among them.

    Args:
        words: The command line without the program's name; the last word is unfinished, maybe empty.
        session: The shell.
        cluster: Whose names are proposed.
    """
    tree = build_tree({})

    def values(command: Command, place: Place) -> Iterable[str]:
        if place.flag is not None:
            name = place.flag.name.removeprefix("from-").removeprefix("to-")
            propose = _VALUES.get(name)
            return propose(cluster, place) if propose is not None else ()
        if command.path == "hubble config get" and not place.args:
            return sorted(flag.name for flag in tree.root.persistent_flags)
        return ()

    del session
    return complete_command(
        tree.root, words, values, is_refused=tree.is_refused, refused_flags=lambda _command: _REFUSED_FLAGS
    )


def _objects(resource: str) -> Callable[[Cluster, Place], Iterator[str]]:
    """Objects with their namespace; without it those of the namespace that the line names, or of ``default``."""

    def propose(cluster: Cluster, place: Place) -> Iterator[str]:
        given = [value for name in _NAMESPACE_FLAGS for value in place.given.get(name, ())]
        for namespace in given or ("default",):
            yield from worldnames.names(cluster, resource, namespace)
        if not given:
            yield from worldnames.qualified_names(cluster, resource)

    return propose


def _workloads(cluster: Cluster, _place: Place) -> Iterator[str]:
    for kind in _WORKLOADS:
        for each in worldnames.qualified_names(cluster, kind):
            yield each.partition("/")[2]


def _labels(cluster: Cluster, _place: Place) -> Iterator[str]:
    for pod in cluster.api.list("pods"):
        for key, value in labels_of(pod).items():
            yield f"{key}={value}"


def _nodes(cluster: Cluster, _place: Place) -> Iterator[str]:
    return worldnames.names(cluster, "nodes")


_NAMESPACE_FLAGS = ("namespace", "from-namespace", "to-namespace")
_VALUES: dict[str, Callable[[Cluster, Place], Iterator[str]]] = {
    "label": _labels,
    "namespace": lambda cluster, _place: worldnames.namespaces(cluster),
    "node-name": _nodes,
    "pod": _objects("pods"),
    "service": _objects("services"),
    "workload": _workloads,
}
"""Proposes values of filters, by the flag's name without its side."""
