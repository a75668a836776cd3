"""What all pack formats share: the strict base model and the types of text in them."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

API_VERSION = "quizgame/v1"

# Everything that could move a cursor, ring a bell or turn text around: C0 without tab and line feed, DEL and C1, and
# the bidirectional overrides.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class PackModel(BaseModel):
    """A part of a pack: unknown keys are errors and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    noun: ClassVar[str] = "mapping"
    """What error messages call one of these."""


class PlacedError(ValueError):
    """What a validator of a whole mapping complains of, when one part of it is to blame.

    Args:
        message: What is wrong.
        path: Where, from that mapping on.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def _without_control_characters(text: str) -> str:
    # Whether all is printable is found out far faster than by a search, and what is printable holds none of them.
    plain = text.replace("\n", "").replace("\t", "")
    found = None if plain.isprintable() else _CONTROL.search(text)
    if found is None:
        return text
    raise ValueError(f"control character U+{ord(found.group()):04X} in text: remove it")


def _one_line(text: str) -> str:
    if not text.isprintable() and "\n" in _without_control_characters(text):
        raise ValueError("expected one line of text")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_without_control_characters)]
"""Text of any number of lines, without control characters; markup in it is shown as it stands."""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    AfterValidator(_one_line),
]
"""One line of text."""

Slug = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=1, max_length=80, strip_whitespace=False)
]
"""A stable name: lower-case letters, digits and single hyphens."""
