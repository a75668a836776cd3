"""``cilium-dbg bpf policy``: the policy maps of a node's endpoints. Source: reference cilium-dbg, section 7."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent import monitor
from quizgame.datapath.recorder import proxy_port
from quizgame.goflags.flagset import boolean, string
from quizgame.policy.decision import MapEntry
from quizgame.policy.model import AuthMode, Direction, Protocol
from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.cilium_dbg.commands.endpoint import subject
from quizgame.tools.cilium_dbg.commands.identity import labels_of
from quizgame.tools.cilium_dbg.model.policystats import policy_counts
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.agent.endpoints import Endpoint

HEAD = ("POLICY", "DIRECTION", "{}", "PORT/PROTO", "PROXY PORT", "AUTH TYPE", "BYTES", "PACKETS", "PREFIX", "COOKIE")


def _proxy(call: Call, entry: MapEntry) -> str:
    if entry.redirect is None:
        return "NONE"
    direction = monitor.Direction.INGRESS if entry.direction is Direction.INGRESS else monitor.Direction.EGRESS
    return str(proxy_port(call.agent, entry.redirect.l7_kind.value, direction))


def _facts(call: Call, endpoint: Endpoint, entry: MapEntry) -> tuple[Fact, ...]:
    peers = labels_of(call, entry.identity) if entry.identity else ("ANY",)
    return tuple(
        fact(
            "policymap",
            cluster=call.cluster,
            pod=subject(call, endpoint),
            direction=entry.direction.value,
            action="Deny" if entry.is_deny else "Allow",
            peer=peer,
            port=entry.port or None,
            protocol=Protocol(entry.protocol).name,
            proxy="NONE" if entry.redirect is None else entry.redirect.kind,
        )
        for peer in peers
    )


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """An entry of a policy map as it is printed."""

    is_deny: bool
    direction: str
    """``Ingress`` or ``Egress``."""
    peer: str | Sequence[str]
    """The labels of an identity, ``ANY``, or its number."""
    protocol: int
    port: int
    prefix: int
    proxy: str = "NONE"
    auth: str = "disabled"
    packets: int | None = 0
    """``None``: nothing is counted for it."""
    bytes: int | None = 0

    @property
    def cells(self) -> tuple[str | Sequence[str], ...]:
        """The columns."""
        port = "ANY" if self.protocol == Protocol.ANY else Protocol(self.protocol).name
        if self.prefix > 8:
            port = f"{self.port}/{port}"
        shown = ["-" if number is None else str(number) for number in (self.bytes, self.packets)]
        return (
            "Deny" if self.is_deny else "Allow", self.direction, self.peer, port, self.proxy, self.auth, *shown,
            str(self.prefix), "0",
        )  # fmt: skip


def policy_table(rows: Sequence[Row], *, is_numeric: bool) -> list[Line]:
    """A policy map."""
    title = "IDENTITY" if is_numeric else "LABELS (source:key[=value])"
    shown = table([tuple(cell.format(title) for cell in HEAD)], rows, Trailing.NONE)
    empty = "" if rows else "Policy stats empty. Perhaps the policy enforcement is disabled?\n"
    return [*shown, *lines(empty)]


def _rows(call: Call, endpoint: Endpoint) -> list[Row]:
    rows = []
    entries = call.agent.policy_of(endpoint).entries()
    for entry, (packets, size) in zip(entries, policy_counts(call.agent, endpoint, entries), strict=True):
        named: str | Sequence[str] = "ANY"
        if call.flags.is_on("numeric"):
            named = str(entry.identity)
        elif entry.identity:
            named = labels_of(call, entry.identity) or str(entry.identity)
        shown = PolicyRow(
            entry.is_deny, entry.direction.value.capitalize(), named, entry.protocol, entry.port, entry.prefix_length,
            _proxy(call, entry), "spire" if entry.auth is AuthMode.REQUIRED else "disabled", packets, size,
        )  # fmt: skip
        rows.append(Row(shown.cells, _facts(call, endpoint, entry)))
    return rows


def _get(call: Call) -> Result:
    if not call.args and not call.flags.is_on("all"):
        raise DbgError("Missing endpoint id argument\n", stdout=call.help_text)
    wanted = sorted(call.agent.endpoints) if call.flags.is_on("all") else []
    if not wanted:
        word = call.args[0]
        number = int(word) if word.isdecimal() else -1
        if number not in call.agent.endpoints:
            raise DbgError(f"endpoint {word} not found\n")
        wanted = [number]
    result = Result()
    for number in wanted:
        endpoint = call.agent.endpoints[number]
        if call.flags.is_on("all"):
            result.stdout += [Line(f"Endpoint ID: {number}"), Line(f"Path: {_path(number)}"), Line("")]
        rows = _rows(call, endpoint)
        if wants_json(call):
            result.stdout += as_json([_json_entry(call, each) for each in call.agent.policy_of(endpoint).entries()])
            continue
        result.stdout += policy_table(rows, is_numeric=call.flags.is_on("numeric"))
        if call.flags.is_on("all"):
            result.stdout += [Line(""), Line("")]
    return result


def _json_entry(call: Call, entry: MapEntry) -> dict[str, object]:
    return {
        "Identity": entry.identity,
        "TrafficDirection": 0 if entry.direction is Direction.INGRESS else 1,
        "Nexthdr": int(entry.protocol),
        "DestPort": entry.port,
        "PrefixLen": entry.prefix_length,
        "IsDeny": entry.is_deny,
        "ProxyPort": 0 if entry.redirect is None else int(_proxy(call, entry)),
    }


def _path(number: int) -> str:
    return f"/sys/fs/bpf/tc/globals/cilium_policy_v2_{number:05}"


def _list(call: Call) -> Result:
    paths = [_path(number) for number in sorted(call.agent.endpoints)]
    return Result(stdout=as_json(paths) if wants_json(call) else [Line(path) for path in paths])


COMMANDS = (
    Sub(
        "bpf policy get", "get", "Get contents of a policy BPF map", _get,
        lambda: [
            boolean("all", "Dump all policy maps"),
            boolean("numeric", "Do not resolve IDs", short="n"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ],
    ),
    Sub("bpf policy list", "list", "List all policy maps", _list,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")], aliases=("ls",)),
)  # fmt: skip
