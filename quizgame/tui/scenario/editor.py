"""The editor of ``kubectl edit``, ``vi`` and ``nano``: plain text, saved or not."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar


class YamlArea(TextArea, inherit_bindings=False):
    """A text in which a new line begins where the one above does, as lists and mappings want it."""

    # F6 and F7 select at one stroke what the next key then overwrites; in this app they do other things.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding
        for binding in TextArea.BINDINGS
        if not (isinstance(binding, Binding) and binding.action in ("select_line", "select_all"))
    ]

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "enter" or self.read_only:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        start, end = self.selection
        row, column = min(start, end)
        before = str(self.document[row])[:column]
        indent = before[: len(before) - len(before.lstrip())]
        self.replace(f"\n{indent}", start, end, maintain_selection_offset=False)


class EditorScreen(Page[str | None]):
    """Edits one text; returns the new one, or ``None`` if it is left as it was.

    Args:
        name: What is edited.
        text: The text.
    """

    CSS_PATH = "editor.tcss"
    HELP = (
        "Save hands the text back to the command that opened the editor, which may refuse it and say why. Leaving "
        "without saving changes nothing. A new line begins where the one above does."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save and close", id="editor.save", priority=True, tooltip="Save and close"),
        Binding("f10", "save", "Save and close", show=False, id="editor.save_too", tooltip="Save and close"),
        Binding("ctrl+z", "undo", "Undo", id="editor.undo", tooltip="Take the last change back"),
        Binding("escape", "leave", "Close", id="editor.leave", priority=True,
                tooltip="Close without saving; asked twice if something was changed"),
        Binding("f1", "app.help", "Help", key_display="f1", id="editor.help", tooltip="What the keys do here"),
    ]  # fmt: skip

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._name = name
        self._text = text
        self._is_warned = False

    def compose(self) -> ComposeResult:
        """The text on the whole screen."""
        yield TopBar(f"Edit › {self._name}", "not changed")
        area = YamlArea(
            self._text, id="text", soft_wrap=False, show_line_numbers=True, tab_behavior="indent", compact=True
        )
        area.cursor_blink = False
        area.indent_width = 2
        yield area
        yield KeyBar()

    def on_mount(self) -> None:
        """Edit at once."""
        self.query_one(TextArea).focus()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._is_warned = False
        self.query_one(TopBar).status = "changed" if self._is_changed else "not changed"

    @property
    def _is_changed(self) -> bool:
        return self.query_one(TextArea).text != self._text

    def action_undo(self) -> None:
        """Take the last change back."""
        self.query_one(TextArea).undo()

    def action_save(self) -> None:
        """Hand the text back."""
        self.dismiss(self.query_one(TextArea).text)

    def action_leave(self) -> None:
        """Close without saving; changes are thrown away only when it is asked for twice."""
        if self._is_changed and not self._is_warned:
            self._is_warned = True
            self.query_one(TopBar).status = "changed · esc again throws the changes away"
        else:
            self.dismiss(None)
