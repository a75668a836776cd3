"""What every screen of the app has: the desk, errors told, and a word where the terminal is too small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from quizgame.errors import QuizgameError

if TYPE_CHECKING:
    from quizgame.tui.app import QuizgameApp

T = TypeVar("T")
Result = TypeVar("Result")

SMALLEST = Size(80, 24)
"""The smallest terminal that everything fits into."""


class TooSmall(Static):
    """Stands in for a screen that does not fit."""

    ALLOW_SELECT = False

    def render(self) -> str:
        """Say what is needed and what there is."""
        size = self.app.size
        return (
            f"quizgame needs at least {SMALLEST.width}×{SMALLEST.height} characters.\n"
            f"This terminal has {size.width}×{size.height}: please enlarge it."
        )


class _Fitting(Screen[Result]):
    """Hides a screen's contents while the terminal is too small for them."""

    HELP: ClassVar[str] = ""
    """What the screen is for; the help screen shows it above the keys."""
    _kept_focus: Widget | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Hide or show."""
        is_small = event.size.width < SMALLEST.width or event.size.height < SMALLEST.height
        if is_small == self.is_too_small:
            if is_small:
                self.query_one(TooSmall).refresh(layout=True)
            return
        if is_small:
            self._kept_focus = self.focused
            self.mount(TooSmall())
            self.set_class(True, "-too-small")
        else:
            self.query(TooSmall).remove()
            self.set_class(False, "-too-small")
            if self._kept_focus is not None and self._kept_focus.is_attached:
                self.call_after_refresh(self.set_focus, self._kept_focus)

    @property
    def help_text(self) -> str:
        """What the help screen says of it."""
        return self.HELP

    @property
    def is_too_small(self) -> bool:
        """Whether the contents are hidden."""
        return self.has_class("-too-small")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done to what is hidden."""
        return not self.is_too_small and super().check_action(action, parameters)

    @property
    def quiz(self) -> QuizgameApp:
        """The app, by its own type."""
        return cast("QuizgameApp", self.app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker's messages do not bubble: hand them to the app, which tells bugs."""
        self.quiz.on_worker_state_changed(event)

    async def ask(self, function: Callable[..., T], *args: Any, **named: Any) -> T | None:
        """Run ``function`` on the store's thread; tell an error and return ``None`` instead of raising it."""
        try:
            return await self.quiz.desk.call(function, *args, **named)
        except QuizgameError as error:
            self.tell(error)
            return None

    async def do(self, function: Callable[..., object], *args: Any) -> bool:
        """Run ``function`` on the store's thread; tell an error. Return whether there was none."""
        try:
            await self.quiz.desk.call(function, *args)
        except QuizgameError as error:
            self.tell(error)
            return False
        return True

    def tell(self, error: QuizgameError) -> None:
        """Tell an error that the user can act on."""
        hint = f"\n{error.hint}" if error.hint else ""
        self.notify(f"{error.message}{hint}", severity="error", markup=False)


class Page(_Fitting[Result]):
    """A whole screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="page.back", tooltip="Leave this screen"),
    ]

    def action_back(self) -> None:
        """Leave."""
        self.app.pop_screen()


class Dialog(_Fitting[Result], ModalScreen[Result]):
    """Something small above a screen, which it darkens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Close without doing anything"),
    ]

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)
