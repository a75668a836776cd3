"""``jq``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.tools import folder
from quizgame.tools.derive import derived_stream, joined
from quizgame.tools.output import Line, Result, lines, not_simulated, render
from quizgame.tools.session import Session
from quizgame.tools.shell.state import environment_of
from quizgame.tools.text.jq.program import Compiled, JqProblem, JqRefusal, compile_program, render_json

FLAGS = {
    "r": "raw-output", "c": "compact-output", "e": "exit-status", "s": "slurp", "n": "null-input",
    "j": "join-output", "S": "sort-keys",
    "a": "ascii-output", "R": "raw-input", "M": "monochrome-output", "f": "from-file",
}  # fmt: skip
LONG = frozenset((*FLAGS.values(), "tab", "unbuffered"))
NOT_SIMULATED = frozenset(
    ("C", "color-output", "args", "jsonargs", "stream", "stream-errors", "seq", "h", "help", "V", "version",
    "L", "library-path",
     "raw-output0", "build-configuration", "binary", "b")
)  # fmt: skip
TAKING = {"arg": 2, "argjson": 2, "slurpfile": 2, "rawfile": 2, "indent": 1}
HELP = "Use jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://jqlang.github.io/jq\n"
BAD_INPUT, BAD_PROGRAM, FAILED = 2, 3, 5
MAX_OUTPUTS = 100_000
MAX_CHARACTERS = 10_000_000


class _Stop(Exception):
    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


def _wrong_usage(message: str) -> _Stop:
    return _Stop(Result(stderr=lines(f"jq: error: {message}\n{HELP}"), exit=2))


@dataclass(slots=True)
class _Arguments:
    flags: set[str] = field(default_factory=set)
    variables: dict[str, object] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)
    indent: int | str | None = 2


@dataclass(frozen=True, slots=True)
class _Document:
    text: str
    place: str
    """``FILE:LINE`` as an error names it."""


class Jq:
    """The command-line JSON processor, by the library of the same name."""

    name = "jq"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Filter JSON; see ``Tool.run``."""
        try:
            return _Run(session, stdin, _parse(argv, session)).run()
        except _Stop as stop:
            return stop.result
        except JqRefusal as refusal:
            return not_simulated(f"jq {refusal.message}")


def _parse(argv: Sequence[str], session: Session) -> _Arguments:
    out = _Arguments()
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if word == "--":
            out.operands.extend(words)
            break
        if not word.startswith("-") or word == "-":
            out.operands.append(word)
        elif word.startswith("--"):
            _long_option(word[2:], words, out, session)
        else:
            for letter in word[1:]:
                if letter in NOT_SIMULATED:
                    raise JqRefusal(f"-{letter}")
                if letter not in FLAGS:
                    raise _Stop(Result(stderr=lines(f"jq: Unknown option: {word}\n{HELP}"), exit=2))
                out.flags.add(FLAGS[letter])
    if "compact-output" in out.flags:
        out.indent = None
    elif "tab" in out.flags:
        out.indent = "\t"
    return out


def _long_option(name: str, words: list[str], out: _Arguments, session: Session) -> None:
    if name in NOT_SIMULATED:
        raise JqRefusal(f"--{name}")
    if name in LONG:
        out.flags.add(name)
        return
    if name not in TAKING:
        raise _Stop(Result(stderr=lines(f"jq: Unknown option: --{name}\n{HELP}"), exit=2))
    if len(words) < TAKING[name]:
        example = (
            "(e.g. --indent 2)"
            if name == "indent"
            else f"(e.g. --{name} name {'text' if name == 'argjson' else 'value'})"
        )
        count = "one parameter" if name == "indent" else "two parameters"
        raise _wrong_usage(f"--{name} takes {count} {example}".replace("jq: error: ", ""))
    first = words.pop(0)
    if name == "indent":
        if not first.isdigit() or int(first) > 7:
            raise _wrong_usage("Cannot indent more than 7 characters")
        out.indent = int(first) or None
        return
    second = words.pop(0)
    try:
        if name == "arg":
            out.variables[first] = second
        elif name == "argjson":
            out.variables[first] = json.loads(second)
        else:
            text = render(folder.read_file(session, second))
            out.variables[first] = text if name == "rawfile" else [json.loads(doc) for doc in _texts(text)]
    except ValueError:
        raise _wrong_usage(f"Invalid JSON text passed to --{name}") from None
    except folder.FileProblem as problem:
        message = f"jq: Bad JSON in --{name} {first} {second}: Could not open {second}: {problem.message}\n"
        raise _Stop(Result(stderr=lines(message), exit=2)) from None


def _texts(text: str) -> Iterator[str]:
    """The JSON documents in a text, one after another.

    Raises:
        ValueError: at the first that is malformed.
    """
    for start, end in _spans(text):
        yield text[start:end]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    decoder = json.JSONDecoder()
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        if position >= len(text):
            return
        try:
            _, end = decoder.raw_decode(text, position)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        yield position, end
        position = end


