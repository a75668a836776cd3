"""Worlds of every IPAM mode, typed at through their shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.build import ClusterSpec, default_specs, join_node
from quizgame.cluster.patching import PatchType
from quizgame.game.worlds import assemble
from tests.lab import BareLab, manifests_in


class Lab(BareLab):
    """A world and its commands."""

    run = BareLab.both

    def fork(self) -> Lab:
        """The same, going its own way."""
        return Lab(self.world.fork())

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.advance(seconds)

    def pod(self, name: str, namespace: str = "default") -> dict[str, Any]:
        """A pod."""
        return self.world.cluster.api.get("pods", name, namespace)

    def node(self, name: str) -> dict[str, Any]:
        """A CiliumNode, as kubectl prints it."""
        found: dict[str, Any] = json.loads(self.out(f"kubectl get ciliumnode {name} -o json"))
        return found

    def operator_error(self, node: str) -> str:
        """What the operator reports of a node's addresses."""
        status = self.node(node).get("status", {})
        return str(status.get("ipam", {}).get("operator-status", {}).get("error", ""))

    def events(self, name: str) -> str:
        """The events of an object."""
        return self.out(f"kubectl get events -A --field-selector involvedObject.name={name}")

    def patch(self, resource: str, name: str, change: Mapping[str, Any], namespace: str = "") -> None:
        """Merge a change into an object."""
        self.world.cluster.api.patch(resource, name, change, PatchType.MERGE, namespace)
        self.world.settle()

    def join(self, name: str) -> None:
        """Let a worker join, and its agent start."""
        join_node(self.world, self.world.cluster, name)
        self.world.settle()
        self.wait(5)

    def restart_agent(self, node: str) -> None:
        """Delete the agent's pod of a node and wait for the next one."""
        self.world.cluster.api.delete("pods", self.agent(node).pod_name, "kube-system")
        self.wait(10)

    def configure(self, data: Mapping[str, str]) -> None:
        """Change cilium-config and restart agents and operator, as ``cilium config set`` does."""
        self.patch("configmaps", "cilium-config", {"data": dict(data)}, "kube-system")
        for label in ("k8s-app=cilium", "io.cilium/app=operator"):
            for pod in self.world.cluster.api.list("pods", "kube-system", label_selector=label):
                self.world.cluster.api.delete("pods", pod["metadata"]["name"], "kube-system")
        self.wait(30)


Build = Callable[..., Lab]
APod = Callable[..., str]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build a lab: ``build(values, manifests, …)``; further arguments are those of ``ClusterSpec``."""

    def make(values: Mapping[str, Any] | None = None, manifests: str = "", **more: Any) -> Lab:
        spec: ClusterSpec = replace(default_specs()[0], values=dict(values or {}), **more)
        return Lab(assemble([spec], seed=1, manifests=[("objects", manifests_in(manifests))]))

    return make


@pytest.fixture(scope="session")
def a_pod() -> APod:
    """The manifest of a pod: ``a_pod(name, node=…, annotations=…, labels=…, namespace=…)``."""

    def make(
        name: str,
        *,
        node: str = "kind-worker",
        annotations: str = "{}",
        labels: str = "{app: web}",
        namespace: str = "default",
    ) -> str:
        return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}, labels: {labels}}}
spec:
  nodeName: {node}
  containers: [{{name: c, image: nginx, ports: [{{containerPort: 80}}]}}]
---
"""

    return make
