"""Reads the expressions of awk's grammar.

Source: POSIX awk, "Grammar"; gawk's for ``**`` and for what may stand unbracketed in a print list.
"""

from __future__ import annotations

from quizgame.tools.text.awk.lexer import Token
from quizgame.tools.text.awk.syntax import (
    Assignment,
    AwkProblem,
    AwkRefusal,
    Binary,
    Call,
    Element,
    Expression,
    FieldReference,
    Grouping,
    Increment,
    Logical,
    MatchTest,
    Membership,
    Number,
    RegexLiteral,
    String,
    Target,
    Ternary,
    Unary,
    Variable,
)

ASSIGNMENTS = {"=": "", "+=": "+", "-=": "-", "*=": "*", "/=": "/", "%=": "%", "^=": "^", "**=": "^"}
COMPARISONS = frozenset(("<", "<=", "==", "!=", ">", ">="))
MAX_DEPTH = 60


class ExpressionParser:
    """Reads expressions from tokens, by recursive descent; what reads statements builds on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._is_in_print = False
        """In an unbracketed print list, ``>`` redirects."""

    # --- tokens --------------------------------------------------------------------------------------------------

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token.kind in ("op", "keyword") and token.text in texts

    def _accept(self, *texts: str) -> bool:
        if self._is(*texts):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._problem()

    def _problem(self) -> AwkProblem:
        token = self._peek()
        if token.kind in ("end", "newline"):
            return AwkProblem("unexpected newline or end of string", token.position)
        return AwkProblem("syntax error", token.position)

    def _skip_newlines(self) -> None:
        while self._peek().kind == "newline":
            self._at += 1

    def _skip_ends(self) -> None:
        while self._peek().kind == "newline" or self._is(";"):
            self._at += 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise AwkRefusal("such deep nesting")

    # --- expressions, from the loosest to the tightest -----------------------------------------------------------

    def _expression(self) -> Expression:
        self._deeper()
        try:
            return self._ternary()
        finally:
            self._depth -= 1

    def _ternary(self) -> Expression:
        left = self._or()
        token = self._peek()
        if token.kind == "op" and token.text in ASSIGNMENTS:
            if not isinstance(left, (FieldReference, Variable, Element)):
                raise self._problem()
            self._take()
            self._skip_newlines()
            return Assignment(ASSIGNMENTS[token.text], left, self._expression())
        if self._accept("?"):
            self._skip_newlines()
            yes = self._expression()
            self._skip_newlines()
            self._expect(":")
            self._skip_newlines()
            return Ternary(left, yes, self._expression())
        return left

    def _or(self) -> Expression:
        left = self._and()
        while self._accept("||"):
            self._skip_newlines()
            left = Logical("||", left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._membership()
        while self._accept("&&"):
            self._skip_newlines()
            left = Logical("&&", left, self._membership())
        return left

    def _membership(self) -> Expression:
        left = self._match()
        while self._is("in"):
            self._take()
            name = self._take()
            if name.kind != "name":
                self._at -= 1
                raise self._problem()
            members = left.members if isinstance(left, Grouping) else (left,)
            left = Membership(members, name.text)
        return left

    def _match(self) -> Expression:
        left = self._comparison()
        while self._is("~", "!~"):
            is_negated = self._take().text == "!~"
            left = MatchTest(is_negated, left, self._comparison())
        return left

    def _comparison(self) -> Expression:
        left = self._concatenation()
        token = self._peek()
        if token.kind == "op" and token.text in COMPARISONS and not (self._is_in_print and token.text == ">"):
            self._take()
            return Binary(token.text, left, self._concatenation())
        if self._is("|", "|&"):
            raise AwkRefusal("a pipe")
        if self._is("getline"):
            raise AwkRefusal("getline")
        return left

    def _concatenation(self) -> Expression:
        left = self._additive()
        while self._starts_operand():
            left = Binary("", left, self._additive())
        return left

    def _starts_operand(self) -> bool:
        token = self._peek()
        if token.kind in ("number", "string", "regex", "name", "call", "builtin"):
            return True
        return token.kind == "op" and token.text in ("$", "!", "(", "++", "--")

    def _additive(self) -> Expression:
        left = self._multiplicative()
        while self._is("+", "-"):
            operator = self._take().text
            left = Binary(operator, left, self._multiplicative())
        return left

    def _multiplicative(self) -> Expression:
        left = self._unary()
        while self._is("*", "/", "%"):
            operator = self._take().text
            left = Binary(operator, left, self._unary())
        return left

    def _unary(self) -> Expression:
        if self._is("!", "-", "+"):
            operator = self._take().text
            self._deeper()
            operand = self._unary()
            self._depth -= 1
            if operator == "!" and self._is("~", "!~"):
                is_negated = self._take().text == "!~"
                return Unary("!", MatchTest(is_negated, operand, self._comparison()))
            return Unary(operator, operand)
        return self._power()

    def _power(self) -> Expression:
        base = self._postfix()
        if self._accept("^", "**"):
            self._deeper()
            exponent = self._unary()
            self._depth -= 1
            return Binary("^", base, exponent)
        return base

    def _postfix(self) -> Expression:
        operand = self._primary()
        if isinstance(operand, (FieldReference, Variable, Element)) and self._is("++", "--"):
            return Increment(operand, 1 if self._take().text == "++" else -1, is_prefix=False)
        return operand

    def _primary(self) -> Expression:
        token = self._take()
        match token.kind:
            case "number":
                text = token.text
                return Number(float(int(text, 16)) if text[:2].lower() == "0x" else float(text))
            case "string":
                return String(token.text)
            case "regex":
                return RegexLiteral(token.text)
            case "builtin":
                return self._builtin(token.text)
            case "call":
                return Call(token.text, self._arguments())
            case "name":
                return Element(token.text, self._subscripts()) if self._is("[") else Variable(token.text)
            case "op":
                if token.text == "$":
                    return FieldReference(self._field_index())
                if token.text in ("++", "--"):
                    return self._prefix_increment(1 if token.text == "++" else -1)
                if token.text == "(":
                    return self._grouping()
                if token.text in ("-", "+", "!"):
                    return Unary(token.text, self._unary())
            case "keyword" if token.text == "getline":
                raise AwkRefusal("getline")
        self._at -= 1
        raise self._problem()

    def _field_index(self) -> Expression:
        self._deeper()
        try:
            if self._is("++", "--"):
                return self._prefix_increment(1 if self._take().text == "++" else -1)
            return self._primary()
        finally:
            self._depth -= 1

    def _prefix_increment(self, step: int) -> Expression:
        target: Expression = self._primary()
        if not isinstance(target, (FieldReference, Variable, Element)):
            self._at -= 1
            raise self._problem()
        checked: Target = target
        return Increment(checked, step, is_prefix=True)

    def _grouping(self) -> Expression:
        before, self._is_in_print = self._is_in_print, False
        members = [self._expression()]
        while self._accept(","):
            self._skip_newlines()
            members.append(self._expression())
        self._is_in_print = before
        self._expect(")")
        if len(members) > 1 and not (self._is("in") or before):
            raise self._problem()
        return Grouping(tuple(members))

    def _builtin(self, name: str) -> Expression:
        if self._is("("):
            return Call(name, self._arguments())
        if name == "length":
            return Call(name, ())
        raise self._problem()

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        before, self._is_in_print = self._is_in_print, False
        arguments: list[Expression] = []
        self._skip_newlines()
        while not self._is(")"):
            arguments.append(self._expression())
            self._skip_newlines()
            if not self._accept(","):
                break
            self._skip_newlines()
        self._is_in_print = before
        self._expect(")")
        return tuple(arguments)

    def _subscripts(self) -> tuple[Expression, ...]:
        self._expect("[")
        before, self._is_in_print = self._is_in_print, False
        subscripts = [self._expression()]
        while self._accept(","):
            subscripts.append(self._expression())
        self._is_in_print = before
        self._expect("]")
        return tuple(subscripts)
