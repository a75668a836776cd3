"""Notes for Anki: a text file that its importer reads, one note a line.

The header lines tell Anki everything, so that ``File > Import`` needs no choice: fields are HTML, separated by tabs;
the first column is the note's stable id, so that importing a newer export updates notes and keeps their schedule.
Source: https://docs.ankiweb.net/importing/text-files.html (file headers).
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from quizgame.content.answers import answer_texts
from quizgame.content.blueprint import Blueprint
from quizgame.content.interchange.records import shown_exhibit
from quizgame.content.library import BankQuestion
from quizgame.content.questions import Matching, MultipleChoice, Ordering, SingleChoice

HEADER = (
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    "#guid column:1",
    "#deck column:4",
    "#tags column:5",
    "#columns:id\tFront\tBack\tDeck\tTags",
)


def anki_notes(bank: Iterable[BankQuestion], blueprint: Blueprint) -> str:
    """The file's text."""
    lines = list(HEADER)
    for entry in bank:
        deck = f"{blueprint.title}::{blueprint.title_of(entry.domain)}"
        tags = [entry.domain, entry.competency, entry.question.kind, entry.question.difficulty.value]
        tags += [tag.replace(" ", "-") for tag in entry.question.tags]
        fields = (f"quizgame-{entry.id}", _front(entry), _back(entry), _html(deck), _html(" ".join(tags)))
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def _front(entry: BankQuestion) -> str:
    question = entry.question
    exhibit = shown_exhibit(question)
    parts = [_html(question.stem.strip())]
    if exhibit:
        parts.append(_pre(exhibit))
    # Sorted by text, so that the place says nothing about what is right.
    if isinstance(question, SingleChoice | MultipleChoice):
        parts.append(_list(sorted(option.text for option in question.options)))
    elif isinstance(question, Ordering):
        parts.append(_list(sorted(step.text for step in question.sequence)))
    elif isinstance(question, Matching):
        parts.append(_list(pair.left for pair in question.pairs))
        parts.append(_list(sorted(pair.right for pair in question.pairs)))
    return "<br><br>".join(parts)


def _back(entry: BankQuestion) -> str:
    question = entry.question
    parts = [f"<b>{'<br>'.join(_html(text) for text in answer_texts(question))}</b>"]
    if isinstance(question, SingleChoice | MultipleChoice):
        reasons = (f"{option.text}: {option.reason}" for option in question.options if option.reason)
        parts.append(_list(reasons))
    if question.explanation:
        parts.append(_html(question.explanation.strip()))
    if question.sources:
        parts.append(_html("Sources: " + ", ".join(question.sources)))
    return "<br><br>".join(parts)


def _html(text: str) -> str:
    return escape(text, quote=True).replace("\t", "&#9;").replace("\n", "<br>")


def _pre(text: str) -> str:
    return f"<pre>{_html(text.rstrip())}</pre>"


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_html(text.strip())}</li>' for text in texts)}</ul>"
