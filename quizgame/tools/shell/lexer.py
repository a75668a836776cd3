"""Cuts a shell line into tokens and words; nested ``$(…)`` is handed back to the parser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quizgame.tools.shell.syntax import (
    Arithmetic,
    CommandSubstitution,
    NotSimulatedSyntax,
    Parameter,
    Part,
    ProcessSubstitution,
    Redirect,
    Script,
    ShellSyntaxError,
    Text,
    Word,
)

OPERATORS = (
    "&>>", "<<-", "<<<", ";;&", "&&", "||", ";;", ";&", "|&", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "|",
    "&", ";", "(", ")",
    "<", ">",
)  # fmt: skip
"""Longest first, so that the first that fits is the right one."""

BLANK = " \t"
METACHARACTERS = frozenset(" \t\n|&;()<>")
SPECIAL_PARAMETERS = frozenset("?$!#@*-0123456789")
MAX_NESTING = 40
"""How deep ``$(…)`` and brackets may nest; bash has no such limit, a simulation needs one."""

PARAMETER_OPERATORS = (
    ":-",
    ":=",
    ":?",
    ":+",
    "##",
    "%%",
    "//",
    "^^",
    ",,",
    "-",
    "=",
    "?",
    "+",
    "#",
    "%",
    "/",
    "^",
    ",",
    ":",
)
ANSI_C_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f",
"v": "\v",
                  "\\": "\\", "'": "'", '"': '"', "?": "?"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word, an operator, the end of a line or the end of the text."""

    kind: str
    """``word``, ``op``, ``number`` (a descriptor before ``<`` or ``>``), ``newline`` or ``end``."""
    text: str
    """As written, for operators and messages."""
    word: Word | None = None


