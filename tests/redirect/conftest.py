"""Worlds with local redirect policies: a service with backends on both workers, and a proxy on one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from tests.lab import BareLab, manifests_in

ON: dict[str, Any] = {"localRedirectPolicies": {"enabled": True}, "kubeProxyReplacement": True}
METADATA = "169.254.169.254"
"""An address outside that an address matcher redirects."""


def pod(name: str, node: str, app: str, ports: str = "[{name: http, containerPort: 80}]") -> str:
    """A pod's manifest."""
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {app}}}}}
spec: {{nodeName: {node}, containers: [{{name: c, image: tools, ports: {ports}}}]}}
---
"""


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: my-service}
spec: {selector: {app: backend}, ports: [{name: http, port: 8080, targetPort: 80}]}
---
"""
WORLD = (
    SERVICE
    + pod("backend-1", "kind-worker", "backend")
    + pod("backend-2", "kind-worker2", "backend")
    + pod("proxy", "kind-worker", "proxy")
    + pod("near", "kind-worker", "client")
    + pod("far", "kind-worker2", "client")
)


HTTP = '[{port: "80", protocol: TCP}]'


def policy(frontend: str, backend_ports: str = HTTP, more: str = "", app: str = "proxy") -> str:
    """A policy's manifest."""
    return f"""
apiVersion: cilium.io/v2
kind: CiliumLocalRedirectPolicy
metadata: {{name: lrp}}
spec:
  redirectFrontend: {{{frontend}}}
  redirectBackend:
    localEndpointSelector: {{matchLabels: {{app: {app}}}}}
    toPorts: {backend_ports}
{more}
---
"""


BY_SERVICE = "serviceMatcher: {serviceName: my-service, namespace: default}"
BY_ADDRESS = f'addressMatcher: {{ip: "{METADATA}", toPorts: [{{port: "8080", protocol: TCP}}]}}'


@lru_cache(maxsize=8)
def _world(values: str, manifests: str) -> World:
    specs = [replace(spec, values=json.loads(values)) for spec in default_specs()]
    documents = manifests_in(manifests)
    return assemble(specs, seed=0, manifests=[("world.yaml", documents)])


class Lab(BareLab):
    """A shell on a world."""

    run, out = BareLab.result, BareLab.both
    policy, pod = staticmethod(policy), staticmethod(pod)
    by_service, by_address, metadata = BY_SERVICE, BY_ADDRESS, METADATA

    def __init__(self, world: World) -> None:
        super().__init__(world)
        fabric_of(world).outside = Outside(hosts={METADATA: OutsideHost(METADATA, (8080,), body="the real one\n")})

    def agent(self, node: str = "kind-worker") -> Agent:
        """The agent of a node."""
        return super().agent(node)

    def answerers(self, client: str, url: str) -> set[str]:
        """The pods that answer several requests of a client; what else it gets as it is."""
        found = set()
        for _ in range(6):
            text = self.out(f"kubectl exec {client} -- curl -s -m 2 {url}")
            named = re.search(r'"pod":"([^"]+)"', text)
            found.add(named[1] if named else text.strip().splitlines()[-1] if text.strip() else "")
        return found

    def service(self, node: str = "kind-worker", address: str = ":8080/TCP") -> list[str]:
        """Type and backends of the row of ``service list`` for an address."""
        lines = self.dbg(node, "service list").splitlines()
        [place] = [number for number, line in enumerate(lines) if address in line]
        rows = [lines[place], *takewhile(lambda line: line.startswith("  "), lines[place + 1 :])]
        return [lines[place].split()[2], *(found for row in rows for found in re.findall(r"=> (\S+)/", row))]


@pytest.fixture
def make() -> Callable[..., Lab]:
    """Build a lab: ``make(manifests, values=…)``; manifests come beside the usual ones."""

    def build(manifests: str = "", values: Mapping[str, Any] = ON) -> Lab:
        return Lab(_world(json.dumps(values, sort_keys=True), WORLD + manifests).fork())

    return build


@pytest.fixture
def lab(make: Callable[..., Lab]) -> Lab:
    """A cluster with the feature on, and no policy yet."""
    return make()
