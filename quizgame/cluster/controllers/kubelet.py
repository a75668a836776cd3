"""The kubelets of a cluster: sandboxes through the CNI plug-in, containers, readiness, restarts, the end of pods.

Agents and operator live and die with their containers here. Source: kubernetes pkg/kubelet (states, events, back-off).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.appfaults import AppFault, AppState, fault_of
from quizgame.cluster.controllers.events import WARNING, record
from quizgame.cluster.controllers.podstatus import ContainerRun, Phase, PodRun, pod_status
from quizgame.cluster.controllers.programs import Programs
from quizgame.cluster.controllers.volumes import mount_problem
from quizgame.cluster.interfaces import CniError, ContainerExit
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import KubeObject, dig, is_terminating, labels_of, name_of, uid_of
from quizgame.cluster.objectstore import Change, Key
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

START_NS = SECOND
"""From the sandbox to the containers' start."""
STOP_NS = SECOND
"""From the signal to the end. Simplified: every program ends within a second, whatever its grace period."""
SANDBOX_RETRY_NS = 10 * SECOND
MOUNT_RETRY_NS = 30 * SECOND
_FIRST_BACKOFF_NS, _LAST_BACKOFF_NS = 10 * SECOND, 300 * SECOND
NO_CNI = "cni plugin not initialized"
NOT_SERVING = 'Get "http://127.0.0.1:9879/healthz": dial tcp 127.0.0.1:9879: connect: connection refused'


