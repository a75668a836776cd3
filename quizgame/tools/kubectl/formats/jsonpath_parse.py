"""Reading kubectl's JSONPath templates into nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quizgame.errors import QuizgameError


class JsonPathError(QuizgameError):
    """A template that cannot be read or run; the message is client-go's."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stands in the output as it is, or a quoted string."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number or a boolean."""

    value: int | float | bool


@dataclass(frozen=True, slots=True)
class Child:
    """One key of a mapping."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Everything in a mapping or list."""


@dataclass(frozen=True, slots=True)
class Recursive:
    """The value itself and every mapping and list below it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Items of a list; ``stop`` is ``None`` for the list's end."""

    start: int
    stop: int | None
    step: int
    is_single: bool
    """Written as one index."""


@dataclass(frozen=True, slots=True)
class Union:
    """Several paths in turn."""

    paths: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Items for which a comparison holds."""

    left: tuple[Step, ...]
    operator: str
    """``exists`` or one of ``== != < <= > >=``."""
    right: tuple[Step, ...]


Step = Text | Constant | Child | Wildcard | Recursive | Slice | Union | Filter


@dataclass(frozen=True, slots=True)
class Action:
    """One pair of braces: steps from the current value."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """``{range …}`` up to its ``{end}``."""

    steps: tuple[Step, ...]
    body: tuple[Node, ...]


Node = Text | Action | Range

_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_OPERATORS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_TERMINATORS = frozenset(" \t\r\n.,[]$@{}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


def parse_template(text: str) -> tuple[Node, ...]:
    """Read a template; text outside braces stands for itself.

    Raises:
        JsonPathError: with client-go's words.
    """
    # Source: kubernetes client-go util/jsonpath/parser.go.
    flat: list[Text | Action | str] = []
    parser = _Parser(text)
    while parser.at < len(text):
        brace = text.find("{", parser.at)
        if brace < 0:
            flat.append(Text(text[parser.at :]))
            break
        if brace > parser.at:
            flat.append(Text(text[parser.at : brace]))
        parser.at = brace + 1
        steps, keyword = parser.action()
        if keyword:
            flat.append(keyword)
        if steps or not keyword:
            flat.append(Action(steps))
    nodes, rest = _nest(flat, 0, is_inside=False)
    if rest < len(flat):
        raise JsonPathError("not in range, nothing to end")
    return nodes


def _nest(flat: list[Text | Action | str], start: int, *, is_inside: bool) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    at = start
    while at < len(flat):
        item = flat[at]
        if item == "end":
            return tuple(nodes), at + 1 if is_inside else at
        if item == "range":
            over = flat[at + 1] if at + 1 < len(flat) else Action(())
            body, at = _nest(flat, at + 2, is_inside=True)
            nodes.append(Range(over.steps if isinstance(over, Action) else (), body))
            continue
        if not isinstance(item, str):
            nodes.append(item)
        at += 1
    return tuple(nodes), at


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def action(self) -> tuple[tuple[Step, ...], str]:
        """Read up to the closing brace; returns the steps and ``range`` or ``end`` if the action begins with it."""
        steps: list[Step] = []
        keyword = ""
        while True:
            char = self.peek()
            if char in ("", "\n", "\r"):
                raise JsonPathError("unclosed action")
            self.at += 1
            if char == "}":
                return tuple(steps), keyword
            if char in " @$":
                continue
            if char.isalnum() or char in "_+-":
                word = self.word(char)
                if word in ("range", "end"):
                    keyword = word
                else:
                    steps.append(self.constant(word))
                continue
            steps.append(self.step(char))

    def step(self, char: str) -> Step:
        if char == ".":
            if self.peek() == ".":
                # ``..name`` is the descent and then ``.name``: the second dot is left for the field.
                if self.text[self.at + 1 : self.at + 2] in ("", *_TERMINATORS):
                    self.at += 1
                return Recursive()
            return self.field()
        if char == "[":
            return self.filter() if self.text.startswith("?(", self.at) else self.bracket()
        if char in "'\"":
            return self.quoted(char)
        raise JsonPathError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")

    def word(self, first: str) -> str:
        start = self.at
        while self.peek() and (self.peek().isalnum() or (self.peek() in "_." and (first.isdigit() or first in "+-"))):
            self.at += 1
        return first + self.text[start : self.at]

    def constant(self, word: str) -> Constant:
        if word in ("true", "false"):
            return Constant(word == "true")
        try:
            return Constant(int(word))
        except ValueError:
            pass
        try:
            return Constant(float(word))
        except ValueError:
            kind = "cannot parse number" if word[0].isdigit() or word[0] in "+-" else "unrecognized identifier"
            raise JsonPathError(f"{kind} {word}") from None

    def field(self) -> Step:
        name = ""
        while self.peek() and self.peek() not in _TERMINATORS:
            if self.peek() == "\\":
                self.at += 1
            name += self.peek()
            self.at += 1
        return Wildcard() if name == "*" else Child(name)

    def quoted(self, quote: str) -> Text:
        out = ""
        while True:
            char = self.peek()
            if char in ("", "\n"):
                raise JsonPathError("unterminated quoted string")
            self.at += 1
            if char == quote:
                return Text(out)
            if char == "\\":
                following = self.peek()
                self.at += 1
                out += _ESCAPES.get(following, "\\" + following)
            else:
                out += char

    def bracket(self) -> Step:
        end = self.text.find("]", self.at)
        if end < 0 or "\n" in self.text[self.at : end]:
            raise JsonPathError("unterminated array")
        inner = self.text[self.at : end].strip()
        quoted = _QUOTED.match(self.text, self.at)
        if quoted and "]" in quoted[0]:  # a key that holds a bracket
            end = self.text.find("]", quoted.end())
            inner = self.text[self.at : end].strip()
        self.at = end + 1
        parts = inner.split(",")
        if len(parts) > 1:
            return Union(tuple((self.key(part.strip()),) for part in parts))
        return self.key(inner)

    def key(self, text: str) -> Step:
        quoted = _QUOTED.fullmatch(text)
        if quoted:
            return Child(quoted[1] if quoted[1] is not None else quoted[2])
        if text == "*":
            return Wildcard()
        match = _SLICE.fullmatch(text)
        if match is None or not text:
            raise JsonPathError(f"invalid array index {text}")
        first, stop, step = match[1], match[2], match[3]
        if stop is None:
            index = int(first)
            return Slice(index, index + 1 if index != -1 else None, 1, is_single=True)
        return Slice(
            int(first or 0),
            int(stop[1:]) if stop[1:] else None,
            int(step[1:]) if step and step[1:] else 1,
            is_single=False,
        )

    def filter(self) -> Filter:
        self.at += 2
        start = self.at
        depth = 1
        quote = ""
        while depth:
            char = self.peek()
            if char in ("", "\n"):
                raise JsonPathError("unterminated filter")
            self.at += 1
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
        inner = self.text[start : self.at - 1]
        if self.peek() != "]":
            raise JsonPathError("unclosed array expect ]")
        self.at += 1
        match = _COMPARISON.fullmatch(inner)
        if match is None:
            return Filter(_steps(inner), "exists", ())
        left, operator, right = match.groups()
        if operator not in _OPERATORS:
            raise JsonPathError(f"unrecognized filter operator {operator}")
        return Filter(_steps(left), operator, _steps(right))


def _steps(text: str) -> tuple[Step, ...]:
    nodes = parse_template("{" + text.strip() + "}")
    first = nodes[0] if nodes else Action(())
    return first.steps if isinstance(first, Action) else ()
