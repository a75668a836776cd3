"""``sed``."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools import folder
from quizgame.tools.derive import derived, joined
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.text.options import Invocation, OptionTable, TextTool
from quizgame.tools.text.regex import Match, Regex
from quizgame.tools.text.sed.script import Address, Instruction, Piece, SedProblem, SedRefusal, parse_script

OPTIONS = OptionTable(
    "n,quiet,silent", "e,expression=", "f,file=", "E,regexp-extended", "r", "i,in-place?", "s,separate",
    "u,unbuffered",
    "l,line-length=!", "z,null-data!", "posix!", "debug!", "sandbox", "follow-symlinks", "b,binary!",
    usage_lines="Usage: {name} [OPTION]... {{script-only-if-no-other-script}} [input-file]...\n",
)  # fmt: skip
MAX_STEPS = 2_000_000
MAX_CHARACTERS = 10_000_000


class _Quit(Exception):
    pass


class _Run:
    """One pass of a script over one stream of lines."""

    def __init__(self, call: Invocation, program: list[Instruction]) -> None:
        self._call = call
        self._program = program
        self._is_quiet = call.has("n")
        self._lines: list[Line] = []
        self._at = 0
        self._space = ""
        self._end = "\n"
        self._sources: list[Line] = []
        self._hold = ""
        self._hold_sources: list[Line] = []
        self._after: list[Line] = []
        self._last_regex: Regex | None = None
        self._has_substituted = False
        self._steps = 0
        self.out: list[Line] = []
        self._room = MAX_CHARACTERS

    def run(self, content: list[Line]) -> list[Line]:
        self._lines = content
        self._at = 0
        try:
            while self._at < len(self._lines):
                self._load()
                while not self._cycle():
                    pass
        except _Quit:
            pass
        return self.out

    def _load(self) -> None:
        line = self._lines[self._at]
        self._at += 1
        self._space, self._end, self._sources = line.text, line.end, [line]
        self._has_substituted = False

    def _emit(self, text: str, sources: list[Line], end: str = "\n") -> None:
        self._room -= len(text) + 1
        if self._room < 0:
            raise self._call.refuse("with so much output")
        if len(sources) == 1 and sources[0].text == text and sources[0].end == end:
            self.out.append(sources[0])
            return
        pieces = text.split("\n")
        for number, piece in enumerate(pieces):
            self.out.append(derived(piece, sources, end if number == len(pieces) - 1 else "\n"))

    def _finish_cycle(self, *, prints: bool = True) -> None:
        if prints and not self._is_quiet:
            self._emit(self._space, self._sources, self._end)
        self.out.extend(self._after)
        self._after = []

    def _cycle(self) -> bool:
        """Run the script once; ``False`` to run it again without reading (``D``)."""
        at = 0
        while at < len(self._program):
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise self._call.refuse("for so many steps")
            instruction = self._program[at]
            is_selected = self._selects(instruction) != instruction.is_negated
            if instruction.name == "{":
                at = at + 1 if is_selected else instruction.target
                continue
            at += 1
            if not is_selected:
                continue
            if instruction.name in "btT":
                is_taken = instruction.name == "b" or self._has_substituted == (instruction.name == "t")
                if instruction.name != "b":
                    self._has_substituted = False
                at = instruction.target if is_taken else at
                continue
            done = self._execute(instruction)
            if done is not None:
                return done
        self._finish_cycle()
        return True

    def _execute(self, instruction: Instruction) -> bool | None:
        """Run one command; a truth value ends the cycle (see ``_cycle``)."""
        return _COMMANDS[instruction.name](self, instruction)

    def _transliterate(self, instruction: Instruction) -> None:
        self._space = "".join(instruction.mapping.get(char, char) for char in self._space)

    def _print(self, instruction: Instruction) -> None:
        text = self._space.split("\n", 1)[0] if instruction.name == "P" else self._space
        self._emit(text, self._sources)

    def _print_number(self, _instruction: Instruction) -> None:
        self.out.append(Line(str(self._at)))

    def _empty(self, _instruction: Instruction) -> None:
        self._space = ""

    def _delete(self, instruction: Instruction) -> bool:
        self._finish_cycle(prints=False)
        if instruction.name == "d" or "\n" not in self._space:
            return True
        self._space = self._space.split("\n", 1)[1]
        return False

    def _quit(self, instruction: Instruction) -> None:
        self._call.result.exit = int(instruction.text or 0) & 0xFF
        self._finish_cycle(prints=instruction.name == "q")
        raise _Quit

    def _next(self, _instruction: Instruction) -> None:
        self._finish_cycle()
        if self._at >= len(self._lines):
            raise _Quit
        has_substituted = self._has_substituted
        self._load()
        self._has_substituted = has_substituted

    def _append(self, instruction: Instruction) -> None:
        self._after.extend(lines(instruction.text + "\n"))

    def _insert(self, instruction: Instruction) -> None:
        self.out.extend(lines(instruction.text + "\n"))

    def _change(self, instruction: Instruction) -> bool:
        if instruction.last is None or instruction.is_negated or not instruction.is_active:
            self.out.extend(lines(instruction.text + "\n"))
        self._finish_cycle(prints=False)
        return True

    def _append_next(self, _instruction: Instruction) -> None:
        if self._at >= len(self._lines):
            self._finish_cycle()
            raise _Quit
        line = self._lines[self._at]
        self._at += 1
        self._space += "\n" + line.text
        self._end = line.end
        self._sources = [*self._sources, line]
        self._bound()

    def _bound(self) -> None:
        if len(self._space) + len(self._hold) > MAX_CHARACTERS:
            raise self._call.refuse("with so much text")

    def _exchange(self, instruction: Instruction) -> None:
        name = instruction.name
        if name == "h":
            self._hold, self._hold_sources = self._space, self._sources
        elif name == "H":
            self._hold += "\n" + self._space
            self._hold_sources = [*self._hold_sources, *self._sources]
        elif name == "g":
            self._space, self._sources = self._hold, self._hold_sources
        elif name == "G":
            self._space += "\n" + self._hold
            self._sources = [*self._sources, *self._hold_sources]
        else:
            self._space, self._hold = self._hold, self._space
            self._sources, self._hold_sources = self._hold_sources, self._sources
        self._bound()

    def _matches(self, address: Address) -> bool:
        if address.line is not None:
            if address.step is None:
                return self._at == address.line
            if address.step == 0:
                return self._at == address.line
            return self._at >= address.line and (self._at - address.line) % address.step == 0
        if address.is_last:
            return self._at >= len(self._lines)
        regex = address.regex if address.regex is not None else self._last_regex
        if regex is None:
            raise self._call.stop("-e expression #1, char 0: no previous regular expression")
        self._last_regex = regex
        return regex.search(self._space) is not None

    def _selects(self, instruction: Instruction) -> bool:
        first, last = instruction.first, instruction.last
        if first is None:
            return True
        if last is None:
            return self._matches(first)
        if not instruction.is_active:
            if first.line == 0 and self._at == 1 and instruction.until is None:
                instruction.is_active = not self._matches(last)
                instruction.until = 0
                return True
            if not self._matches(first):
                return False
            instruction.is_active, instruction.until = self._open_range(last)
            return True
        is_past = last.line is not None and last.step is None and self._at > last.line
        if is_past:
            instruction.is_active = False
            return self._matches(first)
        if instruction.until:
            instruction.is_active = self._at < instruction.until
        else:
            instruction.is_active = not self._matches(last)
        return True

    def _open_range(self, last: Address) -> tuple[bool, int | None]:
        """Whether a range that starts on this line goes on, and up to which line if that is known."""
        if last.offset is not None:
            return last.offset > 0, self._at + last.offset
        if last.line is None and last.step is not None:
            end = -(-self._at // last.step) * last.step if last.step else self._at
            return end > self._at, end
        if last.line is not None:
            return last.line > self._at, last.line
        if last.is_last:
            return self._at < len(self._lines), None
        return True, None

    def _substitute(self, instruction: Instruction) -> None:
        regex = instruction.regex if instruction.regex is not None else self._last_regex
        if regex is None:
            raise self._call.stop("-e expression #1, char 0: no previous regular expression")
        self._last_regex = regex
        self._steps += len(self._space) // 20
        out: list[str] = []
        position = 0
        count = 0
        for match in regex.find_all(self._space):
            count += 1
            if count < instruction.number:
                continue
            out.append(self._space[position : match.start()])
            out.append(_fill(instruction.replacement, match))
            position = match.end()
            if not instruction.is_global:
                break
        if count < instruction.number:
            return
        self._space = "".join(out) + self._space[position:]
        self._bound()
        self._has_substituted = True
        if instruction.is_printed:
            self._emit(self._space, self._sources)


_COMMANDS: dict[str, Callable[[_Run, Instruction], bool | None]] = {
    "s": _Run._substitute,
    "y": _Run._transliterate,
    "p": _Run._print,
    "P": _Run._print,
    "=": _Run._print_number,
    "z": _Run._empty,
    "d": _Run._delete,
    "D": _Run._delete,
    "q": _Run._quit,
    "Q": _Run._quit,
    "n": _Run._next,
    "N": _Run._append_next,
    "h": _Run._exchange,
    "H": _Run._exchange,
    "g": _Run._exchange,
    "G": _Run._exchange,
    "x": _Run._exchange,
    "a": _Run._append,
    "i": _Run._insert,
    "c": _Run._change,
}


def _fill(pieces: tuple[Piece, ...], match: Match) -> str:
    out: list[str] = []
    mode = once = ""
    for piece in pieces:
        if piece.case:
            if piece.case in "ul":
                once = piece.case
            else:
                mode = "" if piece.case == "E" else piece.case
            continue
        text = piece.text if piece.group is None else match.group(piece.group) or ""
        text = text.upper() if mode == "U" else text.lower() if mode == "L" else text
        if once and text:
            text = (text[0].upper() if once == "u" else text[0].lower()) + text[1:]
            once = ""
        out.append(text)
    return "".join(out)


def _program_text(call: Invocation) -> str:
    parts: list[str] = []
    for key, value in call.options:
        if key == "e":
            parts.append(value)
        elif key == "f":
            try:
                parts.extend(line.text for line in call.read(value))
            except folder.FileProblem as problem:
                raise call.stop(f"couldn't open file {value}: {problem.message}") from None
    if not parts:
        if not call.operands:
            raise call.usage_only()
        parts.append(call.operands.pop(0))
    return "\n".join(parts)


def _sed(call: Invocation) -> Result:
    text = _program_text(call)
    is_extended = call.has("E") or call.has("r")

    def program() -> list[Instruction]:
        try:
            return parse_script(text, is_extended=is_extended)
        except SedProblem as problem:
            prefix = "-e expression #1, " if problem.message.startswith("char") else ""
            raise call.stop(prefix + problem.message) from None
        except SedRefusal as refusal:
            raise call.refuse(refusal.message) from None

    parsed = program()
    message = "can't read {name}: {problem}"
    if call.has("i"):
        if not call.operands:
            raise call.stop("no input files")
        for name, content in call.inputs(status=2, message=message):
            changed = _Run(call, program()).run(content)
            if call.value("i"):
                call.write(name + call.value("i"), content)
            call.write(name, changed)
        return call.result
    if call.has("s"):
        out: list[Line] = []
        for _, content in call.inputs(status=2, message=message):
            out.extend(_Run(call, program()).run(content))
        return call.finish(out)
    content = joined(line for _, part in call.inputs(status=2, message=message) for line in part)
    return call.finish(_Run(call, parsed).run(content))


SED = TextTool("sed", OPTIONS, _sed)
