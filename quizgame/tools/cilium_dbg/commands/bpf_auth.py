"""``cilium-dbg bpf auth``. Source: cilium/cilium v1.19 cilium-dbg/cmd/bpf_auth_list.go, bpf_auth_flush.go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.cluster.auth.table import NO_NODE
from quizgame.goflags.flagset import string
from quizgame.goflags.times import GO_STRING, SECOND, format_time
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, as_json, table, wants_json
from quizgame.tools.cilium_dbg.model.listings import node_number
from quizgame.tools.facts import fact
from quizgame.tools.output import Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.auth.table import AuthKey
    from quizgame.tools.facts import Fact

_HEAD = ("SRC IDENTITY", "DST IDENTITY", "REMOTE NODE ID", "AUTH TYPE", "EXPIRATION")
AUTH_TYPE = "spire"


def remote_node_id(agent: Agent, key: AuthKey) -> int:
    """The number of the node at the other end."""
    if key.node_ip == NO_NODE:
        return 0
    return next((node_number(agent, name) for name, node in agent.nodes.items() if node.ip == key.node_ip), 0)


def _list(call: Call) -> Result:
    agent = call.agent
    entries = sorted(agent.auth.entries.items())
    facts = {key: _facts(call, key) for key, _ in entries}
    if wants_json(call):
        models = [
            {
                "LocalIdentity": key.local, "RemoteIdentity": key.remote, "RemoteNodeID": remote_node_id(agent, key),
                "AuthType": AUTH_TYPE, "Expiration": _time(entry.expires_ns),
            }
            for key, entry in entries
        ]  # fmt: skip
        return Result(stdout=as_json(models or None, tuple(each for told in facts.values() for each in told)))
    if not entries:
        return Result(stderr=lines("No entries found.\n"))
    rows = [
        Row(
            (str(key.local), str(key.remote), str(remote_node_id(agent, key)), AUTH_TYPE, _time(entry.expires_ns)),
            facts[key],
        )
        for key, entry in entries
    ]
    return Result(stdout=table([_HEAD], rows))


def _time(instant_ns: int) -> str:
    return format_time(instant_ns // SECOND * SECOND, GO_STRING)


def _facts(call: Call, key: AuthKey) -> tuple[Fact, ...]:
    return tuple(
        fact("identity", witnesses=(str(each),), cluster=call.cluster, identity=each)
        for each in (key.local, key.remote)
    )


def _flush(call: Call) -> Result:
    count = len(call.agent.auth.entries)
    call.agent.auth = replace(call.agent.auth, entries={})
    return Result(stdout=lines(f"Flushed {count} entries\n"))


COMMANDS = (
    Sub("bpf auth list", "list", "List the authenticated connections", _list,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")], aliases=("ls",)),
    Sub("bpf auth flush", "flush", "Empty the table of authenticated connections", _flush,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")]),
)  # fmt: skip
