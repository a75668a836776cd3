"""Reads GIFT, Moodle's text format for questions.

Source: https://docs.moodle.org/en/GIFT_format. What has a counterpart here is carried: multiple choice with one or
several right answers, true or false, short answers, numbers, matching, feedback, categories, ids and tags in comments.
What has none is reported, question by question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any, ClassVar

from quizgame.content.questions import is_number
from quizgame.errors import QuizgameError

SIZE_LIMIT = 2 * 1024 * 1024
QUESTIONS_LIMIT = 5_000

_ID = re.compile(r"\[id:([^\[\]]+)\]")
_TAG = re.compile(r"\[tag:([^\[\]]+)\]")
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]\s*", re.IGNORECASE)
_WEIGHT = re.compile(r"%(-?[0-9]{1,3}(?:\.[0-9]{1,5})?)%")
_ESCAPED = re.compile(r"\\([~=#{}:\\n])")
_PREFORMATTED = re.compile(r"<pre>((?:(?!<pre>).)*)</pre>\s*\Z", re.DOTALL | re.IGNORECASE)
_TRUTHS = {"T": True, "TRUE": True, "F": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class GiftQuestion:
    """A question that could be read."""

    line: int
    """Where it begins."""
    title: str
    category: str
    """As written after ``$CATEGORY:``, empty before the first."""
    id: str | None
    tags: tuple[str, ...]
    content: dict[str, Any]
    """``kind``, ``stem`` and what the kind needs, in the keys of question packs."""


@dataclass(frozen=True, slots=True)
class GiftLoss:
    """Something that could not be carried."""

    line: int
    message: str


@dataclass(slots=True)
class GiftFile:
    """All that a file gave, in its order."""

    questions: list[GiftQuestion] = field(default_factory=list)
    losses: list[GiftLoss] = field(default_factory=list)


class GiftError(QuizgameError):
    """The text is no GIFT at all."""


class _Lost(Exception):
    """This question cannot be carried, for the reason given."""


def read_gift(text: str) -> GiftFile:
    """Read a GIFT text.

    Raises:
        GiftError: It is too large; anything smaller is read as far as it goes.
    """
    if len(text) > SIZE_LIMIT:
        raise GiftError(f"larger than {SIZE_LIMIT // 1024} KiB", hint="split the file")
    result = GiftFile()
    category = ""
    for line, comments, written in _blocks(text):
        block = written
        if written.startswith("$CATEGORY:"):
            named, _, block = written.removeprefix("$CATEGORY:").strip().partition("\n")
            category = named.strip()
        if not block.strip():
            continue
        if len(result.questions) == QUESTIONS_LIMIT:
            result.losses.append(GiftLoss(line, f"more than {QUESTIONS_LIMIT} questions: the rest is left out"))
            break
        try:
            title, content, losses = _question(block)
        except _Lost as reason:
            result.losses.append(GiftLoss(line, f"left out: {reason}"))
            continue
        result.losses.extend(GiftLoss(line, loss) for loss in losses)
        identity = _ID.search(comments)
        tags = tuple(tag.strip() for tag in _TAG.findall(comments))
        result.questions.append(
            GiftQuestion(line, title, category, identity.group(1).strip() if identity else None, tags, content)
        )
    return result


def _blocks(text: str) -> Sequence[tuple[int, str, str]]:
    """The parts between blank lines: line number, comments before or in it, and text."""
    blocks: list[tuple[int, str, str]] = []
    start, lines, comments = 0, list[str](), list[str]()
    for number, line in enumerate([*text.lstrip("\ufeff").splitlines(), ""], 1):
        if line.strip().startswith("//"):
            comments.append(line.strip())
        elif line.strip():
            start = start or number
            lines.append(line)
        elif lines:
            blocks.append((start, " ".join(comments), "\n".join(lines).strip()))
            start, lines, comments = 0, [], []
    return blocks


def _question(block: str) -> tuple[str, dict[str, Any], list[str]]:
    title = ""
    if block.startswith("::"):
        end = _find(block, "::", 2)
        if end < 0:
            raise _Lost("its title has no closing ::")
        title, block = _plain(block[2:end], ""), block[end + 2 :]
    markup = ""
    found = _FORMAT.match(block)
    if found:
        markup, block = found.group(1).lower(), block[found.end() :]
    opening = _find(block, "{", 0)
    if opening < 0:
        raise _Lost("it has no answers: a description, not a question")
    closing = _find(block, "}", opening + 1)
    if closing < 0:
        raise _Lost("its answers have no closing }")
    before, body, after = block[:opening], block[opening + 1 : closing], block[closing + 1 :]
    if _find(after, "{", 0) >= 0:
        raise _Lost("it has more than one gap")
    stem = before.strip()
    if after.strip():
        stem = f"{stem} _____ {after.strip()}"
    body, explanation = _cut(body, "####")
    content, losses = _answers(body.strip(), markup)
    stem, exhibit = _parted(stem, markup)
    shown = _plain(stem, markup)
    if not shown:
        raise _Lost("it has no stem")
    content = {"kind": content.pop("kind"), "stem": shown, **exhibit, **content}
    if explanation.strip():
        content["explanation"] = _plain(explanation, markup)
    return title or shown.splitlines()[0][:60], content, losses


def _parted(stem: str, markup: str) -> tuple[str, dict[str, str]]:
    """The stem, and what stands preformatted at its end as an exhibit."""
    found = _PREFORMATTED.search(stem) if markup == "html" else None
    if found is None or not stem[: found.start()].strip():
        return stem, {}
    text = unescape(re.sub(r"<[^>]*>", "", _unescaped(found.group(1)))).strip("\n")
    return stem[: found.start()], {"exhibit": text} if text.strip() else {}


def _answers(body: str, markup: str) -> tuple[dict[str, Any], list[str]]:
    if not body:
        raise _Lost("an essay: nothing tells a right answer from a wrong one")
    if body.startswith("#"):
        return _number(body[1:], markup)
    head, feedback = _cut(body, "#")
    if head.strip().upper() in _TRUTHS:
        return _truth(_TRUTHS[head.strip().upper()], feedback, markup), []
    answers = _split(body)
    if not answers:
        raise _Lost("its answers begin with neither = nor ~")
    if all(answer.mark == "=" and "->" in answer.text for answer in answers):
        return _pairs(answers, markup)
    if all(answer.mark == "=" for answer in answers):
        return _texts(answers, markup)
    return _options(answers, markup)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer as written, its parts told apart but not yet unescaped."""

    mark: str
    """``=`` or ``~``."""
    weight: float | None
    """Percent of the credit, where stated."""
    text: str
    feedback: str


