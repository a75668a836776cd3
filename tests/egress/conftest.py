"""Worlds with an egress gateway: two pods on two workers, and hosts outside of which one lets only one address in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.build import ClusterSpec, build_world, default_specs
from quizgame.cluster.fabric import Fabric, make_agent, make_operator
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from tests.lab import BareLab, manifests_in

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
ON: dict[str, Any] = {"egressGateway": {"enabled": True}, "bpf": {"masquerade": True}, "kubeProxyReplacement": True}


class Lab(BareLab):
    """A world and its commands."""

    run = BareLab.both

    def listed(self, node: str) -> list[list[str]]:
        """The rows of a node's egress map."""
        return [re.split(r"  +", line.strip()) for line in self.dbg(node, "bpf egress list").splitlines()]

    def asks(self, pod: str, address: str) -> bool:
        """Whether a pod gets an answer over HTTP."""
        out = self.run(f"kubectl exec {pod} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{address}")
        return "200" in out

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
        loaded = manifests_in(text)
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
