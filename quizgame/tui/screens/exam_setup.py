"""Before an exam: its terms, and the exam under way if there is one."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.tui.launch import ExamTerms, Resume
from quizgame.tui.meters import clock, counted
from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar
from quizgame.tui.workspace import OpenRun

PARTS = (1, 2, 4)
"""An exam may be a half or a quarter of the real one."""


class ExamSetupScreen(Page[None]):
    """Shows the terms and begins.

    Args:
        terms: Those asked for; what is left open can be chosen here.
    """

    CSS_PATH = "exam_setup.tcss"
    HELP = (
        "A mock exam goes as the real one: no feedback until the end, and a clock that does not stop. The real one "
        "has 60 questions in 90 minutes; a half or a quarter of it is good for an evening."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "begin", "Begin", id="exam.begin", tooltip="Begin; the clock starts"),
        Binding("right,plus", "part(-1)", "Longer", id="exam.longer", key_display="→", tooltip="A longer exam"),
        Binding("left,minus", "part(1)", "Shorter", id="exam.shorter", key_display="←", tooltip="A shorter exam"),
        Binding("enter", "resume", "Continue", id="exam.resume", tooltip="Go on with the exam under way"),
        Binding("h", "hand_in", "Hand it in", id="exam.drop", tooltip="Hand the exam under way in as it is"),
    ]

    def __init__(self, terms: ExamTerms) -> None:
        super().__init__()
        self._terms = terms
        self._part = 0
        self._open: OpenRun | None = None

    def compose(self) -> ComposeResult:
        """The terms."""
        yield TopBar("Mock exam")
        with VerticalScroll(id="exam-setup", can_focus=False):
            yield Static("", id="exam-terms", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Look whether an exam is under way, then show the terms."""
        self._look()
        self.set_interval(1.0, self._show)

    def on_screen_resume(self) -> None:
        """Look again."""
        self._look()

    @work(exclusive=True, exit_on_error=False)
    async def _look(self) -> None:
        workspace = await self.quiz.desk.workspace()
        overview = await self.ask(workspace.overview)
        if overview is not None:
            self._open = overview.exam
            self._show()
            self.refresh_bindings()

    @property
    def _is_free(self) -> bool:
        """Whether the length can be chosen."""
        return self._terms.questions is None and self._terms.minutes is None

    def _chosen(self) -> ExamTerms:
        workspace = self.quiz.workspace
        if not self._is_free or self._part == 0 or workspace is None:
            return self._terms
        part = PARTS[self._part]
        blueprint = workspace.blueprint
        return ExamTerms(max(blueprint.questions // part, 1), max(blueprint.minutes // part, 1), self._terms.seed)

    def _show(self) -> None:
        workspace = self.quiz.workspace
        if workspace is None:
            return
        blueprint, terms = workspace.blueprint, self._chosen()
        if self._open is not None and self._open.deadline is not None:
            left = clock(self._open.deadline - self.quiz.now())
            lines = [
                Content.styled("An exam is under way", "bold $text-warning"),
                Content(""),
                Content.assemble((f"{left}", "bold"), f" left · {self._open.done} of {self._open.total} answered"),
                Content(""),
                Content("Its clock goes on whether you look at it or not."),
                Content("Continue it, or hand it in as it is before you begin another."),
            ]
        else:
            questions, minutes = terms.questions or blueprint.questions, terms.minutes or blueprint.minutes
            mark = ("◂ ", " ▸") if self._is_free else ("", "")
            length = f"{counted(questions, 'question')} in {counted(minutes, 'minute')}"
            facts = [
                f"{blueprint.pass_} % to pass; what is not answered counts as wrong",
                "drawn by the weights of the domains, not from your last exam",
                "no feedback until the end, then a report and every reason",
                "the clock runs on if you leave; come back and go on",
                "flag, strike out, jump and review as you like",
            ]
            if terms.seed is not None:
                facts[1] = f"drawn by the weights of the domains, from seed {terms.seed}"
            lines = [
                Content.styled(blueprint.title, "bold"),
                Content(""),
                Content.assemble((mark[0], "bold $primary"), (length, "bold"), (mark[1], "bold $primary")),
                Content(""),
                *(Content.assemble(("·  ", "$primary"), fact) for fact in facts),
                Content(""),
                Content.assemble("Press ", ("enter", "bold $primary"), " to begin: the clock starts at once."),
            ]
        self.query_one("#exam-terms", Static).update(Content("\n").join(lines))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One exam at a time."""
        if action in ("resume", "hand_in") and self._open is None:
            return False
        if action in ("begin", "part") and self._open is not None:
            return False
        if action == "part" and not self._is_free:
            return False
        return super().check_action(action, parameters)

    def action_part(self, by: int) -> None:
        """A longer or a shorter exam."""
        self._part = max(0, min(self._part + by, len(PARTS) - 1))
        self._show()

    def action_begin(self) -> None:
        """Begin in place of this screen."""
        self.app.pop_screen()
        self.quiz.open_exam(self._chosen())

    def action_resume(self) -> None:
        """Go on with the exam under way."""
        self.app.pop_screen()
        self.quiz.open_exam(Resume.EXAM)

    def action_hand_in(self) -> None:
        """Hand the exam under way in, after asking."""
        from quizgame.tui.screens.confirm import ConfirmScreen

        text = "The exam under way ends as it is: what is not answered counts as wrong."
        self.app.push_screen(ConfirmScreen("Hand it in?", text), self._hand_in)

    async def _hand_in(self, is_sure: bool | None) -> None:
        if not is_sure:
            return
        workspace = await self.quiz.desk.workspace()
        session = await self.ask(workspace.resume_exam)
        if session is not None and await self.do(session.submit, self.quiz.now()):
            from quizgame.tui.screens.exam_report import ExamReportScreen

            self.app.switch_screen(ExamReportScreen(session))
