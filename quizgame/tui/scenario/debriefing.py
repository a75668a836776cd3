"""The debrief: what it came to, why, the learner's way beside the expert's, and what there was to learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalGroup, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from quizgame.game.scenario.debrief import Debrief, DiagnosisReview, Moment
from quizgame.game.scenario.repair import Check
from quizgame.game.scenario.score import FULL_MARKS, PASS_MARK, Report
from quizgame.tui.meters import bar
from quizgame.tui.page import Page
from quizgame.tui.prose import inline, plain, prose
from quizgame.tui.scenario.ledger import BLANK, Entry, Ledger
from quizgame.tui.scenario.markdown import PackMarkdown
from quizgame.tui.widgets.keybar import KeyBar
from quizgame.tui.widgets.topbar import TopBar

_MUTED = "$foreground-muted"
_GOOD = Content.styled("✓", "bold $text-success")
_BAD = Content.styled("✗", "bold $text-error")


class DebriefScreen(Page[None]):
    """What an attempt ends with.

    Args:
        debrief: All that is told.
        title: The scenario's title.
    """

    CSS_PATH = "debriefing.tcss"
    HELP = (
        "What it came to and why. Back at the terminal the clusters are still there: **why** tells what decided about "
        "a flow, **what-if** which flows a manifest would change."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,escape", "back", "Terminal", id="debrief.terminal", key_display="t",
                tooltip="Back to the terminal, where why and what-if are open now"),
        Binding("h,q", "home", "Home", id="debrief.home", key_display="h", tooltip="Leave the scenario"),
    ]  # fmt: skip

    def __init__(self, debrief: Debrief, title: str) -> None:
        super().__init__()
        self._debrief = debrief
        self._title = title

    def compose(self) -> ComposeResult:
        """The verdict first, the lesson last."""
        debrief = self._debrief
        report = debrief.report
        yield TopBar(f"Scenario › {plain(self._title)} › Debrief")
        with VerticalScroll(id="debrief"):
            yield Static(_verdict(report), id="verdict", classes="-pass" if report.passed else "-fail", markup=False)
            yield from _section("Points", _steps(report))
            if report.checks:
                yield from _section("What the repair was judged by", _checks(report.checks))
            for review in debrief.diagnoses:
                yield from _section("Diagnosis", _diagnosis(review))
            if debrief.missed:
                yield from _section("Not seen before the diagnosis", _missed(debrief.missed))
            yield Static("What there was to learn", classes="heading", markup=False)
            yield PackMarkdown(debrief.text, id="lesson")
            yield Static("Your way, and an expert's", classes="heading", markup=False)
            yield from self._ways()
        yield KeyBar()

    def _ways(self) -> Iterator[Widget]:
        ways = [("You", self._debrief.learner), *((f"Expert: {name}", way) for name, way in self._debrief.experts)]
        with Horizontal(id="ways"):
            for title, moments in ways:
                with VerticalGroup(classes="way") as group:
                    group.border_title = plain(title)
                    yield Ledger(list(_moments(moments)))

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one("#debrief").focus()

    def action_home(self) -> None:
        """Leave everything above the home screen."""
        self.quiz.go_home()


def _section(title: str, entries: Iterable[Entry]) -> Iterator[Widget]:
    yield Static(title, classes="heading", markup=False)
    yield Ledger(list(entries))


def _verdict(report: Report) -> Content:
    word = "✓ PASSED" if report.passed else "✗ NOT PASSED"
    repair = "solved" if report.solved else "not solved"
    return Content("\n").join(
        [
            Content.assemble((f"{word}   {report.score} of {FULL_MARKS} points", "bold")),
            Content(f"{repair} · {PASS_MARK} points and a solution are needed · seed {report.seed}"),
        ]
    )


def _steps(report: Report) -> Iterator[Entry]:
    for step in report.steps:
        share = step.earned / step.points
        style = "$success" if share == 1 else "$error"
        figure = Content.assemble(bar(share, 12, style), f" {step.earned:>3} of {step.points:<3}")
        name = Content.assemble((step.kind, "bold"), (f"  {step.id}", _MUTED))
        yield Entry(name, _GOOD if share == 1 else _BAD, figure, is_cut=True)
    for deduction in report.deductions:
        where = f", line {deduction.command + 1}" if deduction.command is not None else ""
        yield Entry(
            Content.assemble(plain(deduction.reason), (f"  {deduction.offence.value}{where}", _MUTED)),
            Content.styled("−", "bold $text-warning"),
            Content.styled(f"−{deduction.points}", "bold $text-warning"),
        )


def _checks(checks: Iterable[Check]) -> Iterator[Entry]:
    for check in checks:
        subject = Content.assemble((check.kind.value, "bold"), f"  {plain(check.subject)}")
        yield Entry(subject, _GOOD if check.is_met else _BAD)
        if not check.is_met:
            yield Entry(
                Content.assemble(
                    ("expected: ", _MUTED), plain(check.expected), ("   seen: ", _MUTED), plain(check.seen)
                )
            )
            yield Entry(Content.styled(f"why it matters: {plain(check.why)}", _MUTED))


def _diagnosis(review: DiagnosisReview) -> Iterator[Entry]:
    sure = {True: ", and you were sure", False: ", and you were unsure", None: ""}[review.is_sure]
    if any(is_chosen for _, is_chosen, _, _ in review.options):
        verdict = f"{'right' if review.is_right else 'wrong'}{sure}"
    else:
        verdict = "not answered"
    yield Entry(
        inline(review.ask).stylize("bold"),
        figure=Content.styled(verdict, "bold $text-success" if review.is_right else "bold $text-error"),
        indent=0,
    )
    for text, is_chosen, is_right, reason in review.options:
        chosen = Content.styled("  ← your answer", "bold $primary") if is_chosen else Content("")
        sign = _GOOD if is_right else _BAD if is_chosen else Content.styled("·", _MUTED)
        yield Entry(inline(text) + chosen, sign)
        yield Entry(prose(reason).stylize_before(_MUTED))
    yield BLANK


def _missed(titles: Iterable[str]) -> Iterator[Entry]:
    for title in titles:
        yield Entry(inline(title), _BAD)


def _moments(moments: Iterable[Moment]) -> Iterator[Entry]:
    for moment in moments:
        told = bool(moment.told)
        line = Content.styled(plain(moment.line), "bold" if told else _MUTED)
        yield Entry(line, Content.styled("$", "$text-success" if told else _MUTED))
        for title in moment.told:
            yield Entry(inline(title), Content.styled("  ✓", "bold $text-success"), indent=4)
        if moment.facts and not told:
            noun = "fact" if moment.facts == 1 else "facts"
            yield Entry(Content.styled(f"{moment.facts} new {noun}", _MUTED), indent=4)
        for cost in moment.cost:
            yield Entry(Content.styled(plain(cost), "$text-warning"), Content.styled("  −", "$text-warning"), indent=4)
