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
from textual.widgets import Static

from quizgame.tui.page import Dialog
from quizgame.tui.prose import prose
from quizgame.tui.widgets.keybar import KeyBar

KEY_WIDTH = 16


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
        self._text = Content("\n").join(help_lines(about))

    def compose(self) -> ComposeResult:
        """The text in a box that scrolls."""
        with VerticalScroll(classes="dialog", id="help") as box:
            box.border_title = "Help"
            yield Static(self._text, markup=False)
        yield KeyBar()


def help_lines(about: Screen[object]) -> Iterator[Content]:
    """The help of a screen, line by line: what it is for, then its keys, the nearest first."""
    purpose = str(getattr(about, "HELP", ""))
    if purpose:
        yield prose(purpose)
        yield Content("")
    groups: dict[DOMNode, dict[str, list[tuple[str, Binding]]]] = {}
    for key, active in about.active_bindings.items():
        binding = active.binding
        if active.enabled and binding.description and not binding.system:
            groups.setdefault(active.node, {}).setdefault(binding.action, []).append((key, binding))
    for node, actions in groups.items():
        yield Content.styled(_heading(node), "bold $primary")
        for bindings in actions.values():
            shown = [about.app.get_key_display(binding) for _, binding in bindings]
            first = bindings[0][1]
            keys = first.key_display or " ".join(dict.fromkeys(shown))
            yield Content.assemble((f"  {keys:<{KEY_WIDTH}}", "bold"), first.tooltip or first.description)
        yield Content("")
    yield Content.styled(
        f"  {'ctrl+p':<{KEY_WIDTH}}".rstrip() + "  the command palette: everything by its name", "$foreground-muted"
    )


def _heading(node: DOMNode) -> str:
    if node.app is node:
        return "Anywhere"
    return "This screen" if isinstance(node, Screen) else str(getattr(node, "HELP_TITLE", "What has the focus"))
