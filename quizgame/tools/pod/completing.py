"""What could be typed next of a program's command line inside a pod."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from quizgame.cluster.objects import dig
from quizgame.tools.pod.dispatch import SHELLS, programs_of
from quizgame.tools.session import Session

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

Propose = Callable[[Sequence[str], Session, "Cluster"], Iterable[str]]

_AGENTS = "quizgame.tools.cilium_dbg.program:run"
_COMPLETING: dict[str, str] = {
    "quizgame.tools.pod.hubble:run": "quizgame.tools.hubble_completing:proposals",
}
"""Programs of a container, and what proposes their words; both as ``module:attribute``."""


def pod_proposals(
    session: Session, cluster: Cluster, pod: Mapping[str, Any], container: str, words: Sequence[str]
) -> Iterator[str]:
    """Words that could stand in place of the last one.

    Args:
        session: The learner's shell.
        cluster: The pod's cluster.
        pod: The pod as stored.
        container: Name of the container.
        words: What stands after ``--``: the program and its arguments.
    """
    table = programs_of(pod, container)
    if len(words) == 1:
        yield from (name for name in (*table, *(SHELLS if table else ())) if name != "[")
        return
    program = table.get(words[0], "")
    if program == _AGENTS:
        from quizgame.tools.cilium_dbg.completing import proposals

        yield from proposals(words[1:], session, cluster, str(dig(pod, "spec", "nodeName", default="")))
        return
    target = _COMPLETING.get(program)
    if target is not None:
        module_name, _, attribute = target.partition(":")
        propose: Propose = getattr(import_module(module_name), attribute)
        yield from propose(words[1:], session, cluster)
