"""A quick look at events before records are made of them.

It never decides for a filter: it only leaves out what the filter is bound to refuse, by conditions that an event can
answer cheaply. Malformed values are left to the filters, which have the words for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import MonitorEvent, Peer

if TYPE_CHECKING:
    from quizgame.hubble.flowfilter import FlowFilter

Check = Callable[[MonitorEvent], bool]


def preselect(events: Iterable[MonitorEvent], allow: Iterable[FlowFilter]) -> Iterable[MonitorEvent]:
    """Leave out events that none of some allow filters can match; order is kept.

    Args:
        events: The events.
        allow: The filters, any of which suffices; none lets everything pass.
    """
    alternatives = [tuple(_checks(each)) for each in allow]
    if not alternatives or not all(alternatives):
        return events
    if len(alternatives) == 1:
        (checks,) = alternatives
        return (event for event in events if all(check(event) for check in checks))
    return (event for event in events if any(all(check(event) for check in checks) for checks in alternatives))


def _checks(wanted: FlowFilter) -> Iterator[Check]:
    yield from _pods(wanted)
    yield from _ports(wanted)
    if wanted.verdict:
        verdicts = frozenset(str(each) for each in wanted.verdict)
        yield lambda event: event.verdict.name in verdicts
    if wanted.event_type:
        types = frozenset(each.type for each in wanted.event_type)
        if 0 not in types:
            yield lambda event: int(event.type) in types
    if wanted.source_identity:
        sources = frozenset(wanted.source_identity)
        yield lambda event: event.source.identity in sources
    if wanted.destination_identity:
        destinations = frozenset(wanted.destination_identity)
        yield lambda event: event.destination.identity in destinations
    if wanted.http_method or wanted.http_path or wanted.http_url or wanted.http_status_code or wanted.dns_query:
        yield lambda event: event.l7 is not None


def _pods(wanted: FlowFilter) -> Iterator[Check]:
    if wanted.source_pod and all(wanted.source_pod):
        yield _on_name(tuple(map(_prefix, wanted.source_pod)), attrgetter("source"))
    if wanted.destination_pod and all(wanted.destination_pod):
        yield _on_name(tuple(map(_prefix, wanted.destination_pod)), attrgetter("destination"))


def _on_name(prefixes: tuple[str, ...], peer_of: Callable[[MonitorEvent], Peer]) -> Check:
    # One connection's events share their peers: each is looked at once.
    known: dict[int, bool] = {}

    def check(event: MonitorEvent) -> bool:
        peer = peer_of(event)
        matches = known.get(id(peer))
        if matches is None:
            matches = known[id(peer)] = f"{peer.namespace}/{peer.pod}".startswith(prefixes)
        return matches

    return check


def _prefix(name: str) -> str:
    """What a pod's ``namespace/name`` begins with if a filter's word matches it; empty where any may."""
    namespace, slash, prefix = name.partition("/")
    if not slash:
        return f"default/{name}"
    return f"{namespace}/{prefix}" if namespace else ""


def _ports(wanted: FlowFilter) -> Iterator[Check]:
    if wanted.source_port and all(each.isdecimal() for each in wanted.source_port):
        sources = frozenset(int(each) for each in wanted.source_port)
        yield lambda event: event.source_port in sources
    if wanted.destination_port and all(each.isdecimal() for each in wanted.destination_port):
        destinations = frozenset(int(each) for each in wanted.destination_port)
        yield lambda event: event.destination_port in destinations
