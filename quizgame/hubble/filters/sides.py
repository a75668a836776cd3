"""The two sides of a flow, for filters that look at either."""

from __future__ import annotations

from quizgame.hubble.flow import Endpoint, Flow


def source(flow: Flow) -> Endpoint | None:
    """Return the source endpoint."""
    return flow.source


def destination(flow: Flow) -> Endpoint | None:
    """Return the destination endpoint."""
    return flow.destination
