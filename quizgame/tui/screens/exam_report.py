"""The report of an exam: passed or not, by domain and competency, and what to study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from quizgame.content.blueprint import Blueprint
from quizgame.game.quiz.exam import ExamSession
from quizgame.game.quiz.report import ExamReport, Study, Tally
from quizgame.tui.meters import bar, counted
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.row import Row
from quizgame.tui.widgets.topbar import TopBar

STUDIES_SHOWN = 8
SOURCES_SHOWN = 3
BAR_WIDTH = 20


class ExamReportScreen(Page[None]):
    """What an exam ends with.

    Args:
        session: The exam, submitted.
    """

    CSS_PATH = "exam_report.tcss"
    HELP = "The result by domain and competency. **b** goes through the questions with the reason of every option."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "browse(False)", "Browse all", id="report.browse", tooltip="Go through all questions"),
        Binding("w", "browse(True)", "Browse wrong", id="report.wrong", tooltip="Go through what was wrong"),
        Binding("escape,enter,q", "back", "Home", id="report.back", key_display="esc", tooltip="Back"),
    ]

    def __init__(self, session: ExamSession) -> None:
        super().__init__()
        assert session.report is not None
        self._session = session
        self._report: ExamReport = session.report

    def compose(self) -> ComposeResult:
        """The verdict, then the tables, then what to study."""
        yield TopBar("Mock exam › Report")
        with VerticalScroll(id="report"):
            name = "-pass" if self._report.is_pass else "-fail"
            yield Static(self._verdict(), id="verdict", classes=name, markup=False)
            workspace = self.quiz.workspace
            if workspace is not None:
                yield Static(self._domains(workspace.blueprint), classes="block", markup=False)
                yield from self._study(workspace.blueprint, self._report.to_study(workspace.library.questions))
        yield KeyBar()

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one("#report").focus()

    def _verdict(self) -> Content:
        report = self._report
        word = "✓ PASS" if report.is_pass else "✗ FAIL"
        end = "handed in" if report.submitted_by == "learner" else "time ran out"
        return Content("\n").join(
            [
                Content.assemble((f"{word}   {report.percent} %", "bold")),
                Content(
                    f"{report.right} of {report.total} right, {report.pass_percent} % needed · {end} · "
                    f"blueprint {report.blueprint}"
                ),
            ]
        )

    def _domains(self, blueprint: Blueprint) -> Content:
        by_domain = {tally.name: tally for tally in self._report.by_domain()}
        by_competency = {tally.name: tally for tally in self._report.by_competency()}
        lines = []
        for domain in blueprint.domains:
            if domain.id in by_domain:
                lines.append(self._line(domain.title, by_domain[domain.id], is_domain=True))
                lines.extend(
                    self._line(competency.title, by_competency[competency.id], is_domain=False)
                    for competency in domain.competencies
                    if competency.id in by_competency
                )
        known = {domain.id for domain in blueprint.domains}
        lines.extend(self._line(name, tally, is_domain=True) for name, tally in by_domain.items() if name not in known)
        return Content("\n").join(lines)

    def _line(self, title: str, tally: Tally, *, is_domain: bool) -> Content:
        passed = tally.percent >= self._report.pass_percent
        width = 36 if self.app.size.width < 110 else 54
        shown = f"{title}" if is_domain else f"  {title}"
        text = Content(shown).truncate(width - 1, ellipsis=True, pad=True)
        figures = f" {tally.right:>2} of {tally.total:<2} {tally.percent:>3} % "
        sign = ("✓", "bold $text-success") if passed else ("✗", "bold $text-error")
        style = "$success" if passed else "$error"
        line = Content.assemble(text, " ", bar(tally.right / max(tally.total, 1), BAR_WIDTH, style), figures, sign)
        return line.stylize_before("bold") if is_domain else line.stylize_before("$foreground-muted")

    def _study(self, blueprint: Blueprint, studies: tuple[Study, ...]) -> Iterator[Widget]:
        if not studies:
            return
        yield Static("What to study", classes="heading", markup=False)
        for study in studies[:STUDIES_SHOWN]:
            title = Content.assemble(
                (blueprint.title_of(study.competency), "bold"), (f"  {study.missed} missed", "$foreground-muted")
            )
            yield Row(title, Content.styled("▸", "$primary"), indent=2)
            for source in study.sources[:SOURCES_SHOWN]:
                yield Row(Content.styled(plain(source), "$foreground-muted"), indent=4)
        rest = len(studies) - STUDIES_SHOWN
        if rest > 0:
            yield Static(f"and {counted(rest, 'other subject')}", markup=False)

    def action_browse(self, wrong_only: bool) -> None:
        """Go through the questions."""
        from quizgame.tui.screens.exam_browse import ExamBrowseScreen

        screen = ExamBrowseScreen(self._session, wrong_only=wrong_only)
        if screen.places:
            self.app.push_screen(screen)
        else:
            self.notify("Nothing was wrong.", markup=False)
