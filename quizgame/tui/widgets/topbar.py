"""The first line of a screen: where you are on the left, what is going on at the right."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class TopBar(Widget):
    """One line with two ends."""

    ALLOW_SELECT = False

    where: reactive[str] = reactive("")
    """Steps from the whole to the part, joined by `` › ``."""
    status: reactive[Content | str] = reactive("")
    """What is going on; the clock, say."""

    def __init__(self, where: str = "", status: Content | str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.set_reactive(TopBar.where, where)
        self.set_reactive(TopBar.status, status)

    def render(self) -> Content:
        """Both ends; the left one gives way where they do not fit."""
        status = self.status if isinstance(self.status, Content) else Content(self.status)
        width = self.size.width
        first, *rest = self.where.split(" › ")
        left = Content.assemble((first, "bold $primary"), *((f" › {step}", "$foreground") for step in rest))
        left = left.truncate(max(width - status.cell_length - 2, 0), ellipsis=True)
        return Content.assemble(left, " " * max(width - left.cell_length - status.cell_length, 1), status)
