"""The play screen: the terminal, and beside it (or one at a time) steps, notebook and map."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from quizgame.errors import QuizgameError
from quizgame.tools.output import Line
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.scenario.diagnosis import Diagnosis, DiagnosisScreen
from quizgame.tui.scenario.engine import Engine, LineFailed, Outcome, shown_lines
from quizgame.tui.scenario.games.game import Confirmation, LastPage
from quizgame.tui.scenario.markdown import terminal_lines
from quizgame.tui.scenario.notice import Notice
from quizgame.tui.scenario.picture import Picture
from quizgame.tui.scenario.prompt import Prompt
from quizgame.tui.scenario.scrollback import GAME, TOOL
from quizgame.tui.scenario.side import TERMINAL, Side
from quizgame.tui.scenario.tabs import PaneTabs
from quizgame.tui.scenario.terminal import Terminal
from quizgame.tui.screens.confirm import ConfirmScreen
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.game.scenario.workstation import LineResult

TICK_S = 1.0
"""Every so often as much simulated time passes while no command runs."""
_GAME_ACTIONS = frozenset(("hint", "diagnose", "answer", "verify", "submit", "end", "debrief"))
"""Actions that not every game has."""


class PlayScreen(Page[Picture]):
    """What is played at a workstation.

    Args:
        engine: The workstation, open.
        picture: How it stands.
        past: What its lines so far did.
        opening: What the game says before the first line.
        competencies: What is trained.
    """

    CSS_PATH = "play.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (118, "-wide"), (160, "-vast")]  # noqa: RUF012  # Textual types it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "pane('steps')", "Steps", show=False, id="play.steps", tooltip="What is to be done"),
        Binding("f3", "pane('notebook')", "Notebook", show=False, id="play.notebook", tooltip="What was found out"),
        Binding("f4", "pane('map')", "Map", show=False, id="play.map", tooltip="Clusters, pods and the last flows"),
        Binding("f5", "hint", "Hint", id="play.hint", tooltip="A hint; if it costs points, that is said first"),
        Binding("f6", "diagnose", "Diagnose", id="play.diagnose", tooltip="Give the diagnosis, once"),
        Binding("f6", "answer", "Answer", id="play.answer", tooltip="Answer the task's question"),
        Binding("f7", "verify", "Verify", id="play.verify", tooltip="Check what is to be reached as things are now"),
        Binding("f8", "submit", "Submit", id="play.submit", tooltip="End the attempt and see the debrief"),
        Binding("f8", "end", "End", id="play.end", tooltip="End it as things are, and see the last page"),
        Binding("f8", "debrief", "Debrief", id="play.debrief", tooltip="See the last page again"),
        Binding("ctrl+c", "interrupt", "Stop", show=False, id="play.interrupt"),
        Binding("escape", "back", "Leave", id="play.leave",
                tooltip="Back to the prompt; from there leave, to go on later"),
        Binding("f1", "app.help", "Help", id="play.help", key_display="f1", tooltip="What the keys do here"),
    ]  # fmt: skip

    @dataclass
    class Streamed(Message):
        """A running command has shown lines."""

        lines: Sequence[Line]

    @dataclass
    class Pictured(Message):
        """Things have moved while a command runs."""

        picture: Picture

    @dataclass
    class EditorWanted(Message):
        """A running command has a text to be edited."""

        name: str
        text: str
        answer: Future[str | None]

    @dataclass
    class LineDone(Message):
        """A line has run. Comes after everything that it streamed."""

        outcome: Outcome | LineFailed

    def __init__(
        self,
        engine: Engine,
        picture: Picture,
        past: Sequence[LineResult] = (),
        opening: Sequence[Line] = (),
        competencies: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.engine = engine
        self.game = engine.game
        self.picture = picture
        self._past = past
        self._opening = opening
        self._competencies = competencies
        self._offered: frozenset[str] = frozenset()
        """Actions of the game that make sense now."""
        self._last_page: LastPage | None = None

    @property
    def help_text(self) -> str:
        """What the game says of itself."""
        return self.game.help

    @property
    def _where(self) -> str:
        return f"{self.game.word} › {plain(self.picture.title)}"

    def compose(self) -> ComposeResult:
        """Where we are, the panes, one line for news, the keys."""
        yield TopBar(self._where)
        yield PaneTabs()
        with Horizontal(id="work"):
            yield Terminal(id="terminal")
            yield Side(self.game.panes)
        yield Notice()
        yield KeyBar()

    async def on_mount(self) -> None:
        """Show what has been done so far, and begin to watch."""
        self.add_class(f"-{self.game.kind}")
        self.set_class(self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0], "-narrow")
        if not self._past:
            self.terminal.note(self.game.welcome)
        self.terminal.write(terminal_lines(self._opening), GAME)
        self.terminal.scrollback.end()
        for result in self._past:
            self.terminal.show_past(result.line, self.picture.folder)
            self._write(result)
        self._show(self.picture)
        self._news.rest(self.game.rest_over if self.picture.is_over else "")
        self.terminal.prompt.focus()
        self.set_interval(TICK_S, self._tick)
        self.call_after_refresh(self._watch)

    def on_unmount(self) -> None:
        """Nothing streams on where nobody looks."""
        self.engine.interrupt()

    @property
    def terminal(self) -> Terminal:
        """The terminal."""
        return self.query_one(Terminal)

    @property
    def _side(self) -> Side:
        return self.query_one(Side)

    @property
    def _news(self) -> Notice:
        return self.query_one(Notice)

    @property
    def _is_wide(self) -> bool:
        """Whether the panes stand beside the terminal."""
        return not self.has_class("-narrow")

    @work(group="watch", exclusive=True, exit_on_error=False)
    async def _watch(self) -> None:
        """Let commands stream and open editors here; a later resize tells the new width."""
        self._show(await self.engine.watch(self, self.terminal.scrollback.size.width or 80))

    def on_resize(self, event: events.Resize) -> None:
        """Tell commands the width; show what a wide screen hides, and the other way round."""
        if self.is_mounted:
            self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self._is_wide and self._side.front != TERMINAL:
            self._bring(TERMINAL)
        self._show(self.picture)
        if not self.terminal.is_busy:
            self._watch()

    # The engine's thread calls these

    def show_stream(self, lines: Sequence[Line]) -> None:
        """Pass streamed lines on."""
        self.post_message(self.Streamed(lines))

    def show_picture(self, picture: Picture) -> None:
        """Pass on how things stand in the middle of a stream."""
        self.post_message(self.Pictured(picture))

    def open_editor(self, name: str, text: str, answer: Future[str | None]) -> None:
        """Pass a wish to edit on."""
        self.post_message(self.EditorWanted(name, text, answer))

    # Running lines

    @on(Terminal.Entered)
    def _entered(self, event: Terminal.Entered) -> None:
        self._bring(TERMINAL)
        if self.game.judging and event.line.split()[:1] == ["submit"] and not self.picture.is_over:
            self._news.tell(Content.styled(self.game.judging, "$primary"))
        self._run(event.line)

    @work(group="line", exit_on_error=False)
    async def _run(self, line: str) -> None:
        try:
            outcome: Outcome | LineFailed = await self.engine.run_line(line)
        except LineFailed as failure:
            outcome = failure
        self.post_message(self.LineDone(outcome))

    @on(Streamed)
    def _streamed(self, event: Streamed) -> None:
        self.terminal.write(event.lines)

    @on(Pictured)
    def _pictured(self, event: Pictured) -> None:
        self._show(event.picture)

    @on(LineDone)
    def _line_done(self, event: LineDone) -> None:
        if isinstance(event.outcome, LineFailed):
            self._failed(event.outcome)
            return
        result, picture = event.outcome.result, event.outcome.picture
        was_over = self.picture.is_over
        self._write(result)
        self.terminal.set_folder(picture.folder)
        self._show(picture)
        self._tell_news(result, picture)
        self.terminal.done()
        if picture.is_over and not was_over and self.game.opens_last_page(result):
            self.action_debrief()

    def _write(self, result: LineResult) -> None:
        shown = list(shown_lines(result))
        if result.is_word:
            self.terminal.write(terminal_lines(shown), GAME)
        else:
            self.terminal.write(shown, TOOL)
        self.terminal.scrollback.end()
        self.terminal.write(terminal_lines(result.told), GAME)
        self.terminal.scrollback.end()

    def _failed(self, failure: LineFailed) -> None:
        self.terminal.note("This line was not run. Everything before it is saved.")
        if not failure.is_kept:
            self.terminal.note("The attempt cannot go on here: leave with esc, and continue it from the briefing.")
        self.terminal.done()
        if isinstance(failure.cause, QuizgameError):
            self.tell(failure.cause)
        else:
            self.quiz.tell_bug(failure.cause)

    @on(Terminal.Interrupted)
    def action_interrupt(self) -> None:
        """Stop what runs."""
        if self.terminal.is_busy:
            self.terminal.note("^C")
            self.engine.interrupt()

    @on(EditorWanted)
    def _edit(self, event: EditorWanted) -> None:
        from quizgame.tui.scenario.editor import EditorScreen

        def edited(text: str | None) -> None:
            if not event.answer.done():
                event.answer.set_result(text)

        self.app.push_screen(EditorScreen(plain(event.name), event.text), edited)

    @on(Terminal.CompletionWanted)
    def _complete(self, event: Terminal.CompletionWanted) -> None:
        if not self.terminal.is_busy:
            self._propose(event.line, event.cursor)

    @work(group="complete", exclusive=True, exit_on_error=False)
    async def _propose(self, line: str, cursor: int) -> None:
        self.terminal.extend(line, cursor, await self.engine.complete(line, cursor))

    # Time

    def _tick(self) -> None:
        if not self.terminal.is_busy and not self.picture.is_over:
            self._let_pass()

    @work(group="tick", exclusive=True, exit_on_error=False)
    async def _let_pass(self) -> None:
        picture = await self.engine.let_pass(TICK_S)
        if not self.terminal.is_busy:
            self._show(picture)

    # What is shown

    def _show(self, picture: Picture) -> None:
        self.picture = picture
        is_brief = self.has_class("-wide")
        self._side.show(self.game.entries(picture, is_brief=is_brief), picture.map, is_brief=is_brief)
        self._show_top()
        offered = frozenset(action for action in self.game.offers if self.game.can(action, picture))
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _show_top(self) -> None:
        self.query_one(TopBar).status = self.game.status(self.picture, is_wide=self._is_wide)
        tabs = self.query_one(PaneTabs)
        tabs.front = self._side.front
        tabs.tabs = self._side.tabs(self.game.figures(self.picture))

    def _tell_news(self, result: LineResult, picture: Picture) -> None:
        """Say what the line earned and cost; mark the panes that hold it."""
        news = self.game.news(result, picture)
        for name in news.panes:
            self._side.flash(name)
        self._show_top()
        if picture.is_over:
            self._news.rest(self.game.rest_over)
        if news.said:
            self._news.tell(Content("   ").join(news.said))

    @on(Terminal.SearchShown)
    def _search_shown(self, event: Terminal.SearchShown) -> None:
        if event.found is not None:
            self._news.tell(Content.assemble(("found: ", "bold $warning"), plain(event.found.partition("\n")[0])))
        else:
            said = "nothing like it was typed" if event.is_begun else "type a part of an earlier line"
            self._news.tell(Content.styled(said, "$foreground-muted"))

    @on(Terminal.SearchEnded)
    def _search_ended(self) -> None:
        self._news.rest()

    # Panes

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        self._bring(event.name)

    def action_pane(self, name: str) -> None:
        """Bring a pane to the front, or go back from it."""
        has_focus = self._side.pane(name).has_focus
        self._bring(TERMINAL if self._side.front == name or has_focus else name)

    def _bring(self, name: str) -> None:
        side = self._side
        side.bring(name, is_wide=self._is_wide)
        self.set_class(side.front != TERMINAL, "-pane")
        self._show_top()
        target = self.terminal.prompt if name == TERMINAL else side.pane(name)
        self.call_after_refresh(target.focus, False)

    def on_key(self, event: events.Key) -> None:
        """Typing goes to the prompt, whatever is in front."""
        if event.is_printable and event.character and not self.terminal.prompt.has_focus and event.character != "?":
            event.stop()
            self._bring(TERMINAL)
            self.terminal.prompt.insert_text_at_cursor(event.character)

    @on(Prompt.HelpWanted)
    def _help_wanted(self) -> None:
        self.quiz.action_help()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what the game has, and what of it can be done now."""
        if action == "pane":
            return any(pane.name == parameters[0] for pane in self.game.panes)
        if action in _GAME_ACTIONS and action not in self._offered:
            return False
        return super().check_action(action, parameters)

    def _can_enter(self) -> bool:
        if self.terminal.is_busy:
            self.notify("A command is running: ctrl+c stops what goes on without end.", markup=False)
        elif self.terminal.is_unfinished:
            self.notify("Finish the line that is open, or give it up with ctrl+c.", markup=False)
        else:
            return True
        return False

    def _confirmed(self, line: str, asked: Confirmation | None) -> None:
        """Run a line, if it is meant; what is asked nothing about is."""

        def answered(is_meant: bool | None) -> None:
            if is_meant and self._can_enter():
                self.terminal.run(line)

        if asked is None:
            answered(True)
        else:
            self.app.push_screen(ConfirmScreen(asked.title, asked.text), answered)

    def action_hint(self) -> None:
        """Name the price if there is one, then take it."""
        if self._can_enter():
            self._confirmed("hint", self.game.hint_warning(self.picture))

    def action_diagnose(self) -> None:
        """Ask for the first diagnosis that is open."""
        self.action_answer()

    def action_answer(self) -> None:
        """Ask what is to be answered now."""
        question = self.game.question(self.picture)
        if question is None or not self._can_enter():
            return

        def answered(diagnosis: Diagnosis | None) -> None:
            if diagnosis is not None and self._can_enter():
                self.terminal.run(diagnosis.line)

        self.app.push_screen(DiagnosisScreen(question), answered)

    def action_verify(self) -> None:
        """Check how things are."""
        if self._can_enter():
            self.terminal.run("verify")

    def action_submit(self) -> None:
        """End the attempt, if that is meant."""
        self.action_end()

    def action_end(self) -> None:
        """End it, if that is meant."""
        if self._can_enter():
            self._confirmed("submit", self.game.end_warning(self.picture))

    @work(group="debrief", exclusive=True, exit_on_error=False)
    async def action_debrief(self) -> None:
        """Show the last page."""
        from quizgame.tui.scenario.debriefing import DebriefScreen

        try:
            page = self._last_page = self._last_page or await self.engine.last_page()
        except QuizgameError as error:
            self.tell(error)
            return
        self.app.push_screen(DebriefScreen(page, self._where, self._competencies))

    def action_back(self) -> None:
        """End a search, close a pane, else leave; the attempt stays open."""
        if self.terminal.leave_search():
            return
        if self._side.front != TERMINAL or not self.terminal.prompt.has_focus:
            self._bring(TERMINAL)
            return
        asked = self.game.leave_warning(self.picture)
        if asked is None:
            self._leave(True)
        else:
            self.app.push_screen(ConfirmScreen(asked.title, asked.text), self._leave)

    def _leave(self, is_meant: bool | None) -> None:
        if not is_meant:
            return
        if self.terminal.is_busy:
            self.engine.interrupt()
        self.dismiss(self.picture)
