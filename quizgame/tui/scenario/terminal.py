"""The terminal: scrollback, a prompt under it, history and search, here-documents, lines that wait for their turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from quizgame.tools.output import Line
from quizgame.tools.shell.parser import needs_more
from quizgame.tui.prose import plain
from quizgame.tui.scenario.completing import extension, word_at
from quizgame.tui.scenario.history import History
from quizgame.tui.scenario.prompt import Prompt
from quizgame.tui.scenario.scrollback import NOTE, TOOL, Scrollback

HOST = "workstation"
HOME = "/root"
MOST_PROPOSALS = 200


@dataclass(slots=True)
class _Search:
    """A search of the history that is under way."""

    draft: str
    skip: int = 0
    found: str = ""


class Terminal(VerticalScroll, can_focus=False):
    """Takes lines and shows what they print. One line runs at a time; others wait."""

    @dataclass
    class Entered(Message):
        """A whole line is to be run; ``done`` is to be called when it has."""

        line: str

    class Interrupted(Message):
        """What runs is to end."""

    @dataclass
    class CompletionWanted(Message):
        """Proposals are wanted for the word that ends at the cursor."""

        line: str
        cursor: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual names it so
        super().__init__(id=id)
        self.history = History()
        self.is_busy = False
        self._folder = HOME
        self._pending = ""
        self._waiting: list[str] = []
        self._search: _Search | None = None
        self._asked_for = ""
        """The line for which completion found several proposals; asking again shows them."""

    def compose(self) -> ComposeResult:
        """Scrollback, and the prompt right under what was printed last."""
        yield Scrollback(id="scrollback")
        with Horizontal(id="prompt-line"):
            yield Static(self._label(), id="prompt-label", markup=False)
            yield Prompt(self)

    @property
    def prompt(self) -> Prompt:
        """The line being typed."""
        return self.query_one(Prompt)

    @property
    def scrollback(self) -> Scrollback:
        """What was printed."""
        return self.query_one(Scrollback)

    @property
    def is_unfinished(self) -> bool:
        """Whether a here-document, a quote or a loop is open at the prompt."""
        return bool(self._pending)

    # What is shown

    def write(self, lines: Iterable[Line], role: str = TOOL) -> None:
        """Show output; the end stays in sight if it was."""
        is_at_end = self.scroll_offset.y >= self.max_scroll_y - 1
        self.scrollback.write(lines, role)
        if is_at_end:
            self.scroll_end(animate=False)

    def note(self, text: str) -> None:
        """Show a word of the screen's own."""
        self.write([Line(part) for part in text.splitlines()], NOTE)

    def show_past(self, line: str, folder: str) -> None:
        """Show a line that was run in an earlier session, without running it."""
        first, *others = line.split("\n")
        self.scrollback.begin(_ansi_prompt(folder) + plain(first))
        for other in others:
            self.scrollback.begin(f"> {plain(other)}")
        self.history.add(line)

    def set_folder(self, folder: str) -> None:
        """Show the shell's working folder in the prompt."""
        if folder != self._folder:
            self._folder = folder
            self._show_label()

    def done(self) -> None:
        """The line has run: take the next one."""
        self.is_busy = False
        self.scrollback.end()
        self.set_class(False, "-busy")
        self._show_label()
        self._take_waiting()

    def extend(self, line: str, cursor: int, found: Sequence[str]) -> None:
        """Complete the word at the cursor from proposals made for this line, or show them when asked again."""
        prompt = self.prompt
        if prompt.value != line or prompt.cursor_position != cursor:
            return
        added = extension(word_at(line, cursor), found)
        if added:
            prompt.insert_text_at_cursor(added)
            self._asked_for = ""
        elif len(found) > 1 and self._asked_for == line:
            self.scrollback.begin(_ansi_prompt(self._folder) + plain(line))
            self.write(_in_columns(found[:MOST_PROPOSALS], self.scrollback.size.width))
            self.scrollback.end()
        elif found:
            self._asked_for = line
        else:
            self.app.bell()

    def _label(self) -> Content:
        if self._search is not None:
            return Content.assemble(("search ", "bold $warning"), ("(enter runs, → edits): ", "$foreground-muted"))
        if self._pending:
            return Content("> ")
        if self.is_busy:
            return Content.styled("… ", "$foreground-muted")
        return Content.assemble((HOST, "bold $success"), ":", (_tilde(self._folder), "bold $accent"), "$ ")

    def _show_label(self) -> None:
        self.query_one("#prompt-label", Static).update(self._label())

    # Lines

    def enter(self, text: str) -> None:
        """Take a line from the prompt; in a search, what it found."""
        if self._search is not None:
            text = self.history.find(text, self._search.skip) or self._search.draft
            self._end_search(accept=False)
            self.prompt.value = ""
        self._enter(text.split("\n"))

    def take_pasted(self, pasted: str) -> None:
        """Take several lines: the last one stays at the prompt."""
        prompt = self.prompt
        before = prompt.value[: prompt.cursor_position]
        after = prompt.value[prompt.cursor_position :]
        *whole, last = (before + pasted).split("\n")
        prompt.show(last)
        prompt.insert(after, len(prompt.value))
        self._enter(whole)

    def run(self, line: str) -> None:
        """Run a line as if it had been typed."""
        self._enter([line])

    def _enter(self, lines: Sequence[str]) -> None:
        self._waiting.extend(lines)
        self._to_end()
        if not self.is_busy:
            self._take_waiting()

    def _take_waiting(self) -> None:
        while self._waiting and not self.is_busy:
            self._take(self._waiting.pop(0))

    def _take(self, text: str) -> None:
        self._asked_for = ""
        shown = "> " if self._pending else _ansi_prompt(self._folder)
        self.scrollback.begin(shown + plain(text))
        line = f"{self._pending}\n{text}" if self._pending else text
        if needs_more(line):
            self._pending = line
            self._show_label()
            return
        self._pending = ""
        if not line.strip():
            self._show_label()
            return
        self.history.add(line)
        self.is_busy = True
        self.set_class(True, "-busy")
        self._show_label()
        self.post_message(self.Entered(line))

    def _to_end(self) -> None:
        self.scroll_end(animate=False)

    # Keys

    def want(self, what: str) -> None:
        """Do what a key of the prompt asks for."""
        if self._search is not None and what not in ("search", "interrupt"):
            self._end_search(accept=True)
            if what in ("older", "newer", "complete"):
                return
        match what:
            case "older" | "newer":
                line = self.history.step(-1 if what == "older" else 1, self.prompt.typed)
                if line is not None:
                    self.prompt.show(line)
            case "search":
                self._search_on()
            case "complete":
                self.post_message(self.CompletionWanted(self.prompt.value, self.prompt.cursor_position))
            case "interrupt":
                self.interrupt()
            case "end":
                self._end_input()
            case "clear":
                self.scrollback.clear()
            case "page_up":
                self.scroll_page_up(animate=False)
            case "page_down":
                self.scroll_page_down(animate=False)

    def interrupt(self) -> None:
        """Stop what runs; else copy what is selected; else give up the line."""
        prompt = self.prompt
        if self.is_busy:
            self._waiting.clear()
            self.post_message(self.Interrupted())
        elif self._search is not None:
            self._end_search(accept=False)
        elif chosen := self.screen.get_selected_text():
            self.app.copy_to_clipboard(chosen)
            self.screen.clear_selection()
            self.notify("Copied", timeout=2)
        elif prompt.selected_text:
            prompt.action_copy()
        else:
            shown = "> " if self._pending else _ansi_prompt(self._folder)
            self.scrollback.begin(f"{shown}{plain(prompt.value)}^C")
            self._pending = ""
            prompt.value = ""
            self._show_label()
            self._to_end()

    def _end_input(self) -> None:
        """End a here-document without its last word, as the end of input does; else delete to the right."""
        if self._pending and not self.prompt.value:
            line, self._pending = self._pending, ""
            self.history.add(line)
            self.is_busy = True
            self.set_class(True, "-busy")
            self._show_label()
            self.post_message(self.Entered(line))
        else:
            self.prompt.action_delete_right()

    # Search

    def _search_on(self) -> None:
        if self._search is None:
            self._search = _Search(self.prompt.typed)
            self.prompt.is_searching = True
            self.prompt.value = ""
        elif self.history.find(self.prompt.value, self._search.skip + 1) is not None:
            self._search.skip += 1
        self._show_found()

    @on(Input.Changed, "#prompt")
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._search is not None:
            self._search.skip = 0
            self._show_found()

    def _show_found(self) -> None:
        if self._search is None:
            return
        found = self.history.find(self.prompt.value, self._search.skip)
        self._search.found = found or ""
        self._show_label()
        self.post_message(self.SearchShown(found, bool(self.prompt.value)))

    @dataclass
    class SearchShown(Message):
        """A search goes on; what it found, to be shown."""

        found: str | None
        is_begun: bool

    class SearchEnded(Message):
        """The search is over."""

    def _end_search(self, *, accept: bool) -> None:
        search, self._search = self._search, None
        if search is None:
            return
        self.prompt.is_searching = False
        search.found = self.history.find(self.prompt.value, search.skip) or ""
        with self.prompt.prevent(Input.Changed):
            self.prompt.show(search.found if accept and search.found else search.draft)
        self._show_label()
        self.post_message(self.SearchEnded())

    def leave_search(self) -> bool:
        """End a search, keeping what it found for editing; tells whether there was one."""
        was_on = self._search is not None
        self._end_search(accept=True)
        return was_on

    def on_click(self, event: events.Click) -> None:
        """A click anywhere goes on typing."""
        if not self.screen.get_selected_text():
            self.prompt.focus(scroll_visible=False)


def _tilde(folder: str) -> str:
    if folder == HOME:
        return "~"
    return f"~{folder[len(HOME) :]}" if folder.startswith(f"{HOME}/") else folder


def _ansi_prompt(folder: str) -> str:
    return f"\x1b[1;32m{HOST}\x1b[0m:\x1b[1;34m{_tilde(folder)}\x1b[0m$ "


def _in_columns(words: Sequence[str], width: int) -> list[Line]:
    """Words in columns, read downwards, as a shell shows proposals."""
    wide = max(len(word) for word in words) + 2
    columns = max(width // wide, 1)
    height = -(-len(words) // columns)
    return [
        Line("".join(word.ljust(wide) for word in words[row::height]).rstrip())
        for row in range(height)
    ]  # fmt: skip
