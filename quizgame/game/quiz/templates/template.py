"""What a template is: a generator of questions, one variant a seed.

Rules for this file: it imports no simulator, so that a bank with its templates loads as fast as one without.
"""

from __future__ import annotations

from dataclasses import dataclass

from quizgame.content.library import VARIANT_SEPARATOR
from quizgame.content.questions import Difficulty

VARIANT_SEEDS = 2**31
"""How many variants of a template runs and exams choose from."""


@dataclass(frozen=True, slots=True)
class Template:
    """A generator, before it has made anything."""

    id: str
    """Stable and unique over templates and bank."""
    domain: str
    competency: str
    difficulty: Difficulty
    maker: str
    """``module:function`` in this package; the function takes the dice and returns a draft."""
    sources: tuple[str, ...]
    tags: tuple[str, ...] = ()
    needs_cluster: bool = False
    """Whether a variant runs commands in a simulated cluster, which takes tenths of seconds instead of milliseconds."""


def variant_id(template: str, seed: int) -> str:
    """The id of a variant."""
    return f"{template}{VARIANT_SEPARATOR}{seed}"


def split_id(name: str) -> tuple[str, int] | None:
    """The template and the seed of a variant's id; ``None`` for the id of a question in a pack."""
    template, separator, seed = name.partition(VARIANT_SEPARATOR)
    return (template, int(seed)) if separator and seed.isdecimal() else None


def subject_of(name: str) -> str:
    """What an answer is a memory of: all variants of a template are one subject, any other question is its own."""
    return name.partition(VARIANT_SEPARATOR)[0]
