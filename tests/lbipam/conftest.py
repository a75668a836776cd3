"""A free cluster with a web server, typed at through its shell."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from quizgame.cluster.build import default_specs
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble, free_shell
from quizgame.tools.output import Result
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: client}]}
"""


@lru_cache(maxsize=1)
def _world() -> World:
    documents = [each.data for each in load_documents(WEB, "web.yaml", dialect=Dialect.KUBERNETES)]
    return assemble(default_specs(), seed=0, manifests=[("web.yaml", documents)])


class Typed:
    """A shell on a world, and what it says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shell = free_shell(world)

    def run(self, line: str) -> Result:
        """What a line gives."""
        return self.shell.run_line(line)

    def out(self, line: str) -> str:
        """What a line prints on stdout."""
        return "".join(each.text + each.end for each in self.run(line).stdout)

    def apply(self, text: str) -> Result:
        """Apply manifests as a learner does."""
        return self.run(f"kubectl apply -f - <<'X'\n{text}\nX")


@pytest.fixture
def typed() -> Typed:
    """A shell before a cluster of its own."""
    return Typed(_world().fork())


@pytest.fixture
def service() -> Callable[..., str]:
    """The manifest of a LoadBalancer Service in front of the web server."""

    def make(name: str, *, annotations: str = "{}", labels: str = "{}", port: int = 80, more: str = "") -> str:
        return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, annotations: {annotations}, labels: {labels}}}
spec: {{type: LoadBalancer, selector: {{app: web}}, ports: [{{port: {port}, targetPort: 80}}]{more}}}
---"""

    return make


@pytest.fixture
def pool() -> Callable[..., str]:
    """The manifest of a pool."""

    def make(name: str, blocks: str, more: str = "") -> str:
        return f"""
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {{name: {name}}}
spec: {{blocks: {blocks}{more}}}
---"""

    return make
