"""A free cluster with a web server, typed at through its shell."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from quizgame.cluster.build import default_specs
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from tests.lab import BareLab, manifests_in

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
    return assemble(default_specs(), seed=0, manifests=[("web.yaml", manifests_in(WEB))])


class Typed(BareLab):
    """A shell on a world, and what it says."""

    run = BareLab.result


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
