"""Which command a command line names, and the flags it takes."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.goflags.flagset import Flag, FlagSet, boolean
from quizgame.tools.kubectl.commands import ROOT
from quizgame.tools.kubectl.globalflags import global_flags, refused_global_flags
from quizgame.tools.kubectl.verb import Row, Verb


def find_command(words: Sequence[str]) -> tuple[Row, str, list[str]]:
    """The command that the words name.

    Returns:
        Its row (the root where there is none), the words that name it, and the words left for it.
    """
    # Source: spf13/cobra command.go Find: flags may stand before the command's name.
    row, path, rest = ROOT, ROOT.name, [*words]
    while row.children:
        flags = FlagSet.of([*global_flags(), *refused_global_flags()])
        if row.target:
            verb = row.load()
            flags.add([*verb.flags(), *verb.refused_flags()])
        place = _first_word(rest, flags)
        child = row.child(rest[place]) if place >= 0 else None
        if child is None:
            break
        del rest[place]
        row, path = child, f"{path} {child.name}"
    return row, path, rest


def _first_word(words: Sequence[str], flags: FlagSet) -> int:
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            return -1
        if not word.startswith("-") or word == "-":
            return at
        if word.startswith("--"):
            flag = flags.flags.get(word[2:])
            takes_next = "=" not in word and flag is not None and not flag.no_opt_default
        else:
            flag = flags.shorts.get(word[1:2])
            takes_next = len(word) == 2 and flag is not None and not flag.no_opt_default
        at += 2 if takes_next else 1
    return -1


def flag_set(verb: Verb | None) -> tuple[FlagSet, list[Flag]]:
    """All flags of a command (of the root: ``None``), and those among them that are refused."""
    refused = [*(verb.refused_flags() if verb is not None else ()), *refused_global_flags()]
    flags = FlagSet.of(verb.flags() if verb is not None else ())
    flags.add(refused)
    flags.add(global_flags())
    if "help" not in flags:
        flags.add([boolean("help", "show this page", short="" if "h" in flags.shorts else "h")])
    return flags, refused
