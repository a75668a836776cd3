"""``cilium-dbg`` itself: finds the command, and refuses plainly what the simulation does not have."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.crds import minor_of
from quizgame.cluster.fabric import agent_on
from quizgame.goflags.command import Command, help_page, usage_page
from quizgame.goflags.errors import FlagError, UnknownCommandError
from quizgame.goflags.flagset import boolean, string, string_map, string_slice
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.cilium_dbg.catalog import GROUPS, OTHER_FLAGS, REFUSED
from quizgame.tools.cilium_dbg.commands import (
    bgp,
    bpf_auth,
    bpf_bandwidth,
    bpf_counters,
    bpf_lb,
    bpf_maps,
    bpf_policy,
    bpf_tables,
    endpoint,
    identity,
    lists,
    lrp,
    maps,
    metrics,
    misc,
    monitor,
    policy,
    shell,
    status,
    troubleshoot,
)
from quizgame.tools.cilium_dbg.formats import converted
from quizgame.tools.output import Line, Result, lines, not_simulated
from quizgame.tools.pod.context import PodContext

COMMANDS: tuple[Sub, ...] = (
    *status.COMMANDS,
    *endpoint.COMMANDS,
    *identity.COMMANDS,
    *policy.COMMANDS,
    *bpf_policy.COMMANDS,
    *bpf_maps.COMMANDS,
    *lists.COMMANDS,
    *monitor.COMMANDS,
    *misc.COMMANDS,
    *bgp.COMMANDS,
    *troubleshoot.COMMANDS,
    *shell.COMMANDS,
    *bpf_auth.COMMANDS,
    *bpf_bandwidth.COMMANDS,
    *bpf_counters.COMMANDS,
    *bpf_lb.COMMANDS,
    *bpf_tables.COMMANDS,
    *maps.COMMANDS,
    *metrics.COMMANDS,
    *lrp.COMMANDS,
)
"""Everything simulated, in the order of the reference."""
REFUSED_EVERYWHERE = ("config", "host", "log-driver", "log-opt")
"""Flags of all commands that the real tool has and the simulation has not."""


def _refusal(path: str) -> Sub:
    return Sub(path, path.rpartition(" ")[2], REFUSED[path], lambda _call: not_simulated(f"cilium-dbg {path}"))


def command_tree() -> tuple[Command, dict[Command, Sub]]:
    """The commands, and what runs each; fresh for every invocation, since flags hold their values."""
    root = Command(
        "cilium-dbg",
        long="Talks to the Cilium agent of this node",
        runnable=False,
        persistent_flags=[
            string("config", "Configuration file (default is $HOME/.cilium.yaml)"),
            boolean("debug", "Print debugging messages", short="D"),
            string("host", "Address of the agent's API", short="H"),
            string_slice("log-driver", "Where to log to (example: syslog)"),
            string_map("log-opt", "`map` of options for logging (example: format=json)"),
        ],
    )
    nodes: dict[str, Command] = {"": root}
    runs: dict[Command, Sub] = {}
    for path, summary in GROUPS.items():
        nodes[path] = Command(path.rpartition(" ")[2], short=summary, long=summary, runnable=False)
        nodes[path.rpartition(" ")[0]].add(nodes[path])
    for sub in (*COMMANDS, *(_refusal(path) for path in REFUSED)):
        flags = [*sub.flags(), *OTHER_FLAGS.get(sub.path, list)()]
        command = Command(sub.use, short=sub.short, long=sub.long or sub.short, flags=flags, aliases=sub.aliases)
        nodes[sub.path] = command
        nodes[sub.path.rpartition(" ")[0]].add(command)
        runs[command] = sub
    return root, runs


_UNTIL_118 = ("policy import", "policy delete", "policy validate", "recorder", "bpf recorder")
"""Commands that an agent of 1.18 still has. Source: reference versions.md, command-line tools."""


def former_command(words: Sequence[str], version: str) -> str:
    """The command that is asked for, where only an agent of 1.18 has it; else empty."""
    if minor_of(version) >= (1, 19):
        return ""
    text = " ".join(word for word in words if not word.startswith("-"))
    return next((each for each in _UNTIL_118 if f"{text} ".startswith(f"{each} ")), "")


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``cilium-dbg`` in an agent's pod (a ``PodProgram``)."""
    root, runs = command_tree()
    words = list(argv[1:])
    former = former_command(words, context.cluster.cilium_version)
    if former:
        return not_simulated(f"cilium-dbg {former}, which Cilium 1.19 has no more,")
    try:
        found = root.invoke(words)
    except UnknownCommandError as unknown:
        text = f"{unknown}"
        return Result(
            stdout=lines(f"{text}\n"),
            stderr=lines(f"Error: {text}\nRun 'cilium-dbg --help' for usage.\n"),
            exit=1,
        )
    except FlagError as wrong:
        command, _ = root.find(words)
        if command in runs and runs[command].path in REFUSED:
            return not_simulated(f"cilium-dbg {runs[command].path}")
        return Result(stdout=lines(f"{usage_page(command)}\n{wrong}\n"), stderr=lines(f"Error: {wrong}\n"), exit=1)
    sub = runs.get(found.command)
    if found.wants_help or sub is None:
        return Result(stdout=lines(help_page(found.command)))
    for name in (*(flag.name for flag in OTHER_FLAGS.get(sub.path, list)()), *REFUSED_EVERYWHERE):
        if found.flags.changed(name):
            return not_simulated(f"cilium-dbg {sub.path} --{name}")
    agent = agent_on(context.session.world, context.cluster.context, context.node_name)
    try:
        result = sub.run(Call(agent, context, found.flags, found.args, help_page(found.command), stdin))
        return converted(result, found.flags.text("output")) if "output" in found.flags else result
    except DbgError as failed:
        return failed.result
