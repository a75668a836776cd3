"""``cilium-dbg bpf lb``: the load balancer's maps of one node. Source: reference cilium-dbg, section 7.

Rows of a real map come in hash order; here they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from quizgame.cluster.agent.envoy import taken_by_envoy
from quizgame.cluster.agent.maglev import has_table, table_of
from quizgame.cluster.keyed import keyed_int
from quizgame.datapath.recorder import PROXY_PORT_BASE, PROXY_PORTS
from quizgame.goflags.flagset import boolean, string
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, not_simulated

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.services import Backend, Frontend

_EXTERNAL_IPS, _NODE_PORT, _LOCAL, _AFFINITY, _LOAD_BALANCER, _ROUTABLE = 0x1, 0x2, 0x4, 0x10, 0x20, 0x40
_L7 = 0x4
"""Flags of a frontend's entry. Source: cilium/cilium v1.19 pkg/loadbalancer serviceFlag*; golden ``bpf-lb-list-*``."""
_TYPES = {
    "ClusterIP": 0,
    "ExternalIPs": _EXTERNAL_IPS | _ROUTABLE,
    "NodePort": _NODE_PORT | _ROUTABLE,
    "LoadBalancer": _LOAD_BALANCER | _ROUTABLE,
}


def service_facts(call: Call, frontend: Frontend) -> tuple[Fact, ...]:
    """What a reader of a service's rows learns: its backends, and whether they are local."""
    name = f"{frontend.namespace}/{frontend.service}"
    if not frontend.backends:
        return (fact("service", cluster=call.cluster, service=name, backend="none", type=frontend.type),)
    return tuple(
        fact(
            "service",
            witnesses=(f"{each.ip}:{each.port}",),
            cluster=call.cluster,
            service=name,
            backend=each.cluster or "local",
            state=each.state.value,
            type=frontend.type,
        )
        for each in frontend.backends
    )


def listener_port(agent: Agent, frontend: Frontend) -> int:
    """The port of the Envoy listener that gets a frontend's traffic; 0 where backends get it."""
    taken = taken_by_envoy(agent, frontend)
    if taken is None:
        return 0
    return PROXY_PORT_BASE + keyed_int(agent.seed, "listener", agent.place, taken.place, below=PROXY_PORTS)


def slots(frontend: Frontend, l7_port: int = 0) -> list[Row]:
    """The entries of a frontend: the one that stands for it, and one for each backend."""
    address = _address(frontend)
    words = {"ClusterIP": "ClusterIP, non-routable"}.get(frontend.type, frontend.type)
    if frontend.local_traffic_policy:
        words += ", Local"
    if frontend.session_affinity:
        words += ", sessionAffinity"
    extra = ""
    if l7_port:
        words, extra = f"{words}, l7-load-balancer", f"(L7LB Proxy Port: {l7_port})"
    rows = [Row((f"{address} (0)", f"0.0.0.0:0 ({frontend.id}) (0) [{words}] {extra}"))]
    for number, backend in enumerate(() if l7_port else frontend.backends, start=1):
        text = f"{backend.ip}:{backend.port}/{backend.protocol} ({frontend.id}) ({number})"
        rows.append(Row((f"{address} ({number})", text)))
    return rows


def _address(frontend: Frontend) -> str:
    return f"{frontend.ip}:{frontend.port}/{frontend.protocol}"


BackendIds = dict[tuple[str, int, str], int]
"""Address, port and protocol → number."""


def backend_ids(frontends: Iterable[Frontend]) -> BackendIds:
    """Number the backends in the order in which frontends use them."""
    ids: BackendIds = {}
    for frontend in frontends:
        for each in frontend.backends:
            ids.setdefault(_key(each), len(ids) + 1)
    return ids


def _key(backend: Backend) -> tuple[str, int, str]:
    return backend.ip, backend.port, backend.protocol


