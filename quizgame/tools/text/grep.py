"""``grep``, ``egrep`` and ``fgrep``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quizgame.tools import folder
from quizgame.tools.derive import derived
from quizgame.tools.output import Line, Result
from quizgame.tools.text.options import Invocation, OptionTable, TextTool
from quizgame.tools.text.regex import Match, Regex, RegexProblem, compile_regex, literal

OPTIONS = OptionTable(
    "i,ignore-case,y", "v,invert-match", "E,extended-regexp", "F,fixed-strings", "G,basic-regexp",
    "P,perl-regexp", "c,count",
    "o,only-matching", "A,after-context=", "B,before-context=", "C,context=", "n,line-number",
    "w,word-regexp", "x,line-regexp",
    "q,quiet,silent", "l,files-with-matches", "L,files-without-match", "h,no-filename", "H,with-filename",
    "m,max-count=",
    "e,regexp=", "f,file=", "r,recursive", "R,dereference-recursive", "s,no-messages", "color,colour?", "a,text",
    "line-buffered", "no-ignore-case", "b,byte-offset!", "z,null-data!", "Z,null!", "T,initial-tab!",
    "U,binary!", "u!", "V,version!",
    "I", "include=!", "exclude=!", "exclude-dir=!", "exclude-from=!", "label=!", "d,directories=!", "D,devices=!",
    "binary-files=!", "group-separator=!", "no-group-separator",
    *(f"{digit}" for digit in range(10)),
    usage_lines="Usage: {name} [OPTION]... PATTERNS [FILE]...\nTry '{name} --help' for more information.\n",
    status=2,
)  # fmt: skip
MATCH_COLOUR = ("\x1b[01;31m\x1b[K", "\x1b[m\x1b[K")
NAME_COLOUR = ("\x1b[35m\x1b[K", "\x1b[m\x1b[K")
NUMBER_COLOUR = ("\x1b[32m\x1b[K", "\x1b[m\x1b[K")
SEPARATOR_COLOUR = ("\x1b[36m\x1b[K", "\x1b[m\x1b[K")
TROUBLE = 2


def _paint(text: str, colour: tuple[str, str], is_on: bool) -> str:
    return colour[0] + text + colour[1] if is_on and text else text


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one run looks for and how it shows it."""

    regexes: tuple[Regex, ...]
    is_inverted: bool
    is_word: bool
    is_whole_line: bool
    before: int
    after: int
    limit: int
    is_coloured: bool
    shows_names: bool
    shows_numbers: bool

    def matches(self, text: str) -> Iterator[Match]:
        """All matches in a line, left to right."""
        if len(self.regexes) == 1 and not (self.is_word or self.is_whole_line):
            yield from self.regexes[0].find_all(text)
            return
        position = 0
        while position <= len(text):
            found = [match for regex in self.regexes if (match := self._first(regex, text, position)) is not None]
            if not found:
                return
            best = min(found, key=lambda match: (match.start(), -match.end()))
            yield best
            position = best.end() if best.end() > best.start() else best.end() + 1

    def _first(self, regex: Regex, text: str, position: int) -> Match | None:
        while position <= len(text):
            match = regex.search(text, position)
            if match is None:
                return None
            if self.is_whole_line and (match.start() != 0 or match.end() != len(text)):
                return None
            if not self.is_word or (_is_edge(text, match.start() - 1) and _is_edge(text, match.end())):
                return match
            position = match.start() + 1
        return None

    def selects(self, text: str) -> bool:
        """Whether the line is one to show."""
        return (next(self.matches(text), None) is not None) != self.is_inverted


def _is_edge(text: str, position: int) -> bool:
    return not (0 <= position < len(text)) or not (text[position].isalnum() or text[position] == "_")


def _number(call: Invocation, key: str, default: int) -> int:
    text = call.value(key)
    if not call.has(key):
        return default
    if not text.lstrip("-").isdigit() or (key != "m" and text.startswith("-")):
        what = "max count" if key == "m" else "context length argument"
        message = f"invalid {what}" if key == "m" else f"{text}: invalid {what}"
        raise call.stop(message, TROUBLE)
    return int(text)


def _patterns(call: Invocation) -> list[str]:
    given = call.values("e")
    for name in call.values("f"):
        try:
            given.extend(line.text for line in call.read(name))
        except folder.FileProblem as problem:
            raise call.stop(f"{name}: {problem.message}", TROUBLE) from None
    if not given and not call.has("f"):
        if not call.operands:
            raise call.usage_only()
        given = [call.operands.pop(0)]
    return [part for pattern in given for part in pattern.split("\n")]


def _compile(call: Invocation) -> tuple[Regex, ...]:
    flavour = next(
        (key for key, _ in reversed(call.options) if key in "EFGP"), {"egrep": "E", "fgrep": "F"}.get(call.name, "G")
    )
    ignores_case = call.has("i") and not call.has("no-ignore-case")
    compilers: dict[str, Callable[[str], Regex]] = {
        "G": lambda text: compile_regex(_anchored(call, text, "\\(",
        "\\)"), is_extended=False, ignores_case=ignores_case),
        "E": lambda text: compile_regex(_anchored(call, text, "(", ")"), is_extended=True, ignores_case=ignores_case),
        "F": lambda text: compile_regex(literal(text), is_extended=True, ignores_case=ignores_case, is_perl=True),
        "P": lambda text: compile_regex(_anchored(call, text, "(?:",
        ")"), is_extended=True, ignores_case=ignores_case, is_perl=True),
    }  # fmt: skip
    patterns = _patterns(call)
    try:
        return tuple(compilers[flavour](pattern) for pattern in patterns)
    except RegexProblem as problem:
        if flavour == "P" or "not simulated" in problem.message:
            raise call.refuse("with this pattern") from None
        raise call.stop(problem.message, TROUBLE) from None