class Kubelet:
    """All kubelets of one cluster: a pod is looked after by its node's name."""

    __slots__ = ("_due", "_programs", "_runs", "_sandbox_retries", "_waiting", "api", "cluster")

    name = "kubelet"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._programs = Programs(cluster)
        self._runs: dict[Key, PodRun] = {}
        self._due: dict[Key, int] = {}
        """When a remembered pod next changes by itself; pods at rest are not in it."""
        self._sandbox_retries: dict[Key, int] = {}
        self._waiting: dict[str, Key] = {}
        """Node → the pod of its agent, where that runs but cannot serve yet."""

    def fork(self, cluster: Cluster) -> Kubelet:
        """The same for a forked cluster."""
        twin = Kubelet(cluster)
        twin._runs = dict(self._runs)
        twin._due = dict(self._due)
        twin._sandbox_retries = dict(self._sandbox_retries)
        twin._waiting = dict(self._waiting)
        return twin

    # ------------------------------------------------------------ as a controller

    def keys(self, change: Change) -> Iterable[Key]:
        """Changed pods with a node; pods that wait for a sandbox when an agent's pod changes; agents that wait."""
        if change.resource != "pods":
            if self._waiting and change.resource == "ciliumnodes.cilium.io":
                waiting = self._waiting.get(name_of(change.object))
                return () if waiting is None else (waiting,)
            return ()
        if change.key in self._runs or dig(change.object, "spec", "nodeName"):
            return [change.key, *self._waiting_for(change.object)]
        return ()

    def _waiting_for(self, pod: KubeObject) -> list[Key]:
        if not self._sandbox_retries or labels_of(pod).get("k8s-app") != "cilium":
            return []
        return sorted(self._sandbox_retries)

    def all_keys(self) -> Iterable[Key]:
        """Every pod with a node, and every pod that is remembered."""
        placed = {
            (pod["metadata"]["namespace"], name_of(pod))
            for pod in self.api.store.of("pods")
            if dig(pod, "spec", "nodeName")
        }
        return sorted(placed | set(self._runs))

    def next_due(self) -> int | None:
        """The next start, readiness, retry or end."""
        return min([*self._due.values(), *self._sandbox_retries.values()], default=None)

    def due_keys(self, now_ns: int) -> Iterable[Key]:
        """Pods with something due."""
        due = {
            key for table in (self._due, self._sandbox_retries) for key, instant in table.items() if instant <= now_ns
        }
        return sorted(due)

    def _remember(self, key: Key, run: PodRun) -> None:
        self._runs[key] = run
        instant = run.next_due(self.api.clock.now_ns)
        if instant is None:
            self._due.pop(key, None)
        else:
            self._due[key] = instant

    def _forget(self, key: Key) -> None:
        self._runs.pop(key, None)
        self._due.pop(key, None)
        self._sandbox_retries.pop(key, None)

    def reconcile(self, key: Key) -> None:
        """Bring one pod a step on."""
        pod = self.api.store.get("pods", key)
        run = self._runs.get(key)
        if run is not None and (pod is None or uid_of(pod) != run.uid):
            self._tear_down(key, run)
            run = None
        if pod is None or not dig(pod, "spec", "nodeName"):
            self._sandbox_retries.pop(key, None)
            return
        if is_terminating(pod):
            self._end(key, pod, run)
        elif dig(pod, "status", "phase") not in ("Succeeded", "Failed"):
            self._advance(key, pod, run)
        else:
            self._due.pop(key, None)

    # ------------------------------------------------------------ coming up

    def _advance(self, key: Key, pod: KubeObject, run: PodRun | None) -> None:
        now = self.api.clock.now_ns
        if run is None:
            run = PodRun(
                uid_of(pod),
                pod["spec"]["nodeName"],
                is_host_network=bool(pod["spec"].get("hostNetwork")),
                admitted_ns=now,
                containers=tuple(_fresh(pod)),
            )
        if not run.ip:
            run = self._sandbox(key, pod, run)
        elif run.start_ns is not None and run.start_ns <= now:
            run = replace(run, start_ns=None)
            run = replace(run, containers=tuple(self._start(pod, run, each) for each in run.containers))
        elif run.start_ns is None:
            run = replace(run, containers=tuple(self._tend(pod, run, each) for each in run.containers))
        self._remember(key, run)
        self._write_status(key, run)

    def _sandbox(self, key: Key, pod: KubeObject, run: PodRun) -> PodRun:
        now = self.api.clock.now_ns
        missing = mount_problem(self.api, pod)
        if missing:
            if self._sandbox_retries.get(key, 0) <= now:
                self._say(pod, run, "FailedMount", missing, kind=WARNING)
                self._sandbox_retries[key] = now + MOUNT_RETRY_NS
            return run
        try:
            ip = self._host_ip(run.node) if run.is_host_network else self._cni_add(pod, run.node)
        except CniError as problem:
            if self._sandbox_retries.get(key, 0) <= now:
                digest = keyed_hex(self.api.seed, "sandbox", run.uid, digits=64)
                text = (
                    "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for "
                    "sandbox "
                    f'"{digest}": {problem.message}'
                )
                self._say(pod, run, "FailedCreatePodSandBox", text, kind=WARNING)
                self._sandbox_retries[key] = now + SANDBOX_RETRY_NS
            return run
        self._sandbox_retries.pop(key, None)
        return replace(run, ip=ip, start_ns=now + START_NS)

    def _cni_add(self, pod: KubeObject, node: str) -> str:
        agent = self.cluster.ensure_agent(node)
        if agent is None:
            raise CniError(NO_CNI)
        return agent.cni_add(pod)

    def _start(self, pod: KubeObject, run: PodRun, container: ContainerRun) -> ContainerRun:
        """Start a container for the first time or again."""
        now = self.api.clock.now_ns
        spec = _spec_of(pod, container.name)
        fault = fault_of(self.cluster.app_faults, pod, spec)
        image = spec.get("image", "")
        container = replace(container, image=image)
        path = f"spec.containers{{{container.name}}}"
        if fault is not None and fault.state is AppState.NO_IMAGE:
            return self._no_image(pod, run, container, image)
        if not container.restarts or container.reason in ("ErrImagePull", "ImagePullBackOff"):
            text = f'Container image "{image}" already present on machine'
            self._say(pod, run, "Pulled", text, field_path=path)
        self._say(pod, run, "Created", f"Created container: {container.name}", field_path=path)
        self._say(pod, run, "Started", f"Started container {container.name}", field_path=path)
        running = replace(
            container,
            phase=Phase.RUNNING,
            reason="",
            message="",
            since_ns=now,
            retry_ns=None,
            ready_ns=_ready_at(spec, now),
        )
        try:
            self._programs.start(pod, container.name)
        except ContainerExit as end:
            return self._ended(pod, run, running, end.exit_code, end.message)
        return self._obey(pod, run, running, fault)

    def _tend(self, pod: KubeObject, run: PodRun, container: ContainerRun) -> ContainerRun:
        """Look after a container that has been started before."""
        now = self.api.clock.now_ns
        spec = _spec_of(pod, container.name)
        if container.image != spec.get("image", ""):
            return self._replace(pod, run, container)
        if container.retry_ns is not None:
            return self._start(pod, run, container) if container.retry_ns <= now else container
        if container.phase is not Phase.RUNNING:
            return container
        if self._programs.is_waiting(pod, container.name):
            return self._not_started(pod, run, container)
        if self._waiting.get(run.node) == (pod["metadata"]["namespace"], name_of(pod)):
            del self._waiting[run.node]
            self._programs.node_is_ready(run.node)
        return self._obey(pod, run, container, fault_of(self.cluster.app_faults, pod, spec))

    def _not_started(self, pod: KubeObject, run: PodRun, container: ContainerRun) -> ContainerRun:
        """Let the probes of a program fail that runs but does not serve yet."""
        if container.ready_ns is not None:
            self._waiting[run.node] = (pod["metadata"]["namespace"], name_of(pod))
            path = f"spec.containers{{{container.name}}}"
            self._say(pod, run, "Unhealthy", f"Startup probe failed: {NOT_SERVING}", kind=WARNING, field_path=path)
        return replace(container, ready_ns=None)

    def _replace(self, pod: KubeObject, run: PodRun, container: ContainerRun) -> ContainerRun:
        """Start a container anew whose image was changed in the pod itself."""
        fresh = replace(container, phase=Phase.WAITING, reason="ContainerCreating", message="", retry_ns=None)
        if container.phase is Phase.RUNNING:
            text = f"Container {container.name} definition changed, will be restarted"
            self._say(pod, run, "Killing", text, field_path=f"spec.containers{{{container.name}}}")
            self._programs.stop(pod, container.name)
            ended = (container.since_ns, self.api.clock.now_ns, 0, "")
            fresh = replace(fresh, restarts=container.restarts + 1, ended_before=ended)
        return self._start(pod, run, fresh)

    def _obey(self, pod: KubeObject, run: PodRun, container: ContainerRun, fault: AppFault | None) -> ContainerRun:
        """Let a running container misbehave as declared, or recover."""
        now = self.api.clock.now_ns
        if fault is None:
            if container.ready_ns is None:
                return replace(container, ready_ns=now)
            return container
        if fault.state is AppState.NOT_READY:
            if container.ready_ns is not None:
                self._say(pod, run, "Unhealthy", f"Readiness probe failed: {fault.message}", kind=WARNING)
            return replace(container, ready_ns=None)
        if fault.state in (AppState.CRASHES, AppState.COMPLETES):
            self._programs.stop(pod, container.name)
            code = 0 if fault.state is AppState.COMPLETES else fault.exit_code
            return self._ended(pod, run, container, code, fault.message)
        return container

    def _ended(
        self, pod: KubeObject, run: PodRun, container: ContainerRun, exit_code: int, message: str
    ) -> ContainerRun:
        now = self.api.clock.now_ns
        policy = pod["spec"].get("restartPolicy", "Always")
        if policy == "Never" or (policy == "OnFailure" and exit_code == 0):
            reason = "Completed" if exit_code == 0 else "Error"
            return replace(
                container,
                phase=Phase.TERMINATED,
                reason=reason,
                message=message,
                exit_code=exit_code,
                since_ns=now,
                ready_ns=None,
            )
        backoff = min(_FIRST_BACKOFF_NS << min(container.restarts, 8), _LAST_BACKOFF_NS)
        shown = f"{name_of(pod)}_{pod['metadata']['namespace']}({uid_of(pod)})"
        self._say(
            pod,
            run,
            "BackOff",
            f"Back-off restarting failed container {container.name} in pod {shown}",
            kind=WARNING,
            field_path=f"spec.containers{{{container.name}}}",
        )
        return replace(
            container,
            phase=Phase.WAITING,
            reason="CrashLoopBackOff",
            message=f"back-off {_span(backoff)} restarting failed container={container.name} pod={shown}",
            restarts=container.restarts + 1,
            ended_before=(container.since_ns, now, exit_code, message),
            retry_ns=now + backoff,
            ready_ns=None,
        )

    def _no_image(self, pod: KubeObject, run: PodRun, container: ContainerRun, image: str) -> ContainerRun:
        now = self.api.clock.now_ns
        path = f"spec.containers{{{container.name}}}"
        problem = f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": not found'
        is_first = container.reason == "ContainerCreating"
        if is_first:
            self._say(pod, run, "Pulling", f'Pulling image "{image}"', field_path=path)
            self._say(pod, run, "Failed", f'Failed to pull image "{image}": {problem}', kind=WARNING, field_path=path)
            self._say(pod, run, "Failed", "Error: ErrImagePull", kind=WARNING, field_path=path)
            return replace(container, reason="ErrImagePull", message=problem, retry_ns=now + _FIRST_BACKOFF_NS)
        self._say(pod, run, "BackOff", f'Back-off pulling image "{image}"', field_path=path)
        self._say(pod, run, "Failed", "Error: ImagePullBackOff", kind=WARNING, field_path=path)
        return replace(
            container,
            reason="ImagePullBackOff",
            message=f'Back-off pulling image "{image}": ErrImagePull: {problem}',
            retry_ns=now + _LAST_BACKOFF_NS,
        )

    # ------------------------------------------------------------ going away

    def _end(self, key: Key, pod: KubeObject, run: PodRun | None) -> None:
        now = self.api.clock.now_ns
        self._sandbox_retries.pop(key, None)
        if run is None or not run.ip:
            self._forget(key)
            self.api.finish_deletion("pods", key[1], key[0])
            return
        if run.stop_ns is None:
            for each in run.containers:
                if each.phase is Phase.RUNNING:
                    path = f"spec.containers{{{each.name}}}"
                    self._say(pod, run, "Killing", f"Stopping container {each.name}", field_path=path)
            grace = int(pod["metadata"].get("deletionGracePeriodSeconds", 30)) * SECOND
            run = replace(run, stop_ns=now + min(grace, STOP_NS), start_ns=None)
            self._remember(key, run)
        if run.stop_ns is not None and run.stop_ns <= now:
            self._tear_down(key, run)
            self.api.finish_deletion("pods", key[1], key[0])

    def _tear_down(self, key: Key, run: PodRun) -> None:
        self._forget(key)
        self._programs.pod_gone(key, run)
        if not run.is_host_network and run.ip and run.node in self.cluster.agents:
            self.cluster.agents[run.node].cni_del(*key)

    # ------------------------------------------------------------ small things

    def _host_ip(self, node: str) -> str:
        found = self.api.store.get("nodes", ("", node))
        for address in dig(found, "status", "addresses", default=()):
            if address["type"] == "InternalIP":
                return str(address["address"])
        raise CniError(f'node "{node}" has no internal address')

    def _write_status(self, key: Key, run: PodRun) -> None:
        pod = self.api.store.get("pods", key)
        if pod is None:
            return
        try:
            host_ip = self._host_ip(run.node)
        except CniError:
            host_ip = ""
        status = pod_status(self.api.seed, pod, run, host_ip, self.api.clock.now_ns)
        self.api.update_status("pods", pod, status)

    def _say(
        self, pod: KubeObject, run: PodRun, reason: str, text: str, *, kind: str = "Normal", field_path: str = ""
    ) -> None:
        record(self.api, pod, reason, text, component="kubelet", host=run.node, kind=kind, field_path=field_path)


def _fresh(pod: KubeObject) -> Iterable[ContainerRun]:
    reason = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
    for container in pod["spec"].get("containers") or ():
        yield ContainerRun(container["name"], reason=reason)


def _spec_of(pod: KubeObject, name: str) -> KubeObject:
    found: KubeObject = next(each for each in pod["spec"]["containers"] if each["name"] == name)
    return found


def _ready_at(container: Mapping[str, object], now_ns: int) -> int:
    probe = container.get("readinessProbe")
    if not isinstance(probe, dict):
        return now_ns
    return now_ns + max(1, int(probe.get("initialDelaySeconds", 0))) * SECOND


def _span(span_ns: int) -> str:
    minutes, seconds = divmod(span_ns // SECOND, 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
