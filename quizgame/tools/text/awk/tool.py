"""``awk`` (and ``gawk``)."""

from __future__ import annotations

import re

from quizgame.tools import folder
from quizgame.tools.derive import joined
from quizgame.tools.output import Line, Result, lines
from quizgame.tools.shell.state import environment_of
from quizgame.tools.text.awk.interpreter import Interpreter
from quizgame.tools.text.awk.parser import parse_program
from quizgame.tools.text.awk.syntax import AwkProblem, AwkRefusal, Program
from quizgame.tools.text.options import Invocation, OptionTable, TextTool

OPTIONS = OptionTable(
    "F,field-separator=", "v,assign=", "f,file=", "e,source=!", "i,include=!", "b!", "c!", "P!", "r!", "n!",
    "N!", "S!", "t!", "O!",
    "csv!", "re-interval",
    usage_lines="Usage: {name} [POSIX or GNU style options] -f progfile [--] file ...\n"
    "Usage: {name} [POSIX or GNU style options] [--] 'program' file ...\n",
    status=2, stops_at_operand=True,
)  # fmt: skip
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.ASCII | re.DOTALL)
SYNTAX = 1
FATAL = 2


def _source(call: Invocation) -> str:
    if call.has("f"):
        parts: list[str] = []
        for name in call.values("f"):
            try:
                parts.extend(line.text for line in call.read(name))
            except folder.FileProblem as problem:
                raise call.stop(
                    f"fatal: cannot open source file `{name}' for reading: {problem.message}", FATAL
                ) from None
        return "\n".join(parts)
    if not call.operands:
        raise call.usage_only()
    return call.operands.pop(0)


def _parse(call: Invocation, source: str) -> Program:
    try:
        return parse_program(source)
    except AwkRefusal as refusal:
        raise call.refuse(refusal.message) from None
    except AwkProblem as problem:
        position = problem.position if problem.position is not None else len(source)
        start = source.rfind("\n", 0, position) + 1
        number = source.count("\n", 0, start) + 1
        end = source.find("\n", start)
        shown = source[start : end if end >= 0 else len(source)]
        place = f"awk: cmd. line:{number}: "
        text = f"{place}{shown}\n{place}{' ' * (position - start)}^ {problem.message}\n"
        call.result.stderr.extend(lines(text))
        return _failed(call, SYNTAX)


def _failed(call: Invocation, status: int) -> Program:
    from quizgame.tools.text.options import ToolExit

    call.result.exit = status
    raise ToolExit(call.result)


def _awk(call: Invocation) -> Result:
    program = _parse(call, _source(call))

    def open_output(name: str, is_append: bool) -> list[Line]:
        try:
            return folder.open_file(call.session, name, is_append=is_append)
        except folder.FileProblem as problem:
            raise AwkProblem(f"fatal: cannot redirect to `{name}': {problem.message}") from None

    run = Interpreter(program, call.session.world.clock.now_ns // 10**9, open_output, environment_of(call.session))
    for key, value in call.options:
        if key == "F":
            run.assign("FS", "\t" if value == "t" else value)
        elif key == "v":
            match = ASSIGNMENT.match(value)
            if match is None:
                raise call.stop(f"fatal: `{value}' argument to `-v' not in `var=value' form", FATAL)
            run.assign(match[1], match[2])
    inputs: list[tuple[str, list[Line]]] = []
    names: list[str] = []
    for operand in call.operands:
        match = ASSIGNMENT.match(operand)
        if match is not None:
            run.assign(match[1], match[2])
        else:
            names.append(operand)
    is_reading = bool(program.rules or program.end)
    for name in (names or ["-"]) if is_reading else ():
        try:
            inputs.append(("" if name == "-" and not names else name, call.read(name)))
        except folder.FileProblem as problem:
            if problem.message == folder.IS_A_FOLDER:
                call.complain(f"warning: command line argument `{name}' is a directory: skipped", FATAL)
            else:
                call.complain(f'cannot open "{name}" ({problem.message})', FATAL)
    status = call.result.exit
    try:
        run.run(inputs)
    except AwkRefusal as refusal:
        raise call.refuse(refusal.message) from None
    except AwkProblem as problem:
        run.error.extend(lines(f"{call.name}: cmd. line:1: {problem.message}\n"))
        status = FATAL
    call.result.stderr.extend(joined(run.error))
    call.result.exit = run.status or status
    return call.finish(joined(run.out))


AWK = TextTool("awk", OPTIONS, _awk)
