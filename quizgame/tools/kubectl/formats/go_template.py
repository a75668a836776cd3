"""``-o go-template``: the part of Go's text/template that kubectl's users write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from quizgame.goflags.numbers import format_float
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.formats.tree import Path

Piece = tuple[str, Any, Path | None]
"""Text, and the value and path it came from; ``None`` for text of the template."""

_ACTION = re.compile(r"\{\{(-?)\s*(.*?)\s*(-?)\}\}", re.DOTALL)
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|\(|\)|\||:=|[^\s()|]+')
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "r": "\r"}


@dataclass(slots=True)
class _Block:
    kind: str
    """``text``, ``value``, ``range``, ``if``, ``with`` or ``root``."""
    source: str = ""
    body: list[_Block] = field(default_factory=list)
    otherwise: list[_Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Value:
    value: Any
    path: Path | None = None


class GoTemplate:
    """A template ready to run.

    Args:
        template: As typed.

    Raises:
        KubectlError: blocks that are not closed or not opened.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._root = _Block("root")
        stack: list[tuple[_Block, list[_Block]]] = [(self._root, self._root.body)]
        for block in _blocks(template):
            word = block.source.split(" ", 1)[0] if block.kind == "action" else ""
            rest = block.source[len(word) :].strip()
            if block.kind == "text":
                stack[-1][1].append(block)
            elif word in ("range", "if", "with"):
                opened = _Block(word, rest)
                stack[-1][1].append(opened)
                stack.append((opened, opened.body))
            elif word == "else":
                parent = stack.pop()[0]
                if rest:
                    raise Refusal("kubectl -o go-template with else if")
                stack.append((parent, parent.otherwise))
            elif word == "end":
                if len(stack) == 1:
                    raise self._wrong("unexpected {{end}}")
                stack.pop()
            elif (
                word in ("define", "template", "block", "break", "continue")
                or ":=" in block.source
                or "$" in block.source
            ):
                raise Refusal(f"kubectl -o go-template with {block.source}")
            else:
                stack[-1][1].append(_Block("value", block.source))
        if len(stack) > 1:
            raise self._wrong("unexpected EOF")

    def _wrong(self, reason: str) -> KubectlError:
        return KubectlError(f"error parsing template {self._template}, template: output:1: {reason}")

    def run(self, data: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of the output, in order."""
        yield from _run(self._root.body, _Value(data, ()))


def _blocks(template: str) -> Iterator[_Block]:
    at = 0
    trims_next = False
    for match in _ACTION.finditer(template):
        text = template[at : match.start()]
        text = text.lstrip() if trims_next else text
        text = text.rstrip() if match[1] else text
        if text:
            yield _Block("text", text)
        if not match[2].startswith("/*"):
            yield _Block("action", match[2])
        trims_next = bool(match[3])
        at = match.end()
    rest = template[at:].lstrip() if trims_next else template[at:]
    if rest:
        yield _Block("text", rest)


def _run(blocks: list[_Block], dot: _Value) -> Iterator[Piece]:
    for block in blocks:
        if block.kind == "text":
            yield block.source, None, None
        elif block.kind == "value":
            found = _evaluate(block.source, dot)
            yield go_value(found.value), found.value, found.path
        elif block.kind == "range":
            items = list(_items(_evaluate(block.source, dot)))
            for item in items:
                yield from _run(block.body, item)
            if not items:
                yield from _run(block.otherwise, dot)
        else:
            found = _evaluate(block.source, dot)
            inner = found if block.kind == "with" else dot
            yield from _run(block.body, inner) if found.value else _run(block.otherwise, dot)


def _items(found: _Value) -> Iterator[_Value]:
    value, path = found.value, found.path
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield _Value(value[key], (*path, key) if path is not None else None)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield _Value(item, (*path, place) if path is not None else None)


def _evaluate(source: str, dot: _Value) -> _Value:
    tokens = _TOKEN.findall(source)
    found = _Value(None)
    stage: list[str] = []
    is_first = True
    for token in [*tokens, "|"]:
        if token != "|":
            stage.append(token)
            continue
        found = _call(stage, dot, None if is_first else found)
        stage, is_first = [], False
    return found


def _call(tokens: list[str], dot: _Value, piped: _Value | None) -> _Value:
    arguments: list[_Value] = []
    at = 1
    head = tokens[0] if tokens else "."
    if head == "(" or head[0] in '."`' or head[0].isdigit():
        value, _ = _operand(tokens, 0, dot)
        return value
    while at < len(tokens):
        value, at = _operand(tokens, at, dot)
        arguments.append(value)
    if piped is not None:
        arguments.append(piped)
    function = _FUNCTIONS.get(head)
    if function is None:
        raise KubectlError(
            f'error parsing template {" ".join(tokens)}, template: output:1: function "{head}" not defined'
        )
    return function(arguments)


def _operand(tokens: list[str], at: int, dot: _Value) -> tuple[_Value, int]:
    token = tokens[at]
    if token == "(":
        depth, end = 1, at + 1
        while end < len(tokens) and depth:
            depth += {"(": 1, ")": -1}.get(tokens[end], 0)
            end += 1
        return _evaluate(" ".join(tokens[at + 1 : end - 1]), dot), end
    if token[0] == '"':
        return _Value(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token[1:-1])), at + 1
    if token[0] == "`":
        return _Value(token[1:-1]), at + 1
    if token in ("true", "false"):
        return _Value(token == "true"), at + 1
    if token.lstrip("-").isdigit():
        return _Value(int(token)), at + 1
    found = dot
    for name in filter(None, token.split(".")):
        value = found.value.get(name) if isinstance(found.value, Mapping) else None
        found = _Value(value, (*found.path, name) if found.path is not None and value is not None else None)
    return found, at + 1


def _index(arguments: list[_Value]) -> _Value:
    found = arguments[0]
    for key in arguments[1:]:
        value = found.value
        inner: Any = None
        if isinstance(value, Mapping):
            inner = value.get(key.value)
        elif isinstance(value, list) and isinstance(key.value, int):
            if not 0 <= key.value < len(value):
                raise KubectlError("error executing template: error calling index: reflect: slice index out of range")
            inner = value[key.value]
        found = _Value(inner, (*found.path, key.value) if found.path is not None and inner is not None else None)
    return found


def _compare(arguments: list[_Value]) -> _Value:
    return _Value(any(arguments[0].value == each.value for each in arguments[1:]))


_FUNCTIONS: dict[str, Callable[[list[_Value]], _Value]] = {
    "index": _index,
    "eq": _compare,
    "ne": lambda arguments: _Value(arguments[0].value != arguments[1].value),
    "not": lambda arguments: _Value(not arguments[0].value),
    "and": lambda arguments: next((each for each in arguments if not each.value), arguments[-1]),
    "or": lambda arguments: next((each for each in arguments if each.value), arguments[-1]),
    "len": lambda arguments: _Value(len(arguments[0].value or ())),
    "print": lambda arguments: _Value("".join(go_value(each.value) for each in arguments), arguments[-1].path),
    "println": lambda arguments: _Value(
        " ".join(go_value(each.value) for each in arguments) + "\n", arguments[-1].path
    ),
    "printf": lambda arguments: _Value(_printf(arguments), arguments[-1].path),
    "base64decode": lambda arguments: _Value(_decoded(str(arguments[0].value)), arguments[0].path),
    "exists": lambda arguments: _Value(_index(arguments).value is not None),
}


def _decoded(text: str) -> str:
    from base64 import b64decode

    try:
        return b64decode(text).decode(errors="replace")
    except ValueError:
        raise KubectlError("error executing template: illegal base64 data") from None


def _printf(arguments: list[_Value]) -> str:
    values = iter(arguments[1:])
    return re.sub(r"%[-0-9]*[svdq]", lambda m: go_value(next(values, _Value("")).value), str(arguments[0].value))


def go_value(value: Any) -> str:
    """A value as Go's ``%v`` prints it."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{go_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(go_value, value)) + "]"
    return str(value)
