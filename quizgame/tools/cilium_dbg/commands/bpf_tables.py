"""``cilium-dbg bpf`` listings of tables that are empty or of one entry on most nodes, and of the file system.

Source: cilium/cilium v1.19 cilium-dbg/cmd/bpf_{config,frag,ipmasq,nat_retries,vtep}*.go.
"""

from __future__ import annotations

from quizgame.cluster.agent.masquerade import exclusions
from quizgame.cluster.clock import EPOCH_NS
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.cilium_dbg.call import Call, Row, Run, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.output import Line, Result, lines, not_simulated

_MAPS = "/sys/fs/bpf/tc/globals"
_NAT_RETRIES = 33
_LIVENESS_NS = 250_000_000
"""How far the agent's heartbeat lags."""
_UTIME = 512
"""Unit in which the datapath's clock is told. Source: pkg/maps/configmap UTimeOffset."""


def _empty(call: Call) -> Result:
    if wants_json(call):
        return Result(stdout=as_json(None))
    return Result(stderr=lines("No entries found.\n"))


def _ipmasq(call: Call) -> Result:
    if call.agent.config.is_on("enable-ip-masq-agent"):
        prefixes = exclusions(call.agent)
        if wants_json(call):
            return Result(stdout=as_json(prefixes))
        if not prefixes:
            return Result(stderr=lines("No entries found.\n"))
        return Result(stdout=table([("IP PREFIX/ADDRESS", "")], [Row((each, "")) for each in prefixes], Trailing.ROWS))
    path = f"{_MAPS}/cilium_ipmasq_v4"
    problem = f"loading pinned map {path}: no such file or directory"
    return Result(stderr=lines(f"error opening ip-masq-agent map: {problem}\n"), exit=1)


def _vtep(call: Call) -> Result:
    if call.agent.config.is_on("enable-vtep"):
        return not_simulated("cilium-dbg bpf vtep list with VTEPs")
    path = f"{_MAPS}/cilium_vtep_map"
    problem = f"loading pinned map {path}: no such file or directory"
    return Result(stderr=lines(f"error dumping contents of map: {problem}\n"), exit=1)


def _config(call: Call) -> Result:
    """The agent's heartbeat and the offset of the wall clock from the datapath's clock."""
    beat = call.agent.now_ns if call.agent.is_running else call.agent.started_ns
    entries = {
        "AgentLiveness": beat - EPOCH_NS + 100_000_000_000_000 - _LIVENESS_NS,
        "UTimeOffset": (EPOCH_NS - 100_000_000_000_000) // _UTIME,
    }
    if wants_json(call):
        return Result(stdout=as_json([{"Key": key, "Value": value} for key, value in entries.items()]))
    return Result(stdout=table([("KEY", "VALUE")], [Row((key, str(value))) for key, value in entries.items()]))


def _retries(call: Call) -> Result:
    """How often a port had to be tried again: the simulated ports never collide."""
    if call.args:
        return Result(stderr=[Line("Invalid argument", end="")])
    if wants_json(call):
        return Result(stdout=as_json([{"Key": {"Key": 0}, "Value": {"Value": 0}}]))
    return Result(stdout=[Line(f"{number}:\t0") for number in range(_NAT_RETRIES)])


def _output() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


def _listing(path: str, short: str, run: Run) -> Sub:
    return Sub(path, "list", short, run, _output, aliases=("ls",))


COMMANDS = (
    _listing("bpf config list", "List the run-time configuration", _config),
    _listing("bpf frag list", "List the fragments", _empty),
    _listing("bpf ipmasq list", "List the prefixes", _ipmasq),
    _listing("bpf nat retries list", "List the retries", _retries),
    _listing("bpf vtep list", "List the mappings", _vtep),
)
