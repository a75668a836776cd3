"""A deployment's status and its conditions, from its ReplicaSets."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.apiserver import ApiServer
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.controllers.pods import resolve_share
from quizgame.cluster.objects import KubeObject, condition_of, dig, with_condition
from quizgame.goflags.times import SECOND

_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def is_complete(deployment: KubeObject) -> bool:
    """Whether the roll-out is through: all replicas updated and available, none old, the spec observed."""
    status = deployment.get("status") or {}
    wanted = deployment["spec"]["replicas"]
    return bool(
        status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    )


def deployment_status(
    api: ApiServer, deployment: KubeObject, sets: Sequence[KubeObject], current: KubeObject | None
) -> KubeObject:
    """The status as the controller writes it.

    Args:
        api: The server, for the time.
        deployment: The deployment as stored.
        sets: Its ReplicaSets.
        current: The one of the present template, if there is one.
    """
    wanted = deployment["spec"]["replicas"]
    available = _total(sets, "availableReplicas")
    counts = {
        "replicas": _total(sets, "replicas"),
        "updatedReplicas": _total([current] if current else [], "replicas"),
        "readyReplicas": _total(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, _total(sets, "replicas") - available, wanted - available),
    }
    status: KubeObject = {key: counts[key] for key in _COUNTS if counts[key]}
    status["observedGeneration"] = deployment["metadata"]["generation"]
    status["terminatingReplicas"] = _total(sets, "terminatingReplicas")
    status["conditions"] = _conditions(api, deployment, status, current, available)
    return status


def _total(sets: Sequence[KubeObject], field: str) -> int:
    return sum(dig(each, "status", field, default=0) for each in sets)


def _conditions(
    api: ApiServer, deployment: KubeObject, status: KubeObject, current: KubeObject | None, available: int
) -> list[KubeObject]:
    # Source: kubernetes pkg/controller/deployment/util and progress.go: reasons and messages.
    now = api.clock.timestamp()
    wanted = deployment["spec"]["replicas"]
    rolling = dig(deployment, "spec", "strategy", "rollingUpdate", default={})
    unavailable = resolve_share(rolling.get("maxUnavailable"), wanted, rounds_up=False)
    conditions: list[KubeObject] = dig(deployment, "status", "conditions", default=[])
    is_enough = available >= wanted - unavailable
    conditions = _set(
        conditions,
        "Available",
        "True" if is_enough else "False",
        now,
        "MinimumReplicasAvailable" if is_enough else "MinimumReplicasUnavailable",
        f"Deployment {'has' if is_enough else 'does not have'} minimum availability.",
    )
    before = condition_of(deployment, "Progressing")
    progress = _progress(deployment, {**deployment, "status": status}, before, current, api.clock.now_ns)
    return (
        _set(conditions, "Progressing", *progress[:1], now, *progress[1:], moved=_has_moved(deployment, status))
        if progress
        else conditions
    )


def _progress(
    deployment: KubeObject, fresh: KubeObject, before: KubeObject | None, current: KubeObject | None, now_ns: int
) -> tuple[str, str, str] | None:
    name = current["metadata"]["name"] if current is not None else ""
    if deployment["spec"].get("paused"):
        if before is not None and before["reason"] == "DeploymentPaused":
            return before["status"], before["reason"], before["message"]
        return "Unknown", "DeploymentPaused", "Deployment is paused"
    if current is None:
        return None
    if is_complete(fresh):
        return "True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    if before is None:
        return "True", "NewReplicaSetCreated", f'Created new replica set "{name}"'
    if _has_moved(deployment, fresh["status"]) or before["reason"] in ("NewReplicaSetAvailable", "DeploymentPaused"):
        return "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
    deadline = parse_rfc3339(before["lastUpdateTime"]) + deployment["spec"].get("progressDeadlineSeconds", 600) * SECOND
    if before["status"] == "True" and now_ns >= deadline:
        return "False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
    return before["status"], before["reason"], before["message"]


def _has_moved(deployment: KubeObject, status: KubeObject) -> bool:
    old = deployment.get("status") or {}
    return any(
        status.get(key, 0) > old.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas")
    ) or (
        status.get("replicas", 0) - status.get("updatedReplicas", 0)
        < old.get("replicas", 0) - old.get("updatedReplicas", 0)
    )


def _set(
    conditions: list[KubeObject], kind: str, status: str, now: str, reason: str, message: str, *, moved: bool = False
) -> list[KubeObject]:
    old = next((each for each in conditions if each["type"] == kind), None)
    is_same = old is not None and (old["status"], old["reason"], old["message"]) == (status, reason, message)
    updated = old["lastUpdateTime"] if old is not None and is_same and not moved else now
    return with_condition(conditions, kind, status, now, reason=reason, message=message, lastUpdateTime=updated)
