"""Runs awk programs over lines: rules, statements and what they print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quizgame.tools.derive import SourceIndex, derived
from quizgame.tools.output import Line, lines
from quizgame.tools.text.awk.evaluator import MAX_STRING, Evaluator
from quizgame.tools.text.awk.memory import has_memory
from quizgame.tools.text.awk.record import split_fields
from quizgame.tools.text.awk.syntax import (
    AwkProblem,
    AwkRefusal,
    Block,
    Delete,
    Evaluate,
    ForIn,
    If,
    Jump,
    Loop,
    Print,
    Program,
    Rule,
    Statement,
)
from quizgame.tools.text.awk.values import UNSET, Value, format_values, from_input, is_true, to_number, to_text

MAX_OUTPUT = 10_000_000


class _Jumped(Exception):
    def __init__(self, kind: str, value: Value = UNSET) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value


class Interpreter(Evaluator):
    """One run of one program.

    Args:
        program: what to run.
        now_s: the simulated time, for ``systime``.
        open_output: gives the list to which ``print > name`` appends; the flag means appending to what is there.
        environment: ``ENVIRON``.
    """

    def __init__(
        self,
        program: Program,
        now_s: int,
        open_output: Callable[[str, bool], list[Line]],
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(program.functions, now_s, environment)
        self._program = program
        self._open_output = open_output
        self._outputs: dict[str, list[Line]] = {}
        self._room = MAX_OUTPUT
        self._open_ranges: set[int] = set()
        self._sources: Sequence[Line] = ()
        self._seen = SourceIndex()
        self._remembers = has_memory(program)
        self._has_exited = False
        self.out: list[Line] = []
        self.error: list[Line] = []
        self.status = 0

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

    def _execute(self, statement: Statement) -> None:
        self.step()
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
            self.step()
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

    def run_function(self, body: Statement) -> Value:
        """Run a function's body; what it returns."""
        try:
            self._execute(body)
        except _Jumped as jump:
            if jump.kind != "return":
                raise
            return jump.value
        return UNSET


# A node's type and the method that takes just that type, which a type checker cannot follow.
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
