"""Worlds with a bandwidth manager: pods with and without limits on two workers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.apps import Route, Server
from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import agent_on, fabric_of
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble, free_shell
from quizgame.tools.output import Result
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

ON: dict[str, Any] = {"bandwidthManager": {"enabled": True}}
BODY = 1_250_000
"""Bytes of what the server sends: a second's worth at 10 Mbit/s."""


def pod(name: str, node: str, annotations: str = "{}") -> str:
    """A pod's manifest."""
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}, annotations: {annotations}}}
spec:
  nodeName: {node}
  containers: [{{name: app, image: tools, ports: [{{containerPort: 80}}, {{containerPort: 5201}}]}}]
---
"""


PODS = (
    pod("server", "kind-worker", '{kubernetes.io/egress-bandwidth: "10M", kubernetes.io/ingress-bandwidth: "20M"}')
    + pod("free", "kind-worker")
    + pod("client", "kind-worker2")
    + pod("neighbour", "kind-worker")
)


@lru_cache(maxsize=8)
def _world(values: str, manifests: str, kernel: str) -> World:
    specs = [replace(spec, values=json.loads(values), kernel=kernel) for spec in default_specs()]
    documents = [each.data for each in load_documents(manifests, "pods.yaml", dialect=Dialect.KUBERNETES)]
    return assemble(specs, seed=0, manifests=[("pods.yaml", documents)])


class Lab:
    """A shell on a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shell = free_shell(world)
        fabric_of(world).servers = (Server("default", "*", routes=(Route(path="/big", body="x" * BODY),)),)

    def run(self, line: str) -> Result:
        """What a line gives."""
        return self.shell.run_line(line)

    def out(self, line: str) -> str:
        """What a line prints, both streams."""
        result = self.run(line)
        return "".join(each.text + each.end for each in (*result.stdout, *result.stderr))

    def agent(self, node: str = "kind-worker") -> Agent:
        """The agent of a node."""
        return agent_on(self.world, "kind-kind", node)

    def dbg(self, line: str, node: str = "kind-worker") -> str:
        """What ``cilium-dbg`` on a node prints."""
        return self.out(f"kubectl -n kube-system exec {self.agent(node).pod_name} -c cilium-agent -- cilium-dbg {line}")

    def log(self, node: str = "kind-worker") -> str:
        """What a node's agent has written."""
        return self.out(f"kubectl -n kube-system logs {self.agent(node).pod_name} -c cilium-agent")

    def endpoint(self, name: str) -> int:
        """The endpoint id of a pod."""
        for node in ("kind-worker", "kind-worker2"):
            if ("default", name) in self.agent(node).endpoint_by_pod:
                return self.agent(node).endpoint_by_pod["default", name]
        raise KeyError(name)

    def entries(self, node: str = "kind-worker") -> set[tuple[str, ...]]:
        """The rows of a node's map."""
        return {tuple(row.split()) for row in self.dbg("bpf bandwidth list", node).splitlines()[1:]}

    def ip(self, name: str) -> str:
        """A pod's address."""
        return str(self.world.cluster.api.get("pods", name, "default")["status"]["podIP"])

    def seconds(self, client: str, server: str) -> float:
        """How long a client takes to fetch the big body."""
        line = f"kubectl exec {client} -- curl -s -o /dev/null -w '%{{time_total}}' http://{self.ip(server)}/big"
        return float(self.out(line))

    def megabits(self, client: str, server: str, flags: str = "") -> float:
        """What iperf3 measures, in Mbit/s."""
        shown = self.out(f"kubectl exec {client} -- iperf3 -c {self.ip(server)} -t 2 {flags}")
        [row] = [line for line in shown.splitlines() if line.endswith("receiver")]
        number, unit = row.split("Bytes")[1].split()[:2]
        return float(number) * {"Kbits/sec": 0.001, "Mbits/sec": 1.0, "Gbits/sec": 1000.0}[unit]


@pytest.fixture
def make() -> Callable[..., Lab]:
    """Build a lab: ``make(values, manifests=…, kernel=…)``."""

    def build(values: Mapping[str, Any] = ON, manifests: str = PODS, kernel: str = "6.12.48") -> Lab:
        return Lab(_world(json.dumps(values, sort_keys=True), manifests, kernel).fork())

    return build


@pytest.fixture
def lab(make: Callable[..., Lab]) -> Lab:
    """A cluster with the bandwidth manager on."""
    return make()


class Manifests:
    """Further manifests."""

    two_servers = (
        pod("one", "kind-worker", '{kubernetes.io/egress-bandwidth: "10M"}')
        + pod("two", "kind-worker", '{kubernetes.io/egress-bandwidth: "10M"}')
        + pod("client", "kind-worker2")
    )


@pytest.fixture
def manifests() -> type[Manifests]:
    """Further manifests."""
    return Manifests


@pytest.fixture
def ipsec_keys() -> str:
    """A command that makes the secret with IPsec's key."""
    key = "3+ rfc4106(gcm(aes)) 0123456789abcdef0123456789abcdef01234567 128"
    return f"kubectl create -n kube-system secret generic cilium-ipsec-keys --from-literal=keys='{key}'"
