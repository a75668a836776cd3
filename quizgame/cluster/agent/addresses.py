"""What an agent knows of the addresses of nodes and pods: its own cluster's, and what other clusters share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.ipcache import IpcacheEntry
from quizgame.cluster.agent.nodeidentities import forget_unused, node_identity
from quizgame.cluster.agent.nodes import known_node
from quizgame.cluster.ipam.node import take_ranges
from quizgame.cluster.objects import dig, name_of, namespace_of
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.nodes import KnownNode

Object = Mapping[str, Any]


def take_cilium_node(agent: Agent, obj: Object, is_gone: bool) -> None:
    """Take in a CiliumNode: its addresses, and the own one's pod ranges."""
    node = known_node(obj, agent.config.cluster_name, "local" if name_of(obj) == agent.node else "custom-resource")
    key = f"{node.cluster}/{node.name}"
    before = agent.nodes.get(key)
    if is_gone:
        agent.nodes.pop(key, None)
    else:
        agent.nodes[key] = node
        if node.name == agent.node:
            take_ranges(agent, obj)
    if before is not None:
        forget_node_addresses(agent, before)
    if not is_gone:
        put_node_addresses(agent, key)
    forget_unused(agent)


def forget_node_addresses(agent: Agent, node: KnownNode) -> None:
    """Take the addresses of a node that is gone, or has changed, out of the ipcache."""
    for ip in (node.ip, node.router_ip, node.health_ip, node.ingress_ip):
        known = agent.ipcache.entries.get(f"{ip}/32")
        if known is not None and known.cluster == node.cluster:
            agent.ipcache.delete(f"{ip}/32")


def put_node_addresses(agent: Agent, key: str) -> None:
    """Put the addresses of a known node (``cluster/name``) into the ipcache."""
    node = agent.nodes[key]
    is_own = node.name == agent.node and node.cluster == agent.config.cluster_name
    tunnel = "0.0.0.0" if is_own else node.ip
    identity: int = ReservedIdentity.HOST
    source = "local"
    if not is_own:
        identity = node_identity(agent, node)
        source = "kube-apiserver" if node.ip in agent.api_server_ips else node.source
    for ip, number, endpoint in (
        (node.ip, identity, "0.0.0.0"),
        (node.router_ip, identity, tunnel),
        (node.health_ip, ReservedIdentity.HEALTH, tunnel),
        (node.ingress_ip, ReservedIdentity.INGRESS, tunnel),
    ):
        if ip and not _is_own_address(agent, ip, node.cluster):
            encrypt_key = 0 if is_own else node.encryption_key
            agent.ipcache.upsert(f"{ip}/32", IpcacheEntry(number, endpoint, source, encrypt_key, cluster=node.cluster))


def _is_own_address(agent: Agent, ip: str, cluster: str) -> bool:
    """Whether an address that another cluster claims as well is known as one of the own cluster."""
    known = agent.ipcache.entries.get(f"{ip}/32")
    return cluster != agent.config.cluster_name and known is not None and known.cluster == agent.config.cluster_name


def take_endpoint(agent: Agent, obj: Object, is_gone: bool) -> None:
    """Take in a CiliumEndpoint: its port names, and the addresses of one on another node."""
    namespace, name = namespace_of(obj), name_of(obj)
    key = f"{namespace}/{name}"
    ports = {
        each["name"]: (each["port"], Protocol[each["protocol"]])
        for each in dig(obj, "status", "named-ports", default=())
    }
    if is_gone or not ports:
        agent.repository.set_named_ports(key, {})
    else:
        agent.repository.set_named_ports(key, ports)
    node_ip = dig(obj, "status", "networking", "node", default="")
    if node_ip == agent.node_ip:
        return
    for address in dig(obj, "status", "networking", "addressing", default=()):
        prefix = f"{address['ipv4']}/32"
        if is_gone:
            known = agent.ipcache.entries.get(prefix)
            if known is not None and (known.namespace, known.pod) == (namespace, name):
                agent.ipcache.delete(prefix)
        else:
            identity = dig(obj, "status", "identity", "id", default=int(ReservedIdentity.INIT))
            agent.ipcache.upsert(
                prefix,
                IpcacheEntry(
                    identity,
                    node_ip,
                    "custom-resource",
                    dig(obj, "status", "encryption", "key", default=0),
                    namespace,
                    name,
                    agent.config.cluster_name,
                ),
            )


def apply_remote_addresses(agent: Agent, cluster: str) -> None:
    """Put the nodes and endpoints of a remote cluster's last view into the ipcache; own addresses win."""
    view = agent.remotes[cluster].view
    if view is None:
        return
    for name, node in view.nodes.items():
        key = f"{cluster}/{name}"
        agent.nodes[key] = node
        put_node_addresses(agent, key)
    for ip, remote in view.endpoints.items():
        prefix = f"{ip}/32"
        if not _is_own_address(agent, ip, cluster):
            entry = IpcacheEntry(
                remote.identity,
                remote.node_ip,
                "clustermesh",
                remote.encrypt_key,
                remote.namespace,
                remote.pod,
                cluster,
            )
            agent.ipcache.upsert(prefix, entry)
