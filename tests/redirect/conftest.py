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
from quizgame.cluster.fabric import agent_on, fabric_of
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble, free_shell
from quizgame.tools.output import Result
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

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
    documents = [each.data for each in load_documents(manifests, "world.yaml", dialect=Dialect.KUBERNETES)]
    return assemble(specs, seed=0, manifests=[("world.yaml", documents)])


class Lab:
    """A shell on a world."""

    policy, pod = staticmethod(policy), staticmethod(pod)
    by_service, by_address, metadata = BY_SERVICE, BY_ADDRESS, METADATA

    def __init__(self, world: World) -> None:
        self.world = world
        self.shell = free_shell(world)
        fabric_of(world).outside = Outside(hosts={METADATA: OutsideHost(METADATA, (8080,), body="the real one\n")})

    def run(self, line: str) -> Result:
        """What a line gives."""
        return self.shell.run_line(line)

    def out(self, line: str) -> str:
        """What a line prints, both streams."""
        result = self.run(line)
        return "".join(each.text + each.end for each in (*result.stdout, *result.stderr))

    def apply(self, text: str) -> str:
        """Apply manifests as a learner does; what that prints."""
        return self.out(f"kubectl apply -f - <<'X'\n{text}\nX")

    def agent(self, node: str = "kind-worker") -> Agent:
        """The agent of a node."""
        return agent_on(self.world, "kind-kind", node)

    def dbg(self, line: str, node: str = "kind-worker") -> str:
        """What ``cilium-dbg`` on a node prints."""
        return self.out(f"kubectl -n kube-system exec {self.agent(node).pod_name} -c cilium-agent -- cilium-dbg {line}")

    def log(self, node: str = "kind-worker") -> str:
        """What a node's agent has written."""
        return self.out(f"kubectl -n kube-system logs {self.agent(node).pod_name} -c cilium-agent")

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
        lines = self.dbg("service list", node).splitlines()
        [place] = [number for number, line in enumerate(lines) if address in line]
        rows = [lines[place], *takewhile(lambda line: line.startswith("  "), lines[place + 1 :])]
        return [lines[place].split()[2], *(found for row in rows for found in re.findall(r"=> (\S+)/", row))]

    def ip(self, name: str, namespace: str = "default") -> str:
        """A pod's address."""
        return str(self.world.cluster.api.get("pods", name, namespace)["status"]["podIP"])


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
