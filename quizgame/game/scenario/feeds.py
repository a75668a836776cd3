"""What reaches a running command from outside the simulation: edited texts, and the instant of an interruption.

Both are recorded with the line, so that a replay gives the command the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from quizgame.tools.output import Line
from quizgame.tools.session import Session

EditText = Callable[[str, str], str | None]
Stream = Callable[[Sequence[Line]], bool]


class Feeds:
    """Stands between a session and the screen: notes what the screen gives, or gives what was noted."""

    def __init__(self) -> None:
        self.streamed: list[Line] = []
        """Lines that the present command showed at once."""
        self._session: Session | None = None
        self._edit: EditText | None = None
        self._stream: Stream | None = None
        self._edits: list[str | None] = []
        self._shows = 0
        self._interrupted_at: int | None = None
        self._recorded: dict[str, Any] | None = None

    def attach(self, session: Session) -> None:
        """Serve a session."""
        self._session = session

    def use_screen(self, *, width: int, edit_text: EditText | None, stream: Stream | None) -> None:
        """Let a screen take part.

        Args:
            width: Its columns.
            edit_text: Opens an editor: name and text in, the new text out, ``None`` if cancelled.
            stream: Shows lines at once; returns ``False`` once the learner has interrupted.
        """
        if self._session is None:
            return
        self._session.width = width
        self._edit, self._stream = edit_text, stream
        self._session.is_screen = stream is not None
        self._session.edit_text = self._edit_text if edit_text is not None else None
        self._session.stream = self._show if stream is not None else None

    def begin(self) -> None:
        """Start a new line."""
        self.streamed = []
        self._edits, self._shows, self._interrupted_at = [], 0, None

    def fed(self) -> dict[str, Any]:
        """What the present line was given, as JSON values; empty where nothing."""
        noted: dict[str, Any] = {}
        if self._edits:
            noted["edits"] = list(self._edits)
        if self._shows:
            noted["shows"] = self._shows
            noted["interrupted_at"] = self._interrupted_at
        return noted

    @contextmanager
    def replaying(self, recorded: dict[str, Any]) -> Iterator[None]:
        """Give a line what was recorded for it."""
        self.begin()
        session = self._session
        if session is None:
            raise RuntimeError("feeds without a session")
        before = (session.is_screen, session.edit_text, session.stream)
        self._recorded = recorded
        session.is_screen = "shows" in recorded or session.is_screen
        session.stream = self._show if "shows" in recorded else session.stream
        session.edit_text = self._edit_text if "edits" in recorded else session.edit_text
        try:
            yield
        finally:
            self._recorded = None
            session.is_screen, session.edit_text, session.stream = before

    def _edit_text(self, name: str, text: str) -> str | None:
        if self._recorded is not None:
            edits = self._recorded.get("edits", [])
            edited = edits[len(self._edits)] if len(self._edits) < len(edits) else None
        else:
            edited = self._edit(name, text) if self._edit is not None else None
        self._edits.append(edited)
        return edited

    def _show(self, lines: Sequence[Line]) -> bool:
        self.streamed.extend(lines)
        self._shows += 1
        if self._recorded is not None:
            stop_at = self._recorded.get("interrupted_at")
            goes_on = stop_at is None or self._shows < stop_at
        else:
            goes_on = self._stream(lines) if self._stream is not None else True
        if not goes_on and self._interrupted_at is None:
            self._interrupted_at = self._shows
        return goes_on
