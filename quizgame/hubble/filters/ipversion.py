"""``-4``, ``-6``, ``--ip-version``: version of the IP header; none recorded is a version of its own."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.enums import IPVersion
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter


def compile_ip_version(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one."""
    versions = frozenset(wanted.ip_version)

    def matches(flow: Flow | None) -> bool:
        if flow is None:
            return False
        return (flow.ip.ip_version if flow.ip is not None else IPVersion.IP_NOT_USED) in versions

    if versions:
        yield matches
