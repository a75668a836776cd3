"""Where one can go from here: scenarios and labs on the same competency, the free cluster."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from quizgame.tui.launch import FreeTerms, PlayTerms
from quizgame.tui.page import Dialog
from quizgame.tui.prose import plain
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.workspace import ScenarioEntry

if TYPE_CHECKING:
    from quizgame.content.library import BankQuestion

MOST_KEYS = 9

Goal = tuple[Entry, PlayTerms | FreeTerms]
"""What a line of the list says, and what it opens."""


def exercise_goals(exercises: Sequence[ScenarioEntry]) -> list[Goal]:
    """Scenarios and labs."""
    return [
        (
            Entry(entry.id, plain(entry.title), f"{entry.kind} · {entry.difficulty} · {entry.minutes} min"),
            PlayTerms(entry.id),
        )
        for entry in exercises
    ]


def free_goals() -> list[Goal]:
    """Free clusters."""
    return [
        (Entry("free-1", "A free cluster", "nothing is asked or scored"), FreeTerms(1)),
        (Entry("free-2", "Two free clusters", "not joined yet"), FreeTerms(2)),
    ]


def question_goals(question: BankQuestion | None) -> list[Goal]:
    """A free cluster in which a question's manifests are applied, where it says them whole."""
    if question is None or question.question.proof is None:
        return []
    from quizgame.game.proving.playground import has_playground, playground  # the simulator is loaded on demand

    if not has_playground(question):
        return []
    title = "A free cluster with this question's manifests"
    return [(Entry("free-question", title, "applied"), FreeTerms(build=partial(playground, question)))]


class GoalScreen(Dialog[PlayTerms | FreeTerms]):
    """Chooses where to go.

    Args:
        title: What the list is about.
        goals: What there is.
    """

    CSS_PATH = "goals.tcss"
    HELP = "Choose with the arrows and enter, or by number. Leaving what you open leads back to where you are now."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,j,f", "cancel", "Cancel", id="goals.cancel", key_display="esc", tooltip="Stay here"),
        *(Binding(str(number), f"number({number})", "Choose", show=False, key_display=f"1 … {MOST_KEYS}",
                  tooltip="Choose by its number") for number in range(1, MOST_KEYS + 1)),
    ]  # fmt: skip

    def __init__(self, title: str, goals: Sequence[Goal]) -> None:
        super().__init__()
        self._title = title
        self._terms = {entry.name: terms for entry, terms in goals}
        self._entries = tuple(
            Entry(entry.name, entry.title, entry.note, str(number) if number <= MOST_KEYS else "")
            for number, (entry, _) in enumerate(goals, 1)
        )

    def compose(self) -> ComposeResult:
        """The list in a box."""
        with VerticalScroll(classes="dialog", id="goals", can_focus=False) as box:
            box.border_title = self._title
            yield Menu(self._entries, id="goals-menu")
        yield KeyBar()

    def on_mount(self) -> None:
        """Choose at once."""
        self.query_one(Menu).focus()

    @on(Menu.Chosen)
    def _chosen(self, event: Menu.Chosen) -> None:
        event.stop()
        self.dismiss(self._terms[event.name])

    def action_number(self, number: int) -> None:
        """Choose by number."""
        if number <= len(self._entries):
            self.dismiss(self._terms[self._entries[number - 1].name])
