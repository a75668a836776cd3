"""A living cluster for kubectl's tests: built once, forked for each test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import pytest

from quizgame.cluster.build import ClusterSpec
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble
from quizgame.tools.kubectl import KUBECTL
from quizgame.tools.output import Result, lines
from quizgame.tools.session import Session
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

DEMO = """
apiVersion: v1
kind: Service
metadata: {name: deathstar, labels: {app.kubernetes.io/name: deathstar}}
spec:
  type: ClusterIP
  ports: [{port: 80}]
  selector: {org: empire, class: deathstar}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: deathstar, labels: {app.kubernetes.io/name: deathstar}}
spec:
  replicas: 2
  selector: {matchLabels: {org: empire, class: deathstar}}
  template:
    metadata: {labels: {org: empire, class: deathstar, app.kubernetes.io/name: deathstar}}
    spec: {containers: [{name: deathstar, image: "cr.test/cilium/starwars:v2.1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tiefighter, labels: {org: empire, class: tiefighter}}
spec: {containers: [{name: spaceship, image: "cr.test/cilium/json-mock:v1.3.8"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: xwing, labels: {org: alliance, class: xwing}}
spec: {containers: [{name: spaceship, image: "cr.test/cilium/json-mock:v1.3.8"}]}
"""


@lru_cache(maxsize=1)
def _world() -> World:
    documents = [each.data for each in load_documents(DEMO, "demo.yaml", dialect=Dialect.KUBERNETES)]
    return assemble([ClusterSpec(gateway_api=True)], seed=1, manifests=[("demo.yaml", documents)])


@pytest.fixture
def session() -> Session:
    """A shell of its own before a cluster of its own."""
    return Session(_world().fork())


Kubectl = Callable[..., Result]


@pytest.fixture
def kubectl(session: Session) -> Kubectl:
    """Runs one command line: the words, and what is piped in."""

    def run(*words: str, stdin: str = "") -> Result:
        shown: Sequence[str] = words[0].split() if len(words) == 1 else words
        return KUBECTL.run(["kubectl", *shown], session, lines(stdin))

    return run
