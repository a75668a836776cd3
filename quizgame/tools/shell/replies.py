"""How builtins print, refuse and complain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quizgame.tools.output import NOT_SIMULATED, lines, not_simulated
from quizgame.tools.shell.state import Streams

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell

NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_@%+=:,./-]")


def print_text(streams: Streams, text: str) -> int:
    """Write text on standard output; returns 0."""
    streams.stdout.write(lines(text))
    return 0


def refuse(streams: Streams, name: str) -> int:
    """Refuse something real that is not simulated; returns the status."""
    streams.stderr.write(not_simulated(name).stderr)
    return NOT_SIMULATED


def invalid_option(shell: Shell, streams: Streams, name: str, option: str, usage: str) -> int:
    """Report an option that a builtin does not have, as bash does; returns the status."""
    shell.complain(streams, f"{name}: {option[:2]}: invalid option", 2)
    streams.stderr.write(lines(f"{name}: usage: {usage}\n"))
    return 2


def quote(text: str) -> str:
    """Quote for the shell where it is needed, as ``set`` and ``alias`` print values."""
    return "'" + text.replace("'", "'\\''") + "'" if NEEDS_QUOTES.search(text) else text
