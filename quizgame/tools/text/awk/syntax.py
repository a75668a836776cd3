"""The syntax tree of an awk program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from quizgame.errors import QuizgameError


class AwkProblem(QuizgameError):
    """A program that awk refuses, or that fails while it runs."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position
        """Where in the program, for the caret; ``None`` while running."""


class AwkRefusal(QuizgameError):
    """Something real of awk that is not simulated."""


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A string literal."""

    text: str


@dataclass(frozen=True, slots=True)
class RegexLiteral:
    """``/…/``; alone it is matched against ``$0``."""

    pattern: str


@dataclass(frozen=True, slots=True)
class FieldReference:
    """``$expression``."""

    index: Expression


@dataclass(frozen=True, slots=True)
class Variable:
    """A plain variable (or an array's name as an argument)."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """``name[subscripts]``."""

    name: str
    subscripts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """``-``, ``+`` or ``!``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, or concatenation (an empty operator)."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logical:
    """``&&`` or ``||``."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class MatchTest:
    """``~`` or ``!~``."""

    is_negated: bool
    subject: Expression
    regex: Expression


@dataclass(frozen=True, slots=True)
class Membership:
    """``(subscripts) in name``."""

    subscripts: tuple[Expression, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Ternary:
    """``condition ? yes : no``."""

    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Assignment:
    """``target = value`` or, with an operator, ``target op= value``."""

    operator: str
    target: Target
    value: Expression


@dataclass(frozen=True, slots=True)
class Increment:
    """``++`` or ``--``, in front or behind."""

    target: Target
    step: int
    is_prefix: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A built-in function or one of the program's own."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """``(a, b)``, which only ``in`` and ``print`` understand, or one bracketed expression."""

    members: tuple[Expression, ...]


Target: TypeAlias = "FieldReference | Variable | Element"
Expression: TypeAlias = (
    "Number | String | RegexLiteral | FieldReference | Variable | Element | Unary | Binary | "
    "Logical | MatchTest | Membership | Ternary | Assignment | Increment | Call | Grouping"
)


@dataclass(frozen=True, slots=True)
class Print:
    """``print`` or ``printf``, perhaps into a file."""

    arguments: tuple[Expression, ...]
    is_formatted: bool
    redirect: str = ""
    """``>`` or ``>>``."""
    target: Expression | None = None


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """``{ … }``."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """``if … else …``."""

    condition: Expression
    yes: Statement
    no: Statement | None


@dataclass(frozen=True, slots=True)
class Loop:
    """``while``, ``for (;;)`` and, with the test last, ``do``."""

    condition: Expression | None
    body: Statement
    step: Statement | None = None
    is_tested_last: bool = False


@dataclass(frozen=True, slots=True)
class ForIn:
    """``for (key in name)``."""

    key: str
    name: str
    body: Statement


@dataclass(frozen=True, slots=True)
class Jump:
    """``next``, ``exit``, ``break``, ``continue`` or ``return``."""

    kind: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """``delete name[subscripts]`` or, without subscripts, of the whole array."""

    name: str
    subscripts: tuple[Expression, ...]


Statement: TypeAlias = "Print | Evaluate | Block | If | Loop | ForIn | Jump | Delete"


@dataclass(frozen=True, slots=True)
class Rule:
    """``pattern { action }``."""

    start: Expression | None
    end: Expression | None
    """The second pattern of a range."""
    body: Statement | None
    """``None`` prints the line."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the program's own."""

    name: str
    parameters: tuple[str, ...]
    body: Statement


@dataclass(frozen=True, slots=True)
class Program:
    """A whole program."""

    begin: tuple[Statement, ...]
    rules: tuple[Rule, ...]
    end: tuple[Statement, ...]
    functions: dict[str, Function]
