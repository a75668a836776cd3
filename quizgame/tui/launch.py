"""Where the app opens, and the terms of what it opens with."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from quizgame.cluster.world import World
    from quizgame.content.scenarios import ScenarioSource
    from quizgame.game.quiz.focus import Focus

PRACTICE_COUNT = 20
PRACTICE_A_MINUTE = 6
"""More questions than a run by minutes can need: one is read and answered in ten seconds at least."""


def _any() -> Focus:
    from quizgame.game.quiz.focus import Focus  # the first paint does without it

    return Focus.ANY


@dataclass(frozen=True, slots=True)
class PracticeTerms:
    """What to practise."""

    domains: tuple[str, ...] = ()
    """Slugs; empty for all."""
    count: int = PRACTICE_COUNT
    due_only: bool = False
    focus: Focus = field(default_factory=_any)
    minutes: int | None = None
    """How long on the wall clock; ``None``: as long as the questions last."""
    competencies: tuple[str, ...] = ()
    """Slugs; empty for all."""
    or_resume: bool = False
    """Whether to go on with the run under way instead, where there is one."""


@dataclass(frozen=True, slots=True)
class ExamTerms:
    """What kind of exam to sit."""

    questions: int | None = None
    """``None``: the blueprint's number."""
    minutes: int | None = None
    """``None``: the blueprint's time."""
    seed: int | None = None
    """``None``: drawn, and the last exam's questions are left out."""


@dataclass(frozen=True, slots=True)
class PlayTerms:
    """Which scenario or lab to play."""

    scenario: str
    """Its id."""
    seed: int | None = None
    """``None``: that of the attempt under way, else drawn."""
    source: ScenarioSource | None = None
    """Where it was loaded from a file; ``None``: found by its id."""
    is_continued: bool = False
    """Whether to go on at once with the attempt under way, without a briefing first."""


@dataclass(frozen=True, slots=True)
class FreeTerms:
    """Which free cluster to open."""

    clusters: int = 1
    build: Callable[[], World] | None = None
    """Makes its world; ``None``: as many clusters as `kind` and `cilium install` leave behind."""


@dataclass(frozen=True, slots=True)
class PreviewTerms:
    """Which questions to preview."""

    path: Path
    """The pack file."""
    question: str | None = None
    """Where to begin; ``None``: with the first."""


class Resume(Enum):
    """An attempt under way that the app opens with."""

    PRACTICE = auto()
    EXAM = auto()


Launch = PracticeTerms | ExamTerms | PlayTerms | PreviewTerms | Resume | None
"""``None`` opens the home screen."""
