"""``--protocol``: transport or application protocol, case ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quizgame.goflags.quoting import quote
from quizgame.hubble.filters.predicate import FilterError, Predicate
from quizgame.hubble.flow import Flow, Layer4, Layer7
from quizgame.hubble.flowfilter import FlowFilter

_LAYER_4: dict[str, Callable[[Layer4], bool]] = {
    "icmp": lambda l4: l4.icmpv4 is not None or l4.icmpv6 is not None,
    "icmpv4": lambda l4: l4.icmpv4 is not None,
    "icmpv6": lambda l4: l4.icmpv6 is not None,
    "tcp": lambda l4: l4.tcp is not None,
    "udp": lambda l4: l4.udp is not None,
    "sctp": lambda l4: l4.sctp is not None,
    "vrrp": lambda l4: l4.vrrp is not None,
    "igmp": lambda l4: l4.igmp is not None,
}
_LAYER_7: dict[str, Callable[[Layer7], bool]] = {
    "dns": lambda l7: l7.dns is not None,
    "http": lambda l7: l7.http is not None,
    "kafka": lambda l7: l7.kafka is not None,
}
PROTOCOLS = (*_LAYER_4, *_LAYER_7)
"""All names of protocols that the filter knows."""


def compile_protocol(wanted: FlowFilter) -> Iterator[Predicate]:
    """Yield the predicate, if the filter asks for one.

    Raises:
        FilterError: A protocol is unknown.
    """
    for name in wanted.protocol:
        if name.lower() not in _LAYER_4 and name.lower() not in _LAYER_7:
            raise FilterError(f"invalid protocol filter: unknown protocol: {quote(name)}")
    names = {name.lower() for name in wanted.protocol}
    layer_4 = [is_it for name, is_it in _LAYER_4.items() if name in names]
    layer_7 = [is_it for name, is_it in _LAYER_7.items() if name in names]

    def matches(flow: Flow | None) -> bool:
        if flow is None:
            return False
        l4, l7 = flow.l4, flow.l7
        if l4 is not None and any(is_it(l4) for is_it in layer_4):
            return True
        return l7 is not None and any(is_it(l7) for is_it in layer_7)

    if names:
        yield matches
