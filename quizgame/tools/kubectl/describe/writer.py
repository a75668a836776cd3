"""The page that ``describe`` writes: lines at levels, columns aligned, facts on the lines that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quizgame.cluster.apply import LAST_APPLIED
from quizgame.goflags.tabwriter import TabWriter
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.formats.tree import Path
from quizgame.tools.kubectl.shown import View, value_facts
from quizgame.tools.output import Line

NONE, UNSET = "<none>", "<unset>"
_LONGEST_ANNOTATION = 140


class Page:
    """A description in the making.

    Args:
        view: What facts are about.
        node: The object.
        now_ns: The present.
    """

    def __init__(self, view: View, node: Mapping[str, Any], now_ns: int) -> None:
        self.view = view
        self.node = node
        self.now_ns = now_ns
        # Source: kubectl pkg/describe tabbedString.
        self._writer = TabWriter(0, 8, 2, " ")
        self._facts: list[tuple[Fact, ...]] = []
        self._done: list[Line] = []

    def write(self, level: int, text: str, facts: Iterable[Fact] = ()) -> None:
        """Add a line (or several) at a level; cells end at tabs. Facts belong to the last line."""
        self._writer.write("  " * level + text + "\n")
        self._facts += [()] * text.count("\n")
        self._facts.append(tuple(facts))

    def field(self, level: int, title: str, value: str, path: Path = (), raw: Any = None) -> None:
        """Add ``Title: value``.

        Args:
            level: Indentation.
            title: Without its colon.
            value: As shown.
            path: Where in the object the value stands; empty: nothing that a fact would hold.
            raw: The value in the object, where it is shown in another form.
        """
        facts = value_facts(self.view, self.node, path, value if raw is None else raw) if path else ()
        self.write(level, f"{title}:\t{value}", facts)

    def flush(self) -> None:
        """End the columns here."""
        text = self._writer.flush()
        if text:
            shown = text.removesuffix("\n").split("\n")
            self._done += [Line(line, facts) for line, facts in zip(shown, self._facts, strict=True)]
            self._facts = []

    def lines(self) -> list[Line]:
        """The finished page."""
        self.flush()
        return self._done

    # ------------------------------------------------------------ parts of many pages

    def head(self, *, with_namespace: bool = True) -> None:
        """Name and namespace."""
        metadata = self.node["metadata"]
        self.field(0, "Name", metadata["name"], ("metadata", "name"))
        if with_namespace:
            self.field(0, "Namespace", metadata.get("namespace", ""))

    def labels(self, title: str, pairs: Mapping[str, str] | None, path: Path = ()) -> None:
        """``key=value`` lines by key; ``<none>`` for none."""
        rows = [(f"{key}={pairs[key]}", key) for key in sorted(pairs)] if pairs else []
        self._rows(
            title,
            [text for text, _ in rows],
            [self._at((*path, key), (pairs or {})[key]) if path else () for _, key in rows],
        )

    def _at(self, path: Path, value: Any) -> tuple[Fact, ...]:
        return tuple(value_facts(self.view, self.node, path, value))

    def _rows(self, title: str, rows: Sequence[str], facts: Sequence[tuple[Fact, ...]] = ()) -> None:
        if not rows:
            self.write(0, f"{title}:\t{NONE}")
        for place, text in enumerate(rows):
            head = f"{title}:" if place == 0 else ""
            self.write(0, f"{head}\t{text}", facts[place] if facts else ())

    def rows(self, title: str, rows: Sequence[str]) -> None:
        """A title with values below one another."""
        self._rows(title, rows)

    def annotations(self, title: str, pairs: Mapping[str, str] | None, path: Path = ()) -> None:
        """``key: value`` lines by key; long values on lines of their own; what kubectl itself remembers is left out."""
        # Source: kubectl pkg/describe printAnnotationsMultiline.
        keys = [key for key in sorted(pairs or ()) if key != LAST_APPLIED]
        if not keys:
            self.write(0, f"{title}:\t{NONE}")
        for place, key in enumerate(keys):
            value = (pairs or {})[key].removesuffix("\n")
            head = f"{title}:" if place == 0 else ""
            facts = self._at((*path, key), value) if path else ()
            if len(value) + len(key) + 2 > _LONGEST_ANNOTATION or "\n" in value:
                self.write(0, f"{head}\t{key}:")
                for line in value.split("\n"):
                    limit = _LONGEST_ANNOTATION - 2
                    self.write(0, f"\t  {line[:limit] + '...' if len(line) > limit else line}")
            else:
                self.write(0, f"{head}\t{key}: {value}", facts)

    def marks(self) -> None:
        """Labels and annotations of the object."""
        metadata = self.node["metadata"]
        self.labels("Labels", metadata.get("labels"), ("metadata", "labels"))
        self.annotations("Annotations", metadata.get("annotations"), ("metadata", "annotations"))
