"""How an agent catches up with its API server: changed objects become realized state.

Each resource that an agent watches has one handler in ``HANDLERS``. A cut-off agent handles nothing; when it starts,
or finds its cursor too old, it lists everything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.bandwidth import take_limits
from quizgame.cluster.agent.egress import take_egress_policy
from quizgame.cluster.agent.encryption import KEYS_NAMESPACE, EncryptionMode, mounted_secret, take_keys
from quizgame.cluster.agent.envoy import take_envoy_config
from quizgame.cluster.agent.ipcache import Ipcache, IpcacheEntry
from quizgame.cluster.agent.nodeidentities import SWITCH as NODE_LABELS
from quizgame.cluster.agent.nodeidentities import forget_unused, node_identity
from quizgame.cluster.agent.nodes import internal_ip, known_node
from quizgame.cluster.agent.pods import identity_labels, is_host_network, named_ports
from quizgame.cluster.agent.policies import take_policy
from quizgame.cluster.agent.publish import publish_endpoints, publish_node, remove_stale_endpoints
from quizgame.cluster.agent.redirect import Redirects, note_pod, redirect_frontends, take_redirect_policy
from quizgame.cluster.agent.redirect import refresh as refresh_redirects
from quizgame.cluster.agent.service_build import SERVICE_NAME_LABEL, build_frontends
from quizgame.cluster.agent.services import ServiceMap
from quizgame.cluster.agent.telling import tell_changes, tell_start
from quizgame.cluster.apierror import ApiError
from quizgame.cluster.ipam.modes import Source
from quizgame.cluster.ipam.node import missing_addresses, start_with, take_pool, take_ranges, take_wish, tell_used
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.labels import SOURCE_K8S, Label, is_identity_relevant, parse_labels
from quizgame.policy.model import Protocol

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.nodes import KnownNode

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
    _label_host(agent)
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


def _node(agent: Agent, obj: Object, is_gone: bool) -> None:
    if name_of(obj) != agent.node or is_gone:
        return
    agent.node_ip = internal_ip(obj)
    _label_host(agent)


def _cilium_node(agent: Agent, obj: Object, is_gone: bool) -> None:
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


def _identity(agent: Agent, obj: Object, is_gone: bool) -> None:
    number = int(name_of(obj))
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


def _endpoint(agent: Agent, obj: Object, is_gone: bool) -> None:
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


def _service(agent: Agent, obj: Object, is_gone: bool) -> None:
    key = (namespace_of(obj), name_of(obj))
    if is_gone:
        agent.service_objects.pop(key, None)
    else:
        agent.service_objects[key] = obj
    rebuild_service(agent, key)


def _slice(agent: Agent, obj: Object, is_gone: bool) -> None:
    service = labels_of(obj).get(SERVICE_NAME_LABEL)
    if service is None:
        return
    key = (namespace_of(obj), service)
    # Replaced, never changed in place, so that forks share it.
    others = {name: each for name, each in agent.slices.get(key, {}).items() if name != name_of(obj)}
    agent.slices[key] = others if is_gone else {**others, name_of(obj): obj}
    rebuild_service(agent, key)


def rebuild_service(agent: Agent, key: tuple[str, str]) -> bool:
    """Put one service (namespace, name) in force from all that is known of it; return whether anything changed."""
    service = agent.service_objects.get(key)
    slices = [each for _, each in sorted(agent.slices.get(key, {}).items())]
    if key == ("default", "kubernetes"):
        _api_servers(agent, slices)
    if service is None:
        agent.repository.delete_service(*key)
        return agent.services.replace_service(key, ())
    shared = [
        backend
        for name in sorted(agent.remotes)
        if (view := agent.remotes[name].view) is not None
        for backend in view.services.get(key, ())
    ]
    frontends = build_frontends(
        service,
        slices,
        shared,
        node_ip=agent.node_ip,
        node_name=agent.node,
        replaces_kube_proxy=agent.config.has_kube_proxy_replacement,
    )
    backends = {
        ip for each in slices for endpoint in each.get("endpoints") or () for ip in endpoint.get("addresses") or ()
    }
    agent.repository.upsert_service(
        *key,
        labels=labels_of(service),
        selector=dig(service, "spec", "selector", default={}),
        backends=tuple(sorted(backends)),
    )
    return agent.services.replace_service(key, redirect_frontends(agent, key, frontends), agent.now_ns)


def _api_servers(agent: Agent, slices: list[Object]) -> None:
    addresses = tuple(
        sorted(
            {
                ip
                for each in slices
                for endpoint in each.get("endpoints") or ()
                for ip in endpoint.get("addresses") or ()
            }
        )
    )
    if addresses != agent.api_server_ips:
        agent.api_server_ips = addresses
        for key in sorted(agent.nodes):
            put_node_addresses(agent, key)
        forget_unused(agent)
    _label_host(agent)


def _label_host(agent: Agent) -> None:
    """Let the own node count as an API server where it is one.

    Source: cilium/cilium v1.19 pkg/ipcache: the host identity keeps its number and takes the label
    ``reserved:kube-apiserver``, so that the entity selects it.
    """
    names = ["reserved:host"]
    if agent.node_ip in agent.api_server_ips:
        names.append("reserved:kube-apiserver")
    labels = parse_labels(names)
    if tuple(agent.repository.labels_of(ReservedIdentity.HOST)) != labels:
        agent.repository.add_identity(ReservedIdentity.HOST, labels)
    node = agent.api.find("nodes", agent.node)
    if node is not None:
        # Source: cilium/cilium v1.19 pkg/labelsfilter: labels of nodes pass the same filter as those of pods.
        own = {key: value for key, value in labels_of(node).items() if is_identity_relevant(key)}
        agent.repository.set_node_labels(tuple(sorted(Label(key, SOURCE_K8S, value) for key, value in own.items())))


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


# ---------------------------------------------------------------- mesh


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


Handler = Callable[["Agent", Object, bool], None]

HANDLERS: dict[str, Handler] = {
    "namespaces": _namespace,
    "nodes": _node,
    "secrets": _secret,
    "ciliumegressgatewaypolicies.cilium.io": take_egress_policy,
    "ciliumpodippools.cilium.io": take_pool,
    "ciliumnodes.cilium.io": _cilium_node,
    "ciliumidentities.cilium.io": _identity,
    "ciliumendpoints.cilium.io": _endpoint,
    "services": _service,
    "endpointslices.discovery.k8s.io": _slice,
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
