"""What the kubelet remembers of a pod, and the status that it writes from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import KubeObject, dig, uid_of, with_condition


class Phase(Enum):
    """What a container does."""

    WAITING = "waiting"
    RUNNING = "running"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """One container as the kubelet knows it."""

    name: str
    image: str = ""
    """The image that was last started or tried; a changed spec then shows."""
    phase: Phase = Phase.WAITING
    reason: str = "ContainerCreating"
    """Why it waits or ended: ``CrashLoopBackOff``, ``Completed`` …"""
    message: str = ""
    since_ns: int = 0
    """When it entered this phase."""
    ready_ns: int | None = None
    """From when on its readiness probe succeeds; ``None``: never."""
    restarts: int = 0
    exit_code: int = 0
    ended_before: tuple[int, int, int, str] | None = None
    """The end before this run: (started ns, finished ns, exit status, message)."""
    retry_ns: int | None = None
    """When it is started (or its image pulled) again."""

    def is_ready(self, now_ns: int) -> bool:
        """Whether it runs and its probe succeeds."""
        return self.phase is Phase.RUNNING and self.ready_ns is not None and self.ready_ns <= now_ns


@dataclass(frozen=True, slots=True)
class PodRun:
    """A pod on a node as the kubelet knows it."""

    uid: str
    node: str
    ip: str = ""
    """Empty as long as there is no sandbox."""
    is_host_network: bool = False
    admitted_ns: int = 0
    start_ns: int | None = None
    """When its containers are started; ``None`` once they have been."""
    containers: tuple[ContainerRun, ...] = ()
    stop_ns: int | None = None
    """When its containers have ended, for a pod that is being deleted."""

    def next_due(self, now_ns: int) -> int | None:
        """The next instant at which something changes by itself; once the pod is being stopped, that is its end."""
        if self.stop_ns is not None:
            return self.stop_ns
        instants = [self.start_ns]
        for each in self.containers:
            instants.append(each.retry_ns)
            if each.phase is Phase.RUNNING and each.ready_ns is not None and each.ready_ns > now_ns:
                instants.append(each.ready_ns)
        return min((each for each in instants if each is not None), default=None)


def pod_status(seed: int, pod: KubeObject, run: PodRun, host_ip: str, now_ns: int) -> KubeObject:
    """The status of a pod.

    Args:
        seed: The world's seed, for container ids.
        pod: The pod as stored.
        run: What the kubelet knows.
        host_ip: The node's address.
        now_ns: The present.
    """
    spec = pod["spec"]
    has_started = run.start_ns is None and bool(run.ip)
    phase = _phase(spec, run, has_started)
    status: KubeObject = {
        "phase": phase,
        "qosClass": dig(pod, "status", "qosClass", default="BestEffort"),
        "observedGeneration": pod["metadata"].get("generation", 1),
        "startTime": rfc3339(run.admitted_ns),
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "conditions": _conditions(pod, run, phase, has_started, now_ns),
        "containerStatuses": [
            _container_status(seed, pod, container, _run_of(run, container["name"]), now_ns)
            for container in spec.get("containers") or ()
        ],
    }
    if run.ip:
        status["podIP"] = run.ip
        status["podIPs"] = [{"ip": run.ip}]
    if spec.get("initContainers"):
        status["initContainerStatuses"] = [
            _init_status(seed, pod, container, run, has_started) for container in spec["initContainers"]
        ]
    if spec.get("ephemeralContainers"):
        # Simplified: kubectl debug, which adds them, writes their status itself.
        status["ephemeralContainerStatuses"] = dig(pod, "status", "ephemeralContainerStatuses", default=[])
    return status


def _run_of(run: PodRun, name: str) -> ContainerRun:
    return next((each for each in run.containers if each.name == name), ContainerRun(name))


def _phase(spec: Mapping[str, Any], run: PodRun, has_started: bool) -> str:
    if not has_started:
        return "Pending"
    ended = [each for each in run.containers if each.phase is Phase.TERMINATED and each.retry_ns is None]
    if len(ended) == len(run.containers):
        return "Succeeded" if all(each.exit_code == 0 for each in ended) else "Failed"
    never_ran = all(each.phase is Phase.WAITING and not each.restarts for each in run.containers)
    return "Pending" if never_ran else "Running"


def _conditions(pod: KubeObject, run: PodRun, phase: str, has_started: bool, now_ns: int) -> list[KubeObject]:
    now = rfc3339(now_ns)
    before: list[KubeObject] = dig(pod, "status", "conditions", default=[])
    not_ready = sorted(each.name for each in run.containers if not each.is_ready(now_ns))
    is_ready = has_started and not not_ready
    reason, message = "", ""
    if phase == "Succeeded":
        reason, is_ready = "PodCompleted", False
    elif not is_ready:
        reason, message = "ContainersNotReady", f"containers with unready status: [{' '.join(not_ready)}]"
    has_init = bool(pod["spec"].get("initContainers"))
    states = (
        ("PodReadyToStartContainers", bool(run.ip) and phase not in ("Succeeded", "Failed"), "", ""),
        (
            "Initialized",
            has_started or not has_init,
            *(("ContainersNotInitialized", "") if has_init and not has_started else ("", "")),
        ),
        ("Ready", is_ready, reason, message),
        ("ContainersReady", is_ready, reason, message),
    )
    conditions: list[KubeObject] = []
    for kind, holds, why, text in states:
        old = [each for each in before if each["type"] == kind]
        conditions += with_condition(
            old, kind, "True" if holds else "False", now, reason=why, message=text, lastProbeTime=None
        )
    return [*conditions, *(each for each in before if each["type"] not in {kind for kind, *_ in states})]


def _container_status(seed: int, pod: KubeObject, container: KubeObject, run: ContainerRun, now_ns: int) -> KubeObject:
    ready = run.is_ready(now_ns)
    has_run = run.phase is not Phase.WAITING or run.restarts > 0
    status: KubeObject = {
        "image": container.get("image", ""),
        "imageID": _image_id(container.get("image", "")) if has_run else "",
        "lastState": {},
        "name": container["name"],
        "ready": ready,
        "restartCount": run.restarts,
        "started": run.phase is Phase.RUNNING,
        "state": _state(seed, pod, run),
    }
    if has_run:
        status["containerID"] = _container_id(seed, pod, run.name, run.restarts)
    if run.ended_before is not None:
        started, finished, exit_code, message = run.ended_before
        last_id = _container_id(seed, pod, run.name, max(run.restarts - 1, 0))
        status["lastState"] = {"terminated": _terminated(last_id, started, finished, exit_code, message)}
    return status


def _state(seed: int, pod: KubeObject, run: ContainerRun) -> KubeObject:
    if run.phase is Phase.RUNNING:
        return {"running": {"startedAt": rfc3339(run.since_ns)}}
    if run.phase is Phase.TERMINATED:
        identifier = _container_id(seed, pod, run.name, run.restarts)
        return {"terminated": _terminated(identifier, run.since_ns, run.since_ns, run.exit_code, run.message)}
    waiting = {"reason": run.reason}
    if run.message:
        waiting["message"] = run.message
    return {"waiting": waiting}


def _terminated(identifier: str, started: int, finished: int, exit_code: int, message: str) -> KubeObject:
    ended: KubeObject = {
        "containerID": identifier,
        "exitCode": exit_code,
        "finishedAt": rfc3339(finished),
        "reason": "Completed" if exit_code == 0 else "Error",
        "startedAt": rfc3339(started),
    }
    if message:
        ended["message"] = message
    return ended


def _init_status(seed: int, pod: KubeObject, container: KubeObject, run: PodRun, has_started: bool) -> KubeObject:
    status: KubeObject = {
        "image": container.get("image", ""),
        "imageID": _image_id(container.get("image", "")) if has_started else "",
        "lastState": {},
        "name": container["name"],
        "ready": has_started,
        "restartCount": 0,
        "started": False,
    }
    if not has_started:
        return {**status, "state": {"waiting": {"reason": "PodInitializing"}}}
    moment = min((each.since_ns for each in run.containers), default=run.admitted_ns)
    identifier = _container_id(seed, pod, container["name"], 0)
    ended = _terminated(identifier, moment, moment, 0, "")
    return {**status, "containerID": identifier, "state": {"terminated": ended}}


def _container_id(seed: int, pod: KubeObject, name: str, restarts: int) -> str:
    return "containerd://" + keyed_hex(seed, "container", uid_of(pod), name, restarts, digits=64)


def _image_id(image: str) -> str:
    plain = image.partition("@")[0]
    return f"{plain}@sha256:{keyed_hex(0, 'image', plain, digits=64)}"
