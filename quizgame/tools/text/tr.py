"""``tr``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.derive import derived, derived_stream, joined
from quizgame.tools.output import Line, Result, lines, render
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable("d,delete", "s,squeeze-repeats", "c,complement", "C", "t,truncate-set1", stops_at_operand=False)
ASCII = [chr(code) for code in range(128)]
CLASSES = {
    "alpha": [c for c in ASCII if c.isalpha()],
    "digit": [c for c in ASCII if c.isdigit()],
    "alnum": [c for c in ASCII if c.isalnum()],
    "upper": [c for c in ASCII if c.isupper()],
    "lower": [c for c in ASCII if c.islower()],
    "space": list("\t\n\v\f\r "),
    "blank": list("\t "),
    "punct": [c for c in ASCII if c.isprintable() and not c.isalnum() and c != " "],
    "cntrl": [c for c in ASCII if not c.isprintable()],
    "print": [c for c in ASCII if c.isprintable()],
    "graph": [c for c in ASCII if c.isprintable() and c != " "],
    "xdigit": list("0123456789ABCDEFabcdef"),
}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
MAX_SET = 4096


def _characters(text: str) -> list[tuple[str, bool]]:
    """Characters with whether each was escaped."""
    out: list[tuple[str, bool]] = []
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            position += 1
            digits = text[position : position + 3]
            octal = digits[: next((n for n, d in enumerate(digits) if d not in "01234567"), len(digits))]
            if octal:
                out.append((chr(int(octal, 8) & 0xFF), True))
                position += len(octal)
                continue
            char = text[position]
            out.append((ESCAPES.get(char, char), True))
        else:
            out.append((char, False))
        position += 1
    return out


def expand_set(call: Invocation, text: str, length: int = 0) -> list[str]:
    """The characters of a SET: ranges, classes, repeats (``[x*]`` fills up to ``length``)."""
    items = _characters(text)
    out: list[str] = []
    position = 0
    while position < len(items):
        char, is_escaped = items[position]
        rest = "".join(c for c, _ in items[position:])
        if char == "[" and not is_escaped and rest.startswith("[:") and ":]" in rest[2:]:
            name = rest[2 : rest.index(":]", 2)]
            if name not in CLASSES:
                raise call.stop(f"invalid character class ‘{name}’")
            out.extend(CLASSES[name])
            position += len(name) + 4
        elif char == "[" and not is_escaped and rest[2:3] == "*" and "]" in rest[3:]:
            count_text = rest[3 : rest.index("]", 3)]
            if count_text and not count_text.isdigit():
                raise call.stop(f"invalid repeat count ‘{count_text}’ in [c*n] construct")
            count = int(count_text, 8 if count_text.startswith("0") else 10) if count_text else length - len(out)
            out.extend(rest[1] * max(0, min(count, MAX_SET)))
            position += len(count_text) + 4
        elif position + 2 < len(items) and items[position + 1] == ("-", False):
            last = items[position + 2][0]
            if ord(last) < ord(char):
                raise call.stop(f"range-endpoints of '{char}-{last}' are in reverse collating sequence order")
            out.extend(chr(code) for code in range(ord(char), min(ord(last), ord(char) + MAX_SET) + 1))
            position += 3
        else:
            out.append(char)
            position += 1
    return out


def _tr(call: Invocation) -> Result:
    is_delete, is_squeeze = call.has("d"), call.has("s")
    needed = 2 if is_delete == is_squeeze else 1
    sets = call.operands
    if not sets:
        raise call.usage("missing operand")
    if len(sets) < needed:
        purpose = "both deleting and squeezing repeats" if is_delete else "translating"
        what = f"Two strings must be given when {purpose}."
        raise call.usage(f"missing operand after ‘{sets[-1]}’\n{what}")
    if len(sets) > 2 or (is_delete and not is_squeeze and len(sets) > 1):
        extra = sets[2] if len(sets) > 2 else sets[1]
        note = "" if len(sets) > 2 else "\nOnly one string may be given when deleting without squeezing repeats."
        raise call.usage(f"extra operand ‘{extra}’{note}")
    first = expand_set(call, sets[0])
    is_complement = call.has("c") or call.has("C")
    second = expand_set(call, sets[1], len(first)) if len(sets) > 1 else []
    if len(sets) > 1 and not second and not is_delete and not call.has("t"):
        raise call.stop("when not truncating set1, string2 must be non-empty")
    members = set(first)
    mapping: dict[str, str] = {}
    if not is_delete and len(sets) > 1 and not is_complement:
        padded = second + [second[-1]] * (len(first) - len(second)) if second and not call.has("t") else second
        mapping = dict(zip(first, padded, strict=False))
    squeezed = (set(second) if len(sets) > 1 else members) if is_squeeze else set()

    def chosen(char: str) -> bool:
        return (char in members) != is_complement

    def translate(text: str) -> str:
        out: list[str] = []
        for char in text:
            if is_delete and chosen(char):
                continue
            if not is_delete and len(sets) > 1:
                changed = (second[-1] if chosen(char) else char) if is_complement else mapping.get(char, char)
            else:
                changed = char
            is_repeat = bool(out) and out[-1] == changed
            in_squeeze = chosen(changed) if len(sets) == 1 else changed in squeezed
            if is_squeeze and is_repeat and in_squeeze:
                continue
            out.append(changed)
        return "".join(out)

    return call.finish(_retie(translate, joined(call.stdin), touches_ends=translate("\n") != "\n" or is_squeeze))


def _retie(translate: Callable[[str], str], content: list[Line], *, touches_ends: bool) -> list[Line]:
    """Translate, line by line while line ends stay, else as one text."""
    if touches_ends:
        return derived_stream(lines(translate(render(content))), content)
    out: list[Line] = []
    for line in content:
        text = translate(line.text)
        if "\n" in text:
            out.extend(derived_stream(lines(text + line.end), [line]))
        else:
            out.append(derived(text, [line], line.end))
    return out


TR = TextTool("tr", OPTIONS, _tr)
