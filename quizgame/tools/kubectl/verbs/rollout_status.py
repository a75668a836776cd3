"""``kubectl rollout status``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quizgame.cluster.objects import condition_of, dig
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.goflags.times import SECOND
from quizgame.tools.facts import fact
from quizgame.tools.kubectl.call import LONGEST_WAIT_S, Call
from quizgame.tools.kubectl.changing import targets_of
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.rollout_change import require_subject
from quizgame.tools.output import Line


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to get from a server."),
        integer("revision", "Pin to a specific revision for showing its status."),
        string("selector", "Selector (label query) to filter on.", short="l"),
        duration("timeout", "The length of time to wait before ending watch, zero means never."),
        boolean("watch", "Watch the status of the rollout until it's done.", short="w", default=True),
    ]


def _run(call: Call) -> None:
    require_subject(call)
    targets, errors = targets_of(call, call.args)
    raise_all(errors)
    for target in targets:
        _follow(call, target)


State = tuple[str, bool]
"""What there is to say, and whether the rollout is over."""


def _deployment(node: Mapping[str, Any], name: str) -> State:
    # Source: kubectl pkg/polymorphichelpers/rollout_status.go.
    status = node.get("status") or {}
    if node["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...", False
    progressing = condition_of(node, "Progressing")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        raise KubectlError(f'deployment "{name}" exceeded its progress deadline')
    wanted = dig(node, "spec", "replicas", default=1)
    updated, total, available = (status.get(key, 0) for key in ("updatedReplicas", "replicas", "availableReplicas"))
    head = f'Waiting for deployment "{name}" rollout to finish: '
    if updated < wanted:
        return f"{head}{updated} out of {wanted} new replicas have been updated...", False
    if total > updated:
        return f"{head}{total - updated} old replicas are pending termination...", False
    if available < updated:
        return f"{head}{available} of {updated} updated replicas are available...", False
    return f'deployment "{name}" successfully rolled out', True


def _daemonset(node: Mapping[str, Any], name: str) -> State:
    if dig(node, "spec", "updateStrategy", "type") == "OnDelete":
        raise KubectlError("rollout status is only available for RollingUpdate strategy type")
    status = node.get("status") or {}
    if node["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for daemon set spec update to be observed...", False
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    head = f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < wanted:
        return f"{head}{updated} out of {wanted} new pods have been updated...", False
    if available < wanted:
        return f"{head}{available} of {wanted} updated pods are available...", False
    return f'daemon set "{name}" successfully rolled out', True


def _statefulset(node: Mapping[str, Any], name: str) -> State:
    status = node.get("status") or {}
    wanted = dig(node, "spec", "replicas", default=1)
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...", False
    if status.get("updateRevision") != status.get("currentRevision"):
        return (
            f"waiting for statefulset rolling update to complete {updated} pods at revision "
            f"{status.get('updateRevision')}...",
            False,
        )
    return (
        f"statefulset rolling update complete {status.get('currentReplicas', wanted)} pods at revision "
        f"{status.get('currentRevision', '')}...",
        True,
    )


_STATES: dict[str, Callable[[Mapping[str, Any], str], State]] = {
    "Deployment": _deployment,
    "DaemonSet": _daemonset,
    "StatefulSet": _statefulset,
}


def _follow(call: Call, target: Target) -> None:
    look = _STATES.get(target.resource.kind)
    if look is None:
        raise KubectlError(f"no status viewer has been implemented for {target.resource.kind}")
    end_ns = call.now_ns + (call.flags.number("timeout") or LONGEST_WAIT_S * SECOND)
    said_at = -1
    while True:
        node = call.api.get(target.resource, target.name, target.namespace)
        version = int(node["metadata"]["resourceVersion"])
        text, is_over = look(node, target.name)
        if version != said_at:
            # A line for each change of the object, as the real command watches it.
            said_at = version
            status = "ready" if is_over else "not ready"
            shown = fact(
                "component", witnesses=(target.name,), cluster=call.cluster.context, name=target.name, status=status
            )
            if not call.show_live([Line(text, (shown,))]):
                return
        if is_over or not call.flags.is_on("watch"):
            return
        if call.now_ns >= end_ns:
            raise KubectlError("timed out waiting for the condition")
        call.world.advance(min(1, (end_ns - call.now_ns) / SECOND))


STATUS = Verb(
    _run,
    "(TYPE NAME | TYPE/NAME) [flags]",
    _flags,
    "  # Wait until all agents run with the new configuration\n  kubectl -n kube-system rollout status ds/cilium",
)
