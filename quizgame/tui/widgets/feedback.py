"""What is said of an answer: the verdict, each part with its reason, the idea behind it, the sources."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import VerticalGroup
from textual.content import Content
from textual.widgets import Static

from quizgame.game.quiz.grading import Mark, Part
from quizgame.game.quiz.items import Item
from quizgame.tui.prose import inline, plain, prose, verbatim
from quizgame.tui.widgets.row import Row

PLACED_KINDS = frozenset({"ordering", "matching"})
"""Kinds whose parts all belong to the answer, and are dealt with rightly or not."""


class Feedback(VerticalGroup):
    """The feedback on one item.

    Args:
        item: What was asked.
        mark: The graded answer.
        verdict: The first line.
    """

    def __init__(self, item: Item, mark: Mark, verdict: str) -> None:
        super().__init__()
        self._item = item
        self._mark = mark
        self._verdict = verdict

    def compose(self) -> ComposeResult:
        """From the verdict down to the sources."""
        sign, name = ("✓", "-right") if self._mark.right else ("✗", "-wrong")
        yield Static(f"{sign} {self._verdict}", classes=f"verdict {name}", markup=False)
        for number, part in enumerate(self._mark.parts, 1):
            yield from self._part(part, number)
        question = self._item.question
        if question.explanation:
            yield Row(prose(question.explanation), Content.styled("│", "$primary"), indent=2, classes="section")
        for number, source in enumerate(question.sources):
            yield Row(Content(plain(source)), "Source" if not number else "", indent=8, classes="source")
        yield Row(Content(f"Cilium {plain(question.versions)}"), "True of", indent=8, classes="source")

    def _part(self, part: Part, number: int) -> Iterator[Row]:
        sign, style, word = self._sign(part)
        text = verbatim(part.text) if self._item.kind == "spot" else inline(" ".join(part.text.split()))
        if self._item.kind == "ordering":
            text = Content.assemble(f"{number}. ", text)
        shown = Content.assemble(text, (f"  ← {word}", style)) if word else text
        classes = "part -correct" if part.correct and self._item.kind not in PLACED_KINDS else "part"
        if not part.reason and self._item.kind != "spot":
            classes += " -bare"
        yield Row(shown, Content.styled(sign, f"bold {style}"), indent=2, classes=classes)
        if part.reason:
            yield Row(inline(" ".join(part.reason.split())), indent=2, classes="reason")

    def _sign(self, part: Part) -> tuple[str, str, str]:
        """Sign, colour and word of a part."""
        if self._item.kind in PLACED_KINDS:
            return ("✓", "$text-success", "") if part.chosen else ("✗", "$text-error", "you had it elsewhere")
        match part.correct, part.chosen:
            case True, True:
                return "✓", "$text-success", "your answer"
            case True, False:
                return "✓", "$text-success", "the answer"
            case False, True:
                return "✗", "$text-error", "your answer"
            case _:
                return "·", "$foreground-muted", ""
