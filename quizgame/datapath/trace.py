"""What a walk leaves behind: hops, steps, who decided each, and how it ended.

The shape follows batfish's Flow → Trace → Hop → Step with a disposition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import DropReason, MonitorEvent

if TYPE_CHECKING:
    from quizgame.cluster.agent.conntrack import CtEntry, CtKey
    from quizgame.datapath.packet import Packet


class StepKind(Enum):
    """What happens to a packet at one stop."""

    SOCKET_LB = "socket load balancing"
    SERVICE = "service translation"
    EGRESS_POLICY = "egress policy"
    INGRESS_POLICY = "ingress policy"
    CONNTRACK = "known connection"
    PROXY = "proxy redirect"
    L7_POLICY = "L7 decision"
    ROUTE = "route"
    MASQUERADE = "masquerade"
    NETWORK = "network between nodes"
    DELIVER = "delivery"
    DROP = "drop"


class Disposition(Enum):
    """How a walk ended."""

    DELIVERED = "delivered"
    """The packet reached a socket's host: an endpoint, a node, or a live host outside."""
    PROXIED = "proxied"
    """The proxy took it."""
    DROPPED = "dropped"
    """The datapath dropped it and said so."""
    LOST = "lost"
    """It vanished where no datapath of ours watches: a firewall, a dead address."""
    REFUSED = "refused"
    """It was answered with a refusal (no backend, or an ICMP error)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of a packet."""

    kind: StepKind
    decided_by: str = ""
    """The object that decided, in words a reader can look up (``CiliumNetworkPolicy web/allow``, ``ipcache``)."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """The steps on one node."""

    node: str
    """``context/node``; ``outside`` for the world."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CtWrite:
    """An entry that a walk wants in a node's connection-tracking table."""

    node: str
    """``context/node``."""
    key: CtKey
    entry: CtEntry


@dataclass(slots=True)
class Walk:
    """The outcome of one packet's walk: nothing in the world has changed yet."""

    packet: Packet
    """As it arrived: translated."""
    disposition: Disposition = Disposition.DELIVERED
    hops: list[Hop] = field(default_factory=list)
    events: list[MonitorEvent] = field(default_factory=list)
    """In the order in which the nodes see the packet."""
    ct_writes: list[CtWrite] = field(default_factory=list)
    drop_reason: DropReason | None = None
    drop_side: str = ""
    """``egress`` or ``ingress`` where policy dropped it."""
    delivered_to: str = ""
    """``context/node`` that the packet ended on, or ``outside``."""

    def step(self, node: str, kind: StepKind, decided_by: str = "", detail: str = "") -> None:
        """Add a step to the hop of a node, opening the hop if it is not the current one."""
        added = Step(kind, decided_by, detail)
        if self.hops and self.hops[-1].node == node:
            self.hops[-1] = Hop(node, (*self.hops[-1].steps, added))
        else:
            self.hops.append(Hop(node, (added,)))
