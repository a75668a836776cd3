"""kubectl's help pages: its own layout, not cobra's."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.goflags.flagset import Flag
from quizgame.goflags.quoting import quote
from quizgame.tools.kubectl.commands import COMMANDS, GROUPS
from quizgame.tools.kubectl.globalflags import global_flags
from quizgame.tools.kubectl.verb import Row, Verb

_GLOBAL_HINT = 'Use "kubectl options" for a list of global command-line options (applies to all commands).\n'


def root_page() -> str:
    """``kubectl --help``."""
    listed = [row for row in COMMANDS if row.group]
    width = 16
    out = [
        "kubectl controls the Kubernetes cluster manager.\n\n",
        " Find more information at: https://kubernetes.io/docs/reference/kubectl/\n",
    ]
    for group in GROUPS:
        out.append(f"\n{group}:\n")
        out += [f"  {row.name:<{width}}{row.short}\n" for row in listed if row.group == group]
        if group == GROUPS[-2]:
            out.append("\nSubcommands provided by plugins:\n")
    out.append("\nUsage:\n  kubectl [flags] [options]\n\n")
    out.append('Use "kubectl <command> --help" for more information about a given command.\n')
    return "".join(out) + _GLOBAL_HINT


def command_page(path: str, row: Row, verb: Verb | None) -> str:
    """The help page of one command.

    Args:
        path: The words that name it.
        row: Its row in the table.
        verb: What it does; ``None`` for a group and for what is not simulated.
    """
    return (row.long or f"{row.short}.") + "\n\n" + usage_page(path, row, verb)


def usage_page(path: str, row: Row, verb: Verb | None) -> str:
    """The help page without its introduction."""
    out = []
    if row.aliases:
        out.append(f"Aliases:\n{', '.join((row.name, *row.aliases))}\n\n")
    if verb is not None and verb.examples:
        out.append(f"Examples:\n{verb.examples.rstrip()}\n\n")
    if row.children:
        width = max(13, *(len(child.name) for child in row.children))
        shown = "".join(f"  {child.name:<{width}} {child.short}\n" for child in row.children)
        out.append(f"Available Commands:\n{shown}\n")
    flags = verb.flags() if verb is not None else []
    if flags:
        out.append(f"Options:\n{options_text(flags)}\n")
    usage = f"{path} {verb.usage}".rstrip() if verb is not None else f"{path} [flags]"
    out.append(f"Usage:\n  {usage} [options]\n\n")
    if row.children:
        out.append(f'Use "{path} <command> --help" for more information about a given command.\n')
    return "".join(out) + _GLOBAL_HINT


def options_text(flags: Sequence[Flag]) -> str:
    """Options as kubectl lists them: each with its default, its usage on the next line."""
    out = []
    for flag in sorted(flags, key=lambda each: each.name):
        if flag.hidden:
            continue
        short = f"-{flag.short}, " if flag.short else ""
        out.append(f"    {short}--{flag.name}={_default(flag)}:\n\t{flag.usage}\n")
    return "\n".join(out)


def _default(flag: Flag) -> str:
    value = flag.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return flag.default_text if flag.kind != "string" and flag.default_text else quote(value).replace('"', "'")
    if isinstance(value, (list, dict)):
        return "[]"
    return "0s" if flag.kind == "duration" and not value else flag.default_text or str(value)


def options_page() -> str:
    """``kubectl options``."""
    return "The following options can be passed to any command:\n\n" + options_text(global_flags()) + "\n"
