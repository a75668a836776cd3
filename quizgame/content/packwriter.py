"""Writes question packs as the YAML that an author would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from quizgame.content.model import API_VERSION

COLUMNS = 110


class _Dumper(yaml.SafeDumper):
    """Block scalars for text of several lines, lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def pack_text(domain: str, questions: Sequence[Mapping[str, Any]], comments: Sequence[str] = ()) -> str:
    """The text of a pack.

    Args:
        domain: Its domain.
        questions: Plain data, in the format's keys and in the order in which keys shall stand.
        comments: Lines to put above it.
    """
    data = {"apiVersion": API_VERSION, "kind": "Questions", "domain": domain, "questions": list(questions)}
    body = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=COLUMNS)
    return "".join(f"# {line}\n" for line in comments) + body
