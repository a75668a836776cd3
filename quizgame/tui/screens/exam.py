"""The exam: one question at a time, a clock, and nothing said until the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from quizgame.errors import QuizgameError
from quizgame.game.quiz.exam import ExamOver, ExamSession
from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.answers.table import answer_area
from quizgame.tui.launch import ExamTerms, Resume
from quizgame.tui.meters import clock, counted
from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.question import QuestionPane
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.app import QuizgameApp

LAST_MINUTES = timedelta(minutes=5)
"""From here on the clock wants attention."""


async def open_exam(app: QuizgameApp, terms: ExamTerms | Resume) -> None:
    """Begin or go on with an exam and show it; one that its time has ended shows its report."""
    workspace = await app.desk.workspace()
    try:
        if isinstance(terms, ExamTerms):
            session: ExamSession | None = await app.desk.call(workspace.begin_exam, terms)
        else:
            session = await app.desk.call(workspace.resume_exam)
    except QuizgameError as error:
        app.notify(str(error), severity="error", markup=False)
        return
    if session is None:
        app.notify("No exam is under way.", markup=False)
        return
    if session.missing:
        lost = counted(len(session.missing), "question")
        app.notify(f"{lost} of this exam are in no pack any more", severity="warning", markup=False)
    if session.is_over:
        from quizgame.tui.screens.exam_report import ExamReportScreen

        app.push_screen(ExamReportScreen(session))
    else:
        app.push_screen(ExamScreen(session))


class ExamScreen(Page[None]):
    """One exam under way.

    Args:
        session: The exam, not over yet.
    """

    CSS_PATH: ClassVar[Any] = ["../answers/answers.tcss"]
    # The function keys serve while a text is typed, where letters are text.
    HELP = (
        "Answers, flags and strike-outs are saved as you make them. **g** shows all questions with their state; **r** "
        "reviews them before you hand in. The clock runs on if you leave: come back from home and go on."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left,p",
            "turn(-1)",
            "Turn",
            id="exam.previous",
            key_display="←→",
            tooltip="The question before, the next one",
        ),
        Binding(
            "right,n",
            "turn(1)",
            "Next",
            show=False,
            id="exam.next",
            key_display="←→",
            tooltip="The question before, the next one",
        ),
        Binding(
            "f,f2", "flag", "Flag", id="exam.flag", tooltip="Flag this question to come back to, or take the flag off"
        ),
        Binding("g,f3", "jump", "Jump", id="exam.jump", tooltip="All questions, to jump to one"),
        Binding("r,f4", "review", "Review", id="exam.review", tooltip="Review all questions and hand in"),
        Binding("v", "view", "View", id="exam.view", tooltip="Show the exhibit on the whole screen"),
        Binding("escape", "back", "Leave", id="exam.leave", tooltip="Leave; the clock runs on"),
    ]

    def __init__(self, session: ExamSession) -> None:
        super().__init__()
        self.session = session
        self._remaining = timedelta()
        self._is_ticking = False
        self._is_finished = False

    def compose(self) -> ComposeResult:
        """The clock, the question, how far it is, the keys."""
        yield TopBar("Mock exam", id="top")
        yield QuestionPane()
        yield Static("", id="status", markup=False)
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin."""
        self._remaining = self.session.remaining(self.quiz.now())
        await self.show_question()
        self.set_interval(1.0, self.tick)

    # The clock

    async def tick(self) -> None:
        """Look at the clock; runs below other screens too, so that time ends the exam wherever one is."""
        if self._is_ticking or self._is_finished:
            return
        self._is_ticking = True
        try:
            tick = await self.ask(self.session.tick, self.quiz.now())
        finally:
            self._is_ticking = False
        if tick is None:
            return
        self._remaining = tick.remaining
        if tick.is_over:
            self.finish()
            return
        if tick.alert is not None:
            self.notify(f"{counted(tick.alert, 'minute')} left", title="Time", severity="warning", markup=False)
        self._show_top()

    def finish(self) -> None:
        """Show the report in place of the exam and of whatever lies above it."""
        if self._is_finished:
            return
        self._is_finished = True
        from quizgame.tui.screens.exam_report import ExamReportScreen

        while self.app.screen is not self and self in self.app.screen_stack:
            self.app.pop_screen()
        self.app.switch_screen(ExamReportScreen(self.session))

    # What is shown

    async def show_question(self) -> None:
        """Show the question where the exam is."""
        session, item = self.session, self.session.item
        area = answer_area(item, session.response(item.id), session.struck(item.id))
        await self.query_one(QuestionPane).show(item, area)
        self._show_top()
        self._show_status()
        area.focus(scroll_visible=False)
        self.refresh_bindings()

    def _show_top(self) -> None:
        session = self.session
        top = self.query_one(TopBar)
        top.where = f"Mock exam › {session.position + 1} of {len(session.items)}"
        style = "bold $text-warning" if self._remaining <= LAST_MINUTES else "bold"
        flag = ("⚑ flagged   ", "bold $text-warning") if session.is_flagged(session.item.id) else ("", "")
        top.status = Content.assemble(flag, (f"{clock(self._remaining)} left", style))

    def _show_status(self, refused: str = "") -> None:
        session = self.session
        status = self.query_one("#status", Static)
        status.set_class(bool(refused), "-refused")
        answered = sum(session.is_complete(item.id) for item in session.items)
        flagged = sum(session.is_flagged(item.id) for item in session.items)
        state = f"{answered} answered · {len(session.items) - answered} open · {flagged} flagged"
        hint = refused or self.query_one(AnswerArea).hint
        room = self.size.width - 2 - len(hint) - len(state)
        status.update(Content(f"{hint}{' ' * room}{state}" if room > 1 else hint))

    # What is done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done."""
        if action == "view" and not self.query(QuestionPane).filter(".-has-exhibit"):
            return False
        return super().check_action(action, parameters)

    async def record(self, function: Callable[..., None], *args: Any) -> bool:
        """Record an action of the learner; return whether it was recorded. Too late shows the report."""
        try:
            await self.quiz.desk.call(function, *args, self.quiz.now())
        except ExamOver:
            self.finish()
            return False
        except QuizgameError as error:
            self.tell(error)
            return False
        return True

    @on(AnswerArea.Proposed)
    async def _proposed(self, event: AnswerArea.Proposed) -> None:
        area = self.query_one(AnswerArea)
        if await self.record(self.session.answer, area.item.id, event.response):
            area.show(event.response)
            self._show_status()

    @on(AnswerArea.StrikeProposed)
    async def _strike(self, event: AnswerArea.StrikeProposed) -> None:
        area = self.query_one(AnswerArea)
        if await self.record(self.session.strike, area.item.id, event.key, event.on):
            area.show_struck(self.session.struck(area.item.id))

    @on(AnswerArea.Refused)
    def _refused(self, event: AnswerArea.Refused) -> None:
        self._show_status(event.reason)

    @on(AnswerArea.Finished)
    async def _finished(self) -> None:
        if self.session.position + 1 < len(self.session.items):
            await self.action_turn(1)
        else:
            await self.action_review()

    async def action_turn(self, by: int) -> None:
        """Go to a neighbour."""
        await self.go_to(self.session.position + by)

    async def go_to(self, place: int) -> None:
        """Go to a question by its place from 0."""
        if not 0 <= place < len(self.session.items):
            return
        await self._keep_typed()
        if await self.record(self.session.move, place):
            await self.show_question()

    async def _keep_typed(self) -> None:
        """Record what was typed and not yet rested."""
        area = self.query_one(AnswerArea)
        if area.item.kind == "fill-in" and area.draft != self.session.response(area.item.id):
            await self.record(self.session.answer, area.item.id, area.draft)

    async def action_flag(self) -> None:
        """Flag, or take the flag off."""
        item = self.session.item
        if await self.record(self.session.flag, item.id, not self.session.is_flagged(item.id)):
            self._show_top()
            self._show_status()

    async def action_jump(self) -> None:
        """Show all questions, and go to the one chosen."""
        from quizgame.tui.screens.exam_review import JumpScreen, cells_of, legend

        await self._keep_typed()
        self.app.push_screen(JumpScreen(cells_of(self.session), self.session.position, legend()), self._jumped)

    async def _jumped(self, place: int | None) -> None:
        if place is not None:
            await self.go_to(place)

    async def action_review(self) -> None:
        """Review all questions; go to the one chosen, or hand in."""
        from quizgame.tui.screens.exam_review import ReviewScreen

        await self._keep_typed()
        self.app.push_screen(ReviewScreen(self.session, self.quiz.now), self._reviewed)

    async def _reviewed(self, place: int | None) -> None:
        from quizgame.tui.screens.exam_review import HAND_IN

        if place == HAND_IN:
            if await self.do(self.session.submit, self.quiz.now()):
                self.finish()
        elif place is not None:
            await self.go_to(place)

    def action_view(self) -> None:
        """Show the exhibit on the whole screen."""
        from quizgame.tui.screens.exhibit import ExhibitScreen

        exhibit = self.session.item.question.exhibit
        if exhibit:
            self.app.push_screen(ExhibitScreen(exhibit))