def _options(answers: Sequence[_Answer], markup: str) -> tuple[dict[str, Any], list[str]]:
    options: list[dict[str, Any]] = []
    losses: list[str] = []
    for answer in answers:
        correct = answer.mark == "=" if answer.weight is None else answer.weight > 0
        if answer.mark == "=" and answer.weight is not None and answer.weight < 100:
            losses.append("partial credit of an option is not carried: it counts as right")
        option: dict[str, Any] = {"text": _plain(answer.text, markup)}
        if correct:
            option["correct"] = True
        if answer.feedback.strip():
            option["reason"] = _plain(answer.feedback, markup)
        options.append(option)
    right = sum("correct" in option for option in options)
    if right == 0:
        raise _Lost("no option is right")
    if right == 1:
        return {"kind": "single", "options": options}, losses
    return {"kind": "multiple", "choose": right, "options": options}, losses


def _truth(value: bool, feedback: str, markup: str) -> dict[str, Any]:
    # Source: GIFT: {T#feedback for the wrong answer#feedback for the right one}.
    wrong_reason, right_reason = _cut(feedback, "#")
    options: list[dict[str, Any]] = []
    for text, is_right in (("True", value), ("False", not value)):
        option: dict[str, Any] = {"text": text}
        if is_right:
            option["correct"] = True
        reason = right_reason if is_right else wrong_reason
        if reason.strip():
            option["reason"] = _plain(reason, markup)
        options.append(option)
    return {"kind": "single", "options": options}


def _texts(answers: Sequence[_Answer], markup: str) -> tuple[dict[str, Any], list[str]]:
    # Source: moodle/moodle question/format/gift/format.php: accepted answers are plain text in every format.
    shown = [(_plain(answer.text, ""), answer) for answer in answers]
    return _fill_in(shown, "word", markup, [])


