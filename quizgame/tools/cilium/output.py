"""Formats that several commands share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from quizgame.tools.cilium.call import BareFailure, Call
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line, lines

FORMATS = ("json", "summary")
"""What most commands print."""


def check_output(call: Call, known: Sequence[str]) -> str:
    """The format that was asked for.

    Raises:
        BareFailure: it is none of those known.
    """
    form = call.flags.text("output")
    if form not in known:
        raise BareFailure(f"invalid output format: {form}")
    return form


def json_lines(value: Any, indent: int, facts: tuple[Fact, ...] = ()) -> list[Line]:
    """A value as JSON, each line with the facts."""
    return lines(json.dumps(value, indent=indent, ensure_ascii=False) + "\n", facts)
