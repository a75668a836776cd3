"""awk's built-in functions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.tools.text.awk.lexer import ESCAPES
from quizgame.tools.text.awk.syntax import (
    AwkProblem,
    Element,
    Expression,
    FieldReference,
    Number,
    RegexLiteral,
    Target,
    Variable,
)
from quizgame.tools.text.awk.values import Value, format_values, from_input, to_number, to_text
from quizgame.tools.text.date import render_date
from quizgame.tools.text.regex import Match

if TYPE_CHECKING:
    from quizgame.tools.text.awk.evaluator import Evaluator

Arguments = tuple[Expression, ...]
REFUSED = frozenset(("system", "mktime", "asort", "asorti", "typeof"))


def unescape(text: str) -> str:
    r"""Decode ``\n``, ``\t`` … as in a string literal (``-v`` values)."""
    out: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == "\\" and position + 1 < len(text):
            out.append(ESCAPES.get(text[position + 1], "\\" + text[position + 1]))
            position += 2
            continue
        out.append(text[position])
        position += 1
    return "".join(out)


def _need(name: str, arguments: Arguments, least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        raise AwkProblem(f"fatal: {len(arguments)} is invalid as number of arguments for {name}")


def _length(run: Evaluator, arguments: Arguments) -> Value:
    _need("length", arguments, 0, 1)
    if not arguments:
        return float(len(run.record.text))
    argument = arguments[0]
    if isinstance(argument, Variable) and run.scope.is_array(argument.name):
        return float(len(run.scope.array(argument.name)))
    return float(len(run.text(argument)))


def _substr(run: Evaluator, arguments: Arguments) -> Value:
    _need("substr", arguments, 2, 3)
    text = run.text(arguments[0])
    start = to_number(run.evaluate(arguments[1]))
    start = round(start) if math.isfinite(start) else 1
    if len(arguments) == 3:
        length = to_number(run.evaluate(arguments[2]))
        if math.isnan(length):
            return ""
        end = start + round(min(length, 1e9))
    else:
        end = len(text) + 1
    return text[max(start, 1) - 1 : max(end - 1, 0)]


def _index(run: Evaluator, arguments: Arguments) -> Value:
    _need("index", arguments, 2, 2)
    return float(run.text(arguments[0]).find(run.text(arguments[1])) + 1)


def _split(run: Evaluator, arguments: Arguments) -> Value:
    _need("split", arguments, 2, 3)
    text = run.text(arguments[0])
    target = arguments[1]
    if not isinstance(target, Variable):
        raise AwkProblem("fatal: split: second argument is not an array")
    if len(arguments) == 3:
        third = arguments[2]
        if isinstance(third, RegexLiteral):
            pieces = run.split(text, third.pattern if len(third.pattern) != 1 else f"[{third.pattern}]")
        else:
            pieces = run.split(text, run.text(third))
    else:
        pieces = run.split(text, run.scope.text_of("FS"))
    array = run.scope.array(target.name)
    array.clear()
    for number, piece in enumerate(pieces, 1):
        array[str(number)] = from_input(piece)
    return float(len(pieces))


def _replacement(template: str, match: Match) -> str:
    r"""``&`` is the match, ``\&`` an ampersand."""
    out: list[str] = []
    position = 0
    while position < len(template):
        char = template[position]
        if char == "\\" and template[position + 1 : position + 2] in ("&", "\\") and position + 1 < len(template):
            out.append(template[position + 1])
            position += 2
            continue
        out.append(match.group() or "" if char == "&" else char)
        position += 1
    return "".join(out)


def _substitute(run: Evaluator, arguments: Arguments, *, is_global: bool) -> Value:
    _need("gsub" if is_global else "sub", arguments, 2, 3)
    target: Expression = arguments[2] if len(arguments) == 3 else FieldReference(Number(0.0))
    regex = run.regex(arguments[0])
    template = run.text(arguments[1])
    text = run.text(target)
    out: list[str] = []
    position = count = 0
    for match in regex.find_all(text):
        out.append(text[position : match.start()])
        out.append(_replacement(template, match))
        position = match.end()
        count += 1
        if not is_global:
            break
    if count and isinstance(target, (Variable, Element, FieldReference)):
        checked: Target = target
        run.assign_target(checked, "".join(out) + text[position:])
    return float(count)


def _sub(run: Evaluator, arguments: Arguments) -> Value:
    return _substitute(run, arguments, is_global=False)


def _gsub(run: Evaluator, arguments: Arguments) -> Value:
    return _substitute(run, arguments, is_global=True)


def _gensub_text(template: str, match: Match) -> str:
    out: list[str] = []
    position = 0
    while position < len(template):
        char = template[position]
        following = template[position + 1 : position + 2]
        if char == "\\" and following:
            out.append((match.group(int(following)) or "") if following.isdigit() else following)
            position += 2
            continue
        out.append(match.group() or "" if char == "&" else char)
        position += 1
    return "".join(out)


def _gensub(run: Evaluator, arguments: Arguments) -> Value:
    _need("gensub", arguments, 3, 4)
    regex = run.regex(arguments[0])
    template = run.text(arguments[1])
    which = run.text(arguments[2])
    text = run.text(arguments[3]) if len(arguments) == 4 else run.record.text
    wanted = 0 if which[:1] in ("g", "G") else max(1, int(to_number(which)))
    out: list[str] = []
    position = 0
    try:
        for number, match in enumerate(regex.find_all(text), 1):
            if wanted in (0, number):
                out.append(text[position : match.start()] + _gensub_text(template, match))
                position = match.end()
    except IndexError:
        raise AwkProblem("fatal: gensub: no such group") from None
    return "".join(out) + text[position:]


def _match(run: Evaluator, arguments: Arguments) -> Value:
    _need("match", arguments, 2, 3)
    match = run.regex(arguments[1]).search(run.text(arguments[0]))
    run.scope.set_number("RSTART", float(match.start() + 1) if match else 0.0)
    run.scope.set_number("RLENGTH", float(match.end() - match.start()) if match else -1.0)
    if len(arguments) == 3 and isinstance(arguments[2], Variable):
        array = run.scope.array(arguments[2].name)
        array.clear()
        for group in range(run.regex(arguments[1]).groups + 1) if match else ():
            text = match.group(group) if match else None
            if text is not None:
                array[str(group)] = from_input(text)
    return float(match.start() + 1) if match else 0.0


def _sprintf(run: Evaluator, arguments: Arguments) -> Value:
    _need("sprintf", arguments, 1, 1000)
    values = [run.evaluate(argument) for argument in arguments]
    return format_values(to_text(values[0]), values[1:])


def _case(change: Callable[[str], str]) -> Callable[[Evaluator, Arguments], Value]:
    def function(run: Evaluator, arguments: Arguments) -> Value:
        _need("tolower", arguments, 1, 1)
        return change(run.text(arguments[0]))

    return function


def _numeric(name: str, compute: Callable[..., float], count: int = 1) -> Callable[[Evaluator, Arguments], Value]:
    def function(run: Evaluator, arguments: Arguments) -> Value:
        _need(name, arguments, count, count)
        try:
            return float(compute(*(to_number(run.evaluate(argument)) for argument in arguments)))
        except OverflowError:
            return float("inf")
        except ValueError:
            return float("nan")

    return function


def _log(number: float) -> float:
    return math.log(number) if number else float("-inf")


def _bits(combine: Callable[[int, int], int]) -> Callable[[float, float], float]:
    return lambda a, b: float(combine(int(a), int(b)))


def _shift_left(a: int, b: int) -> int:
    return (a << min(b, 64)) & (2**53 - 1)


def _rand(run: Evaluator, arguments: Arguments) -> Value:
    seed, count = run.random_state
    run.random_state = (seed, count + 1)
    digest = hashlib.sha256(f"rand/{seed}/{count}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _srand(run: Evaluator, arguments: Arguments) -> Value:
    before = run.random_state[0]
    run.random_state = (int(to_number(run.evaluate(arguments[0]))) if arguments else run.now_s, 0)
    return float(before)


def _strtonum(run: Evaluator, arguments: Arguments) -> Value:
    _need("strtonum", arguments, 1, 1)
    text = run.text(arguments[0]).strip()
    try:
        return float(int(text, 16)) if text[:2].lower() == "0x" else to_number(text)
    except ValueError:
        return 0.0


def _strftime(run: Evaluator, arguments: Arguments) -> Value:
    template = run.text(arguments[0]) if arguments else "%a %b %e %H:%M:%S UTC %Y"
    instant = int(to_number(run.evaluate(arguments[1]))) if len(arguments) > 1 else run.now_s
    return render_date(template, max(0, min(instant, 2**36)) * 10**9)


def _nothing(_run: Evaluator, _arguments: Arguments) -> Value:
    return 0.0


FUNCTIONS: dict[str, Callable[[Evaluator, Arguments], Value]] = {
    "length": _length,
    "substr": _substr,
    "index": _index,
    "split": _split,
    "sub": _sub,
    "gsub": _gsub,
    "gensub": _gensub,
    "match": _match,
    "sprintf": _sprintf,
    "tolower": _case(str.lower),
    "toupper": _case(str.upper),
    "int": _numeric("int", math.trunc),
    "sqrt": _numeric("sqrt", math.sqrt),
    "exp": _numeric("exp", math.exp),
    "log": _numeric("log", _log),
    "sin": _numeric("sin", math.sin),
    "cos": _numeric("cos", math.cos),
    "atan2": _numeric("atan2", math.atan2, 2),
    "and": _numeric("and", _bits(lambda a, b: a & b), 2),
    "or": _numeric("or", _bits(lambda a, b: a | b), 2),
    "xor": _numeric("xor", _bits(lambda a, b: a ^ b), 2),
    "lshift": _numeric("lshift", _bits(_shift_left), 2),
    "rshift": _numeric("rshift", _bits(lambda a, b: a >> min(b, 64)), 2),
    "compl": _numeric("compl", lambda a: float(2**53 - 1 - int(a))),
    "rand": _rand,
    "srand": _srand,
    "strtonum": _strtonum,
    "systime": lambda run, _: float(run.now_s),
    "strftime": _strftime,
    "close": _nothing,
    "fflush": _nothing,
}
"""Name to function; each evaluates its own arguments, because some take arrays and patterns."""
