"""What one run of a ``cilium-dbg`` command has at hand, and how it fails. Source: reference cilium-dbg, section 2."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from quizgame.goflags.flagset import Flag, FlagSet
from quizgame.goflags.tabwriter import align
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.tools.pod.context import PodContext


SOCKET_PROBLEM = "dial unix /var/run/cilium/cilium.sock: connect: no such file or directory"
"""Why a tool cannot reach an agent that does not serve."""


class DbgError(Exception):
    """The command ends with ``Error: MESSAGE``.

    Args:
        message: Without ``Error:``.
        exit_status: Its exit status.
        stdout: What it printed before (a help page).
    """

    def __init__(self, message: str, exit_status: int = 1, stdout: str = "") -> None:
        super().__init__(message)
        self.result = Result(stdout=lines(stdout), stderr=lines(f"Error: {message}\n"), exit=exit_status)


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a command on one node's agent."""

    agent: Agent
    context: PodContext
    flags: FlagSet
    args: Sequence[str]
    help_text: str
    """The command's help page, for calls without a needed argument."""
    stdin: Sequence[Line] = ()

    @property
    def cluster(self) -> str:
        """The cluster's context, as facts name it."""
        return self.agent.context

    def need_agent(self, prefix: str, url: str, *, has_hint: bool = True, ends: str = "") -> None:
        """End the command unless the agent answers.

        Args:
            prefix: What the message says before the problem: ``Cannot get policy: ``.
            url: The path asked for.
            has_hint: Whether the command asks if the agent runs.
            ends: What the message ends with, besides the end of its line.

        Raises:
            DbgError: if it does not.
        """
        if not self.agent.is_serving:
            hint = "\nIs the agent running?" if has_hint else ""
            raise DbgError(f'{prefix}Get "http://localhost{url}": {SOCKET_PROBLEM}{hint}{ends}')

    def only_json(self) -> None:
        """End the command unless the output that was asked for is JSON."""
        wants_json(self)

    def confirms(self) -> bool:
        """Whether the next line of the input is ``y``, as the tool's questions want it."""
        return bool(self.stdin) and self.stdin[0].text.strip() == "y"


Run = Callable[[Call], Result]


@dataclass(frozen=True, slots=True)
class Sub:
    """One command of the tree."""

    path: str
    """``endpoint list``."""
    use: str
    """The last word and its arguments, as the usage line shows them."""
    short: str
    run: Run
    flags: Callable[[], list[Flag]] = field(default=list)
    aliases: tuple[str, ...] = ()
    long: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; a cell of several lines takes several lines."""

    cells: tuple[str | Sequence[str], ...]
    facts: tuple[Fact, ...] = ()
    further_cells: int = 0
    """How many cells its lines after the first have, where they have fewer; 0: as many as the first."""


class Trailing(Enum):
    """Which lines of a table end in a tab, so that their last column is padded as well."""

    NONE = "none"
    ROWS = "rows"
    ALL = "rows and header"


def table(head: Iterable[Sequence[str]], rows: Iterable[Row], trailing: Trailing = Trailing.NONE) -> list[Line]:
    """Set rows as the tool's tabwriter does (minimum width 5, padding 3).

    Args:
        head: Header lines.
        rows: The rows; the facts of a row stand on each of its lines.
        trailing: Which lines end in a tab.
    """
    texts: list[list[str]] = []
    facts: list[tuple[Fact, ...]] = []
    for line in head:
        texts.append([*line, ""] if trailing is Trailing.ALL else [*line])
        facts.append(())
    for row in rows:
        columns = [[cell] if isinstance(cell, str) else list(cell) or [""] for cell in row.cells]
        for number in range(max(map(len, columns))):
            cells = [column[number] if number < len(column) else "" for column in columns]
            if number and row.further_cells:
                texts.append(cells[: row.further_cells])
            else:
                texts.append(cells if trailing is Trailing.NONE else [*cells, ""])
            facts.append(row.facts)
    shown = align(texts, min_width=5, tab_width=0, padding=3)
    return [Line(text, known) for text, known in zip(shown.split("\n"), facts, strict=False)]


def as_json(value: Any, facts: tuple[Fact, ...] = ()) -> list[Line]:
    """Print JSON as the tool does: two spaces, and an empty line after it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for letter in "&<>":  # Source: Go encoding/json escapes what HTML would not bear.
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return [*lines(f"{text}\n", facts), Line("")]


JSON_PATH = "jsonpath="


def wants_json(call: Call) -> bool:
    """Whether an output other than the tool's own was asked for; all others are made of JSON.

    Raises:
        DbgError: for forms that there are not.
    """
    form = call.flags.text("output")
    if form in ("", "json", "yaml") or form.startswith(JSON_PATH):
        return bool(form)
    raise DbgError("couldn't find output printer")
