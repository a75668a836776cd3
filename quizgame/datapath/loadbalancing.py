"""Choosing a backend for a connection to a service address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from quizgame.cluster.agent.services import Backend, Frontend
from quizgame.cluster.keyed import keyed_int

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.datapath.packet import Packet


@dataclass(frozen=True, slots=True)
class Translation:
    """What load balancing did with a destination."""

    frontend: Frontend | None = None
    """The service address that was hit; ``None``: the destination is none."""
    backend: Backend | None = None
    """The chosen backend; ``None`` where the service has none to use."""

    @property
    def has_no_backend(self) -> bool:
        """Whether a service was hit that has nothing behind it."""
        return self.frontend is not None and self.backend is None

    def apply(self, packet: Packet) -> Packet:
        """The packet with its destination translated."""
        if self.backend is None:
            return packet
        return replace(packet, destination=self.backend.ip, destination_port=self.backend.port)


def translate(agent: Agent, packet: Packet) -> Translation:
    """Look a destination up in an agent's service map and choose a backend.

    The real choice is random for each connection (or Maglev's); here it is keyed by the connection, so that it is as
    even, and the same every time. Session affinity keys by client alone.
    """
    frontend = agent.services.lookup(packet.destination, packet.destination_port, packet.protocol)
    if frontend is None:
        return Translation()
    usable = frontend.usable
    if not usable:
        return Translation(frontend)
    client: tuple[str | int, ...] = (packet.source,)
    if not frontend.session_affinity:
        client = (packet.source, packet.source_port)
    chosen = usable[keyed_int(agent.seed, "backend", frontend.ip, frontend.port, *client, below=len(usable))]
    return Translation(frontend, chosen)
