"""Addresses of pods: what one node has to give out, and who has which of it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from quizgame.cluster.ipam.modes import CLUSTER_POOL, IpamMode, Source
from quizgame.cluster.keyed import keyed_slot

DEFAULT_POOL = "default"
RESTORED = " [restored]"
"""What an agent adds to the owner of an address that it took over from the run before it."""
_SMALLEST_RESERVED = 3
"""Ranges of so many addresses or more keep their first and last one back.

Source: cilium/cilium v1.19 Documentation/network/concepts/ipam/multi-pool.rst.
"""


class AddressesExhausted(Exception):
    """There is no address to give out. The text is the agent's."""


def usable(prefix: str) -> range:
    """The offsets of the addresses of a range that can be given out."""
    total = IPv4Network(prefix).num_addresses
    return range(total) if total < _SMALLEST_RESERVED else range(1, total - 1)


class NodeIpam:
    """The addresses of one node.

    An owner's address is keyed by its name, so the addresses of other pods never depend on it.
    """

    __slots__ = ("default_pool", "is_changed", "mode", "owners", "pending", "pool_of", "pools", "removed", "seed")

    def __init__(
        self,
        seed: int,
        ranges: tuple[str, ...] = (),
        mode: IpamMode = CLUSTER_POOL,
        default_pool: str = DEFAULT_POOL,
    ) -> None:
        self.seed = seed
        self.mode = mode
        self.default_pool = default_pool
        """The pool of whoever names none."""
        self.pools: dict[str, tuple[str, ...]] = {default_pool: ranges} if ranges else {}
        """Pool → its ranges on this node; single addresses are ranges of their own."""
        self.removed: set[str] = set()
        """Ranges that are no longer the node's but still in use."""
        self.owners: dict[str, str] = {}
        """Address → owner (``namespace/pod``, ``router`` or ``health``)."""
        self.pool_of: dict[str, str] = {}
        """Address → pool, for those that are not of the default pool."""
        self.pending: dict[str, dict[str, int]] = {}
        """Pool → owner that waits for an address of it → instant until which that counts."""
        self.is_changed = False
        """Whether anything was given out, taken back or asked for in vain since this was last set to false."""

    @property
    def ranges(self) -> tuple[str, ...]:
        """All ranges of the node, the default pool's first."""
        first = self.pools.get(self.default_pool, ())
        return (*first, *(each for name, found in sorted(self.pools.items()) if name != self.default_pool
                          for each in found))  # fmt: skip

    @property
    def capacity(self) -> int:
        """Addresses that can be given out, taken ones included."""
        return sum(len(usable(prefix)) for prefix in self.ranges)

    def set_pool(self, name: str, ranges: tuple[str, ...]) -> None:
        """Let a pool have these ranges on this node; what is in use of others stays in use, but is not given out."""
        kept = tuple(each for each in self.pools.get(name, ()) if each not in ranges and self.used_of(each))
        self.removed |= set(kept)
        self.removed -= set(ranges)
        if ranges or kept:
            self.pools[name] = (*ranges, *kept)
        else:
            self.pools.pop(name, None)

    def drop_range(self, name: str, prefix: str) -> None:
        """Let go of a range of a pool."""
        self.removed.discard(prefix)
        left = tuple(each for each in self.pools.get(name, ()) if each != prefix)
        if left:
            self.pools[name] = left
        else:
            self.pools.pop(name, None)

    def used_of(self, prefix: str) -> int:
        """How many addresses of a range are given out."""
        network = IPv4Network(prefix)
        return sum(IPv4Address(ip) in network for ip in self.owners)

    def used_in(self, pool: str) -> int:
        """How many addresses of a pool are given out."""
        return sum(self.pool_of.get(ip, self.default_pool) == pool for ip in self.owners)

    def holds(self, ip: str, pool: str = "") -> bool:
        """Whether an address lies in the ranges of a pool on this node."""
        address = IPv4Address(ip)
        return any(address in IPv4Network(prefix) for prefix in self.pools.get(pool or self.default_pool, ()))

    def allocate(self, owner: str, pool: str = "") -> str:
        """Give an owner an address (the same one if it has one).

        Args:
            owner: Who gets it.
            pool: From which pool; empty: from the default one.

        Raises:
            AddressesExhausted: if there is no range or no free address.
        """
        for ip, known in self.owners.items():
            if known.removesuffix(RESTORED) == owner:
                return ip
        name = pool or self.default_pool
        ranges = self.pools.get(name, ())
        open_ranges = [prefix for prefix in ranges if prefix not in self.removed]
        if self.mode.source is Source.ADDRESSES:
            found = self._free_of_list(open_ranges, owner)
        else:
            found = next((ip for prefix in open_ranges if (ip := self._free(prefix, owner))), "")
        if not found:
            raise AddressesExhausted(self._refusal(name))
        self.owners[found] = owner
        if name != self.default_pool:
            self.pool_of[found] = name
        self.is_changed = True
        return found

    def _free(self, prefix: str, owner: str) -> str:
        offsets, base = usable(prefix), int(IPv4Network(prefix).network_address)
        if not offsets:
            return ""
        slot = keyed_slot(
            offsets[0],
            offsets[-1],
            lambda offset: str(IPv4Address(base + offset)) in self.owners,
            self.seed,
            "pod-ip",
            prefix,
            owner,
        )
        return "" if slot is None else str(IPv4Address(base + slot))

    def _free_of_list(self, prefixes: list[str], owner: str) -> str:
        ips = [prefix.partition("/")[0] for prefix in prefixes]
        if not ips:
            return ""
        slot = keyed_slot(0, len(ips) - 1, lambda place: ips[place] in self.owners, self.seed, "pod-ip", owner)
        return "" if slot is None else ips[slot]

    def _refusal(self, pool: str) -> str:
        if self.pools.get(pool):
            return self.mode.full
        if self.mode.source is Source.POOLS:
            # Source: cilium/cilium v1.19 pkg/ipam/multipool_manager.go ErrPoolNotReadyYet.
            return f'unable to allocate from pool "{pool}" (family ipv4): pool not (yet) available'
        return "no pod CIDR available" if self.mode.source in (Source.NODE, Source.RANGES) else self.mode.full

    def take_over(self, ip: str, owner: str, pool: str = "") -> bool:
        """Let an owner keep an address that it had before; return whether the node has it to give."""
        if not self.holds(ip, pool):
            return False
        self.owners[ip] = owner
        if pool and pool != self.default_pool:
            self.pool_of[ip] = pool
        return True

    def refusal_of(self, ip: str) -> str:
        """Why the node has no certain address to give, in the agent's words."""
        ranges = self.pools.get(self.default_pool, ())
        match self.mode.source:
            case Source.POOLS:
                return f"IP {ip} not in range of any pod CIDR"
            case Source.ADDRESSES:
                return f"IP {ip} is not available"
            case _:
                return f"provided IP is not in the valid range. The range of valid IPs is {', '.join(ranges)}"

    def release(self, ip: str) -> None:
        """Take an address back."""
        self.owners.pop(ip, None)
        self.pool_of.pop(ip, None)
        for name in [name for name, ranges in self.pools.items() if self.removed & set(ranges)]:
            for prefix in [each for each in self.pools[name] if each in self.removed and not self.used_of(each)]:
                self.drop_range(name, prefix)
        self.is_changed = True

    def shown(self) -> Mapping[str, str]:
        """Address → owner as the agent lists them: addresses of other than the default pool bear their pool's name."""
        named = {f"{self.pool_of[ip]}/{ip}" if ip in self.pool_of else ip: owner for ip, owner in self.owners.items()}
        return dict(sorted(named.items()))

    def summary(self) -> str:
        """How the agent's status sums the addresses up.

        Source: cilium/cilium v1.19 ``Dump`` of pkg/ipam/{hostscope,multipool_manager,crd,noop_allocator}.go.
        """
        taken = len(self.owners)
        match self.mode.source:
            case Source.POOLS:
                return f"{len(self.pools)} IPAM pool(s) available"
            case Source.ADDRESSES:
                return f"{taken}/{self.capacity} allocated"
            case Source.PLUGIN:
                return "delegated to plugin"
            case _:
                return f"{taken}/{self.capacity} allocated from {', '.join(self.ranges)}"

    def fork(self) -> NodeIpam:
        """An independent copy."""
        twin = NodeIpam(self.seed, mode=self.mode, default_pool=self.default_pool)
        twin.pools = dict(self.pools)
        twin.removed = set(self.removed)
        twin.owners, twin.pool_of = dict(self.owners), dict(self.pool_of)
        twin.pending = {name: dict(waiting) for name, waiting in self.pending.items()}
        twin.is_changed = self.is_changed
        return twin