def _anchored(call: Invocation, text: str, opener: str, closer: str) -> str:
    if not call.has("x"):
        return text
    return f"^{opener}{text}{closer}$"


def _plan(call: Invocation) -> _Plan:
    regexes = _compile(call)
    digits = "".join(key for key, _ in call.options if key.isdigit())
    context = int(digits[:6]) if digits else _number(call, "C", 0)
    many = len(call.operands) > 1 or call.has("r") or call.has("R")
    shows_names = next((key == "H" for key, _ in reversed(call.options) if key in "hH"), many)
    when = call.value("color", "never") or "auto"
    if when not in ("always", "never", "auto", "tty", "yes", "force", "no", "none", "if-tty"):
        raise call.usage(f"invalid argument {when} for --color")
    return _Plan(
        regexes, call.has("v"), call.has("w"), call.has("x"), _number(call, "B", context), _number(call, "A", context),
        _number(call, "m", -1), when in ("always", "yes", "force"), shows_names, call.has("n"),
    )  # fmt: skip


def _expand_folders(call: Invocation) -> None:
    """With ``-r``, replace folders by the files in them."""
    if not (call.has("r") or call.has("R")):
        return
    names = call.operands or ["."]
    is_implied = not call.operands
    out: list[str] = []

    def walk(path: str) -> None:
        if not folder.is_folder(call.session, path):
            out.append(path)
            return
        for entry in folder.entries(call.session, path):
            walk(entry if is_implied and path == "." else f"{path.rstrip('/')}/{entry}")

    for name in names:
        walk(name)
    call.operands = out or ["/dev/null"]


class _Printer:
    """Collects the output for one file after another."""

    def __init__(self, call: Invocation, plan: _Plan) -> None:
        self._call = call
        self._plan = plan
        self.out: list[Line] = []
        self.has_match = False
        self._has_printed = False

    def scan(self, name: str, content: list[Line]) -> None:
        """Search one file and print what the options ask for."""
        call, plan = self._call, self._plan
        shown_name = "(standard input)" if name == "-" else name
        chosen: list[int] = []
        for number, line in enumerate(content):
            if 0 <= plan.limit <= len(chosen):
                break
            if plan.selects(line.text):
                chosen.append(number)
                if call.has("q") or call.has("l") or call.has("L"):
                    break
        is_found = bool(chosen)
        self.has_match |= is_found != call.has("L")
        if call.has("q"):
            return
        if call.has("l") or call.has("L"):
            if is_found != call.has("L"):
                self.out.append(Line(_paint(shown_name, NAME_COLOUR, plan.is_coloured)))
            return
        if call.has("c"):
            self.out.append(Line(self._prefix(shown_name, None, ":") + str(len(chosen))))
            return
        if call.has("o"):
            for number in chosen if not plan.is_inverted else ():
                for match in plan.matches(content[number].text):
                    if match.end() > match.start():
                        text = _paint(match.group() or "", MATCH_COLOUR, plan.is_coloured)
                        self.out.append(derived(self._prefix(shown_name, number, ":") + text, [content[number]]))
            return
        self._print_lines(shown_name, content, chosen)

    def _print_lines(self, name: str, content: list[Line], chosen: list[int]) -> None:
        plan = self._plan
        has_context = plan.before > 0 or plan.after > 0
        selected = set(chosen)
        last_shown = -1
        for number in chosen:
            first = max(number - plan.before, last_shown + 1)
            is_apart = self._has_printed and (first > last_shown + 1 or last_shown < 0)
            if has_context and is_apart and not self._call.has("no-group-separator"):
                self.out.append(Line(_paint("--", SEPARATOR_COLOUR, plan.is_coloured)))
            stop = min(number + plan.after, len(content) - 1)
            for shown in range(first, stop + 1):
                if shown > number and shown in selected:
                    break
                self._print_line(name, content[shown], shown, shown in selected)
                last_shown = shown
                self._has_printed = True

    def _print_line(self, name: str, line: Line, number: int, is_selected: bool) -> None:
        plan = self._plan
        prefix = self._prefix(name, number, ":" if is_selected else "-")
        text = line.text
        if plan.is_coloured and is_selected != plan.is_inverted:
            text = self._coloured(text)
        if not prefix and text == line.text and line.end:
            self.out.append(line)
        else:
            self.out.append(Line(prefix + text, line.facts))

    def _coloured(self, text: str) -> str:
        out: list[str] = []
        position = 0
        for match in self._plan.matches(text):
            out.append(text[position : match.start()])
            out.append(_paint(text[match.start() : match.end()], MATCH_COLOUR, True))
            position = match.end()
        return "".join(out) + text[position:]

    def _prefix(self, name: str, number: int | None, separator: str) -> str:
        is_on = self._plan.is_coloured
        painted = _paint(separator, SEPARATOR_COLOUR, is_on)
        out = _paint(name, NAME_COLOUR, is_on) + painted if self._plan.shows_names else ""
        if self._plan.shows_numbers and number is not None:
            out += _paint(str(number + 1), NUMBER_COLOUR, is_on) + painted
        return out


def _grep(call: Invocation) -> Result:
    plan = _plan(call)
    _expand_folders(call)
    printer = _Printer(call, plan)
    for name, content in call.inputs(status=TROUBLE):
        printer.scan(name, content)
        if printer.has_match and call.has("q"):
            return Result(exit=0)
    result = call.finish(printer.out)
    if call.has("s"):
        result.stderr.clear()
    result.exit = max(result.exit, 0 if printer.has_match else 1)
    return result


GREP = TextTool("grep", OPTIONS, _grep)
