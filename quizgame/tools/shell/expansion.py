"""Turns words into arguments: braces, tilde, parameters, substitutions, splitting, file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping
from typing import Protocol

from quizgame.tools import folder
from quizgame.tools.output import Line, render
from quizgame.tools.session import Session
from quizgame.tools.shell.arithmetic import ArithmeticProblem, evaluate
from quizgame.tools.shell.braces import MAX_WORDS, expand_braces
from quizgame.tools.shell.control import ExpansionProblem
from quizgame.tools.shell.pattern import compile_pattern, has_pattern, quote_pattern, unquote_pattern
from quizgame.tools.shell.state import ShellState, ShellStopped, keyed_random, preset
from quizgame.tools.shell.syntax import (
    Arithmetic,
    CommandSubstitution,
    NotSimulatedSyntax,
    Parameter,
    Part,
    ProcessSubstitution,
    Script,
    Text,
    Word,
)

MAX_TEXT = 1_000_000
"""Characters of one expanded word or variable."""

Field = list[tuple[str, bool]]
"""Pieces of one argument, each with whether it was quoted."""


class Runner(Protocol):
    """What expansion needs of the shell."""

    session: Session
    state: ShellState

    def capture(self, body: Script) -> list[Line]:
        """Run a substitution in a subshell and return its standard output."""
        ...  # pragma: no cover

    def offer_file(self, content: list[Line]) -> str:
        """Put lines into a file that lives as long as the command and return its path."""
        ...  # pragma: no cover


class _Variables(MutableMapping[str, str]):
    """The shell's variables as arithmetic sees them."""

    def __init__(self, expander: Expander) -> None:
        self._expander = expander

    def __getitem__(self, name: str) -> str:
        value = self._expander.value_of(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self._expander.runner.session.variables[name] = value

    def __delitem__(self, name: str) -> None:
        self._expander.runner.session.variables.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._expander.runner.session.variables))

    def __len__(self) -> int:
        return len(self._expander.runner.session.variables)


