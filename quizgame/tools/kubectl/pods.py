"""Finding the pod and container that ``exec``, ``logs`` and ``port-forward`` are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.labelselect import Selector, equality_selector, matches, selector_of
from quizgame.cluster.objects import KubeObject, annotations_of, dig, is_condition_true, is_terminating, labels_of
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.selection import Target, look_up, parse_names

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def pod_named(call: Call, word: str) -> KubeObject:
    """The pod that ``NAME`` or ``TYPE/NAME`` stands for; of a workload the most useful of its pods.

    Raises:
        QuizgameError: there is no such pod or workload, or it has no pods.
    """
    target = look_up(call, _target(call, word))
    if target.resource.kind == "Pod":
        return target.node or {}
    pods = pods_of(call, target)
    if not pods:
        raise KubectlError("timed out waiting for the condition")
    return pods[0]


def _target(call: Call, word: str) -> Target:
    named = parse_names(call, [word] if "/" in word else ["pods", word])
    return next(iter(named.targets(call)))


def pods_of(call: Call, target: Target) -> list[KubeObject]:
    """The pods of a workload or service, the most useful first."""
    node = target.node or {}
    selector: Selector
    if target.resource.kind == "Service":
        chosen = dig(node, "spec", "selector", default={})
        if not chosen:
            raise KubectlError(f"invalid service '{target.name}': Service is defined without a selector")
        selector = equality_selector(chosen)
    else:
        structured = dig(node, "spec", "selector")
        if not structured:
            raise KubectlError(
                f"cannot attach to *v1.{target.resource.kind}: selector for *v1.{target.resource.kind} not implemented"
            )
        selector = selector_of(structured)
    found = [each for each in call.api.list("pods", target.namespace) if matches(selector, labels_of(each))]
    # Source: kubectl pkg/util/podutils ActivePods: running and ready pods before others, older before younger.
    return sorted(found, key=_rank)


def _rank(pod: Mapping[str, Any]) -> tuple[bool, bool, bool, str]:
    is_running = dig(pod, "status", "phase") == "Running"
    created = str(pod["metadata"].get("creationTimestamp", ""))
    return is_terminating(pod), not is_running, not is_condition_true(pod, "Ready"), created


def container_names(pod: Mapping[str, Any]) -> list[str]:
    """All containers of a pod, its own first."""
    spec = pod.get("spec", {})
    kinds = ("containers", "ephemeralContainers", "initContainers")
    return [each["name"] for kind in kinds for each in spec.get(kind) or ()]


def default_container(pod: Mapping[str, Any]) -> tuple[str, str]:
    """The container that is meant where none is named, and what kubectl says about the choice (empty: nothing)."""
    # Source: kubectl pkg/cmd/util/podcmd FindOrDefaultContainerByName.
    spec = pod.get("spec", {})
    own = [each["name"] for each in spec.get("containers") or ()]
    marked = annotations_of(pod).get(DEFAULT_CONTAINER)
    if marked in own:
        return str(marked), ""
    everything = own + [
        f"{each['name']} ({word})"
        for word, kind in (("ephem", "ephemeralContainers"), ("init", "initContainers"))
        for each in spec.get(kind) or ()
    ]
    note = f'Defaulted container "{own[0]}" out of: {", ".join(everything)}' if len(everything) > 1 else ""
    return own[0], note


def container_status(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A container's status; empty before the kubelet has written one."""
    for key in ("containerStatuses", "ephemeralContainerStatuses", "initContainerStatuses"):
        for status in dig(pod, "status", key, default=[]):
            if status["name"] == name:
                found: Mapping[str, Any] = status
                return found
    return {}
