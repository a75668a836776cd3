"""Printing agent events in each format.

# Source: cilium/cilium v1.19 hubble/pkg/printer/printer.go WriteProtoAgentEvent, getAgentEventDetails.
"""

from __future__ import annotations

from quizgame.goflags.tabwriter import TabWriter
from quizgame.hubble.agentevent import AgentEvent, GetAgentEventsResponse
from quizgame.hubble.printers.choose import JSON_FORMATS
from quizgame.hubble.printers.color import escaper
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.sink import Sink
from quizgame.hubble.timestamps import TimeFormatter, time_formatter

_SEPARATOR = "------------\n"


class AgentEventPrinter:
    """Prints agent events.

    Args:
        name: The format, one of ``choose.FORMATS``.
        options: Of these, only times, colours and the node's name count.
        sink: Where to.
        legacy_json: Print the inner event alone, as ``HUBBLE_COMPAT=legacy-json-output`` asks for.
    """

    def __init__(self, name: str, options: PrintOptions, sink: Sink, *, legacy_json: bool = False) -> None:
        self._name = name
        self._has_node = options.node_name
        self._sink = sink
        self._is_legacy = legacy_json and name != "jsonpb"
        self._time = time_formatter(options.time_format)
        self._escape = escaper(options.color)
        self._writer = TabWriter(2, 0, 3)
        self._count = 0

    def write(self, response: GetAgentEventsResponse) -> None:
        """Print one event, or keep it until ``close``."""
        event = response.agent_event
        if event is None:
            return
        if self._name in JSON_FORMATS:
            self._sink.out(encode(event if self._is_legacy else response).decode() + "\n")
            return
        time, details = self._time(response.time), details_text(event, self._time)
        if self._name == "compact":
            node = f" [{response.node_name}]" if self._has_node else ""
            self._sink.out(self._escape(f"{time}{node}: {event.type} ({details})\n"))
        elif self._name == "dict":
            node = f"       NODE: {response.node_name}\n" if self._has_node else ""
            block = f"  TIMESTAMP: {time}\n{node}       TYPE: {event.type}\n    DETAILS: {details}\n"
            self._sink.out((_SEPARATOR if self._count else "") + self._escape(block))
        else:
            self._add_row(time, response.node_name, event.type, details)
        self._count += 1

    def close(self) -> None:
        """Print what was kept."""
        table = self._writer.flush()
        if table:
            self._sink.out(table)

    def _add_row(self, time: str, node: str, *cells: str) -> None:
        rows = [["TIMESTAMP", "NODE", "TYPE", "DETAILS"]] if not self._count else []
        for row in (*rows, [time, node, *cells]):
            shown = row if self._has_node else [row[0], *row[2:]]
            self._writer.write(self._escape("\t".join(shown)) + "\n")


def details_text(event: AgentEvent, time: TimeFormatter) -> str:
    """What is told of an event beside its type."""
    if event.agent_start is not None:
        return f"start time: {time(event.agent_start.time)}"
    if event.policy_update is not None:
        policy = event.policy_update
        labels = ",".join(policy.labels)
        return f"labels: [{labels}], revision: {policy.revision or 0}, count: {policy.rule_count or 0}"
    if event.endpoint_regenerate is not None:
        endpoint = event.endpoint_regenerate
        told = f"id: {endpoint.id or 0}, labels: [{','.join(endpoint.labels)}]"
        return told + (f", error: {endpoint.error}" if endpoint.error else "")
    if event.endpoint_update is not None:
        changed = event.endpoint_update
        parts = [f"id: {changed.id or 0}", _part("namespace", changed.namespace), _part("pod name", changed.pod_name)]
        return ", ".join(part for part in parts if part)
    if event.ipcache_update is not None:
        address = event.ipcache_update
        old = "" if address.old_identity is None else f"old identity: {address.old_identity}"
        hosts = (_part("host ip", address.host_ip), _part("old host ip", address.old_host_ip))
        told = ", ".join(part for part in (old, *hosts, f"encrypt key: {address.encrypt_key}") if part)
        return f"cidr: {address.cidr}, identity: {address.identity}, {told}"
    return "UNKNOWN"


def _part(name: str, value: str) -> str:
    return f"{name}: {value}" if value else ""
