"""``-o compact``: one line a flow, the client on the left."""

from __future__ import annotations

from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.printers.color import escaper
from quizgame.hubble.printers.kinds import flow_type, summary_text, verdict_text
from quizgame.hubble.printers.lost import lost_count
from quizgame.hubble.printers.names import host_names, identity_text
from quizgame.hubble.printers.nodestatus import is_shown, status_line
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink
from quizgame.hubble.timestamps import time_formatter


class CompactPrinter:
    """Prints ``TIME [NODE]: SRC (ID) -> DST (ID) TYPE VERDICT (SUMMARY)``."""

    def __init__(self, options: PrintOptions, sink: Sink) -> None:
        self._options = options
        self._sink = sink
        self._out = sink.out
        self._time = time_formatter(options.time_format)
        self._hosts = host_names(options)
        self._identity = identity_text(options.color)
        self._verdict = verdict_text(options)
        self._summary = summary_text(options.color)
        self._escape = escaper(options.color)

    def write(self, response: GetFlowsResponse) -> None:
        """Print one record."""
        flow = response.flow
        if flow is None:
            self._write_other(response)
            return
        left, right = self._hosts(flow)
        left_identity, right_identity = self._identity(flow.source), self._identity(flow.destination)
        is_reply = flow.is_reply
        if is_reply:
            left, right = right, left
            left_identity, right_identity = right_identity, left_identity
            arrow = "<-"
        else:
            arrow = "<>" if is_reply is None else "->"
        node = f" [{flow.node_name}]" if self._options.node_name else ""
        line = (
            f"{self._time(flow.time)}{node}: {left} {left_identity} {arrow} {right} {right_identity} "
            f"{flow_type(flow)} {self._verdict(flow)} ({self._summary(flow)})\n"
        )
        if "\x1b" in line or "\r" in line:
            line = self._escape(line)
        self._out(line, response)

    def close(self) -> None:
        """Nothing is held back."""

    def _write_other(self, response: GetFlowsResponse) -> None:
        lost, status = response.lost_events, response.node_status
        if lost is not None:
            count = lost_count(lost, self._time, " ")
            self._out(self._escape(f"{self._time(response.time)} EVENTS LOST: {lost.source} {count}\n"), response)
        elif status is not None and is_shown(status, self._options.debug) and not self._options.silent_errors:
            self._sink.err(self._escape(status_line(response, status, self._time)), response)
