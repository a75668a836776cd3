"""The course of a connection: its two sides, its path, what is done to its first packet, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.cluster.agent.masquerade import is_masqueraded
from quizgame.cluster.agent.monitor import DropReason
from quizgame.datapath.loadbalancing import Translation
from quizgame.datapath.path import Ending, Path
from quizgame.datapath.trace import Disposition, Hop, Step, StepKind
from quizgame.policy.decision import Decision, PolicyVerdict
from quizgame.policy.model import Direction

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.auth.table import AuthKey
    from quizgame.datapath.packet import Origin, Packet
    from quizgame.policy.l7 import L7Policy


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a connection: the node, and the endpoint if policy applies there."""

    agent: Agent
    endpoint: Endpoint | None = None
    """``None`` for a node itself."""
    peer_identity: int = 0
    """Identity of the other end, as this side sees it."""
    decision: Decision | None = None
    """What this side's policy decides; ``None`` where it has none."""

    @property
    def l7(self) -> L7Policy | None:
        """The proxy's rules, where this side sends the connection to one."""
        decision = self.decision
        return decision.l7 if decision is not None and decision.verdict is PolicyVerdict.REDIRECTED else None


@dataclass(frozen=True, slots=True)
class Takeover:
    """A service whose connections end at a node's Envoy."""

    service: tuple[str, str]
    """Namespace and name."""
    proxy_port: int


@dataclass(slots=True)
class Course:
    """The whole course of a connection, decided but not yet run."""

    origin: Origin
    sent: Packet
    """The first packet as the client sent it."""
    packet: Packet
    """The first packet after translation."""
    disposition: Disposition = Disposition.DELIVERED
    translation: Translation = field(default_factory=Translation)
    source: Side | None = None
    """``None`` where the client is outside."""
    destination: Side | None = None
    """``None`` where the server is outside, or the path ends nowhere."""
    gateway: Side | None = None
    """The node that the packet leaves the cluster through, where that is another one than the sender's."""
    path: Path = field(default_factory=lambda: Path(Ending.NOWHERE))
    source_identity: int = 0
    """Identity that the packet carries to its destination."""
    drop_reason: DropReason | None = None
    drop_at: Direction | None = None
    unauthenticated: tuple[Agent, AuthKey] | None = None
    """Where and for whom authentication was wanting, if that is why it was dropped."""
    proxied_identity: int | None = None
    """What it carries where a node's Envoy opens it; ``None`` where the client does."""
    is_known_to_source: bool = False
    """Whether the sender's node let an earlier attempt pass, and so knows the connection."""
    is_loopback: bool = False
    """Whether the packet never leaves its sender's network namespace."""
    takeover: Takeover | None = None
    """What Envoy took over, where the connection ends at a service's address; Envoy's own is another course."""
    is_translated_on_way: bool = False
    """Whether another node than the sender's translated the destination."""
    is_answered_directly: bool = False
    """Whether the backend's node answers a client outside past the node that it came in by."""
    hops: list[Hop] = field(default_factory=list)

    @property
    def is_same_node(self) -> bool:
        """Whether both ends are on one node."""
        return self.source is not None and self.destination is not None and self.source.agent is self.destination.agent

    @property
    def is_told_unreachable(self) -> bool:
        """Whether the client's system is told at once that it cannot get there, instead of waiting in vain.

        Source: cilium/cilium v1.19 option policy-deny-response: ``icmp`` answers what egress policy drops.
        """
        if self.translation.has_no_backend:
            return True
        source = self.source
        return (
            self.is_denied_at_source
            and self.drop_reason is not DropReason.AUTH_REQUIRED
            and source is not None
            and source.agent.config.get("policy-deny-response") == "icmp"
        )

    @property
    def is_denied_at_source(self) -> bool:
        """Whether the first packet is dropped before it gets to a proxy or to the network."""
        return self.drop_at is Direction.EGRESS and self.dropped_on_way is None

    @property
    def dropped_on_way(self) -> Side | None:
        """The side that drops the first packet after policy and proxies have let it pass, on its way out."""
        if self.path.cover.is_refused_at_sender:
            return self.source
        return None if self.path.refusal is None else self.gateway or self.source

    @property
    def is_answer_lost(self) -> bool:
        """Whether packets arrive, but nothing comes back over the network."""
        return self.disposition is Disposition.DELIVERED and self.path.reply_cover.is_lost

    @property
    def masqueraded_to(self) -> str:
        """The address that a pod's packets to the outside leave their node with; empty where they keep their own."""
        source = self.source
        if self.path.egress_ip:
            return self.path.egress_ip
        if source is None or source.endpoint is None or not self.path.is_masqueraded or self.is_translated_on_way:
            return ""
        keeps_own = not is_masqueraded(source.agent, source.endpoint.ip, self.packet.destination)
        return "" if keeps_own else source.agent.node_ip

    def step(self, node: str, kind: StepKind, decided_by: str = "", detail: str = "") -> None:
        """Add a step to the hop of a node, opening the hop if it is not the current one."""
        added = Step(kind, decided_by, detail)
        if self.hops and self.hops[-1].node == node:
            self.hops[-1] = Hop(node, (*self.hops[-1].steps, added))
        else:
            self.hops.append(Hop(node, (added,)))

    def drop(self, node: str, reason: DropReason, at: Direction | None = None) -> Course:
        """End here with a drop."""
        self.disposition = Disposition.DROPPED
        self.drop_reason, self.drop_at = reason, at
        self.step(node, StepKind.DROP, detail=reason.name)
        return self
