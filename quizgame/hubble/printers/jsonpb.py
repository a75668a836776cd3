"""``-o jsonpb`` and its aliases: the whole record as one line of JSON; and the older form with the flow alone."""

from __future__ import annotations

from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.printers.nodestatus import is_shown
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.sink import Sink


class JsonPrinter:
    """Prints records as JSON.

    Args:
        options: Of these, only `debug` and `silent_errors` count.
        sink: Where to.
        legacy: Print the inner flow alone, as ``HUBBLE_COMPAT=legacy-json-output`` asks for.
    """

    def __init__(self, options: PrintOptions, sink: Sink, *, legacy: bool = False) -> None:
        self._options = options
        self._sink = sink
        self._legacy = legacy

    def write(self, response: GetFlowsResponse) -> None:
        """Print one record."""
        payload = response.flow or response.lost_events
        if payload is not None:
            self._sink.out(encode(payload if self._legacy else response).decode() + "\n", response)
            return
        status = response.node_status
        is_quiet = self._legacy or self._options.silent_errors
        if status is not None and is_shown(status, self._options.debug) and not is_quiet:
            self._sink.err(encode(response).decode() + "\n", response)

    def close(self) -> None:
        """Nothing is held back."""
