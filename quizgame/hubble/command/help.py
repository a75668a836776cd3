"""Help pages in the tool's own layout: flags in groups, the groups in a fixed order.

# Source: cilium/cilium v1.19 hubble/cmd/common/template/usage.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.goflags.command import Command, use_line
from quizgame.goflags.flagset import Flag
from quizgame.goflags.usage import flag_usages

FlagGroup = tuple[str, Sequence[Flag]]
"""A heading without its last word, ``Server``, and its flags."""


def hubble_help_page(command: Command, groups: Sequence[FlagGroup]) -> str:
    """Return a command's help page."""
    about = (command.long or command.short).rstrip()
    return f"{about}\n\n{hubble_usage(command, groups)}"


def hubble_usage(command: Command, groups: Sequence[FlagGroup]) -> str:
    """Return the part of the page below the description."""
    out = ["Usage:"]
    if command.runnable:
        out.append(f"\n  {use_line(command)}")
    visible = command.visible_children
    if visible:
        out.append(f"\n  {command.path} [command]")
    if command.aliases:
        out.append("\n\nAliases:\n  " + ", ".join((command.name, *command.aliases)))
    if command.example:
        out.append(f"\n\nExamples:\n{command.example}")
    if visible:
        width = max(11, *(len(child.name) for child in command.children))
        out.append("\n\nAvailable Commands:")
        out += [f"\n  {child.name:<{width}} {child.short}" for child in visible]
    out.append("\n\n")
    out += [f"{name} Flags:\n{flag_usages(flags)}\n" for name, flags in groups]
    out.append("Get help:\n  -h, --help\tHelp for any command or subcommand")
    if visible:
        out.append(f'\n\nUse "{command.path} [command] --help" for more information about a command.')
    out.append("\n")
    return "".join(out)
