"""``cilium-dbg map``: the agent's copies of BPF maps. Source: reference cilium-dbg, section 13."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, as_json, table, wants_json
from quizgame.tools.cilium_dbg.commands.bpf_lb import (
    backend_ids,
    frontend_entries,
    listener_port,
    service_facts,
)
from quizgame.tools.cilium_dbg.commands.bpf_maps import endpoint_rows, ipcache_rows
from quizgame.tools.cilium_dbg.listings_text import maps_table
from quizgame.tools.cilium_dbg.model.listings import map_models
from quizgame.tools.output import Line, Result, lines, not_simulated

if TYPE_CHECKING:
    from quizgame.cluster.agent.services import Frontend

_WITHOUT_CACHE = frozenset(("cilium_metrics",))


def _frontends(call: Call) -> list[Frontend]:
    return sorted(call.agent.services.frontends.values(), key=lambda each: each.id)


def _services(call: Call) -> list[Row]:
    ids = backend_ids(_frontends(call))
    return [
        Row(row.cells, service_facts(call, each))
        for each in _frontends(call)
        for row in frontend_entries(each, ids, listener_port(call.agent, each))
    ]


def _backends(call: Call) -> list[Row]:
    return [
        Row((str(number), f"{protocol}://{ip}")) for (ip, _, protocol), number in backend_ids(_frontends(call)).items()
    ]


def _reverse(call: Call) -> list[Row]:
    return [Row((str(each.id), f"{each.ip}:{each.port}"), service_facts(call, each)) for each in _frontends(call)]


_CONTENT: dict[str, Callable[[Call], list[Row]]] = {
    "cilium_lxc": endpoint_rows,
    "cilium_ipcache_v2": ipcache_rows,
    "cilium_lb4_services_v2": _services,
    "cilium_lb4_backends_v3": _backends,
    "cilium_lb4_reverse_nat": _reverse,
}
"""Maps whose entries can be shown."""


def entries_table(rows: Sequence[Row], errors: Sequence[tuple[str, str]] = ()) -> list[Line]:
    """Entries with what is to be done about them and what keeps it from being done.

    Args:
        rows: Keys and values.
        errors: State and error of each row; none: all are in force.
    """
    if not rows:
        return lines("Cache is empty\n\n")
    states = errors or [("sync", "")] * len(rows)
    shown = [Row((*row.cells, *state), row.facts) for row, state in zip(rows, states, strict=True)]
    return table([("Key", "Value", "State", "Error")], shown)


def _list(call: Call) -> Result:
    call.need_agent("", "/v1/map", has_hint=False)
    models = map_models(call.agent)
    if wants_json(call):
        return Result(stdout=as_json(models))
    if not call.flags.is_on("verbose"):
        return Result(stdout=maps_table(models))
    result = Result()
    for each in models:
        name = str(each["name"])
        if each["entries"] and name not in _CONTENT:
            result.stderr += lines(f"quizgame: the content of the map {name} is not simulated\n")
            continue
        result.stdout += [Line(f"## Map: {name}"), *_content(call, name), Line("")]
    return result


def _content(call: Call, name: str) -> list[Line]:
    if name in _WITHOUT_CACHE:
        return lines("Cache is disabled\n\n")
    return entries_table(_CONTENT[name](call) if name in _CONTENT else [])


def _get(call: Call) -> Result:
    if not call.args:
        raise DbgError("map name must be specified")
    call.need_agent("", f"/v1/map/{call.args[0]}", has_hint=False)
    name = call.args[0]
    known = {str(each["name"]): each for each in map_models(call.agent)}
    if name not in known:
        raise DbgError("[GET /map/{name}][404] getMapNameNotFound")
    if known[name]["entries"] and name not in _CONTENT:
        return not_simulated(f"cilium-dbg map get {name}")
    if wants_json(call):
        rows = _CONTENT[name](call) if name in _CONTENT else []
        cache = [{"desired-action": "sync", "key": row.cells[0], "value": row.cells[1]} for row in rows]
        model = {"cache": cache, "path": f"/sys/fs/bpf/tc/globals/{name}"}
        return Result(stdout=as_json(model, tuple(each for row in rows for each in row.facts)))
    return Result(stdout=_content(call, name))


def _output() -> Flag:
    return string("output", "json| yaml| jsonpath='{}'", short="o")


COMMANDS = (
    Sub("map list", "list", "List the maps that the agent keeps a copy of", _list,
        lambda: [boolean("verbose", "Print the copies' content"), _output()], aliases=("ls",)),
    Sub("map get", "get <name>", "Show the agent's copy of a map", _get, lambda: [_output()]),
)  # fmt: skip
