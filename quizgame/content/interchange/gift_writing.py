"""Writes GIFT, Moodle's text format for questions, so that Moodle and `read_gift` read the same items back.

Source: https://docs.moodle.org/en/GIFT_format. Texts are written as HTML, in which nothing but the marks of light
Markdown is markup; an exhibit is the ``pre`` block at the end of the stem. Accepted answers and the right sides of
pairs are plain text in Moodle, whatever the format of the question.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from quizgame.content.library import BankQuestion
from quizgame.content.questions import FillIn, Matching, MultipleChoice, Normalise, Option, SingleChoice, is_number

_CODE = re.compile(r"`([^`\n]+)`")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_SYNTAX = re.compile(r"[~=#{}:\\]")
_BREAKS = re.compile("[\u2028\u2029]")
_IDS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class GiftExport:
    """What was written, and what was not."""

    text: str
    losses: tuple[str, ...]
    """What GIFT does not carry, one line each."""


@dataclass(slots=True)
class _Losses:
    """Ids by what is lost of them."""

    ids: dict[str, list[str]]

    def add(self, entry: BankQuestion, what: str) -> None:
        self.ids[what].append(entry.id)

    def lines(self) -> tuple[str, ...]:
        return tuple(f"{what} ({len(ids)}: {_some(ids)})" for what, ids in self.ids.items())


def write_gift(bank: Iterable[BankQuestion]) -> GiftExport:
    """Write these questions, with a category for each competency."""
    losses = _Losses(defaultdict(list))
    blocks: list[str] = []
    category = ""
    for entry in bank:
        write = _WRITTEN.get(entry.question.kind)
        if write is None:
            losses.add(entry, f"left out: GIFT has no {entry.question.kind} questions")
            continue
        answers = write(entry, entry.question, losses)
        if answers is None:
            continue
        if category != (category := f"{entry.domain}/{entry.competency}"):
            blocks.append(f"$CATEGORY: {category}\n")
        blocks.append(_block(entry, answers, losses))
    always = ("not carried: difficulty, sources, versions, proofs",) if blocks else ()
    return GiftExport("\n".join(blocks), (*always, *losses.lines()))


def _block(entry: BankQuestion, answers: str, losses: _Losses) -> str:
    question = entry.question
    tags = [tag for tag in question.tags if not re.search(r"[\[\]]", tag)]
    if len(tags) < len(question.tags):
        losses.add(entry, "not carried: tags with brackets")
    comment = " ".join((f"[id:{entry.id}]", *(f"[tag:{tag}]" for tag in tags)))
    stem = _html(question.stem)
    if question.exhibit:
        stem += f"<pre>{_pre(question.exhibit)}</pre>"
    explanation = f"####{_html(question.explanation)}\n" if question.explanation else ""
    return f"// {comment}\n::{entry.id}::[html]{stem}{{\n{answers}{explanation}}}\n"


def _single(entry: BankQuestion, question: SingleChoice, losses: _Losses) -> str:
    return "".join(_option("=" if option.correct else "~", option) for option in question.options)


def _multiple(entry: BankQuestion, question: MultipleChoice, losses: _Losses) -> str:
    # Source: GIFT: weights of several right answers add up to 100; a wrong one takes as much as a right one gives.
    share = f"{100 / question.choose:.5f}".rstrip("0").rstrip(".")
    return "".join(_option(f"~%{'' if option.correct else '-'}{share}%", option) for option in question.options)


def _option(mark: str, option: Option) -> str:
    text = _html(option.text)
    if text.startswith("%"):
        text = f"&#37;{text[1:]}".replace("#", r"\#", 1)
    return f"{mark}{text}{_feedback(option.reason)}\n"


def _matching(entry: BankQuestion, question: Matching, losses: _Losses) -> str | None:
    if any("->" in pair.right or "\n" in pair.right.strip() for pair in question.pairs):
        losses.add(entry, "left out: a right side is not one line without an arrow")
        return None
    if any(pair.reason for pair in question.pairs):
        losses.add(entry, "not carried: the reasons of pairs")
    return "".join(f"={_html(pair.left)} -> {_plain(pair.right)}\n" for pair in question.pairs)


def _fill_in(entry: BankQuestion, question: FillIn, losses: _Losses) -> str | None:
    is_numeric = question.normalise is Normalise.NUMBER
    texts = [*question.answers, *(near.text for near in question.near)]
    if not is_numeric and any("->" in text or text.lstrip().startswith("%") for text in texts):
        losses.add(entry, "left out: an answer reads as syntax of GIFT")
        return None
    if question.normalise is Normalise.COMMAND:
        losses.add(entry, "not carried: how commands are compared; they must be typed as they stand")
    lines: list[str] = []
    for number, answer in enumerate(question.answers):
        reason = question.reason if number == 0 else None
        lines.append(f"={_value(answer, is_numeric)}{_feedback(reason)}")
    for near in question.near:
        if is_numeric and not is_number(near.text):
            losses.add(entry, "not carried: near answers that are no numbers")
        else:
            lines.append(f"=%0%{_value(near.text, is_numeric)}{_feedback(near.reason)}")
    return ("#" if is_numeric else "") + "\n".join(lines) + "\n"


def _value(text: str, is_numeric: bool) -> str:
    """An accepted answer; of a number the digits alone, with no tolerance."""
    return f"{text.strip().replace(',', '').replace('_', '')}:0" if is_numeric else _plain(text)


def _feedback(text: str | None) -> str:
    return f"#{_html(text)}" if text else ""


def _html(text: str) -> str:
    """Text as HTML, in GIFT's escapes."""
    shown = escape(_BREAKS.sub(" ", text.strip()), quote=False)
    parts = _CODE.split(shown)
    marked = "".join(
        f"<code>{part}</code>" if number % 2 else _BOLD.sub(r"<b>\1</b>", part) for number, part in enumerate(parts)
    )
    return _escaped(marked).replace("\n", "<br>")


def _pre(text: str) -> str:
    return _escaped(escape(_BREAKS.sub(" ", text.rstrip()), quote=False)).replace("\n", r"\n")


def _plain(text: str) -> str:
    return _escaped(_BREAKS.sub(" ", text.strip()))


def _escaped(text: str) -> str:
    return _SYNTAX.sub(lambda found: f"\\{found.group()}", text)


def _some(ids: list[str]) -> str:
    rest = len(ids) - _IDS_SHOWN
    return ", ".join(ids[:_IDS_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


_WRITTEN: Mapping[str, Callable[[BankQuestion, Any, _Losses], str | None]] = {
    "single": _single,
    "multiple": _multiple,
    "matching": _matching,
    "fill-in": _fill_in,
}
