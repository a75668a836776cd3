"""Worlds whose nodes encrypt: two pods on two workers, one on the control plane, and the commands to look at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import ClusterSpec, build_world, default_specs
from quizgame.cluster.fabric import Fabric, agent_on, make_agent, make_operator
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from tests.lab import BareLab, manifests_in

OUTSIDE = Outside(hosts={"203.0.113.10": OutsideHost("203.0.113.10", body="outside\n")})
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  nodeName: {node}
  containers: [{{name: app, image: nginx, ports: [{{containerPort: 80}}]}}]
---
"""
PODS = "".join(
    _POD.format(name=name, node=node)
    for name, node in (
        ("one", "kind-worker"), ("near", "kind-worker"), ("two", "kind-worker2"), ("top", "kind-control-plane"),
    )
)  # fmt: skip


class Lab(BareLab):
    """A world and its commands."""

    run = BareLab.both

    def agent(self, node: str, context: str = "") -> Agent:
        """The agent of a node by its short name."""
        context = context or next(iter(self.world.clusters))
        return agent_on(self.world, context, f"kind-{node}" if "-" not in node or node == "control-plane" else node)

    def inside(self, node: str, line: str) -> str:
        """A command inside the agent's pod of a node."""
        return self.both(f"kubectl -n kube-system exec {self.agent(node).pod_name} -c cilium-agent -- {line}")

    def asks(self, pod: str, address: str) -> bool:
        """Whether a pod gets an answer over HTTP."""
        out = self.run(f"kubectl exec {pod} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{address}")
        return "200" in out

    def reaches(self, pod: str, other: str) -> bool:
        """Whether a pod gets an answer of another."""
        return self.asks(pod, self.ip(other))

    def flows(self, flags: str = "") -> list[dict[str, Any]]:
        """The flows of the last commands."""
        text = self.run(f"hubble observe --last 500 -o json {flags}")
        records = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [each["flow"] for each in records if "flow" in each]

    def drops(self) -> list[tuple[str, str]]:
        """Reason and node of every drop."""
        return [
            (each["drop_reason_desc"], each["node_name"].rpartition("/")[2]) for each in self.flows("--verdict DROPPED")
        ]

    def restart(self, *nodes: str) -> None:
        """Restart the agents of some nodes, by short names."""
        for node in nodes:
            self.run(f"kubectl -n kube-system delete pod {self.agent(node).pod_name}")
        self.world.advance(30)


Build = Callable[..., Lab]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build a lab: ``build(values, extra objects, specs=…, kernel=…)``."""

    def make(
        values: Mapping[str, Any],
        objects: Sequence[Mapping[str, Any]] = (),
        *,
        clusters: int = 1,
        kernel: str = "6.12.48",
    ) -> Lab:
        specs: list[ClusterSpec] = [
            replace(spec, values=dict(values), kernel=kernel) for spec in default_specs(clusters)
        ]

        def prepare(world: World) -> None:
            world.parts["fabric"] = Fabric(world, outside=OUTSIDE)

        def pods(spec: ClusterSpec) -> Sequence[Mapping[str, Any]]:
            text = PODS.replace("nodeName: kind-", f"nodeName: {spec.kind_name}-")
            return manifests_in(text)

        world = build_world(
            specs,
            seed=3,
            manifests={spec.context: [("objects", [*objects, *pods(spec)])] for spec in specs},
            agent_factory=make_agent,
            operator_factory=make_operator,
            prepare=prepare,
        )
        return Lab(world)

    return make
