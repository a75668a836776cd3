"""Works out the values of awk's expressions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from math import fmod, isfinite
from typing import Any

from quizgame.tools.text.awk import functions
from quizgame.tools.text.awk.record import Record, split_fields
from quizgame.tools.text.awk.scope import Array, Scope
from quizgame.tools.text.awk.syntax import (
    Assignment,
    AwkProblem,
    AwkRefusal,
    Binary,
    Call,
    Element,
    Expression,
    FieldReference,
    Function,
    Grouping,
    Increment,
    Logical,
    MatchTest,
    Membership,
    Number,
    RegexLiteral,
    Statement,
    String,
    Target,
    Ternary,
    Unary,
    Variable,
)
from quizgame.tools.text.awk.values import UNSET, Value, compare, from_input, is_true, to_number, to_text
from quizgame.tools.text.regex import Regex, RegexProblem, compile_regex

MAX_STEPS = 1_500_000
MAX_CALLS = 60
MAX_STRING = 5_000_000


class Evaluator(ABC):
    """The state of a run, and what expressions make of it; what runs statements builds on it.

    Args:
        declared: the program's own functions by name.
        now_s: the simulated time, for ``systime``.
        environment: ``ENVIRON``.
    """

    def __init__(self, declared: Mapping[str, Function], now_s: int, environment: Mapping[str, str]) -> None:
        self._functions = declared
        self.now_s: int = now_s
        self.record = Record(lambda text: self.split(text, self.scope.text_of("FS")), lambda: self.scope.text_of("OFS"))
        self.scope = Scope(self.record, environment)
        self._steps = 0
        self.random_state = (0, 0)
        """Seed and count of ``rand``."""

    @abstractmethod
    def run_function(self, body: Statement) -> Value:
        """Run the body of one of the program's functions; its frame is in place."""

    def step(self) -> None:
        """Count one step.

        Raises:
            AwkRefusal: if there were too many.
        """
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise AwkRefusal("so many steps")

    def assign(self, name: str, text: str) -> None:
        """Assign from the command line (``-v``)."""
        self.scope.assign(name, from_input(functions.unescape(text)))

    # --- variables -----------------------------------------------------------------------------------------------

    def _key(self, subscripts: tuple[Expression, ...]) -> str:
        template = self.scope.text_of("CONVFMT")
        return self.scope.text_of("SUBSEP").join(
            to_text(self.evaluate(subscript), template) for subscript in subscripts
        )

    def assign_target(self, target: Target, value: Value) -> None:
        """Assign to a variable, an element or a field."""
        if isinstance(target, Variable):
            self.scope.assign(target.name, value)
        elif isinstance(target, Element):
            self.scope.array(target.name)[self._key(target.subscripts)] = value
        else:
            index = int(to_number(self.evaluate(target.index)))
            self.record.set(index, to_text(value, self.scope.text_of("CONVFMT")))

    # --- expressions ---------------------------------------------------------------------------------------------

    def evaluate(self, expression: Expression) -> Value:
        """The value of an expression."""
        self.step()
        value: Value = _EXPRESSIONS[type(expression)](self, expression)
        return value

    def text(self, expression: Expression) -> str:
        """The value of an expression as text."""
        return to_text(self.evaluate(expression), self.scope.text_of("CONVFMT"))

    def compile(self, pattern: str) -> Regex:
        """Compile a pattern.

        Raises:
            AwkProblem: if it is none.
        """
        try:
            return compile_regex(pattern, is_extended=True, is_awk=True)
        except RegexProblem as problem:
            raise AwkProblem(f"fatal: invalid regexp: {problem.message}: /{pattern}/") from None

    def regex(self, expression: Expression) -> Regex:
        """An expression as a pattern: a regex literal as it stands, anything else by its text."""
        if isinstance(expression, Grouping) and len(expression.members) == 1:
            expression = expression.members[0]
        return self.compile(expression.pattern if isinstance(expression, RegexLiteral) else self.text(expression))

    def split(self, text: str, separator: str) -> list[str]:
        """Split as fields are split."""
        return split_fields(text, separator, self.compile)

    def _number(self, expression: Number) -> Value:
        return expression.value

    def _string(self, expression: String) -> Value:
        return expression.text

    def _regex_alone(self, expression: RegexLiteral) -> Value:
        return float(self.compile(expression.pattern).search(self.record.text) is not None)

    def _field(self, expression: FieldReference) -> Value:
        number = to_number(self.evaluate(expression.index))
        return self.record.get(int(number) if isfinite(number) else -1)

    def _variable(self, expression: Variable) -> Value:
        return self.scope.scalar(expression.name)

    def _element(self, expression: Element) -> Value:
        return self.scope.array(expression.name).setdefault(self._key(expression.subscripts), UNSET)

    def _unary(self, expression: Unary) -> Value:
        value = self.evaluate(expression.operand)
        if expression.operator == "!":
            return float(not is_true(value))
        return -to_number(value) if expression.operator == "-" else to_number(value)

    def _binary(self, expression: Binary) -> Value:
        left, right = self.evaluate(expression.left), self.evaluate(expression.right)
        operator = expression.operator
        if operator == "":
            template = self.scope.text_of("CONVFMT")
            text = to_text(left, template) + to_text(right, template)
            if len(text) > MAX_STRING:
                raise AwkRefusal("such long text")
            return text
        if operator in _COMPARISONS:
            return float(_COMPARISONS[operator](compare(left, right)))
        return arithmetic(operator, to_number(left), to_number(right))

    def _logical(self, expression: Logical) -> Value:
        left = is_true(self.evaluate(expression.left))
        if left == (expression.operator == "||"):
            return float(left)
        return float(is_true(self.evaluate(expression.right)))

    def _match(self, expression: MatchTest) -> Value:
        text = self.text(expression.subject)
        return float((self.regex(expression.regex).search(text) is not None) != expression.is_negated)

    def _membership(self, expression: Membership) -> Value:
        return float(self._key(expression.subscripts) in self.scope.array(expression.name))

    def _ternary(self, expression: Ternary) -> Value:
        return self.evaluate(expression.yes if is_true(self.evaluate(expression.condition)) else expression.no)

    def _assignment(self, expression: Assignment) -> Value:
        value = self.evaluate(expression.value)
        if expression.operator:
            value = arithmetic(expression.operator, to_number(self.evaluate(expression.target)), to_number(value))
        self.assign_target(expression.target, value)
        return value

    def _increment(self, expression: Increment) -> Value:
        before = to_number(self.evaluate(expression.target))
        self.assign_target(expression.target, before + expression.step)
        return before + expression.step if expression.is_prefix else before

    def _grouping(self, expression: Grouping) -> Value:
        if len(expression.members) == 1:
            return self.evaluate(expression.members[0])
        return self._key(expression.members)

    def _call(self, expression: Call) -> Value:
        builtin = functions.FUNCTIONS.get(expression.name)
        if builtin is not None:
            return builtin(self, expression.arguments)
        function = self._functions.get(expression.name)
        if function is None:
            if expression.name in functions.REFUSED:
                raise AwkRefusal(f"{expression.name}()")
            raise AwkProblem(f"fatal: function `{expression.name}' not defined")
        if len(expression.arguments) > len(function.parameters):
            raise AwkProblem(f"fatal: function `{function.name}' called with more arguments than declared")
        if len(self.scope.frames) >= MAX_CALLS:
            raise AwkRefusal("such deep recursion")
        frame: dict[str, Value | Array] = dict.fromkeys(function.parameters, UNSET)
        for parameter, argument in zip(function.parameters, expression.arguments, strict=False):
            frame[parameter] = self._argument(argument)
        self.scope.frames.append(frame)
        try:
            return self.run_function(function.body)
        finally:
            self.scope.frames.pop()

    def _argument(self, argument: Expression) -> Value | Array:
        if isinstance(argument, Variable) and self.scope.is_array(argument.name):
            return self.scope.array(argument.name)
        return self.evaluate(argument)


