"""Commands that act on the shell itself: its folder, variables, aliases, control flow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.tools import folder
from quizgame.tools.output import NOT_SIMULATED, Line, lines, not_simulated
from quizgame.tools.session import Session
from quizgame.tools.shell.control import BreakLoop, ContinueLoop, ExitShell, ReturnFromFunction
from quizgame.tools.shell.state import EXPORTED_PRESETS, Streams, preset

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
NEEDS_QUOTES = re.compile(r"[^A-Za-z0-9_@%+=:,./-]")


def now_ns(session: Session) -> int:
    """The simulated instant, in nanoseconds."""
    return session.world.clock.now_ns


def time_report(elapsed_ns: int) -> list[Line]:
    """What ``time`` prints; only simulated time passes, so no processor time is used."""
    seconds = elapsed_ns / 1e9
    return lines(f"\nreal\t{int(seconds // 60)}m{seconds % 60:.3f}s\nuser\t0m0.000s\nsys\t0m0.000s\n")


def quote(text: str) -> str:
    """Quote for the shell where it is needed, as ``set`` and ``alias`` print values."""
    return "'" + text.replace("'", "'\\''") + "'" if NEEDS_QUOTES.search(text) else text


def _print(streams: Streams, text: str) -> int:
    streams.stdout.write(lines(text))
    return 0


def _refuse(streams: Streams, name: str) -> int:
    streams.stderr.write(not_simulated(name).stderr)
    return NOT_SIMULATED


def _invalid_option(shell: Shell, streams: Streams, name: str, option: str, usage: str) -> int:
    shell.complain(streams, f"{name}: {option[:2]}: invalid option", 2)
    streams.stderr.write(lines(f"{name}: usage: {usage}\n"))
    return 2


def change_folder(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``cd``."""
    operands = [word for word in argv[1:] if word != "--"]
    session = shell.session
    if len(operands) > 1:
        return shell.complain(streams, "cd: too many arguments")
    target = operands[0] if operands else session.variables.get("HOME", folder.HOME)
    if target == "-":
        previous = session.variables.get("OLDPWD")
        if previous is None:
            return shell.complain(streams, "cd: OLDPWD not set")
        _print(streams, previous + "\n")
        target = previous
    elif target.startswith("-") and len(target) > 1:
        return _invalid_option(shell, streams, "cd", target, "cd [-L|[-P [-e]] [-@]] [dir]")
    if not folder.is_folder(session, target):
        problem = folder.NOT_A_FOLDER if folder.is_file(session, target) else folder.NO_SUCH_FILE
        return shell.complain(streams, f"cd: {target}: {problem}")
    session.variables["OLDPWD"] = session.cwd
    session.cwd = folder.absolute(session, target)
    return 0


