"""Markdown of packs: formatted, but no link is followed and no control character reaches the terminal."""

from __future__ import annotations

from textual.widgets import Markdown

from quizgame.tui.prose import plain


class PackMarkdown(Markdown):
    """Shows an author's text."""

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002  # Textual names it so
        super().__init__(plain(text), open_links=False, id=id)
