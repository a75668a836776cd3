"""Words of the pod and node tables for states that the recorded cluster was not in."""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.cluster.clock import EPOCH_NS
from quizgame.tools.kubectl.tables.nodes import node_status
from quizgame.tools.kubectl.tables.pods import pod_status, ready_count, restarts


def pod(
    *containers: dict[str, Any], phase: str = "Running", init: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    """A pod with these container states."""
    status: dict[str, Any] = {"phase": phase, **more.pop("status", {})}
    if containers:
        status["containerStatuses"] = [{"name": f"c{n}", **each} for n, each in enumerate(containers)]
    if init:
        status["initContainerStatuses"] = [{"name": f"i{n}", **each} for n, each in enumerate(init)]
    spec = {
        "containers": [{"name": f"c{n}"} for n in range(max(1, len(containers)))],
        "initContainers": [{"name": f"i{n}"} for n in range(len(init))],
    }
    return {"metadata": {"name": "p", **more}, "spec": spec, "status": status}


RUNNING = {"ready": True, "restartCount": 0, "state": {"running": {}}}


def waiting(reason: str) -> dict[str, Any]:
    return {"ready": False, "restartCount": 0, "state": {"waiting": {"reason": reason}}}


def ended(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"ready": False, "restartCount": 0, "state": {"terminated": {"exitCode": code, "reason": reason, **more}}}


# Source: golden kubectl/get-pods-states, and printPod in kubernetes pkg/printers/internalversion/printers.go.
@pytest.mark.parametrize(
    ("node", "word"),
    [
        (pod(RUNNING), "Running"),
        (pod(phase="Pending"), "Pending"),
        (pod(waiting("ContainerCreating"), phase="Pending"), "ContainerCreating"),
        (pod(waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (pod(waiting("ImagePullBackOff"), phase="Pending"), "ImagePullBackOff"),
        (pod(ended(0, "Completed"), phase="Succeeded"), "Completed"),
        (pod(ended(1, "Error"), phase="Failed"), "Error"),
        (pod(ended(137, "OOMKilled"), phase="Failed"), "OOMKilled"),
        (pod(ended(3), phase="Failed"), "ExitCode:3"),
        (pod(ended(0, signal=9), phase="Failed"), "Signal:9"),
        (pod(phase="Failed", status={"reason": "Evicted"}), "Evicted"),
        (
            pod(
                waiting("PodInitializing"),
                phase="Pending",
                init=(waiting("PodInitializing"), waiting("PodInitializing")),
            ),
            "Init:0/2",
        ),
        (pod(waiting("PodInitializing"), phase="Pending", init=(ended(1, "Error"),)), "Init:Error"),
        (
            pod(waiting("PodInitializing"), phase="Pending", init=(waiting("CrashLoopBackOff"),)),
            "Init:CrashLoopBackOff",
        ),
        (pod(waiting("PodInitializing"), phase="Pending", init=(ended(0, "Completed"),)), "PodInitializing"),
        (pod(RUNNING, deletionTimestamp="2026-11-23T08:00:30Z"), "Terminating"),
        (pod(RUNNING, deletionTimestamp="2026-11-23T08:00:30Z", status={"reason": "NodeLost"}), "Unknown"),
        (pod(RUNNING, ended(0, "Completed")), "NotReady"),
    ],
)
def test_the_status_of_a_pod_is_one_word(node: dict[str, Any], word: str) -> None:
    assert pod_status(node) == word


def test_ready_containers_are_counted() -> None:
    assert ready_count(pod(RUNNING, waiting("CrashLoopBackOff"))) == "1/2"


def test_restarts_tell_when_the_last_run_ended() -> None:
    crashed = waiting("CrashLoopBackOff") | {
        "restartCount": 5,
        "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T07:59:53Z"}},
    }
    assert restarts(pod(crashed), EPOCH_NS) == "5 (7s ago)"
    assert restarts(pod(RUNNING), EPOCH_NS) == "0"


@pytest.mark.parametrize(
    ("ready", "is_cordoned", "word"),
    [
        ("True", False, "Ready"),
        ("False", False, "NotReady"),
        ("Unknown", False, "NotReady"),
        (None, False, "Unknown"),
        ("True", True, "Ready,SchedulingDisabled"),
    ],
)
def test_the_status_of_a_node(ready: str | None, is_cordoned: bool, word: str) -> None:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    node = {"metadata": {"name": "n"}, "spec": {"unschedulable": is_cordoned}, "status": {"conditions": conditions}}
    assert node_status(node) == word
