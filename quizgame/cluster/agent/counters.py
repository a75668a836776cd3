"""What a node's datapath counts: packets and bytes that it forwarded or dropped, by direction and reason.

The counters are a pinned map of the kernel's: they outlive the agent and stand still for nobody.
Source: cilium/cilium v1.19 bpf/lib/metrics.h (map ``cilium_metrics``), pkg/maps/metricsmap.
Simplified: packets that monitor aggregation hides, and those of kubelet's own probes, are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from quizgame.cluster.agent.monitor import Direction, DropReason, EventType, MonitorEvent, TracePoint

FORWARDED = 0
"""The reason of what is not dropped."""
_DELIVERED = frozenset({TracePoint.TO_ENDPOINT})
_SENT = frozenset({
    TracePoint.TO_OVERLAY, TracePoint.TO_NETWORK, TracePoint.TO_STACK, TracePoint.TO_HOST, TracePoint.TO_PROXY,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Count:
    """One counter."""

    packets: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Counters:
    """The counters of one node."""

    by_reason: dict[tuple[int, Direction], Count] = field(default_factory=dict)
    """Reason (``FORWARDED``, or a drop reason's number) and direction → what was counted."""

    def count(self, event: MonitorEvent, size: int) -> None:
        """Count the packet that an event tells of; events of sockets, policies and requests tell of none."""
        if event.type is EventType.DROP:
            reason = int(event.drop_reason or DropReason.POLICY_DENIED)
            direction = event.direction
        elif event.type is EventType.TRACE and event.point in _DELIVERED:
            reason, direction = FORWARDED, Direction.INGRESS
        elif event.type is EventType.TRACE and event.point in _SENT:
            reason, direction = FORWARDED, Direction.EGRESS
        else:
            return
        known = self.by_reason.get((reason, direction), Count())
        self.by_reason[reason, direction] = Count(known.packets + 1, known.bytes + size)

    def clear(self) -> None:
        """Set everything to zero."""
        self.by_reason = {}

    def total(self, reason: int) -> int:
        """Packets of one reason, in both directions."""
        return sum(count.packets for (each, _), count in self.by_reason.items() if each == reason)

    def fork(self) -> Counters:
        """An independent copy."""
        return Counters(dict(self.by_reason))
