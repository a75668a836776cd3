"""A text to be typed."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from quizgame.game.quiz.items import Response
from quizgame.tui.answers.area import AnswerArea

PAUSE_S = 0.6
"""Typing that rests this long is proposed as the answer."""


class Blank(AnswerArea):
    """One line of input."""

    @property
    def draft(self) -> Response:
        """What is typed."""
        typed = self.query_one(Input).value if self.is_mounted else ""
        return (typed,) if typed.strip() else ()

    @property
    def hint(self) -> str:
        """What to do."""
        return "Type the answer, then enter"

    def compose(self) -> ComposeResult:
        """The input."""
        yield Input(self.response[0] if self.response else "", placeholder="type here", select_on_focus=False)

    def focus(self, scroll_visible: bool = True) -> Blank:
        """Focus the input."""
        self.query_one(Input).focus(scroll_visible)
        return self

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.set_timer(PAUSE_S, lambda typed=event.value: self._rested(typed))

    def _rested(self, typed: str) -> None:
        """Propose what was typed unless more was typed since."""
        if self.is_attached and self.query_one(Input).value == typed and self.draft != self.response:
            self.post_message(self.Proposed(self.draft))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.draft != self.response:
            self.post_message(self.Proposed(self.draft))
        self.finish()
