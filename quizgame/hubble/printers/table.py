"""``-o table``: aligned columns; all rows are collected first."""

from __future__ import annotations

from quizgame.goflags.tabwriter import TabWriter
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.printers.color import escaper
from quizgame.hubble.printers.kinds import flow_type, summary_text, verdict_text
from quizgame.hubble.printers.lost import lost_count
from quizgame.hubble.printers.names import host_names
from quizgame.hubble.printers.nodestatus import is_shown, status_line
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink
from quizgame.hubble.timestamps import time_formatter


class TablePrinter:
    """Prints a header and one row a record when it is closed. Colour is always off."""

    def __init__(self, options: PrintOptions, sink: Sink) -> None:
        self._options = options
        self._sink = sink
        self._time = time_formatter(options.time_format)
        self._hosts = host_names(options)
        self._verdict = verdict_text(options)
        self._summary = summary_text(False)
        self._escape = escaper(False)
        self._writer = TabWriter(2, 0, 3)
        self._rows: list[tuple[int, GetFlowsResponse | None]] = []

    def write(self, response: GetFlowsResponse) -> None:
        """Keep one record's row."""
        flow = response.flow
        if flow is not None:
            source, destination = self._hosts(flow)
            self._add(
                response,
                self._time(flow.time),
                flow.node_name,
                source,
                destination,
                flow_type(flow),
                self._verdict(flow),
                self._summary(flow),
            )
            return
        lost, status = response.lost_events, response.node_status
        if lost is not None:
            time, count = self._time(response.time), lost_count(lost, self._time, " - ")
            self._add(response, time, response.node_name or "-", str(lost.source), "-", "EVENTS LOST", "-", count)
        elif status is not None and is_shown(status, self._options.debug) and not self._options.silent_errors:
            self._sink.err(self._escape(status_line(response, status, self._time)), response)

    def close(self) -> None:
        """Print what was kept."""
        lines = self._writer.flush().split("\n")
        at = 0
        for count, response in self._rows:
            self._sink.out("\n".join(lines[at : at + count]) + "\n", response)
            at += count
        self._rows.clear()

    def _add(self, response: GetFlowsResponse, time: str, node: str, *cells: str) -> None:
        if not self._rows:
            header = ["TIMESTAMP", "NODE", "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY"]
            if not self._options.node_name:
                header.remove("NODE")
            self._keep("\t".join(header) + "\n", None)
        head = [time, node] if self._options.node_name else [time]
        self._keep(self._escape("\t".join([*head, *cells])) + "\n", response)

    def _keep(self, row: str, response: GetFlowsResponse | None) -> None:
        self._writer.write(row)
        # A newline inside a cell makes one record several lines.
        shown = response if self._sink.wants_records else None
        self._rows.append((row.count("\n") + row.count("\f"), shown))
