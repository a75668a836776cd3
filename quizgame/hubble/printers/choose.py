"""All formats by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink

JSON_FORMATS = frozenset({"json", "JSON", "jsonpb"})
FORMATS = frozenset({"compact", "dict", "tab", "table"}) | JSON_FORMATS


class Printer(Protocol):
    """Prints records to the sink that it was made with."""

    def write(self, response: GetFlowsResponse) -> None:
        """Print one record, or keep it until `close`."""

    def close(self) -> None:
        """Print what was kept."""


def make_printer(name: str, options: PrintOptions, sink: Sink, *, legacy_json: bool = False) -> Printer:
    """Return the printer of a format, one of `FORMATS`; a format's module is loaded when it is used."""
    if name == "compact":
        from quizgame.hubble.printers.compact import CompactPrinter

        return CompactPrinter(options, sink)
    if name == "dict":
        from quizgame.hubble.printers.keyvalue import DictPrinter

        return DictPrinter(options, sink)
    if name in JSON_FORMATS:
        from quizgame.hubble.printers.jsonpb import JsonPrinter

        return JsonPrinter(options, sink, legacy=legacy_json and name != "jsonpb")
    from quizgame.hubble.printers.table import TablePrinter

    return TablePrinter(replace(options, color=False), sink)
