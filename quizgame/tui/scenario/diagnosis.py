"""Asks for a diagnosis or an answer: what is it, and, where that is asked, how sure are you."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup, VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from quizgame.tui.page import Dialog
from quizgame.tui.prose import inline
from quizgame.tui.scenario.games.game import Question
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.row import Row

MOST = 9


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the learner answers."""

    step: str
    chosen: tuple[int, ...]
    """Numbers of the options as shown."""
    is_sure: bool | None
    """``None``: not said."""

    @property
    def line(self) -> str:
        """The game's word that gives it."""
        how = {True: " --sure", False: " --unsure", None: ""}[self.is_sure]
        return f"answer {self.step} {' '.join(map(str, self.chosen))}{how}"


class DiagnosisScreen(Dialog[Diagnosis]):
    """One question.

    Args:
        question: What is asked, not answered yet.
    """

    CSS_PATH = "diagnosis.tcss"
    HELP = (
        "Choose with the arrows and space, or by number, then answer with enter. Of a diagnosis, mark several where "
        "several things are wrong, and answer with **s** if you are sure, **u** if you are not; it is given once, and "
        "evidence counts only if it was seen before it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="diagnosis.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="diagnosis.down"),
        *(Binding(str(number), f"number({number})", "Choose", show=False, key_display=f"1 … {MOST}",
                  tooltip="Choose by its number") for number in range(1, MOST + 1)),
        Binding("space", "mark", "Mark", id="diagnosis.toggle", tooltip="Mark this option, or take the mark back"),
        Binding("enter", "answer('')", "Answer", id="diagnosis.answer", tooltip="Answer with what is marked"),
        Binding("s", "answer('sure')", "Sure", id="diagnosis.sure", tooltip="Answer, and be sure of it"),
        Binding("u", "answer('unsure')", "Unsure", id="diagnosis.unsure", tooltip="Answer, without being sure"),
    ]  # fmt: skip

    cursor: var[int] = var(0)

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question
        self._view = question.view
        self._marked: set[int] = set()
        self._rows = [Row(inline(choice.text), indent=7, classes="option") for choice in self._view.choices]

    def compose(self) -> ComposeResult:
        """The question, the options, a word of warning."""
        with VerticalGroup(classes="dialog", id="diagnosis") as box:
            box.border_title = self._question.title
            box.border_subtitle = self._question.note
            yield Static(inline(self._question.ask), id="ask", markup=False)
            with VerticalScroll(id="options", can_focus=False):
                yield from self._rows
            yield Static(self._question.warning, id="warning", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the cursor."""
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """How sure one is is not asked everywhere."""
        if action == "answer" and parameters != ("",) and not self._question.has_confidence:
            return False
        return super().check_action(action, parameters)

    def _show(self) -> None:
        for place, row in enumerate(self._rows):
            mark = ("●", "bold $primary") if place in self._marked else ("○", "$foreground-muted")
            pointer = "▸ " if place == self.cursor else "  "
            row.sign = Content.assemble(pointer, (f"{place + 1} ", "$foreground-muted"), mark)
            row.set_class(place == self.cursor, "-cursor")

    def validate_cursor(self, cursor: int) -> int:
        """Keep it on an option."""
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self) -> None:
        """Show where it is."""
        if self.is_mounted:
            self._show()
            self._rows[self.cursor].scroll_visible(animate=False)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor += by

    def action_number(self, number: int) -> None:
        """Mark by number."""
        if number <= len(self._rows):
            self.cursor = number - 1
            self.action_mark()

    def action_mark(self) -> None:
        """Mark what is under the cursor, or take the mark back; where one choice is right, it is the one."""
        others = self._marked if self._question.has_confidence else self._marked & {self.cursor}
        self._marked = others ^ {self.cursor}
        self._show()

    def action_answer(self, how: str) -> None:
        """Answer; with nothing marked, what is under the cursor is meant."""
        chosen = self._marked or {self.cursor}
        is_sure = {"sure": True, "unsure": False}.get(how)
        self.dismiss(Diagnosis(self._view.id, tuple(sorted(place + 1 for place in chosen)), is_sure))

    def on_click(self, event: events.Click) -> None:
        """Mark what is under the mouse."""
        if isinstance(event.widget, Row) and event.widget in self._rows:
            self.cursor = self._rows.index(event.widget)
            self.action_mark()