class Lexer:
    """Reads one text from left to right.

    Args:
        text: the line or lines as typed.
        parse_nested: given this lexer, parses a list up to and including the closing bracket.
        depth: how deep this text is nested in another's substitutions.
    """

    def __init__(self, text: str, parse_nested: Callable[[Lexer], Script], depth: int = 0) -> None:
        self.text = text
        self.position = 0
        self.depth = depth
        self.unfinished_here_document: str | None = None
        """The delimiter of a here-document that the text ended before."""
        self._parse_nested = parse_nested
        self._pending: list[Redirect] = []
        self._escapable = '"\\$`'

    def next_token(self) -> Token:
        """Read the next token.

        Raises:
            ShellSyntaxError: for an unterminated quote or bracket, with bash's words.
        """
        self._skip_blanks()
        if self.position >= len(self.text):
            self._read_here_documents()
            return Token("end", "newline")
        char = self.text[self.position]
        if char == "\n":
            self.position += 1
            self._read_here_documents()
            return Token("newline", "newline")
        if self.text.startswith(("<(", ">("), self.position):
            return self._read_word_token()
        for operator in OPERATORS:
            if self.text.startswith(operator, self.position):
                self.position += len(operator)
                return Token("op", operator)
        return self._read_word_token()

    def expect_here_document(self, redirect: Redirect) -> None:
        """Fill in this redirect's body when its line has ended."""
        self._pending.append(redirect)

    def _skip_blanks(self) -> None:
        text = self.text
        while self.position < len(text):
            char = text[self.position]
            if char in BLANK:
                self.position += 1
            elif char == "\\" and text.startswith("\\\n", self.position):
                self.position += 2
            elif char == "#":
                end = text.find("\n", self.position)
                self.position = len(text) if end < 0 else end
            else:
                return

    def _read_word_token(self) -> Token:
        start = self.position
        word = self._read_parts(is_end=lambda char: char in METACHARACTERS, is_quoted=False)
        written = self.text[start : self.position]
        if written.isascii() and written.isdigit() and self.text[self.position : self.position + 1] in ("<", ">"):
            return Token("number", written)
        return Token("word", written, word)

    def _read_parts(self, is_end: Callable[[str], bool], is_quoted: bool) -> Word:
        """Read parts up to (and not including) a character that ends the word.

        ``is_quoted`` means the rules inside double quotes.
        """
        parts: list[Part] = []
        plain: list[str] = []

        def flush() -> None:
            if plain:
                parts.append(Text("".join(plain), is_quoted))
                plain.clear()

        text = self.text
        while self.position < len(text):
            char = text[self.position]
            if char in "<>" and not is_quoted and not parts and not plain and text.startswith("(", self.position + 1):
                parts.append(self._read_process_substitution())
                continue
            if is_end(char):
                break
            if char == "\\":
                if not self._read_backslash(plain, parts, flush, is_quoted):
                    break
            elif char == "'" and not is_quoted:
                flush()
                parts.append(Text(self._read_until("'"), is_quoted=True))
            elif char == '"' and not is_quoted:
                flush()
                parts.extend(self._read_double_quoted())
            elif char == "$":
                self._read_dollar(plain, parts, flush, is_quoted)
            elif char == "`":
                flush()
                parts.append(self._read_backquoted(is_quoted))
            else:
                plain.append(char)
                self.position += 1
        flush()
        return Word(tuple(parts))

    def _read_backslash(self, plain: list[str], parts: list[Part], flush: Callable[[], None], is_quoted: bool) -> bool:
        """Read an escape; ``False`` at the very end of the text."""
        following = self.text[self.position + 1 : self.position + 2]
        self.position += 2
        if following == "\n":
            return True
        if is_quoted:
            plain.append(following if following in self._escapable and following else "\\" + following)
        elif following == "":
            plain.append("\\")
        else:
            flush()
            parts.append(Text(following, is_quoted=True))
        return True

    def _read_until(self, quote: str) -> str:
        """Read a quoted string whose opening quote stands at the position, without escapes."""
        end = self.text.find(quote, self.position + 1)
        if end < 0:
            raise _unterminated(quote)
        content = self.text[self.position + 1 : end]
        self.position = end + 1
        return content

    def _read_double_quoted(self) -> list[Part]:
        self.position += 1
        word = self._read_parts(is_end=lambda char: char == '"', is_quoted=True)
        if self.position >= len(self.text):
            raise _unterminated('"')
        self.position += 1
        return list(word.parts) or [Text("", is_quoted=True)]

    def _read_dollar(self, plain: list[str], parts: list[Part], flush: Callable[[], None], is_quoted: bool) -> None:
        text = self.text
        following = text[self.position + 1 : self.position + 2]
        if following == "'" and not is_quoted:
            flush()
            parts.append(Text(self._read_ansi_c(), is_quoted=True))
        elif following == '"' and not is_quoted:
            flush()
            self.position += 1
            parts.extend(self._read_double_quoted())
        elif following == "(":
            flush()
            parts.append(self._read_parenthesis(is_quoted))
        elif following == "{":
            flush()
            parts.append(self._read_braced(is_quoted))
        elif following in SPECIAL_PARAMETERS and following:
            flush()
            self.position += 2
            parts.append(Parameter(following, is_quoted=is_quoted))
        elif following == "_" or (following.isascii() and following.isalpha()):
            flush()
            self.position += 1
            parts.append(Parameter(self._read_name(), is_quoted=is_quoted))
        else:
            plain.append("$")
            self.position += 1

    def _read_name(self) -> str:
        start = self.position
        text = self.text
        while self.position < len(text) and text[self.position].isascii() and (
            text[self.position].isalnum() or text[self.position] == "_"
        ):  # fmt: skip
            self.position += 1
        return text[start : self.position]

    def enter(self) -> None:
        """One level of nesting more; a parser of this text counts its compound commands here too.

        Raises:
            NotSimulatedSyntax: past ``MAX_NESTING``.
        """
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise NotSimulatedSyntax(f"nesting deeper than {MAX_NESTING}")

    def leave(self) -> None:
        """One level of nesting less."""
        self.depth -= 1

    def _read_parenthesis(self, is_quoted: bool) -> Part:
        if self.text.startswith("$((", self.position):
            end = _arithmetic_end(self.text, self.position + 3)
            if end is not None:
                inner = Lexer(self.text[self.position + 3 : end], self._parse_nested, self.depth + 1)
                if inner.depth > MAX_NESTING:
                    raise NotSimulatedSyntax(f"nesting deeper than {MAX_NESTING}")
                expression = inner._read_parts(is_end=lambda _: False, is_quoted=True)
                self.position = end + 2
                return Arithmetic(expression, is_quoted)
        self.position += 2
        return CommandSubstitution(self._parse_bracket(), is_quoted)

    def _parse_bracket(self) -> Script:
        self.enter()
        pending, self._pending = self._pending, []
        script = self._parse_nested(self)
        self._pending = pending + self._pending
        self.leave()
        return script

    def _read_process_substitution(self) -> Part:
        if self.text[self.position] == ">":
            raise NotSimulatedSyntax("process substitution >(…)")
        self.position += 2
        return ProcessSubstitution(self._parse_bracket())

    def _read_backquoted(self, is_quoted: bool) -> Part:
        position = self.position + 1
        inner: list[str] = []
        while position < len(self.text) and self.text[position] != "`":
            if self.text[position] == "\\" and self.text[position + 1 : position + 2] in ("`", "\\", "$"):
                position += 1
            inner.append(self.text[position : position + 1])
            position += 1
        if position >= len(self.text):
            raise _unterminated("`")
        self.position = position + 1
        nested = Lexer("".join(inner) + "\n)", self._parse_nested, self.depth)
        return CommandSubstitution(nested._parse_bracket(), is_quoted)

    def _read_ansi_c(self) -> str:
        position = self.position + 2
        out: list[str] = []
        text = self.text
        while position < len(text) and text[position] != "'":
            if text[position] == "\\" and position + 1 < len(text):
                value, position = ansi_c_escape(text, position + 1)
                out.append(value)
            else:
                out.append(text[position])
                position += 1
        if position >= len(text):
            raise _unterminated("'")
        self.position = position + 1
        return "".join(out)

    def _read_braced(self, is_quoted: bool) -> Part:
        start = self.position
        self.position += 2
        self.enter()
        parameter = self._read_braced_body(is_quoted)
        if self.position >= len(self.text):
            raise _unterminated("}")
        if self.text[self.position] != "}":
            end = self.text.find("}", self.position)
            if end < 0:
                raise _unterminated("}")
            self.position = end
            parameter = Parameter("", "bad")
        self.position += 1
        self.leave()
        return Parameter(
            parameter.name, parameter.operator, parameter.argument, parameter.replacement, is_quoted,
            self.text[start : self.position],
        )  # fmt: skip

    def _read_braced_body(self, is_quoted: bool) -> Parameter:
        text = self.text
        is_length = text.startswith("#", self.position) and not text.startswith("#}", self.position)
        if is_length:
            self.position += 1
        if text[self.position : self.position + 1] in SPECIAL_PARAMETERS and self.position < len(text):
            name = text[self.position]
            self.position += 1
            while name.isdigit() and text[self.position : self.position + 1].isdigit():
                name += text[self.position]
                self.position += 1
        else:
            name = self._read_name()
        if not name or is_length:
            return Parameter(name, "length" if name else "bad")
        if text.startswith("[", self.position):
            raise NotSimulatedSyntax("an array")
        for operator in PARAMETER_OPERATORS:
            if text.startswith(operator, self.position):
                self.position += len(operator)
                break
        else:
            return Parameter(name)
        ends = "/}" if operator in ("/", "//") else "}"
        argument = self._read_parts(is_end=lambda char: char in ends, is_quoted=is_quoted)
        replacement = None
        if ends == "/}" and text.startswith("/", self.position):
            self.position += 1
            replacement = self._read_parts(is_end=lambda char: char == "}", is_quoted=is_quoted)
        return Parameter(name, operator, argument, replacement)

    def _read_here_documents(self) -> None:
        pending, self._pending = self._pending, []
        for redirect in pending:
            redirect.body = self._read_here_document(redirect)

    def _read_here_document(self, redirect: Redirect) -> Word:
        delimiter = "".join(part.text for part in redirect.target.parts if isinstance(part, Text))
        is_literal = any(isinstance(part, Text) and part.is_quoted for part in redirect.target.parts)
        body: list[str] = []
        while True:
            if self.position >= len(self.text):
                self.unfinished_here_document = delimiter
                break
            end = self.text.find("\n", self.position)
            end = len(self.text) if end < 0 else end
            line = self.text[self.position : end]
            self.position = min(end + 1, len(self.text))
            if redirect.operator == "<<-":
                line = line.lstrip("\t")
            if line == delimiter:
                break
            body.append(line + "\n")
        content = "".join(body)
        if is_literal:
            return Word((Text(content, is_quoted=True),))
        inner = Lexer(content, self._parse_nested, self.depth + 1)
        return inner._read_here_text()

    def _read_here_text(self) -> Word:
        """Read the whole text as a here-document's body: like double quotes, but ``"`` is ordinary."""
        self._escapable = "\\$`"
        return self._read_parts(is_end=lambda _: False, is_quoted=True)


