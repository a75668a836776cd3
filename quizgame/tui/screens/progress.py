"""Progress: exam scores over time, mastery by domain, what will fall due, and the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.game.quiz.studyplan import StudyPlan, next_day, plan_study
from quizgame.game.quiz.trend import trend_words
from quizgame.tui.meters import bar, counted, percent
from quizgame.tui.page import Page
from quizgame.tui.settings import load_settings, save_settings
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.workspace import PastExam, Progress

DAYS_AHEAD = 28
"""How far off the exam is taken to be until its day is chosen."""


class ProgressScreen(Page[None]):
    """Plots and the list of exams."""

    CSS_PATH = "progress.tcss"
    HELP = (
        "Scores of your exams against the pass mark, the estimated chance of a right answer in each domain with its "
        "interval, and how many questions fall due on the coming days. The plan says how many questions a day it takes "
        "up to the day of your exam. Choose an exam to see its report again."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,plus", "exam_day(1)", "Exam day", id="progress.later", key_display="← →",
                tooltip="Plan for an exam a day later"),
        Binding("left,minus", "exam_day(-1)", "Earlier", show=False, id="progress.earlier", key_display="←",
                tooltip="Plan for an exam a day earlier"),
        Binding("right_square_bracket", "exam_day(7)", "A week", id="progress.week_later", key_display="[ ]",
                tooltip="Plan for an exam a week later"),
        Binding("left_square_bracket", "exam_day(-7)", "A week earlier", show=False, id="progress.week_earlier",
                key_display="[", tooltip="Plan for an exam a week earlier"),
    ]  # fmt: skip

    _progress: Progress | None = None

    def compose(self) -> ComposeResult:
        """Places for the plots, filled when the figures are there."""
        yield TopBar("Progress")
        with VerticalScroll(id="progress", can_focus=False):
            with Container(id="plots"):
                yield Static("", id="scores", classes="plot", markup=False)
                yield Static("", id="forecast", classes="plot", markup=False)
            yield Static("", id="mastery", markup=False)
            yield Static("", id="plan", markup=False)
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
        self._progress = progress
        self._show_plan()
        self.query_one("#history-title", Static).update(_history_title(progress))
        numbered = [*enumerate(progress.exams, 1)]
        self.query_one(Menu).entries = tuple(_entry(number, past) for number, past in reversed(numbered))

    @property
    def _today(self) -> date:
        return self.quiz.now().astimezone().date()

    @property
    def _exam_day(self) -> date:
        """The day that was chosen, as long as it lies ahead; else one in four weeks."""
        folder = self.quiz.folder
        chosen = load_settings(folder).exam_day if folder is not None else None
        try:
            day = date.fromisoformat(chosen or "")
        except ValueError:
            day = self._today
        return next_day(day, 0, self._today) if day > self._today else next_day(self._today, DAYS_AHEAD, self._today)

    def _show_plan(self) -> None:
        workspace = self.quiz.workspace
        if self._progress is None or workspace is None:
            return
        now = self.quiz.now().astimezone()
        blueprint = workspace.blueprint
        plan = plan_study(self._progress.mastery, blueprint, self._progress.cards, now=now, until=self._exam_day)
        titles = {domain.id: domain.title for domain in blueprint.domains}
        self.query_one("#plan", Static).update(_plan(plan, titles))

    def action_exam_day(self, by: int) -> None:
        """Plan for another day, and remember it."""
        folder = self.quiz.folder
        if folder is None:
            return
        day = next_day(self._exam_day, by, self._today)
        try:
            save_settings(folder, replace(load_settings(folder), exam_day=day.isoformat()))
        except OSError as error:
            self.notify(f"the day could not be saved: {error.strerror}", severity="warning", markup=False)
        self._show_plan()

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


def _plan(plan: StudyPlan, titles: Mapping[str, str]) -> Content:
    days = counted(plan.days, "day")
    title = Content.assemble(
        ("Plan  ", "bold $primary"), ("◂ ", "bold $primary"), (plan.until.isoformat(), "bold"), (" ▸", "bold $primary"),
        (f"   {days} to study", "$foreground-muted"),
    )  # fmt: skip
    if not plan.total:
        return Content("\n").join([title, Content("Nothing is missing by what your answers can tell: sit mock exams.")])
    shares = ", ".join(f"{titles[one.domain]} {one.a_day}" for one in plan.domains if one.a_day)
    lines = [title, Content(f"{counted(plan.a_day, 'question')} a day: {shares}")]
    if plan.is_too_much:
        lines.append(Content("More than most can learn from in a day: begin with the largest, or move the exam."))
    claim = f"With 9 in 10 of them right, each competency is then estimated at {percent(plan.aim)}. No promise."
    return Content("\n").join([*lines, Content.styled(claim, "$foreground-muted")])


def _history_title(progress: Progress) -> Content:
    answered = sum(run.answered for run in progress.practices)
    right = sum(run.right for run in progress.practices)
    runs = f"{counted(len(progress.practices), 'practice run')} ended"
    if answered:
        runs += f", {right} of {answered} answers right"
    exams = counted(len(progress.exams), "exam")
    if going := trend_words([past.report.percent for past in progress.exams]):
        exams += f" ({going})"
    return Content.assemble(("History  ", "bold $primary"), (f"{exams} · {runs}", "$foreground-muted"))


def _entry(number: int, past: PastExam) -> Entry:
    report = past.report
    sign = "✓" if report.is_pass else "✗"
    when = past.finished.astimezone().strftime("%Y-%m-%d %H:%M")
    score = f"{report.right} of {report.total} right   {report.percent} %"
    return Entry(str(past.attempt), f"{sign} Exam {number}   {when}", score)
