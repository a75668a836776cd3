"""``cilium-dbg bpf metrics``, ``bpf nat``, ``bpf ct flush``: what a node's datapath counts and keeps.

Source: reference cilium-dbg, section 7; goldens ``bpf-metrics-list``, ``bpf-nat-list``; cilium/cilium v1.19
cilium-dbg/cmd/bpf_{ct,nat,metrics}_flush.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from quizgame.cluster.agent.counters import FORWARDED, Count, Counted
from quizgame.cluster.agent.monitor import DROP_TEXTS, DropReason
from quizgame.goflags.flagset import Flag, string
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, as_json, table, wants_json
from quizgame.tools.cilium_dbg.model.translations import Translation, translations
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines

if TYPE_CHECKING:
    from quizgame.cluster.agent.conntrack import CtKey

_MAPS = "/sys/fs/bpf/tc/globals"
_OTHER_REASONS = {
    FORWARDED: "Success", 3: "Interface", 155: "CT: Map insertion failed", 166: "Unsupported L2 protocol",
}  # fmt: skip
"""Reasons that are no drops, or that only a real datapath has."""


def reason_text(reason: int) -> str:
    """What the tools call the reason of a counter."""
    known = _OTHER_REASONS.get(reason)
    return known if known is not None else DROP_TEXTS[DropReason(reason)]


def counters_table(entries: Mapping[Counted, Count], facts: Mapping[Counted, tuple[Fact, ...]]) -> list[Line]:
    """The counters, by reason's text, direction and place."""
    rows = [
        Row(
            (reason_text(key.reason), key.direction.name, str(count.packets), str(count.bytes), str(key.line),
             key.file),
            facts.get(key, ()),
        )
        for key, count in entries.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.cells[0], row.cells[1], row.cells[4]))
    return table([("REASON", "DIRECTION", "PACKETS", "BYTES", "LINE", "FILE")], rows)


def _metrics(call: Call) -> Result:
    entries = call.agent.counters.entries
    known = {key: _drop_facts(call, key, count) for key, count in entries.items()}
    if wants_json(call):
        return Result(stdout=as_json(_grouped(entries), tuple(told for each in known.values() for told in each)))
    return Result(stdout=counters_table(entries, known))


def _drop_facts(call: Call, key: Counted, count: Count) -> tuple[Fact, ...]:
    if key.reason == FORWARDED:
        return ()
    words = (reason_text(key.reason), str(count.packets))
    return (
        fact("flow", witnesses=words, cluster=call.cluster, verdict="DROPPED", reason=DropReason(key.reason).name,
             direction=key.direction.name),
    )  # fmt: skip


def _grouped(entries: Mapping[Counted, Count]) -> list[dict[str, object]]:
    """The counters as JSON: by reason, then by direction."""
    found: dict[int, dict[str, Count]] = {}
    for key, count in sorted(entries.items(), key=lambda item: item[0]):
        ways = found.setdefault(key.reason, {})
        known = ways.get(key.direction.name.lower(), Count())
        ways[key.direction.name.lower()] = Count(known.packets + count.packets, known.bytes + count.bytes)
    return [
        {
            "reason": reason,
            "description": reason_text(reason),
            "values": {way: {"packets": each.packets, "bytes": each.bytes} for way, each in ways.items()},
        }
        for reason, ways in found.items()
    ]


def _metrics_flush(call: Call) -> Result:
    call.agent.counters.clear()
    return Result()


def nat_lines(shown: Iterable[Translation], facts: Mapping[Translation, tuple[Fact, ...]]) -> list[Line]:
    """The translations, both ways, and the empty line that ends the list."""
    return [*(Line(text, facts.get(each, ())) for each in shown for text in each.lines()), Line("")]


def _nat(call: Call) -> Result:
    found = translations(call.context.session.world, call.agent)
    known = {each: (_route_fact(call, each),) for each in found}
    if wants_json(call):
        shown = [
            {"protocol": each.protocol, "source": f"{each.source}:{each.source_port}",
             "destination": f"{each.destination}:{each.destination_port}", "translated": each.translated_to}
            for each in found
        ]  # fmt: skip
        return Result(stdout=as_json(shown, tuple(told for each in known.values() for told in each)))
    return Result(stdout=nat_lines(found, known))


def _route_fact(call: Call, each: Translation) -> Fact:
    return fact(
        "route", witnesses=(each.destination, each.translated_to), cluster=call.cluster, node=call.agent.node,
        prefix=each.destination, via=each.translated_to,
    )  # fmt: skip


def _nat_flush(call: Call) -> Result:
    """Forget the translations.

    Simplified: connection tracking forgets the connections as well, which have lost their way back.
    """
    found = translations(call.context.session.world, call.agent)
    gone = {(each.source, each.source_port, each.destination, each.destination_port) for each in found}
    tracked = call.agent.conntrack
    tracked.entries = {key: entry for key, entry in tracked.entries.items() if _ends(key) not in gone}
    return Result(stdout=lines(f"Flushed {2 * len(found)} entries from {_MAPS}/cilium_snat_v4_external\n"))


def _ends(key: CtKey) -> tuple[str, int, str, int]:
    return key.source, key.source_port, key.destination, key.destination_port


def _ct_flush(call: Call) -> Result:
    kind = call.args[0] if call.args else "global"
    if kind not in ("global", "local", "cluster"):
        return Result(stderr=[Line(f"Invalid argument: unknown type {kind}", end="")])
    live = call.agent.conntrack.live(call.agent.now_ns)
    tcp = sum(1 for key, _ in live if _is_tcp(key))
    call.agent.conntrack.flush()
    return Result(
        stdout=[
            Line(f"Flushed {tcp} entries from {_MAPS}/cilium_ct4_global"),
            Line(f"Flushed {len(live) - tcp} entries from {_MAPS}/cilium_ct_any4_global"),
        ]
    )


def _is_tcp(key: CtKey) -> bool:
    return key.protocol == "TCP"


def _output() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


COMMANDS = (
    Sub("bpf metrics list", "list", "List the datapath's counters", _metrics, _output, aliases=("ls",)),
    Sub("bpf metrics flush", "flush", "Set the datapath's counters to zero", _metrics_flush, _output),
    Sub("bpf nat list", "list", "List the translations", _nat, _output, aliases=("ls",)),
    Sub("bpf nat flush", "flush", "Empty the translation tables", _nat_flush),
    Sub("bpf ct flush", "flush", "Empty the connection tracking tables", _ct_flush),
)  # fmt: skip