def arithmetic(operator: str, left: float, right: float) -> float:
    """``+ - * / % ^``.

    Raises:
        AwkProblem: for a division by zero.
    """
    if operator in "/%" and right == 0:
        name = "division by zero attempted" if operator == "/" else "division by zero attempted in `%'"
        raise AwkProblem(f"fatal: {name}")
    try:
        return _ARITHMETIC[operator](left, right)
    except (OverflowError, ValueError):
        return float("inf")


def _power(left: float, right: float) -> float:
    result = left**right
    return result if isinstance(result, float) else float("nan")


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": fmod,
    "^": _power,
}
_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
# A node's type and the method that takes just that type, which a type checker cannot follow.
_EXPRESSIONS: dict[type, Callable[[Evaluator, Any], Value]] = {
    Number: Evaluator._number,
    String: Evaluator._string,
    RegexLiteral: Evaluator._regex_alone,
    FieldReference: Evaluator._field,
    Variable: Evaluator._variable,
    Element: Evaluator._element,
    Unary: Evaluator._unary,
    Binary: Evaluator._binary,
    Logical: Evaluator._logical,
    MatchTest: Evaluator._match,
    Membership: Evaluator._membership,
    Ternary: Evaluator._ternary,
    Assignment: Evaluator._assignment,
    Increment: Evaluator._increment,
    Call: Evaluator._call,
    Grouping: Evaluator._grouping,
}
