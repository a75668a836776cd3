"""Practice: a question, the answer, and why; then the next one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from quizgame.errors import QuizgameError
from quizgame.game.quiz.focus import NOTHING
from quizgame.game.quiz.grading import Confidence, ResponseError
from quizgame.game.quiz.practice import Feedback as PracticeFeedback
from quizgame.game.quiz.practice import PracticeSession
from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.answers.table import answer_area
from quizgame.tui.launch import PracticeTerms, Resume
from quizgame.tui.meters import bar, span
from quizgame.tui.page import Page
from quizgame.tui.screens.goals import GoalScreen, exercise_goals, free_goals, question_goals
from quizgame.tui.widgets.feedback import Feedback
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.question import QuestionPane
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.app import QuizgameApp


async def open_practice(app: QuizgameApp, terms: PracticeTerms | Resume) -> None:
    """Begin or go on with a practice run and show it."""
    workspace = await app.desk.workspace()
    # A run on whose screen one comes back later must not be ended by another that is opened above it.
    aside = any(isinstance(screen, PracticeScreen) for screen in app.screen_stack)
    try:
        if isinstance(terms, PracticeTerms):
            session = await app.desk.call(workspace.begin_practice, terms, aside=aside)
        else:
            session = await app.desk.call(workspace.resume_practice)
    except QuizgameError as error:
        app.notify(str(error), severity="error", markup=False)
        return
    if session is None:
        app.notify(_nothing(terms), markup=False)
    elif session.is_over(app.now()):
        await show_summary(app, session)
    else:
        app.push_screen(PracticeScreen(session))


def _nothing(terms: PracticeTerms | Resume) -> str:
    """What to say where there is no question to ask."""
    if not isinstance(terms, PracticeTerms):
        return "No practice run is under way."
    return "The bank has no questions on this yet." if terms.competencies else NOTHING[terms.focus]


async def show_summary(app: QuizgameApp, session: PracticeSession, *, instead: bool = False) -> None:
    """End the run and show how it went, above the screen in front or instead of it."""
    from quizgame.tui.screens.practice_summary import PracticeSummaryScreen

    workspace = await app.desk.workspace()
    summary = await app.desk.call(session.end, app.now())
    screen = PracticeSummaryScreen(summary, workspace)
    if instead:
        app.switch_screen(screen)
    else:
        app.push_screen(screen)


class PracticeScreen(Page[None]):
    """One practice run.

    Args:
        session: The run, with at least one question left.
    """

    CSS_PATH: ClassVar[Any] = ["practice.tcss", "../answers/answers.tcss"]
    # The function keys serve while a text is typed, where letters are text.
    HELP = (
        "Choose, then enter. Say how sure you are by answering with **s** or **u** instead: being sure and wrong is "
        "what to look at first, and a sure answer comes back later than an unsure one. Each answer is saved before "
        "it is shown; leaving with esc keeps the run for later."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next", id="practice.next", tooltip="Go on to the next question"),
        Binding("enter", "answer('')", "Answer", id="practice.answer", tooltip="Answer"),
        Binding("s,f2", "answer('sure')", "Sure", id="practice.sure", tooltip="Answer, and be sure of it"),
        Binding("u,f3", "answer('unsure')", "Unsure", id="practice.unsure", tooltip="Answer, without being sure"),
        Binding("n,f4", "skip", "Skip", id="practice.skip", tooltip="Leave this question for another time"),
        Binding("j", "jump", "Try it", id="practice.jump",
                tooltip="Scenarios and labs on the same competency, or a free cluster; leaving them leads back here"),
        Binding("v", "view", "View", id="practice.view", tooltip="Show the exhibit on the whole screen"),
        Binding("q", "end", "End", id="practice.end", tooltip="End this run and see how it went"),
        Binding("escape", "back", "Leave", id="practice.leave", tooltip="Leave; the run stays open"),
    ]  # fmt: skip

    def __init__(self, session: PracticeSession) -> None:
        super().__init__()
        self.session = session
        self._feedback: PracticeFeedback | None = None
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """Where we are, the question, what to do, the keys."""
        yield TopBar("Practice", id="top")
        yield QuestionPane()
        yield Static("", id="status", markup=False)
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin."""
        await self._show_question()

    # What is shown

    async def _show_question(self) -> None:
        item = self.session.item
        if item is None or self.session.is_over(self.quiz.now()):
            await show_summary(self.quiz, self.session, instead=True)
            return
        self._feedback = None
        area = answer_area(item)
        await self.query_one(QuestionPane).show(item, area)
        self._show_top(self.session.position + 1)
        self._show_hint()
        area.focus(scroll_visible=False)
        self.refresh_bindings()

    def _show_top(self, number: int) -> None:
        item = self._feedback.item if self._feedback else self.session.item
        total = len(self.session.items)
        top = self.query_one(TopBar)
        workspace = self.quiz.workspace
        if item is not None and workspace is not None:
            domain, competency = (workspace.blueprint.title_of(name) for name in (item.domain, item.competency))
            top.where = f"Practice › {domain} › {competency}"
        difficulty = item.question.difficulty.value if item else ""
        deadline = self.session.deadline
        if deadline is None:
            done, where = number / total, f" {number} of {total}"
        else:
            left = max(deadline - self.quiz.now(), timedelta())
            done = 1 - left / (deadline - self.session.started)
            where = f" {span(left)} left" if left else " last question"
        top.status = Content.assemble((f"{difficulty}   ", "$foreground-muted"), bar(done, 10), (where, "bold"))

    def _show_hint(self, refused: str = "") -> None:
        status = self.query_one("#status", Static)
        status.set_class(bool(refused), "-refused")
        if self._feedback is not None:
            summary = self.session.summary
            status.update(Content(f"{summary.right} of {summary.answered} right so far"))
        else:
            status.update(Content(refused or self._area.hint))

    @property
    def _area(self) -> AnswerArea:
        return self.query_one(AnswerArea)

    # What is done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done: answering before the answer, going on after it."""
        is_answered = self._feedback is not None
        if action == "next" and not is_answered:
            return False
        if action in ("answer", "skip") and is_answered:
            return False
        if action == "jump" and not is_answered:
            return False
        if action == "view" and not self.query(QuestionPane).filter(".-has-exhibit"):
            return False
        return super().check_action(action, parameters)

    @on(AnswerArea.Proposed)
    def _proposed(self, event: AnswerArea.Proposed) -> None:
        """What is not answered yet is a draft, and kept nowhere."""
        if self._feedback is None:
            self._area.show(event.response)
            self._show_hint()

    @on(AnswerArea.StrikeProposed)
    def _strike(self, event: AnswerArea.StrikeProposed) -> None:
        if self._feedback is None:
            struck = self._area.struck
            self._area.show_struck(struck | {event.key} if event.on else struck - {event.key})

    @on(AnswerArea.Refused)
    def _refused(self, event: AnswerArea.Refused) -> None:
        self._show_hint(event.reason)

    @on(AnswerArea.Finished)
    async def _finished(self) -> None:
        await self.action_answer("")

    async def action_answer(self, confidence: str) -> None:
        """Record the answer, then show what is said of it."""
        if self._feedback is not None or self._is_busy:
            return
        area = self._area
        sure = Confidence(confidence) if confidence else None
        self._is_busy = True
        try:
            feedback = await self.quiz.desk.call(self.session.answer, area.draft, sure, self.quiz.now())
        except ResponseError:
            self._show_hint(area.hint)
            return
        except QuizgameError as error:
            self.tell(error)
            return
        finally:
            self._is_busy = False
        self._feedback = feedback
        await self.query_one(QuestionPane).replace_below(area, Feedback(feedback.item, feedback.mark, self._verdict()))
        self._show_top(self.session.position)
        self._show_hint()
        self.refresh_bindings()

    def _verdict(self) -> str:
        feedback = cast("PracticeFeedback", self._feedback)
        said = {Confidence.SURE: ", and you were sure", Confidence.UNSURE: ", and you were unsure", None: ""}
        word = "Right" if feedback.right else "Wrong"
        back = span(feedback.next_review - self.quiz.now())
        return f"{word}{said[feedback.confidence]} · comes back in {back}"

    async def action_next(self) -> None:
        """Go on."""
        await self._show_question()

    async def action_skip(self) -> None:
        """Leave the question for another time."""
        if await self.do(self.session.skip, self.quiz.now()):
            await self._show_question()

    async def action_end(self) -> None:
        """End the run."""
        await show_summary(self.quiz, self.session, instead=True)

    def action_jump(self) -> None:
        """Offer what can be tried on this competency, above this screen, so that leaving it leads back."""
        workspace, feedback = self.quiz.workspace, self._feedback
        if workspace is None or feedback is None:
            return
        goals = [
            *exercise_goals(workspace.exercises_on(feedback.item.competency)),
            *question_goals(workspace.library.questions.get(feedback.item.id)),
            *free_goals(),
        ]
        title = workspace.blueprint.title_of(feedback.item.competency)
        self.app.push_screen(GoalScreen(title, goals), self.quiz.open_goal)

    def action_view(self) -> None:
        """Show the exhibit on the whole screen."""
        from quizgame.tui.screens.exhibit import ExhibitScreen

        item = self.query_one(QuestionPane).item
        if item is not None and item.question.exhibit:
            self.app.push_screen(ExhibitScreen(item.question.exhibit))
