"""What a node's datapath counts: packets and bytes that it forwarded or dropped, by direction and reason.

The counters are a pinned map of the kernel's: they outlive the agent and stand still for nobody.
Source: cilium/cilium v1.19 bpf/lib/metrics.h (map ``cilium_metrics``), pkg/maps/metricsmap.
Simplified: packets that monitor aggregation hides are not counted; probes of the kubelet and of cilium-health are
judged without packets, so that neither counters nor flows show them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from quizgame.cluster.agent.monitor import Direction, DropReason, EventType, MonitorEvent, TracePoint

FORWARDED = 0
"""The reason of what is not dropped."""
_DELIVERED = ("bpf_host.c", 1174)
_SENT = {
    TracePoint.TO_OVERLAY: ("bpf_overlay.c", 605),
    TracePoint.TO_NETWORK: ("bpf_lxc.c", 1320),
    TracePoint.TO_STACK: ("bpf_lxc.c", 1320),
    TracePoint.TO_HOST: ("bpf_lxc.c", 1320),
    TracePoint.TO_PROXY: ("bpf_lxc.c", 1320),
}
"""Where the programs count what they forward. Source: golden ``cilium-dbg/bpf-metrics-list``."""
_DROPPED = ("bpf_lxc.c", 0)


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What a counter stands for."""

    reason: int
    """``FORWARDED``, or a drop reason's number."""
    direction: Direction
    line: int
    file: str
    """The place in the datapath's programs."""


@dataclass(frozen=True, slots=True)
class Count:
    """One counter."""

    packets: int = 0
    bytes: int = 0


@dataclass(slots=True)
class Counters:
    """The counters of one node."""

    entries: dict[Counted, Count] = field(default_factory=dict)

    def count(self, event: MonitorEvent, size: int) -> None:
        """Count the packet that an event tells of; events of sockets, policies and requests tell of none."""
        if event.type is EventType.DROP:
            reason = int(event.drop_reason or DropReason.POLICY_DENIED)
            file, line = event.file or _DROPPED
            key = Counted(reason, event.direction, line, file)
        elif event.type is EventType.TRACE and event.point is TracePoint.TO_ENDPOINT:
            file, line = _DELIVERED
            key = Counted(FORWARDED, Direction.INGRESS, line, file)
        elif event.type is EventType.TRACE and event.point in _SENT:
            file, line = _SENT[event.point]
            key = Counted(FORWARDED, Direction.EGRESS, line, file)
        else:
            return
        known = self.entries.get(key, Count())
        self.entries[key] = Count(known.packets + 1, known.bytes + size)

    def by_reason(self) -> dict[tuple[int, Direction], Count]:
        """The counters summed by reason and direction, in that order: what the agent's metrics show."""
        found: dict[tuple[int, Direction], Count] = {}
        for key, count in sorted(self.entries.items(), key=lambda item: item[0]):
            known = found.get((key.reason, key.direction), Count())
            found[key.reason, key.direction] = Count(known.packets + count.packets, known.bytes + count.bytes)
        return found

    def clear(self) -> None:
        """Set everything to zero."""
        self.entries = {}

    def total(self, reason: int) -> int:
        """Packets of one reason, in both directions."""
        return sum(count.packets for key, count in self.entries.items() if key.reason == reason)

    def fork(self) -> Counters:
        """An independent copy."""
        return Counters(dict(self.entries))
