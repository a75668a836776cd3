"""Packets, and who sends them."""

from __future__ import annotations

from dataclasses import dataclass, replace

SYN = ("SYN",)
SYN_ACK = ("SYN", "ACK")
ACK = ("ACK",)
PSH_ACK = ("PSH", "ACK")
FIN_ACK = ("FIN", "ACK")
RST_ACK = ("RST", "ACK")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a packet starts: a pod, a node, or the outside."""

    context: str = ""
    """Kubeconfig context of the cluster; empty for the outside."""
    node: str = ""
    namespace: str = ""
    pod: str = ""
    """Empty where the node itself (or a pod in its network namespace) sends."""
    ip: str = ""

    @property
    def is_pod(self) -> bool:
        """Whether a pod with an endpoint of its own sends."""
        return bool(self.pod)

    @property
    def is_outside(self) -> bool:
        """Whether the sender is no part of any cluster."""
        return not self.context


@dataclass(frozen=True, slots=True)
class Packet:
    """The headers that decide what happens to a packet."""

    source: str
    destination: str
    protocol: str
    """``TCP``, ``UDP``, ``SCTP`` or ``ICMPv4``."""
    source_port: int = 0
    destination_port: int = 0
    """For ICMP 0."""
    flags: tuple[str, ...] = ()
    icmp: tuple[int, int] | None = None
    size: int = 60

    def reversed(self, flags: tuple[str, ...] = (), icmp: tuple[int, int] | None = None) -> Packet:
        """The packet that answers this one."""
        return replace(
            self,
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
            flags=flags,
            icmp=icmp,
        )
