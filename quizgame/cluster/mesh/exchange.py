"""The mesh at work: KVStoreMesh mirrors what remote clusters publish, and agents take it over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.addresses import apply_remote_addresses, forget_node_addresses
from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.remote import DEFAULT_LIMIT, RemoteCluster, RemoteView
from quizgame.cluster.agent.serviceobjects import rebuild_service
from quizgame.cluster.install.mesh_config import API_SERVER, MIRROR_SECRET
from quizgame.cluster.mesh.config import SYSTEM, cluster_name_of, has_mirror, remote_names
from quizgame.cluster.mesh.connecting import dial, is_available
from quizgame.cluster.mesh.publishing import publish
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.labels import parse_labels

if TYPE_CHECKING:
    from quizgame.cluster.links import Links
    from quizgame.cluster.world import Cluster, World

WAITING = "Waiting for initial connection to be established"
# Source: reference cilium-dbg, section 3, ClusterMesh detail; reference cilium-cli, section 7.

Mirror = dict[str, RemoteCluster]
"""What one replica of KVStoreMesh holds: remote cluster → its connection and copy."""


@dataclass(slots=True)
class Mesh:
    """What the clusters of a world publish, and what their KVStoreMesh replicas hold of each other."""

    views: dict[str, tuple[int, RemoteView]] = field(default_factory=dict)
    """Context → API server's version and the view that it publishes at that version."""
    mirrors: dict[tuple[str, str], Mirror] = field(default_factory=dict)
    """Context and pod → the copy in its etcd, which goes with the pod."""

    def fork(self) -> Mesh:
        """An independent copy."""
        return Mesh(dict(self.views), {pod: dict(mirror) for pod, mirror in self.mirrors.items()})

    def view_of(self, cluster: Cluster) -> RemoteView:
        """What a cluster publishes at present."""
        version = cluster.api.store.version
        known = self.views.get(cluster.context)
        if known is not None and known[0] == version:
            return known[1]
        fresh = publish(cluster)
        if known is not None and known[1] == fresh:
            fresh = known[1]
        self.views[cluster.context] = (version, fresh)
        return fresh

    def mirror_of(self, cluster: Cluster) -> Mirror:
        """What the agents of a cluster read: the copy of a replica of KVStoreMesh."""
        return next((mirror for (context, _), mirror in self.mirrors.items() if context == cluster.context), {})

    def sync(self, world: World, links: Links) -> bool:
        """Let every replica and every agent receive what its connections carry; return whether any agent changed."""
        changed = False
        for cluster in world.clusters.values():
            self._mirror(world, links, cluster)
            remotes = remote_names(cluster.api)
            for agent in _agents(cluster):
                if not agent.is_serving or (not remotes and not agent.remotes):
                    continue
                for name in [each for each in agent.remotes if each not in remotes]:
                    _forget(agent, name)
                    changed = True
                for name in remotes:
                    changed |= _take(agent, self._offered(world, links, agent, name))
        return changed

    def _mirror(self, world: World, links: Links, cluster: Cluster) -> None:
        held = [key for key in self.mirrors if key[0] == cluster.context]
        names = remote_names(cluster.api, MIRROR_SECRET) if has_mirror(cluster) else []
        running = dict(_replicas(cluster)) if names else {}
        for key in held:
            if key[1] not in running:
                del self.mirrors[key]
        for pod, node in running.items():
            known = self.mirrors.get((cluster.context, pod), {})
            self.mirrors[cluster.context, pod] = {
                name: self._mirrored(world, links, cluster, f"{cluster.context}/{node}", known.get(name), name)
                for name in names
            }

    def _mirrored(
        self, world: World, links: Links, cluster: Cluster, place: str, known: RemoteCluster | None, name: str
    ) -> RemoteCluster:
        before = known or RemoteCluster(name, problem=WAITING)
        tried = dial(world, links, cluster, place, name, as_mirror=True)
        if tried.obstacle is not None or tried.server is None:
            return before.lost(WAITING, world.clock.now_ns)
        if cluster_name_of(tried.server.api) != name:
            return replace(before, is_connected=True, is_ready=False, problem="")
        return before.received(self.view_of(tried.server))

    def _offered(self, world: World, links: Links, agent: Agent, name: str) -> RemoteCluster:
        """An agent's connection to a remote cluster as it should be now."""
        cluster, now = agent.cluster, world.clock.now_ns
        before = agent.remotes.get(name) or RemoteCluster(name, problem=WAITING)
        if has_mirror(cluster):
            if not is_available(cluster.api):
                return before.lost(WAITING, now)
            copy = self.mirror_of(cluster).get(name)
            view = copy.view if copy is not None else None
        else:
            tried = dial(world, links, cluster, agent.place, name)
            if tried.obstacle is not None or tried.server is None:
                return before.lost(WAITING, now)
            view = self.view_of(tried.server) if cluster_name_of(tried.server.api) == name else None
        if view is None:
            return replace(
                before, is_connected=True, is_ready=False, has_config=False, problem="", is_mirrored=has_mirror(cluster)
            )
        refusal = refused(agent, name, view)
        if refusal:
            return replace(before.lost(WAITING, now), refusal=refusal, refused_ns=before.refused_ns or now)
        return replace(before.received(view), is_mirrored=has_mirror(cluster))


