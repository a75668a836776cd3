"""Markdown of packs: formatted, but no link is followed and no control character reaches the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content
from textual.widgets import Markdown

from quizgame.tools.output import Line
from quizgame.tui.prose import plain, prose

_FENCE = "```"
_STYLES = (("**", "\x1b[1m", "\x1b[22m"), ("`", "\x1b[1m", "\x1b[22m"))
"""Sign in Markdown, and how a terminal begins and ends what it stands around."""


class PackMarkdown(Markdown):
    """Shows an author's text."""

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002  # Textual names it so
        super().__init__(plain(text), open_links=False, id=id)


def author_text(text: str) -> Content:
    """An author's text where there is no room for more than paragraphs, lists and code."""
    return prose("\n".join(_without_fences(text)))


def _without_fences(text: str) -> Iterator[str]:
    """Code between fences as indented lines."""
    is_code = False
    for line in text.strip("\n").split("\n"):
        if line.startswith(_FENCE):
            is_code = not is_code
        else:
            yield f"  {line}" if is_code else line


def terminal_lines(lines: Iterable[Line]) -> list[Line]:
    """Lines of the game for the terminal: what Markdown marks is bold, paragraph by paragraph."""
    found: list[Line] = []
    paragraph: list[Line] = []
    for line in [*lines, Line("")]:
        if line.text.strip():
            paragraph.append(line)
            continue
        found += _styled(paragraph)
        paragraph = []
        found.append(line)
    return found[:-1]


def _styled(paragraph: list[Line]) -> list[Line]:
    texts = [plain(line.text) for line in paragraph]
    for sign, begin, end in _STYLES:
        if sum(text.count(sign) for text in texts) % 2:
            continue
        is_on = False
        for place, text in enumerate(texts):
            parts = text.split(sign)
            shown = begin + parts[0] if is_on else parts[0]
            for part in parts[1:]:
                is_on = not is_on
                shown += (begin if is_on else end) + part
            texts[place] = shown + end if is_on else shown
    return [Line(text, line.facts, line.end) for text, line in zip(texts, paragraph, strict=True)]
