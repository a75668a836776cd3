"""The tests of ``test``, ``[ … ]`` and ``[[ … ]]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import re2

from quizgame.errors import QuizgameError
from quizgame.tools import folder
from quizgame.tools.session import Session
from quizgame.tools.shell.control import ExpansionProblem
from quizgame.tools.shell.expansion import Expander
from quizgame.tools.shell.pattern import compile_pattern
from quizgame.tools.shell.syntax import Word


class TestProblem(QuizgameError):
    """An expression that ``test`` refuses; the message is bash's after ``bash: test: ``."""

    __test__ = False


def _has_content(session: Session, path: str) -> bool:
    return folder.is_file(session, path) and bool(folder.read_file(session, path))


def _exists(session: Session, path: str) -> bool:
    return folder.is_file(session, path) or folder.is_folder(session, path)


UNARY: dict[str, Callable[[Session, str], bool]] = {
    "-z": lambda _, text: text == "",
    "-n": lambda _, text: text != "",
    "-e": _exists,
    "-a": _exists,
    "-r": _exists,
    "-w": _exists,
    "-f": folder.is_file,
    "-d": folder.is_folder,
    "-x": folder.is_folder,
    "-s": _has_content,
    "-h": lambda _session, _path: False,
    "-L": lambda _session, _path: False,
    "-t": lambda session, descriptor: descriptor in ("0", "1", "2") and session.is_screen,
    "-v": lambda session, name: name in session.variables,
}
BINARY_TEXT: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}
BINARY_NUMBER: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def _number(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise TestProblem(f"{text}: integer expression expected") from None


def evaluate_test(session: Session, words: Sequence[str]) -> bool:
    """Evaluate the arguments of ``test`` (without a closing ``]``).

    Raises:
        TestProblem: with bash's message.
    """
    match len(words):
        case 0:
            return False
        case 1:
            return words[0] != ""
        case 2 if words[0] == "!":
            return words[1] == ""
        case 2:
            if words[0] in UNARY:
                return UNARY[words[0]](session, words[1])
            raise TestProblem(f"{words[0]}: unary operator expected")
        case 3 if words[1] in BINARY_TEXT or words[1] in BINARY_NUMBER:
            return _binary(words[0], words[1], words[2])
        case 4 if words[0] == "!":
            return not evaluate_test(session, words[1:])
    return _TestExpression(session, words).run()


def _binary(left: str, operator: str, right: str) -> bool:
    if operator in BINARY_TEXT:
        return BINARY_TEXT[operator](left, right)
    return BINARY_NUMBER[operator](_number(left), _number(right))


class _TestExpression:
    """``-a``, ``-o``, ``!`` and brackets."""

    def __init__(self, session: Session, words: Sequence[str]) -> None:
        self._session = session
        self._words = words
        self._at = 0

    def run(self) -> bool:
        value = self._either()
        if self._at < len(self._words):
            raise TestProblem("too many arguments")
        return value

    def _peek(self, ahead: int = 0) -> str | None:
        return self._words[self._at + ahead] if self._at + ahead < len(self._words) else None

    def _either(self) -> bool:
        value = self._both()
        while self._peek() == "-o":
            self._at += 1
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._peek() == "-a":
            self._at += 1
            value = self._one() and value
        return value

    def _one(self) -> bool:
        is_negated = False
        while self._peek() == "!":
            is_negated = not is_negated
            self._at += 1
        return self._primary() != is_negated

    def _primary(self) -> bool:
        word = self._peek()
        if word is None:
            raise TestProblem("argument expected")
        following = self._peek(1)
        if following in BINARY_TEXT or following in BINARY_NUMBER:
            right = self._peek(2)
            if right is None or following is None:
                raise TestProblem(f"{following}: argument expected")
            self._at += 3
            return _binary(word, following, right)
        if word == "(":
            self._at += 1
            value = self._either()
            if self._peek() != ")":
                raise TestProblem("`)' expected")
            self._at += 1
            return value
        if word in UNARY and following is not None:
            self._at += 2
            return UNARY[word](self._session, following)
        self._at += 1
        return word != ""


def evaluate_conditional(words: Sequence[Word], expander: Expander) -> int:
    """Evaluate ``[[ … ]]``; returns its status.

    Raises:
        ExpansionProblem: for an expression that bash refuses.
    """
    expression = _Conditional(words, expander)
    value = expression.either()
    if not expression.is_done:
        raise ExpansionProblem("syntax error in conditional expression")
    return 0 if value else 1


class _Conditional:
    def __init__(self, words: Sequence[Word], expander: Expander) -> None:
        self._words = words
        self._expander = expander
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._words)

    def _literal(self, ahead: int = 0) -> str | None:
        position = self._at + ahead
        return self._words[position].literal if position < len(self._words) else None

    def either(self) -> bool:
        value = self._both()
        while self._literal() == "||":
            self._at += 1
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._literal() == "&&":
            self._at += 1
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._literal() == "!":
            self._at += 1
            return not self._one()
        if self._literal() == "(":
            self._at += 1
            value = self.either()
            if self._literal() != ")":
                raise ExpansionProblem("syntax error in conditional expression")
            self._at += 1
            return value
        if self.is_done:
            raise ExpansionProblem("syntax error in conditional expression")
        first = self._literal()
        if (
            first is not None
            and first in UNARY
            and self._at + 1 < len(self._words)
            and self._literal(1) not in ("&&", "||")
        ):
            self._at += 2
            return UNARY[first](self._expander.runner.session, self._expander.text(self._words[self._at - 1]))
        operator = self._literal(1)
        left = self._expander.text(self._words[self._at])
        if operator is None or operator in ("&&", "||", ")"):
            self._at += 1
            return left != ""
        if self._at + 2 >= len(self._words):
            raise ExpansionProblem("syntax error in conditional expression")
        right = self._words[self._at + 2]
        self._at += 3
        return self._compare(left, operator, right)

    def _compare(self, left: str, operator: str, right: Word) -> bool:
        if operator in ("=", "==", "!="):
            is_match = compile_pattern(self._expander.pattern(right)).fullmatch(left) is not None
            return is_match != (operator == "!=")
        if operator == "=~":
            try:
                return re2.search(self._expander.text(right), left) is not None
            except re2.error:
                raise ExpansionProblem("syntax error in conditional expression") from None
        if operator in BINARY_TEXT or operator in BINARY_NUMBER:
            try:
                return _binary(left, operator, self._expander.text(right))
            except TestProblem as problem:
                raise ExpansionProblem(f"[[: {problem.message}") from None
        raise ExpansionProblem(f"conditional binary operator expected near `{operator}'")
