"""``hubble observe --follow`` on the simulated clock: what was there, then what comes, a second at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from quizgame.hubble.observer import GetFlowsRequest, GetFlowsResponse, NamespaceInfo, NodeInfo, ServerStatus
from quizgame.hubble.source import FlowSource
from quizgame.tools.session import Session


@dataclass(frozen=True, slots=True)
class _Following:
    """A server whose followed streams go on as simulated time passes (a ``FlowSource``)."""

    source: FlowSource
    session: Session
    show: Callable[[], bool]

    @property
    def target(self) -> str:
        """The server's address."""
        return self.source.target

    def is_serving(self) -> bool:
        """Whether the server is healthy."""
        return self.source.is_serving()

    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]:
        """What the request selects; where it follows, then what happens until the reader leaves or its span is over."""
        return self._followed(request) if request.follow else self.source.get_flows(request)

    def _followed(self, request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
        world = self.session.world
        yield from self.source.get_flows(request)
        span_s = self.session.stream_span_s if self.session.stream is None else float("inf")
        elapsed_s = 0
        while self.show() and elapsed_s < span_s:
            since_ns = world.clock.now_ns + 1
            world.advance(1)
            elapsed_s += 1
            yield from self.source.get_flows(replace(request, follow=False, number=0, since_ns=since_ns))

    def server_status(self) -> ServerStatus:
        """How full the buffers are."""
        return self.source.server_status()

    def nodes(self) -> list[NodeInfo]:
        """Which nodes are known."""
        return self.source.nodes()

    def namespaces(self) -> list[NamespaceInfo]:
        """Which namespaces had flows recently."""
        return self.source.namespaces()


def following(source: FlowSource, session: Session, show: Callable[[], bool]) -> FlowSource:
    """Let a server's followed streams go on.

    Args:
        source: The server.
        session: The shell; its world's clock moves.
        show: Called whenever the reader would wait; ``False`` ends the stream.
    """
    return _Following(source, session, show)
