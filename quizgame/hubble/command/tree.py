"""The command tree of ``hubble``.

# Source: cilium/cilium v1.19 hubble/cmd (names, short texts, flags; descriptions are our own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from quizgame.goflags.command import Command
from quizgame.goflags.flagset import Flag, FlagSet, boolean, string
from quizgame.hubble.command import observeflags
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.filterflags import FilterFlags
from quizgame.hubble.command.help import FlagGroup
from quizgame.hubble.command.settings import global_flags, server_flags
from quizgame.hubble.filters.predicate import NotSimulated
from quizgame.hubble.sink import Sink

Run = Callable[[FlagSet, HubbleEnvironment, Sink], None]

_ROOT = "Hubble is a utility to observe and inspect recent Cilium routed traffic in a cluster."
_OBSERVE_FLOWS = """Show flows: what the agents saw on the network and in applications.

Filters choose flows by pod, service, connection, DNS query, HTTP request and more.
Values of one filter are alternatives; different filters must all match. A filter
after --not leaves flows out instead."""
_EXAMPLES = """* Reading a capture

    hubble observe -o jsonpb --last 1000 > flows.json
    hubble observe --input-file flows.json

* Values of one filter are alternatives, different filters add up

    hubble observe --http-method put --http-method get --to-namespace foo

* Leaving flows out

    hubble observe --not --http-method put --not --to-namespace foo"""
_FORMATS = "Output format, one of:\n{}\n"
_STATUS_FORMATS = (
    " compact:  Compact output\n dict:     One KEY: value line a field\n json:     JSON\n table:    Aligned columns"
)
_LIST_FORMATS = " json:     JSON\n table:    Aligned columns\n wide:     Aligned columns, more of them"
_CONFIG = """Show or change hubble's settings. They come, in order of precedence, from flags,
environment variables (HUBBLE_ and the flag's name in capitals, dashes as
underscores), the configuration file and defaults."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree with what belongs to each command, by its path."""

    root: Command
    runs: Mapping[str, Run]
    groups: Mapping[str, tuple[FlagGroup, ...]]
    global_group: FlagGroup

    def help_groups(self, command: Command) -> tuple[FlagGroup, ...]:
        """Return the groups of flags on a command's help page."""
        return (*self.groups.get(command.path, ()), self.global_group)

    def is_refused(self, command: Command) -> bool:
        """Say whether the real tool has a command and the simulation has not."""
        return isinstance(self.runs.get(command.path), _Refusal)


def build_tree(environ: Mapping[str, str]) -> Tree:
    """Return a fresh tree: flags hold the values of one run."""
    shared, server = global_flags(environ), server_flags()
    runs: dict[str, Run] = {}
    groups: dict[str, tuple[FlagGroup, ...]] = {}
    setting_names = [flag.name for flag in (*shared, *server)]

    root = Command(
        "hubble",
        long=_ROOT,
        runnable=False,
        flags=[boolean("version", "version for hubble", short="v")],
        persistent_flags=[*shared, *server],
    )
    observing, observe_groups = _observe_command("observe", "Observe flows and events of a Hubble server", runs, server)
    flows, flows_groups = _observe_command("flows", "Observe flows of a Hubble server", runs, server, observing.name)
    flows.long, flows.example = _OBSERVE_FLOWS, _EXAMPLES
    observing.add(
        _events_command("agent-events", "Observe Cilium agent events", runs, groups, server),
        _events_command("debug-events", "Observe Cilium debug events", runs, groups, server),
        flows,
    )
    status_flags = [_output(_FORMATS.format(_STATUS_FORMATS), "compact", ("compact", "dict", "json", "table"))]
    list_flags = [_output(_FORMATS.format(_LIST_FORMATS)[:-1], "table", ("json", "table", "wide"))]
    namespace_flags = [_output(_FORMATS.format(_LIST_FORMATS)[:-1], "table", ("json", "table", "wide"))]
    root.add(
        _refused("completion", "Generate the autocompletion script for the specified shell", runs),
        _config_command(setting_names, runs),
        Command("help", short="Help about any command"),
        Command("list", short="List Hubble objects", runnable=False).add(
            Command("namespaces", short="List namespaces with recent flows", flags=namespace_flags),
            Command("nodes", short="List Hubble nodes", aliases=("node",), flags=list_flags),
        ),
        observing,
        Command(
            "status",
            short="Display status of Hubble server",
            long="Show whether the Hubble server answers and how full its buffers are.",
            flags=status_flags,
        ),
        Command("version", short="Display detailed version information"),
        *(
            _refused(name, short, runs, hidden=True)
            for name, short in (
                ("watch", "Watch Hubble objects"),
                ("reflect", "Use gRPC reflection to explore Hubble's API"),
            )
        ),
    )
    runs["hubble status"] = _late("status", "run_status")
    runs["hubble list nodes"] = _late("lists", "run_list_nodes")
    runs["hubble list namespaces"] = _late("lists", "run_list_namespaces")
    runs["hubble version"] = lambda _flags, environment, sink: sink.out(
        f"hubble {environment.version}{environment.build}\n"
    )
    server_group: FlagGroup = ("Server", server)
    groups["hubble observe"], groups["hubble observe flows"] = observe_groups, flows_groups
    groups["hubble list"] = (server_group,)
    groups["hubble list nodes"] = (("Formatting", list_flags), server_group)
    groups["hubble list namespaces"] = (("Formatting", namespace_flags), server_group)
    groups["hubble status"] = (("Formatting", status_flags), server_group)
    return Tree(root, runs, groups, ("Global", shared))


