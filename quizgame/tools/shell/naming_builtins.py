"""Builtins that tell or set what a name runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.tools.shell.replies import print_text, quote
from quizgame.tools.shell.state import Streams

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell


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
            print_text(streams, kind + "\n")
        else:
            text = {
                "alias": lambda n: f"{n} is aliased to `{shell.state.aliases[n]}'",
                "function": lambda n: f"{n} is a function",
                "builtin": lambda n: f"{n} is a shell builtin",
                "file": lambda n: f"{n} is {program_path(n)}",
            }[kind](name)
            print_text(streams, text + "\n")
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
                print_text(streams, f"alias {name}={quote(shell.state.aliases[name])}\n")
            else:
                print_text(streams, (program_path(name) if kind == "file" else name) + "\n")
        return status
    return shell.run_plain(words, streams)


def which(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``which``."""
    status = 0 if len(argv) > 1 else 1
    for name in argv[1:]:
        if name in set(shell.tools):
            print_text(streams, program_path(name) + "\n")
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
            print_text(streams, f"alias {name}='{text}'\n")
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


def help_(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``help``: what can be run here."""
    names = sorted({*shell.tools, *shell.builtin_names} - {":", ".", "source"})
    rows = ["This is a simulated shell. It runs:", ""]
    row = ""
    for name in names:
        if len(row) + len(name) + 3 > min(shell.session.width, 100):
            rows.append(row)
            row = ""
        row += f"  {name}"
    return print_text(streams, "\n".join((*rows, row, "")))
