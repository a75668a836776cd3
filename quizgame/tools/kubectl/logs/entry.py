"""A line of a log, and how Cilium's programs write it."""

from __future__ import annotations

from dataclasses import dataclass

from quizgame.cluster.clock import rfc3339_nano
from quizgame.goflags.quoting import quote


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    at_ns: int
    text: str
    """As the program writes it."""
    component: str = ""
    """Whose it is, for facts; empty: nothing to learn."""
    message: str = ""
    """What it says, without time and details."""


def slog(at_ns: int, level: str, message: str, component: str, **details: object) -> Entry:
    """A line in the text form of Go's ``slog``, as Cilium's programs write since 1.18."""
    # Source: golden kubectl/logs-agent-previous.
    shown = "".join(f" {_value(key.replace('_', '.'))}={_value(str(value))}" for key, value in details.items())
    text = f"time={rfc3339_nano(at_ns)} level={level} msg={_value(message, always=True)}{shown}"
    return Entry(at_ns, text, component, message)


def _value(text: str, *, always: bool = False) -> str:
    needs_quotes = always or not text or any(char in text for char in ' "=') or not text.isprintable()
    return quote(text) if needs_quotes else text
