"""``printf``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quizgame.tools.output import Line, Result, lines
from quizgame.tools.session import Session
from quizgame.tools.shell.lexer import ansi_c_escape
from quizgame.tools.text.echo import unescape

DIRECTIVE = re.compile(r"%([-+ #0']*)(\*|\d+)?(?:\.(\*|\d+)?)?([a-zA-Z%])?")
MAX_WIDTH = 10_000
MAX_ROUNDS = 100_000


class _Run:
    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.at = 0
        self.problems: list[str] = []
        self.is_cut = False

    def next(self) -> str | None:
        if self.at < len(self.arguments):
            self.at += 1
            return self.arguments[self.at - 1]
        return None

    def integer(self) -> int:
        text = self.next()
        if text is None or text == "":
            return 0
        if text[0] in "'\"":
            return ord(text[1]) if len(text) > 1 else 0
        match = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)", text)
        if match is None:
            self.problems.append(f"bash: printf: {text}: invalid number\n")
            return 0
        digits = match[2]
        base = (
            16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") and set(digits) <= set("01234567") else 10
        )
        if match.end() != len(text):
            self.problems.append(f"bash: printf: {text}: invalid number\n")
        return int(digits[:30], base) * (-1 if match[1] == "-" else 1)

    def real(self) -> float:
        text = self.next()
        if text is None or text == "":
            return 0.0
        try:
            return float(text)
        except ValueError:
            self.problems.append(f"bash: printf: {text}: invalid number\n")
            return 0.0


class Printf:
    """``printf FORMAT [ARGUMENT…]``, as bash's builtin has it."""

    name = "printf"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Print the arguments by the format; see ``Tool.run``."""
        words = list(argv[1:])
        if words[:1] == ["--"]:
            words.pop(0)
        if not words:
            return Result(stderr=lines("printf: usage: printf [-v var] format [arguments]\n"), exit=2)
        if words[0] == "-v":
            return Result(stderr=lines("quizgame: printf -v is not simulated\n"), exit=3)
        run = _Run(words[1:])
        out: list[str] = []
        for _ in range(MAX_ROUNDS):
            before = run.at
            out.append(_format(words[0], run))
            if run.is_cut or run.at >= len(run.arguments) or run.at == before:
                break
        return Result(lines("".join(out)), lines("".join(run.problems)), 1 if run.problems else 0)


def _format(template: str, run: _Run) -> str:
    out: list[str] = []
    position = 0
    while position < len(template) and not run.is_cut:
        char = template[position]
        if char == "\\" and position + 1 < len(template):
            if template[position + 1] == "c":
                run.is_cut = True
                break
            value, position = ansi_c_escape(template, position + 1)
            out.append(value)
        elif char == "%":
            match = DIRECTIVE.match(template, position)
            if match is None or match[4] is None:
                text = template[position : position + 2]
                run.problems.append(f"bash: printf: `{text[1:]}': missing format character\n")
                run.is_cut = True
                break
            out.append(_directive(match, run))
            position = match.end()
        else:
            out.append(char)
            position += 1
    return "".join(out)


def _size(text: str | None, run: _Run) -> int | None:
    if text is None:
        return None
    return max(-MAX_WIDTH, min(MAX_WIDTH, run.integer() if text == "*" else int(text[:6])))


def _directive(match: re.Match[str], run: _Run) -> str:
    flags, width_text, precision_text, letter = match.groups()
    if letter == "%":
        return "%"
    width = _size(width_text, run) or 0
    if width < 0:
        flags, width = flags + "-", -width
    has_precision = "." in match.group(0)
    precision = _size(precision_text, run) or 0 if has_precision else None
    if letter in "sbqc":
        text = run.next() or ""
        if letter == "b":
            text, run.is_cut = unescape(text)
        elif letter == "q":
            text = re.sub(r"([^A-Za-z0-9_@%+=:,./-])", r"\\\1", text) or "''"
        elif letter == "c":
            text = text[:1]
        text = text if precision is None else text[:precision]
        return text.ljust(width) if "-" in flags else text.rjust(width)
    plain = flags.replace("'", "")
    body = f"%{plain}{width or ''}" + (f".{precision}" if precision is not None else "")
    if letter in "di":
        return (body + "d") % run.integer()
    if letter in "uoxX":
        return (body + ("d" if letter == "u" else letter)).replace("#o", "o") % (run.integer() & (2**64 - 1))
    if letter in "feEgGF":
        return (body + letter) % run.real()
    run.problems.append(f"bash: printf: `{letter}': invalid format character\n")
    run.is_cut = True
    return ""


PRINTF = Printf()
