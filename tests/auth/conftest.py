"""Worlds with mutual authentication: two clients, one on the server's node and one elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import default_specs
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from tests.lab import BareLab, manifests_in

ON: dict[str, Any] = {"authentication": {"enabled": True, "mutual": {"spire": {"enabled": True}}}}


def pod(name: str, node: str, app: str) -> str:
    """A pod's manifest."""
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {app}}}}}
spec: {{nodeName: {node}, containers: [{{name: c, image: tools, ports: [{{containerPort: 80}}]}}]}}
---
"""


WORLD = (
    pod("echo", "kind-worker2", "echo") + pod("far", "kind-worker", "client") + pod("near", "kind-worker2", "client")
)
ASKED = "authentication: {mode: required}"


def ingress(more: str = ASKED, peer: str = "{matchLabels: {app: client}}", rest: str = "") -> str:
    """A policy of the server's that lets the clients in, with authentication unless told otherwise."""
    return f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: echo}}
spec:
  endpointSelector: {{matchLabels: {{app: echo}}}}
  ingress: [{{fromEndpoints: [{peer}], {more}{rest}}}]
---
"""


def egress(more: str = ASKED, rest: str = "") -> str:
    """A policy of the clients' that lets them out to the server."""
    return f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: client}}
spec:
  endpointSelector: {{matchLabels: {{app: client}}}}
  egress: [{{toEndpoints: [{{matchLabels: {{app: echo}}}}], {more}{rest}}}]
---
"""


@lru_cache(maxsize=8)
def _world(values: str, manifests: str) -> World:
    specs = [replace(spec, values=json.loads(values)) for spec in default_specs()]
    documents = manifests_in(manifests)
    return assemble(specs, seed=0, manifests=[("world.yaml", documents)])


class Lab(BareLab):
    """A shell on a world."""

    run, out = BareLab.result, BareLab.both
    ingress, egress, pod = staticmethod(ingress), staticmethod(egress), staticmethod(pod)

    def agent(self, node: str = "kind-worker2") -> Agent:
        """The agent of a node."""
        return super().agent(node)

    def ask(self, client: str = "far", limit_s: int = 5) -> str:
        """What a client is told by the server: a status, and the seconds until it was connected."""
        what = "%{http_code} %{time_connect}"
        return self.out(
            f"kubectl exec {client} -- curl -s -o /dev/null -m {limit_s} -w '{what}' http://{self.ip('echo')}"
        )

    def identity(self, name: str) -> int:
        """The identity of a pod."""
        node = "kind-worker" if name == "far" else "kind-worker2"
        endpoint = next(each for each in self.agent(node).endpoints.values() if each.pod == name)
        return endpoint.identity

    def spire(self, line: str) -> str:
        """What the program in the SPIRE server's pod prints."""
        return self.out(
            f"kubectl exec -n cilium-spire spire-server-0 -c spire-server -- /opt/spire/bin/spire-server {line}"
        )

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.world.advance(seconds)


@pytest.fixture
def make() -> Callable[..., Lab]:
    """Build a lab: ``make(manifests, values=…)``; manifests come beside the usual ones."""

    def build(manifests: str = "", values: Mapping[str, Any] = ON) -> Lab:
        return Lab(_world(json.dumps(values, sort_keys=True), WORLD + manifests).fork())

    return build


@pytest.fixture
def lab(make: Callable[..., Lab]) -> Lab:
    """A cluster with SPIRE, and no policy yet."""
    return make()