def _output(usage: str, default: str, formats: tuple[str, ...]) -> Flag:
    return string("output", usage, short="o", default=default, choices=formats)


def _observe_command(
    name: str, short: str, runs: dict[str, Run], server: list[Flag], parent: str = ""
) -> tuple[Command, tuple[FlagGroup, ...]]:
    filters = FilterFlags()
    own: tuple[FlagGroup, ...] = (
        ("Selectors", observeflags.selector_flags()),
        ("Filters", observeflags.filter_flags(filters)),
        ("Raw-Filters", observeflags.raw_filter_flags()),
        ("Formatting", observeflags.formatting_flags()),
        ("Flow Format", observeflags.flow_format_flags()),
        ("Other", observeflags.other_flags()),
    )
    command = Command(name, short=short, flags=[flag for _, flags in own for flag in flags])
    path = " ".join(word for word in ("hubble", parent, name) if word)
    runs[path] = _late("observe", "run_observe", filters)
    return command, (*own[:-1], ("Server", server), own[-1])


def _events_command(
    name: str, short: str, runs: dict[str, Run], groups: dict[str, tuple[FlagGroup, ...]], server: list[Flag]
) -> Command:
    own: tuple[FlagGroup, ...] = (
        ("Selectors", observeflags.selector_flags()),
        ("Formatting", observeflags.formatting_flags()),
        ("Other", observeflags.other_flags()),
    )
    path = f"hubble observe {name}"
    groups[path] = (*own[:-1], ("Server", server), own[-1])
    runs[path] = _late("events", f"run_{name.replace('-', '_')}")
    return Command(name, short=short, flags=[flag for _, flags in own for flag in flags])


def _config_command(setting_names: list[str], runs: dict[str, Run]) -> Command:
    runs["hubble config view"] = _late("config", "run_config_view", setting_names)
    runs["hubble config get"] = _late("config", "run_config_get", setting_names)
    for name in ("set", "reset"):
        runs[f"hubble config {name}"] = _late("configchange", f"run_config_{name}", setting_names)
    return Command("config", short="Modify or view hubble config", long=_CONFIG, runnable=True).add(
        Command("get [KEY]", short="Get an individual value in the hubble config file"),
        Command("reset [KEY]", short="Reset all or an individual value in the hubble config file"),
        Command("set KEY [VALUE]", short="Set an individual value in the hubble config file"),
        Command("view", short="Display merged configuration settings"),
    )


def _refused(name: str, short: str, runs: dict[str, Run], *, hidden: bool = False) -> Command:
    runs[f"hubble {name}"] = _Refusal(f"hubble {name}")
    return Command(name, short=short, hidden=hidden)


def _late(module: str, function: str, *extra: object) -> Run:
    """Return what imports a command's module when it runs: help and wrong command lines need none of them."""

    def run(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
        imported = import_module(f"quizgame.hubble.command.{module}")
        getattr(imported, function)(flags, environment, sink, *extra)

    return run


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Runs a command that the simulation has not."""

    path: str

    def __call__(self, _flags: FlagSet, _environment: HubbleEnvironment, _sink: Sink) -> None:
        raise NotSimulated(self.path)
