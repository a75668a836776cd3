"""Where printed records go, each with the record that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from quizgame.hubble.observer import GetFlowsResponse


class Sink(Protocol):
    """Takes text as it is printed; a text is one or more whole lines with their newlines."""

    @property
    def wants_records(self) -> bool:
        """Whether the records matter; if not, what is printed late need not keep them in memory."""

    def out(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Take text for stdout; `response` is what it shows, ``None`` for headers and answers without flows."""

    def err(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Take text for stderr."""

    def flush(self) -> None:
        """Called when the reader would wait, and at the end."""


class StreamSink:
    """Writes to two binary streams; what is shown does not matter.

    Args:
        stdout: Gets the results.
        stderr: Gets the messages.
    """

    def __init__(self, stdout: BinaryIO, stderr: BinaryIO) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._pending: list[str] = []

    @property
    def wants_records(self) -> bool:
        """Streams show text alone."""
        return False

    def out(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Keep text until the next flush."""
        self._pending.append(text)

    def err(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Write text at once, after what was printed before it."""
        self.flush()
        self._stderr.write(text.encode(errors="surrogateescape"))
        self._stderr.flush()

    def flush(self) -> None:
        """Write what is pending."""
        if self._pending:
            self._stdout.write("".join(self._pending).encode(errors="surrogateescape"))
            self._pending.clear()
        self._stdout.flush()


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line on the screen, without its newline."""

    text: str
    to_stderr: bool
    response: GetFlowsResponse | None
    """The record that the line belongs to."""


@dataclass(slots=True)
class RecordingSink:
    """Keeps every printed line with the record that it shows."""

    lines: list[PrintedLine] = field(default_factory=list)

    @property
    def wants_records(self) -> bool:
        """Every line is kept with its record."""
        return True

    def out(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Keep lines of stdout."""
        self._keep(text, False, response)

    def err(self, text: str, response: GetFlowsResponse | None = None) -> None:
        """Keep lines of stderr."""
        self._keep(text, True, response)

    def flush(self) -> None:
        """Nothing is ever pending."""

    @property
    def stdout(self) -> str:
        """Everything printed to stdout."""
        return "".join(line.text + "\n" for line in self.lines if not line.to_stderr)

    @property
    def stderr(self) -> str:
        """Everything printed to stderr."""
        return "".join(line.text + "\n" for line in self.lines if line.to_stderr)

    def _keep(self, text: str, to_stderr: bool, response: GetFlowsResponse | None) -> None:
        self.lines += [PrintedLine(line, to_stderr, response) for line in text.removesuffix("\n").split("\n")]