def print_folder(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``pwd``."""
    for word in argv[1:]:
        if word.startswith("-") and word not in ("-L", "-P", "--"):
            return _invalid_option(shell, streams, "pwd", word, "pwd [-LP]")
    return _print(streams, shell.session.cwd + "\n")


def export(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``export``."""
    operands = argv[1:]
    if not operands or operands == ["-p"]:
        for name in sorted(exported_variables(shell)):
            value = shell.session.variables.get(name) or preset(shell.session, name) or ""
            _print(streams, f'declare -x {name}="{value}"\n')
        return 0
    is_removal = operands[0] == "-n"
    if operands[0].startswith("-") and not is_removal:
        return _invalid_option(shell, streams, "export", operands[0], "export [-fn] [name[=value] ...] or export -p")
    return _declare(shell, operands[1:] if is_removal else operands, streams, "export", is_exported=not is_removal)


def _declare(shell: Shell, operands: list[str], streams: Streams, name: str, *, is_exported: bool | None) -> int:
    status = 0
    for operand in operands:
        variable, equals, value = operand.partition("=")
        if not IDENTIFIER.match(variable):
            status = shell.complain(streams, f"{name}: `{operand}': not a valid identifier")
            continue
        if equals:
            shell.set_variable(variable, value)
        if is_exported is True:
            shell.state.exported.add(variable)
        elif is_exported is False:
            shell.state.exported.discard(variable)
    return status


def local(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``local``, ``declare`` and ``typeset`` for plain variables.

    Simplified: a local variable outlives its function.
    """
    operands = argv[1:]
    if operands and operands[0].startswith("-"):
        return _refuse(streams, f"{argv[0]} {operands[0]}")
    return _declare(shell, operands, streams, argv[0], is_exported=None)


def exported_variables(shell: Shell) -> dict[str, str]:
    """The environment that programs see, by name."""
    environment = {name: preset(shell.session, name) or "" for name in EXPORTED_PRESETS}
    for name in shell.state.exported:
        if name in shell.session.variables:
            environment[name] = shell.session.variables[name]
    return environment


def unset(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``unset``."""
    for name in argv[1:]:
        if name in ("-v", "-f", "--"):
            continue
        if name.startswith("-"):
            return _invalid_option(shell, streams, "unset", name, "unset [-f] [-v] [-n] [name ...]")
        if not shell.session.variables.pop(name, None):
            shell.state.functions.pop(name, None)
        shell.state.exported.discard(name)
        shell.state.origins.pop(name, None)
    return 0


def set_options(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``set``: ``-e``, ``-u``, ``-o pipefail``, the positional parameters, and the list of variables."""
    words = argv[1:]
    if not words:
        return _print(
            streams,
            "".join(
                f"{name}={quote(value)}\n"
                for name, value in sorted(shell.session.variables.items())
                if IDENTIFIER.match(name)
            ),
        )
    while words and words[0][:1] in ("-", "+") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        for letter in word[1:]:
            chosen = words.pop(0) if letter == "o" and words else letter
            chosen = {"errexit": "e", "nounset": "u"}.get(chosen, chosen)
            if chosen not in ("e", "u", "pipefail"):
                return _refuse(streams, f"set {word}{' ' + chosen if letter == 'o' else ''}")
            if word[0] == "-":
                shell.state.options.add(chosen)
            else:
                shell.state.options.discard(chosen)
    else:
        if not words:
            return 0
    shell.state.positional = tuple(words)
    return 0


def shift(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``shift``."""
    count = int(argv[1]) if len(argv) > 1 and argv[1].isdigit() else 1
    if count > len(shell.state.positional):
        return 1
    shell.state.positional = shell.state.positional[count:]
    return 0


def _status_argument(shell: Shell, argv: list[str], streams: Streams) -> int:
    if len(argv) < 2:
        return int(shell.session.variables.get("?", "0"))
    try:
        return int(argv[1]) & 0xFF
    except ValueError:
        shell.complain(streams, f"{argv[0]}: {argv[1]}: numeric argument required", 2)
        return 2


def leave(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``exit`` and ``logout``."""
    raise ExitShell(_status_argument(shell, argv, streams))


def return_(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``return``."""
    raise ReturnFromFunction(_status_argument(shell, argv, streams))


def _levels(argv: list[str]) -> int:
    return max(1, int(argv[1])) if len(argv) > 1 and argv[1].isdigit() else 1


def break_(_shell: Shell, argv: list[str], _streams: Streams) -> int:
    """``break``."""
    raise BreakLoop(_levels(argv))


def continue_(_shell: Shell, argv: list[str], _streams: Streams) -> int:
    """``continue``."""
    raise ContinueLoop(_levels(argv))


def colon(_shell: Shell, _argv: list[str], _streams: Streams) -> int:
    """``:``, which does nothing."""
    return 0


def read(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``read [-r] [-p PROMPT] [NAME…]``: one line of standard input into variables."""
    words = argv[1:]
    is_raw = False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option == "-p" and words:
            words.pop(0)
        elif option in ("-r", "-s", "-rs", "-sr"):
            is_raw |= "r" in option
        else:
            return _refuse(streams, f"read {option}")
    line = streams.stdin.next_line()
    names = words or ["REPLY"]
    text = line.text if line is not None else ""
    if not is_raw:
        text = re.sub(r"\\(.)", r"\1", text)
    separators = shell.session.variables.get("IFS", " \t\n")
    for number, name in enumerate(names):
        if not IDENTIFIER.match(name):
            return shell.complain(streams, f"read: `{name}': not a valid identifier")
        if number == len(names) - 1:
            value = text.strip("".join(c for c in separators if c in " \t\n")) if words else text
        else:
            value, text = _cut_field(text, separators)
        shell.set_variable(name, value, [line] if line is not None else ())
    return 0 if line is not None and line.end else 1


def _cut_field(text: str, separators: str) -> tuple[str, str]:
    blanks = "".join(char for char in separators if char in " \t\n")
    text = text.lstrip(blanks) if blanks else text
    for position, char in enumerate(text):
        if char in separators:
            rest = text[position + 1 :]
            return text[:position], rest.lstrip(blanks) if blanks else rest
    return text, ""


def show_type(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``type``."""
    words = argv[1:]
    is_short = words[:1] == ["-t"]
    status = 0
    for name in words[1:] if is_short else words:
        kind = shell.find_program(name)
        if not kind:
            status = 1 if is_short else shell.complain(streams, f"type: {name}: not found")
        elif is_short:
            _print(streams, kind + "\n")
        else:
            text = {
                "alias": lambda n: f"{n} is aliased to `{shell.state.aliases[n]}'",
                "function": lambda n: f"{n} is a function",
                "builtin": lambda n: f"{n} is a shell builtin",
                "file": lambda n: f"{n} is {program_path(n)}",
            }[kind](name)
            _print(streams, text + "\n")
    return status


def program_path(name: str) -> str:
    """Where a program of the workstation is installed."""
    return f"/usr/local/bin/{name}" if name in ("kubectl", "k", "cilium", "hubble") else f"/usr/bin/{name}"


def command(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``command [-v|-V] NAME``, or run without functions and aliases."""
    words = argv[1:]
    if not words:
        return 0
    if words[0] in ("-v", "-V"):
        status = 1
        for name in words[1:]:
            kind = shell.find_program(name)
            if not kind:
                if words[0] == "-V":
                    shell.complain(streams, f"command: {name}: not found")
                continue
            status = 0
            if words[0] == "-V":
                show_type(shell, ["type", name], streams)
            elif kind == "alias":
                _print(streams, f"alias {name}={quote(shell.state.aliases[name])}\n")
            else:
                _print(streams, (program_path(name) if kind == "file" else name) + "\n")
        return status
    return shell.run_plain(words, streams)


def which(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``which``."""
    status = 0 if len(argv) > 1 else 1
    for name in argv[1:]:
        if name in shell.tools:
            _print(streams, program_path(name) + "\n")
        else:
            status = 1
    return status


def alias(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``alias``."""
    status = 0
    for word in argv[1:] or sorted(shell.state.aliases):
        name, equals, value = word.partition("=")
        if equals:
            shell.state.aliases[name] = value
        elif name in shell.state.aliases:
            text = shell.state.aliases[name].replace("'", "'\\''")
            _print(streams, f"alias {name}='{text}'\n")
        else:
            status = shell.complain(streams, f"alias: {name}: not found")
    return status


def unalias(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``unalias``."""
    status = 0
    for name in argv[1:]:
        if name == "-a":
            shell.state.aliases.clear()
        elif shell.state.aliases.pop(name, None) is None:
            status = shell.complain(streams, f"unalias: {name}: not found")
    return status


def evaluate(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``eval``."""
    return shell.run_text(" ".join(argv[1:]), streams)


def source(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``source`` and ``.``."""
    if len(argv) < 2:
        shell.complain(streams, f"{argv[0]}: filename argument required", 2)
        streams.stderr.write(lines(f"{argv[0]}: usage: {argv[0]} filename [arguments]\n"))
        return 2
    try:
        content = folder.read_file(shell.session, argv[1])
    except folder.FileProblem as problem:
        return shell.complain(streams, f"{argv[1]}: {problem.message}")
    return shell.run_text("\n".join(line.text for line in content), streams)


def subordinate_shell(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``bash`` and ``sh``: ``-c TEXT [NAME ARG…]``, a script file, or standard input."""
    words = argv[1:]
    options = ""
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word in ("--login", "--norc"):
            continue
        if word == "--":
            break
        if set(word[1:]) - set("ceulis"):
            return _refuse(streams, f"{argv[0]} {word}")
        options += word[1:]
    if "c" in options:
        if not words:
            return shell.complain(streams, "-c: option requires an argument", 2)
        text, positional = words[0], words[2:]
    elif words and "s" not in options and words[0] != "-":
        try:
            text = "\n".join(line.text for line in folder.read_file(shell.session, words[0]))
        except folder.FileProblem as problem:
            status = 126 if problem.message == folder.IS_A_FOLDER else 127
            return shell.complain(streams, f"{words[0]}: {problem.message}", status)
        positional = words[1:]
    else:
        text = "\n".join(line.text for line in streams.stdin.take_all())
        positional = []
    with shell.subshell():
        shell.state.positional = tuple(positional)
        shell.state.options = set(options) & {"e", "u"}
        try:
            return shell.run_text(text, streams)
        except ExitShell as leaving:
            return leaving.status


def history(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``history [-c] [N]``."""
    entries = shell.session.history
    first = 0
    if len(argv) > 1:
        if argv[1] == "-c":
            entries.clear()
            return 0
        if argv[1].startswith("-"):
            return _refuse(streams, f"history {argv[1]}")
        if not argv[1].isdigit():
            return shell.complain(streams, f"history: {argv[1]}: numeric argument required")
        first = max(0, len(entries) - int(argv[1]))
    for number, entry in enumerate(entries[first:], first + 1):
        _print(streams, f"{number:5d}  {entry}\n")
    return 0


def environment(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``env [-i] [-u NAME] [NAME=VALUE…] [PROGRAM…]``."""
    words = argv[1:]
    before = dict(shell.session.variables)
    exported = set(shell.state.exported)
    is_empty = False
    while words and (words[0].startswith("-") or "=" in words[0]):
        word = words.pop(0)
        if word in ("-i", "-", "--ignore-environment"):
            is_empty = True
            shell.state.exported.clear()
        elif word in ("-u", "--unset") and words:
            shell.state.exported.discard(words[0])
            shell.session.variables.pop(words.pop(0), None)
        elif word.startswith("-"):
            streams.stderr.write(
                lines(f"env: invalid option -- '{word[1:2]}'\nTry 'env --help' for more information.\n")
            )
            return 125
        else:
            name, _, value = word.partition("=")
            shell.session.variables[name] = value
            shell.state.exported.add(name)
    try:
        if words:
            if words[0] not in shell.tools and words[0] not in BUILTINS:
                streams.stderr.write(lines(f"env: '{words[0]}': No such file or directory\n"))
                return 127
            return shell.run_plain(words, streams)
        values = exported_variables(shell)
        for name in sorted(values):
            if not is_empty or name in shell.state.exported:
                _print(streams, f"{name}={values[name]}\n")
        return 0
    finally:
        shell.session.variables.clear()
        shell.session.variables.update(before)
        shell.state.exported = exported


def print_environment(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``printenv``."""
    values = exported_variables(shell)
    if len(argv) == 1:
        return environment(shell, ["env"], streams)
    for name in argv[1:]:
        if name in values:
            _print(streams, values[name] + "\n")
    return int(any(name not in values for name in argv[1:]))


def no_jobs(_shell: Shell, argv: list[str], streams: Streams) -> int:
    """``wait`` and ``jobs``: nothing runs in the background, so there is nothing to wait for or to list."""
    return 0


def help_(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``help``: what can be run here."""
    names = sorted({*shell.tools, *BUILTINS} - {":", ".", "source"})
    rows = ["This is a simulated shell. It runs:", ""]
    row = ""
    for name in names:
        if len(row) + len(name) + 3 > min(shell.session.width, 100):
            rows.append(row)
            row = ""
        row += f"  {name}"
    return _print(streams, "\n".join((*rows, row, "")))


def _not_simulated(_shell: Shell, argv: list[str], streams: Streams) -> int:
    return _refuse(streams, argv[0])


BUILTINS: dict[str, Callable[[Shell, list[str], Streams], int]] = {
    ":": colon,
    ".": source,
    "alias": alias,
    "bash": subordinate_shell,
    "break": break_,
    "cd": change_folder,
    "command": command,
    "continue": continue_,
    "declare": local,
    "env": environment,
    "eval": evaluate,
    "exit": leave,
    "export": export,
    "help": help_,
    "history": history,
    "jobs": no_jobs,
    "local": local,
    "logout": leave,
    "printenv": print_environment,
    "pwd": print_folder,
    "read": read,
    "return": return_,
    "set": set_options,
    "sh": subordinate_shell,
    "shift": shift,
    "source": source,
    "type": show_type,
    "typeset": local,
    "unalias": unalias,
    "unset": unset,
    "wait": no_jobs,
    "which": which,
    **dict.fromkeys(
        ("bg", "bind", "complete", "compgen", "disown", "exec", "fg", "getopts", "let", "mapfile",
        "readarray", "readonly",
         "shopt", "trap", "ulimit", "umask", "kill"),
        _not_simulated,
    ),
}  # fmt: skip
"""Run by the shell before any program of that name."""

ALSO_BUILTIN = frozenset(("echo", "printf", "test", "[", "true", "false"))
"""Builtins of bash that are ordinary programs here, because they need nothing of the shell."""
