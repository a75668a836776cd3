"""All questions of an exam at a glance: to jump to one, and to review them before handing in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.game.quiz.exam import ExamSession
from quizgame.tui.meters import clock, counted
from quizgame.tui.page import Dialog, Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.numbergrid import Cell, NumberGrid
from quizgame.tui.widgets.topbar import TopBar

HAND_IN = -1
"""What the review gives back where the learner hands in."""

ANSWERED = Cell("●", "bold $primary")
PARTLY = Cell("◐", "bold $text-warning")
OPEN = Cell("○", "$foreground-muted")


def cells_of(session: ExamSession) -> list[Cell]:
    """The state of each question."""
    cells = []
    for item in session.items:
        state = OPEN
        if session.is_answered(item.id):
            state = ANSWERED if session.is_complete(item.id) else PARTLY
        cells.append(Cell(state.sign, state.style, "⚑" if session.is_flagged(item.id) else " "))
    return cells


def legend() -> Content:
    """What the signs mean."""
    return Content.assemble(
        (ANSWERED.sign, ANSWERED.style), " answered   ", (PARTLY.sign, PARTLY.style), " not enough chosen   ",
        (OPEN.sign, OPEN.style), " open   ", ("⚑", "bold $text-warning"), " flagged",
    )  # fmt: skip


class JumpScreen(Dialog[int | None]):
    """Chooses a question; gives its place from 0, or ``None``.

    Args:
        cells: The state of each question.
        place: The one the cursor begins at.
        meaning: What the signs mean.
    """

    CSS_PATH = "exam_review.tcss"
    HELP = "Every question with its state. Type a number or use the arrows, then enter."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,g", "cancel", "Close", id="jump.close", key_display="esc", tooltip="Back to the question"),
    ]

    def __init__(self, cells: Sequence[Cell], place: int, meaning: Content) -> None:
        super().__init__()
        self._cells = cells
        self._place = place
        self._meaning = meaning

    def compose(self) -> ComposeResult:
        """The grid and what its signs mean."""
        with VerticalScroll(classes="dialog", id="jump", can_focus=False) as box:
            box.border_title = "Go to"
            yield NumberGrid(self._cells, self._place)
            yield Static(self._meaning, classes="legend", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """The grid takes the keys."""
        self.query_one(NumberGrid).focus()

    @on(NumberGrid.Chosen)
    def _chosen(self, event: NumberGrid.Chosen) -> None:
        self.dismiss(event.place)


class ReviewScreen(Page[int | None]):
    """Shows what is open before handing in; gives a place from 0, `HAND_IN`, or ``None``.

    Args:
        session: The exam.
        now: The clock.
    """

    CSS_PATH = "exam_review.tcss"
    HELP = "What is answered, open and flagged. Go back to any question, or hand the exam in."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "next('open')", "Next open", id="review.open", tooltip="The next question without an answer"),
        Binding("f", "next('flagged')", "Next flagged", id="review.flagged", tooltip="The next flagged question"),
        Binding("h", "hand_in", "Hand in", id="review.hand-in", tooltip="End the exam and see the report"),
    ]

    def __init__(self, session: ExamSession, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._session = session
        self._now = now

    def compose(self) -> ComposeResult:
        """Counts, grid, legend."""
        yield TopBar("Mock exam › Review")
        with VerticalScroll(id="review", can_focus=False):
            yield Static(self._counts(), id="counts", markup=False)
            yield NumberGrid(cells_of(self._session), self._session.position)
            yield Static(legend(), classes="legend", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """The grid takes the keys; the clock goes on."""
        self.query_one(NumberGrid).focus()
        self._show_clock()
        self.set_interval(1.0, self._show_clock)

    def _show_clock(self) -> None:
        self.query_one(TopBar).status = Content.styled(f"{clock(self._session.remaining(self._now()))} left", "bold")

    def _places(self, state: str) -> list[int]:
        session = self._session
        tests: dict[str, Callable[[str], bool]] = {
            "open": lambda name: not session.is_complete(name),
            "flagged": session.is_flagged,
        }
        return [place for place, item in enumerate(session.items) if tests[state](item.id)]

    def _counts(self) -> Content:
        open_, flagged = len(self._places("open")), len(self._places("flagged"))
        if open_:
            text = f"{counted(open_, 'question')} without a full answer, which would count as wrong"
            first = Content.styled(f"○ {text}", "bold $text-warning")
        else:
            first = Content.styled("● every question is answered", "bold")
        return Content("\n").join([first, Content(f"⚑ {flagged} flagged" if flagged else "nothing flagged")])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is."""
        if action == "next" and not self._places(str(parameters[0])):
            return False
        return super().check_action(action, parameters)

    @on(NumberGrid.Chosen)
    def _chosen(self, event: NumberGrid.Chosen) -> None:
        self.dismiss(event.place)

    def action_back(self) -> None:
        """Back to the question."""
        self.dismiss(None)

    def action_next(self, state: str) -> None:
        """Move the cursor to the next question in this state, round the end."""
        grid = self.query_one(NumberGrid)
        places = self._places(state)
        grid.cursor = next((place for place in places if place > grid.cursor), places[0])

    def action_hand_in(self) -> None:
        """Hand in, after asking."""
        from quizgame.tui.screens.confirm import ConfirmScreen

        open_ = len(self._places("open"))
        text = f"{counted(open_, 'question')} without a full answer count as wrong. " if open_ else ""
        self.app.push_screen(ConfirmScreen("Hand in?", f"{text}The exam ends now."), self._confirmed)

    def _confirmed(self, is_sure: bool | None) -> None:
        if is_sure:
            self.dismiss(HAND_IN)