class Expander:
    """Expands the words of one command and remembers the lines that its text came from."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.carried: list[Line] = []
        """Lines that substitutions and variables brought in, for the facts of what is printed."""
        self.has_substituted = False

    def arguments(self, words: tuple[Word, ...]) -> list[str]:
        """Expand words fully.

        Raises:
            ExpansionProblem: with bash's message.
        """
        out: list[str] = []
        for word in words:
            literal = word.literal
            if literal is not None and not any(char in literal for char in "{~*?[\\"):
                out.append(literal)
                continue
            for braced in expand_braces(word):
                for pieces in self._fields(braced):
                    out.extend(self._glob(pieces))
            if len(out) > MAX_WORDS:
                raise ExpansionProblem("argument list too long")
        return out

    def text(self, word: Word) -> str:
        """Expand to one text: no braces, no splitting, no file names."""
        out: list[str] = []
        for index, part in enumerate(word.parts):
            if isinstance(part, Text):
                out.append(self._tilde(part.text) if index == 0 and not part.is_quoted else part.text)
            else:
                out.append(" ".join(self._values(part)))
        return self._bounded("".join(out))

    def _bounded(self, text: str) -> str:
        if len(text) > MAX_TEXT:
            raise ShellStopped("stopped: such long text")
        return text

    def pattern(self, word: Word) -> str:
        """Expand to a shell pattern in which quoted characters stand for themselves."""
        out: list[str] = []
        for part in word.parts:
            if isinstance(part, Text):
                out.append(quote_pattern(part.text) if part.is_quoted else part.text)
            else:
                value = " ".join(self._values(part))
                out.append(quote_pattern(value) if part.is_quoted else value)
        return "".join(out)

    def value_of(self, name: str) -> str | None:
        """A variable's value, ``None`` if unset."""
        session, state = self.runner.session, self.runner.state
        if name in session.variables:
            return session.variables[name]
        if name.isdigit():
            number = int(name[:9])
            if number == 0:
                return "bash"
            return state.positional[number - 1] if number <= len(state.positional) else None
        match name:
            case "?":
                return "0"
            case "#":
                return str(len(state.positional))
            case "@" | "*":
                return " ".join(state.positional) if state.positional else None
            case "$" | "BASHPID":
                return "1000"
            case "PPID":
                return "999"
            case "-":
                return "himBHs"
            case "RANDOM":
                state.random_count += 1
                return str(keyed_random(session, state.random_count))
        return preset(session, name)

    def _fields(self, word: Word) -> list[Field]:
        done: list[Field] = []
        current: Field | None = None
        for index, part in enumerate(word.parts):
            if isinstance(part, Text):
                text = self._tilde(part.text) if index == 0 and not part.is_quoted else part.text
                current = [*(current or []), (text, part.is_quoted)]
                continue
            values = self._values(part)
            if part.is_quoted:
                for number, value in enumerate(values):
                    if number:
                        done.append(current or [])
                        current = None
                    current = [*(current or []), (value, True)]
                continue
            for number, value in enumerate(values):
                if number and current is not None:
                    done.append(current)
                    current = None
                current = self._split(value, done, current)
        if current is not None:
            done.append(current)
        return done

    def _split(self, value: str, done: list[Field], current: Field | None) -> Field | None:
        """Split an unquoted value at ``$IFS`` into fields; returns the field that is still open."""
        separators = self.value_of("IFS") or ""
        if not separators:
            return [*(current or []), (value, False)] if value else current
        blanks = "".join(char for char in separators if char in " \t\n")
        others = "".join(char for char in separators if char not in " \t\n")
        expression = "|".join(
            ([f"[{re.escape(blanks)}]*[{re.escape(others)}][{re.escape(blanks)}]*"] if others and blanks else [])
            + ([f"[{re.escape(others)}]"] if others and not blanks else [])
            + ([f"[{re.escape(blanks)}]+"] if blanks else [])
        )
        pieces = re.split(expression, value)
        for number, piece in enumerate(pieces):
            if number and current is not None:
                done.append(current)
                current = None
            elif number and others and (number > 1 or (pieces[0] == "" and value[:1] not in blanks)):
                done.append([("", False)])
            if piece:
                current = [*(current or []), (piece, False)]
        return current

    def _glob(self, pieces: Field) -> list[str]:
        plain = "".join(text for text, _ in pieces)
        if not any(not is_quoted and any(char in text for char in "*?[") for text, is_quoted in pieces):
            return [plain]
        pattern = "".join(quote_pattern(text) if is_quoted else text for text, is_quoted in pieces)
        if not has_pattern(pattern):
            return [plain]
        return self._matches(pattern) or [plain]

    def _matches(self, pattern: str) -> list[str]:
        session = self.runner.session
        found = ["/"] if pattern.startswith("/") else [""]
        steps = [step for step in pattern.split("/") if step]
        for number, step in enumerate(steps):
            following: list[str] = []
            matcher = compile_pattern(step, is_path=True) if has_pattern(step) else None
            for base in found:
                if matcher is None:
                    names = [unquote_pattern(step)]
                else:
                    names = [
                        name
                        for name in folder.entries(session, base or ".")
                        if matcher.fullmatch(name) and (not name.startswith(".") or step.startswith("."))
                    ]
                for name in names:
                    path = base + name
                    if number + 1 < len(steps):
                        if folder.is_folder(session, path):
                            following.append(path + "/")
                    elif folder.is_folder(session, path) or folder.is_file(session, path):
                        following.append(path)
            found = following
        return found

    def _tilde(self, text: str) -> str:
        if not text.startswith("~"):
            return text
        head, slash, rest = text.partition("/")
        home = {"~": self.value_of("HOME") or folder.HOME, "~root": folder.HOME, "~+": self.runner.session.cwd}.get(
            head
        )
        return text if home is None else home + slash + rest

    def _values(self, part: Part) -> list[str]:
        """The values of an expansion: one, or for ``$@`` as many as there are."""
        if isinstance(part, Parameter):
            return self._parameter(part)
        if isinstance(part, CommandSubstitution):
            self.has_substituted = True
            captured = self.runner.capture(part.body)
            self.carried.extend(line for line in captured if line.facts)
            return [render(captured).rstrip("\n")]
        if isinstance(part, Arithmetic):
            expression = self.text(part.expression)
            try:
                return [str(evaluate(expression, _Variables(self)))]
            except ArithmeticProblem as problem:
                raise ExpansionProblem(f"{expression.strip()}: {problem.message}") from None
        if isinstance(part, ProcessSubstitution):
            return [self.runner.offer_file(self.runner.capture(part.body))]
        return [part.text]

    def _parameter(self, part: Parameter) -> list[str]:
        if part.operator == "bad":
            raise ExpansionProblem(f"{part.source}: bad substitution")
        name = part.name
        value = self.value_of(name)
        self.carried.extend(self.runner.state.origins.get(name, ()))
        if name in ("@", "*") and not part.operator:
            positional = self.runner.state.positional
            if name == "*" and part.is_quoted:
                separator = (self.value_of("IFS") or "")[:1]
                return [separator.join(positional)]
            return list(positional)
        if part.operator == "":
            if value is None and "u" in self.runner.state.options:
                raise ExpansionProblem(f"{name}: unbound variable")
            return [value or ""]
        if part.operator == "length":
            return [str(len(self.runner.state.positional) if name in ("@", "*") else len(value or ""))]
        return [PARAMETER_RULES[part.operator](self, part, value)]

    def _argument(self, part: Parameter) -> str:
        return self.text(part.argument) if part.argument is not None else ""

    def _argument_pattern(self, part: Parameter) -> str:
        return self.pattern(part.argument) if part.argument is not None else ""

    def default(self, part: Parameter, value: str | None) -> str:
        """``-``, ``:-``, ``=``, ``:=``, ``+``, ``:+``, ``?``, ``:?``."""
        is_missing = value is None or (part.operator[0] == ":" and value == "")
        match part.operator[-1]:
            case "+":
                return "" if is_missing else self._argument(part)
            case "?" if is_missing:
                reason = self._argument(part) or (
                    "parameter null or not set" if part.operator[0] == ":" else "parameter not set"
                )
                raise ExpansionProblem(f"{part.name}: {reason}")
            case "=" if is_missing:
                chosen = self._argument(part)
                self.runner.session.variables[part.name] = chosen
                return chosen
            case "-" if is_missing:
                return self._argument(part)
        return value or ""

    def trim(self, part: Parameter, value: str | None) -> str:
        """``#``, ``##``, ``%``, ``%%``."""
        text = value or ""
        matcher = compile_pattern(self._argument_pattern(part))
        is_prefix = part.operator[0] == "#"
        is_longest = len(part.operator) == 2
        lengths = range(len(text), -1, -1) if is_longest else range(len(text) + 1)
        for length in lengths:
            piece = text[:length] if is_prefix else text[len(text) - length :]
            if matcher.fullmatch(piece):
                return text[length:] if is_prefix else text[: len(text) - length]
        return text

    def replace(self, part: Parameter, value: str | None) -> str:
        """``/`` and ``//``, with ``/#`` and ``/%`` as anchors."""
        text = value or ""
        pattern = self._argument_pattern(part)
        replacement = self.text(part.replacement) if part.replacement is not None else ""
        if part.operator == "/" and pattern[:1] in ("#", "%"):
            anchor, matcher = pattern[0], compile_pattern(pattern[1:])
            for length in range(len(text), -1, -1):
                piece = text[:length] if anchor == "#" else text[len(text) - length :]
                if matcher.fullmatch(piece):
                    return replacement + text[length:] if anchor == "#" else text[: len(text) - length] + replacement
            return text
        if not pattern:
            return text
        matcher = compile_pattern(pattern)
        out: list[str] = []
        position = 0
        while position < len(text):
            length = next(
                (n for n in range(len(text) - position, 0, -1) if matcher.fullmatch(text[position : position + n])), 0
            )
            if not length:
                out.append(text[position])
                position += 1
                continue
            out.append(replacement)
            position += length
            if part.operator == "/":
                break
        return "".join(out) + text[position:]

    def change_case(self, part: Parameter, value: str | None) -> str:
        """``^``, ``^^``, ``,``, ``,,``."""
        if part.argument is not None and part.argument.parts:
            raise NotSimulatedSyntax(f"a pattern in ${{name{part.operator}pattern}}")
        text = value or ""
        changed = text.upper() if part.operator[0] == "^" else text.lower()
        return changed if len(part.operator) == 2 else changed[:1] + text[1:]

    def substring(self, part: Parameter, value: str | None) -> str:
        """``${name:offset}`` and ``${name:offset:length}``."""
        text = value or ""
        offset_text, colon, length_text = self._argument(part).partition(":")
        try:
            offset = evaluate(offset_text, _Variables(self))
            length = evaluate(length_text, _Variables(self)) if colon else len(text)
        except ArithmeticProblem as problem:
            raise ExpansionProblem(f"{offset_text}: {problem.message}") from None
        if offset < 0:
            offset += len(text)
            if offset < 0:
                return ""
        end = offset + length if length >= 0 else len(text) + length
        if end < offset and length < 0:
            raise ExpansionProblem(f"{length_text.strip()}: substring expression < 0")
        return text[offset:end]


PARAMETER_RULES: dict[str, Callable[[Expander, Parameter, str | None], str]] = {
    **dict.fromkeys((":-", "-", ":=", "=", ":+", "+", ":?", "?"), Expander.default),
    **dict.fromkeys(("#", "##", "%", "%%"), Expander.trim),
    **dict.fromkeys(("/", "//"), Expander.replace),
    **dict.fromkeys(("^", "^^", ",", ",,"), Expander.change_case),
    ":": Expander.substring,
}
