"""The last page of a game: what it came to, why, and what there was to learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalGroup, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from quizgame.tui.launch import PracticeTerms
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.scenario.games.game import LastPage, Section
from quizgame.tui.scenario.ledger import Ledger
from quizgame.tui.scenario.markdown import PackMarkdown
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar

QUESTIONS = 10
"""So many questions on the same competencies are practised from here."""


class DebriefScreen(Page[None]):
    """What an attempt ends with.

    Args:
        page: All that is told.
        where: What the top line says.
        competencies: What was trained.
    """

    CSS_PATH = "debriefing.tcss"
    HELP = (
        "What it came to and why. Back at the terminal the clusters are still there: **why** tells what decided about "
        "a flow, **what-if** which flows a manifest would change. Practising asks questions on what was trained here; "
        "leaving it leads back to this page."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,escape", "back", "Terminal", id="debrief.terminal", key_display="t",
                tooltip="Back to the terminal, where why and what-if are open now"),
        Binding("p", "practise", "Practise", id="debrief.practise",
                tooltip="Answer questions on the same competencies; leaving them leads back here"),
        Binding("h,q", "home", "Home", id="debrief.home", key_display="h", tooltip="Leave everything above home"),
    ]  # fmt: skip

    def __init__(self, page: LastPage, where: str, competencies: tuple[str, ...]) -> None:
        super().__init__()
        self._page = page
        self._where = where
        self._competencies = competencies

    def compose(self) -> ComposeResult:
        """The verdict first, what was typed last."""
        page = self._page
        yield TopBar(f"{self._where} › Debrief")
        with VerticalScroll(id="debrief"):
            yield Static(page.verdict, id="verdict", classes="-pass" if page.is_good else "-fail", markup=False)
            for section in page.sections:
                yield Static(section.title, classes="heading", markup=False)
                yield Ledger(section.entries)
            yield Static("What there was to learn", classes="heading", markup=False)
            yield PackMarkdown(page.lesson, id="lesson")
            if page.ways:
                yield from _ways(page.ways)
        yield KeyBar()

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one("#debrief").focus()

    def action_practise(self) -> None:
        """Ask questions on what was trained, above this page."""
        self.quiz.open_practice(PracticeTerms(count=QUESTIONS, competencies=self._competencies))

    def action_home(self) -> None:
        """Leave everything above the home screen."""
        self.quiz.go_home()


def _ways(ways: tuple[Section, ...]) -> Iterator[Widget]:
    yield Static("Your way, and an expert's", classes="heading", markup=False)
    with Horizontal(id="ways"):
        for way in ways:
            with VerticalGroup(classes="way") as group:
                group.border_title = plain(way.title)
                yield Ledger(way.entries)
