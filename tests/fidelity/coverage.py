"""What each tool has of the real one's commands and options, read off the tables that the tools themselves run by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from quizgame.goflags.command import Command
from quizgame.goflags.flagset import Flag
from quizgame.hubble.command.settings import UNSIMULATED_SERVER_FLAGS
from quizgame.hubble.command.tree import build_tree
from quizgame.tools import registry
from quizgame.tools.cilium import commands as cilium_commands
from quizgame.tools.cilium.program import REFUSED_EVERYWHERE
from quizgame.tools.cilium.program import command_tree as cilium_tree
from quizgame.tools.cilium_dbg.catalog import OTHER_FLAGS, REFUSED
from quizgame.tools.cilium_dbg.program import COMMANDS as DBG_COMMANDS
from quizgame.tools.cilium_dbg.program import REFUSED_EVERYWHERE as REFUSED_IN_AGENT
from quizgame.tools.cilium_dbg.program import command_tree as dbg_tree
from quizgame.tools.kubectl.commands import ROOT
from quizgame.tools.kubectl.globalflags import global_flags, refused_global_flags
from quizgame.tools.kubectl.manifests import REFUSED_FILE_FLAGS
from quizgame.tools.kubectl.verb import Row
from quizgame.tools.pod import dispatch
from quizgame.tools.text.jq import tool as jq
from quizgame.tools.text.jq.tool import JQ
from quizgame.tools.text.options import OptionTable

_DIGITS = frozenset("0123456789")
"""Options of tables that read ``-25`` digit by digit."""
EVERY_COMMAND = "(every command)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its words, and its options as they are typed."""

    command: str
    simulated: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    note: str = ""
    """For a program without a table of options: what it says of itself."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what of it is simulated, and the commands that are refused as a whole."""

    name: str
    entries: tuple[Entry, ...]
    refused: tuple[str, ...] = ()


def all_tools() -> tuple[Tool, ...]:
    """Every tool, in the order of the page."""
    return (_kubectl(), _cilium(), _cilium_dbg(), _hubble(), _pod_programs(), _workstation())


def _entry(command: str, flags: Iterable[Flag], refused: Iterable[str] = ()) -> Entry:
    left_out = frozenset(refused)
    known = sorted((flag for flag in flags if not flag.hidden), key=lambda flag: flag.name)
    return Entry(
        command,
        tuple(_typed(flag) for flag in known if flag.name not in left_out),
        tuple(_typed(flag) for flag in known if flag.name in left_out),
    )


def _typed(flag: Flag) -> str:
    return f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"


def _kubectl() -> Tool:
    refused = refused_global_flags()
    entries = [_entry(EVERY_COMMAND, [*global_flags(), *refused], [flag.name for flag in refused])]
    refused_commands = []
    for path, row in _rows(ROOT, ""):
        if row.target and not row.is_refused:
            verb = row.load()
            unsimulated = verb.refused_flags()
            names = {flag.name for flag in unsimulated} | REFUSED_FILE_FLAGS
            entries.append(_entry(path, [*verb.flags(), *unsimulated], names))
        elif not row.children:
            refused_commands.append(path)
    return Tool("kubectl", tuple(entries), tuple(refused_commands))


def _rows(row: Row, above: str) -> Iterator[tuple[str, Row]]:
    for child in row.children:
        path = f"{above} {child.name}".strip()
        yield path, child
        yield from _rows(child, path)


def _cilium() -> Tool:
    root, runs = cilium_tree()
    entries = [_entry(EVERY_COMMAND, root.persistent_flags, REFUSED_EVERYWHERE)]
    refused = []
    for command, sub in runs.items():
        if sub.is_refused:
            refused.append(sub.path)
        else:
            entries.append(_entry(sub.path, command.flags, sub.refused_flags))
    assert len(entries) + len(refused) == 1 + len(cilium_commands.COMMANDS) + len(cilium_commands.REFUSED)
    return Tool("cilium", tuple(entries), tuple(refused))


def _cilium_dbg() -> Tool:
    root, _ = dbg_tree()
    entries = [_entry(EVERY_COMMAND, root.persistent_flags, REFUSED_IN_AGENT)]
    for sub in DBG_COMMANDS:
        other = OTHER_FLAGS[sub.path]() if sub.path in OTHER_FLAGS else []
        entries.append(_entry(sub.path, [*sub.flags(), *other], [flag.name for flag in other]))
    return Tool("cilium-dbg", tuple(entries), tuple(REFUSED))


def _hubble() -> Tool:
    tree = build_tree({})
    unsimulated = (*UNSIMULATED_SERVER_FLAGS, "cel-expression")
    entries = [_entry(EVERY_COMMAND, tree.root.persistent_flags, unsimulated)]
    refused = []
    for command in _commands(tree.root):
        path = command.path.partition(" ")[2]
        if tree.is_refused(command):
            refused.append(path)
        elif command.path in tree.runs:
            entries.append(_entry(path, command.flags, unsimulated))
    return Tool("hubble", tuple(entries), tuple(refused))


def _commands(command: Command) -> Iterator[Command]:
    for child in command.children:
        yield child
        yield from _commands(child)


def _pod_programs() -> Tool:
    tables = {**dispatch.SYSTEM, **dispatch.NETWORK, **dispatch.AGENT}
    return Tool("programs in pods", tuple(_program(name, target) for name, target in sorted(tables.items())))


def _workstation() -> Tool:
    own = {"kubectl", "k", "cilium", "hubble"}
    entries = [_program(name, target) for name, target in sorted(registry.PROGRAMS.items()) if name not in own]
    return Tool("text tools and other programs", tuple(entries), tuple(sorted(registry.REFUSED)))


def _program(name: str, target: str) -> Entry:
    """A program's options, where it has a table of them."""
    module_name, _, attribute = target.partition(":")
    module = import_module(module_name)
    program = getattr(module, attribute)
    if program is JQ:
        return _jq(name)
    table = getattr(program, "table", None) or getattr(module, "OPTIONS", None)
    if not isinstance(table, OptionTable):
        described = program if callable(program) else type(program)
        return Entry(name, note=(described.__doc__ or "").partition("\n")[0].replace("``", "`"))
    spelled: dict[str, list[str]] = {}
    takes_any_number = table.options.keys() >= _DIGITS
    if takes_any_number:
        spelled["0"] = ["-NUM"]
    for spelling, option in table.options.items():
        if takes_any_number and spelling in _DIGITS:
            continue
        spelled.setdefault(option.key, []).append(f"-{spelling}" if len(spelling) == 1 else f"--{spelling}")
    joined = {key: ", ".join(spellings) for key, spellings in spelled.items()}
    is_simulated = {option.key: option.is_simulated for option in table.options.values()}
    return Entry(
        name,
        tuple(joined[key] for key in sorted(joined, key=str.lower) if is_simulated[key]),
        tuple(joined[key] for key in sorted(joined, key=str.lower) if not is_simulated[key]),
    )


def _jq(name: str) -> Entry:
    shorts = {long: short for short, long in jq.FLAGS.items()}
    known = sorted(f"-{shorts[long]}, --{long}" if long in shorts else f"--{long}" for long in (*jq.LONG, *jq.TAKING))
    refused = sorted(f"-{each}" if len(each) == 1 else f"--{each}" for each in jq.NOT_SIMULATED)
    return Entry(name, tuple(known), tuple(refused))
