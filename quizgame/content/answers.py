"""The right answer of a question as texts, for printing, listing and exporting."""

from __future__ import annotations

from quizgame.content.questions import FillIn, Matching, MultipleChoice, Ordering, Question, SingleChoice


def answer_texts(question: Question) -> tuple[str, ...]:
    """The right options, the entries in order, ``left → right`` of pairs, the accepted texts, or the right lines."""
    if isinstance(question, SingleChoice | MultipleChoice):
        return tuple(option.text for option in question.correct_options)
    if isinstance(question, Ordering):
        return tuple(entry.text for entry in question.sequence)
    if isinstance(question, Matching):
        return tuple(pair_text(pair.left, pair.right) for pair in question.pairs)
    if isinstance(question, FillIn):
        return question.answers
    return tuple(line.text for line in question.lines if line.correct)


def pair_text(left: str, right: str) -> str:
    """A pair in one line."""
    return f"{left} → {right}"
