"""Runs an awk program over lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import fmod, isfinite
from typing import Any

from quizgame.tools.derive import SourceIndex, derived
from quizgame.tools.output import Line, lines
from quizgame.tools.text.awk import functions
from quizgame.tools.text.awk.memory import has_memory
from quizgame.tools.text.awk.record import Record, split_fields
from quizgame.tools.text.awk.scope import Array, Scope
from quizgame.tools.text.awk.syntax import (
    Assignment,
    AwkProblem,
    AwkRefusal,
    Binary,
    Block,
    Call,
    Delete,
    Element,
    Evaluate,
    Expression,
    FieldReference,
    ForIn,
    Grouping,
    If,
    Increment,
    Jump,
    Logical,
    Loop,
    MatchTest,
    Membership,
    Number,
    Print,
    Program,
    RegexLiteral,
    Rule,
    Statement,
    String,
    Target,
    Ternary,
    Unary,
    Variable,
)
from quizgame.tools.text.awk.values import (
    UNSET,
    Value,
    compare,
    format_values,
    from_input,
    is_true,
    to_number,
    to_text,
)
from quizgame.tools.text.regex import Regex, RegexProblem, compile_regex

MAX_STEPS = 1_500_000
MAX_OUTPUT = 10_000_000
MAX_CALLS = 60
MAX_STRING = 5_000_000


class _Jumped(Exception):
    def __init__(self, kind: str, value: Value = UNSET) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value


class Interpreter:
    """One run of one program.

    Args:
        program: what to run.
        now_s: the simulated time, for ``systime``.
        open_output: gives the list to which ``print > name`` appends; the flag means appending to what is there.
    """

    def __init__(
        self,
        program: Program,
        now_s: int,
        open_output: Callable[[str, bool], list[Line]],
        environment: Mapping[str, str],
    ) -> None:
        self._program = program
        self.now_s: int = now_s
        self._open_output = open_output
        self._outputs: dict[str, list[Line]] = {}
        self.record = Record(lambda text: self.split(text, self.scope.text_of("FS")), lambda: self.scope.text_of("OFS"))
        self.scope = Scope(self.record, environment)
        self._steps = 0
        self._room = MAX_OUTPUT
        self._open_ranges: set[int] = set()
        self._sources: Sequence[Line] = ()
        self._seen = SourceIndex()
        self._remembers = has_memory(program)
        self.random_state = (0, 0)
        """Seed and count of ``rand``."""
        self.out: list[Line] = []
        self.error: list[Line] = []
        self.status = 0

    # --- the run -------------------------------------------------------------------------------------------------

    def assign(self, name: str, text: str) -> None:
        """Assign from the command line (``-v``)."""
        self.scope.assign(name, from_input(functions.unescape(text)))

    def run(self, inputs: Sequence[tuple[str, list[Line]]]) -> None:
        """Run over the inputs, each a name and its lines; results are in ``out``, ``error`` and ``status``.

        Raises:
            AwkProblem: for an error while running.
        """
        try:
            for statement in self._program.begin:
                self._execute(statement)
            if self._program.rules or self._program.end:
                self._read(inputs)
        except _Jumped as jump:
            if not self._exited(jump):
                return
        self._sources, self._remembers = (), True
        try:
            for statement in self._program.end:
                self._execute(statement)
        except _Jumped as jump:
            self._exited(jump)

    def _exited(self, jump: _Jumped) -> bool:
        """Take over an exit status; ``True``: the END rules still run."""
        if jump.kind != "exit":
            raise AwkProblem(f"`{jump.kind}' used outside its place")
        if jump.value is not UNSET:
            self.status = int(to_number(jump.value)) & 0xFF
        has_end, self._has_exited = not self._has_exited, True
        return has_end

    _has_exited = False

    def _read(self, inputs: Sequence[tuple[str, list[Line]]]) -> None:
        for name, content in inputs:
            self.scope.globals["FILENAME"] = name
            self.scope.globals["FNR"] = 0.0
            for text, sources in self._records(content):
                self.scope.globals["NR"] = to_number(self.scope.scalar("NR")) + 1
                self.scope.globals["FNR"] = to_number(self.scope.scalar("FNR")) + 1
                self.record.load(text)
                for line in sources:
                    self._seen.add(line)
                self._sources = sources
                try:
                    for number, rule in enumerate(self._program.rules):
                        if self._selects(number, rule):
                            if rule.body is None:
                                self._print_record()
                            else:
                                self._execute(rule.body)
                except _Jumped as jump:
                    if jump.kind != "next":
                        raise

    def _records(self, content: list[Line]) -> list[tuple[str, Sequence[Line]]]:
        separator = self.scope.text_of("RS")
        if separator == "\n":
            return [(line.text, (line,)) for line in content]
        text = "\n".join(line.text for line in content)
        if separator == "":
            blocks: list[list[Line]] = [[]]
            for line in content:
                if line.text == "":
                    blocks.append([])
                else:
                    blocks[-1].append(line)
            return [("\n".join(line.text for line in block), block) for block in blocks if block]
        if len(separator) > 1:
            pieces = split_fields(text, separator, self.compile)
        else:
            pieces = (text + "\n").split(separator)
            pieces = pieces[:-1] if pieces[-1] in ("", "\n") else pieces
        return [(piece, content) for piece in pieces]

    def _selects(self, number: int, rule: Rule) -> bool:
        if rule.start is None:
            return True
        if rule.end is None:
            return is_true(self.evaluate(rule.start))
        if number not in self._open_ranges:
            if not is_true(self.evaluate(rule.start)):
                return False
            self._open_ranges.add(number)
        if is_true(self.evaluate(rule.end)):
            self._open_ranges.discard(number)
        return True

    def _print_record(self) -> None:
        text = self.record.text
        own = self._own_line()
        if own is not None and own.text == text and self.scope.text_of("ORS") == "\n":
            self._count_output(text)
            self.out.append(Line(own.text, own.facts))
            return
        self._emit(text + self.scope.text_of("ORS"), self.out)

    def _own_line(self) -> Line | None:
        return self._sources[0] if len(self._sources) == 1 else None

    def _count_output(self, text: str) -> None:
        self._room -= len(text) + 1
        if self._room < 0:
            raise AwkRefusal("so much output")

    def _emit(self, text: str, target: list[Line]) -> None:
        self._count_output(text)
        if self._remembers:
            target.extend(self._seen.derived(line.text, line.end) for line in lines(text))
        else:
            target.extend(derived(line.text, self._sources, line.end) for line in lines(text))

    # --- statements ----------------------------------------------------------------------------------------------

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise AwkRefusal("so many steps")

    def _execute(self, statement: Statement) -> None:
        self._step()
        _STATEMENTS[type(statement)](self, statement)

    def _run_block(self, statement: Block) -> None:
        for member in statement.statements:
            self._execute(member)

    def _run_print(self, statement: Print) -> None:
        if statement.is_formatted:
            values = [self.evaluate(argument) for argument in statement.arguments]
            text = format_values(to_text(values[0]), values[1:])
        elif not statement.arguments:
            if not statement.redirect:
                self._print_record()
                return
            text = self.record.text + self.scope.text_of("ORS")
        else:
            template = self.scope.text_of("OFMT")
            shown = [to_text(self.evaluate(argument), template) for argument in statement.arguments]
            text = self.scope.text_of("OFS").join(shown) + self.scope.text_of("ORS")
        if len(text) > MAX_STRING:
            raise AwkRefusal("such long text")
        self._emit(text, self._target(statement))

    def _target(self, statement: Print) -> list[Line]:
        if statement.target is None:
            return self.out
        name = to_text(self.evaluate(statement.target))
        if name in ("/dev/stdout", "-"):
            return self.out
        if name == "/dev/stderr":
            return self.error
        if name not in self._outputs:
            self._outputs[name] = self._open_output(name, statement.redirect == ">>")
        return self._outputs[name]

    def _run_evaluate(self, statement: Evaluate) -> None:
        self.evaluate(statement.expression)

    def _run_if(self, statement: If) -> None:
        if is_true(self.evaluate(statement.condition)):
            self._execute(statement.yes)
        elif statement.no is not None:
            self._execute(statement.no)

    def _run_loop(self, statement: Loop) -> None:
        is_first = statement.is_tested_last
        while is_first or statement.condition is None or is_true(self.evaluate(statement.condition)):
            is_first = False
            self._step()
            if self._round(statement.body):
                break
            if statement.step is not None:
                self._execute(statement.step)

    def _round(self, body: Statement) -> bool:
        """Run a loop's body; ``True`` if it was left by ``break``."""
        try:
            self._execute(body)
        except _Jumped as jump:
            if jump.kind == "break":
                return True
            if jump.kind != "continue":
                raise
        return False

    def _run_for_in(self, statement: ForIn) -> None:
        for key in list(self.scope.array(statement.name)):
            self.scope.assign(statement.key, from_input(key))
            if self._round(statement.body):
                break

    def _run_jump(self, statement: Jump) -> None:
        raise _Jumped(statement.kind, UNSET if statement.value is None else self.evaluate(statement.value))

    def _run_delete(self, statement: Delete) -> None:
        if statement.subscripts:
            self.scope.array(statement.name).pop(self._key(statement.subscripts), None)
        else:
            self.scope.array(statement.name).clear()

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
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise AwkRefusal("so many steps")
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
        function = self._program.functions.get(expression.name)
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
            self._execute(function.body)
        except _Jumped as jump:
            if jump.kind != "return":
                raise
            return jump.value
        finally:
            self.scope.frames.pop()
        return UNSET

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
# The two tables map a node's type to the method that takes just that type, which a type checker cannot follow.
_STATEMENTS: dict[type, Callable[[Interpreter, Any], None]] = {
    Block: Interpreter._run_block,
    Print: Interpreter._run_print,
    Evaluate: Interpreter._run_evaluate,
    If: Interpreter._run_if,
    Loop: Interpreter._run_loop,
    ForIn: Interpreter._run_for_in,
    Jump: Interpreter._run_jump,
    Delete: Interpreter._run_delete,
}
_EXPRESSIONS: dict[type, Callable[[Interpreter, Any], Value]] = {
    Number: Interpreter._number,
    String: Interpreter._string,
    RegexLiteral: Interpreter._regex_alone,
    FieldReference: Interpreter._field,
    Variable: Interpreter._variable,
    Element: Interpreter._element,
    Unary: Interpreter._unary,
    Binary: Interpreter._binary,
    Logical: Interpreter._logical,
    MatchTest: Interpreter._match,
    Membership: Interpreter._membership,
    Ternary: Interpreter._ternary,
    Assignment: Interpreter._assignment,
    Increment: Interpreter._increment,
    Call: Interpreter._call,
    Grouping: Interpreter._grouping,
}
