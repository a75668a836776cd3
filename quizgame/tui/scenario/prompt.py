"""The line that is being typed: editing keys of a shell on top of Textual's input."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

NEWLINE_SIGN = "↵"
"""Stands for a line end within a recalled command of several lines."""
LONGEST_LINE = 20_000


class Prompt(Input):
    """One line; says what the learner wants, the terminal does it."""

    HELP_TITLE: ClassVar[str] = "The terminal"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Run", show=False, id="prompt.run", tooltip="Run the line"),
        Binding("up", "wanted('older')", "Older", show=False, id="prompt.older", tooltip="Lines typed before"),
        Binding("down", "wanted('newer')", "Newer", show=False, id="prompt.newer", tooltip="Lines typed before"),
        Binding("ctrl+r", "wanted('search')", "Search", show=False, id="prompt.search",
                tooltip="Search what was typed; again: an older one"),
        Binding("tab", "wanted('complete')", "Complete", show=False, id="prompt.complete",
                tooltip="Complete the word; twice: show what there is"),
        Binding("ctrl+c", "wanted('interrupt')", "Stop", show=False, id="prompt.interrupt",
                tooltip="Stop a command that goes on, give up a line, or copy what is selected"),
        Binding("ctrl+d", "wanted('end')", "End", show=False, id="prompt.end",
                tooltip="End a here-document that is open"),
        Binding("ctrl+l", "wanted('clear')", "Clear", show=False, id="prompt.clear", tooltip="Clear the terminal"),
        Binding("pageup,shift+up", "wanted('page_up')", "Scroll up", show=False, id="prompt.page_up",
                tooltip="Scroll the terminal"),
        Binding("pagedown,shift+down", "wanted('page_down')", "Scroll down", show=False, id="prompt.page_down",
                tooltip="Scroll the terminal"),
        Binding("alt+b", "cursor_left_word", "Word left", show=False),
        Binding("alt+f", "cursor_right_word", "Word right", show=False),
        Binding("ctrl+b", "cursor_left", "Left", show=False),
        Binding("ctrl+f", "cursor_right", "Right", show=False),
        Binding("ctrl+u", "delete_left_all", "Delete to the start", show=False),
        Binding("ctrl+w", "delete_left_shell_word", "Delete a word", show=False),
    ]  # fmt: skip

    @dataclass
    class Wanted(Message):
        """Something that the terminal does for the line."""

        what: str

    @dataclass
    class Pasted(Message):
        """Text of several lines was pasted; the last one may be unfinished."""

        text: str

    class HelpWanted(Message):
        """A question mark was typed where no command begins with one."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False, max_length=LONGEST_LINE, id="prompt")
        self.cursor_blink = False
        self.is_searching = False
        """Whether what is typed is looked for in the history."""

    def show(self, text: str) -> None:
        """Put a text at the prompt, the cursor at its end."""
        self.value = text.replace("\n", NEWLINE_SIGN)
        self.cursor_position = len(self.value)

    @property
    def typed(self) -> str:
        """The text with its line ends."""
        return self.value.replace(NEWLINE_SIGN, "\n")

    def action_wanted(self, what: str) -> None:
        """Pass a wish on."""
        self.post_message(self.Wanted(what))

    def action_cursor_right(self, select: bool = False) -> None:
        """Go right; in a search, take what it found."""
        if self.is_searching:
            self.post_message(self.Wanted("accept"))
        else:
            super().action_cursor_right(select)

    def action_delete_left_shell_word(self) -> None:
        """Delete back to the blank before the word, as a shell does."""
        before = self.value[: self.cursor_position]
        kept = re.sub(r"\S+\s*$", "", before)
        self.delete(len(kept), self.cursor_position)

    def on_key(self, event: events.Key) -> None:
        """A question mark alone asks for help, since no command begins with one."""
        if event.character == "?" and not self.value:
            event.stop()
            event.prevent_default()
            self.post_message(self.HelpWanted())

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        if "\n" in text:
            self.post_message(self.Pasted(text))
        elif text:
            self.replace(text, *self.selection)

    def action_paste(self) -> None:
        """Paste from the app's own clipboard, several lines as well."""
        if "\n" in self.app.clipboard:
            self.post_message(self.Pasted(self.app.clipboard))
        else:
            super().action_paste()
