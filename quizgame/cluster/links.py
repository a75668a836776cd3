"""Which node reaches which: firewalls between nodes, and nodes cut off from the API server.

A fault here is state: a rule that blocks a protocol and port from some nodes to others. Everything that crosses
the network between nodes asks ``Links.allows``.
Simplified: kubelets do not ask. A node that is cut off from its API server stays Ready and goes on reporting its pods;
its agent alone hears of nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

API_SERVER_PORT = 6443
VXLAN_PORT = 8472
GENEVE_PORT = 6081
WIREGUARD_PORT = 51871
HEALTH_PORT = 4240
HUBBLE_PORT = 4244
MESH_PORT = 2379
MESH_NODE_PORT = 32379


@dataclass(frozen=True, slots=True)
class Block:
    """A firewall rule that drops traffic, one way."""

    source: str
    """Shell pattern for the sending node as ``context/node``; ``outside`` for the world."""
    destination: str
    """Shell pattern for the receiving node."""
    protocol: str = "*"
    """``TCP``, ``UDP``, ``ICMP`` or ``*``."""
    port: int | None = None
    """Destination port; ``None`` blocks all."""

    def hits(self, source: str, destination: str, protocol: str, port: int) -> bool:
        """Whether this rule drops such a packet."""
        return (
            (self.port is None or self.port == port)
            and self.protocol in ("*", protocol)
            and fnmatchcase(source, self.source)
            and fnmatchcase(destination, self.destination)
        )


@dataclass(frozen=True, slots=True)
class Links:
    """The network between nodes: everything passes that no block drops."""

    blocks: tuple[Block, ...] = ()

    def allows(self, source: str, destination: str, protocol: str, port: int) -> bool:
        """Whether a packet from one node reaches another (names as ``context/node``). A node always reaches itself."""
        return source == destination or not any(
            block.hits(source, destination, protocol, port) for block in self.blocks
        )
