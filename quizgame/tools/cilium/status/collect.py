"""What ``cilium status`` asks the API server and the agents. Source: reference cilium-cli, section 2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.endpoints import EndpointState
from quizgame.cluster.agent.pods import is_host_network
from quizgame.cluster.objects import annotations_of, dig, name_of
from quizgame.tools.cilium.call import AGENTS, CONFIG_MAP, ENVOY, MESH_API, OPERATOR, RELAY, UI, Call
from quizgame.tools.cilium.status.report import Finding, Severity, StatusReport, Workload
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.endpoints import endpoint_models
from quizgame.tools.cilium_dbg.model.status import status_model
from quizgame.tools.cilium_dbg.model.times import since
from quizgame.tools.facts import Fact, fact

if TYPE_CHECKING:
    from quizgame.cluster.objects import KubeObject

CONFIG_ANNOTATION = "config.cilium.io/"
AGENT_CONTAINER, OPERATOR_CONTAINER = "cilium-agent", "cilium-operator"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an installation."""

    name: str
    plural: str
    selector: str
    is_always_counted: bool = True
    """Whether ``Containers:`` lists it even where it has no pod."""


COMPONENTS = (
    Component(AGENTS, "daemonsets.apps", "k8s-app=cilium"),
    Component(ENVOY, "daemonsets.apps", "k8s-app=cilium-envoy", is_always_counted=False),
    Component(OPERATOR, "deployments.apps", "io.cilium/app=operator"),
    Component(MESH_API, "deployments.apps", "k8s-app=clustermesh-apiserver"),
    Component(RELAY, "deployments.apps", "k8s-app=hubble-relay"),
    Component(UI, "deployments.apps", "k8s-app=hubble-ui", is_always_counted=False),
)


def collect(call: Call) -> StatusReport:
    """Ask everything that the status shows."""
    report = StatusReport()
    for component in COMPONENTS:
        _Collector(call, report, component).collect()
    _count_pods(call, report)
    _configuration(call, report)
    for component in COMPONENTS:
        report.facts[component.name] = (_summary_fact(call, report, component.name),)
    return report


def _summary_fact(call: Call, report: StatusReport, name: str) -> Fact:
    if report.of(Severity.ERROR, name):
        status = "error"
    elif report.of(Severity.WARNING, name):
        status = "warning"
    else:
        status = "disabled" if report.disabled.get(name) else "ok"
        workload = report.workloads.get(name)
        if workload is not None and not workload.desired:
            status = "scaled-to-zero"
    return fact("component", cluster=call.context, name=name, status=status)


def _count_pods(call: Call, report: StatusReport) -> None:
    pods = [
        pod for pod in call.api.list("pods")
        if not is_host_network(pod) and dig(pod, "status", "phase") in ("Running", "Pending")
    ]  # fmt: skip
    report.pods = len(pods)
    report.managed_pods = len(call.api.list("ciliumendpoints")) if call.api.serves("ciliumendpoints") else 0


def _configuration(call: Call, report: StatusReport) -> None:
    found = call.api.find("configmaps", CONFIG_MAP, call.namespace)
    if found is None:
        report.failures.append(f'unable to retrieve ConfigMap "{CONFIG_MAP}": configmaps "{CONFIG_MAP}" not found')
        return
    report.chart_version = call.cluster.cilium_version
    report.configuration = [
        text for key, text in sorted(annotations_of(found).items()) if key.startswith(CONFIG_ANNOTATION)
    ]