def _unterminated(quote: str) -> ShellSyntaxError:
    return ShellSyntaxError(f"unexpected EOF while looking for matching `{quote}'", is_incomplete=True)


def _arithmetic_end(text: str, position: int) -> int | None:
    """Where the ``))`` stands that closes an arithmetic expansion, or ``None`` if this is ``$( (…) …)``."""
    depth = 0
    while position < len(text):
        char = text[position]
        if char == "(":
            depth += 1
        elif char == ")":
            if depth == 0:
                return position if text.startswith("))", position) else None
            depth -= 1
        position += 1
    return None


def ansi_c_escape(text: str, position: int) -> tuple[str, int]:
    r"""Decode the escape whose letter stands at ``position`` (after the backslash), as in ``$'…'``.

    Returns:
        The decoded text and the position after the escape; an unknown escape keeps its backslash.
    """
    letter = text[position]
    if letter in ANSI_C_ESCAPES:
        return ANSI_C_ESCAPES[letter], position + 1
    digits = {"x": 2, "u": 4, "U": 8}.get(letter)
    if digits is not None:
        end = position + 1
        while end < len(text) and end < position + 1 + digits and text[end] in "0123456789abcdefABCDEF":
            end += 1
        if end > position + 1:
            code = int(text[position + 1 : end], 16)
            return (chr(code) if code < 0x110000 else "\ufffd"), end
    elif letter in "01234567":
        end = position
        while end < len(text) and end < position + 3 and text[end] in "01234567":
            end += 1
        return chr(int(text[position:end], 8) & 0xFF), end
    return "\\" + letter, position + 1
