"""The line that is being typed: editing keys of a shell on top of Textual's input."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

NEWLINE_SIGN = "↵"
"""Stands for a line end within a recalled command of several lines."""
LONGEST_LINE = 20_000


class LineOwner(Protocol):
    """The terminal, as its prompt sees it; called at once, so that what is typed next finds the line as it then is."""

    def enter(self, text: str) -> None:
        """Take a line; the prompt is empty again."""

    def want(self, what: str) -> None:
        """Do something for the line: one of the wishes of the prompt's bindings."""

    def take_pasted(self, text: str) -> None:
        """Take a text of several lines, the last of which may be unfinished."""


class Prompt(Input):
    """One line.

    Args:
        owner: Does what the line's keys ask for.
    """

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

    class HelpWanted(Message):
        """A question mark was typed where no command begins with one."""

    def __init__(self, owner: LineOwner) -> None:
        self._owner = owner
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
        self._owner.want(what)

    async def action_submit(self) -> None:
        """Hand the line over."""
        text, self.value = self.typed, ""
        self._owner.enter(text)

    def action_cursor_right(self, select: bool = False) -> None:
        """Go right; in a search, take what it found."""
        if self.is_searching:
            self._owner.want("accept")
        else:
            super().action_cursor_right(select)

    def action_delete_left_shell_word(self) -> None:
        """Delete back to the blank before the word, as a shell does."""
        before = self.value[: self.cursor_position]
        kept = re.sub(r"\S+\s*$", "", before)
        self.delete(len(kept), self.cursor_position)

    async def on_key(self, event: events.Key) -> None:
        """Run keys that edit the line here and now.

        Left to bubble to the app, as bindings are, they would be overtaken by characters that are typed right behind
        them. A question mark alone asks for help, since no command begins with one.
        """
        if event.character == "?" and not self.value:
            event.stop()
            event.prevent_default()
            self.post_message(self.HelpWanted())
        elif not event.is_printable and (found := self._bindings.key_to_bindings.get(event.key)):
            event.stop()
            event.prevent_default()
            await self.run_action(found[0].action)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        if "\n" in text:
            self._owner.take_pasted(text)
        elif text:
            self.replace(text, *self.selection)

    def action_paste(self) -> None:
        """Paste from the app's own clipboard, several lines as well."""
        if "\n" in self.app.clipboard:
            self._owner.take_pasted(self.app.clipboard)
        else:
            super().action_paste()
