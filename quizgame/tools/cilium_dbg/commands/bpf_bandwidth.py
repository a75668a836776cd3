"""``cilium-dbg bpf bandwidth list``. Source: reference cilium-dbg, section 7; golden ``bpf-bandwidth-list``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from quizgame.cluster.agent.bandwidth import HOST_PRIORITY
from quizgame.goflags.flagset import string
from quizgame.policy.identity import ReservedIdentity
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, as_json, table, wants_json
from quizgame.tools.facts import fact
from quizgame.tools.kubectl.describe.quantities import Quantity
from quizgame.tools.output import Line, Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.tools.facts import Fact

_HEAD = ("IDENTITY", "DIRECTION", "PRIO", "BANDWIDTH (BitsPerSec)")
_DIRECTIONS = ("Egress", "Ingress")
_MOST = (1 << 63) - 1
Entry = tuple[int, int]
"""Endpoint id, and 0 for egress or 1 for ingress."""


def throttle_map(agent: Agent) -> dict[Entry, tuple[int, int]]:
    """The map of a node: entry → bytes a second and priority.

    Source: pkg/datapath/linux/bandwidth UpdateBandwidthLimit: every pod has an egress entry, with 0 where nothing
    limits it, and the host has one for its priority.
    """
    found: dict[Entry, tuple[int, int]] = {}
    for number, limit in agent.bandwidth.limits.items():
        if limit.egress is not None:
            found[number, 0] = (limit.egress, limit.priority)
        if limit.ingress is not None:
            found[number, 1] = (limit.ingress, 0)
    if found:
        found |= {
            (each.id, 0): (0, HOST_PRIORITY)
            for each in agent.endpoints.values()
            if each.identity == ReservedIdentity.HOST
        }
    return found


def bandwidth_table(entries: Mapping[Entry, tuple[int, int]], facts: Mapping[int, tuple[Fact, ...]]) -> list[Line]:
    """The map as a table; rows are sorted as texts."""
    rows = sorted(
        ((str(number), _DIRECTIONS[direction], str(priority), bits(rate)), number)
        for (number, direction), (rate, priority) in entries.items()
    )
    return table([_HEAD], [Row(cells, facts.get(number, ())) for cells, number in rows])


def bits(bytes_a_second: int) -> str:
    """A rate in bits a second, as the tool writes it; what does not fit into its number wraps around."""
    amount = min(bytes_a_second, _MOST) * 8
    wrapped = (amount + _MOST + 1) % (1 << 64) - _MOST - 1
    return str(Quantity(Fraction(wrapped)))


def _list(call: Call) -> Result:
    if not call.agent.bandwidth.enabled:
        return Result(stderr=lines("bandwidth manager not enabled"), exit=1)
    entries = throttle_map(call.agent)
    known = {number: tuple(_facts(call, number)) for number, _ in entries}
    if wants_json(call):
        shown = {f"{number}, {way}": [f"{rate}, {priority}"] for (number, way), (rate, priority) in entries.items()}
        return Result(
            stdout=as_json(dict(sorted(shown.items())), tuple(each for told in known.values() for each in told))
        )
    if not entries:
        return Result(stderr=lines("No entries found.\n"))
    return Result(stdout=bandwidth_table(entries, known))


def _facts(call: Call, number: int) -> Iterable[Fact]:
    endpoint = call.agent.endpoints.get(number)
    limit = call.agent.bandwidth.limit(number)
    if endpoint is None or not endpoint.is_pod:
        return
    name, _ = endpoint.workload or (endpoint.pod, "Pod")
    for field, rate in (("egress-bandwidth", limit.egress), ("ingress-bandwidth", limit.ingress)):
        if rate is not None:
            yield fact(
                "object", witnesses=(str(number), bits(rate)), cluster=call.cluster, kind="Pod",
                namespace=endpoint.namespace, name=name, field=field, value=bits(rate),
            )  # fmt: skip


COMMANDS = (
    Sub("bpf bandwidth list", "list", "List the bandwidth limits", _list,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")]),
)  # fmt: skip
