"""GNU option parsing for the text tools, with getopt's messages, and the frame each tool runs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.tools import folder
from quizgame.tools.derive import joined
from quizgame.tools.output import Line, Result, lines, not_simulated
from quizgame.tools.session import Session


class ToolExit(Exception):
    """Ends a tool with this result."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a tool."""

    key: str
    """By which the tool asks for it: the first spelling."""
    argument: str
    """``""`` none, ``=`` required, ``?`` optional (only attached)."""
    is_simulated: bool


class OptionTable:
    """The options of one program.

    Args:
        specifications: ``i,ignore-case`` names spellings; a trailing ``=`` means an argument, ``?`` an optional one,
            and ``!`` (last of all) an option of the real program that is not simulated.
        usage_lines: what follows ``NAME: message`` on stderr, ``{name}`` standing for the program.
        status: exit status of wrong usage.
        stops_at_operand: options end at the first operand (``xargs``, ``timeout`` …).
        takes_numbers: ``-5`` is an operand (``seq``).
    """

    def __init__(
        self,
        *specifications: str,
        usage_lines: str = "Try '{name} --help' for more information.\n",
        status: int = 1,
        stops_at_operand: bool = False,
        takes_numbers: bool = False,
    ) -> None:
        self.options: dict[str, Option] = {}
        self.usage_lines = usage_lines
        self.status = status
        self.stops_at_operand = stops_at_operand
        self.takes_numbers = takes_numbers
        for specification in specifications:
            is_simulated = not specification.endswith("!")
            body = specification.rstrip("!")
            argument = body[-1] if body[-1] in "=?" and len(body) > 1 else ""
            names = (body[:-1] if argument else body).split(",")
            for name in names:
                self.options[name] = Option(names[0], argument, is_simulated)

    def fail(self, name: str, message: str) -> ToolExit:
        """The exit for wrong usage."""
        text = f"{name}: {message}\n" + self.usage_lines.format(name=name)
        return ToolExit(Result(stderr=lines(text), exit=self.status))

    def parse(self, argv: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """Split into options (key and argument, in order) and operands.

        Raises:
            ToolExit: with getopt's message, or the refusal of what is not simulated.
        """
        found: list[tuple[str, str]] = []
        operands: list[str] = []
        rest = list(argv[1:])
        while rest:
            word = rest.pop(0)
            if word == "--":
                operands.extend(rest)
                break
            if word == "-" or not word.startswith("-") or (self.takes_numbers and _is_number(word)):
                operands.append(word)
                if self.stops_at_operand:
                    operands.extend(rest)
                    break
            elif word.startswith("--"):
                found.append(self._long(argv[0], word[2:], rest))
            else:
                found.extend(self._short(argv[0], word[1:], rest))
        return found, operands

    def _long(self, program: str, text: str, rest: list[str]) -> tuple[str, str]:
        name, equals, value = text.partition("=")
        if name not in self.options or len(name) == 1:
            close = [full for full in self.options if len(full) > 1 and full.startswith(name)]
            if len({self.options[full].key for full in close}) > 1:
                possible = " ".join(f"'--{full}'" for full in close)
                raise self.fail(program, f"option '--{text}' is ambiguous; possibilities: {possible}")
            if not close:
                if name in ("help", "version"):
                    raise ToolExit(not_simulated(f"{program} --{name}"))
                raise self.fail(program, f"unrecognized option '--{text}'")
            name = close[0]
        option = self.options[name]
        if not option.is_simulated:
            raise ToolExit(not_simulated(f"{program} --{name}"))
        if option.argument == "" and equals:
            raise self.fail(program, f"option '--{name}' doesn't allow an argument")
        if option.argument == "=" and not equals:
            if not rest:
                raise self.fail(program, f"option '--{name}' requires an argument")
            value = rest.pop(0)
        return option.key, value

    def _short(self, program: str, letters: str, rest: list[str]) -> Iterator[tuple[str, str]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            option = self.options.get(letter)
            if option is None:
                raise self.fail(program, f"invalid option -- '{letter}'")
            if not option.is_simulated:
                raise ToolExit(not_simulated(f"{program} -{letter}"))
            if option.argument == "":
                yield option.key, ""
                continue
            if letters or option.argument == "?":
                yield option.key, letters
            elif rest:
                yield option.key, rest.pop(0)
            else:
                raise self.fail(program, f"option requires an argument -- '{letter}'")
            return


def _is_number(word: str) -> bool:
    return word[1:].replace(".", "", 1).isdigit()


@dataclass(slots=True)
class Invocation:
    """One run of a tool: its parsed arguments and what it has printed."""

    name: str
    table: OptionTable
    session: Session
    stdin: Sequence[Line]
    options: list[tuple[str, str]]
    operands: list[str]
    result: Result = field(default_factory=Result)

    def has(self, key: str) -> bool:
        """Whether the option was given."""
        return any(name == key for name, _ in self.options)

    def value(self, key: str, default: str = "") -> str:
        """The last argument given to the option."""
        return next((text for name, text in reversed(self.options) if name == key), default)

    def values(self, key: str) -> list[str]:
        """All arguments given to the option."""
        return [text for name, text in self.options if name == key]

    def complain(self, message: str, status: int = 1) -> None:
        """Print ``NAME: message`` on stderr and make the exit status at least this."""
        self.result.stderr.extend(lines(f"{self.name}: {message}\n"))
        self.result.exit = max(self.result.exit, status)

    def usage(self, message: str) -> ToolExit:
        """The exit for wrong usage, to be raised."""
        return self.table.fail(self.name, message)

    def usage_only(self) -> ToolExit:
        """The exit for missing arguments that prints the usage alone, to be raised."""
        return ToolExit(Result(stderr=lines(self.table.usage_lines.format(name=self.name)), exit=self.table.status))

    def stop(self, message: str, status: int = 1) -> ToolExit:
        """The exit with ``NAME: message``, to be raised; what was printed before stays."""
        self.complain(message, status)
        self.result.exit = status
        return ToolExit(self.result)

    def refuse(self, what: str) -> ToolExit:
        """The refusal of something real that is not simulated, to be raised."""
        return ToolExit(not_simulated(f"{self.name} {what}"))

    def read(self, name: str) -> list[Line]:
        """The lines of a file, or of standard input for ``-``.

        Raises:
            FileProblem: if it cannot be read.
        """
        if name in ("-", "/dev/stdin", "/dev/fd/0"):
            return joined(self.stdin)
        return folder.read_file(self.session, name)

    def write(self, name: str, content: list[Line]) -> None:
        """Replace or create a file; reports what cannot be written."""
        try:
            folder.write_file(self.session, name, content)
        except folder.FileProblem as problem:
            self.complain(f"{name}: {problem.message}", self.table.status)

    def inputs(self, *, status: int = 1, message: str = "{name}: {problem}") -> Iterator[tuple[str, list[Line]]]:
        """The operands' files in order (standard input without any); those that cannot be read are reported."""
        for name in self.operands or ["-"]:
            try:
                content = self.read(name)
            except folder.FileProblem as problem:
                self.complain(message.format(name=name, problem=problem.message), status)
                continue
            yield name, content

    def all_lines(self, *, status: int = 1, message: str = "{name}: {problem}") -> list[Line]:
        """All input as one stream."""
        return joined(line for _, content in self.inputs(status=status, message=message) for line in content)

    def finish(self, stdout: list[Line]) -> Result:
        """The result with this output added."""
        self.result.stdout.extend(stdout)
        return self.result


@dataclass(frozen=True, slots=True)
class TextTool:
    """A program made of an option table and a body."""

    name: str
    table: OptionTable
    body: Callable[[Invocation], Result]

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Parse the arguments and run; see ``Tool.run``."""
        try:
            options, operands = self.table.parse(argv)
            return self.body(Invocation(argv[0], self.table, session, stdin, options, operands))
        except ToolExit as leaving:
            return leaving.result
