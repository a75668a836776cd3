"""Printing tables: headers, rows, the columns that options add, and the widths that a watch remembers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quizgame.cluster.objects import labels_of
from quizgame.cluster.resources import Resource
from quizgame.goflags.tabwriter import Flags, TabWriter
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.shown import View, label_facts, row_facts
from quizgame.tools.kubectl.tables.catalog import NAMELESS, columns_of
from quizgame.tools.kubectl.tables.column import NONE, comma_map
from quizgame.tools.output import Line

_LINE_END = re.compile("[\n\r\f]")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What options ask of a table."""

    is_wide: bool = False
    with_namespace: bool = False
    with_kind: bool = False
    """Names carry their kind, ``pod/xwing``."""
    has_header: bool = True
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()


def new_writer() -> TabWriter:
    """The writer of all of kubectl's tables; it keeps its widths from row to row."""
    # Source: kubernetes cli-runtime pkg/printers/tabwriter.go.
    return TabWriter(6, 4, 3, " ", Flags.REMEMBER_WIDTHS)


@dataclass(slots=True)
class TablePrinter:
    """Prints objects of one kind as rows.

    Args:
        view: What facts are about.
        resource: The kind.
        options: Which columns.
    """

    view: View
    resource: Resource
    options: TableOptions
    writer: TabWriter = field(default_factory=new_writer)

    def lines(self, nodes: Iterable[Mapping[str, Any]], now_ns: int, *, with_header: bool = True) -> list[Line]:
        """Rows of a table, under its header if there is one to show."""
        columns = [each for each in columns_of(self.resource) if self.options.is_wide or not each.is_wide]
        has_name = self.resource.kind not in NAMELESS
        rows: list[list[str]] = []
        facts: list[tuple[Fact, ...]] = []
        if with_header and self.options.has_header:
            rows.append(self._header(["NAME", *(c.name for c in columns)] if has_name else [c.name for c in columns]))
            facts.append(())
        for node in nodes:
            cells = [(column.name, _one_line(column.cell(node, now_ns)), column.field) for column in columns]
            texts = [text for _, text, _ in cells]
            name = node["metadata"]["name"]
            shown_name = f"{self.resource.prefix}/{name}" if self.options.with_kind else name
            rows.append(self._row(node, [shown_name, *texts] if has_name else texts))
            facts.append(tuple(self._facts(node, cells)))
        return set_rows(self.writer, rows, facts)

    def _header(self, names: list[str]) -> list[str]:
        header = ["NAMESPACE", *names] if self.options.with_namespace else names
        header += [key.rpartition("/")[2].upper() for key in self.options.label_columns]
        return [*header, "LABELS"] if self.options.show_labels else header

    def _row(self, node: Mapping[str, Any], cells: list[str]) -> list[str]:
        row = [node["metadata"].get("namespace", ""), *cells] if self.options.with_namespace else cells
        labels = labels_of(node)
        row += [labels.get(key, NONE if key not in labels else "") for key in self.options.label_columns]
        return [*row, comma_map(labels)] if self.options.show_labels else row

    def _facts(self, node: Mapping[str, Any], cells: Sequence[tuple[str, str, str]]) -> list[Fact]:
        shown = row_facts(self.view, node, cells)
        if self.options.label_columns:
            shown += label_facts(self.view, node, self.options.label_columns, with_keys=False)
        if self.options.show_labels:
            shown += label_facts(self.view, node, labels_of(node), with_keys=True)
        return shown


def set_rows(writer: TabWriter, rows: Sequence[Sequence[str]], facts: Sequence[tuple[Fact, ...]]) -> list[Line]:
    """Align rows that carry facts."""
    for row in rows:
        writer.write("\t".join(row) + "\n")
    return [Line(text, shown) for text, shown in zip(writer.flush().split("\n"), facts, strict=False)]


def _one_line(text: str) -> str:
    # Source: cli-runtime pkg/printers/tableprinter.go: a cell ends at its first line end.
    first, *more = _LINE_END.split(text, maxsplit=1)
    return f"{first}..." if more else text
