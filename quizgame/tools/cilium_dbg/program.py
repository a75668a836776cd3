"""``cilium-dbg`` itself: finds the command, and refuses plainly what the simulation does not have."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.cluster.fabric import agent_on
from quizgame.goflags.command import Command, help_page, usage_page
from quizgame.goflags.errors import FlagError, UnknownCommandError
from quizgame.goflags.flagset import boolean, string, string_map, string_slice
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.cilium_dbg.commands import (
    bpf_maps,
    bpf_policy,
    endpoint,
    identity,
    lists,
    misc,
    monitor,
    policy,
    status,
    troubleshoot,
)
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
    *troubleshoot.COMMANDS,
)
"""Everything simulated, in the order of the reference."""

GROUPS: dict[str, str] = {
    "bgp": "Look at the BGP control plane",
    "bpf": "Direct access to local BPF maps",
    "bpf ct": "Connection tracking tables",
    "bpf endpoint": "Local endpoint map",
    "bpf ipcache": "Manage the IPCache mappings for IP/CIDR <-> Identity",
    "bpf lb": "Load-balancing configuration",
    "bpf nodeid": "Look at the numbers of nodes",
    "bpf policy": "Manage policy related BPF maps",
    "encrypt": "Manage transparent encryption",
    "endpoint": "Manage endpoints",
    "fqdn": "Manage fqdn proxy",
    "fqdn cache": "Manage fqdn proxy cache",
    "identity": "Manage security identities",
    "ip": "Manage IP addresses and associated information",
    "map": "Look at the agent's copies of BPF maps",
    "node": "Manage cluster nodes",
    "nodeid": "Look at the numbers of nodes",
    "policy": "Manage security policies",
    "service": "List services & loadbalancers",
    "troubleshoot": "Find out why the control plane is not connected",
}
REFUSED: tuple[tuple[str, str], ...] = (
    # Commands of the real tool that the simulation does not have: path, summary.
    ("bpf auth", "Manage authenticated connections between identities"),
    ("bpf bandwidth", "BPF datapath bandwidth settings"),
    ("bpf config", "Manage runtime config"),
    ("bpf egress", "Manage the egress routing rules"),
    ("bpf frag", "Manage the IPv4 datagram fragments"),
    ("bpf fs", "BPF filesystem mount"),
    ("bpf ipmasq", "ip-masq-agent CIDRs"),
    ("bpf metrics", "BPF datapath traffic metrics"),
    ("bpf multicast", "Manage multicast BPF programs"),
    ("bpf nat", "NAT mapping tables"),
    ("bpf srv6", "Manage the SRv6 routing rules"),
    ("bpf vtep", "Manage the VTEP mappings for IP/CIDR <-> VTEP MAC/IP"),
    ("build-config", "Resolve all of the configuration sources that apply to this node"),
    ("cgroups", "Cgroup metadata"),
    ("debuginfo", "Request available debugging information from agent"),
    ("encrypt flush", "Flushes the current IPsec state"),
    ("endpoint disconnect", "Disconnect an endpoint from the network"),
    ("envoy", "Manage Envoy Proxy"),
    ("kvstore", "Direct access to the kvstore"),
    ("loadinfo", "Show load information"),
    ("lrp", "Manage local redirect policies"),
    ("map events", "Show the events of a map"),
    ("map get", "Show the agent's copy of a map"),
    ("fqdn cache clean", "Empty the DNS cache"),
    ("bpf ct flush", "Empty the connection tracking tables"),
    ("bpf ipcache match", "List the addresses of a prefix"),
    ("bpf lb maglev", "Show Maglev tables"),
    ("metrics", "Access metric status"),
    ("post-uninstall-cleanup", "Remove system state installed by Cilium at runtime"),
    ("prefilter", "Manage XDP CIDR filters"),
    ("preflight", "Cilium upgrade helper"),
    ("shell", "Connect to the shell"),
    ("statedb", "Dump StateDB contents as JSON"),
    ("sysdump", "Provide instructions on dumping cluster-wide system state"),
    ("troubleshoot kvstore", "Find out why the key-value store is not connected"),
)


def _refuse(path: str) -> Sub:
    summary = dict(REFUSED)[path]
    return Sub(path, path.rpartition(" ")[2], summary, lambda _call: not_simulated(f"cilium-dbg {path}"))


def _tree() -> tuple[Command, dict[Command, Sub]]:
    root = Command(
        "cilium-dbg",
        long="CLI for interacting with the local Cilium Agent",
        runnable=False,
        persistent_flags=[
            string("config", "Config file (default is $HOME/.cilium.yaml)"),
            boolean("debug", "Enable debug messages", short="D"),
            string("host", "URI to server-side API", short="H"),
            string_slice("log-driver", "Logging endpoints to use (example: syslog)"),
            string_map("log-opt", "Log driver options (example: format=json)"),
        ],
    )
    nodes: dict[str, Command] = {"": root}
    runs: dict[Command, Sub] = {}
    for path, summary in GROUPS.items():
        nodes[path] = Command(path.rpartition(" ")[2], short=summary, long=summary, runnable=False)
        nodes[path.rpartition(" ")[0]].add(nodes[path])
    for sub in (*COMMANDS, *(_refuse(path) for path, _ in REFUSED)):
        command = Command(sub.use, short=sub.short, long=sub.long or sub.short, flags=sub.flags(), aliases=sub.aliases)
        nodes[sub.path] = command
        nodes[sub.path.rpartition(" ")[0]].add(command)
        runs[command] = sub
    return root, runs


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``cilium-dbg`` in an agent's pod (a ``PodProgram``)."""
    del stdin
    root, runs = _tree()
    words = list(argv[1:])
    try:
        found = root.invoke(words)
    except UnknownCommandError as unknown:
        text = f"{unknown}"
        return Result(
            stdout=lines(f"{text}\n"),
            stderr=lines(f"Error: {text.rstrip()}\nRun 'cilium-dbg --help' for usage.\n"),
            exit=1,
        )
    except FlagError as wrong:
        command, _ = root.find(words)
        return Result(stdout=lines(f"{usage_page(command)}\n{wrong}\n"), stderr=lines(f"Error: {wrong}\n"), exit=1)
    sub = runs.get(found.command)
    if found.wants_help or sub is None:
        return Result(stdout=lines(help_page(found.command)))
    agent = agent_on(context.session.world, context.cluster.context, context.node_name)
    try:
        return sub.run(Call(agent, context, found.flags, found.args, help_page(found.command)))
    except DbgError as failed:
        return failed.result
