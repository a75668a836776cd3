"""Entry of the ``hubble`` command: words in, lines and an exit status out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from quizgame.errors import QuizgameError
from quizgame.goflags.command import Command
from quizgame.hubble.command.configfile import read_config
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.help import hubble_help_page, hubble_usage
from quizgame.hubble.command.security import check_connection_flags
from quizgame.hubble.command.settings import apply_settings
from quizgame.hubble.command.tree import Tree, build_tree
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.sink import Sink

__all__ = ["Exit", "HubbleEnvironment", "run_hubble"]


class Exit(IntEnum):
    """Exit statuses of the tool, and ours for what it can and we cannot."""

    DONE = 0
    FAILED = 1
    NOT_SIMULATED = 3


def run_hubble(words: Sequence[str], environment: HubbleEnvironment, sink: Sink) -> int:
    """Run one command line, without the program's name; print to the sink; return the exit status."""
    try:
        _run(words, environment, sink)
    except NotSimulated as refusal:
        sink.err(f"quizgame: {refusal.message}\n")
        return Exit.NOT_SIMULATED
    except QuizgameError as failure:
        sink.err(f"{failure.message}\n")
        return Exit.FAILED
    finally:
        sink.flush()
    return Exit.DONE


def _run(words: Sequence[str], environment: HubbleEnvironment, sink: Sink) -> None:
    tree = build_tree(environment.environ)
    found = tree.root.invoke(words)
    command, flags = found.command, found.flags
    for notice in flags.notices:
        sink.err(notice + "\n")
    if command.name == "help" and not found.wants_help:
        _print_help_topic(tree, found.args, sink)
        return
    if command is tree.root and flags.is_on("version") and not flags.is_on("help"):
        sink.out(f"hubble {environment.version}\r\n")
        return
    run = tree.runs.get(command.path)
    if found.wants_help or run is None:
        sink.out(hubble_help_page(command, tree.help_groups(command)))
        return
    settings = tuple(flag.name for flag in tree.root.persistent_flags)
    path = environment.environ.get("HUBBLE_CONFIG", "")
    if flags.changed("config") or not path:
        path = flags.text("config")
    config = read_config(path, environment.open_file)
    apply_settings(flags, (*settings, "allowlist", "denylist"), environment.environ, config)
    if not command.path.startswith("hubble config"):
        # Source: cilium/cilium v1.19 hubble/cmd/config/config.go: what is wrong can still be looked at and mended.
        check_connection_flags(flags, environment)
    run(flags, environment, sink)


def _print_help_topic(tree: Tree, topic: Sequence[str], sink: Sink) -> None:
    command: Command | None = tree.root
    for word in topic:
        command = command.child(word) if command else None
    if command is None:
        shown = "".join(f"`{word}` " for word in topic).rstrip()
        sink.err(f"Unknown help topic [{shown}]\n")
        sink.err(hubble_usage(tree.root, tree.help_groups(tree.root)))
        return
    sink.out(hubble_help_page(command, tree.help_groups(command)))
