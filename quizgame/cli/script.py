"""Lines from options, files and standard input: a line that is not complete takes the next one with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from quizgame.errors import QuizgameError

PROMPT = "$ "
CONTINUATION = "> "
Read = Callable[[str], str | None]
"""Returns the next line for a prompt; ``None`` at the end."""


def whole_lines(read: Read) -> Iterator[str]:
    """Join what belongs together: open quotes, loops, and here-documents with their bodies."""
    from quizgame.tools.shell.parser import needs_more

    pending = ""
    while (line := read(CONTINUATION if pending else PROMPT)) is not None:
        pending = f"{pending}\n{line}" if pending else line
        if not needs_more(pending):
            yield pending
            pending = ""
    if pending:
        yield pending


def script_lines(name: str) -> list[str]:
    """The lines of a script; empty ones and comments are left out.

    Args:
        name: A file; ``-`` is standard input.

    Raises:
        QuizgameError: it cannot be read.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise QuizgameError(f"cannot read: {error.strerror}", source=name) from error
    except UnicodeDecodeError as error:
        raise QuizgameError("not UTF-8: save the file as UTF-8", source=name) from error
    rest = iter(text.splitlines())
    whole = whole_lines(lambda _prompt: next(rest, None))
    return [line for line in whole if line.strip() and not line.lstrip().startswith("#")]


def read_piped(_prompt: str) -> str | None:
    """The next line of standard input that is no terminal."""
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def read_typed(prompt: str) -> str | None:
    """The next line that a person types, with editing and history."""
    import readline  # noqa: F401  # importing it gives input() its line editing and history

    try:
        return input(prompt)
    except EOFError:
        sys.stdout.write("\n")
        return None
    except KeyboardInterrupt:
        sys.stdout.write("\n")
        return ""
