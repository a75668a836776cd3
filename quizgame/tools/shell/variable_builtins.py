"""Builtins that read and set variables and the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quizgame.tools.output import lines
from quizgame.tools.shell.replies import invalid_option, print_text, quote, refuse
from quizgame.tools.shell.state import EXPORTED_PRESETS, Streams, preset

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)


def export(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``export``."""
    operands = argv[1:]
    if not operands or operands == ["-p"]:
        for name in sorted(exported_variables(shell)):
            value = shell.session.variables.get(name) or preset(shell.session, name) or ""
            print_text(streams, f'declare -x {name}="{value}"\n')
        return 0
    is_removal = operands[0] == "-n"
    if operands[0].startswith("-") and not is_removal:
        return invalid_option(shell, streams, "export", operands[0], "export [-fn] [name[=value] ...] or export -p")
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
        return refuse(streams, f"{argv[0]} {operands[0]}")
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
            return invalid_option(shell, streams, "unset", name, "unset [-f] [-v] [-n] [name ...]")
        if not shell.session.variables.pop(name, None):
            shell.state.functions.pop(name, None)
        shell.state.exported.discard(name)
        shell.state.origins.pop(name, None)
    return 0


def set_options(shell: Shell, argv: list[str], streams: Streams) -> int:
    """``set``: ``-e``, ``-u``, ``-o pipefail``, the positional parameters, and the list of variables."""
    words = argv[1:]
    if not words:
        return print_text(
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
                return refuse(streams, f"set {word}{' ' + chosen if letter == 'o' else ''}")
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
            return refuse(streams, f"read {option}")
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
            if words[0] not in shell.tools and not shell.find_program(words[0]):
                streams.stderr.write(lines(f"env: '{words[0]}': No such file or directory\n"))
                return 127
            return shell.run_plain(words, streams)
        values = exported_variables(shell)
        for name in sorted(values):
            if not is_empty or name in shell.state.exported:
                print_text(streams, f"{name}={values[name]}\n")
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
            print_text(streams, values[name] + "\n")
    return int(any(name not in values for name in argv[1:]))
