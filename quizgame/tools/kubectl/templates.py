"""Where an object keeps the spec of its pods."""

from __future__ import annotations

from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.selection import Target

_WITH_TEMPLATE = frozenset(("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "Job", "ReplicationController"))


def pod_spec_path(target: Target) -> tuple[str, ...]:
    """The path of the pod spec in an object.

    Raises:
        KubectlError: the kind has no pods.
    """
    if target.resource.kind == "Pod":
        return ("spec",)
    if target.resource.kind in _WITH_TEMPLATE:
        return ("spec", "template", "spec")
    raise KubectlError(f"{target.title} is not a pod or does not have a pod template")
