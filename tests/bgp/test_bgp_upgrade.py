"""CiliumBGPPeeringPolicy: works in a cluster of 1.18, and an upgrade to 1.19 ends it. Source: facts F-80."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quizgame.cluster.bgp.router import Router, RouterNeighbor
from quizgame.cluster.build import default_specs
from quizgame.cluster.outside import Outside
from quizgame.game.worlds import Surroundings, assemble
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

POLICY = """
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {name: rack0}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  virtualRouters:
  - localASN: 65001
    exportPodCIDR: true
    neighbors: [{peerAddress: 172.18.0.5/32, peerASN: 65000}]
"""


@pytest.fixture
def old_lab(lab: Any) -> Any:
    """A cluster of 1.18 whose nodes peer by the old kind."""
    router = Router("172.18.0.5", 65000, "tor0", (RouterNeighbor("172.18.0.0/16", 65001),))
    specs = [replace(spec, cilium="1.18.5", values={"bgpControlPlane": {"enabled": True}}) for spec in default_specs()]
    documents = [each.data for each in load_documents(POLICY, "policy.yaml", dialect=Dialect.KUBERNETES)]
    around = Surroundings(Outside(routers={router.address: router}))
    return type(lab)(assemble(specs, seed=0, manifests=[("policy.yaml", documents)], surroundings=around))


def test_the_old_kind_peers_and_exports_pod_ranges(old_lab: Any) -> None:
    assert {state for state, *_ in old_lab.states().values()} == {"established"}
    assert {prefix for prefix, _ in old_lab.learned()} == {"10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"}


def test_several_policies_for_a_node_are_none(old_lab: Any) -> None:
    old_lab.apply(POLICY.replace("rack0", "rack1"))
    old_lab.world.advance(8)
    assert old_lab.states() == {}


def test_an_upgrade_ends_its_sessions(old_lab: Any) -> None:
    old_lab.run("cilium upgrade --version 1.19.5")
    old_lab.world.advance(60)
    assert old_lab.out("cilium bgp peers").splitlines()[1:] == []
    assert old_lab.learned() == set()
