"""``kubectl cordon`` and ``uncordon``."""

from __future__ import annotations

from quizgame.cluster.objects import dig, evolve, prune
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, store
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import dry_run_flag


def _flags() -> list[Flag]:
    return [
        dry_run_flag(),
        string("selector", "Selector (label query) to filter on", short="l"),
    ]


def set_schedulable(call: Call, target: Target, mode: str, *, is_cordoned: bool) -> None:
    """Cordon or uncordon a node and say so."""
    node = target.node or {}
    word = "cordoned" if is_cordoned else "uncordoned"
    if bool(dig(node, "spec", "unschedulable")) == is_cordoned:
        call.print(f"node/{target.name} already {word}")
        return
    path = ("spec", "unschedulable")
    store(call, target, evolve(node, path, True) if is_cordoned else prune(node, path), mode)
    suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[mode]
    call.print(f"node/{target.name} {word}{suffix}")


def _verb(name: str, *, is_cordoned: bool) -> Verb:
    def run(call: Call) -> None:
        if not call.args and not call.flags.text("selector"):
            raise call.usage_error(f"USAGE: {name} NODE [flags]")
        names = [word.removeprefix("node/").removeprefix("nodes/") for word in call.args]
        change_each(
            call, ["nodes", *names], lambda target, mode: set_schedulable(call, target, mode, is_cordoned=is_cordoned)
        )

    return Verb(run, "NODE", _flags, f"  # {name.capitalize()} a node\n  kubectl {name} kind-worker2")


CORDON = _verb("cordon", is_cordoned=True)
UNCORDON = _verb("uncordon", is_cordoned=False)
