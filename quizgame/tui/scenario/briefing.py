"""The briefing of a scenario or lab: what it is about, and the way in. Keeps the attempt open meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.content.scenarios import ScenarioSource
from quizgame.errors import QuizgameError
from quizgame.tui.meters import bar, counted
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.scenario.engine import Engine
from quizgame.tui.scenario.games.table import GAMES
from quizgame.tui.scenario.markdown import PackMarkdown
from quizgame.tui.scenario.opening import ExerciseOpening
from quizgame.tui.scenario.picture import Picture
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.app import QuizgameApp
    from quizgame.tui.launch import PlayTerms
    from quizgame.tui.scenario.shelf import OpenAttempt, Shelf

FACTS_SHOWN = 5


async def open_scenario(app: QuizgameApp, terms: PlayTerms) -> None:
    """Show the briefing of a scenario or lab; where an attempt at it is under way, that one's."""
    workspace = await app.desk.workspace()
    shelf = workspace.shelf
    if shelf is None:
        app.notify("no scenarios and no labs are loaded", severity="error", markup=False)
        return
    try:
        source = terms.source if terms.source is not None else shelf.library.find(terms.scenario)
        opened = await app.desk.call(shelf.open_attempt, source)
        if opened is not None and terms.seed not in (None, opened.record.seed):
            opened = None
        seed = opened.record.seed if opened is not None else terms.seed
        screen = BriefingScreen(shelf, source, shelf.new_seed() if seed is None else seed, opened)
        await app.desk.call(screen.draw)
    except QuizgameError as error:
        app.notify(str(error), severity="error", markup=False)
        return
    await app.push_screen(screen)
    if terms.is_continued and opened is not None and opened.can_go_on:
        screen.action_start()


