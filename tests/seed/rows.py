"""What a row of the founding document's inventory is in a test: a line, a world, and what it must answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.seed.worlds import Answer, Lab

INVENTORY = Path(__file__).resolve().parents[3] / "shared" / "reference" / "seed-inventory.md"


@dataclass(frozen=True, slots=True)
class Row:
    """A command line and its true answer."""

    id: str
    """Id in the inventory; a row that is played in several worlds stands here several times."""
    world: str
    line: str
    """As the document has it; `<…>` is filled in by `given`."""
    why: str
    """Where the expectation comes from."""
    says: tuple[str, ...] = ()
    """Patterns that must be found in both streams together, line by line."""
    never: tuple[str, ...] = ()
    """Patterns that must not be found there."""
    exit: int = 0
    silent: bool = False
    """Whether it must print nothing at all."""
    before: tuple[str, ...] = ()
    """Lines that prepare it and must succeed."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Placeholder → command whose output replaces it."""
    then: tuple[tuple[str, str], ...] = ()
    """Lines played afterwards, whatever their exit status, and a pattern that their output must hold."""

    def filled(self, lab: Lab) -> str:
        """The line with its placeholders replaced."""
        line = self.line
        for placeholder, command in self.given.items():
            line = line.replace(placeholder, lab.out(command).strip())
        return line


def check(row: Row, got: Answer) -> None:
    """Hold an answer to its row."""
    assert got.exit == row.exit, f"{row.id} ({row.why})\n{got.both}"
    if row.silent:
        assert got.both == "", f"{row.id} ({row.why})"
    for pattern in row.says:
        assert found(pattern, got), f"{row.id}: {pattern!r} is missing ({row.why})\n{got.both}"
    for pattern in row.never:
        assert not found(pattern, got), f"{row.id}: {pattern!r} must not be there ({row.why})\n{got.both}"


def found(pattern: str, got: Answer) -> bool:
    """Whether a pattern is in an answer."""
    return re.search(pattern, got.both, re.MULTILINE) is not None


def inventory_lines(*sections: str) -> dict[str, str]:
    """Id → the text in backquotes that the inventory gives for it, a continued line joined; none where it is absent."""
    rows = {}
    for line in INVENTORY.read_text(encoding="utf-8").splitlines():
        matched = re.match(rf"\| ([{''.join(sections)}][0-9]{{2}}) \| (?:.*? )??`(.+?)`(?: |$)", line)
        if matched:
            rows[matched[1]] = matched[2].replace("\\|", "|").replace(" \\ ", " ")
    return rows
