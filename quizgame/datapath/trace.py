"""What a walk leaves behind: hops, steps, who decided each, and how it ended.

The shape follows batfish's Flow → Trace → Hop → Step with a disposition.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class StepKind(Enum):
    """What happens to a packet at one stop."""

    SOCKET_LB = "socket load balancing"
    SERVICE = "service translation"
    EGRESS_POLICY = "egress policy"
    INGRESS_POLICY = "ingress policy"
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