def _fill_in(
    shown: Sequence[tuple[str, _Answer]], normalise: str, markup: str, losses: list[str]
) -> tuple[dict[str, Any], list[str]]:
    accepted: list[str] = []
    near: list[dict[str, str]] = []
    reason = ""
    for text, answer in shown:
        feedback = _plain(answer.feedback, markup)
        if answer.weight is None or answer.weight >= 100:
            accepted.append(text)
            reason = reason or feedback
            continue
        if feedback:
            near.append({"text": text, "reason": feedback})
        if answer.weight > 0:
            losses.append(f'partial credit for "{text}" is not carried: it counts as wrong')
    if not accepted:
        raise _Lost("no answer gets full credit")
    content: dict[str, Any] = {"kind": "fill-in", "answers": accepted, "normalise": normalise}
    if reason:
        content["reason"] = reason
    if near:
        content["near"] = near
    return content, losses


def _number(body: str, markup: str) -> tuple[dict[str, Any], list[str]]:
    losses: list[str] = []
    shown: list[tuple[str, _Answer]] = []
    for answer in _split(body.strip()) or [_Answer("=", None, *_cut(body.strip(), "#"))]:
        value, _, tolerance = answer.text.partition(":")
        if ".." in value:
            raise _Lost("it accepts a range of numbers")
        if not is_number(value):
            raise _Lost(f'"{value.strip()}" is no number')
        if tolerance.strip() and tolerance.strip() != "0":
            losses.append(f"the tolerance {tolerance.strip()} is not carried: only {value.strip()} is right")
        shown.append((value.strip(), answer))
    return _fill_in(shown, "number", markup, losses)


def _pairs(answers: Sequence[_Answer], markup: str) -> tuple[dict[str, Any], list[str]]:
    pairs: list[dict[str, str]] = []
    losses: list[str] = []
    # Source: moodle/moodle question/format/gift/format.php: right sides are plain text in every format.
    for answer in answers:
        left, _, right = answer.text.partition("->")
        if not left.strip():
            losses.append(f'the answer "{_plain(right, "")}" without a counterpart is not carried')
            continue
        pair = {"left": _plain(left, markup), "right": _plain(right, "")}
        if answer.feedback.strip():
            pair["reason"] = _plain(answer.feedback, markup)
        pairs.append(pair)
    return {"kind": "matching", "pairs": pairs}, losses


def _find(text: str, wanted: str, start: int) -> int:
    """Where an unescaped piece of syntax stands, -1 if nowhere."""
    index = start
    while index < len(text):
        if text[index] == "\\":
            index += 2
        elif text.startswith(wanted, index):
            return index
        else:
            index += 1
    return -1


def _cut(text: str, mark: str) -> tuple[str, str]:
    """The text before an unescaped mark, and after it."""
    index = _find(text, mark, 0)
    return (text, "") if index < 0 else (text[:index], text[index + len(mark) :])


def _split(body: str) -> list[_Answer]:
    """The answers; none if the text does not begin with a mark."""
    if not body.startswith(("=", "~")):
        return []
    starts = _marks(body)
    ends = [*starts[1:], len(body)]
    return [_answer(body[start], body[start + 1 : end].strip()) for start, end in zip(starts, ends, strict=True)]


def _marks(body: str) -> list[int]:
    """Where unescaped marks stand."""
    found: list[int] = []
    is_escaped = False
    for index, character in enumerate(body):
        if character in "=~" and not is_escaped:
            found.append(index)
        is_escaped = character == "\\" and not is_escaped
    return found


def _answer(mark: str, written: str) -> _Answer:
    found = _WEIGHT.match(written)
    text, feedback = _cut(written[found.end() :] if found else written, "#")
    return _Answer(mark, float(found.group(1)) if found else None, text, feedback)


def _plain(text: str, markup: str) -> str:
    """Text without GIFT's escapes, and without HTML where the question says that it is HTML."""
    text = _unescaped(text.strip())
    if markup != "html":
        return text.strip()
    parser = _Words()
    parser.feed(text.replace("<!", "&lt;!"))  # declarations are no words, and the parser fails on odd ones
    parser.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(parser.parts)).strip()


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) == "n" else found.group(1), text)


class _Words(HTMLParser):
    """The words of HTML; block elements break lines, ``code`` and ``b`` become light Markdown."""

    _BREAKS = frozenset({"p", "br", "div", "li", "pre", "tr"})
    _MARKS: ClassVar = {"code": "`", "b": "**", "strong": "**"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self._BREAKS:
            self.parts.append("\n")
        self.parts.append(self._MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(self._MARKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
