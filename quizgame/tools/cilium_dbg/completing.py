"""What could be typed next of a ``cilium-dbg`` command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from quizgame.goflags.command import Command
from quizgame.goflags.completing import Place, complete_command
from quizgame.tools.cilium_dbg.catalog import OTHER_FLAGS, REFUSED
from quizgame.tools.cilium_dbg.commands.monitor import TYPES
from quizgame.tools.cilium_dbg.program import REFUSED_EVERYWHERE, command_tree
from quizgame.tools.session import Session

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

_VALUES: dict[str, tuple[str, ...]] = {"output": ("json",), "type": tuple(TYPES)}
"""Values of flags that all commands understand alike."""


def proposals(words: Sequence[str], _session: Session, _cluster: Cluster) -> Iterator[str]:
    """Words that could stand in place of the last one; what is refused is not among them."""
    root, runs = command_tree()

    def refused_flags(command: Command) -> frozenset[str]:
        sub = runs.get(command)
        other = OTHER_FLAGS.get(sub.path, list)() if sub is not None else []
        return frozenset((*REFUSED_EVERYWHERE, *(flag.name for flag in other)))

    return complete_command(
        root,
        words,
        _values,
        is_refused=lambda command: command in runs and runs[command].path in REFUSED,
        refused_flags=refused_flags,
    )


def _values(_command: Command, place: Place) -> Sequence[str]:
    return _VALUES.get(place.flag.name, ()) if place.flag is not None else ()
