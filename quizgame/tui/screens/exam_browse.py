"""The questions of a finished exam, each with the answer given and the reasons."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.grading import grade
from quizgame.tui.page import Page
from quizgame.tui.widgets.feedback import Feedback
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.numbergrid import Cell
from quizgame.tui.widgets.question import QuestionPane
from quizgame.tui.widgets.topbar import TopBar

RIGHT = Cell("✓", "bold $text-success")
WRONG = Cell("✗", "bold $text-error")


class ExamBrowseScreen(Page[None]):
    """Goes through a finished exam.

    Args:
        session: The exam, submitted.
        wrong_only: Only what was not right.
    """

    CSS_PATH: ClassVar[Any] = ["../answers/answers.tcss", "exam_review.tcss"]
    HELP = "Each question of the exam with your answer, the right one, and the reason for every option."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left,p", "turn(-1)", "Turn", id="browse.previous", key_display="←→", tooltip="The one before, the next one"
        ),
        Binding(
            "right,n,enter",
            "turn(1)",
            "Next",
            show=False,
            id="browse.next",
            key_display="←→",
            tooltip="The one before, the next one",
        ),
        Binding("w", "wrong", "Only wrong", id="browse.wrong", tooltip="Only what was wrong, or all"),
        Binding("g", "jump", "Jump", id="browse.jump", tooltip="All questions, to jump to one"),
        Binding("v", "view", "View", id="browse.view", tooltip="Show the exhibit on the whole screen"),
    ]

    def __init__(self, session: ExamSession, *, wrong_only: bool) -> None:
        super().__init__()
        self._session = session
        self._marks = [grade(item, session.response(item.id)) for item in session.items]
        self._wrong_only = wrong_only
        self.place = self.places[0] if self.places else 0

    @property
    def places(self) -> list[int]:
        """Places from 0 of the questions that are gone through."""
        return [place for place, mark in enumerate(self._marks) if not (self._wrong_only and mark.right)]

    def compose(self) -> ComposeResult:
        """Where we are, the question with its feedback, the keys."""
        yield TopBar("Mock exam")
        yield QuestionPane()
        yield Static("", id="status", markup=False)
        yield KeyBar()

    async def on_mount(self) -> None:
        """Begin."""
        await self._show()

    async def _show(self) -> None:
        item, mark = self._session.items[self.place], self._marks[self.place]
        answered = self._session.is_answered(item.id)
        verdict = "Right" if mark.right else ("Wrong" if answered else "Not answered")
        pane = self.query_one(QuestionPane)
        await pane.show(item, Feedback(item, mark, verdict))
        pane.can_focus = True
        pane.focus()
        places = self.places
        top = self.query_one(TopBar)
        top.where = f"Mock exam › Question {self.place + 1} of {len(self._marks)}"
        right = sum(one.right for one in self._marks)
        flag = ("⚑ flagged   ", "bold $text-warning") if self._session.is_flagged(item.id) else ("", "")
        top.status = Content.assemble(flag, f"{right} right of {len(self._marks)}")
        which = "wrong ones" if self._wrong_only else "all questions"
        nth = places.index(self.place) + 1 if self.place in places else 0
        workspace = self.quiz.workspace
        about = workspace.blueprint.title_of(item.competency) if workspace else item.competency
        self.query_one("#status", Static).update(Content(f"{about} · {nth} of {len(places)} {which}"))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done."""
        if action == "view" and not self.query(QuestionPane).filter(".-has-exhibit"):
            return False
        return super().check_action(action, parameters)

    async def action_turn(self, by: int) -> None:
        """Go to a neighbour among those gone through."""
        places = self.places
        ahead = [place for place in places if (place > self.place) == (by > 0) and place != self.place]
        if ahead:
            self.place = ahead[0] if by > 0 else ahead[-1]
            await self._show()

    async def action_wrong(self) -> None:
        """Only what was wrong, or all."""
        self._wrong_only = not self._wrong_only
        if not self.places:
            self._wrong_only = False
            self.notify("Nothing was wrong.", markup=False)
        if self.place not in self.places:
            self.place = next((place for place in self.places if place > self.place), self.places[0])
        await self._show()

    def action_jump(self) -> None:
        """Show all questions, and go to the one chosen."""
        from quizgame.tui.screens.exam_review import JumpScreen

        cells = [RIGHT if mark.right else WRONG for mark in self._marks]
        legend = Content.assemble((RIGHT.sign, RIGHT.style), " right   ", (WRONG.sign, WRONG.style), " wrong")
        self.app.push_screen(JumpScreen(cells, self.place, legend), self._jumped)

    async def _jumped(self, place: int | None) -> None:
        if place is not None:
            self._wrong_only = self._wrong_only and place in self.places
            self.place = place
            await self._show()

    def action_view(self) -> None:
        """Show the exhibit on the whole screen."""
        from quizgame.tui.screens.exhibit import ExhibitScreen

        exhibit = self._session.items[self.place].question.exhibit
        if exhibit:
            self.app.push_screen(ExhibitScreen(exhibit))
