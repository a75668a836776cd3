"""Two clusters with a shared service, and the commands that join them and tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.build import default_specs
from quizgame.cluster.install.values import assign
from quizgame.game.worlds import assemble
from tests.lab import BareLab

A, B = "kind-cluster-a", "kind-cluster-b"
ECHO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: echo, annotations: {service.cilium.io/global: "true"}}
spec: {selector: {app: echo}, ports: [{port: 8080}]}
"""
CLIENT = "kubectl run client --image=curlimages/curl --restart=Never --command -- sleep 3600"


class Meshed(BareLab):
    """Two clusters and a shell at a workstation that reaches both."""

    run = BareLab.both

    def enable(self, *, mirrored: bool = True) -> None:
        """Make both clusters ready for a mesh."""
        for context in (A, B):
            self.run(
                f"cilium clustermesh enable --context {context} --service-type NodePort "
                f"--enable-kvstoremesh={str(mirrored).lower()}"
            )
            self.run(f"cilium clustermesh status --context {context} --wait")

    def connect(self) -> str:
        """Join the clusters."""
        return self.run("cilium clustermesh connect --destination-context kind-cluster-b --allow-mismatching-ca")

    def status(self, context: str = A) -> str:
        """``cilium clustermesh status``."""
        return self.run(f"cilium clustermesh status --context {context}")

    def ask(self, line: str, context: str = A) -> str:
        """A command in an agent's pod."""
        return self.run(
            f"kubectl --context {context} -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg {line}"
        )

    def inside(self, line: str) -> str:
        """A command in KVStoreMesh's container."""
        return self.run(f"kubectl exec -n kube-system {self.api_server_pod()} -c kvstoremesh -- {line}")

    def agent_logs(self, context: str = A) -> str:
        """What an agent has written."""
        return self.run(f"kubectl --context {context} -n kube-system logs ds/cilium -c cilium-agent")

    def api_server_pod(self, context: str = A) -> str:
        """Name of the clustermesh-apiserver's pod."""
        return self.run(
            f"kubectl --context {context} -n kube-system get pod -l k8s-app=clustermesh-apiserver "
            "-o jsonpath='{.items[0].metadata.name}'"
        )

    def reach(self, context: str = A) -> str:
        """HTTP status that the client of a cluster gets from the shared service; 000 where nobody answers."""
        got = self.run(
            f"kubectl --context {context} exec client -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://echo:8080/"
        )
        return got[:3]


Build = Callable[..., Meshed]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build two clusters that are not joined: ``build(pod_cidrs=…, values=…)``; values by context."""

    def make(
        *, pod_cidrs: Mapping[str, str] | None = None, values: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Meshed:
        specs = []
        for spec in default_specs(2):
            given = dict((values or {}).get(spec.context) or {})
            name = given.pop("cluster.name", spec.cluster_name)
            number = given.pop("cluster.id", spec.cluster_id)
            merged: Mapping[str, Any] = spec.values
            for path, value in given.items():
                merged = assign(merged, path, value)
            cidr = (pod_cidrs or {}).get(spec.context, spec.pod_cidr)
            specs.append(replace(spec, pod_cidr=cidr, values=merged, cluster_name=name, cluster_id=number))
        meshed = Meshed(assemble(specs, seed=0))
        for context in (A, B):
            meshed.run(f"kubectl --context {context} apply -f - <<'EOF'\n{ECHO}\nEOF")
        meshed.run(CLIENT)
        meshed.world.advance(30)
        return meshed

    return make
