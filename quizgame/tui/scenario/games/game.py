"""A game at the workstation, as the screens see it.

Rules for this file: what differs from one game to another is asked of a `Game`; no screen knows which one it shows.
Functions of pictures are pure, and run on the event loop; what takes an attempt runs on the world's thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.content import Content

from quizgame.tui.meters import clock, counted
from quizgame.tui.scenario.ledger import Entry
from quizgame.tui.scenario.picture import Picture

if TYPE_CHECKING:
    from quizgame.game.scenario.steps import StepView
    from quizgame.game.scenario.workstation import LineResult

Seen = TypeVar("Seen", bound=Picture)
MUTED = "$foreground-muted"
GOOD = Content.styled("✓", "bold $text-success")
BAD = Content.styled("✗", "bold $text-error")


@dataclass(frozen=True, slots=True)
class Pane:
    """One of the panes beside the terminal."""

    name: str
    title: str
    key: str
    grows_down: bool = False
    """Whether what is new stands at its end."""


@dataclass(frozen=True, slots=True)
class News:
    """What to say of a line that has run."""

    said: tuple[Content, ...] = ()
    panes: tuple[str, ...] = ()
    """The panes that hold it."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is asked before something is done."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the learner is asked to choose from."""

    title: str
    note: str
    """What is to be known of it, in a few words."""
    ask: str
    view: StepView
    """The step or task, with its choices."""
    warning: Content
    """A line under the choices."""
    has_confidence: bool
    """Whether it is asked how sure one is, and several options may be marked."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the last page."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class LastPage:
    """What is shown at the end."""

    verdict: Content
    is_good: bool
    sections: tuple[Section, ...]
    lesson: str
    """The author's words; Markdown."""
    ways: tuple[Section, ...] = ()
    """What was typed, beside what others would have typed."""


class Game(ABC, Generic[Seen]):
    """One kind of game."""

    kind: ClassVar[str]
    """``scenario``, ``lab`` or ``free``."""
    word: ClassVar[str]
    """With what the top line begins."""
    help: ClassVar[str]
    """What the help of the play screen says."""
    panes: ClassVar[tuple[Pane, ...]]
    offers: ClassVar[frozenset[str]] = frozenset()
    """Actions of the play screen that there are in it at all."""
    welcome: ClassVar[str]
    judging: ClassVar[str] = ""
    """What the line of news says while the end is judged, where that takes a while."""
    rest_over: ClassVar[str] = ""
    """What the line of news says once it is over."""

    @abstractmethod
    def picture(self, attempt: Any) -> Seen:
        """How everything stands; on the world's thread."""

    @abstractmethod
    def entries(self, picture: Seen, *, is_brief: bool) -> Mapping[str, Sequence[Entry]]:
        """What the panes show, by name.

        Args:
            picture: How things stand.
            is_brief: Whether all panes stand beside the terminal, so that each has little room.
        """

    def terms(self, exercise: Any) -> Content:
        """What the briefing says of what there is to do."""
        return Content("")

    def so_far(self, picture: Seen) -> str:
        """How far one has come, in a few words."""
        return counted(picture.lines, "line")

    def figures(self, picture: Seen) -> Mapping[str, str]:
        """What stands beside the titles of panes, by name."""
        return {}

    def status(self, picture: Seen, *, is_wide: bool) -> Content:
        """The right end of the top line."""
        return Content.styled(clock(timedelta(seconds=int(picture.elapsed_s))), "bold")

    def news(self, result: LineResult, picture: Seen) -> News:
        """What to say of a line that has run.

        Args:
            result: What it did.
            picture: How things stand after it.
        """
        return News()

    def can(self, action: str, picture: Seen) -> bool:
        """Whether an action that there is makes sense now."""
        return True

    def question(self, picture: Seen) -> Question | None:
        """What is to be answered now; ``None`` where nothing is."""
        return None

    def hint_warning(self, picture: Seen) -> Confirmation | None:
        """What is asked before a hint is given; ``None`` where it costs nothing."""
        return None

    def end_warning(self, picture: Seen) -> Confirmation:
        """What is asked before the end."""
        return Confirmation("End?", "")

    def leave_warning(self, picture: Seen) -> Confirmation | None:
        """What is asked before the screen is left; ``None`` where everything is kept."""
        return None

    def opens_last_page(self, result: LineResult) -> bool:
        """Whether the last page is shown at once after the line that was the end."""
        return True

    def last_page(self, attempt: Any) -> LastPage:
        """What is shown at the end; on the world's thread.

        Raises:
            ValueError: It has no end.
        """
        raise ValueError(f"a {self.kind} has no last page")


def time_of(picture: Picture, *, is_wide: bool) -> Content:
    """Simulated time beside the time that was meant for it."""
    elapsed = clock(timedelta(seconds=int(picture.elapsed_s)))
    is_late = picture.elapsed_s > picture.minutes * 60
    over = " over time" if is_late and is_wide else ""
    return Content.assemble(
        (elapsed, "bold $text-warning" if is_late else "bold"),
        (f" of {picture.minutes} min{over}", "$text-warning" if is_late else MUTED),
    )