class _Collector:
    """Collects what is to be known of one component."""

    def __init__(self, call: Call, report: StatusReport, component: Component) -> None:
        self._call, self._report, self._component = call, report, component

    def collect(self) -> None:
        """Its workload, its pods, and what each pod's program says."""
        component, report = self._component, self._report
        found = self._call.api.find(component.plural, component.name, self._call.namespace)
        if found is not None:
            self._workload(found)
        elif component.name == AGENTS:
            problem = f'daemonsets.apps "{AGENTS}" not found'
            self._add(AGENTS, problem)
            report.failures.append(problem)
        if component.name != AGENTS:
            report.disabled[component.name] = found is None
        pods = self._call.api.list("pods", self._call.namespace, label_selector=component.selector)
        if component.is_always_counted or pods:
            self._count(pods)
        for pod in pods:
            self._pod(pod)

    def _add(
        self, subject: str, text: str, severity: Severity = Severity.ERROR, node: str = "", told: str = ""
    ) -> None:
        known = fact(
            "component", cluster=self._call.context, node=node or None, name=self._component.name,
            status=severity.value, message=told or text,
        )  # fmt: skip
        self._report.findings.append(Finding(self._component.name, subject, text, severity, (known,)))

    def _workload(self, node: KubeObject) -> None:
        is_set = node["kind"] == "DaemonSet"
        name, status = name_of(node), node.get("status") or {}
        workload = _daemon_set(status) if is_set else _deployment(node, status)
        self._report.workloads[name] = workload
        not_ready = workload.desired - workload.ready
        if not_ready > 0:
            self._add(name, f"{not_ready} pods of {workload.kind} {name} are not ready")
        if workload.unavailable > max(not_ready, 0):
            text = f"{workload.unavailable - max(not_ready, 0)} pods of {workload.kind} {name} are not available"
            self._add(name, text, Severity.WARNING)
        kind = workload.kind.lower()
        updated = status.get("updatedNumberScheduled" if is_set else "updatedReplicas", 0)
        if node["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
            self._add(name, f"{kind} {name} is updated but rollout has not started")
        elif updated < workload.desired:
            self._add(name, f"{kind} {name} is rolling out - {updated} out of {workload.desired} pods updated")

    def _count(self, pods: Iterable[KubeObject]) -> None:
        name = self._component.name
        listed = list(pods)
        self._report.phases[name] = dict(Counter(dig(pod, "status", "phase", default="Unknown") for pod in listed))
        self._report.images[name] = dict(
            Counter(container["image"] for pod in listed for container in pod["spec"]["containers"])
        )

    def _pod(self, pod: KubeObject) -> None:
        phase = dig(pod, "status", "phase", default="Unknown")
        if phase == "Pending" and self._component.name != AGENTS:
            # Source: golden cilium-cli/status-relay-pending: the tool says it twice.
            for _ in range(2):
                self._add(name_of(pod), "pod is pending", Severity.WARNING, _node_of(pod))
        if phase == "Failed":
            reason, message = dig(pod, "status", "reason", default=""), dig(pod, "status", "message", default="")
            self._add(name_of(pod), f"pod has failed: {reason} - {message}", node=_node_of(pod))
        if self._component.name == AGENTS:
            self._agent(pod, phase)
        elif self._component.name == OPERATOR:
            self._operator(pod)

    def _operator(self, pod: KubeObject) -> None:
        status = _container(pod, OPERATOR_CONTAINER)
        if dig(status, "state", "waiting", "reason") != "CrashLoopBackOff":
            return
        last = dig(status, "lastState", "terminated", "message", default="")
        text = (
            f"container {OPERATOR_CONTAINER} is in CrashLoopBackOff, pulling previous Pod logs for further "
            f"investigation:\n{last}"
        )
        told = f"container {OPERATOR_CONTAINER} is in CrashLoopBackOff"
        self._add(name_of(pod), text.rstrip("\n") + ("" if last else "\n"), node=_node_of(pod), told=told)

    def _agent(self, pod: KubeObject, phase: str) -> None:
        name, node = name_of(pod), _node_of(pod)
        status = _container(pod, AGENT_CONTAINER)
        waiting = dig(status, "state", "waiting", "reason", default="")
        if waiting == "CrashLoopBackOff":
            code = dig(status, "lastState", "terminated", "exitCode", default=1)
            self._report.has_crashed_agent = True
            self._add(
                name,
                f"unable to retrieve cilium status: container {AGENT_CONTAINER} is in CrashLoopBackOff, exited with "
                f"code {code}: try 'kubectl -n {self._call.namespace} logs -c {AGENT_CONTAINER} {name}'",
                node=node,
                told=f"container {AGENT_CONTAINER} is in CrashLoopBackOff",
            )
            return
        if phase != "Running" or dig(status, "state", "running") is None:
            if phase == "Pending":
                self._add(name, "pod is pending", Severity.WARNING, node)
            return
        agent = self._call.cluster.agents.get(node)
        if not isinstance(agent, Agent):
            return
        if not agent.is_serving:
            self._unreachable(name, node)
            return
        model = status_model(agent)
        self._report.agents[name] = partial(api_json, model)
        self._subsystems(name, node, model)
        self._report.endpoints[name] = partial(_endpoints_json, agent)
        waiting_endpoints = sum(each.state is not EndpointState.READY for each in agent.endpoints.values())
        if waiting_endpoints:
            self._add(name, f"{waiting_endpoints} endpoints are not ready", Severity.WARNING, node)

    def _unreachable(self, pod: str, node: str) -> None:
        command = f"command failed (pod={self._call.namespace}/{pod}, container={AGENT_CONTAINER}): "
        for what, text in (
            ("status", rf"Get \"http://localhost/v1/healthz\": {SOCKET_PROBLEM}\nIs the agent running?\n"),
            ("endpoint information",
             rf"Error: cannot get endpoint list: Get \"http://localhost/v1/endpoint\": {SOCKET_PROBLEM}"
             r"\nIs the agent running?\n\n"),
        ):  # fmt: skip
            self._add(
                pod,
                f'unable to retrieve cilium {what}: {command}command terminated with exit code 1: "{text}"',
                node=node,
                told="agent unreachable",
            )

    def _subsystems(self, pod: str, node: str, model: Mapping[str, Any]) -> None:
        """Warnings and failures of the agent's own status."""
        states = (
            ("Cilium", model["cilium"]),
            ("Kubernetes", model["kubernetes"]),
            ("Kvstore", model["kvstore"]),
            ("Health", model["cluster"]["ciliumHealth"]),
            ("Hubble", model["hubble"]),
        )
        severities = {"Warning": Severity.WARNING, "Failure": Severity.ERROR}
        for title, state in states:
            severity = severities.get(state["state"])
            if severity is not None:
                text = f"{title}: {state.get('msg', '')}"
                self._add(pod, text, severity, node, told=f"{title}: {state.get('msg', '').rpartition('    ')[2]}")
        for controller in model["controllers"]:
            status = controller["status"]
            failures = status.get("consecutive-failure-count", 0)
            if failures:
                name, message = controller["name"], status["last-failure-msg"]
                since = _failing_since(status, self._call.world.clock.now_ns)
                self._add(pod, f"controller {name} is failing since {since} ({failures}x): {message}", node=node,
                          told=f"controller {name.partition(' (')[0]} is failing: {message}")  # fmt: skip


def _endpoints_json(agent: Agent) -> list[Any]:
    return [api_json(each) for each in endpoint_models(agent)]


def _failing_since(status: Mapping[str, Any], now_ns: int) -> str:
    return since(str(status["last-failure-timestamp"]), now_ns).removesuffix(" ago")


def _daemon_set(status: Mapping[str, Any]) -> Workload:
    return Workload(
        "DaemonSet",
        *(status.get(key, 0)
          for key in ("desiredNumberScheduled", "numberReady", "numberAvailable", "numberUnavailable")),
    )  # fmt: skip


def _deployment(node: Mapping[str, Any], status: Mapping[str, Any]) -> Workload:
    keys = ("readyReplicas", "availableReplicas", "unavailableReplicas")
    return Workload("Deployment", dig(node, "spec", "replicas", default=1), *(status.get(key, 0) for key in keys))


def _container(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    statuses = dig(pod, "status", "containerStatuses", default=[])
    return next((each for each in statuses if each["name"] == name), {})


def _node_of(pod: Mapping[str, Any]) -> str:
    return str(dig(pod, "spec", "nodeName", default=""))
