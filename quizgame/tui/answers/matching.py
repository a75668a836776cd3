"""Things to be paired: each prompt gets one of the choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from quizgame.game.quiz.items import Item, Response
from quizgame.tui.answers.area import RowArea, numbers
from quizgame.tui.prose import inline
from quizgame.tui.widgets.row import Row

MOST = 6


class Pairs(RowArea):
    """Prompts with a place for a choice each, and the choices below, by number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *numbers(MOST, "Put this choice beside the prompt"),
        Binding("space", "next_choice", "Next choice", id="pairs.next", tooltip="Try the next free choice here"),
        Binding("backspace,delete", "clear", "Clear", id="pairs.clear", tooltip="Take the choice away"),
        Binding("enter", "finish", "Answer", show=False, id="pairs.finish", tooltip="Go on when all are paired"),
    ]
    INDENT = 3

    def __init__(self, item: Item, response: Response = (), struck: frozenset[str] = frozenset()) -> None:
        self._placed: list[str | None] = [*response] if response else [None] * len(item.prompts)
        self._choices = [
            Row(Content(""), Content.styled(f" {number}", "bold $primary"), indent=4, classes="pair-choice")
            for number in range(1, len(item.choices) + 1)
        ]
        super().__init__(item, response, struck)

    @property
    def draft(self) -> Response:
        """The pairs, once all are made."""
        return tuple(key for key in self._placed if key is not None) if None not in self._placed else ()

    @property
    def hint(self) -> str:
        """How far it is done."""
        made = sum(key is not None for key in self._placed)
        return f"Press a choice's number to put it beside the prompt · {made} of {len(self._placed)} paired"

    def texts(self) -> Sequence[Content]:
        """Filled by `refresh_rows`."""
        return [Content("") for _ in self.item.prompts]

    def compose(self) -> list[Widget]:  # type: ignore[override]  # rows and choices are both widgets
        """Prompts above, choices below."""
        return [*self.rows, *self._choices]

    def show(self, response: Response) -> None:
        """Show pairs that now stand."""
        if response:
            self._placed = [*response]
        super().show(response)

    def refresh_rows(self) -> None:
        """Each prompt with what is beside it; which choices are taken."""
        super().refresh_rows()
        numbers_of = {choice.key: number for number, choice in enumerate(self.item.choices, 1)}
        for row, prompt, key in zip(self.rows, self.item.prompts, self._placed, strict=True):
            choice = self.item.choice(key) if key else None
            beside = (
                Content.assemble((f"{numbers_of[choice.key]} ", "bold $primary"), inline(" ".join(choice.text.split())))
                if choice
                else Content.styled("…", "$foreground-muted")
            )
            row.text = Content.assemble(inline(prompt.text.strip()).stylize_before("bold"), "  →  ", beside)
        for row, choice in zip(self._choices, self.item.choices, strict=True):
            row.text = inline(" ".join(choice.text.split()))
            row.set_class(choice.key in self._placed, "-taken")
            row.set_class(row is self._choices[0], "-first")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer numbers that there are."""
        return action != "number" or int(str(parameters[0])) <= len(self.item.choices)

    def action_number(self, number: int) -> None:
        """Put a choice beside the prompt under the cursor, and go to the next prompt without one."""
        self._put(self.item.choices[number - 1].key)
        free = [place for place, key in enumerate(self._placed) if key is None]
        if free:
            self.cursor = min((place for place in free if place > self.cursor), default=free[0])

    def action_next_choice(self) -> None:
        """Try the next choice that is free, from the one that stands here on."""
        keys = [choice.key for choice in self.item.choices]
        here = self._placed[self.cursor]
        start = keys.index(here) + 1 if here is not None else 0
        for key in (*keys[start:], *keys[:start]):
            if key not in self._placed:
                self._put(key)
                return

    def action_clear(self) -> None:
        """Take the choice under the cursor away."""
        self._placed[self.cursor] = None
        self._propose()

    def _put(self, key: str) -> None:
        self._placed = [None if one == key else one for one in self._placed]
        self._placed[self.cursor] = key
        self._propose()

    def _propose(self) -> None:
        self.refresh_rows()
        self.post_message(self.Proposed(self.draft))

    def action_finish(self) -> None:
        """Go on when all are paired."""
        self.finish()
