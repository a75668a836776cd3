"""Compiles a jq program so that it sees the simulation and not the host: clock, environment, bounded loops."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import isinf, isnan
from typing import Protocol

from quizgame.errors import QuizgameError

STRING = re.compile(r'"(?:[^"\\]|\\[^(])*"')
COMMENT = re.compile(r"#[^\n]*")
WORD = re.compile(r"[$@.]?[A-Za-z_]\w*", re.ASCII)
REFUSED = frozenset(
    ("def", "include", "import", "debug", "stderr", "halt_error", "modulemeta", "get_search_list",
    "input_line_number", "$ARGS")
)  # fmt: skip
"""``def`` could recurse without end; the others reach what the library or the simulation does not have."""
LIMIT = 100_000
TOO_MANY = f"quizgame: more than {LIMIT} rounds are not simulated"
BOUNDED: dict[str, str] = {
    "range": "def _qg_range($a; $b): range($a; $b); def _qg_range($a; $b; $c): range($a; $b; $c);"
    f' def _qg_check: if . > {LIMIT} then error("{TOO_MANY}") else . end;'
    " def range($a; $b): ($b - $a | _qg_check) as $n | _qg_range($a; $b); def range($b): range(0; $b);"
    " def range($a; $b; $c): (if $c == 0 then 0 else ($b - $a) / $c end | _qg_check) as $n | _qg_range($a; $b; $c);",
    "repeat": f"def _qg_repeat(f): repeat(f); def repeat(f): limit({LIMIT}; _qg_repeat(f));",
    "while": f"def _qg_while(c; u): while(c; u); def while(c; u): limit({LIMIT}; _qg_while(c; u));",
    "recurse": f"def _qg_recurse(f): recurse(f); def recurse(f): limit({LIMIT}; _qg_recurse(f));",
    "until": f'def until(c; u): def _u: if .[0] > {LIMIT} then error("{TOO_MANY}") elif (.[1] | c) then .[1]'
    " else [.[0] + 1, (.[1] | u)] | _u end; [0, .] | _u;",
}


class JqProblem(QuizgameError):
    """A program that does not compile; the message is jq's own."""


class JqRefusal(QuizgameError):
    """Something real of jq that is not simulated."""


class Compiled(Protocol):
    """A program ready to run."""

    def input_text(self, text: str, *, slurp: bool = False) -> Iterable[object]:
        """Run over JSON text; iterating gives the results and raises ``ValueError`` for an error."""
        ...  # pragma: no cover


def words_of(source: str) -> set[str]:
    """The names that a program uses, outside of plain strings and comments."""
    bare = COMMENT.sub("", STRING.sub('""', source))
    return {match.group() for match in WORD.finditer(bare)}


def compile_program(
    source: str, arguments: Mapping[str, object], *, now_s: float, environment: Mapping[str, str], inputs: list[object]
) -> Compiled:
    """Compile.

    Args:
        source: the program.
        arguments: values of ``$name``.
        now_s: the simulated time.
        environment: what ``env`` and ``$ENV`` show.
        inputs: what ``inputs`` and one ``input`` give.

    Raises:
        JqProblem: with jq's message.
        JqRefusal: for what is not simulated.
    """
    import jq  # late: a native library that only this tool needs

    words = words_of(source)
    for word in sorted(words & REFUSED):
        raise JqRefusal(word)
    definitions = [BOUNDED[word] for word in BOUNDED if word in words]
    if "now" in words:
        definitions.append(f"def now: {now_s!r};")
    if words & {"localtime", "strflocaltime"}:
        definitions.append("def localtime: gmtime; def strflocaltime(f): strftime(f);")
    variables = dict(arguments)
    if words & {"env", "$ENV"}:
        variables["_qg_env"] = dict(environment)
        definitions.append("def env: $_qg_env;")
    if words & {"input", "inputs"}:
        if len(re.findall(r"\binput\b", source)) > 1:
            raise JqRefusal("input more than once")
        variables["_qg_inputs"] = inputs
        definitions.append(
            'def inputs: $_qg_inputs[]; def input: $_qg_inputs | if . == [] then error("No more inputs") else .[0] end;'
        )
    bound = "$_qg_env as $ENV | " if "$ENV" in words else ""
    text = f"{' '.join(definitions)} {bound}(\n{source}\n)" if definitions or bound else source
    try:
        compiled: Compiled = jq.compile(text, args=variables)
    except ValueError as problem:
        raise JqProblem(_plain_message(source, arguments) or str(problem)) from None
    return compiled


def _plain_message(source: str, arguments: Mapping[str, object]) -> str:
    """The message for the program as it was typed."""
    import jq

    try:
        jq.compile(source, args=dict(arguments))
    except ValueError as problem:
        return str(problem)
    return ""


def render_json(value: object, *, indent: int | str | None, sorts_keys: bool, is_ascii: bool) -> str:
    """A value as jq prints it: ``indent`` ``None`` for one line, else that many blanks or that text."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(_finite(value), ensure_ascii=is_ascii, indent=indent, separators=separators, sort_keys=sorts_keys)
    return text.replace("\x7f", "\\u007f")


def _finite(value: object) -> object:
    """Whole numbers without a fraction, and infinities as the largest number, as jq prints them."""
    if isinstance(value, float):
        if isnan(value):
            return None
        if isinf(value):
            return 1.7976931348623157e308 if value > 0 else -1.7976931348623157e308
        return value
    if isinstance(value, list):
        return [_finite(member) for member in value]
    if isinstance(value, dict):
        return {key: _finite(member) for key, member in value.items()}
    return value
