"""Entries to be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from quizgame.game.quiz.items import Response
from quizgame.tui.answers.area import RowArea, numbers, pointer
from quizgame.tui.prose import inline

MOST = 6


class Order(RowArea):
    """Entries that are carried up and down."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up,K", "carry(-1)", "Move up", id="order.up", key_display="⇧↑", tooltip="Move the entry up"),
        Binding("shift+down,J", "carry(1)", "Move down", id="order.down", key_display="⇧↓",
                tooltip="Move the entry down"),
        Binding("space", "grab", "Pick up", id="order.grab", tooltip="Pick the entry up: the arrows then carry it"),
        *numbers(MOST, "Move the entry to this place"),
        Binding("enter", "finish", "Answer", show=False, id="order.finish", tooltip="Go on with this order"),
    ]  # fmt: skip

    _is_held = False

    @property
    def order(self) -> Response:
        """The order on the screen."""
        return self.response or tuple(choice.key for choice in self.item.choices)

    @property
    def draft(self) -> Response:
        """The order on the screen counts as the answer."""
        return self.order

    @property
    def hint(self) -> str:
        """How to do it."""
        return (
            "The arrows carry the entry; space puts it down"
            if self._is_held
            else "Put the entries in order, then enter"
        )

    def texts(self) -> Sequence[Content]:
        """Filled by `refresh_rows`."""
        return [Content("") for _ in self.item.choices]

    def sign(self, place: int) -> Content:
        """Cursor, place, and whether the entry is held."""
        is_here = place == self.cursor
        held = "↕" if is_here and self._is_held else " "
        return Content.assemble(pointer(is_here), (f"{place + 1}.", "bold $primary"), (f" {held}", "$warning"))

    def refresh_rows(self) -> None:
        """Signs, and which entry stands where."""
        super().refresh_rows()
        for row, key in zip(self.rows, self.order, strict=True):
            choice = self.item.choice(key)
            row.text = inline(" ".join(choice.text.split())) if choice else Content(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer numbers that there are."""
        return action != "number" or int(str(parameters[0])) <= len(self.rows)

    def action_move(self, by: int) -> None:
        """Move the cursor, and with it the entry that it holds."""
        if self._is_held:
            self.action_carry(by)
        else:
            super().action_move(by)

    def action_grab(self) -> None:
        """Pick up or put down."""
        self._is_held = not self._is_held
        self.refresh_rows()

    def action_carry(self, by: int) -> None:
        """Move the entry under the cursor."""
        self._place(max(0, min(self.cursor + by, len(self.rows) - 1)))

    def action_number(self, number: int) -> None:
        """Move the entry under the cursor to a place."""
        self._place(number - 1)

    def _place(self, place: int) -> None:
        order = list(self.order)
        order.insert(place, order.pop(self.cursor))
        self.cursor = place
        self.post_message(self.Proposed(tuple(order)))

    def action_finish(self) -> None:
        """Go on; the order as shown is an answer too."""
        self._is_held = False
        if not self.response:
            self.post_message(self.Proposed(self.order))
        self.finish()

    def clicked(self) -> None:
        """Pick it up, or put it down."""
        self.action_grab()
