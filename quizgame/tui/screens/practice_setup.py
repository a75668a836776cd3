"""What to practise: domains, how many questions, only what is due or new ones too."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from quizgame.game.quiz.focus import Focus
from quizgame.tui.launch import PRACTICE_A_MINUTE, PRACTICE_COUNT, PracticeTerms
from quizgame.tui.meters import counted
from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.widgets.topbar import TopBar

FOCUS_NAMES = {
    Focus.SURE_AND_WRONG: "sure and wrong last time",
    Focus.WEAK: "where you stand below the pass mark",
    Focus.CONFUSED: "what you took for something else",
}
COUNTS = (5, 10, 20, 40, 60)


class PracticeSetupScreen(Page[None]):
    """Chooses the terms of a practice run."""

    CSS_PATH = "practice_setup.tcss"
    HELP = (
        "Space chooses domains; none chosen means all. Questions that are due come first, then new ones and those you "
        "are likeliest to have forgotten, more of them where the exam weighs more and you know less."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", id="setup.begin", tooltip="Begin with these terms", priority=True),
        Binding(
            "space", "toggle_domain", "Choose", id="setup.toggle", tooltip="Choose the domain, or not", priority=True
        ),
        Binding("a", "all", "All", id="setup.all", tooltip="Choose no domain, which means all"),
        Binding("right,plus", "count(1)", "More", id="setup.more", key_display="→", tooltip="More questions"),
        Binding("left,minus", "count(-1)", "Fewer", id="setup.fewer", key_display="←", tooltip="Fewer questions"),
        Binding("f", "next_focus", "Focus", id="setup.focus", tooltip="All, sure and wrong, weak, or confused"),
        Binding("m", "minutes", "Minutes", id="setup.minutes", tooltip="So many minutes, or so many questions"),
        Binding("d", "due", "Only due", id="setup.due", tooltip="Only what is due, or new questions too"),
    ]

    chosen: reactive[frozenset[str]] = reactive(frozenset(), init=False)
    count: reactive[int] = reactive(PRACTICE_COUNT, init=False)
    due_only: reactive[bool] = reactive(False, init=False)
    focus_on: reactive[Focus] = reactive(Focus.ANY, init=False)
    by_minutes: reactive[bool] = reactive(False, init=False)

    def compose(self) -> ComposeResult:
        """The domains, and the terms under them."""
        yield TopBar("Practice › What to practise")
        with VerticalScroll(id="setup", can_focus=False):
            yield Static("Domains", classes="heading", markup=False)
            yield Menu(id="domains-menu")
            yield Static("", id="terms", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the domains."""
        self._refresh()
        self.query_one(Menu).focus()

    def _refresh(self) -> None:
        workspace = self.quiz.workspace
        if workspace is None:
            return
        counts = workspace.domain_counts()
        self.query_one(Menu).entries = tuple(
            Entry(
                domain.id,
                f"{'■' if domain.id in self.chosen else '□'} {domain.title}",
                f"{counted(counts.get(domain.id, 0), 'question')} · weight {domain.weight:>2} %",
            )
            for domain in workspace.blueprint.domains
        )
        named = len(self.chosen) or "all"
        what = "only what is due" if self.due_only else "due first, then new and weak"
        if self.focus_on is not Focus.ANY:
            what = f"{FOCUS_NAMES[self.focus_on]}{', only what is due' if self.due_only else ''}"
        number = counted(self.count, "minute" if self.by_minutes else "question")
        self.query_one("#terms", Static).update(
            Content.assemble(
                ("◂ ", "bold $primary"), (number, "bold"), (" ▸", "bold $primary"),
                (f"   {named} domains · {what}", "$foreground-muted"),
            )
        )  # fmt: skip

    def watch_chosen(self) -> None:
        """Show it."""
        self._refresh()

    def watch_count(self) -> None:
        """Show it."""
        self._refresh()

    def watch_due_only(self) -> None:
        """Show it."""
        self._refresh()

    def watch_focus_on(self) -> None:
        """Show it."""
        self._refresh()

    def watch_by_minutes(self) -> None:
        """Show it."""
        self._refresh()

    @on(Menu.Chosen)
    def _clicked(self, event: Menu.Chosen) -> None:
        self.chosen ^= {event.name}

    def action_toggle_domain(self) -> None:
        """Choose the domain under the cursor, or not."""
        self.query_one(Menu).action_choose()

    def action_all(self) -> None:
        """No domain chosen is all of them."""
        self.chosen = frozenset()

    def action_count(self, by: int) -> None:
        """Take the next number of questions."""
        place = COUNTS.index(self.count) if self.count in COUNTS else COUNTS.index(PRACTICE_COUNT)
        self.count = COUNTS[max(0, min(place + by, len(COUNTS) - 1))]

    def action_due(self) -> None:
        """Only what is due, or not only."""
        self.due_only = not self.due_only

    def action_next_focus(self) -> None:
        """The next focus."""
        every = list(Focus)
        self.focus_on = every[(every.index(self.focus_on) + 1) % len(every)]

    def action_minutes(self) -> None:
        """Count minutes, or questions."""
        self.by_minutes = not self.by_minutes

    def action_begin(self) -> None:
        """Begin in place of this screen."""
        self.app.pop_screen()
        minutes = self.count if self.by_minutes else None
        count = self.count * (PRACTICE_A_MINUTE if self.by_minutes else 1)
        self.quiz.open_practice(PracticeTerms(tuple(sorted(self.chosen)), count, self.due_only, self.focus_on, minutes))
