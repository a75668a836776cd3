"""How long data takes where a node's bandwidth manager holds a pod to a rate.

Source: cilium/cilium v1.19 bpf/lib/edt.h, bpf/lib/tb.h; Documentation/network/kubernetes/bandwidth-manager.rst: both
directions are enforced on the node's device towards the network, so pods of one node are not held among themselves;
a pod whose egress a proxy handles is not held.
Simplified: without a limit data takes no time beyond what its packets take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.datapath.course import Course, Side


def rates(course: Course) -> tuple[int, int]:
    """Bytes a second from the client to the server, and back; 0: not limited."""
    if course.is_loopback or course.is_same_node:
        return 0, 0
    source, destination = course.source, course.destination
    onward = _slowest(_leaving(source), _entering(destination))
    return onward, _slowest(_leaving(destination), _entering(source))


def transfer_ns(course: Course, sent: int, received: int) -> int:
    """How long it takes to send and to receive so many bytes."""
    onward, back = rates(course)
    return sum(size * SECOND // rate for size, rate in ((sent, onward), (received, back)) if rate)


def _slowest(*limits: int) -> int:
    return min((each for each in limits if each), default=0)


def _leaving(side: Side | None) -> int:
    if side is None or side.endpoint is None or side.l7 is not None:
        return 0
    return side.agent.bandwidth.limit(side.endpoint.id).egress or 0


def _entering(side: Side | None) -> int:
    if side is None or side.endpoint is None:
        return 0
    return side.agent.bandwidth.limit(side.endpoint.id).ingress or 0
