"""``cilium-dbg service list``, ``node list``, ``ip list``, ``fqdn cache list``. Source: reference, sections 8, 9."""

from __future__ import annotations

from quizgame.cluster.agent.services import Affinity, Frontend
from quizgame.cluster.clock import rfc3339_nano
from quizgame.goflags.flagset import boolean, string, string_slice
from quizgame.tools.cilium_dbg.call import Call, Row, Sub, Trailing, table
from quizgame.tools.cilium_dbg.commands.bpf_maps import ipcache_fact, service_facts
from quizgame.tools.cilium_dbg.commands.identity import labels_of
from quizgame.tools.facts import fact
from quizgame.tools.output import Result


def _backends(frontend: Frontend, *, shows_affinity: bool) -> list[str]:
    marks = shows_affinity and frontend.affinity is not Affinity.NONE
    return [
        f"{number} => {each.ip}:{each.port}/{each.protocol} ({each.state.value})"
        + (" (preferred)" if marks and each.is_preferred else "")
        for number, each in enumerate(frontend.backends, start=1)
    ]


def _service_list(call: Call) -> Result:
    call.need_agent("services list", "/v1/service")
    rows = [
        Row(
            (
                str(each.id),
                f"{each.ip}:{each.port}/{each.protocol}",
                each.type,
                _backends(each, shows_affinity=call.flags.is_on("clustermesh-affinity")),
            ),
            service_facts(call, each),
        )
        for each in sorted(call.agent.services.frontends.values(), key=lambda each: each.id)
    ]
    return Result(stdout=table([("ID", "Frontend", "Service Type", "Backend")], rows, Trailing.ALL))


def _node_list(call: Call) -> Result:
    call.need_agent("cluster nodes", "/v1/cluster/nodes")
    head = ("Name", "IPv4 Address", "Endpoint CIDR", "IPv6 Address", "Endpoint CIDR", "Source")
    rows = [
        Row(
            (key, node.ip, ",".join(node.pod_cidrs), "", "", node.source),
            (
                fact(
                    "node",
                    witnesses=(node.name,),
                    cluster=call.cluster,
                    node=node.name,
                    status="known",
                    pod_cidr=",".join(node.pod_cidrs),
                ),
            ),
        )
        for key, node in sorted(call.agent.nodes.items())
    ]
    return Result(stdout=table([head], rows))


def _ip_list(call: Call) -> Result:
    call.need_agent("IP list", "/v1/ip")
    is_numeric, is_verbose = call.flags.is_on("numeric"), call.flags.is_on("verbose")
    rows = []
    for prefix, entry in call.agent.ipcache.sorted_entries():
        labels: str | tuple[str, ...] = str(int(entry.identity))
        if not is_numeric:
            labels = labels_of(call, int(entry.identity)) or labels
        cells: tuple[str | tuple[str, ...], ...] = (prefix, labels, entry.source)
        if is_verbose:
            host = "" if entry.tunnel_endpoint == "0.0.0.0" else entry.tunnel_endpoint
            cells = (*cells, host, str(entry.encrypt_key))
        rows.append(Row(cells, (ipcache_fact(call, prefix, entry),)))
    head = ("IP", "IDENTITY", "SOURCE", *(("HOST", "ENCRYPT_KEY") if is_verbose else ()))
    return Result(stdout=table([head], rows))


def _fqdn_cache(call: Call) -> Result:
    call.need_agent("fqdn cache", "/v1/fqdn/cache")
    wanted = call.flags.text("endpoint")
    rows = [
        Row(
            (
                str(each.endpoint_id),
                each.source,
                each.name,
                str(each.ttl_s),
                rfc3339_nano(each.expires_ns),
                ",".join(each.ips),
            ),
            (fact("dns", witnesses=(each.name,), cluster=call.cluster, name=each.name.rstrip("."), outcome="ok"),),
        )
        for each in sorted(call.agent.fqdn.entries.values(), key=lambda each: (each.endpoint_id, each.name))
        if wanted in ("", str(each.endpoint_id))
    ]
    head = ("Endpoint", "Source", "FQDN", "TTL", "ExpirationTime", "IPs")
    return Result(stdout=table([head], rows, Trailing.ALL))


COMMANDS = (
    Sub("service list", "list", "List services", _service_list,
        lambda: [boolean("clustermesh-affinity", "Print clustermesh affinity if available")], aliases=("ls",)),
    Sub("node list", "list", "List nodes", _node_list, aliases=("ls",)),
    Sub("ip list", "list", "List IP addresses in the userspace IPcache", _ip_list,
        lambda: [
            boolean("numeric", "Print numeric identities", short="n"),
            boolean("verbose", "Print all fields of ipcache", short="v"),
            string_slice("labels", "list of labels"),
        ],
        aliases=("ls",)),
    Sub("fqdn cache list", "list", "List fqdn cache contents", _fqdn_cache,
        lambda: [string("endpoint", "List cache entries for a specific endpoint id", short="e")], aliases=("ls",)),
)  # fmt: skip
