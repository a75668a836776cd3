"""Comparing typed answers: when two texts are the same command, word or number."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from quizgame.content.questions import Normalise, parse_number

_SEPARATORS = frozenset({"|", "||", "&&", ";", "--", ">"})


def same_answer(normalise: Normalise, typed: str, accepted: str) -> bool:
    """Whether a typed text is an accepted one."""
    return _SAME[normalise](typed, accepted)


def _same_word(typed: str, accepted: str) -> bool:
    return _word(typed) == _word(accepted)


def _word(text: str) -> str:
    text = " ".join(text.split())
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    return text.casefold()


def _same_number(typed: str, accepted: str) -> bool:
    value = parse_number(typed)
    return value is not None and value == parse_number(accepted)


def _same_command(typed: str, accepted: str) -> bool:
    left, right = _segments(typed), _segments(accepted)
    if [separator for separator, _ in left] != [separator for separator, _ in right]:
        return False
    return all(_same_segment(ours, theirs) for (_, ours), (_, theirs) in zip(left, right, strict=True))


def _segments(text: str) -> list[tuple[str, list[str]]]:
    """The words of a command line, cut at pipes and at ``--``; each part comes after its separator."""
    text = text.strip().strip("`").removeprefix("$ ").strip()
    try:
        words = shlex.split(text)
    except ValueError:  # an open quote: compare the words as they stand
        words = text.split()
    parts: list[tuple[str, list[str]]] = [("", [])]
    for word in words:
        if word in _SEPARATORS:
            parts.append((word, []))
        else:
            parts[-1][1].append(word)
    return parts


@dataclass(frozen=True, slots=True)
class _Words:
    """A command's words: options may move, other words may not."""

    options: Counter[tuple[str, str | None]]
    others: tuple[str, ...]


def _same_segment(typed: Sequence[str], accepted: Sequence[str]) -> bool:
    """Compare two commands without knowing their options.

    An option takes the next word as its value if in both commands every use of it is followed by a word that is no
    option; else it is a switch.
    """
    switches = _switches(typed) | _switches(accepted)
    return _sort_words(typed, switches) == _sort_words(accepted, switches)


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-")


def _switches(words: Sequence[str]) -> frozenset[str]:
    return frozenset(
        word
        for index, word in enumerate(words)
        if _is_option(word) and "=" not in word and (index + 1 == len(words) or _is_option(words[index + 1]))
    )


def _sort_words(words: Sequence[str], switches: frozenset[str]) -> _Words:
    options: Counter[tuple[str, str | None]] = Counter()
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        if not _is_option(word):
            others.append(word)
        elif "=" in word:
            name, _, value = word.partition("=")
            options[name, value] += 1
        elif word in switches:
            options[word, None] += 1
        else:
            options[word, next(rest)] += 1
    return _Words(options, tuple(others))


_SAME: Mapping[Normalise, Callable[[str, str], bool]] = {
    Normalise.COMMAND: _same_command,
    Normalise.WORD: _same_word,
    Normalise.NUMBER: _same_number,
}
