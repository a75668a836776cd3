"""A quick look at events before records are made of them.

It never decides for a filter. It leaves out what an allow filter is bound to refuse, by conditions that an event can
answer cheaply; where those conditions are all that a deny filter asks, also what that is bound to take. Malformed
values are left to the filters, which have the words for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from quizgame.cluster.agent.monitor import MonitorEvent, Peer, Verdict
from quizgame.hubble.filters.build import compile_filter
from quizgame.hubble.filters.predicate import FilterError, NotSimulated
from quizgame.hubble.flowfilter import FlowFilter
from quizgame.hubble.making import direction_name, node_flow, side_flow, uuid_of

if TYPE_CHECKING:
    from quizgame.hubble.flow import Flow

Check = Callable[[MonitorEvent], bool]
_SIDE_KINDS = ("ip", "pod", "fqdn", "label", "service", "workload", "cluster_name", "identity")
"""Kinds of values that ask about one side alone; the fields are ``source_…`` and ``destination_…``."""
_PROTOCOLS: dict[str, Check] = {
    "icmp": lambda event: event.protocol == "ICMPv4",
    "icmpv4": lambda event: event.protocol == "ICMPv4",
    "tcp": lambda event: event.protocol == "TCP",
    "udp": lambda event: event.protocol == "UDP",
    "sctp": lambda event: event.protocol == "SCTP",
    "dns": lambda event: event.l7 is not None and event.l7.dns is not None,
    "http": lambda event: event.l7 is not None and event.l7.http is not None,
    **dict.fromkeys(("icmpv6", "vrrp", "igmp", "kafka"), lambda _event: False),
}
_EXACT = frozenset(
    {
        "uuid", "verdict", "event_type", "protocol", "source_port", "destination_port", "traffic_direction",
        "encrypted", "node_name", "node_labels",
        *(f"{side}_{kind}" for side in ("source", "destination") for kind in _SIDE_KINDS),
    }
)  # fmt: skip
"""Fields of which the checks below are all that there is to know."""


def preselect(
    events: Iterable[MonitorEvent], allow: Iterable[FlowFilter], deny: Iterable[FlowFilter] = ()
) -> Iterable[MonitorEvent]:
    """Leave out events of which the filters would show none; order is kept.

    Args:
        events: The events.
        allow: The filters, any of which suffices; none lets everything pass.
        deny: The filters, none of which may match.
    """
    alternatives = [tuple(_checks(each)) for each in allow]
    if alternatives and all(alternatives):
        events = _all_of(alternatives[0], events) if len(alternatives) == 1 else _any_of(alternatives, events)
    for each in deny:
        checks = tuple(_checks(each))
        if checks and _is_exact(each):
            events = _not_all_of(checks, events)
    return events


def _all_of(checks: tuple[Check, ...], events: Iterable[MonitorEvent]) -> Iterable[MonitorEvent]:
    for check in checks:
        events = filter(check, events)
    return events


def _any_of(alternatives: list[tuple[Check, ...]], events: Iterable[MonitorEvent]) -> Iterator[MonitorEvent]:
    for event in events:
        for checks in alternatives:
            if all(check(event) for check in checks):
                yield event
                break


def _not_all_of(checks: tuple[Check, ...], events: Iterable[MonitorEvent]) -> Iterator[MonitorEvent]:
    return (event for event in events if not all(check(event) for check in checks))


def _is_exact(wanted: FlowFilter) -> bool:
    asked = {field.name for field in structs.fields(wanted) if getattr(wanted, field.name)}
    return asked <= _EXACT and not any(each.match_sub_type for each in wanted.event_type)


def _checks(wanted: FlowFilter) -> Iterator[Check]:
    """Conditions that an event must meet for a filter to match its flow; the cheapest first."""
    if wanted.event_type:
        types = frozenset(each.type for each in wanted.event_type)
        if 0 not in types:
            yield lambda event: event.type in types
    if wanted.verdict:
        verdicts = frozenset(str(each) for each in wanted.verdict)
        yield lambda event: event.verdict.name in verdicts
    if wanted.traffic_direction:
        directions = frozenset(str(each) for each in wanted.traffic_direction)
        yield lambda event: direction_name(event.direction) in directions
    if wanted.encrypted:
        states = frozenset(wanted.encrypted)
        yield lambda event: event.is_encrypted in states
    if wanted.protocol and all(name.lower() in _PROTOCOLS for name in wanted.protocol):
        kinds = [_PROTOCOLS[name.lower()] for name in wanted.protocol]
        yield lambda event: any(is_kind(event) for is_kind in kinds)
    if wanted.http_method or wanted.http_path or wanted.http_url or wanted.http_status_code or wanted.dns_query:
        yield lambda event: event.l7 is not None
    if wanted.drop_reason_desc:
        yield lambda event: event.verdict is Verdict.DROPPED
    if wanted.tcp_flags:
        yield lambda event: event.protocol == "TCP"
    yield from _ports(wanted)
    yield from _node(wanted)
    for side in ("source", "destination"):
        yield from _side(wanted, side)
    if wanted.uuid:
        uuids = frozenset(wanted.uuid)
        yield lambda event: uuid_of(event) in uuids


def _side(wanted: FlowFilter, side: str) -> Iterator[Check]:
    """What a filter asks of one side, put to that side alone by the filters themselves."""
    fields = {f"{side}_{kind}": getattr(wanted, f"{side}_{kind}") for kind in _SIDE_KINDS}
    if not any(fields.values()):
        return
    try:
        matches = compile_filter(FlowFilter(**fields))
    except (FilterError, NotSimulated):
        return
    yield _on_peer(matches, side)


def _node(wanted: FlowFilter) -> Iterator[Check]:
    """What a filter asks of the node; an event's node is the same for all events of a ring."""
    if not wanted.node_name and not wanted.node_labels:
        return
    try:
        matches = compile_filter(FlowFilter(node_name=wanted.node_name, node_labels=wanted.node_labels))
    except FilterError:
        return
    known: dict[tuple[str, str, tuple[str, ...]], bool] = {}

    def check(event: MonitorEvent) -> bool:
        key = (event.cluster, event.node, event.node_labels)
        found = known.get(key)
        if found is None:
            found = known[key] = matches(node_flow(event))
        return found

    yield check


def _on_peer(matches: Callable[[Flow | None], bool], side: str) -> Check:
    # One connection's events share their peers, and many connections have equal ones: each is looked at once.
    known: dict[int, tuple[Peer, bool]] = {}
    decided: dict[tuple[object, ...], bool] = {}
    is_source = side == "source"

    def check(event: MonitorEvent) -> bool:
        peer = event.source if is_source else event.destination
        found = known.get(id(peer))
        if found is None:
            key = (
                peer.ip, peer.identity, peer.labels, peer.namespace, peer.pod, peer.workload, peer.cluster,
                peer.service, peer.names,
            )  # fmt: skip
            verdict = decided.get(key)
            if verdict is None:
                verdict = decided[key] = matches(side_flow(peer, side))
            found = known[id(peer)] = (peer, verdict)
        return found[1]

    return check


def _ports(wanted: FlowFilter) -> Iterator[Check]:
    if wanted.source_port and all(each.isdecimal() for each in wanted.source_port):
        sources = frozenset(int(each) for each in wanted.source_port)
        yield lambda event: event.source_port in sources and event.icmp is None
    if wanted.destination_port and all(each.isdecimal() for each in wanted.destination_port):
        destinations = frozenset(int(each) for each in wanted.destination_port)
        yield lambda event: event.destination_port in destinations and event.icmp is None
