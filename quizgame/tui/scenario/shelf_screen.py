"""The list of scenarios and labs: what each is about, how hard, how long, and how far the learner came."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from quizgame.tui.launch import PlayTerms
from quizgame.tui.meters import counted
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.scenario.shelf import ShelfEntry
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.widgets.topbar import TopBar


class ShelfScreen(Page[None]):
    """Chooses a scenario or a lab."""

    CSS_PATH = "shelf_screen.tcss"
    HELP = (
        "Labs lead through something that works, task by task; scenarios are broken clusters to repair. Each is one "
        "of a family: names and places differ from attempt to attempt, the lesson does not."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Back", id="shelf.back", key_display="esc", tooltip="Back home"),
    ]

    def compose(self) -> ComposeResult:
        """The list."""
        yield TopBar("Broken clusters and labs")
        with VerticalScroll(id="shelf", can_focus=False):
            yield Menu(id="shelf-menu")
            yield Static("", id="shelf-note", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Choose at once."""
        self.query_one(Menu).focus()

    def on_screen_resume(self) -> None:
        """Show what the last attempt came to."""
        self._load()

    @work(group="shelf", exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        workspace = await self.quiz.desk.workspace()
        if workspace.shelf is None:
            return
        entries = await self.ask(workspace.shelf.entries)
        if entries is None:
            return
        title_of = workspace.blueprint.title_of
        self.query_one(Menu).entries = tuple(
            Entry(
                entry.id,
                f"{entry.kind.capitalize()}: {plain(entry.title)}",
                self._note(entry, title_of(entry.domain)),
                is_urgent=entry.is_open,
            )
            for entry in entries
        )
        problems = len(workspace.shelf.library.problems)
        note = f"{counted(problems, 'problem')} in the packs; `quizgame check` names them" if problems else ""
        self.query_one("#shelf-note", Static).update(note or ("" if entries else "No scenarios are installed."))

    def _note(self, entry: ShelfEntry, domain: str) -> str:
        parts = [domain] if self.size.width >= 110 else []
        parts += [entry.difficulty, f"{entry.minutes} min"]
        if entry.is_open:
            parts.append("under way")
        elif entry.best is not None:
            parts.append(f"{'✓' if entry.has_passed else 'best'} {entry.best}")
        return " · ".join(parts)

    @on(Menu.Chosen)
    def _chosen(self, event: Menu.Chosen) -> None:
        self.quiz.open_scenario(PlayTerms(event.name))
