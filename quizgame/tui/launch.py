"""Where the app opens, and the terms of what it opens with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

PRACTICE_COUNT = 20


@dataclass(frozen=True, slots=True)
class PracticeTerms:
    """What to practise."""

    domains: tuple[str, ...] = ()
    """Slugs; empty for all."""
    count: int = PRACTICE_COUNT
    due_only: bool = False


@dataclass(frozen=True, slots=True)
class ExamTerms:
    """What kind of exam to sit."""

    questions: int | None = None
    """``None``: the blueprint's number."""
    minutes: int | None = None
    """``None``: the blueprint's time."""
    seed: int | None = None
    """``None``: drawn, and the last exam's questions are left out."""


class Resume(Enum):
    """An attempt under way that the app opens with."""

    PRACTICE = auto()
    EXAM = auto()


Launch = PracticeTerms | ExamTerms | Resume | None
"""``None`` opens the home screen."""
