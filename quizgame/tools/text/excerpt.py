"""What ``head`` and ``tail`` share: counts, titles over several files, cutting by bytes."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.derive import derived
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation

MULTIPLIERS = {
    "b": 512,
    "kB": 1000,
    "K": 1024,
    "KiB": 1024,
    "MB": 10**6,
    "M": 2**20,
    "MiB": 2**20,
    "G": 2**30,
    "GB": 10**9,
}


def expand_digits(call: Invocation) -> None:
    """Turn the old form ``-5`` into ``-n 5``."""
    digits = "".join(key for key, _ in call.options if key.isdigit())
    if digits:
        call.options = [(key, value) for key, value in call.options if not key.isdigit()] + [("n", digits)]


def parse_count(call: Invocation, text: str, unit: str) -> tuple[int, str]:
    """A count with its multiplier, and its sign (``+``, ``-`` or none)."""
    sign = text[:1] if text[:1] in ("+", "-") else ""
    body = text[len(sign) :]
    digits = body.rstrip("bkKBiMG")
    multiplier = MULTIPLIERS.get(body[len(digits) :], 0) if body != digits else 1
    if not (digits.isascii() and digits.isdigit()) or not multiplier:
        raise call.stop(f"invalid number of {'bytes' if unit == 'c' else 'lines'}: ‘{text}’")
    return int(digits[:18]) * multiplier, sign


def print_excerpts(call: Invocation, excerpt: Callable[[list[Line]], list[Line]]) -> Result:
    """Print an excerpt of each file, with titles where there are several."""
    key = next((key for key, _ in reversed(call.options) if key in "qv"), "")
    has_titles = key == "v" or (len(call.operands) > 1 and key != "q")
    out: list[Line] = []
    is_first = True
    for name, content in call.inputs(message="cannot open '{name}' for reading: {problem}"):
        if has_titles:
            title = "standard input" if name == "-" else name
            out.extend([] if is_first else [Line("")])
            out.append(Line(f"==> {title} <=="))
        is_first = False
        out.extend(excerpt(content))
    return call.finish(out)


def first_characters(content: list[Line], count: int) -> list[Line]:
    """The first bytes; a character that would be cut in two is left out."""
    out: list[Line] = []
    for line in content:
        size = len((line.text + line.end).encode())
        if size <= count:
            out.append(line)
            count -= size
            continue
        text = line.text.encode()[:count].decode("utf-8", "ignore")
        if text:
            out.append(derived(text, [line], end=""))
        break
    return out


def last_characters(content: list[Line], skipped: int) -> list[Line]:
    """What is left after skipping bytes at the start."""
    out: list[Line] = []
    for line in content:
        size = len((line.text + line.end).encode())
        if skipped >= size:
            skipped -= size
            continue
        text = line.text.encode()[skipped:].decode("utf-8", "ignore") if skipped else line.text
        out.append(derived(text, [line], line.end))
        skipped = 0
    return out
