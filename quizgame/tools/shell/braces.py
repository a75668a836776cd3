"""Brace expansion: ``a{b,c}d`` and ``{1..3}``."""

from __future__ import annotations

import re
from itertools import pairwise

from quizgame.tools.shell.control import ExpansionProblem
from quizgame.tools.shell.syntax import Part, Text, Word

MAX_WORDS = 100_000
"""Words that one command may expand to."""
BRACE_RANGE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?\Z")


def expand_braces(word: Word) -> list[Word]:
    """``a{b,c}d`` and ``{1..3}``: the words that the braces in unquoted text stand for.

    Raises:
        ExpansionProblem: if they are more than ``MAX_WORDS``.
    """
    if not any(isinstance(part, Text) and not part.is_quoted and "{" in part.text for part in word.parts):
        return [word]
    items: list[str | Part] = []
    for part in word.parts:
        if isinstance(part, Text) and not part.is_quoted:
            items.extend(part.text)
        else:
            items.append(part)
    words = [_compact(choice) for choice in _brace_choices(items, 0)]
    if len(words) > MAX_WORDS:
        raise ExpansionProblem("brace expansion: too many words")
    return words


def _compact(items: list[str | Part]) -> Word:
    parts: list[Part] = []
    plain: list[str] = []
    for item in items:
        if isinstance(item, str):
            plain.append(item)
            continue
        if plain:
            parts.append(Text("".join(plain)))
            plain = []
        parts.append(item)
    if plain:
        parts.append(Text("".join(plain)))
    return Word(tuple(parts))


def _brace_choices(items: list[str | Part], depth: int) -> list[list[str | Part]]:
    if depth > 40:
        return [items]
    for start, item in enumerate(items):
        if item != "{":
            continue
        found = _brace_group(items, start)
        if found is None:
            continue
        end, alternatives = found
        heads = items[:start]
        tails = _brace_choices(items[end + 1 :], depth + 1)
        out: list[list[str | Part]] = []
        for alternative in alternatives:
            for middle in _brace_choices(alternative, depth + 1):
                for tail in tails:
                    out.append([*heads, *middle, *tail])
                    if len(out) > MAX_WORDS:
                        raise ExpansionProblem("brace expansion: too many words")
        return out
    return [items]


def _brace_group(items: list[str | Part], start: int) -> tuple[int, list[list[str | Part]]] | None:
    depth = 0
    commas: list[int] = []
    for position in range(start, len(items)):
        item = items[position]
        if item == "{":
            depth += 1
        elif item == "," and depth == 1:
            commas.append(position)
        elif item == "}":
            depth -= 1
            if depth == 0:
                if commas:
                    bounds = [start, *commas, position]
                    return position, [items[a + 1 : b] for a, b in pairwise(bounds)]
                inner = items[start + 1 : position]
                sequence = _brace_range("".join(i for i in inner if isinstance(i, str))) if len(inner) < 60 else None
                if sequence is not None and all(isinstance(i, str) for i in inner):
                    return position, [list(text) for text in sequence]
                return None
    return None


def _brace_range(text: str) -> list[str] | None:
    match = BRACE_RANGE.match(text)
    if match is None:
        return None
    first, last, step_text = match.groups()
    is_letters = first.isalpha()
    if is_letters != last.isalpha():
        return None
    a, b = (ord(first), ord(last)) if is_letters else (int(first), int(last))
    step = abs(int(step_text)) if step_text and int(step_text) else 1
    if abs(b - a) // step > MAX_WORDS:
        raise ExpansionProblem("brace expansion: too many words")
    numbers = range(a, b + 1, step) if a <= b else range(a, b - 1, -step)
    if is_letters:
        return [chr(number) for number in numbers]
    is_padded = any(bound.lstrip("-").startswith("0") and len(bound.lstrip("-")) > 1 for bound in (first, last))
    width = max(len(first), len(last)) if is_padded else 0
    return [f"{number:0{width}d}" for number in numbers]