def frontend_entries(frontend: Frontend, ids: BackendIds, l7_port: int = 0) -> list[Row]:
    """The entries of a frontend as the map holds them: numbers of backends, and flags."""
    address = _address(frontend)
    low = _TYPES.get(frontend.type, _ROUTABLE)
    low |= _LOCAL if frontend.local_traffic_policy else 0
    low |= _AFFINITY if frontend.session_affinity else 0
    flags = f"[{low:#x} {_L7 if l7_port else 0:#x}]"
    used = () if l7_port else frontend.backends
    rows = [Row((f"{address} (0)", f"{l7_port} {len(used)}[0] ({frontend.id}) {flags}"))]
    for number, each in enumerate(used, start=1):
        rows.append(Row((f"{address} ({number})", f"{ids[_key(each)]} 0[0] ({frontend.id}) {flags}")))
    return rows


_BACKENDS = "BACKEND ADDRESS (REVNAT_ID) (SLOT)"


def lb_table(first: str, second: str, rows: Sequence[Row]) -> list[Line]:
    """One of the load balancer's maps."""
    return table([(first, second)], rows, Trailing.ROWS)


def _list(call: Call) -> Result:
    agent = call.agent
    ordered = sorted(agent.services.frontends.values(), key=lambda each: each.id)
    rows: list[Row] = []
    titles = ("SERVICE ADDRESS", _BACKENDS)
    if call.flags.is_on("source-ranges"):
        return not_simulated("cilium-dbg bpf lb list --source-ranges")
    if call.flags.is_on("revnat"):
        titles = ("ID", _BACKENDS)
        rows = [Row((str(each.id), f"{each.ip}:{each.port}"), service_facts(call, each)) for each in ordered]
    elif call.flags.is_on("frontends"):
        titles = ("SERVICE ADDRESS", "BACKEND ID")
        ids = backend_ids(ordered)
        for each in ordered:
            known = service_facts(call, each)
            rows += [Row(row.cells, known) for row in frontend_entries(each, ids, listener_port(agent, each))]
    elif call.flags.is_on("backends"):
        titles = ("ID", _BACKENDS)
        rows = [Row((str(number), f"{protocol}://{ip}")) for (ip, _, protocol), number in backend_ids(ordered).items()]
    else:
        for each in ordered:
            known = service_facts(call, each)
            rows += [Row(row.cells, known) for row in slots(each, listener_port(agent, each))]
    if wants_json(call):
        shown = {str(row.cells[0]): [str(row.cells[1])] for row in rows}
        return Result(stdout=as_json(dict(sorted(shown.items())), tuple(known for row in rows for known in row.facts)))
    return Result(stdout=lb_table(*titles, rows))


def _maglev(call: Call) -> Result:
    """The tables by service number. Source: the maps are only there with the algorithm; missing ones count as empty."""
    agent = call.agent
    ordered = sorted(agent.services.frontends.values(), key=lambda each: each.id)
    ids, rows = backend_ids(ordered), []
    for each in ordered:
        if has_table(agent.config, each) and each.usable:
            usable, table = table_of(agent.config, each.usable)
            numbers = [ids[_key(backend)] for backend in usable]
            text = " ".join(str(numbers[position]) for position in table)
            rows.append(Row((f"[{each.id}]/v4", f"[{text}]"), service_facts(call, each)))
    if wants_json(call):
        return Result(stdout=as_json({str(row.cells[0]): [str(row.cells[1])] for row in rows}))
    return Result(stdout=lb_table("SVC ID", "LOOKUP TABLE", rows))


COMMANDS = (
    Sub("bpf lb list", "list", "List load-balancing configuration", _list, lambda: [
        boolean("backends", "List the backends"),
        boolean("frontends", "List the frontends"),
        boolean("revnat", "List the reverse translations"),
        boolean("source-ranges", "List the allowed source ranges"),
        string("output", "json| yaml| jsonpath='{}'", short="o"),
    ], aliases=("ls",)),
    Sub("bpf lb maglev list", "list", "List Maglev's tables", _maglev,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")], aliases=("ls",)),
)  # fmt: skip
