"""One line for news under the terminal; after a while it says again what it says at rest."""

from __future__ import annotations

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

NOTICE_S = 8.0
REST = "tab completes · ↑ older lines · ctrl+r searches · ctrl+c stops · f1 helps"


class Notice(Static):
    """The line."""

    def __init__(self) -> None:
        super().__init__("", id="notice", markup=False)
        self._at_rest = REST
        self._timer: Timer | None = None

    def tell(self, content: Content) -> None:
        """Say something for a while."""
        self.update(content)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(NOTICE_S, self.rest)

    def rest(self, text: str = "") -> None:
        """Say what it says at rest.

        Args:
            text: What that is from now on; empty: as before.
        """
        self._at_rest = text or self._at_rest
        self.update(Content.styled(self._at_rest, "$foreground-muted"))
