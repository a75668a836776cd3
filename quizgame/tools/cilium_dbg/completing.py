"""What could be typed next of a ``cilium-dbg`` command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from quizgame.cluster.fabric import agent_on
from quizgame.goflags.command import Command
from quizgame.goflags.completing import Place, complete_command
from quizgame.tools.cilium_dbg.catalog import OTHER_FLAGS, REFUSED
from quizgame.tools.cilium_dbg.commands.misc import OPTIONS
from quizgame.tools.cilium_dbg.commands.monitor import TYPES
from quizgame.tools.cilium_dbg.model.listings import map_models
from quizgame.tools.cilium_dbg.program import REFUSED_EVERYWHERE, command_tree
from quizgame.tools.session import Session

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.world import Cluster

_VALUES: dict[str, tuple[str, ...]] = {"output": ("json", "jsonpath=", "yaml"), "type": tuple(TYPES)}
"""Values of flags that all commands understand alike."""


def _endpoints(agent: Agent) -> Iterable[str]:
    return (str(number) for number in sorted(agent.endpoints))


def _maps(agent: Agent) -> Iterable[str]:
    return (str(each["name"]) for each in map_models(agent))


def _addresses(agent: Agent) -> Iterable[str]:
    return (prefix.removesuffix("/32") for prefix, _ in agent.ipcache.sorted_entries() if prefix.endswith("/32"))


_FLAGS: dict[str, Callable[[Agent], Iterable[str]]] = {
    "endpoint": _endpoints, "from": _endpoints, "related-to": _endpoints, "to": _endpoints,
}  # fmt: skip
_ARGUMENTS: dict[str, Callable[[Agent], Iterable[str]]] = {
    **dict.fromkeys(
        ("endpoint config", "endpoint get", "endpoint health", "endpoint labels", "endpoint log", "bpf policy get"),
        _endpoints,
    ),
    "bpf ct list": lambda _agent: ("global",),
    "bpf ipcache get": _addresses,
    "bpf ipcache match": lambda agent: (prefix for prefix, _ in agent.ipcache.sorted_entries()),
    "config get": lambda _agent: sorted(OPTIONS),
    "identity get": lambda agent: (str(number) for number in sorted(agent.identities)),
    "ip get": lambda agent: (prefix for prefix, _ in agent.ipcache.sorted_entries()),
    "map get": _maps,
}
"""What of the node's state could be a command's first argument."""


def proposals(words: Sequence[str], session: Session, cluster: Cluster, node: str) -> Iterator[str]:
    """Words that could stand in place of the last one; what is refused is not among them."""
    root, runs = command_tree()
    agent = agent_on(session.world, cluster.context, node)

    def values(command: Command, place: Place) -> Iterable[str]:
        if place.flag is not None:
            of_flag = _FLAGS.get(place.flag.name)
            return of_flag(agent) if of_flag is not None else _VALUES.get(place.flag.name, ())
        of_argument = _ARGUMENTS.get(runs[command].path) if command in runs else None
        return of_argument(agent) if of_argument is not None and not place.args else ()

    def refused_flags(command: Command) -> frozenset[str]:
        sub = runs.get(command)
        other = OTHER_FLAGS.get(sub.path, list)() if sub is not None else []
        return frozenset((*REFUSED_EVERYWHERE, *(flag.name for flag in other)))

    return complete_command(
        root,
        words,
        values,
        is_refused=lambda command: command in runs and runs[command].path in REFUSED,
        refused_flags=refused_flags,
    )
