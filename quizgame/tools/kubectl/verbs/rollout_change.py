"""``kubectl rollout restart``, ``pause`` and ``resume``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.cluster.objects import KubeObject, dig, evolve, prune
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, store
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm, write_flags

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
ROLLED_OUT = frozenset(("Deployment", "DaemonSet", "StatefulSet"))


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to get from a server."),
        *write_flags(),
        string("selector", "Selector (label query) to filter on.", short="l"),
    ]


def require_subject(call: Call) -> None:
    """Refuse a command line that names nothing."""
    if not call.args and not call.flags.texts("filename"):
        raise KubectlError("required resource not specified")


def _restart(call: Call, target: Target) -> KubeObject:
    node = target.node or {}
    if target.resource.kind not in ROLLED_OUT:
        raise KubectlError(f'{target.resource.plural} "{target.name}" restarting is not supported')
    if dig(node, "spec", "paused"):
        raise KubectlError(
            f'{target.resource.plural}.{target.resource.group} "{target.name}" can\'t restart paused '
            "deployment (run rollout resume first)"
        )
    path = ("spec", "template", "metadata", "annotations", RESTARTED_AT)
    fresh: KubeObject = evolve(node, path, call.world.clock.timestamp())
    return fresh


def _only_deployments(target: Target, doing: str) -> None:
    if target.resource.kind != "Deployment":
        raise KubectlError(f'{target.resource.qualified} "{target.name}" {doing} is not supported')


def _pause(call: Call, target: Target) -> KubeObject:
    node = target.node or {}
    _only_deployments(target, "pausing")
    if dig(node, "spec", "paused"):
        raise KubectlError(f'{target.resource.qualified} "{target.name}" is already paused')
    fresh: KubeObject = evolve(node, ("spec", "paused"), True)
    return fresh


def _resume(call: Call, target: Target) -> KubeObject:
    node = target.node or {}
    _only_deployments(target, "resuming")
    if not dig(node, "spec", "paused"):
        raise KubectlError(f'{target.resource.qualified} "{target.name}" is not paused')
    fresh: KubeObject = prune(node, ("spec", "paused"))
    return fresh


def _verb(change: Callable[[Call, Target], KubeObject], done: str, example: str) -> Verb:
    def run(call: Call) -> None:
        require_subject(call)

        def apply(target: Target, mode: str) -> None:
            confirm(call, target.served, store(call, target, change(call, target), mode), done)

        change_each(call, call.args, apply)

    return Verb(run, "RESOURCE", _flags, f"  # {done.capitalize()}\n  {example}")


RESTART = _verb(_restart, "restarted", "kubectl -n kube-system rollout restart ds/cilium")
PAUSE = _verb(_pause, "paused", "kubectl rollout pause deployment/web")
RESUME = _verb(_resume, "resumed", "kubectl rollout resume deployment/web")
