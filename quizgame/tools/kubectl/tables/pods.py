"""What the pod table says of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.objects import dig, is_condition_true, is_terminating
from quizgame.tools.kubectl.ages import age
from quizgame.tools.kubectl.tables.column import AGE, NONE, TableColumn, wide


def _state(status: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = dig(status, "state", kind)
    return found


def _ended(prefix: str, terminated: Mapping[str, Any]) -> str:
    if terminated.get("reason"):
        return f"{prefix}{terminated['reason']}"
    if terminated.get("signal"):
        return f"{prefix}Signal:{terminated['signal']}"
    return f"{prefix}ExitCode:{terminated.get('exitCode', 0)}"


def _init_reason(pod: Mapping[str, Any]) -> str:
    """The STATUS while init containers run or fail; empty once they are through."""
    statuses = dig(pod, "status", "initContainerStatuses", default=[])
    sidecars = {
        each["name"] for each in dig(pod, "spec", "initContainers", default=[]) if each.get("restartPolicy") == "Always"
    }
    for place, status in enumerate(statuses):
        terminated, waiting = _state(status, "terminated"), _state(status, "waiting")
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if status.get("name") in sidecars and status.get("started"):
            continue
        if terminated is not None:
            return _ended("Init:", terminated)
        if waiting is not None and waiting.get("reason", "PodInitializing") != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{place}/{len(dig(pod, 'spec', 'initContainers', default=[]))}"
    return ""


def pod_status(pod: Mapping[str, Any]) -> str:
    """The word in the STATUS column."""
    # Source: kubernetes pkg/printers/internalversion/printers.go printPod.
    phase = str(dig(pod, "status", "phase", default=""))
    reason = str(dig(pod, "status", "reason", default="")) or phase
    starting = _init_reason(pod)
    is_starting = bool(starting) and not is_condition_true(pod, "Initialized")
    reason = starting if is_starting else _container_reason(pod, reason)
    if is_terminating(pod):
        if dig(pod, "status", "reason") == "NodeLost":
            return "Unknown"
        if phase not in ("Succeeded", "Failed"):
            return "Terminating"
    return reason


def _container_reason(pod: Mapping[str, Any], reason: str) -> str:
    has_running = False
    for status in reversed(dig(pod, "status", "containerStatuses", default=[])):
        waiting, terminated = _state(status, "waiting"), _state(status, "terminated")
        if waiting is not None and waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated is not None:
            reason = _ended("", terminated)
        elif status.get("ready") and _state(status, "running") is not None:
            has_running = True
    if reason == "Completed" and has_running:
        return "Running" if is_condition_true(pod, "Ready") else "NotReady"
    return reason


def ready_count(pod: Mapping[str, Any]) -> str:
    """``1/2``: ready containers and all of them."""
    statuses = dig(pod, "status", "containerStatuses", default=[])
    ready = sum(1 for each in statuses if each.get("ready") and _state(each, "running") is not None)
    return f"{ready}/{len(dig(pod, 'spec', 'containers', default=[]))}"


def restarts(pod: Mapping[str, Any], now_ns: int) -> str:
    """``5 (7s ago)``: restarts and how long ago the last run ended."""
    is_starting = bool(_init_reason(pod)) and not is_condition_true(pod, "Initialized")
    statuses = dig(pod, "status", "initContainerStatuses" if is_starting else "containerStatuses", default=[])
    count = sum(int(each.get("restartCount", 0)) for each in statuses)
    ends = [end for each in statuses if (end := dig(each, "lastState", "terminated", "finishedAt"))]
    return f"{count} ({age(max(ends), now_ns)} ago)" if count and ends else str(count)


def pod_ip(pod: Mapping[str, Any]) -> str:
    """The pod's first address; ``<none>`` before it has one."""
    return str(dig(pod, "status", "podIPs", 0, "ip", default="") or dig(pod, "status", "podIP", default="") or NONE)


def _gates(pod: Mapping[str, Any]) -> str:
    gates = dig(pod, "spec", "readinessGates", default=[])
    if not gates:
        return NONE
    met = sum(1 for gate in gates if is_condition_true(pod, gate["conditionType"]))
    return f"{met}/{len(gates)}"


POD_COLUMNS = (
    TableColumn("READY", lambda pod, _now: ready_count(pod), "ready"),
    TableColumn("STATUS", lambda pod, _now: pod_status(pod), "status"),
    TableColumn("RESTARTS", restarts),
    AGE,
    wide("IP", lambda pod, _now: pod_ip(pod), "status.podIP"),
    wide("NODE", lambda pod, _now: str(dig(pod, "spec", "nodeName", default=NONE)), "spec.nodeName"),
    wide("NOMINATED NODE", lambda pod, _now: str(dig(pod, "status", "nominatedNodeName", default="") or NONE)),
    wide("READINESS GATES", lambda pod, _now: _gates(pod)),
)
