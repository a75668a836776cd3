"""Integer arithmetic of ``$((…))``: 64-bit, C's operators and precedence."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping

from quizgame.errors import QuizgameError

TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z]+|\d+)|([A-Za-z_]\w*)"
    r"|(\*\*|<<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),]))",
    re.ASCII,
)
LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+",
    "-"), ("*", "/", "%"),
)  # fmt: skip
"""Binary operators from the loosest to the tightest."""
ASSIGNMENTS = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="))
MAX_DEPTH = 50


class ArithmeticProblem(QuizgameError):
    """An expression that bash refuses; the message is bash's, after the expression itself."""


def _wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _shift(value: int, count: int, *, is_left: bool) -> int:
    count %= 64
    return value << count if is_left else value >> count


def _power(base: int, exponent: int) -> int:
    if exponent < 0:
        raise ArithmeticProblem("exponent less than 0")
    return pow(base, exponent, 2**64)


def _divide(a: int, b: int, *, is_rest: bool) -> int:
    if b == 0:
        raise ArithmeticProblem("division by 0")
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a - quotient * b if is_rest else quotient


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a or b)),
    "&&": lambda a, b: int(bool(a and b)),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: _shift(a, b, is_left=True),
    ">>": lambda a, b: _shift(a, b, is_left=False),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: _divide(a, b, is_rest=False),
    "%": lambda a, b: _divide(a, b, is_rest=True),
    "**": _power,
}


def evaluate(expression: str, variables: MutableMapping[str, str], depth: int = 0) -> int:
    """Evaluate; names are variables (unset: 0) and may be assigned.

    Raises:
        ArithmeticProblem: with bash's message.
    """
    if depth > MAX_DEPTH:
        raise ArithmeticProblem("expression recursion level exceeded")
    return _Evaluation(expression, variables, depth).run()


class _Evaluation:
    def __init__(self, expression: str, variables: MutableMapping[str, str], depth: int) -> None:
        self._source = expression
        self._variables = variables
        self._depth = depth
        self._nesting = 0
        self._tokens: list[str] = []
        self._starts: list[int] = []
        self._at = 0
        position = 0
        end = len(expression.rstrip())
        while position < end:
            match = TOKEN.match(expression, position)
            if match is None:
                rest = expression[position:].strip()
                raise ArithmeticProblem(f'syntax error: invalid arithmetic operator (error token is "{rest}")')
            self._tokens.append(match.group(0).strip())
            self._starts.append(match.end() - len(match.group(0).strip()))
            position = match.end()

    def run(self) -> int:
        if not self._tokens:
            return 0
        value = self._comma()
        if self._at < len(self._tokens):
            raise self._problem("syntax error in expression")
        return value

    def _problem(self, text: str) -> ArithmeticProblem:
        at = min(self._at, len(self._tokens) - 1)
        return ArithmeticProblem(f'{text} (error token is "{self._source[self._starts[at] :].strip()}")')

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _comma(self) -> int:
        value = self._assignment()
        while self._peek() == ",":
            self._at += 1
            value = self._assignment()
        return value

    def _assignment(self) -> int:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise ArithmeticProblem("expression recursion level exceeded")
        try:
            token = self._peek()
            following = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""
            is_name = token[:1].isalpha() or token[:1] == "_"
            if is_name and following in ASSIGNMENTS:
                self._at += 2
                value = self._assignment()
                if following != "=":
                    value = _wrap(OPERATIONS[following[:-1]](self._value_of(token), value))
                self._variables[token] = str(value)
                return value
            return self._ternary()
        finally:
            self._nesting -= 1

    def _ternary(self) -> int:
        condition = self._binary(0)
        if self._peek() != "?":
            return condition
        self._at += 1
        yes = self._assignment()
        if self._peek() != ":":
            raise self._problem("`:' expected for conditional expression")
        self._at += 1
        no = self._assignment()
        return yes if condition else no

    def _binary(self, level: int) -> int:
        if level == len(LEVELS):
            return self._exponent()
        value = self._binary(level + 1)
        while (operator := self._peek()) in LEVELS[level]:
            self._at += 1
            if operator in ("&&", "||") and bool(value) == (operator == "||"):
                saved = dict(self._variables)
                self._binary(level + 1)
                self._variables.clear()
                self._variables.update(saved)
                value = int(bool(value))
                continue
            value = _wrap(OPERATIONS[operator](value, self._binary(level + 1)))
        return value

    def _exponent(self) -> int:
        base = self._unary()
        if self._peek() == "**":
            self._at += 1
            return _wrap(_power(base, self._exponent()))
        return base

    def _unary(self) -> int:
        token = self._peek()
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise ArithmeticProblem("expression recursion level exceeded")
        try:
            if token in ("-", "+", "!", "~"):
                self._at += 1
                value = self._unary()
                return {"-": _wrap(-value), "+": value, "!": int(not value), "~": ~value}[token]
            if token in ("++", "--"):
                self._at += 1
                name = self._peek()
                self._at += 1
                value = self._value_of(name) + (1 if token == "++" else -1)
                self._variables[name] = str(value)
                return value
            return self._primary()
        finally:
            self._nesting -= 1

    def _primary(self) -> int:
        token = self._peek()
        if not token:
            raise self._problem("syntax error: operand expected")
        if token == "(":
            self._at += 1
            value = self._comma()
            if self._peek() != ")":
                raise self._problem("missing `)'")
            self._at += 1
            return value
        if token[0].isdigit():
            self._at += 1
            return self._number(token)
        if token[0].isalpha() or token[0] == "_":
            self._at += 1
            value = self._value_of(token)
            if self._peek() in ("++", "--"):
                self._variables[token] = str(value + (1 if self._peek() == "++" else -1))
                self._at += 1
            return value
        raise self._problem("syntax error: operand expected")

    def _number(self, token: str) -> int:
        try:
            if "#" in token:
                base, digits = token.split("#")
                return _wrap(int(digits, int(base)))
            if token[:2].lower() == "0x":
                return _wrap(int(token, 16))
            return _wrap(int(token, 8) if token.startswith("0") and len(token) > 1 else int(token[:4000]))
        except ValueError:
            raise ArithmeticProblem(f'{token}: value too great for base (error token is "{token}")') from None

    def _value_of(self, name: str) -> int:
        text = self._variables.get(name, "")
        return evaluate(text, self._variables, self._depth + 1) if text else 0
