"""A sign and a text beside it, wrapped so that the sign stands alone in its column."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget


class Row(Widget):
    """One entry of a list whose texts may take several lines.

    Args:
        text: The text.
        sign: What stands before it.
        indent: Columns that the sign has.
    """

    sign: reactive[Content] = reactive(Content(""))
    text: reactive[Content] = reactive(Content(""), layout=True)

    def __init__(self, text: Content, sign: Content | str = "", *, indent: int = 4, classes: str = "") -> None:
        super().__init__(classes=classes)
        self.set_reactive(Row.text, text)
        self.set_reactive(Row.sign, sign if isinstance(sign, Content) else Content(sign))
        self._indent = indent

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that the text takes."""
        return len(self._lines(width))

    def render(self) -> Content:
        """The sign, and the lines of the text beside it."""
        first, *others = self._lines(self.content_size.width)
        margin = " " * self._indent
        head = Content.assemble(self.sign, " " * (self._indent - self.sign.cell_length), first)
        return Content("\n").join([head, *(Content.assemble(margin, line) for line in others)])

    def _lines(self, width: int) -> list[Content]:
        room = max(width - self._indent, 1)
        return [line for part in self.text.split("\n", allow_blank=True) for line in part.wrap(room) or [part]]
