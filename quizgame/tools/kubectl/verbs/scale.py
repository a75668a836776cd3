"""``kubectl scale``."""

from __future__ import annotations

from quizgame.cluster.apierror import no_such_resource
from quizgame.cluster.objects import dig, evolve
from quizgame.goflags.flagset import Flag, duration, integer, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, change_flags, store
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.kubectl.writing import NONE, confirm

_SCALABLE = frozenset(("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController"))


def _flags() -> list[Flag]:
    return [
        *change_flags(),
        integer("replicas", "The new desired number of replicas. Required."),
        integer("current-replicas", "Precondition for current size.", default=-1),
        string("resource-version", "Precondition for resource version."),
        duration("timeout", "The length of time to wait before giving up on a scale operation"),
    ]


def _run(call: Call) -> None:
    if not call.flags.changed("replicas"):
        raise KubectlError('required flag(s) "replicas" not set')
    wanted = call.flags.number("replicas")
    if wanted < 0:
        raise KubectlError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    change_each(call, call.args, lambda target, mode: _scale(call, target, wanted, mode))


def _scale(call: Call, target: Target, wanted: int, mode: str) -> None:
    if target.resource.kind not in _SCALABLE:
        raise no_such_resource()
    node = target.node or {}
    expected, version = call.flags.number("current-replicas"), call.flags.text("resource-version")
    present = dig(node, "spec", "replicas", default=1)
    if expected not in (-1, present):
        raise KubectlError(f"Expected replicas to be {expected}, was {present}")
    if version not in ("", node["metadata"]["resourceVersion"]):
        raise KubectlError(f"Expected resource version to be {version}, was {node['metadata']['resourceVersion']}")
    fresh = store(call, target, evolve(node, ("spec", "replicas"), wanted), mode)
    confirm(call, target.served, fresh, "scaled")
    if call.flags.number("timeout") and mode == NONE:
        _await(call, target, wanted)


def _await(call: Call, target: Target, wanted: int) -> None:
    def is_scaled() -> bool:
        node = call.api.find(target.resource, target.name, target.namespace)
        return bool(dig(node, "status", "replicas", default=0) == wanted)

    if not wait_until(call, is_scaled, call.flags.number("timeout")):
        raise KubectlError("timed out waiting for the condition")


_EXAMPLES = """  # Run three pods
  kubectl scale deployment web --replicas=3

  # Stop a component
  kubectl -n kube-system scale deployment cilium-operator --replicas=0"""

SCALE = Verb(
    _run,
    "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
    _flags,
    _EXAMPLES,
)
