"""``sort``, in the C locale."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "n,numeric-sort", "r,reverse", "k,key=", "t,field-separator=", "u,unique", "h,human-numeric-sort",
    "V,version-sort",
    "f,ignore-case", "b,ignore-leading-blanks", "d,dictionary-order", "s,stable", "g,general-numeric-sort",
    "o,output=",
    "c,check?", "C", "M,month-sort", "i,ignore-nonprinting!", "m,merge!", "R,random-sort!",
    "z,zero-terminated!", "debug!",
    "sort=!", "S,buffer-size=!", "T,temporary-directory=!", "parallel=!", "files0-from=!", "random-source=!",
    status=2,
)  # fmt: skip
ORDERINGS = "nhVfbdgMr"
NUMBER = re.compile(r"[ \t]*(-?)(\d*)(?:\.(\d*))?")
GENERAL = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
HUMAN = re.compile(r"[ \t]*(-?)(\d*(?:\.\d*)?)([kKMGTPEZY]?)")
KEY = re.compile(r"(\d+)(?:\.(\d+))?([A-Za-z]*)(?:,(\d+)(?:\.(\d+))?([A-Za-z]*))?\Z")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def _numeric(text: str) -> float:
    match = NUMBER.match(text)
    if match is None or not (match[2] or match[3]):
        return 0.0
    value = float(f"{match[2] or 0}.{match[3] or 0}")
    return -value if match[1] else value


def _general(text: str) -> tuple[int, float]:
    match = GENERAL.match(text)
    return (1, float(match[1])) if match else (0, 0.0)


def _human(text: str) -> tuple[int, float]:
    match = HUMAN.match(text)
    if match is None or match[2] in ("", "."):
        return (0, 0.0)
    sign = -1 if match[1] else 1
    number = sign * float(match[2])
    return (sign * ("kKMGTPEZY".index(match[3]) + 1 if match[3] not in ("", "k") else int(match[3] == "k") * 2), number)


def _version(text: str) -> list[tuple[list[int], int]]:
    """Alternating non-digits and digits; ``~`` before all, letters before other signs. Source: gnulib filevercmp."""
    pieces = re.findall(r"(\D*)(\d*)", text)
    return [([_version_rank(char) for char in letters] + [0], int(digits or 0)) for letters, digits in pieces]


def _version_rank(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isascii() and char.isalpha() else ord(char) + 0x200000


def _dictionary(text: str) -> str:
    return "".join(char for char in text if char.isalnum() or char in " \t")


def _upper(text: str) -> bytes:
    return text.upper().encode("utf-8", "surrogateescape")


VALUES: dict[str, Callable[[str], object]] = {
    "n": _numeric,
    "g": _general,
    "h": _human,
    "V": _version,
    "M": lambda text: MONTHS.index(text.strip()[:3].upper()) + 1 if text.strip()[:3].upper() in MONTHS else 0,
}


@dataclass(frozen=True, slots=True)
class _Key:
    start: tuple[int, int]
    end: tuple[int, int]
    """Field and character, from 1; field 0 for the end of the line, character 0 for the end of the field."""
    ordering: str

    def text(self, line: str, separator: str) -> str:
        fields = _field_spans(line, separator)
        start = self._position(fields, self.start, len(line), line, is_start=True)
        end = len(line) if self.end[0] == 0 else self._position(fields, self.end, len(line), line, is_start=False)
        return line[start:end]

    def _position(
        self, fields: list[tuple[int, int]], place: tuple[int, int], length: int, line: str, *, is_start: bool
    ) -> int:
        number, character = place
        if number > len(fields):
            return length
        first, last = fields[number - 1]
        if not is_start and character == 0:
            return last
        if "b" in self.ordering:
            while first < last and line[first] in " \t":
                first += 1
        return min(first + character - (1 if is_start else 0), length)

    def value(self, line: str, separator: str) -> object:
        text = self.text(line, separator)
        for letter, value_of in VALUES.items():
            if letter in self.ordering:
                return value_of(text)
        if "b" in self.ordering:
            text = text.lstrip(" \t")
        if "d" in self.ordering:
            text = _dictionary(text)
        return _upper(text) if "f" in self.ordering else text.encode("utf-8", "surrogateescape")


def _field_spans(line: str, separator: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    if separator:
        start = 0
        for piece in line.split(separator):
            spans.append((start, start + len(piece)))
            start += len(piece) + 1
        return spans
    return [match.span() for match in re.finditer(r"[ \t]*[^ \t]+|[ \t]+\Z", line)]


def _parse_keys(call: Invocation, ordering: str) -> list[_Key]:
    keys: list[_Key] = []
    for text in call.values("k"):
        match = KEY.match(text)
        letters = (match[3] or "") + (match[6] or "") if match else ""
        if match is None or set(letters) - set(ORDERINGS):
            if not text[:1].isdigit():
                raise call.stop(f"invalid number at field start: invalid count at start of ‘{text}’", 2)
            raise call.stop(f"stray character in field spec: invalid field specification ‘{text}’", 2)
        if int(match[1]) == 0:
            raise call.stop(f"field number is zero: invalid field specification ‘{text}’", 2)
        start = (int(match[1]), int(match[2] or 1))
        end = (int(match[4]), int(match[5] or 0)) if match[4] else (0, 0)
        keys.append(_Key(start, end, letters or ordering))
    return keys or [_Key((1, 1), (0, 0), ordering)]


def _whole(line: Line) -> bytes:
    return line.text.encode("utf-8", "surrogateescape")


def _sort(call: Invocation) -> Result:
    separator = call.value("t")
    separator = {"\\t": "\\t", "\\0": "\0"}.get(separator, separator)
    if call.has("t") and len(separator) != 1:
        raise call.stop("empty tab" if not separator else f"multi-character tab ‘{separator}’", 2)
    ordering = "".join(key for key, _ in call.options if key in ORDERINGS)
    keys = _parse_keys(call, ordering)
    if not call.has("k") and not call.has("t"):
        separator = ""
    content = call.all_lines(status=2, message="cannot read: {name}: {problem}")
    if call.result.exit:
        return call.result
    content = [Line(line.text, line.facts) for line in content]

    def compare(a: Line, b: Line) -> int:
        for key in keys:
            left, right = values[id(a)][id(key)], values[id(b)][id(key)]
            if left != right:
                is_less = left < right  # type: ignore[operator]  # one key gives values of one type
                return (-1 if is_less else 1) * (-1 if "r" in key.ordering else 1)
        return 0

    values = {id(line): {id(key): key.value(line.text, separator) for key in keys} for line in content}
    if call.has("c") or call.has("C"):
        return _check(call, content, compare)
    is_stable = call.has("s") or call.has("u")
    if not is_stable and any(key.ordering.strip("r") or key.start != (1, 1) or key.end != (0, 0) for key in keys):
        content.sort(key=_whole, reverse="r" in ordering)
    content.sort(key=cmp_to_key(compare))
    if call.has("u"):
        content = [
            line for number, line in enumerate(content) if number == 0 or compare(content[number - 1], line) != 0
        ]
    if call.has("o"):
        call.write(call.value("o"), content)
        return call.result
    return call.finish(content)


def _check(call: Invocation, content: list[Line], compare: Callable[[Line, Line], int]) -> Result:
    for number in range(1, len(content)):
        order = compare(content[number - 1], content[number])
        if order > 0 or (order == 0 and call.has("u")):
            if call.has("c"):
                name = call.operands[0] if call.operands else "-"
                call.complain(f"{name}:{number + 1}: disorder: {content[number].text}")
            call.result.exit = 1
            break
    return call.result


SORT = TextTool("sort", OPTIONS, _sort)
