"""One agent's addresses: where it takes them from, what it waits for, and what it writes of them.

Source: cilium/cilium v1.19 daemon (localNodeSynchronizer, restoreOldEndpoints), pkg/ipam, pkg/nodediscovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.ipam import DEFAULT_POOL, RESTORED, AddressesExhausted, NodeIpam
from quizgame.cluster.interfaces import CniError
from quizgame.cluster.ipam.cloud import instance_of
from quizgame.cluster.ipam.demand import forget_pending, note_pending, pools_spec, preallocation
from quizgame.cluster.ipam.interfaces import free_address, instance_spec
from quizgame.cluster.ipam.modes import MODES, REQUIRED_CIDR, Source
from quizgame.cluster.ipam.podpools import NamespaceWish, PoolRefused, pool_for, read_pool, wish_of
from quizgame.cluster.ipam.status import EMPTY_STATUS
from quizgame.cluster.objects import dig, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig

NODES = "ciliumnodes.cilium.io"
DELEGATION_FAILED = (
    'plugin type="cilium-cni" name="cilium" failed (add): failed to invoke delegated plugin ADD for IPAM: '
)
OWN = ("router", "health", "ingress")
"""Owners of a node's own addresses out of its range."""


def begin_addresses(agent: Agent, config: AgentConfig) -> NodeIpam:
    """The addresses of an agent that starts: nothing is taken over yet of what the run before gave out."""
    default = config.get("ipam-default-ip-pool") or DEFAULT_POOL
    return NodeIpam(agent.seed, mode=MODES[config.ipam], default_pool=default)


def own_ranges(agent: Agent) -> dict[str, tuple[str, ...]]:
    """Pool → ranges that the API objects say this node has."""
    ipam = agent.ipam
    if ipam.mode.source is Source.NODE:
        ranges = dig(agent.api.find("nodes", agent.node), "spec", "podCIDRs", default=())
        return {ipam.default_pool: tuple(ranges)} if ranges else {}
    return ranges_in(ipam, agent.api.find(NODES, agent.node))


