"""``echo``."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.tools.output import Line, Result, lines
from quizgame.tools.session import Session
from quizgame.tools.shell.lexer import ansi_c_escape


class Echo:
    """``echo [-neE] [WORD…]``, as bash's builtin has it."""

    name = "echo"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Print the words; see ``Tool.run``."""
        words = list(argv[1:])
        has_escapes = False
        end = "\n"
        while words and len(words[0]) > 1 and words[0][0] == "-" and not set(words[0][1:]) - set("neE"):
            for letter in words.pop(0)[1:]:
                if letter == "n":
                    end = ""
                else:
                    has_escapes = letter == "e"
        text = " ".join(words)
        if has_escapes:
            text, is_cut = unescape(text)
            end = "" if is_cut else end
        return Result(lines(text + end))


def unescape(text: str) -> tuple[str, bool]:
    r"""Decode backslash escapes as ``echo -e`` does; tells whether ``\c`` ended the output."""
    out: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == "\\" and position + 1 < len(text):
            letter = text[position + 1]
            if letter == "c":
                return "".join(out), True
            if letter == "0":
                end = position + 2
                while end < len(text) and end < position + 5 and text[end] in "01234567":
                    end += 1
                out.append(chr(int(text[position + 1 : end], 8) & 0xFF))
                position = end
                continue
            if letter in "\"'?" or letter in "1234567":
                out.append("\\" + letter)
                position += 2
                continue
            value, position = ansi_c_escape(text, position + 1)
            out.append(value)
            continue
        out.append(text[position])
        position += 1
    return "".join(out), False


ECHO = Echo()
