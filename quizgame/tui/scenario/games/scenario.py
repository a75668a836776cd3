"""Scenarios on the screen: something is wrong, and points tell what has been understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from quizgame.game.scenario.debrief import debrief_of
from quizgame.game.scenario.steps import StepState, StepView
from quizgame.tui.meters import counted
from quizgame.tui.prose import plain
from quizgame.tui.scenario.games.game import MUTED, Confirmation, Game, LastPage, News, Pane, Question, time_of
from quizgame.tui.scenario.games.scenario_debrief import last_page
from quizgame.tui.scenario.games.scenario_panes import notebook_entries, step_entries
from quizgame.tui.scenario.ledger import Entry
from quizgame.tui.scenario.picture import Picture, map_of

if TYPE_CHECKING:
    from quizgame.content.scenario.scenario import Scenario
    from quizgame.game.scenario.attempt import Attempt
    from quizgame.game.scenario.conduct import Deduction
    from quizgame.game.scenario.workstation import LineResult


_MEANINGS = {
    "evidence": "seeing what proves the cause, before you decide",
    "diagnosis": "naming it, once",
    "repair": "what was broken works, and nothing more has opened",
    "verification": "seeing with your own eyes that it works",
}
"""Kind of step → what earns its points."""


@dataclass(frozen=True, slots=True)
class EvidencePicture:
    """One entry of the notebook."""

    step: str
    title: str
    points: int
    line: str
    """The line that showed it."""


@dataclass(frozen=True, slots=True)
class ScenarioPicture(Picture):
    """What is shown of a scenario."""

    steps: tuple[StepView, ...]
    evidence: tuple[EvidencePicture, ...]
    facts_seen: int
    points: int
    deductions: tuple[Deduction, ...]
    hints: tuple[str, ...]
    hints_left: int
    next_hint_price: int | None


class ScenarioGame(Game[ScenarioPicture]):
    """A scenario."""

    kind = "scenario"
    word = "Scenario"
    help = (
        "A workstation with `kubectl`, `cilium` and `hubble`, connected to simulated clusters. Find out what is wrong, "
        "give your diagnosis, repair it, and prove that it works. What a command shows you is noted in the notebook "
        "if it matters. The game's own words (`brief`, `steps`, `answer`, `hint`, `verify`, `score`, `submit`) can be "
        "typed at the prompt as well. Every line is saved before its output is shown."
    )
    panes = (
        Pane("steps", "Steps", "f2"),
        Pane("notebook", "Notebook", "f3", grows_down=True),
        Pane("map", "Map", "f4"),
    )
    offers = frozenset(("hint", "diagnose", "verify", "submit", "debrief"))
    welcome = "kubectl, cilium and hubble are at hand. `brief` tells again what is wrong."
    judging = "Judging the repair beside those of the experts …"
    rest_over = "It is over: why and what-if tell what decided · f8 opens the debrief again"

    def picture(self, attempt: Attempt) -> ScenarioPicture:
        """How everything stands."""
        steps = tuple(attempt.steps())
        return ScenarioPicture(
            title=attempt.scenario.title,
            minutes=attempt.scenario.minutes,
            elapsed_s=attempt.elapsed_s,
            is_over=attempt.is_over,
            lines=len(attempt.results),
            folder=attempt.session.cwd,
            map=map_of(attempt.world),
            steps=steps,
            evidence=tuple(_evidence(attempt, steps)),
            facts_seen=len(attempt.seen),
            points=attempt.report.score if attempt.report is not None else attempt.points_so_far(),
            deductions=attempt.report.deductions if attempt.report is not None else attempt.deductions,
            hints=attempt.hints_given,
            hints_left=attempt.hints_left,
            next_hint_price=attempt.next_hint_price,
        )

    def terms(self, exercise: Scenario) -> Content:
        """What earns points."""
        lines = [Content.styled("What earns points", "bold $primary")]
        numbers: Counter[str] = Counter(step.kind for step in exercise.steps)
        points: Counter[str] = Counter()
        for step in exercise.steps:
            points[step.kind] += step.points
        for kind, meaning in _MEANINGS.items():
            if numbers[kind]:
                many = f" ×{numbers[kind]}" if numbers[kind] > 1 else ""
                lines.append(Content.assemble(f"{points[kind]:>4}  ", (f"{kind + many:<16}", "bold"), (meaning, MUTED)))
        if exercise.hints:
            prices = ", ".join(str(hint.price) for hint in exercise.hints)
            lines.append(Content.styled(f"      {counted(len(exercise.hints), 'hint')} for {prices} points", MUTED))
        return Content("\n").join(lines)

    def so_far(self, picture: ScenarioPicture) -> str:
        """The points."""
        return counted(picture.points, "point")

    def entries(self, picture: ScenarioPicture, *, is_brief: bool) -> Mapping[str, Sequence[Entry]]:
        """Steps and notebook."""
        return {"steps": list(step_entries(picture, is_brief=is_brief)), "notebook": list(notebook_entries(picture))}

    def figures(self, picture: ScenarioPicture) -> Mapping[str, str]:
        """Steps that are dealt with, pieces of evidence found."""
        done = sum(view.state is not StepState.OPEN for view in picture.steps)
        return {"steps": f"{done}/{len(picture.steps)}", "notebook": str(len(picture.evidence))}

    def status(self, picture: ScenarioPicture, *, is_wide: bool) -> Content:
        """Points and time."""
        return Content.assemble(
            (f"{picture.points} points", "bold"), ("  ·  ", MUTED), time_of(picture, is_wide=is_wide)
        )

    def news(self, result: LineResult, picture: ScenarioPicture) -> News:
        """What the line earned and cost."""
        views = {view.id: view for view in picture.steps}
        said: list[Content] = []
        panes: list[str] = []
        for view in (views[step] for step in result.earned):
            if view.kind == "evidence":
                panes.append("notebook")
                title = plain(view.title or "")
                said.append(Content.styled(f"✓ evidence +{view.earned}  {title}", "bold $text-success"))
            elif not picture.is_over:
                panes.append("steps")
                said.append(Content.styled(f"✓ {view.kind} +{view.earned}", "bold $text-success"))
        said += [
            Content.styled(f"− {deduction.points} points: {plain(deduction.reason)}", "bold $text-warning")
            for deduction in result.deductions
        ]
        return News(tuple(said), tuple(panes))

    def can(self, action: str, picture: ScenarioPicture) -> bool:
        """Offer what can still be done."""
        match action:
            case "hint":
                return not picture.is_over and picture.next_hint_price is not None
            case "diagnose":
                return self.question(picture) is not None
            case "submit":
                return not picture.is_over
            case "debrief":
                return picture.is_over
        return True

    def question(self, picture: ScenarioPicture) -> Question | None:
        """The first diagnosis that is open."""
        for view in picture.steps:
            if view.kind == "diagnosis" and view.state is StepState.OPEN and not picture.is_over:
                missing = sum(each.kind == "evidence" and each.state is StepState.OPEN for each in picture.steps)
                note = f"{view.points} points · given once"
                return Question("Diagnosis", note, view.title or "", view, _missing(missing), has_confidence=True)
        return None

    def hint_warning(self, picture: ScenarioPicture) -> Confirmation | None:
        """The price."""
        number = len(picture.hints) + 1
        total = number + picture.hints_left - 1
        text = f"Hint {number} of {total} costs {picture.next_hint_price} of 100 points."
        return Confirmation("Buy a hint?", text)

    def end_warning(self, picture: ScenarioPicture) -> Confirmation:
        """What is still open."""
        left = [view.kind for view in picture.steps if view.state is StepState.OPEN and view.kind != "repair"]
        rest = f" Still open: {', '.join(dict.fromkeys(left))}." if left else ""
        return Confirmation("Submit?", f"The attempt ends and is judged as things are now.{rest}")

    def last_page(self, attempt: Attempt) -> LastPage:
        """The debrief; plays the experts if that has not been done."""
        return last_page(debrief_of(attempt))


def _missing(evidence: int) -> Content:
    if not evidence:
        return Content.styled("All evidence is found.", "$text-success")
    noun = "piece of evidence is" if evidence == 1 else "pieces of evidence are"
    return Content.styled(
        f"! {evidence} {noun} not found yet: what you see after answering may no longer count.", "$text-warning"
    )


def _evidence(attempt: Attempt, steps: Iterable[StepView]) -> Iterator[EvidencePicture]:
    for view in sorted(steps, key=lambda view: -1 if view.command is None else view.command):
        if view.kind == "evidence" and view.state is StepState.EARNED and view.command is not None:
            line = attempt.results[view.command].line if view.command < len(attempt.results) else ""
            yield EvidencePicture(view.id, view.title or view.id, view.points, line)


SCENARIO = ScenarioGame()