def ranges_in(ipam: NodeIpam, node: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Pool → ranges that a CiliumNode says it has, in the mode at hand."""
    match ipam.mode.source:
        case Source.RANGES:
            ranges = tuple(dig(node, "spec", "ipam", "podCIDRs", default=()))
        case Source.ADDRESSES:
            ranges = tuple(f"{ip}/32" for ip in sorted(dig(node, "spec", "ipam", "pool", default=()), key=_numeric))
        case Source.POOLS:
            entries = dig(node, "spec", "ipam", "pools", "allocated", default=())
            return {str(each.get("pool", "")): tuple(each.get("cidrs") or ()) for each in entries}
        case _:
            ranges = ()
    return {ipam.default_pool: ranges} if ranges else {}


def _numeric(ip: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else -1 for part in ip.split("."))


def minimum(agent: Agent) -> int:
    """How many addresses an agent needs before it starts to serve; 0 in modes where it takes none."""
    if agent.ipam.mode.source is Source.PLUGIN:
        return 0
    if agent.ipam.mode.source is not Source.ADDRESSES:
        return 1
    node = agent.api.find(NODES, agent.node)
    ipam: Mapping[str, Any] = dig(node, "spec", "ipam", default={})
    checks_health = agent.config.is_on("enable-health-checking", default=True)
    return int(ipam.get("min-allocate") or ipam.get("pre-allocate") or (2 if checks_health else 1))


def missing_addresses(agent: Agent) -> str:
    """What a starting agent waits for; empty where it has what it needs."""
    ipam = agent.ipam
    least = minimum(agent)
    ranges = own_ranges(agent).get(ipam.default_pool, ())
    if len(ranges) >= least:
        return ""
    match ipam.mode.source:
        case Source.POOLS:
            return f"pool {ipam.default_pool}"
        case Source.ADDRESSES:
            return f"{least} addresses, {len(ranges)} available"
        case _:
            return REQUIRED_CIDR


def take_ranges(agent: Agent, node: Mapping[str, Any] | None) -> None:
    """Follow the own CiliumNode, in modes in which what a node has changes while its agent runs."""
    ipam = agent.ipam
    if ipam.mode.source in (Source.POOLS, Source.ADDRESSES):
        wanted = ranges_in(ipam, node)
        for name in sorted({*wanted, *ipam.pools}):
            ipam.set_pool(name, wanted.get(name, ()))


def start_with(agent: Agent) -> None:
    """Take the node's ranges, and let endpoints of the run before keep their addresses as far as that is possible.

    An endpoint whose address is not of the node's ranges any more is not restored: its pod is cut off until it is
    made anew.
    """
    ipam, before = agent.ipam, agent.ipam_before
    for name, ranges in own_ranges(agent).items():
        ipam.set_pool(name, ranges)
    for ip, owner in before.owners.items():
        pool = before.pool_of.get(ip, "")
        if owner in OWN:
            ipam.take_over(ip, owner)
            continue
        number = agent.endpoint_by_ip.get(ip)
        if number is None:
            continue
        is_kept = ipam.take_over(ip, owner.removesuffix(RESTORED) + RESTORED, pool)
        if not is_kept and ipam.mode.source is not Source.PLUGIN:
            agent.unrestored = (*agent.unrestored, agent.endpoints[number])
            agent.abandon(number)
    agent.ipam_before = NodeIpam(agent.seed)
    ipam.is_changed = True


def address_for(agent: Agent, pod: Mapping[str, Any]) -> str:
    """An address for a new pod.

    Raises:
        AddressesExhausted: there is none; the agent then asks for one where the mode has it ask.
        CniError: another plug-in is to give one, and does not.
    """
    ipam, owner = agent.ipam, f"{namespace_of(pod)}/{name_of(pod)}"
    if ipam.mode.source is Source.PLUGIN:
        return _delegated_address(agent, owner)
    if ipam.mode.source is not Source.POOLS:
        return ipam.allocate(owner)
    try:
        pool = pool_for(
            pod,
            agent.namespace_wishes.get(namespace_of(pod), NamespaceWish()),
            agent.namespace_labels.get(namespace_of(pod), {}),
            agent.pod_pools.values(),
            ipam.default_pool,
        )
    except PoolRefused as refusal:
        raise AddressesExhausted(str(refusal)) from None
    try:
        ip = ipam.allocate(owner, pool)
    except AddressesExhausted:
        note_pending(ipam, pool, owner, agent.now_ns)
        raise
    forget_pending(ipam, owner)
    return ip


def _delegated_address(agent: Agent, owner: str) -> str:
    """What the plug-in that the CNI configuration names says; a cloud brings one.

    Source: cilium/cilium v1.19 plugins/cilium-cni allocateIPsWithDelegatedPlugin; Documentation azure-delegated-ipam.
    """
    cloud = agent.cluster.cloud
    if cloud is None:
        raise CniError(f'{DELEGATION_FAILED}failed to find plugin "" in path [/opt/cni/bin]')
    taken = {ip for each in (agent, *agent.neighbours()) for ip in each.endpoint_by_ip}
    ip = "" if cloud.refusal else free_address(cloud, agent.seed, taken, agent.context, agent.node, owner)
    if not ip:
        raise CniError(f"{DELEGATION_FAILED}{cloud.refusal or 'no address is left in the subnet'}")
    return ip


def take_pool(agent: Agent, obj: Mapping[str, Any], is_gone: bool) -> None:
    """Follow a CiliumPodIPPool."""
    if is_gone:
        agent.pod_pools.pop(name_of(obj), None)
    else:
        agent.pod_pools[name_of(obj)] = read_pool(obj)


def take_wish(agent: Agent, namespace: Mapping[str, Any], is_gone: bool) -> None:
    """Follow what the annotations of a Namespace say of addresses."""
    wish = NamespaceWish() if is_gone else wish_of(namespace)
    if wish == NamespaceWish():
        agent.namespace_wishes.pop(name_of(namespace), None)
    else:
        agent.namespace_wishes[name_of(namespace)] = wish


def ipam_spec(agent: Agent, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """``spec.ipam`` of the own CiliumNode: the agent's part anew, everybody else's as it stands.

    Simplified: the real agent writes at most every 15 seconds.
    """
    ipam = agent.ipam
    present: dict[str, Any] = dict(dig(known, "spec", "ipam", default={}))
    if ipam.mode.source is Source.POOLS:
        stores = preallocation(agent.config.get("ipam-multi-pool-pre-allocation"), ipam.default_pool)
        return {**present, "pools": pools_spec(ipam, stores, releases=agent.is_initialized)}
    if ipam.mode.source is Source.NODE and ipam.ranges:
        present["podCIDRs"] = list(ipam.ranges)
    for key in ("min-allocate", "pre-allocate") if ipam.mode.is_cloud else ():
        value = agent.config.get(f"ipam-{key}")
        if value.isdecimal():
            present[key] = int(value)
    return {**present, "pools": present.get("pools", {})}


def cloud_spec(agent: Agent, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """What ``spec`` of the own CiliumNode says of the cloud: what the agent found, and what others set."""
    present = {key: dig(known, "spec", key, default={}) for key in ("alibaba-cloud", "azure", "eni")}
    cloud = agent.cluster.cloud
    if not agent.ipam.mode.is_cloud or cloud is None:
        return present
    found = instance_spec(cloud, instance_of(cloud, agent.seed, agent.context, agent.node))
    return {
        key: {**value, **present.get(key, {})} if isinstance(value, dict) else value
        for key, value in {**present, **found}.items()
    }


def tell_used(agent: Agent) -> None:
    """Write ``status.ipam.used``: which of the listed addresses are given out, and to whom.

    Simplified: the real agent writes at most every 15 seconds.
    """
    ipam = agent.ipam
    if ipam.mode.source is not Source.ADDRESSES:
        return
    node = agent.api.find(NODES, agent.node)
    if node is None:
        return
    pool = dig(node, "spec", "ipam", "pool", default={})
    used = {ip: {**(pool.get(ip) or {}), "owner": owner} for ip, owner in sorted(ipam.owners.items())}
    status: dict[str, Any] = {**EMPTY_STATUS, **(node.get("status") or {})}
    if dig(status, "ipam", "used", default={}) == used:
        return
    status["ipam"] = {"operator-status": {}, **(status.get("ipam") or {}), "used": used}
    if not used:
        del status["ipam"]["used"]
    agent.api.update_status(NODES, node, status)
