"""Help: what the screen in front is for and what its keys do, taken from the bindings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from quizgame.tui.page import Dialog
from quizgame.tui.prose import prose
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.row import Row

KEY_WIDTH = 16
TOLD_BELOW = ("command_palette", "app.command_palette")
"""What the last lines tell, in our own words."""


class HelpScreen(Dialog[None]):
    """The help of another screen.

    Args:
        about: The screen in front when help was asked for.
    """

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "cancel", "Close", id="help.close", key_display="esc"),
    ]

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._rows = list(help_rows(about))

    def compose(self) -> ComposeResult:
        """The text in a box that scrolls."""
        with VerticalScroll(classes="dialog", id="help") as box:
            box.border_title = "Help"
            yield from self._rows
        yield KeyBar()


def help_rows(about: Screen[object]) -> Iterator[Widget]:
    """The help of a screen: what it is for, then its keys, the nearest first."""
    purpose = str(getattr(about, "help_text", ""))
    if purpose:
        yield Static(prose(purpose), markup=False)
    groups: dict[DOMNode, dict[str, list[str]]] = {}
    for active in about.active_bindings.values():
        binding = active.binding
        is_ours = binding.id or binding.tooltip  # what Textual binds by itself has neither, but for the palette
        if active.enabled and binding.description and is_ours and binding.action not in TOLD_BELOW:
            keys = groups.setdefault(active.node, {}).setdefault(binding.tooltip or binding.description, [])
            keys.append(about.app.get_key_display(binding))
    for node, keys_of in groups.items():
        yield Static(_heading(node), classes="heading", markup=False)
        for does, keys in keys_of.items():
            yield _key(" ".join(dict.fromkeys(keys)), does)
    for keys_shown, does in (
        ("pgup pgdn", "Scroll a page"),
        ("tab", "The next pane"),
        ("ctrl+p", "Everything, by its name"),
    ):
        yield _key(keys_shown, does)


def _key(keys: str, does: str) -> Row:
    return Row(Content(does), Content.styled(f"  {keys}", "bold"), indent=KEY_WIDTH)


def _heading(node: DOMNode) -> str:
    if node.app is node:
        return "Anywhere"
    return "This screen" if isinstance(node, Screen) else str(getattr(node, "HELP_TITLE", "What has the focus"))
