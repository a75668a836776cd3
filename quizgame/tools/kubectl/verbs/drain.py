"""``kubectl drain``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import KubeObject, annotations_of, controller_of, dig
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import targets_of
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.cordon import set_schedulable
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.kubectl.writing import NONE, dry_run_flag, dry_run_of

# Source: kubectl pkg/drain/filters.go: reasons and their wording (the doubled words are the real ones).
_LOCAL_STORAGE = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"
_UNMANAGED = "cannot delete cannot delete Pods that declare no controller (use --force to override)"
_DAEMONSET = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"


def _flags() -> list[Flag]:
    return [
        boolean("delete-emptydir-data", "Continue even if there are pods using emptyDir."),
        dry_run_flag(),
        boolean("force", "Continue even if there are pods that do not declare a controller."),
        integer("grace-period", "Period of time in seconds given to each pod to terminate gracefully.", default=-1),
        boolean("ignore-daemonsets", "Ignore DaemonSet-managed pods."),
        string("pod-selector", "Label selector to filter pods on the node"),
        string("selector", "Selector (label query) to filter on", short="l"),
        duration("timeout", "The length of time to wait before giving up, zero means infinite"),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("disable-eviction", "Force drain to use delete, even if eviction is supported."),
        integer(
            "skip-wait-for-delete-timeout", "If pod DeletionTimestamp older than N seconds, skip waiting for the pod."
        ),
    ]


def _run(call: Call) -> None:
    if not call.args and not call.flags.text("selector"):
        raise call.usage_error("USAGE: drain NODE [flags]")
    mode = dry_run_of(call)
    names = [word.removeprefix("node/").removeprefix("nodes/") for word in call.args]
    targets, errors = targets_of(call, ["nodes", *names])
    raise_all(errors)
    for target in targets:
        set_schedulable(call, target, mode, is_cordoned=True)
    for target in targets:
        _drain(call, target, mode)


def _drain(call: Call, target: Target, mode: str) -> None:
    selector = call.flags.text("pod-selector")
    pods = call.api.list("pods", label_selector=selector, field_selector=f"spec.nodeName={target.name}")
    blocked: dict[str, list[str]] = {}
    ignored: list[str] = []
    evicted: list[KubeObject] = []
    for pod in pods:
        reason, is_fatal, is_left = _judge(call, pod)
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        if is_fatal:
            blocked.setdefault(reason, []).append(name)
        elif is_left:
            ignored += [name] if reason else []
        else:
            evicted.append(pod)
    if blocked:
        _give_up(call, target, blocked)
    if ignored:
        call.warn(f"ignoring DaemonSet-managed Pods: {', '.join(ignored)}")
    _evict(call, evicted, mode)
    call.print(f"node/{target.name} drained{'' if mode == NONE else ' (dry run)'}")


def _judge(call: Call, pod: Mapping[str, Any]) -> tuple[str, bool, bool]:
    """Why a pod stands in the way, whether that ends the drain, and whether the pod stays."""
    flags = call.flags
    if "kubernetes.io/config.mirror" in annotations_of(pod):
        return "", False, True
    is_finished = dig(pod, "status", "phase") in ("Succeeded", "Failed")
    owner = controller_of(pod)
    if owner is not None and owner["kind"] == "DaemonSet":
        return _DAEMONSET, not flags.is_on("ignore-daemonsets"), True
    has_scratch = any("emptyDir" in volume for volume in dig(pod, "spec", "volumes", default=[]))
    if has_scratch and not is_finished and not flags.is_on("delete-emptydir-data"):
        return _LOCAL_STORAGE, True, False
    if owner is None and not is_finished and not flags.is_on("force"):
        return _UNMANAGED, True, False
    return "", False, False


def _give_up(call: Call, target: Target, blocked: dict[str, list[str]]) -> None:
    order = (_LOCAL_STORAGE, _UNMANAGED, _DAEMONSET)
    reasons = [f"{reason}: {', '.join(blocked[reason])}" for reason in order if reason in blocked]
    shown = reasons[0] if len(reasons) == 1 else f"[{', '.join(reasons)}]"
    call.complain(f'error: unable to drain node "{target.name}" due to error: {shown}, continuing command...')
    call.complain(f"There are pending nodes to be drained:\n {target.name}")
    raise KubectlError("\n".join(reasons), is_bare=True)


def _evict(call: Call, pods: list[KubeObject], mode: str) -> None:
    grace = call.flags.number("grace-period")
    for pod in pods:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        call.print(f"evicting pod {namespace}/{name}")
        if mode == NONE:
            call.api.delete("pods", name, namespace, grace_period=None if grace < 0 else grace)
    if mode != NONE:
        return
    for pod in pods:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        uid = pod["metadata"]["uid"]

        def is_gone(namespace: str = namespace, name: str = name, uid: str = uid) -> bool:
            present = call.api.find("pods", name, namespace)
            return present is None or present["metadata"]["uid"] != uid

        if not wait_until(call, is_gone, call.flags.number("timeout")):
            raise KubectlError(
                f'error when waiting for pod "{name}" in namespace "{namespace}" to terminate: global '
                "timeout reached: timed out"
            )
        call.print(f"pod/{name} evicted")


DRAIN = Verb(
    _run,
    "NODE",
    _flags,
    "  # Move everything off a node\n  kubectl drain kind-worker2 --ignore-daemonsets --delete-emptydir-data",
    _refused,
)
