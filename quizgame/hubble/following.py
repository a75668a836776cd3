"""Following rings: what happens while someone watches, and what a ring that overran has lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from quizgame.hubble.answer import answer, merge_by_time
from quizgame.hubble.enums import LostEventSource
from quizgame.hubble.fields import uint64_text
from quizgame.hubble.making import record_of
from quizgame.hubble.observer import GetFlowsRequest, GetFlowsResponse, LostEvent
from quizgame.hubble.timestamps import format_timestamp

if TYPE_CHECKING:
    from quizgame.cluster.agent.monitor import EventRing, MonitorEvent
    from quizgame.hubble.serving import NodeHubble


class Watch(Protocol):
    """Someone who follows what happens."""

    @property
    def since_ns(self) -> int:
        """What happened after this instant is news to them."""
        ...  # pragma: no cover

    def wait(self) -> bool:
        """Let some time pass; ``False`` once nobody watches any more."""
        ...  # pragma: no cover


@dataclass(slots=True)
class RingReader:
    """A follower's place in one node's ring."""

    node: NodeHubble
    since_ns: int
    """What happened after this instant is unread."""
    ring: EventRing = field(init=False)
    cursor: int = field(init=False)
    pending: list[MonitorEvent] = field(init=False)
    """Recorded and unread, maybe of a later instant."""

    def __post_init__(self) -> None:
        self.ring = self.node.agent.ring
        self.cursor = self.ring.seen
        self.pending = [event for event in self.ring.newest() if event.time_ns > self.since_ns]

    def read(self) -> list[GetFlowsResponse]:
        """What has happened since the last call, by time; first, how many events the ring has overwritten unread."""
        agent = self.node.agent
        if agent.ring is not self.ring:
            # The agent restarted: a new stream over its new ring.
            self.ring, self.cursor, self.pending = agent.ring, 0, []
        fresh = self.ring.seen - self.cursor
        self.cursor = self.ring.seen
        kept = self.ring.newest()
        lost = fresh - len(kept)
        events = [*self.pending, *kept[max(-lost, 0) :]]
        now = agent.now_ns
        self.pending = [event for event in events if event.time_ns > now]
        happened = sorted((event for event in events if event.time_ns <= now), key=lambda event: event.time_ns)
        records = [record_of(event, self.node.version) for event in happened]
        return [self._lost(lost), *records] if lost > 0 else records

    def _lost(self, number: int) -> GetFlowsResponse:
        # Source: cilium/cilium v1.19 pkg/hubble/container/ring.go: a reader that was overtaken is told so.
        return GetFlowsResponse(
            lost_events=LostEvent(source=LostEventSource.HUBBLE_RING_BUFFER, num_events_lost=uint64_text(number)),
            node_name=f"{self.node.agent.config.cluster_name}/{self.node.agent.node}",
            time=format_timestamp(self.node.agent.now_ns),
        )


def follow(
    nodes: Callable[[], Iterable[NodeHubble]], request: GetFlowsRequest, watch: Watch
) -> Iterator[GetFlowsResponse]:
    """Yield what a request selects of the nodes' events as they happen.

    Args:
        nodes: The nodes that can be heard at present; asked again each time.
        request: What was asked for; its history is not repeated.
        watch: Who follows.
    """
    onward = replace(request, number=0, first=False, follow=False, since_ns=None, until_ns=None)
    has_history = request.number or request.since_ns is not None
    readers = {
        node.agent.place: RingReader(node, node.agent.now_ns if has_history else watch.since_ns) for node in nodes()
    }
    while True:
        heard = []
        for node in nodes():
            place = node.agent.place
            if place not in readers:
                readers[place] = RingReader(node, node.agent.now_ns)
            heard.append(readers[place])
        yield from merge_by_time([answer(reader.read(), onward) for reader in heard])
        if not watch.wait():
            return
