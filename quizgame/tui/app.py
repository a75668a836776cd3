"""The app: themes, the table of screens, the desk, and what opens what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import constants
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from quizgame.errors import QuizgameError
from quizgame.tui.desk import Desk
from quizgame.tui.launch import ExamTerms, FreeTerms, Launch, PlayTerms, PracticeTerms, PreviewTerms, Resume
from quizgame.tui.resilient import ResilientApp
from quizgame.tui.screens.home import HomeScreen
from quizgame.tui.settings import load_settings, save_settings
from quizgame.tui.themes import DARK, LIGHT, OWN

if TYPE_CHECKING:
    from quizgame.tui.workspace import Workspace


HERE = Path(__file__).parent
KEY_NAMES = {"enter": "enter", "question_mark": "?"}
KEPT_COMMANDS = ("Theme", "Screenshot")
"""What the palette keeps of Textual's own commands; the others have a counterpart here."""


def _practice() -> Screen[None]:
    from quizgame.tui.screens.practice_setup import PracticeSetupScreen

    return PracticeSetupScreen()


def _exam() -> Screen[None]:
    from quizgame.tui.screens.exam_setup import ExamSetupScreen

    return ExamSetupScreen(ExamTerms())


def _scenarios() -> Screen[None]:
    from quizgame.tui.scenario.shelf_screen import ShelfScreen

    return ShelfScreen()


def _progress() -> Screen[None]:
    from quizgame.tui.screens.progress import ProgressScreen

    return ProgressScreen()


class QuizgameApp(ResilientApp):
    """The app.

    Args:
        open_workspace: Loads packs and opens the store; runs off the event loop once the first screen is shown.
        folder: Where settings are kept; ``None`` keeps none.
        launch: What to open above the home screen.
        now: The clock.
        catch_bugs: Whether a bug is told in a dialog.
    """

    TITLE = "quizgame"
    CSS_PATH: ClassVar[list[str | PurePath]] = [HERE / "base.tcss", HERE / "screens" / "home.tcss"]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (160, "-vast")]  # noqa: RUF012  # Textual types it so
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-tall")]  # noqa: RUF012  # the same
    SCREENS: ClassVar[dict[str, Callable[[], Screen[None]]]] = {
        "practice": _practice,
        "exam": _exam,
        "scenarios": _scenarios,
        "progress": _progress,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", id="app.help", tooltip="What the keys do here"),
        Binding("ctrl+t", "toggle_theme", "Light or dark", show=False, id="app.theme", tooltip="Change the theme"),
    ]

    def __init__(
        self,
        open_workspace: Callable[[], Workspace],
        *,
        folder: Path | None = None,
        launch: Launch = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),  # the edge: the app's one wall clock
        catch_bugs: bool = True,
    ) -> None:
        super().__init__(folder=folder, catch_bugs=catch_bugs)
        self.desk = Desk(open_workspace)
        self.now = now
        self.failure: QuizgameError | None = None
        """Why the app ended, if it could not go on."""
        self._launch = launch
        for theme in OWN:
            self.register_theme(theme)
        chosen = load_settings(folder).theme if folder else None
        if chosen in self.available_themes:
            self.theme = str(chosen)
        elif constants.DEFAULT_THEME == "textual-dark":  # TEXTUAL_THEME was not set
            self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        """Home lies under everything."""
        return HomeScreen()

    async def on_unmount(self) -> None:
        """Close the store."""
        await self.desk.close()

    @property
    def workspace(self) -> Workspace | None:
        """Library and blueprint, once they are loaded."""
        return self.desk.opened

    @property
    def is_opening(self) -> bool:
        """Whether something is about to open: keys that come now were not meant for what still shows."""
        return self._launch is not None or any(
            worker.group == "open" and not worker.is_finished for worker in self.workers
        )

    def fail(self, error: QuizgameError) -> None:
        """End the app because of an error that leaves nothing to work with."""
        self.failure = error
        self.exit(return_code=2)

    # What opens what

    def open_launch(self) -> None:
        """Open what the app was started for."""
        launch, self._launch = self._launch, None
        match launch:
            case PracticeTerms() | Resume.PRACTICE:
                self.open_practice(launch)
            case ExamTerms():
                from quizgame.tui.screens.exam_setup import ExamSetupScreen

                self.push_screen(ExamSetupScreen(launch))
            case Resume.EXAM:
                self.open_exam(launch)
            case PlayTerms():
                self.open_scenario(launch)
            case PreviewTerms():
                from quizgame.tui.screens.preview import PreviewScreen

                self.push_screen(PreviewScreen(launch.path, launch.question))

    def open_practice(self, terms: PracticeTerms | Resume) -> None:
        """Begin or go on with a practice run."""
        from quizgame.tui.screens.practice import open_practice

        self.run_worker(open_practice(self, terms), group="open", exclusive=True, exit_on_error=False)

    def open_exam(self, terms: ExamTerms | Resume) -> None:
        """Begin or go on with an exam."""
        from quizgame.tui.screens.exam import open_exam

        self.run_worker(open_exam(self, terms), group="open", exclusive=True, exit_on_error=False)

    def open_scenario(self, terms: PlayTerms) -> None:
        """Show the briefing of a scenario or lab, or go on with the attempt at it."""
        from quizgame.tui.scenario.briefing import open_scenario

        self.run_worker(open_scenario(self, terms), group="open", exclusive=True, exit_on_error=False)

    def open_free(self, terms: FreeTerms) -> None:
        """Open a free cluster."""
        from quizgame.tui.scenario.free import open_free

        self.run_worker(open_free(self, terms), group="open", exclusive=True, exit_on_error=False)

    def open_goal(self, terms: PlayTerms | FreeTerms | None) -> None:
        """Open what was chosen in a list of where to go; ``None``: nothing was."""
        if isinstance(terms, PlayTerms):
            self.open_scenario(terms)
        elif terms is not None:
            self.open_free(terms)

    def go_home(self) -> None:
        """Leave every screen above home."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    # Commands

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: everything that has a key here, then what the app can always do."""
        seen: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            is_command = binding.tooltip and not binding.key.isdecimal()  # moving and choosing are no commands
            if is_command and active.enabled and binding.action not in seen:
                seen.add(binding.action)

                def run(action: str = binding.action, node: object = active.node) -> None:
                    self.call_later(self.run_action, action, node)

                key = self.get_key_display(binding)
                yield SystemCommand(f"{binding.description} ({key})", binding.tooltip or binding.description, run)
        yield from (command for command in super().get_system_commands(screen) if command.title in KEPT_COMMANDS)

    def get_key_display(self, binding: Binding) -> str:
        """Keys by the names that are printed on them."""
        return binding.key_display or KEY_NAMES.get(binding.key) or super().get_key_display(binding)

    def action_help(self) -> None:
        """Say what the keys do on the screen in front."""
        from quizgame.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_toggle_theme(self) -> None:
        """Change between light and dark."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def _watch_theme(self, theme_name: str) -> None:
        super()._watch_theme(theme_name)
        if self.is_running and self.folder is not None:
            try:
                save_settings(self.folder, replace(load_settings(self.folder), theme=theme_name))
            except OSError as error:
                self.notify(f"the theme could not be saved: {error.strerror}", severity="warning", markup=False)
