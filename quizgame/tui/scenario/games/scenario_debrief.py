"""A scenario's last page: the verdict, why, the learner's way beside the expert's. Pure functions of a debrief."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.content import Content

from quizgame.game.scenario.debrief import Debrief, DiagnosisReview, Moment
from quizgame.game.scenario.repair import Check
from quizgame.game.scenario.score import FULL_MARKS, PASS_MARK, Report
from quizgame.tui.meters import bar
from quizgame.tui.prose import inline, plain, prose
from quizgame.tui.scenario.games.game import BAD, GOOD, MUTED, LastPage, Section
from quizgame.tui.scenario.ledger import BLANK, Entry


def last_page(debrief: Debrief) -> LastPage:
    """The page of a debrief."""
    report = debrief.report
    sections = [Section("Points", tuple(_steps(report)))]
    if report.checks:
        sections.append(Section("What the repair was judged by", tuple(_checks(report.checks))))
    sections += [Section("Diagnosis", tuple(_diagnosis(review))) for review in debrief.diagnoses]
    if debrief.missed:
        sections.append(Section("Not seen before the diagnosis", tuple(_missed(debrief.missed))))
    ways = [("You", debrief.learner), *((f"Expert: {name}", way) for name, way in debrief.experts)]
    return LastPage(
        _verdict(report),
        report.passed,
        tuple(sections),
        debrief.text,
        tuple(Section(title, tuple(_moments(moments))) for title, moments in ways),
    )


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
        name = Content.assemble((step.kind, "bold"), (f"  {step.id}", MUTED))
        yield Entry(name, GOOD if share == 1 else BAD, figure, is_cut=True)
    for deduction in report.deductions:
        where = f", line {deduction.command + 1}" if deduction.command is not None else ""
        yield Entry(
            Content.assemble(plain(deduction.reason), (f"  {deduction.offence.value}{where}", MUTED)),
            Content.styled("−", "bold $text-warning"),
            Content.styled(f"−{deduction.points}", "bold $text-warning"),
        )


def _checks(checks: Iterable[Check]) -> Iterator[Entry]:
    for check in checks:
        subject = Content.assemble((check.kind.value, "bold"), f"  {plain(check.subject)}")
        yield Entry(subject, GOOD if check.is_met else BAD)
        if not check.is_met:
            yield Entry(
                Content.assemble(("expected: ", MUTED), plain(check.expected), ("   seen: ", MUTED), plain(check.seen))
            )
            yield Entry(Content.styled(f"why it matters: {plain(check.why)}", MUTED))


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
        sign = GOOD if is_right else BAD if is_chosen else Content.styled("·", MUTED)
        yield Entry(inline(text) + chosen, sign)
        yield Entry(prose(reason).stylize_before(MUTED))
    yield BLANK


def _missed(titles: Iterable[str]) -> Iterator[Entry]:
    for title in titles:
        yield Entry(inline(title), BAD)


def _moments(moments: Iterable[Moment]) -> Iterator[Entry]:
    for moment in moments:
        told = bool(moment.told)
        line = Content.styled(plain(moment.line), "bold" if told else MUTED)
        yield Entry(line, Content.styled("$", "$text-success" if told else MUTED))
        for title in moment.told:
            yield Entry(inline(title), Content.styled("  ✓", "bold $text-success"), indent=4)
        if moment.facts and not told:
            noun = "fact" if moment.facts == 1 else "facts"
            yield Entry(Content.styled(f"{moment.facts} new {noun}", MUTED), indent=4)
        for cost in moment.cost:
            yield Entry(Content.styled(plain(cost), "$text-warning"), Content.styled("  −", "$text-warning"), indent=4)
