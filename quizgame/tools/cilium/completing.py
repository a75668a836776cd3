"""What could be typed next of a ``cilium`` command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from quizgame.cluster.world import Cluster
from quizgame.goflags.command import Command
from quizgame.goflags.completing import Place, complete_command
from quizgame.tools import worldnames
from quizgame.tools.cilium.connectivity.tests import TESTS
from quizgame.tools.cilium.program import REFUSED_EVERYWHERE, command_tree
from quizgame.tools.session import Session


def proposals(words: Sequence[str], session: Session) -> Iterator[str]:
    """Words that could stand in place of the last one; what is refused is not among them.

    Args:
        words: The command line without the program's name; the last word is unfinished, maybe empty.
        session: Whose world they are about.
    """
    root, runs = command_tree()

    def values(command: Command, place: Place) -> Iterable[str]:
        cluster = worldnames.cluster_at(session.world, place.text("context"))
        if cluster is None:
            return ()
        if place.flag is not None:
            if place.flag.name in _CONTEXT_FLAGS:
                return worldnames.contexts(session.world)
            return _VALUES.get(place.flag.name, _nothing)(cluster)
        sub = runs.get(command)
        return _WORDS.get(sub.path, _nothing)(cluster) if sub is not None and not place.args else ()

    def refused_flags(command: Command) -> frozenset[str]:
        sub = runs.get(command)
        return frozenset(REFUSED_EVERYWHERE) | (sub.refused_flags if sub is not None else frozenset())

    return complete_command(
        root,
        words,
        values,
        is_refused=lambda command: command in runs and runs[command].is_refused,
        refused_flags=refused_flags,
    )


def _nothing(_cluster: Cluster) -> Iterable[str]:
    return ()


_CONTEXT_FLAGS = ("context", "destination-context", "multi-cluster")
_VALUES: dict[str, Callable[[Cluster], Iterable[str]]] = {
    "namespace": worldnames.namespaces,
    "node": lambda cluster: worldnames.names(cluster, "nodes"),
    "operator-node": lambda cluster: worldnames.names(cluster, "nodes"),
    "test": lambda _cluster: TESTS,
}
"""Proposes values of flags."""
_WORDS: dict[str, Callable[[Cluster], Iterable[str]]] = {
    "bgp routes": lambda _cluster: ("advertised", "available"),
    "config delete": lambda cluster: cluster.config,
    "config set": lambda cluster: cluster.config,
}
"""Proposes the first positional word, by the command's path."""
