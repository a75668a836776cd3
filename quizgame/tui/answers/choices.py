"""Single and multiple choice, and lines to be spotted: rows to be chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from quizgame.tui.answers.area import RowArea, numbers, pointer
from quizgame.tui.meters import counted
from quizgame.tui.prose import verbatim

MOST = 8
"""The most options that a question has."""


class Choices(RowArea):
    """Options, one or several of which are the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *numbers(MOST, "Choose by its number"),
        Binding("space", "toggle_choice", "Choose", show=False, id="choices.toggle", tooltip="Choose, or take back"),
        Binding("enter", "choose", "Answer", show=False, id="choices.choose",
                tooltip="Choose what is under the cursor; when the answer is complete, go on"),
        Binding("x", "strike", "Strike", id="choices.strike", tooltip="Rule this option out, or back in"),
    ]  # fmt: skip
    NOUN: ClassVar[str] = "option"

    @property
    def hint(self) -> str:
        """How many to choose."""
        wanted, chosen = self.item.choose, len(self.response)
        if wanted == 1:
            return f"Choose one {self.NOUN}, then enter"
        return f"Choose {counted(wanted, self.NOUN)} · {chosen} chosen{', enter goes on' if chosen == wanted else ''}"

    def sign(self, place: int) -> Content:
        """Cursor, number, and whether it is chosen or struck out."""
        key = self.item.choices[place].key
        empty, full = ("○", "●") if self.item.choose == 1 else ("□", "■")
        if key in self.response:
            mark = (full, "bold $primary")
        elif key in self.struck:
            mark = ("×", "$foreground-muted")
        else:
            mark = (empty, "$foreground-muted")
        return Content.assemble(pointer(place == self.cursor), (f"{place + 1} ", "$foreground-muted"), mark)

    def refresh_rows(self) -> None:
        """Also which are chosen and struck out."""
        super().refresh_rows()
        for row, choice in zip(self.rows, self.item.choices, strict=True):
            row.set_class(choice.key in self.response, "-chosen")
            row.set_class(choice.key in self.struck and choice.key not in self.response, "-struck")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer numbers that there are."""
        return action != "number" or int(str(parameters[0])) <= len(self.rows)

    def action_number(self, number: int) -> None:
        """Choose by number."""
        self.cursor = number - 1
        self.action_toggle_choice()

    def action_toggle_choice(self) -> None:
        """Choose what is under the cursor, or take it back."""
        key = self.item.choices[self.cursor].key
        if key in self.response:
            self.post_message(self.Proposed(tuple(one for one in self.response if one != key)))
        elif self.item.choose == 1:
            self.post_message(self.Proposed((key,)))
        elif len(self.response) < self.item.choose:
            self.post_message(self.Proposed((*self.response, key)))
        else:
            self.post_message(self.Refused(f"{counted(self.item.choose, self.NOUN)} are chosen: take one back first"))

    def action_choose(self) -> None:
        """Choose, or go on where this is chosen or nothing more can be."""
        key = self.item.choices[self.cursor].key
        if key in self.response or (self.item.choose > 1 and self.is_complete):
            self.finish()
        else:
            self.action_toggle_choice()

    def action_strike(self) -> None:
        """Rule the choice under the cursor out, or back in."""
        key = self.item.choices[self.cursor].key
        self.post_message(self.StrikeProposed(key, key not in self.struck))

    def clicked(self) -> None:
        """Choose it."""
        self.action_toggle_choice()


class Lines(Choices):
    """The lines of an exhibit, some of which are the answer; too many for numbers."""

    BINDINGS: ClassVar[list[BindingType]] = []
    NOUN = "line"
    INDENT = 8

    def texts(self) -> Sequence[Content]:
        """The lines as they stand."""
        return [verbatim(choice.text) for choice in self.item.choices]

    def sign(self, place: int) -> Content:
        """Cursor, line number, and whether it is chosen."""
        key = self.item.choices[place].key
        mark = ("●", "bold $primary") if key in self.response else ("×" if key in self.struck else " ", "")
        number = (f"{place + 1:>3} ", "$foreground-muted")
        return Content.assemble(pointer(place == self.cursor), number, mark)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No numbers."""
        return action != "number"
