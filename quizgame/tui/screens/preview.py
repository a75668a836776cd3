"""The questions of a pack file as learners will see them, again whenever the file changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from quizgame.content.library import BankQuestion
from quizgame.game.quiz.grading import ResponseError, check_response, grade
from quizgame.game.quiz.items import present
from quizgame.tui.answers.area import AnswerArea
from quizgame.tui.answers.table import answer_area
from quizgame.tui.page import Page
from quizgame.tui.preview_source import Draft, read_draft, stamp_of
from quizgame.tui.prose import verbatim
from quizgame.tui.widgets.feedback import Feedback
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.question import QuestionPane
from quizgame.tui.widgets.topbar import TopBar

LOOK_EVERY_S = 0.5
PROBLEMS_SHOWN = 50


class PreviewScreen(Page[None]):
    """Shows one question of a file at a time.

    Args:
        path: The file.
        question: Which question to begin with; ``None`` for the first.
    """

    CSS_PATH: ClassVar[Any] = ["preview.tcss", "../answers/answers.tcss"]
    HELP = (
        "What learners will see. The file is read again as soon as it is saved; while something in it is wrong, its "
        "problems stand here with their places instead of the question. Nothing is recorded."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "again", "Again", id="preview.again", tooltip="Show the question unanswered again"),
        Binding("enter", "answer", "Answer", id="preview.answer", tooltip="See what is said of this answer"),
        Binding("left_square_bracket,f2", "turn(-1)", "Turn", id="preview.previous", key_display="[ ]",
                tooltip="The question before, the next one"),
        Binding("right_square_bracket,f3", "turn(1)", "Next", show=False, id="preview.next", key_display="[ ]",
                tooltip="The question before, the next one"),
        Binding("v", "view", "View", id="preview.view", tooltip="Show the exhibit on the whole screen"),
    ]  # fmt: skip

    @dataclass
    class Read(Message):
        """The file was read."""

        draft: Draft

    def __init__(self, path: Path, question: str | None = None) -> None:
        super().__init__()
        self._path = path
        self._wanted = question
        self._place = 0
        self._draft: Draft | None = None
        self._is_answered = False

    def compose(self) -> ComposeResult:
        """Where we are, the question or the problems, the keys."""
        yield TopBar("Preview", id="top")
        yield QuestionPane()
        with VerticalScroll(id="problems"):
            yield Static("", id="problem-list", markup=False)
        yield Static("", id="status", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the file, now and whenever it changes."""
        self._look()
        self.set_interval(LOOK_EVERY_S, self._look)

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False)
    def _look(self) -> None:
        if self._draft is None or stamp_of(self._path) != self._draft.stamp:
            self.post_message(self.Read(read_draft(self._path)))

    @on(Read)
    async def _read(self, event: Read) -> None:
        self._draft = event.draft
        names = [entry.id for entry in event.draft.questions]
        if self._wanted in names:
            self._place = names.index(self._wanted)
        self._place = max(0, min(self._place, len(names) - 1))
        await self._show()

    @property
    def _entry(self) -> BankQuestion | None:
        draft = self._draft
        return draft.questions[self._place] if draft is not None and draft.questions and not draft.problems else None

    async def _show(self) -> None:
        draft, entry = self._draft, self._entry
        self.set_class(entry is None, "-broken")
        self._is_answered = False
        top = self.query_one(TopBar)
        if entry is None:
            problems = draft.problems if draft else ()
            top.where = f"Preview › {self._path.name}"
            top.status = Content.styled(f"{len(problems)} to mend", "bold $text-error")
            self.query_one("#problem-list", Static).update(verbatim("\n".join(problems[:PROBLEMS_SHOWN])))
            self.query_one("#problems").focus()
            self._say("It is read again when the file is saved")
        else:
            total = len(draft.questions) if draft else 0
            self._wanted = entry.id
            item = present(entry, 0)
            area = answer_area(item)
            await self.query_one(QuestionPane).show(item, area)
            top.where = f"Preview › {self._path.name} › {entry.id}"
            top.status = Content.assemble(
                (f"{entry.question.difficulty.value}   ", "$foreground-muted"),
                (f"{self._place + 1} of {total}", "bold"),
            )
            area.focus(scroll_visible=False)
            self._say(area.hint)
        self.refresh_bindings()

    def _say(self, text: str) -> None:
        self.query_one("#status", Static).update(Content(text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done."""
        entry = self._entry
        if action in ("answer", "again") and (entry is None or self._is_answered is (action == "answer")):
            return False
        if action == "turn" and entry is None:
            return False
        if action == "view" and not (entry and entry.question.exhibit):
            return False
        return super().check_action(action, parameters)

    @on(AnswerArea.Proposed)
    def _proposed(self, event: AnswerArea.Proposed) -> None:
        if not self._is_answered and self._entry is not None:
            area = self.query_one(AnswerArea)
            area.show(event.response)
            self._say(area.hint)

    @on(AnswerArea.Refused)
    def _refused(self, event: AnswerArea.Refused) -> None:
        self._say(event.reason)

    @on(AnswerArea.Finished)
    async def _finished(self) -> None:
        await self.action_answer()

    async def action_answer(self) -> None:
        """Grade the answer and show what is said of it."""
        if self._is_answered or self._entry is None:
            return
        area = self.query_one(AnswerArea)
        try:
            check_response(area.item, area.draft, complete=True)
        except ResponseError:
            self._say(area.hint)
            return
        self._is_answered = True
        mark = grade(area.item, area.draft)
        verdict = "Right" if mark.right else "Wrong"
        await self.query_one(QuestionPane).replace_below(area, Feedback(area.item, mark, verdict))
        self._say("Nothing is recorded")
        self.refresh_bindings()

    async def action_again(self) -> None:
        """Show the question unanswered."""
        await self._show()

    async def action_turn(self, by: int) -> None:
        """Go to a neighbour in the file."""
        last = len(self._draft.questions) - 1 if self._draft else 0
        self._place = max(0, min(self._place + by, last))
        await self._show()

    def action_view(self) -> None:
        """Show the exhibit on the whole screen."""
        from quizgame.tui.screens.exhibit import ExhibitScreen

        entry = self._entry
        if entry is not None and entry.question.exhibit:
            self.app.push_screen(ExhibitScreen(entry.question.exhibit))
