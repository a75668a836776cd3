"""Text of packs as content: light Markdown shown, everything else as it stands.

Rules for this file: pure functions of text. Nothing that a pack says is ever markup, a control sequence or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textual.content import Content

CODE_STYLE = "$text-accent"
STRONG_STYLE = "bold"

_TOKEN = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*")
_LIST_ITEM = re.compile(r"(?:[-*]|\d+[.)])\s")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def prose(text: str) -> Content:
    """A running text: its lines joined into paragraphs, `code` and **bold** styled."""
    return inline("\n".join(paragraphs(text)).strip("\n"))


def inline(text: str) -> Content:
    """A text whose lines stay as they are, `code` and **bold** styled."""
    text = plain(text)
    parts: list[str | Content | tuple[str, str]] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts.append(text[end : match.start()])
        code, strong = match.groups()
        parts.append((code, CODE_STYLE) if code is not None else (strong, STRONG_STYLE))
        end = match.end()
    parts.append(text[end:])
    return Content.assemble(*(part for part in parts if part))


def verbatim(text: str) -> Content:
    """An exhibit: every character as it stands, tabs as spaces; blanks at the ends of lines would only scroll."""
    lines = plain(text.rstrip()).split("\n")
    return Content("\n".join(line.rstrip() for line in lines)).expand_tabs(8)


def plain(text: str) -> str:
    """The text with control characters made visible, so that none reaches the terminal."""
    return _CONTROL.sub(lambda match: _picture(match.group()), text)


def paragraphs(text: str) -> Iterator[str]:
    """Lines to show: those of one paragraph joined, items of lists and indented lines apart."""
    current: list[str] = []
    for line in [*text.strip().splitlines(), ""]:
        is_apart = line.startswith((" ", "\t")) or _LIST_ITEM.match(line)
        if current and (is_apart or not line.strip()):
            yield " ".join(current)
            current = []
        if is_apart:
            yield line
        elif line.strip():
            current.append(line.strip())
        else:
            yield ""


def _picture(character: str) -> str:
    """The visible picture of a control character."""
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
