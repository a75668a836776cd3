"""What an agent asks of the operator in multi-pool mode, and what it gives back.

Source: cilium/cilium v1.19 pkg/ipam/multipool_manager.go (computeNeededIPsPerPoolLocked, updateLocalNode) and
pkg/ipam/pool.go releaseExcessCIDRsMultiPool.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.agent.ipam import NodeIpam, usable
from quizgame.goflags.times import SECOND

PENDING_NS = 300 * SECOND
"""How long an address that was asked for in vain counts as needed."""
DEFAULT_PREALLOCATION = 8


def preallocation(text: str, default_pool: str) -> dict[str, int]:
    """Read option ``ipam-multi-pool-pre-allocation``: pool → addresses to keep in store."""
    pairs = (each.partition("=") for each in text.replace(",", " ").split())
    found = {name: int(number) for name, _, number in pairs if number.isdecimal()}
    return found or {default_pool: DEFAULT_PREALLOCATION}


def needed(used: int, store: int) -> int:
    """How many addresses to ask for, so that at least ``store`` are free: the next multiple of it but one."""
    if not store:
        return used
    return (used // store + (2 if used % store else 1)) * store


def note_pending(ipam: NodeIpam, pool: str, owner: str, now_ns: int) -> None:
    """Remember that an owner waits for an address of a pool."""
    ipam.pending.setdefault(pool or ipam.default_pool, {})[owner] = now_ns + PENDING_NS
    ipam.is_changed = True


def forget_pending(ipam: NodeIpam, owner: str) -> None:
    """An owner has an address, or wants none any more."""
    for pool in [name for name, waiting in ipam.pending.items() if owner in waiting]:
        del ipam.pending[pool][owner]
        if not ipam.pending[pool]:
            del ipam.pending[pool]
        ipam.is_changed = True


def expire_pending(ipam: NodeIpam, now_ns: int) -> None:
    """Forget owners that have not asked again for long."""
    late = [owner for waiting in ipam.pending.values() for owner, until in waiting.items() if until <= now_ns]
    for owner in late:
        forget_pending(ipam, owner)


def next_pending_end(ipam: NodeIpam) -> int | None:
    """When the next waiting owner is forgotten; ``None`` where none waits."""
    return min((until for waiting in ipam.pending.values() for until in waiting.values()), default=None)


def pools_spec(ipam: NodeIpam, stores: Mapping[str, int], *, releases: bool) -> dict[str, Any]:
    """``spec.ipam.pools`` of the node: what it needs and what it has.

    Args:
        ipam: The node's addresses.
        stores: Pool → addresses to keep in store.
        releases: Whether ranges that it has too many of are let go, which an agent does not do before it knows what
            is in use.
    """
    demand = {name: ipam.used_in(name) for name in ipam.pools}
    for name, waiting in ipam.pending.items():
        demand[name] = demand.get(name, 0) + len(waiting)
    for name, store in stores.items():
        demand[name] = needed(demand.get(name, 0), store)
    for name in list(ipam.pools) if releases else ():
        _release(ipam, name, max(demand[name] - ipam.used_in(name), 0))
    requested = [{"needed": {"ipv4-addrs": number}, "pool": name} for name, number in sorted(demand.items()) if number]
    allocated = [{"cidrs": sorted(ranges), "pool": name} for name, ranges in sorted(ipam.pools.items())]
    spec: dict[str, Any] = {}
    if allocated:
        spec["allocated"] = allocated
    if requested:
        spec["requested"] = requested
    return spec


def _release(ipam: NodeIpam, pool: str, free_needed: int) -> None:
    ranges = ipam.pools[pool]
    free = {each: len(usable(each)) - ipam.used_of(each) for each in ranges}
    total = sum(free.values())
    for prefix in reversed(ranges):
        if not ipam.used_of(prefix) and total - free[prefix] >= free_needed:
            total -= free[prefix]
            ipam.drop_range(pool, prefix)
