"""Two joined clusters that use the same pod range: each believes its own addresses."""

from __future__ import annotations

from dataclasses import replace

from quizgame.cluster.build import default_specs
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.install.release import apply_release
from quizgame.cluster.install.values import merge
from quizgame.cluster.mesh.config import connect
from quizgame.cluster.world import World
from quizgame.game.worlds import assemble

RANGE = "10.244.0.0/16"


def joined() -> World:
    """Two clusters with one pod range, each trusting the other."""
    specs = [replace(spec, pod_cidr=RANGE) for spec in default_specs(2)]
    world = assemble(specs, seed=0)
    for cluster in world.clusters.values():
        apply_release(cluster, merge(cluster.values, {"clustermesh": {"useAPIServer": True}}))
    world.advance(60)
    first, second = world.clusters.values()
    connect(first, second, adds_ca=True)
    connect(second, first, adds_ca=True)
    world.advance(60)
    return world


def test_own_pods_and_nodes_keep_their_entries() -> None:
    world = joined()
    for cluster in world.clusters.values():
        pods = {
            pod["status"]["podIP"]: pod["metadata"]["name"]
            for pod in cluster.api.list("pods")
            if not pod["spec"].get("hostNetwork")
        }
        for agent in agents_of(cluster):
            assert all(remote.is_ready for remote in agent.remotes.values())
            assert agent.remotes
            assert {ip: agent.ipcache.entries[f"{ip}/32"].pod for ip in pods} == pods
            assert agent.ipcache.entries[f"{agent.router_ip}/32"].identity == 1
            assert agent.ipcache.entries[f"{agent.node_ip}/32"].cluster == cluster.cluster_name


def test_leaving_the_mesh_takes_away_the_other_clusters_addresses_alone() -> None:
    world = joined()
    first, _ = world.clusters.values()
    first.api.delete("secrets", "cilium-clustermesh", "kube-system")
    world.settle()
    for agent in agents_of(first):
        assert {entry.cluster for entry in agent.ipcache.entries.values()} <= {first.cluster_name, ""}
        assert agent.ipcache.entries[f"{agent.router_ip}/32"].identity == 1
        assert len(agent.nodes) == 3
