"""The programs that the simulation itself runs in pods: Cilium's agents and operator."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from quizgame.cluster.controllers.podstatus import PodRun
from quizgame.cluster.interfaces import ContainerExit, Program
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import KubeObject, condition_of, dig, labels_of, name_of, with_condition
from quizgame.cluster.objectstore import Key

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

AGENT_CONTAINER, OPERATOR_CONTAINER = "cilium-agent", "cilium-operator"
CILIUM_NAMESPACE = "kube-system"


class Programs:
    """Starts and stops programs with the containers they live in."""

    __slots__ = ("cluster",)

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def start(self, pod: KubeObject, container: str) -> None:
        """Start what lives in a container, if the simulation runs it.

        Raises:
            ContainerExit: it gave up at once.
        """
        program = self._program(pod["spec"]["nodeName"], container, pod["metadata"]["namespace"])
        if program is None or program.is_running:
            return
        program.start(self._config(pod["spec"]["nodeName"], container), name_of(pod))
        if container == AGENT_CONTAINER and not self.is_waiting(pod, container):
            self.node_is_ready(pod["spec"]["nodeName"])

    def is_waiting(self, pod: KubeObject, container: str) -> bool:
        """Whether what lives in a container runs without being able to serve."""
        if container != AGENT_CONTAINER or pod["metadata"]["namespace"] != CILIUM_NAMESPACE:
            return False
        agent = self.cluster.agents.get(pod["spec"]["nodeName"])
        return agent is not None and agent.is_running and agent.is_waiting

    def stop(self, pod: KubeObject, container: str) -> None:
        """Stop what lives in a container."""
        self._end(pod["spec"]["nodeName"], (pod["metadata"]["namespace"], name_of(pod)), container)

    def pod_gone(self, key: Key, run: PodRun) -> None:
        """Stop what lived in a pod that is gone."""
        for container in run.containers:
            self._end(run.node, key, container.name)

    def _end(self, node: str, key: Key, container: str) -> None:
        program = self._program(node, container, key[0])
        if program is None:
            return
        operator = self.cluster.operator
        if program is not operator or operator is None:
            program.stop()
            return
        if operator.pod_name not in ("", key[1]):
            # One that stood by: the leader does not notice.
            return
        operator.stop()
        successor = self._successor(key, container)
        if successor is not None:
            with suppress(ContainerExit):
                operator.start(self._config("", container), successor)

    def _program(self, node: str, container: str, namespace: str) -> Program | None:
        if namespace != CILIUM_NAMESPACE:
            return None
        if container == AGENT_CONTAINER:
            return self.cluster.ensure_agent(node)
        return self.cluster.operator if container == OPERATOR_CONTAINER else None

    def _successor(self, key: Key, container: str) -> str | None:
        """Name of the operator's pod that takes over: of several one leads."""
        for pod in self.cluster.api.list("pods", key[0], label_selector="io.cilium/app=operator"):
            states = dig(pod, "status", "containerStatuses", default=())
            runs = any(each["name"] == container and "running" in each.get("state", {}) for each in states)
            if name_of(pod) != key[1] and runs:
                return name_of(pod)
        return None

    def _config(self, node: str, container: str) -> Mapping[str, str]:
        """Data of ``cilium-config``; for agents with what CiliumNodeConfig objects say of their node on top."""
        # Source: cilium-dbg build-config: ConfigMap first, then the node's CiliumNodeConfigs by name.
        api = self.cluster.api
        if api.find("configmaps", "cilium-config", CILIUM_NAMESPACE) is None:
            raise ContainerExit('failed to retrieve ConfigMap "cilium-config": configmaps "cilium-config" not found')
        config = dict(self.cluster.config)
        if container != AGENT_CONTAINER or not api.serves("ciliumnodeconfigs"):
            return config
        found = api.find("nodes", node)
        labels = labels_of(found) if found is not None else {}
        for override in api.list("ciliumnodeconfigs", CILIUM_NAMESPACE):
            if matches(selector_of(dig(override, "spec", "nodeSelector", default={})), labels):
                config.update(dig(override, "spec", "defaults", default={}))
        return config

    def node_is_ready(self, name: str) -> None:
        """The first agent on a node writes the CNI configuration that the kubelet waits for."""
        api = self.cluster.api
        node = api.find("nodes", name)
        if node is None or (condition_of(node, "Ready") or {}).get("status") == "True":
            return
        now = api.clock.timestamp()
        conditions = with_condition(
            dig(node, "status", "conditions", default=[]),
            "Ready",
            "True",
            now,
            reason="KubeletReady",
            message="kubelet is posting ready status",
            lastHeartbeatTime=now,
        )
        api.update_status("nodes", node, {**node["status"], "conditions": conditions})