def refused(agent: Agent, name: str, view: RemoteView) -> str:
    """Why an agent does not accept a remote cluster's configuration, in its own words; empty where it does.

    Source: facts F-54, F-55; cilium/cilium v1.19 pkg/clustermesh/types/option.go and pkg/clustermesh/idsmgr.go.
    """
    limit = agent.config.get("max-connected-clusters", "")
    allowed = int(limit) if limit.isdecimal() else DEFAULT_LIMIT
    if view.cluster_id == 0:
        return "ClusterID 0 is reserved"
    if view.cluster_id > allowed:
        return f"ClusterID > {allowed} is not supported"
    if allowed not in (DEFAULT_LIMIT, view.limit):
        return f"mismatched MaxConnectedClusters; local={allowed}, remote={view.limit}"
    if view.cluster_id == agent.config.cluster_id:
        return f"clusterID {view.cluster_id} is assigned to the local cluster"
    others = (each for each in agent.remotes.values() if each.name != name and each.view is not None)
    if any(each.view.cluster_id == view.cluster_id for each in others if each.view is not None):
        return f"clusterID {view.cluster_id} is already used"
    return ""


def _agents(cluster: Cluster) -> list[Agent]:
    return [agent for agent in cluster.agents.values() if isinstance(agent, Agent)]


def _replicas(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """The running pods of the clustermesh-apiserver with their nodes; one that is ready comes first."""
    pods = [
        each
        for each in cluster.api.store.of("pods")
        if namespace_of(each) == SYSTEM
        and labels_of(each).get("k8s-app") == API_SERVER
        and dig(each, "status", "phase") == "Running"
        and "deletionTimestamp" not in each["metadata"]
    ]
    for pod in sorted(pods, key=name_of):
        yield name_of(pod), str(dig(pod, "spec", "nodeName", default=""))


def _take(agent: Agent, new: RemoteCluster) -> bool:
    """Give an agent its connection as it is now; whether anything is different."""
    known = agent.remotes.get(new.name)
    agent.remotes[new.name] = new
    old_view = known.view if known is not None else None
    if new.view is not None and new.view is not old_view:
        _realize(agent, new.name, old_view, new.view)
        return True
    return new != known


def _realize(agent: Agent, name: str, old: RemoteView | None, new: RemoteView) -> None:
    before = old or RemoteView(name, new.cluster_id)
    for number in [each for each in before.identities if each not in new.identities]:
        agent.identities.pop(number, None)
        agent.repository.remove_identity(number)
    for number, labels in new.identities.items():
        if agent.identities.get(number) != labels:
            agent.identities[number] = labels
            agent.repository.add_identity(number, parse_labels(labels))
    for ip in [each for each in before.endpoints if each not in new.endpoints]:
        entry = agent.ipcache.entries.get(f"{ip}/32")
        if entry is not None and entry.source == "clustermesh":
            agent.ipcache.delete(f"{ip}/32")
    for node_name in [each for each in before.nodes if each not in new.nodes]:
        agent.nodes.pop(f"{name}/{node_name}", None)
        forget_node_addresses(agent, before.nodes[node_name])
    apply_remote_addresses(agent, name)
    for key in sorted({*before.services, *new.services}):
        if before.services.get(key) != new.services.get(key):
            rebuild_service(agent, key)


def _forget(agent: Agent, name: str) -> None:
    remote = agent.remotes[name]
    if remote.view is not None:
        # An empty view takes everything away again, before the connection itself is forgotten.
        empty = RemoteView(name, remote.view.cluster_id)
        agent.remotes[name] = replace(remote, view=empty)
        _realize(agent, name, remote.view, empty)
    del agent.remotes[name]