class BriefingScreen(Page[None]):
    """One member of a scenario's family, before and between playing it.

    Args:
        shelf: The attempts.
        source: The scenario or lab.
        seed: Which member.
        opened: The attempt at it that is under way.
    """

    CSS_PATH = "briefing.tcss"
    HELP = (
        "What it is about, and what there is to do. Names and places may differ from attempt to attempt. Whatever "
        "you do is saved line by line: leave when you like and go on later."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start", id="briefing.start", tooltip="Build the clusters and begin"),
        Binding("enter", "continue", "Continue", id="briefing.continue", tooltip="Go on where you left it"),
        Binding("n", "renew", "Another one", id="briefing.renew",
                tooltip="The same from the start, with other names and places; an attempt under way is given up"),
        Binding("escape,q", "back", "Back", id="briefing.back", key_display="esc",
                tooltip="Back; an attempt under way stays open"),
    ]  # fmt: skip

    def __init__(self, shelf: Shelf, source: ScenarioSource, seed: int, opened: OpenAttempt | None) -> None:
        super().__init__()
        self._shelf = shelf
        self._source = source
        self._seed = seed
        self._opened = opened
        self._engine: Engine | None = None
        self._picture: Picture | None = None
        self._is_building = False
        self._game = GAMES[source.kind]
        self._exercise = source.sample

    def draw(self) -> None:
        """Fill the variables in.

        Raises:
            QuizgameError: The values of this seed do not fit.
        """
        self._exercise = self._source.draw(self._seed).exercise

    def compose(self) -> ComposeResult:
        """Figures, the author's text, what earns points, where an attempt stands."""
        exercise = self._exercise
        yield TopBar(f"{self._game.word} › {plain(exercise.title)}", self._figures())
        with VerticalScroll(id="briefing"):
            yield Static(plain(exercise.title), id="title", markup=False)
            yield Static(self._standing(), id="standing", markup=False)
            yield PackMarkdown(exercise.briefing, id="text")
            yield Static(self._game.terms(exercise), id="points", markup=False)
        yield Static("", id="progress-line", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one("#briefing").focus()
        self._update_standing()

    async def on_unmount(self) -> None:
        """End the attempt's thread."""
        if self._engine is not None:
            self._engine.close()

    def on_screen_resume(self) -> None:
        """Show how the attempt stands after it was played."""
        if self._picture is not None:
            self._update_standing()

    # What is shown

    def _figures(self) -> Content:
        exercise = self._exercise
        return Content.assemble(
            (exercise.difficulty.value, "bold"), ("  ·  ", "$foreground-muted"), f"about {exercise.minutes} min"
        )

    def _standing(self) -> Content:
        if self._picture is not None:
            word = "over" if self._picture.is_over else "under way"
            return Content.styled(f"This attempt is {word}: {self._game.so_far(self._picture)}.", "bold")
        opened = self._opened
        if opened is None:
            return Content("")
        lines = [
            Content.styled(f"An attempt is under way: {counted(opened.lines, 'line')}, {opened.so_far} so far.", "bold")
        ]
        if not opened.can_go_on:
            lines.append(
                Content.styled(
                    "! Its file or quizgame has changed since, so it cannot go on. What it had found stands:",
                    "$text-warning",
                )
            )
            lines += [Content(f"    {plain(fact)}") for fact in opened.facts[-FACTS_SHOWN:]]
            lines.append(Content("Press n to begin anew."))
        return Content("\n").join(lines)

    def _update_standing(self) -> None:
        standing = self.query_one("#standing", Static)
        standing.update(self._standing())
        standing.display = bool(self._standing())
        self.refresh_bindings()

    def _progress(self, what: str, share: float | None) -> None:
        """Show how far it is; called on the engine's thread."""
        self.app.call_from_thread(self._show_progress, what, share)

    def _show_progress(self, what: str, share: float | None) -> None:
        line = Content.assemble((f"{what} … ", "bold $primary"))
        if share is not None:
            line = Content.assemble(line, bar(share, 30))
        self.query_one("#progress-line", Static).update(line if what else Content(""))

    # What is done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done: starting or going on, never both."""
        is_open = self._picture is not None or self._opened is not None
        can_go_on = self._picture is not None or (self._opened is not None and self._opened.can_go_on)
        if action == "start" and is_open:
            return False
        if action == "continue" and not can_go_on:
            return False
        if action in ("start", "continue", "renew") and self._is_building:
            return False
        return super().check_action(action, parameters)

    def action_continue(self) -> None:
        """Go on."""
        self.action_start()

    def action_start(self) -> None:
        """Build, then play."""
        if not self._is_building:
            self._is_building = True
            self.refresh_bindings()
            self._play()

    @work(group="play", exclusive=True, exit_on_error=False)
    async def _play(self) -> None:
        from quizgame.tui.scenario.play import PlayScreen

        try:
            engine = self._engine
            if engine is None or self._picture is None:
                record = self._opened.record if self._opened is not None else None
                opening = ExerciseOpening(self.quiz.desk, self._shelf, self._source, self._seed, record)
                engine = self._engine = Engine(opening, self._game, self.quiz.now)
                await engine.open(self._progress)
            past = await engine.results()
            first = await engine.opening_lines()
            self._picture = await engine.look()
        except Exception as error:  # whatever a pack or the simulator does, the app goes on and says so
            self._building_failed(error)
            return
        finally:
            self._is_building = False
        self._show_progress("", None)
        screen = PlayScreen(engine, self._picture, past, first, self._exercise.competencies)
        self.app.push_screen(screen, self._left)

    def _left(self, picture: Picture | None) -> None:
        """Keep how the attempt stood when it was left."""
        if picture is not None:
            self._picture = picture
            self._update_standing()

    def _building_failed(self, error: Exception) -> None:
        if self._engine is not None:
            self._engine.close()
        self._engine = None
        self._picture = None
        self._show_progress("", None)
        self.refresh_bindings()
        if isinstance(error, QuizgameError):
            self.tell(error)
        else:
            self.quiz.tell_bug(error)

    @work(group="renew", exclusive=True, exit_on_error=False)
    async def action_renew(self) -> None:
        """Show another member of the family."""
        screen = BriefingScreen(self._shelf, self._source, self._shelf.new_seed(), None)
        if await self.do(screen.draw):
            self.app.switch_screen(screen)
