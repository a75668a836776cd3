"""One agent's addresses: where it takes them from, what it waits for, and what it writes of them.

Source: cilium/cilium v1.19 daemon (localNodeSynchronizer, restoreOldEndpoints), pkg/ipam, pkg/nodediscovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.ipam import DEFAULT_POOL, RESTORED, AddressesExhausted, NodeIpam
from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.ipam.demand import forget_pending, note_pending, pools_spec, preallocation
from quizgame.cluster.ipam.modes import MODES, REQUIRED_CIDR, Source
from quizgame.cluster.ipam.podpools import NamespaceWish, PoolRefused, pool_for, read_pool, wish_of
from quizgame.cluster.objects import dig, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig

NODES = "ciliumnodes.cilium.io"
ENDPOINTS = "ciliumendpoints.cilium.io"
OWN = ("router", "health")
"""Owners of a node's own addresses out of its range."""


def begin_addresses(agent: Agent, config: AgentConfig) -> NodeIpam:
    """The addresses of an agent that starts: nothing is taken over yet of what the run before gave out.

    Raises:
        ContainerExit: the mode is unknown.
    """
    mode = MODES.get(config.ipam)
    if mode is None:
        raise ContainerExit(f"Unknown IPAM backend {config.ipam}")
    return NodeIpam(agent.seed, mode=mode, default_pool=config.get("ipam-default-ip-pool") or DEFAULT_POOL)


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
    """
    ipam, owner = agent.ipam, f"{namespace_of(pod)}/{name_of(pod)}"
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
    return {**present, "pools": present.get("pools", {})}
