"""Describing any object from its structure alone, as kubectl does with custom resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from quizgame.tools.kubectl.describe.events import write_events
from quizgame.tools.kubectl.describe.writer import Page
from quizgame.tools.kubectl.formats.tree import Path, scalar_text
from quizgame.tools.kubectl.shown import value_facts

_SKIPPED: frozenset[Path] = frozenset(
    ("metadata", key) for key in ("name", "namespace", "labels", "annotations", "managedFields")
)
_ACRONYMS = frozenset(("API", "URL", "UID", "OSB", "GUID"))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+")


def smart_label(key: str) -> str:
    """``endpointSelector`` → ``Endpoint Selector``; keys with other characters than letters and ``-`` stay."""
    # Source: kubectl pkg/describe smartLabelFor.
    if re.search(r"[^A-Za-z-]", key):
        return key
    words = _WORDS.findall(key)
    return " ".join(word.upper() if word.upper() in _ACRONYMS else word.capitalize() for word in words)


def describe_generic(page: Page) -> None:
    """Write the whole object."""
    page.head()
    page.marks()
    _content(page, 0, page.node, ())
    write_events(page)


def _content(page: Page, level: int, content: Mapping[str, Any], path: Path) -> None:
    # Source: kubectl pkg/describe printUnstructuredContent.
    for key in sorted(content):
        here = (*path, key)
        value = content[key]
        if here in _SKIPPED:
            continue
        title = smart_label(key)
        if isinstance(value, Mapping):
            page.write(level, f"{title}:")
            _content(page, level + 1, value, here)
        elif isinstance(value, list):
            page.write(level, f"{title}:")
            for place, child in enumerate(value):
                if isinstance(child, Mapping):
                    _content(page, level + 1, child, (*here, place))
                else:
                    facts = value_facts(page.view, page.node, (*here, place), child)
                    page.write(level + 1, scalar_text(child), facts)
        else:
            page.field(level, title, scalar_text(value), here, value)
