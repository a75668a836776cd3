"""``date``, which tells the simulated time (UTC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "u,utc,universal", "d,date=", "I,iso-8601?", "R,rfc-email", "rfc-3339=", "s,set=!", "r,reference=!",
    "f,file=!", "debug!",
    "resolution!",
)  # fmt: skip
DIRECTIVE = re.compile(r"%([-_0^#]?)(\d*)(:{0,2}[A-Za-z%+])")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMPOSITES = {
    "D": "%m/%d/%y", "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "c": "%a %b %e %H:%M:%S %Y",
    "x": "%m/%d/%y", "X": "%H:%M:%S",
    "r": "%I:%M:%S %p", "h": "%b",
}  # fmt: skip
PADDED_WITH_BLANK = {"e": ("d", 2), "k": ("H", 2), "l": ("I", 2)}
PLAIN = frozenset("aAbBCdGgHIjmMpSuUVwWyY")
RELATIVE = re.compile(r"([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?\Z")
UNITS_S = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400, "week": 604800}
ISO = {
    "": "%F",
    "date": "%F",
    "hours": "%FT%H%:z",
    "minutes": "%FT%H:%M%:z",
    "seconds": "%FT%T%:z",
    "ns": "%FT%T,%N%:z",
}
RFC_3339 = {"date": "%F", "seconds": "%F %T%:z", "ns": "%F %T.%N%:z"}


def render_date(template: str, instant_ns: int) -> str:
    """Fill in a ``date`` format."""
    moment = EPOCH + timedelta(seconds=instant_ns // 10**9)

    def replace(match: re.Match[str]) -> str:
        flag, width, letter = match.groups()
        text = _directive(letter, moment, instant_ns, width)
        if text is None:
            return match.group(0)
        if flag == "-":
            text = text.lstrip("0 ") or "0"
        elif flag == "_":
            text = re.sub(r"^0+(?=\d)", lambda zeros: " " * len(zeros.group(0)), text)
        elif flag in ("^", "#"):
            text = text.upper()
        return text

    return DIRECTIVE.sub(replace, template)


def _directive(letter: str, moment: datetime, instant_ns: int, width: str) -> str | None:
    if letter == "%":
        return "%"
    if letter in COMPOSITES:
        return render_date(COMPOSITES[letter], instant_ns)
    if letter in PADDED_WITH_BLANK:
        base, size = PADDED_WITH_BLANK[letter]
        return moment.strftime("%" + base).lstrip("0").rjust(size) if moment.strftime("%" + base) != "00" else " 0"
    if letter == "P":
        return moment.strftime("%p").lower()
    match letter:
        case "s":
            return str(instant_ns // 10**9)
        case "N":
            digits = f"{instant_ns % 10**9:09d}"
            return digits[: int(width)] if width else digits
        case "Z":
            return "UTC"
        case "z":
            return "+0000"
        case ":z":
            return "+00:00"
        case "n":
            return "\n"
        case "t":
            return "\t"
    return moment.strftime("%" + letter) if letter in PLAIN else None


def stamp(instant_ns: int) -> str:
    """The instant as ``date`` without a format prints it in a C locale, without the zone."""
    return render_date("%a %b %e %H:%M:%S %Y", instant_ns)


def _parse(call: Invocation, text: str) -> int:
    now = int(call.session.world.clock.now_ns)
    if text in ("", "now"):
        return now
    if text.startswith("@") and text[1:].isdigit():
        return int(text[1:13]) * 10**9
    match = RELATIVE.match(text)
    if match is None and text in ("yesterday", "tomorrow"):
        return now + (86400 if text == "tomorrow" else -86400) * 10**9
    if match is not None:
        return now + int(match[1][:9]) * UNITS_S[match[2]] * (-1 if match[3] else 1) * 10**9
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        if re.search(r"\d|ago|next|last", text):
            raise call.refuse(f"-d with {text!r}") from None
        raise call.stop(f"invalid date ‘{text}’") from None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return int((moment - EPOCH).total_seconds()) * 10**9


def _date(call: Invocation) -> Result:
    instant_ns = _parse(call, call.value("d")) if call.has("d") else int(call.session.world.clock.now_ns)
    template = "%a %b %e %H:%M:%S UTC %Y"
    if call.has("R"):
        template = "%a, %d %b %Y %H:%M:%S +0000"
    for key, table in (("I", ISO), ("rfc-3339", RFC_3339)):
        if call.has(key):
            name = call.value(key)
            if name not in table:
                raise call.usage(f"invalid argument ‘{name}’ for ‘--{'iso-8601' if key == 'I' else key}’")
            template = table[name]
    for operand in call.operands[:1]:
        if not operand.startswith("+"):
            raise call.stop(f"invalid date ‘{operand}’")
        template = operand[1:]
    if len(call.operands) > 1:
        raise call.usage(f"extra operand ‘{call.operands[1]}’")
    return call.finish([Line(text) for text in render_date(template, instant_ns).split("\n")])


DATE = TextTool("date", OPTIONS, _date)
