"""Worlds with an egress gateway: two pods on two workers, and hosts outside of which one lets only one address in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import ClusterSpec, apply_manifest, build_world, default_specs
from quizgame.cluster.fabric import Fabric, agent_on, fabric_of, make_agent, make_operator
from quizgame.cluster.links import Block, Links
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell
from quizgame.tools.output import render
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

ADDED = "172.18.0.42"
"""An address that kind-worker2 has beside its own."""
OUTSIDE = Outside(
    hosts={
        "203.0.113.10": OutsideHost("203.0.113.10"),
        "203.0.113.20": OutsideHost("203.0.113.20", allowed_sources=(ADDED,)),
        "203.0.113.30": OutsideHost("203.0.113.30", allowed_sources=("172.18.0.4/32",)),
        "198.51.100.1": OutsideHost("198.51.100.1"),
    }
)
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}, org: empire}}}}
spec:
  nodeName: {node}
  containers: [{{name: app, image: nginx, ports: [{{containerPort: 80}}]}}]
---
"""
PODS = "".join(_POD.format(name=name, node=node) for name, node in (("one", "kind-worker"), ("two", "kind-worker2")))
ESCAPES = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
ON: dict[str, Any] = {"egressGateway": {"enabled": True}, "bpf": {"masquerade": True}, "kubeProxyReplacement": True}


@dataclass
class Lab:
    """A world and its commands."""

    world: World

    def __post_init__(self) -> None:
        self._run = free_shell(self.world).run_line

    def run(self, line: str) -> str:
        """Both streams of a command."""
        got = self._run(line)
        return ESCAPES.sub("", render(got.stdout) + render(got.stderr))

    def agent(self, node: str) -> Agent:
        """The agent of a node."""
        return agent_on(self.world, next(iter(self.world.clusters)), node)

    def listed(self, node: str) -> list[list[str]]:
        """The rows of a node's egress map."""
        pod = self.agent(node).pod_name
        out = self.run(f"kubectl -n kube-system exec {pod} -c cilium-agent -- cilium-dbg bpf egress list")
        return [re.split(r"  +", line.strip()) for line in out.splitlines()]

    def apply(self, text: str) -> None:
        """Apply manifests."""
        loaded = [each.data for each in load_documents(text, "test", dialect=Dialect.KUBERNETES)]
        apply_manifest(self.world.cluster, "test", loaded)
        self.world.settle()

    def ip(self, pod: str) -> str:
        """A pod's address."""
        return str(self.world.cluster.api.get("pods", pod, "default")["status"]["podIP"])

    def asks(self, pod: str, address: str) -> bool:
        """Whether a pod gets an answer over HTTP."""
        out = self.run(f"kubectl exec {pod} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{address}")
        return "200" in out

    def block(self, *blocks: Block) -> None:
        """Put firewalls between nodes."""
        fabric_of(self.world).links = Links(blocks)

    def flows(self, flags: str = "") -> list[dict[str, Any]]:
        """The flows of the last commands."""
        records = [
            json.loads(line)
            for line in self.run(f"hubble observe --last 500 -o json {flags}").splitlines()
            if line.startswith("{")
        ]
        return [each["flow"] for each in records if "flow" in each]

    def drops(self) -> set[tuple[str, int, str]]:
        """Reason, its number and node of every drop."""
        return {
            (each["drop_reason_desc"], each["drop_reason"], each["node_name"].rpartition("/")[2])
            for each in self.flows("--verdict DROPPED")
        }


Build = Callable[..., Lab]


@pytest.fixture(scope="session")
def build() -> Build:
    """Build a lab: ``build(values, manifests, clusters=…, outside=…)``; manifests go to the first cluster."""

    def make(values: Mapping[str, Any] | None = None, manifests: str = "", *, clusters: int = 1) -> Lab:
        specs: list[ClusterSpec] = [
            replace(
                spec,
                values=dict(ON if values is None else values),
                node_addresses={f"{spec.kind_name}-worker2": (ADDED,)},
            )
            for spec in default_specs(clusters)
        ]

        def prepare(world: World) -> None:
            world.parts["fabric"] = Fabric(world, outside=OUTSIDE)

        text = (PODS + manifests).replace("kind-worker", f"{specs[0].kind_name}-worker")
        loaded = [each.data for each in load_documents(text, "pods", dialect=Dialect.KUBERNETES)]
        world = build_world(
            specs,
            seed=3,
            manifests={spec.context: [("objects", loaded if spec is specs[0] else [])] for spec in specs},
            agent_factory=make_agent,
            operator_factory=make_operator,
            prepare=prepare,
        )
        return Lab(world)

    return make
