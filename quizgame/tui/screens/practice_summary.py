"""How a practice run went."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.game.quiz.practice import PracticeSummary
from quizgame.tui.launch import PracticeTerms
from quizgame.tui.meters import bar, counted, percent
from quizgame.tui.page import Page
from quizgame.tui.prose import prose
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.row import Row
from quizgame.tui.widgets.topbar import TopBar
from quizgame.tui.workspace import Workspace


class PracticeSummaryScreen(Page[None]):
    """The end of a run.

    Args:
        summary: How it went.
        workspace: Where the questions are.
    """

    CSS_PATH = "practice_summary.tcss"
    HELP = "How the run went. Answers that were sure and wrong are listed: they show a misconception, not a gap."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,escape,q", "back", "Back", id="summary.back", key_display="enter", tooltip="Back to where it began"
        ),
        Binding("p", "again", "Practise more", id="summary.again", tooltip="Another run over all domains"),
    ]

    def __init__(self, summary: PracticeSummary, workspace: Workspace) -> None:
        super().__init__()
        self._summary = summary
        self._workspace = workspace

    def compose(self) -> ComposeResult:
        """The figures, then what to look at."""
        yield TopBar("Practice › Done")
        with VerticalScroll(id="summary"):
            yield Static(self._figures(), markup=False, id="figures")
            wrong = [name for name in self._summary.sure_and_wrong if name in self._workspace.library.questions]
            if wrong:
                yield Static("Sure, and wrong", classes="heading", markup=False)
            for name in wrong:
                entry = self._workspace.library.questions[name]
                title = self._workspace.blueprint.title_of(entry.competency)
                yield Row(Content.styled(title, "$foreground-muted"), Content.styled("✗", "bold $error"), indent=2)
                yield Row(prose(entry.question.stem), indent=2, classes="stem")
        yield KeyBar()

    def _figures(self) -> Content:
        summary = self._summary
        if not summary.answered:
            return Content("Nothing was answered in this run.")
        share = summary.right / summary.answered
        left = summary.total - summary.answered - summary.skipped
        rest = [
            f"{counted(number, 'question')} {what}"
            for number, what in ((summary.skipped, "skipped"), (left, "left unasked"))
            if number
        ]
        return Content("\n").join(
            [
                Content.assemble((f"{summary.right} of {summary.answered} right", "bold")),
                Content.assemble(bar(share, 40), f" {percent(share)}"),
                Content.styled(", ".join(rest), "$foreground-muted"),
            ]
        )

    def action_again(self) -> None:
        """Begin another run in place of this screen."""
        self.app.pop_screen()
        self.quiz.open_practice(PracticeTerms())
