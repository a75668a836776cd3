"""A mesh without its operators, and an agent without its neighbours' API server.

Expectations: facts F-11, F-12 and facts.md, table of disagreements (14): neither operator takes part in what clusters
tell each other. The other components of a mesh: tests/mesh/test_mesh_breaks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.mesh.conftest import B, build

if TYPE_CHECKING:
    from tests.mesh.conftest import Build, Meshed

__all__ = ["build"]


@pytest.fixture(scope="module")
def together(build: Build) -> Meshed:
    """Two joined clusters."""
    meshed = build()
    meshed.enable()
    meshed.connect()
    meshed.run("cilium clustermesh status --wait")
    return meshed


@pytest.fixture
def mesh(together: Meshed) -> Meshed:
    return type(together)(together.world.fork())


def local_down(mesh: Meshed) -> None:
    mesh.run("kubectl scale deployment echo --replicas=0")
    mesh.world.advance(40)


def test_without_operators_clusters_go_on_telling_each_other(mesh: Meshed) -> None:
    for context in ("kind-cluster-a", B):
        mesh.run(f"kubectl --context {context} -n kube-system scale deployment cilium-operator --replicas=0")
    mesh.world.advance(30)
    assert "✅ All 3 nodes are connected to all clusters" in mesh.status()
    local_down(mesh)
    assert mesh.reach() == "200"
    mesh.run(f"kubectl --context {B} scale deployment echo --replicas=0")
    mesh.world.advance(40)
    assert mesh.reach() == "000"
    mesh.run(f"kubectl --context {B} scale deployment echo --replicas=1")
    mesh.world.advance(40)
    assert mesh.reach() == "200"


def test_restarted_agents_find_the_remote_cluster_again(mesh: Meshed) -> None:
    mesh.run("kubectl -n kube-system delete pods -l k8s-app=cilium")
    mesh.world.advance(40)
    assert "3/3 configured, 3/3 connected" in mesh.status()
    local_down(mesh)
    assert mesh.reach() == "200"
