"""Small worlds for policy tests: manifests in YAML, pods named by their labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.policy.model import EnforcementMode, Protocol
from quizgame.policy.world import Peer, PolicyWorld, Probe, WorldSettings, build_world
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

PODS = """
{kind: Namespace, metadata: {name: shop, labels: {team: web}}}
---
{kind: Namespace, metadata: {name: bank, labels: {team: pay}}}
---
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: n1}
---
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
kind: Pod
metadata: {name: ledger, namespace: bank, labels: {app: ledger}}
spec: {nodeName: n2}
"""

Verdict = Callable[..., str]


@pytest.fixture
def shop() -> Callable[..., PolicyWorld]:
    """Build the shop: pods shop/web, shop/api (port http 8080) and bank/ledger, with these policies beside them."""

    def build(policies: str = "", *, mode: EnforcementMode = EnforcementMode.DEFAULT) -> PolicyWorld:
        text = f"{PODS}---\n{policies}" if policies else PODS
        objects = [document.data for document in load_documents(text, "shop", dialect=Dialect.KUBERNETES)]
        for item in objects:
            if item["kind"].startswith("Cilium"):
                item.setdefault("apiVersion", "cilium.io/v2")
            elif item["kind"] == "NetworkPolicy":
                item.setdefault("apiVersion", "networking.k8s.io/v1")
        world = build_world(objects, WorldSettings(mode=mode))
        assert not world.rejections, world.rejections
        return world

    return build


@pytest.fixture
def verdict() -> Verdict:
    """Return the verdict of a connection between two peers written as ``ns/pod``, an address, or an entity."""

    def peer(text: str) -> Peer:
        if "/" in text:
            return Peer(pod=text)
        return Peer(address=text) if text[0].isdigit() or ":" in text else Peer(entity=text)

    def decide(
        world: PolicyWorld,
        source: str,
        destination: str,
        port: int = 8080,
        protocol: Protocol = Protocol.TCP,
        **request: object,
    ) -> str:
        requests = tuple(request.values())
        outcome = world.decide(Probe(peer(source), peer(destination), port, protocol, requests))  # type: ignore[arg-type]  # requests only
        if outcome.request_allowed is None:
            return outcome.verdict
        return f"{outcome.verdict} {'pass' if outcome.request_allowed else 'refuse'}"

    return decide
