"""One line that names what can be shown in a narrow terminal, each with its key; the one in front is marked."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Tab:
    """One of them."""

    name: str
    title: str
    key: str = ""
    figure: str = ""
    is_fresh: bool = False
    """Whether something new is there."""


class PaneTabs(Widget):
    """The line of tabs."""

    ALLOW_SELECT = False

    tabs: reactive[tuple[Tab, ...]] = reactive(())
    front: reactive[str] = reactive("")

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        name: str

    def render(self) -> Content:
        """All tabs."""
        return Content.assemble(*(self._tab(tab) for tab in self.tabs))

    def _tab(self, tab: Tab) -> Content:
        key = f"{tab.key} " if tab.key else ""
        figure = f" {tab.figure}" if tab.figure else ""
        star = "✦" if tab.is_fresh else " "
        if tab.name == self.front:
            return Content(f" {key}{tab.title}{figure}{star}").stylize(
                "bold $block-cursor-foreground on $block-cursor-background"
            )
        return Content.assemble(
            (f" {key}", "bold $footer-key-foreground"),
            (tab.title, "$foreground"),
            (figure, "bold"),
            (star, "bold $text-success"),
        )

    def on_click(self, event: events.Click) -> None:
        """Show the one under the mouse."""
        end = 0
        for tab in self.tabs:
            end += self._tab(tab).cell_length
            if event.x < end:
                self.post_message(self.Chosen(tab.name))
                return
