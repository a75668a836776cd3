"""The operator's part of multi-pool mode: ranges of CiliumPodIPPools for the nodes that ask for addresses.

What each node holds stands in its CiliumNode, so that a restarted operator goes on where the last one ended; what it
keeps in mind itself is which shape of a pool it has accepted.
Source: cilium/cilium v1.19 operator multipool (pool_allocator.go, node_handler.go); facts F-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.ipam import usable
from quizgame.cluster.ipam.podpools import POOLS, PodPool, read_pool
from quizgame.cluster.ipam.status import set_operator_error
from quizgame.cluster.objects import KubeObject, dig, evolve, name_of
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

NODES = "ciliumnodes.cilium.io"
_POOL_SPEC = re.compile(r"(?:^|,)([A-Za-z0-9][A-Za-z0-9.-]*)=")


@dataclass(slots=True)
class PoolAllocator:
    """The pools that a running operator goes by."""

    accepted: dict[str, PodPool] = field(default_factory=dict)
    reported_pools: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Pool → since when and why its present shape is not taken over."""
    reported_nodes: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Node → since when and why it does not get what it asks for."""
    has_created: bool = False
    """Whether the pools that the configuration asks for have been made."""

    def fork(self) -> PoolAllocator:
        """An independent copy."""
        return PoolAllocator(
            dict(self.accepted), dict(self.reported_pools), dict(self.reported_nodes), self.has_created
        )

    def take(self, nodes: list[KubeObject], now_ns: int) -> None:
        """Take the present pools over, as far as they may change."""
        complaints = {}
        wanted = {name_of(node): read_pool(node) for node in nodes}
        for name, pool in wanted.items():
            before = self.accepted.get(name)
            if before is not None and before.mask_size != pool.mask_size:
                complaints[name] = f'cannot change IPv4 mask size in existing pool "{name}"'
                wanted[name] = before
        self.accepted = wanted
        self.reported_pools = _since(self.reported_pools, complaints, now_ns)

    def report(self, errors: Mapping[str, str], now_ns: int) -> None:
        """Note what nodes do not get, by node."""
        self.reported_nodes = _since(self.reported_nodes, errors, now_ns)


def _since(
    before: Mapping[str, tuple[int, str]], present: Mapping[str, str], now_ns: int
) -> dict[str, tuple[int, str]]:
    return {
        name: before[name] if before.get(name, (0, ""))[1] == text else (now_ns, text) for name, text in present.items()
    }


def reconcile_pools(api: ApiServer, allocator: PoolAllocator, wanted: str) -> None:
    """Create the pools that the configuration asks for, and give nodes what they ask for.

    Args:
        api: The cluster's API server.
        allocator: What the operator keeps in mind.
        wanted: Option ``auto-create-cilium-pod-ip-pools``.
    """
    if not allocator.has_created:
        _create(api, wanted)
        allocator.has_created = True
    now_ns = api.clock.now_ns
    allocator.take(api.store.of(POOLS), now_ns)
    taken: dict[str, set[IPv4Network]] = {name: set() for name in allocator.accepted}
    nodes = api.store.of(NODES)
    held = {name_of(node): _Held(node, allocator, taken) for node in nodes}
    for node in nodes:
        own = held[name_of(node)]
        own.satisfy(node)
        pools = dict(dig(node, "spec", "ipam", "pools", default={}))
        allocated = own.spec()
        if allocated:
            pools["allocated"] = allocated
        else:
            pools.pop("allocated", None)
        if pools != dig(node, "spec", "ipam", "pools", default={}):
            api.update(NODES, evolve(node, ("spec", "ipam", "pools"), pools), validate=FieldValidation.TRUSTED)
        set_operator_error(api, node, "\n".join(own.errors))
    allocator.report({name: "\n".join(own.errors) for name, own in held.items() if own.errors}, now_ns)


class _Held:
    """The ranges of one node."""

    def __init__(self, node: Mapping[str, Any], allocator: PoolAllocator, taken: dict[str, set[IPv4Network]]) -> None:
        self.errors: list[str] = []
        self._node = name_of(node)
        self._allocator, self._taken = allocator, taken
        self._ranges: dict[str, list[str]] = {}
        for entry in dig(node, "spec", "ipam", "pools", "allocated", default=()):
            for prefix in entry.get("cidrs") or ():
                self._occupy(str(entry.get("pool", "")), str(prefix))

    def _occupy(self, pool: str, prefix: str) -> None:
        self._ranges.setdefault(pool, []).append(prefix)
        known = self._allocator.accepted.get(pool)
        if known is None:
            self.errors.append(
                f"unable to find pool {pool}, prefix {prefix} is still allocated to the node but is marked as orphan"
            )
            return
        network = IPv4Network(prefix, strict=False)
        reason = ""
        if not any(network.subnet_of(IPv4Network(each)) for each in known.cidrs):
            reason = f"cidr {prefix} is not part of the requested pool"
        elif network in self._taken[pool]:
            reason = f"cidr {prefix} has already been allocated"
        if reason:
            self.errors.append(f"unable to reuse from pool {pool}: {reason}")
            return
        self._taken[pool].add(network)

    def satisfy(self, node: Mapping[str, Any]) -> None:
        """Add ranges until the node has the addresses that it needs, as far as the pools go.

        Simplified: ranges that are no longer of their pool count as well; the real operator gives further ones at
        once, and the agent gives those back until it needs them.
        """
        for request in dig(node, "spec", "ipam", "pools", "requested", default=()):
            pool = str(request.get("pool", ""))
            missing = int(dig(request, "needed", "ipv4-addrs", default=0))
            missing -= sum(len(usable(prefix)) for prefix in self._ranges.get(pool, ()))
            reason = self._add(pool, missing) if missing > 0 else ""
            if reason:
                self.errors.append(
                    f'failed to allocate ipv4 address for node "{self._node}" from pool "{pool}": {reason}'
                )

    def _add(self, pool: str, missing: int) -> str:
        """Take ranges for so many addresses; return why that is not possible."""
        known = self._allocator.accepted.get(pool)
        if known is None:
            return f"cannot allocate from non-existing pool: {pool}"
        while missing > 0:
            network = next((each for each in ranges_of(known) if each not in self._taken[pool]), None)
            if network is None:
                return "pool empty"
            self._taken[pool].add(network)
            self._ranges.setdefault(pool, []).append(str(network))
            missing -= max(len(usable(str(network))), 1)
        return ""

    def spec(self) -> list[dict[str, Any]]:
        """``spec.ipam.pools.allocated``."""
        return [{"cidrs": sorted(ranges), "pool": name} for name, ranges in sorted(self._ranges.items())]


def ranges_of(pool: PodPool) -> Iterator[IPv4Network]:
    """The ranges for nodes that a pool consists of.

    Simplified: a pool whose mask is shorter than that of its range has none; the real operator reports an error.
    """
    for prefix in pool.cidrs:
        network = IPv4Network(prefix)
        if network.prefixlen <= pool.mask_size:
            yield from network.subnets(new_prefix=pool.mask_size)


def _create(api: ApiServer, wanted: str) -> None:
    # Source: cilium/cilium v1.19 operator/pkg/ipam/multipool.go: a pool that is there is left as it is.
    for name, spec in parse_pools(wanted).items():
        if api.serves("ciliumpodippools") and api.find(POOLS, name) is None:
            manifest = {
                "apiVersion": "cilium.io/v2alpha1",
                "kind": "CiliumPodIPPool",
                "metadata": {"name": name},
                "spec": {"ipv4": spec},
            }
            api.create(POOLS, manifest, validate=FieldValidation.TRUSTED)


def parse_pools(text: str) -> dict[str, dict[str, Any]]:
    """Read ``NAME=ipv4-cidrs:A,B;ipv4-mask-size:N,OTHER=…``: pool → its ``spec.ipv4``."""
    parts = _POOL_SPEC.split(text)
    found = {}
    for name, spec in zip(parts[1::2], parts[2::2], strict=True):
        fields = dict(each.partition(":")[::2] for each in spec.split(";") if each)
        cidrs = [each for each in fields.get("ipv4-cidrs", "").split(",") if each]
        if cidrs:
            found[name] = {"cidrs": cidrs, "maskSize": int(fields.get("ipv4-mask-size", "24"))}
    return found
