"""How an agent catches up with its API server: changed objects become realized state.

Each resource that an agent watches has one handler in ``HANDLERS``. A cut-off agent handles nothing; when it starts,
or finds its cursor too old, it lists everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.addresses import apply_remote_addresses, take_cilium_node, take_endpoint
from quizgame.cluster.agent.bandwidth import take_limits
from quizgame.cluster.agent.egress import take_egress_policy
from quizgame.cluster.agent.encryption import KEYS_NAMESPACE, EncryptionMode, mounted_secret, take_keys
from quizgame.cluster.agent.envoy import take_envoy_config
from quizgame.cluster.agent.ipcache import Ipcache, IpcacheEntry
from quizgame.cluster.agent.nodeidentities import SWITCH as NODE_LABELS
from quizgame.cluster.agent.nodes import internal_ip
from quizgame.cluster.agent.ownnode import label_host, take_node
from quizgame.cluster.agent.pods import identity_labels, is_host_network, named_ports
from quizgame.cluster.agent.policies import take_policy
from quizgame.cluster.agent.publish import publish_endpoints, publish_node, remove_stale_endpoints
from quizgame.cluster.agent.redirect import Redirects, note_pod, take_redirect_policy
from quizgame.cluster.agent.redirect import refresh as refresh_redirects
from quizgame.cluster.agent.serviceobjects import rebuild_service, take_service, take_slice
from quizgame.cluster.agent.services import ServiceMap
from quizgame.cluster.agent.telling import tell_changes, tell_start
from quizgame.cluster.apierror import ApiError
from quizgame.cluster.ipam.modes import Source
from quizgame.cluster.ipam.node import missing_addresses, start_with, take_pool, take_ranges, take_wish, tell_used
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.identity import ReservedIdentity, parse_numeric_identity
from quizgame.policy.labels import parse_labels
from quizgame.policy.model import Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

Object = Mapping[str, Any]


def sync(agent: Agent) -> bool:
    """Realize what has changed since the agent's cursor; return whether anything was done.

    Costs what has changed. A starting agent forks the policy repository of a neighbour that is up to date and
    configured alike, instead of importing all policies again.
    """
    if not agent.is_running or not agent.is_connected:
        return False
    if not agent.is_initialized:
        agent.waits_for = missing_addresses(agent)
        if agent.waits_for:
            return _ask_for_addresses(agent)
        _relist(agent)
        return True
    if agent.cursor == agent.api.store.version and not _has_addresses_to_tell(agent):
        return False
    try:
        changes = agent.api.watch(agent.cursor, HANDLERS)
    except ApiError:
        _relist(agent)
        return True
    agent.cursor = agent.api.store.version
    policies_before = agent.repository.revision
    for change in changes:
        HANDLERS[change.resource](agent, change.object, change.type == "DELETED")
    if changes and agent.repository.revision != policies_before:
        agent.sync_local_identities()
    if changes or _has_addresses_to_tell(agent):
        _finish(agent)
        return True
    return False


def _has_addresses_to_tell(agent: Agent) -> bool:
    return agent.ipam.is_changed and agent.ipam.mode.source in (Source.POOLS, Source.ADDRESSES)


def _ask_for_addresses(agent: Agent) -> bool:
    """Make the own CiliumNode known, so that whoever gives out addresses sees it; return whether that was news."""
    before = agent.api.store.version
    node = agent.api.find("nodes", agent.node)
    if node is not None:
        agent.node_ip = internal_ip(node)
        take_ranges(agent, agent.api.find("ciliumnodes.cilium.io", agent.node))
        publish_node(agent)
    return agent.api.store.version != before


def _finish(agent: Agent) -> None:
    for key in refresh_redirects(agent):
        rebuild_service(agent, key)
    tell_changes(agent)
    publish_node(agent)
    publish_endpoints(agent)
    tell_used(agent)
    agent.ipam.is_changed = False


def _relist(agent: Agent) -> None:
    """Take the whole state anew; local endpoints and what other clusters sent stay."""
    agent.ipcache = Ipcache()
    agent.services = ServiceMap(ids=agent.services.ids)
    agent.namespace_labels = {}
    agent.identities = {
        number: labels
        for remote in agent.remotes.values()
        if remote.view
        for number, labels in remote.view.identities.items()
    }
    agent.identity_by_labels = {}
    agent.nodes = {key: node for key, node in agent.nodes.items() if node.cluster != agent.config.cluster_name}
    agent.slices, agent.service_objects = {}, {}
    agent.egress_policies = {}
    agent.redirects = Redirects()
    agent.pod_pools, agent.namespace_wishes = {}, {}
    start_with(agent)
    agent.envoy_configs = {}
    agent.reset_policy()
    agent.node_identities = {}
    for number, labels in agent.identities.items():
        agent.repository.add_identity(number, parse_labels(labels))
    agent.ipcache.upsert("0.0.0.0/0", IpcacheEntry(ReservedIdentity.WORLD, source=""))
    for endpoint in agent.endpoints.values():
        agent.put_endpoint(endpoint)
    peer = next((each for each in agent.neighbours() if _is_policy_twin(agent, each)), None)
    for resource, handle in HANDLERS.items():
        if peer is not None and resource in _POLICY_RESOURCES:
            continue
        for each in agent.api.store.of(resource):
            handle(agent, each, False)
        if peer is not None and resource == _LAST_BEFORE_POLICY:
            agent.repository = peer.repository.fork()
            if peer.local_identities is not None:
                agent.local_identities = peer.local_identities.fork(agent.repository)
    label_host(agent)
    agent.cursor = agent.api.store.version
    agent.is_initialized = True
    agent.lost_api_ns = 0
    for remote in agent.remotes.values():
        if remote.view is not None:
            apply_remote_addresses(agent, remote.view.cluster)
    agent.sync_local_identities()
    tell_start(agent)
    _finish(agent)
    remove_stale_endpoints(agent)


def _is_policy_twin(agent: Agent, peer: Agent) -> bool:
    keys = (
        "enable-policy",
        "policy-audit-mode",
        "policy-default-local-cluster",
        "enable-l7-proxy",
        "cluster-name",
        "enable-host-firewall",
        NODE_LABELS,
    )
    return (
        peer is not agent
        and peer.is_initialized
        and peer.is_connected
        and not agent.config.is_on(NODE_LABELS)
        and not peer.local_options
        and not peer.fqdn.entries
        and not agent.fqdn.entries
        and peer.cursor == agent.api.store.version
        and peer.remotes == agent.remotes
        and all(peer.config.get(key) == agent.config.get(key) for key in keys)
    )


# ---------------------------------------------------------------- handlers


def _namespace(agent: Agent, obj: Object, is_gone: bool) -> None:
    name = name_of(obj)
    take_wish(agent, obj, is_gone)
    if is_gone:
        agent.namespace_labels.pop(name, None)
        return
    if agent.namespace_labels.get(name) == labels_of(obj):
        return
    agent.namespace_labels[name] = labels_of(obj)
    for number in list(agent.endpoints):
        if agent.endpoints[number].namespace == name:
            pod = agent.api.find("pods", agent.endpoints[number].pod, name)
            if pod is not None:
                _pod(agent, pod, False)


def _identity(agent: Agent, obj: Object, is_gone: bool) -> None:
    number = parse_numeric_identity(name_of(obj))
    if number is None:
        return
    labels = tuple(
        sorted(f"{key}={value}" if value else key for key, value in (obj.get("security-labels") or {}).items())
    )
    if is_gone:
        agent.identities.pop(number, None)
        if agent.identity_by_labels.get(labels) == number:
            del agent.identity_by_labels[labels]
        agent.repository.remove_identity(number)
        return
    if agent.identities.get(number) == labels:
        return
    agent.identities[number] = labels
    agent.identity_by_labels[labels] = number
    agent.repository.add_identity(number, parse_labels(labels))
    for endpoint in list(agent.endpoints.values()):
        if endpoint.is_pod and endpoint.labels == labels and endpoint.identity != number:
            agent.relabel(endpoint, labels)


def _pod(agent: Agent, obj: Object, is_gone: bool) -> None:
    note_pod(agent, obj)
    if dig(obj, "spec", "nodeName") != agent.node or is_host_network(obj) or is_gone:
        return
    number = agent.endpoint_by_pod.get((namespace_of(obj), name_of(obj)))
    if number is None:
        return
    endpoint = agent.endpoints[number]
    labels = identity_labels(obj, agent.namespace_labels.get(endpoint.namespace, {}), agent.config.cluster_name)
    agent.relabel(endpoint, labels)
    take_limits(agent, endpoint, obj)
    ports = named_ports(obj)
    if ports:
        by_name = {name: (port, Protocol[protocol]) for name, (port, protocol) in ports.items()}
        agent.repository.set_named_ports(f"{endpoint.namespace}/{endpoint.pod}", by_name)


def _secret(agent: Agent, obj: Object, is_gone: bool) -> None:
    """A changed secret reaches the agent as the file that it is mounted as."""
    if agent.encryption.mode is not EncryptionMode.IPSEC or namespace_of(obj) != KEYS_NAMESPACE:
        return
    if name_of(obj) == mounted_secret(agent, agent.pod_name):
        take_keys(agent, obj, is_gone)


def _cidr_group(agent: Agent, obj: Object, is_gone: bool) -> None:
    if is_gone:
        agent.repository.delete_cidr_group(name_of(obj))
    else:
        agent.repository.upsert_cidr_group(dict(obj))


Handler = Callable[["Agent", Object, bool], None]

HANDLERS: dict[str, Handler] = {
    "namespaces": _namespace,
    "nodes": take_node,
    "secrets": _secret,
    "ciliumegressgatewaypolicies.cilium.io": take_egress_policy,
    "ciliumpodippools.cilium.io": take_pool,
    "ciliumnodes.cilium.io": take_cilium_node,
    "ciliumidentities.cilium.io": _identity,
    "ciliumendpoints.cilium.io": take_endpoint,
    "services": take_service,
    "endpointslices.discovery.k8s.io": take_slice,
    "ciliumlocalredirectpolicies.cilium.io": take_redirect_policy,
    "pods": _pod,
    "ciliumenvoyconfigs.cilium.io": take_envoy_config,
    "ciliumclusterwideenvoyconfigs.cilium.io": take_envoy_config,
    "ciliumcidrgroups.cilium.io": _cidr_group,
    "networkpolicies.networking.k8s.io": take_policy,
    "ciliumnetworkpolicies.cilium.io": take_policy,
    "ciliumclusterwidenetworkpolicies.cilium.io": take_policy,
}
"""What an agent watches, in the order in which it lists."""

_LAST_BEFORE_POLICY = "ciliumclusterwideenvoyconfigs.cilium.io"
_POLICY_RESOURCES = frozenset(list(HANDLERS)[list(HANDLERS).index(_LAST_BEFORE_POLICY) + 1 :])
