"""A question as one flat JSON object: what ``list questions --json`` and the JSON export print."""

from __future__ import annotations

from typing import Any

from quizgame.content.answers import answer_texts
from quizgame.content.library import BankQuestion
from quizgame.content.questions import MultipleChoice, Question, SingleChoice, Spot, carries_proof


def question_record(entry: BankQuestion) -> dict[str, Any]:
    """The object.

    ``options`` is empty and ``answer`` a list of texts where the kind has no options; else ``answer`` is null. The
    exhibit of a spot question is its lines. A variant of a template has ``template`` set.
    """
    question = entry.question
    is_choice = isinstance(question, SingleChoice | MultipleChoice)
    return {
        "id": entry.id,
        "domain": entry.domain,
        "competency": entry.competency,
        "kind": question.kind,
        "difficulty": question.difficulty.value,
        "stem": question.stem,
        "options": [
            {"text": option.text, "correct": option.correct, "reason": option.reason}
            for option in (question.options if isinstance(question, SingleChoice | MultipleChoice) else ())
        ],
        "exhibit": shown_exhibit(question),
        "answer": None if is_choice else list(answer_texts(question)),
        "explanation": question.explanation,
        "sources": list(question.sources),
        "versions": question.versions,
        "tags": list(question.tags),
        "proof": carries_proof(question),
        "template": entry.seed is not None,
    }


def shown_exhibit(question: Question) -> str | None:
    """The exhibit as a learner sees it; for a spot question the lines too."""
    if not isinstance(question, Spot):
        return question.exhibit
    return "\n".join([*([question.exhibit.rstrip("\n")] if question.exhibit else []),
                      *(line.text for line in question.lines)])  # fmt: skip
