"""``-o dict``: a block of ``KEY: value`` lines a flow, blocks separated by dashes."""

from __future__ import annotations

from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.printers.color import escaper
from quizgame.hubble.printers.kinds import flow_type, summary_text, verdict_text
from quizgame.hubble.printers.lost import lost_count
from quizgame.hubble.printers.names import host_names
from quizgame.hubble.printers.nodestatus import is_shown, status_block
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink
from quizgame.hubble.timestamps import time_formatter

_SEPARATOR = "------------\n"


class DictPrinter:
    """Prints one block a record."""

    def __init__(self, options: PrintOptions, sink: Sink) -> None:
        self._options = options
        self._sink = sink
        self._time = time_formatter(options.time_format)
        self._hosts = host_names(options)
        self._verdict = verdict_text(options)
        self._summary = summary_text(options.color)
        self._escape = escaper(options.color)
        self._separator = ""

    def write(self, response: GetFlowsResponse) -> None:
        """Print one record."""
        flow = response.flow
        if flow is None:
            self._write_other(response)
            return
        source, destination = self._hosts(flow)
        node = f"       NODE: {flow.node_name}\n" if self._options.node_name else ""
        self._print(
            f"  TIMESTAMP: {self._time(flow.time)}\n{node}"
            f"     SOURCE: {source}\n"
            f"DESTINATION: {destination}\n"
            f"       TYPE: {flow_type(flow)}\n"
            f"    VERDICT: {self._verdict(flow)}\n"
            f"    SUMMARY: {self._summary(flow)}\n",
            response,
        )

    def close(self) -> None:
        """Nothing is held back."""

    def _print(self, block: str, response: GetFlowsResponse) -> None:
        self._sink.out(self._separator + self._escape(block), response)
        self._separator = _SEPARATOR

    def _write_other(self, response: GetFlowsResponse) -> None:
        lost, status = response.lost_events, response.node_status
        if lost is not None:
            node = f"       NODE: {response.node_name or '-'}\n" if self._options.node_name else ""
            self._print(
                f"  TIMESTAMP: {self._time(response.time)}\n{node}"
                f"     SOURCE: {lost.source}\n"
                f"       TYPE: EVENTS LOST\n"
                f"    VERDICT: -\n"
                f"    SUMMARY: {lost_count(lost, self._time, ' - ')}\n",
                response,
            )
        elif status is not None and is_shown(status, self._options.debug):
            # The separator goes where the record goes, in case both streams end in one terminal.
            if not self._options.silent_errors:
                block = self._escape(status_block(response, status, self._time))
                self._sink.err(self._separator + block, response)
            self._separator = _SEPARATOR
