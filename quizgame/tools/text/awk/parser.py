"""Reads awk programs: rules, functions and statements; expressions are read by what it builds on."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.text.awk.expressions import ExpressionParser
from quizgame.tools.text.awk.lexer import tokenize
from quizgame.tools.text.awk.syntax import (
    AwkRefusal,
    Block,
    Delete,
    Evaluate,
    Expression,
    ForIn,
    Function,
    Grouping,
    If,
    Jump,
    Loop,
    Print,
    Program,
    Rule,
    Statement,
)


def parse_program(source: str) -> Program:
    """Parse.

    Raises:
        AwkProblem: with the place of what is wrong.
        AwkRefusal: for what is not simulated.
    """
    return _Parser(tokenize(source)).run()


class _Parser(ExpressionParser):
    def run(self) -> Program:
        begin: list[Statement] = []
        rules: list[Rule] = []
        end: list[Statement] = []
        functions: dict[str, Function] = {}
        self._skip_ends()
        while self._peek().kind != "end":
            if self._is("BEGIN", "END"):
                chosen = begin if self._take().text == "BEGIN" else end
                if not self._is("{"):
                    raise self._problem()
                chosen.append(self._block())
            elif self._accept("function", "func"):
                function = self._function()
                functions[function.name] = function
            else:
                rules.append(self._rule())
            self._skip_ends()
        return Program(tuple(begin), tuple(rules), tuple(end), functions)

    def _function(self) -> Function:
        name = self._take()
        if name.kind not in ("name", "call"):
            self._at -= 1
            raise self._problem()
        self._expect("(")
        parameters: list[str] = []
        while not self._is(")"):
            token = self._take()
            if token.kind != "name":
                self._at -= 1
                raise self._problem()
            parameters.append(token.text)
            if not self._accept(","):
                break
        self._expect(")")
        self._skip_newlines()
        return Function(name.text, tuple(parameters), self._block())

    def _rule(self) -> Rule:
        start = end = None
        if not self._is("{"):
            start = self._expression()
            if self._accept(","):
                self._skip_newlines()
                end = self._expression()
        body = self._block() if self._is("{") else None
        if body is None and not (self._peek().kind in ("newline", "end") or self._is(";")):
            raise self._problem()
        return Rule(start, end, body)

    def _block(self) -> Statement:
        self._expect("{")
        statements: list[Statement] = []
        self._skip_ends()
        while not self._is("}"):
            if self._peek().kind == "end":
                raise self._problem()
            statements.append(self._statement())
            self._skip_ends()
        self._take()
        return Block(tuple(statements))

    def _end_simple(self) -> None:
        if self._peek().kind == "newline" or self._is(";"):
            self._at += 1
        elif not (self._is("}") or self._peek().kind == "end"):
            raise self._problem()

    def _body(self) -> Statement:
        self._skip_newlines()
        if self._accept(";"):
            return Block(())
        return self._statement()

    def _statement(self) -> Statement:
        self._deeper()
        try:
            compound: dict[str, Callable[[], Statement]] = {
                "if": self._if,
                "while": self._while,
                "do": self._do,
                "for": self._for,
            }
            token = self._peek()
            if self._is("{"):
                return self._block()
            if token.kind == "keyword" and token.text in compound:
                self._take()
                return compound[token.text]()
            statement = self._simple()
            self._end_simple()
            return statement
        finally:
            self._depth -= 1

    def _condition(self) -> Expression:
        self._expect("(")
        condition = self._expression()
        self._expect(")")
        return condition

    def _if(self) -> Statement:
        condition = self._condition()
        yes = self._body()
        mark = self._at
        self._skip_ends()
        if self._accept("else"):
            return If(condition, yes, self._body())
        self._at = mark
        return If(condition, yes, None)

    def _while(self) -> Statement:
        return Loop(self._condition(), self._body())

    def _do(self) -> Statement:
        body = self._body()
        self._skip_ends()
        self._expect("while")
        loop = Loop(self._condition(), body, is_tested_last=True)
        self._end_simple()
        return loop

    def _for(self) -> Statement:
        self._expect("(")
        names = self._tokens[self._at : self._at + 4]
        if (
            [token.kind for token in names[:3]] == ["name", "keyword", "name"]
            and names[1].text == "in"
            and names[3].text == ")"
        ):
            self._at += 4
            return ForIn(names[0].text, names[2].text, self._body())
        start = None if self._is(";") else self._simple()
        self._expect(";")
        self._skip_newlines()
        condition = None if self._is(";") else self._expression()
        self._expect(";")
        self._skip_newlines()
        step = None if self._is(")") else self._simple()
        self._expect(")")
        loop = Loop(condition, self._body(), step)
        return Block((start, loop)) if start is not None else loop

    def _ends_statement(self) -> bool:
        return self._peek().kind in ("newline", "end") or self._is(";", "}")

    def _simple(self) -> Statement:
        token = self._peek()
        if token.kind == "keyword":
            if token.text in ("print", "printf"):
                self._take()
                return self._print(is_formatted=token.text == "printf")
            if token.text in ("next", "break", "continue"):
                self._take()
                return Jump(token.text)
            if token.text in ("exit", "return"):
                self._take()
                return Jump(token.text, None if self._ends_statement() else self._expression())
            if token.text == "delete":
                self._take()
                return self._delete()
            if token.text in ("nextfile", "switch", "getline"):
                raise AwkRefusal(token.text)
        return Evaluate(self._expression())

    def _delete(self) -> Statement:
        name = self._take()
        if name.kind != "name":
            self._at -= 1
            raise self._problem()
        return Delete(name.text, self._subscripts() if self._is("[") else ())

    def _print(self, *, is_formatted: bool) -> Statement:
        before, self._is_in_print = self._is_in_print, True
        arguments: list[Expression] = []
        if not (self._ends_statement() or self._is(">", ">>", "|")):
            arguments.append(self._expression())
            while self._accept(","):
                self._skip_newlines()
                arguments.append(self._expression())
        self._is_in_print = before
        if len(arguments) == 1 and isinstance(arguments[0], Grouping):
            arguments = list(arguments[0].members)
        if is_formatted and not arguments:
            raise self._problem()
        if self._is("|"):
            raise AwkRefusal("print into a command")
        if self._is(">", ">>"):
            operator = self._take().text
            return Print(tuple(arguments), is_formatted, operator, self._additive())
        return Print(tuple(arguments), is_formatted)