class _Run:
    def __init__(self, session: Session, stdin: Sequence[Line], arguments: _Arguments) -> None:
        self._session = session
        self._stdin = stdin
        self._arguments = arguments
        self._flags = arguments.flags
        self._sources: list[Line] = []
        self._result = Result()
        self._shown: list[Line] = []
        self._last: object = None
        self._count = 0
        self._room = MAX_CHARACTERS

    def run(self) -> Result:
        operands = list(self._arguments.operands)
        if "from-file" in self._flags:
            if not operands:
                raise _Stop(Result(stderr=lines(HELP), exit=2))
            source = "\n".join(line.text for line in self._read(operands.pop(0)))
        elif operands:
            source = operands.pop(0)
        else:
            raise _Stop(Result(stderr=lines(HELP), exit=2))
        documents, problem = self._documents(operands)
        program = self._compile(source, documents)
        if "null-input" in self._flags:
            documents = [_Document("null", "<unknown>")]
        for document in documents:
            self._filter(program, document)
        if problem:
            self._result.stderr.extend(lines(f"jq: {problem}\n"))
            self._result.exit = BAD_INPUT
        self._result.stdout.extend(derived_stream(joined(self._shown), self._sources))
        if "exit-status" in self._flags and self._result.exit == 0:
            self._result.exit = 4 if not self._count else int(self._last is None or self._last is False)
        return self._result

    def _read(self, name: str) -> list[Line]:
        try:
            return folder.read_file(self._session, name)
        except folder.FileProblem as problem:
            self._result.stderr.extend(lines(f"jq: error: Could not open {name}: {problem.message}\n"))
            self._result.exit = BAD_INPUT
            return []

    def _compile(self, source: str, documents: list[_Document]) -> Compiled:
        has_null_input = "null-input" in self._flags
        try:
            inputs: list[object] = []
            if "input" in source:
                inputs = [json.loads(document.text) for document in documents]
                inputs = inputs if has_null_input else inputs[1:]
                if not has_null_input:
                    del documents[1:]
            return compile_program(
                source,
                self._arguments.variables,
                now_s=self._session.world.clock.now_ns / 1e9,
                environment=environment_of(self._session),
                inputs=inputs,
            )
        except JqProblem as problem:
            raise _Stop(Result(stderr=lines(problem.message + "\n"), exit=BAD_PROGRAM)) from None

    def _documents(self, names: list[str]) -> tuple[list[_Document], str]:
        """The inputs, and jq's message about the first malformed one."""
        streams = [(name, self._read(name)) for name in names] if names else [("<stdin>", joined(self._stdin))]
        documents: list[_Document] = []
        problem = ""
        whole: list[str] = []
        for name, content in streams:
            self._sources.extend(line for line in content if line.facts)
            text = render(content)
            whole.append(text)
            if "raw-input" in self._flags:
                if "slurp" not in self._flags:
                    documents.extend(
                        _Document(json.dumps(line.text), f"{name}:{number}") for number, line in enumerate(content, 1)
                    )
                continue
            try:
                for start, end in _spans(text):
                    stop = text.find("\n", end)
                    number = text.count("\n", 0, stop + 1 if stop >= 0 else len(text))
                    documents.append(_Document(text[start:end], f"{name}:{number}"))
            except ValueError:
                problem = _parse_message(text)
                break
        if "slurp" in self._flags and not problem:
            place = f"{streams[-1][0]}:{sum(text.count(chr(10)) for text in whole)}"
            if "raw-input" in self._flags:
                documents = [_Document(json.dumps("".join(whole)), place)]
            else:
                documents = [_Document("[" + ",".join(document.text for document in documents) + "]", place)]
        elif "slurp" in self._flags:
            documents = []
        return documents, problem

    def _filter(self, program: Compiled, document: _Document) -> None:
        try:
            for value in program.input_text(document.text):
                self._show(value)
        except ValueError as problem:
            self._result.stderr.extend(lines(_error_line(document.place, str(problem))))
            self._result.exit = FAILED

    def _show(self, value: object) -> None:
        self._count += 1
        self._last = value
        is_joined = "join-output" in self._flags
        if isinstance(value, str) and (is_joined or "raw-output" in self._flags):
            text = value
        else:
            text = render_json(
                value,
                indent=self._arguments.indent,
                sorts_keys="sort-keys" in self._flags,
                is_ascii="ascii-output" in self._flags,
            )
        self._room -= len(text) + 1
        if self._count > MAX_OUTPUTS or self._room < 0:
            raise JqRefusal("with so much output")
        self._shown.extend(lines(text if is_joined else text + "\n"))


def _parse_message(text: str) -> str:
    import jq

    try:
        for _ in jq.compile("empty").input_text(text):
            pass
    except ValueError as problem:
        return str(problem)
    return "parse error: Invalid numeric literal"


def _error_line(place: str, message: str) -> str:
    if message[:1] in "{[" or message == "null":
        return f"jq: error (at {place}) (not a string): {message}\n"
    return f"jq: error (at {place}): {message}\n"


JQ = Jq()
