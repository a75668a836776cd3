"""Commands that act on the shell itself: its folder, variables, aliases, control flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.tools import folder
from quizgame.tools.output import Line, lines
from quizgame.tools.session import Session
from quizgame.tools.shell import job_builtins, naming_builtins, variable_builtins
from quizgame.tools.shell.control import BreakLoop, ContinueLoop, ExitShell, ReturnFromFunction
from quizgame.tools.shell.replies import invalid_option, print_text, refuse
from quizgame.tools.shell.state import Streams

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell


def now_ns(session: Session) -> int:
    """The simulated instant, in nanoseconds."""
    return session.world.clock.now_ns


def time_report(elapsed_ns: int) -> list[Line]:
    """What ``time`` prints; only simulated time passes, so no processor time is used."""
    seconds = elapsed_ns / 1e9
    return lines(f"\nreal\t{int(seconds // 60)}m{seconds % 60:.3f}s\nuser\t0m0.000s\nsys\t0m0.000s\n")


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
        print_text(streams, previous + "\n")
        target = previous
    elif target.startswith("-") and len(target) > 1:
        return invalid_option(shell, streams, "cd", target, "cd [-L|[-P [-e]] [-@]] [dir]")
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
            return invalid_option(shell, streams, "pwd", word, "pwd [-LP]")
    return print_text(streams, shell.session.cwd + "\n")


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
            return refuse(streams, f"{argv[0]} {word}")
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
            return refuse(streams, f"history {argv[1]}")
        if not argv[1].isdigit():
            return shell.complain(streams, f"history: {argv[1]}: numeric argument required")
        first = max(0, len(entries) - int(argv[1]))
    for number, entry in enumerate(entries[first:], first + 1):
        print_text(streams, f"{number:5d}  {entry}\n")
    return 0


def _not_simulated(_shell: Shell, argv: list[str], streams: Streams) -> int:
    return refuse(streams, argv[0])


REFUSED = frozenset(
    ("bind", "complete", "compgen", "disown", "exec", "getopts", "let", "mapfile", "readarray",
     "readonly", "shopt", "trap", "ulimit", "umask")
)  # fmt: skip
"""Builtins of bash that are not simulated."""

BUILTINS: dict[str, Callable[[Shell, list[str], Streams], int]] = {
    ":": colon,
    ".": source,
    "alias": naming_builtins.alias,
    "bash": subordinate_shell,
    "bg": job_builtins.background,
    "break": break_,
    "cd": change_folder,
    "command": naming_builtins.command,
    "continue": continue_,
    "declare": variable_builtins.local,
    "env": variable_builtins.environment,
    "eval": evaluate,
    "exit": leave,
    "export": variable_builtins.export,
    "fg": job_builtins.foreground,
    "help": naming_builtins.help_,
    "history": history,
    "jobs": job_builtins.list_jobs,
    "kill": job_builtins.kill,
    "local": variable_builtins.local,
    "logout": leave,
    "printenv": variable_builtins.print_environment,
    "pwd": print_folder,
    "read": variable_builtins.read,
    "return": return_,
    "set": variable_builtins.set_options,
    "sh": subordinate_shell,
    "shift": variable_builtins.shift,
    "source": source,
    "type": naming_builtins.show_type,
    "typeset": variable_builtins.local,
    "unalias": naming_builtins.unalias,
    "unset": variable_builtins.unset,
    "wait": job_builtins.wait,
    "which": naming_builtins.which,
    **dict.fromkeys(REFUSED, _not_simulated),
}  # fmt: skip
"""Run by the shell itself, unless its table of programs has one of that name (``env`` in a pod)."""

ALSO_BUILTIN = frozenset(("echo", "printf", "test", "[", "true", "false"))
"""Builtins of bash that are ordinary programs here, because they need nothing of the shell."""
