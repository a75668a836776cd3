"""Addresses of pods: one node's share of the pod range, given out by its agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from quizgame.cluster.keyed import keyed_slot


class AddressesExhausted(Exception):
    """No free address is left in the node's ranges. The text is the agent's."""


@dataclass(slots=True)
class NodeIpam:
    """The addresses of one node.

    An owner's address is keyed by its name, so the addresses of other pods never depend on it.
    """

    seed: int
    ranges: tuple[str, ...] = ()
    """Pod ranges of this node in CIDR form; empty where nobody has assigned one yet."""
    owners: dict[str, str] = field(default_factory=dict)
    """Address → owner (``namespace/pod``, ``router`` or ``health``)."""

    @property
    def capacity(self) -> int:
        """Addresses that can be given out: all but the network and the broadcast address of each range."""
        return sum(IPv4Network(prefix).num_addresses - 2 for prefix in self.ranges)

    def allocate(self, owner: str) -> str:
        """Give an owner an address (the same one if it has one).

        Raises:
            AddressesExhausted: if there is no range or no free address.
        """
        for ip, known in self.owners.items():
            if known == owner:
                return ip
        for prefix in self.ranges:
            network = IPv4Network(prefix)
            base = int(network.network_address)
            slot = keyed_slot(
                1,
                network.num_addresses - 2,
                lambda offset, base=base: str(IPv4Address(base + offset)) in self.owners,  # type: ignore[misc]  # default binds the loop's value
                self.seed,
                "pod-ip",
                prefix,
                owner,
            )
            if slot is not None:
                ip = str(IPv4Address(base + slot))
                self.owners[ip] = owner
                return ip
        raise AddressesExhausted("range is full" if self.ranges else "no pod CIDR available")

    def release(self, ip: str) -> None:
        """Take an address back."""
        self.owners.pop(ip, None)

    def fork(self) -> NodeIpam:
        """An independent copy."""
        return NodeIpam(self.seed, self.ranges, dict(self.owners))
