"""Progress: exam scores over time, mastery by domain, what will fall due, and the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.tui.meters import bar, counted, percent
from quizgame.tui.page import Page
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.workspace import PastExam, Progress


class ProgressScreen(Page[None]):
    """Plots and the list of exams."""

    CSS_PATH = "progress.tcss"
    HELP = (
        "Scores of your exams against the pass mark, the estimated chance of a right answer in each domain with its "
        "interval, and how many questions fall due on the coming days. Choose an exam to see its report again."
    )
    BINDINGS: ClassVar[list[BindingType]] = []

    def compose(self) -> ComposeResult:
        """Places for the plots, filled when the figures are there."""
        yield TopBar("Progress")
        with VerticalScroll(id="progress", can_focus=False):
            with Container(id="plots"):
                yield Static("", id="scores", classes="plot", markup=False)
                yield Static("", id="forecast", classes="plot", markup=False)
            yield Static("", id="mastery", markup=False)
            yield Static("", id="history-title", classes="heading", markup=False)
            yield Menu(id="history")
        yield KeyBar()

    def on_mount(self) -> None:
        """Ask for the figures."""
        self.query_one(Menu).focus()
        self._load()

    @work(exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        workspace = await self.quiz.desk.workspace()
        progress = await self.ask(workspace.progress)
        if progress is None:
            return
        await self._show_plots(progress, workspace.blueprint.pass_)
        titles = [(domain.id, domain.title) for domain in workspace.blueprint.domains]
        self.query_one("#mastery", Static).update(_mastery(progress, titles))
        self.query_one("#history-title", Static).update(_history_title(progress))
        numbered = [*enumerate(progress.exams, 1)]
        self.query_one(Menu).entries = tuple(_entry(number, past) for number, past in reversed(numbered))

    async def _show_plots(self, progress: Progress, pass_percent: int) -> None:
        from quizgame.tui.widgets.plots import forecast_plot, scores_plot  # plotext: 60 ms, needed only here

        plots = self.query_one("#plots", Container)
        await plots.remove_children()
        scores = [past.report.percent for past in progress.exams]
        await plots.mount(scores_plot(scores, pass_percent), forecast_plot(progress.due_by_day))

    @on(Menu.Chosen)
    def _chosen(self, event: Menu.Chosen) -> None:
        self._open_report(int(event.name))

    @work(exclusive=True, group="report", exit_on_error=False)
    async def _open_report(self, attempt: int) -> None:
        from quizgame.tui.screens.exam_report import ExamReportScreen

        workspace = await self.quiz.desk.workspace()
        session = await self.ask(workspace.past_exam, attempt)
        if session is not None:
            self.app.push_screen(ExamReportScreen(session))


def _mastery(progress: Progress, titles: list[tuple[str, str]]) -> Content:
    lines = [Content.styled("Mastery by domain: the chance of a right answer, and its interval", "bold $primary")]
    for name, title in titles:
        estimate = progress.mastery.domains[name]
        if estimate.questions:
            figures = f" {percent(estimate.mean):>5}  {percent(estimate.low):>5} to {percent(estimate.high)}"
            shown = Content.assemble(bar(estimate.mean, 20), figures)
        else:
            shown = Content.assemble(bar(0, 20), ("  not yet", "$foreground-muted"))
        lines.append(Content.assemble(f"{title[:30]:<31}", shown))
    return Content("\n").join(lines)


def _history_title(progress: Progress) -> Content:
    answered = sum(run.answered for run in progress.practices)
    right = sum(run.right for run in progress.practices)
    runs = f"{counted(len(progress.practices), 'practice run')} ended"
    if answered:
        runs += f", {right} of {answered} answers right"
    exams = counted(len(progress.exams), "exam")
    return Content.assemble(("History  ", "bold $primary"), (f"{exams} · {runs}", "$foreground-muted"))


def _entry(number: int, past: PastExam) -> Entry:
    report = past.report
    sign = "✓" if report.is_pass else "✗"
    when = past.finished.astimezone().strftime("%Y-%m-%d %H:%M")
    score = f"{report.right} of {report.total} right   {report.percent} %"
    return Entry(str(past.attempt), f"{sign} Exam {number}   {when}", score)
