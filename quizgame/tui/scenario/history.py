"""The lines typed before, and the place among them while the learner goes through them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 1000


class History:
    """Lines, the oldest first.

    Args:
        lines: What was typed in an earlier session.
    """

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self.lines: list[str] = []
        self._place = 0
        self._draft = ""
        for line in lines:
            self.add(line)

    def add(self, line: str) -> None:
        """Note a line that was run, and go back to the end; a repetition of the last one is not kept."""
        if line.strip() and self.lines[-1:] != [line]:
            self.lines = [*self.lines[-LONGEST + 1 :], line]
        self._place = len(self.lines)
        self._draft = ""

    def step(self, by: int, typed: str) -> str | None:
        """Go to an older (-1) or newer (1) line.

        Args:
            by: Which way.
            typed: What stands at the prompt; kept as the draft that follows the newest line.

        Returns:
            The line to show; ``None`` where there is none that way.
        """
        place = self._place + by
        if not 0 <= place <= len(self.lines):
            return None
        if self._place == len(self.lines):
            self._draft = typed
        self._place = place
        return self._draft if place == len(self.lines) else self.lines[place]

    def find(self, wanted: str, skip: int = 0) -> str | None:
        """The newest line that holds a text, after skipping so many different ones; ``None`` if there is none."""
        if not wanted:
            return None
        found = list(dict.fromkeys(line for line in reversed(self.lines) if wanted in line))
        return found[skip] if skip < len(found) else None
