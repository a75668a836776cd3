"""All filters, in the order in which the server builds them (and thus finds fault with them)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from quizgame.hubble.filters.cel import compile_cel
from quizgame.hubble.filters.clustername import compile_cluster_name
from quizgame.hubble.filters.dropreason import compile_drop_reason
from quizgame.hubble.filters.encrypted import compile_encrypted
from quizgame.hubble.filters.eventtype import compile_event_type
from quizgame.hubble.filters.fqdn import compile_fqdn
from quizgame.hubble.filters.http import compile_http
from quizgame.hubble.filters.identity import compile_identity
from quizgame.hubble.filters.ip import compile_ip
from quizgame.hubble.filters.iptraceid import compile_ip_trace_id
from quizgame.hubble.filters.ipversion import compile_ip_version
from quizgame.hubble.filters.labels import compile_labels
from quizgame.hubble.filters.networkinterface import compile_interface
from quizgame.hubble.filters.nodename import compile_node_name
from quizgame.hubble.filters.pod import compile_pod
from quizgame.hubble.filters.port import compile_port
from quizgame.hubble.filters.predicate import Predicate
from quizgame.hubble.filters.protocol import compile_protocol
from quizgame.hubble.filters.reply import compile_reply
from quizgame.hubble.filters.service import compile_service
from quizgame.hubble.filters.tcpflags import compile_tcp_flags
from quizgame.hubble.filters.traceid import compile_trace_id
from quizgame.hubble.filters.trafficdirection import compile_traffic_direction
from quizgame.hubble.filters.uuid import compile_uuid
from quizgame.hubble.filters.verdict import compile_verdict
from quizgame.hubble.filters.workload import compile_workload
from quizgame.hubble.flow import Flow
from quizgame.hubble.flowfilter import FlowFilter

# Source: cilium/cilium v1.19 pkg/hubble/filters/filters.go DefaultFilters.
FILTERS: tuple[Callable[[FlowFilter], Iterator[Predicate]], ...] = (
    compile_uuid,
    compile_event_type,
    compile_verdict,
    compile_drop_reason,
    compile_reply,
    compile_encrypted,
    compile_identity,
    compile_protocol,
    compile_ip,
    compile_pod,
    compile_workload,
    compile_service,
    compile_fqdn,
    compile_labels,
    compile_port,
    compile_http,
    compile_tcp_flags,
    compile_node_name,
    compile_cluster_name,
    compile_ip_version,
    compile_trace_id,
    compile_ip_trace_id,
    compile_traffic_direction,
    compile_cel,
    compile_interface,
)


def compile_filter(wanted: FlowFilter) -> Predicate:
    """Return one predicate for a filter: all its kinds must match; a filter that asks for nothing matches everything.

    Raises:
        FilterError: A value is wrong.
    """
    predicates = [predicate for compile_kind in FILTERS for predicate in compile_kind(wanted)]
    if len(predicates) == 1:
        return predicates[0]
    return lambda flow: all(predicate(flow) for predicate in predicates)


def compile_lists(allow: Iterable[FlowFilter], deny: Iterable[FlowFilter]) -> Predicate | None:
    """Return the predicate of two lists of filters: any of ``allow`` (if there are any), none of ``deny``.

    Returns:
        ``None`` if both lists are empty.

    Raises:
        FilterError: A value is wrong.
    """
    allowed = [compile_filter(wanted) for wanted in allow]
    denied = [compile_filter(wanted) for wanted in deny]
    if not allowed and not denied:
        return None

    def matches(flow: Flow | None) -> bool:
        if allowed and not any(predicate(flow) for predicate in allowed):
            return False
        return not any(predicate(flow) for predicate in denied)

    return matches
