"""Entries of a scenario's panes: steps with their points, and the notebook. Pure functions of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from quizgame.game.scenario.steps import StepState, StepView
from quizgame.tui.meters import counted
from quizgame.tui.prose import inline, plain
from quizgame.tui.scenario.ledger import BLANK, Entry, heading

if TYPE_CHECKING:
    from quizgame.tui.scenario.games.scenario import ScenarioPicture

SIGNS: dict[StepState, tuple[str, str]] = {
    StepState.OPEN: ("○", "$foreground-muted"),
    StepState.EARNED: ("✓", "bold $text-success"),
    StepState.ANSWERED: ("◆", "bold $accent"),
    StepState.MISSED: ("✗", "bold $text-error"),
}
"""Sign and colour of each state."""
_STATES = {
    StepState.OPEN: "open",
    StepState.EARNED: "done",
    StepState.ANSWERED: "given",
    StepState.MISSED: "missed",
}
_OPEN_TEXT = {
    "evidence": "not found yet",
    "repair": "repair it, and open nothing more",
    "verification": "see a restored flow yourself",
}


def step_entries(picture: ScenarioPicture, *, is_brief: bool) -> Iterator[Entry]:
    """The steps, then what the points come to.

    Args:
        picture: How things stand.
        is_brief: Whether a step takes one row; the notebook says the rest.
    """
    for view in picture.steps:
        yield _brief_step(view) if is_brief else _step(view)
    yield BLANK
    yield Entry(
        Content("final score" if picture.is_over else "so far"), figure=Content.styled(str(picture.points), "bold")
    )
    for deduction in picture.deductions:
        yield Entry(
            Content.styled(plain(deduction.reason), "$foreground-muted"),
            Content.styled("−", "bold $text-warning"),
            Content.styled(f"−{deduction.points}", "$text-warning"),
        )
    if not picture.is_over and not is_brief:
        yield BLANK
        yield Entry(Content.styled(_rest(picture), "$foreground-muted"), indent=0)


def _brief_step(view: StepView) -> Entry:
    sign, style = SIGNS[view.state]
    text = Content.styled(view.kind, "bold") + Content.styled(f"  {_STATES[view.state]}", "$foreground-muted")
    return Entry(text, Content.styled(sign, style), Content.styled(_points(view), style), is_cut=True)


def _points(view: StepView) -> str:
    return str(view.points) if view.earned is None else f"{view.earned}/{view.points}"


def _step(view: StepView) -> Entry:
    sign, style = SIGNS[view.state]
    if view.state is StepState.OPEN:
        text = Content.styled(view.kind, "bold") + Content(f" {_open_text(view)}")
    else:
        text = Content.styled(view.kind, "bold") + Content(" ") + inline(view.title or "not seen in time")
        if view.state is StepState.ANSWERED:
            text += Content.styled(" · told at the end", "$foreground-muted")
    return Entry(text, Content.styled(sign, style), Content.styled(_points(view), style))


def _open_text(view: StepView) -> str:
    if view.kind == "diagnosis":
        return plain(view.title or "")
    return _OPEN_TEXT.get(view.kind, "")


def _rest(picture: ScenarioPicture) -> str:
    said = ["Diagnosis and repair count at the end."]
    if picture.next_hint_price is not None:
        said.append(f"{counted(picture.hints_left, 'hint')} left, the next for {picture.next_hint_price} points.")
    return " ".join(said)


def notebook_entries(picture: ScenarioPicture) -> Iterator[Entry]:
    """What has been found out, each with the line that showed it, then the hints."""
    if not picture.evidence:
        yield Entry(
            Content.styled(
                "Nothing yet. What matters is noted here as soon as some command has shown it to you.",
                "$foreground-muted",
            ),
            indent=0,
        )
    for found in picture.evidence:
        yield Entry(
            inline(found.title),
            Content.styled("✓", "bold $text-success"),
            Content.styled(f"+{found.points}", "bold $text-success"),
        )
        first, _, rest = found.line.partition("\n")
        shown = Content.styled(f"$ {plain(first)}{' …' if rest else ''}", "$foreground-muted")
        yield Entry(shown, is_cut=True)
    for number, hint in enumerate(picture.hints, 1):
        yield BLANK
        yield heading(f"Hint {number}")
        yield Entry(inline(hint.strip()), indent=0)
    yield BLANK
    yield Entry(Content.styled(f"{counted(picture.facts_seen, 'fact')} seen in all", "$foreground-muted"), indent=0)
