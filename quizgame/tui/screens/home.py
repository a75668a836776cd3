"""Home: what is due, what is under way, how the domains stand, and everything that can be opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from quizgame.errors import QuizgameError
from quizgame.tui.launch import PlayTerms, PracticeTerms, Resume
from quizgame.tui.meters import bar, clock, counted, percent
from quizgame.tui.page import Page
from quizgame.tui.prose import plain
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.menu import Entry, Menu
from quizgame.tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from quizgame.tui.workspace import OpenRun, Overview, Workspace

_ALWAYS = (
    Entry("practice", "Practise", "choose domains and how many", "p"),
    Entry("exam", "Mock exam", "", "e"),
    Entry("progress", "Progress", "", "g"),
)
"""What can be opened before anything is known of the learner."""


class HomeScreen(Page[None]):
    """The first screen."""

    CSS_PATH = "home.tcss"
    HELP = (
        "Where everything starts. What is due comes first: questions you answered return just before you would "
        "forget them. A run under way stays open until you end it; an exam's clock goes on whether the app runs or not."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "open('continue')", "Continue", id="home.continue", tooltip="Go on with what is under way"),
        Binding("d", "open('due')", "Due", id="home.due", tooltip="Practise what is due today"),
        Binding("p", "open('practice')", "Practise", id="home.practice", tooltip="Choose domains and how many"),
        Binding("e", "open('exam')", "Exam", id="home.exam", tooltip="Sit a timed mock exam"),
        Binding(
            "s", "open('scenarios')", "Clusters", id="home.scenarios", tooltip="Repair a broken cluster, or do a lab"
        ),
        Binding("f", "open('free')", "Free", id="home.free", tooltip="Play on clusters of your own"),
        Binding("g", "open('progress')", "Progress", id="home.progress", tooltip="Scores, mastery, what is to come"),
        Binding("q", "app.quit", "Quit", id="home.quit", tooltip="Leave; everything is saved"),
        Binding("escape", "nothing", show=False),
    ]

    _overview: Overview | None = None
    _wanted: str | None = None
    """What was asked for before the packs were loaded."""

    def compose(self) -> ComposeResult:
        """Plain and small: it is the first thing painted."""
        yield TopBar("quizgame › Cilium Certified Associate", id="top")
        with VerticalScroll(id="home", can_focus=False):
            yield Menu(_ALWAYS, id="menu")
            yield Static("", id="domains", markup=False)
            yield Static("", id="readiness", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin; the store opens once something is on the screen."""
        self.query_one(Menu).focus()
        self.call_after_refresh(self._load)
        self.set_interval(1.0, self._show_clock)

    def on_screen_resume(self) -> None:
        """Look again at how things stand after something was done."""
        if self._overview is not None:
            self._load()

    @work(exclusive=True, group="overview", exit_on_error=False)
    async def _load(self) -> None:
        is_first = self._overview is None
        try:
            workspace = await self.quiz.desk.workspace()
            overview = await self.quiz.desk.call(workspace.overview)
        except QuizgameError as error:
            self.quiz.fail(error)
            return
        self._overview = overview
        self.query_one(TopBar).where = f"quizgame › {workspace.blueprint.title}"
        self._show(workspace, overview)
        if is_first:
            self.query_one(Menu).cursor = 0
            self._begin(overview)

    def _begin(self, overview: Overview) -> None:
        """What happens once, when the packs are loaded."""
        if overview.problems:
            self.notify(
                f"{counted(overview.problems, 'problem')} in the question packs; `quizgame check` names them",
                severity="warning",
                markup=False,
            )
        self.quiz.open_launch()
        if self._wanted is not None:
            self.action_open(self._wanted)

    # What is shown

    def _show(self, workspace: Workspace, overview: Overview) -> None:
        self.query_one(Menu).entries = tuple(self._entries(workspace, overview))
        self.query_one("#domains", Static).update(self._domains(workspace, overview))
        self.query_one("#readiness", Static).update(_readiness(workspace, overview))
        self.refresh_bindings()

    def _entries(self, workspace: Workspace, overview: Overview) -> list[Entry]:
        entries = []
        if overview.exam is not None:
            entries.append(Entry("exam-open", "Continue the exam", self._exam_note(overview.exam), "c", is_urgent=True))
        if overview.practice is not None:
            run = overview.practice
            key = "" if overview.exam else "c"
            entries.append(Entry("practice-open", "Continue practice", f"{run.done} of {run.total} done", key))
        if overview.scenario is not None:
            opened = overview.scenario
            note = f"{counted(opened.lines, 'line')}, {opened.so_far} so far"
            key = "" if overview.exam or overview.practice else "c"
            entries.append(Entry("scenario-open", f"Continue: {plain(opened.title)}", note, key))
        due = counted(overview.due, "question") if overview.due else "nothing due today"
        entries.append(Entry("due", "Practise what is due", due, "d", is_urgent=bool(overview.due)))
        entries.append(Entry("practice", "Practise", f"{overview.questions} questions in the bank", "p"))
        blueprint = workspace.blueprint
        terms = f"{blueprint.questions} questions, {blueprint.minutes} minutes, {blueprint.pass_} % to pass"
        entries.append(Entry("exam", "Mock exam", terms, "e"))
        if overview.scenarios:
            kinds = [(sum(one.kind == kind for one in overview.scenarios), kind) for kind in ("scenario", "lab")]
            note = ", ".join(counted(number, kind) for number, kind in kinds if number)
            entries.append(Entry("scenarios", "Broken clusters and labs", note, "s"))
        entries.append(Entry("free", "Free cluster", "play, nothing is scored", "f"))
        taken = f"{counted(overview.exams, 'exam')}, {overview.mastery.overall.answers} answers"
        entries.append(Entry("progress", "Progress", taken, "g"))
        return entries

    def _exam_note(self, run: OpenRun) -> str:
        assert run.deadline is not None
        left = run.deadline - self.quiz.now()
        state = f"{clock(left)} left" if left > timedelta() else "time is over"
        return f"{run.done} of {run.total} answered · {state}"

    def _show_clock(self) -> None:
        menu = self.query_one(Menu)
        if self._overview is None or self._overview.exam is None or not self.is_current:
            return
        note = self._exam_note(self._overview.exam)
        menu.entries = tuple(
            Entry(entry.name, entry.title, note, entry.key, entry.is_urgent) if entry.name == "exam-open" else entry
            for entry in menu.entries
        )

    def _domains(self, workspace: Workspace, overview: Overview) -> Content:
        lines = [Content.assemble((f"{'Domain':<34}{'weight':>6}   {'mastery':<24}", "$foreground-muted"))]
        for domain in workspace.blueprint.domains:
            estimate = overview.mastery.domains[domain.id]
            if estimate.questions:
                shown = Content.assemble(bar(estimate.mean, 20), f" {percent(estimate.mean):>5}")
            else:
                shown = Content.assemble(bar(0, 20), ("  not yet", "$foreground-muted"))
            lines.append(Content.assemble(f"{domain.title[:33]:<34}", (f"{domain.weight:>4} %", "bold"), "   ", shown))
        return Content("\n").join(lines)

    # What is done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what there is."""
        if action == "open" and self._overview is not None:
            overview = self._overview
            there = {
                "continue": any((overview.exam, overview.practice, overview.scenario)),
                "due": overview.due > 0,
                "scenarios": bool(overview.scenarios),
            }
            if not there.get(str(parameters[0]), True):
                return False
        elif action == "open" and parameters[0] in ("continue", "due", "scenarios"):
            return False
        return super().check_action(action, parameters)

    @on(Menu.Chosen, "#menu")
    def _chosen(self, event: Menu.Chosen) -> None:
        self.action_open(event.name)

    def action_nothing(self) -> None:
        """Home is as far back as it goes."""

    def action_open(self, name: str) -> None:
        """Open something by its name in the menu."""
        if self.quiz.is_opening:
            return
        if self._overview is None:
            self._wanted = name
            return
        if name == "continue":
            overview = self._overview
            name = "exam-open" if overview.exam else "practice-open" if overview.practice else "scenario-open"
        match name:
            case "exam-open":
                self.quiz.open_exam(Resume.EXAM)
            case "practice-open":
                self.quiz.open_practice(Resume.PRACTICE)
            case "scenario-open" if self._overview.scenario is not None:
                self.quiz.open_scenario(PlayTerms(self._overview.scenario.record.subject, is_continued=True))
            case "due" if self._overview.due:
                self.quiz.open_practice(PracticeTerms(count=min(self._overview.due, 50), due_only=True))
            case "due":
                self.notify("Nothing is due today. Practise something new instead: p", markup=False)
            case "free":
                self._choose_free()
            case _:
                self.app.push_screen(name)

    def _choose_free(self) -> None:
        from quizgame.tui.screens.goals import GoalScreen, free_goals

        self.app.push_screen(GoalScreen("Free cluster", free_goals()), self.quiz.open_goal)


def _readiness(workspace: Workspace, overview: Overview) -> Content:
    """One honest line."""
    readiness = overview.readiness
    if readiness.probability is None:
        first = (
            f", {workspace.blueprint.title_of(readiness.domains_missing[0])} first" if readiness.domains_missing else ""
        )
        return Content.assemble(
            ("Readiness  ", "bold"),
            (
                f"too early to say: {counted(readiness.answers_missing, 'more answer')} needed{first}",
                "$foreground-muted",
            ),
        )
    assert readiness.low is not None
    assert readiness.high is not None
    best = readiness.moves[0] if readiness.moves else None
    advice = f" · most to gain: {workspace.blueprint.title_of(best.competency)}" if best else ""
    return Content.assemble(
        ("Readiness  ", "bold"),
        f"{percent(readiness.probability)} chance of passing today ",
        (f"({percent(readiness.low)} to {percent(readiness.high)}){advice}", "$foreground-muted"),
    )
