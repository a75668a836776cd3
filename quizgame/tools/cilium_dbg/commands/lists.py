"""``cilium-dbg service list``, ``node list``, ``nodeid list``, ``ip``, ``fqdn``, ``map list``.

Source: reference cilium-dbg, sections 8, 9 and 13.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.services import Affinity
from quizgame.goflags.flagset import Flag, boolean, string, string_slice
from quizgame.goflags.quoting import quote
from quizgame.policy.fqdn import name_matches
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM, Call, DbgError, Sub, as_json, wants_json
from quizgame.tools.cilium_dbg.commands.bpf_lb import service_facts
from quizgame.tools.cilium_dbg.commands.bpf_maps import ipcache_fact
from quizgame.tools.cilium_dbg.commands.identity import labels_of
from quizgame.tools.cilium_dbg.listings_text import (
    ips_table,
    names_table,
    node_ids_table,
    nodes_table,
    services_table,
)
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.listings import (
    cached_names,
    ip_model,
    name_expression,
    node_ids,
    node_models,
    service_model,
)
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines

_PATTERN = re.compile(r"[a-zA-Z0-9_.*-]*")
_BAD_PATTERN = (
    'Only alphanumeric ASCII characters, the hyphen "-", underscore "_", "." and "*" are allowed in a matchPattern'
)
"""Source: cilium/cilium v1.19 pkg/fqdn/matchpattern prevalidate."""

if TYPE_CHECKING:
    from quizgame.cluster.agent.ipcache import IpcacheEntry
    from quizgame.tools.cilium_dbg.listings_text import Model


def _service_list(call: Call) -> Result:
    call.need_agent("Cannot get services list: ", "/v1/service")
    frontends = {each.id: each for each in call.agent.services.frontends.values()}
    marks = call.flags.is_on("clustermesh-affinity")
    models = []
    for number in sorted(frontends):
        model = service_model(frontends[number])
        if frontends[number].affinity is Affinity.NONE:
            for backend in model["status"]["realized"]["backend-addresses"]:
                backend["preferred"] = False
        models.append(model)
    known = {number: service_facts(call, each) for number, each in frontends.items()}
    if wants_json(call):
        return Result(stdout=as_json(api_json(models), tuple(told for each in known.values() for told in each)))
    shown = services_table(models, shows_affinity=marks, facts_of=lambda model: known[model["spec"]["id"]])
    return Result(stdout=shown)


def _need_nodes(call: Call, url: str) -> None:
    """End the command unless the agent answers; here the problem stands alone.

    Raises:
        DbgError: if it does not.
    """
    if not call.agent.is_serving:
        error = DbgError("")
        problem = f'Get "http://localhost{url}": {SOCKET_PROBLEM}\nIs the agent running?\n'
        error.result = Result(stderr=lines(problem), exit=1)
        raise error


def _node_list(call: Call) -> Result:
    _need_nodes(call, "/v1/cluster/nodes")
    models = node_models(call.agent)
    if wants_json(call):
        return Result(stdout=as_json(api_json(models), tuple(_node_fact(call, each) for each in models)))
    return Result(stdout=nodes_table(models, lambda model: (_node_fact(call, model),)))


def _node_fact(call: Call, model: Model) -> Fact:
    name = str(model["name"]).rpartition("/")[2]
    return fact(
        "node", witnesses=(name,), cluster=call.cluster, node=name, status="known",
        pod_cidr=model["primary-address"]["ipv4"]["alloc-range"],
    )  # fmt: skip


def _nodeid_list(call: Call) -> Result:
    _need_nodes(call, "/v1/node/ids")
    models = node_ids(call.agent)
    return Result(stdout=as_json(models) if wants_json(call) else node_ids_table(models))


def _ip_list(call: Call) -> Result:
    call.need_agent("Cannot get ipcache entries. err: ", "/v1/ip")
    return _ips(call, call.agent.ipcache.sorted_entries())


def _ip_get(call: Call) -> Result:
    wanted = call.flags.texts("labels")
    if not call.args and not wanted:
        raise DbgError("No IP address or labels provided\n", stdout=call.help_text)
    call.need_agent("Cannot get ipcache entries. err: ", "/v1/ip")
    entries = call.agent.ipcache.sorted_entries()
    if wanted:
        found = [
            (prefix, entry) for prefix, entry in entries
            if all(any(word in (have, have.partition(":")[2]) for have in labels_of(call, int(entry.identity)))
                   for word in wanted)
        ]  # fmt: skip
    else:
        try:
            asked = str(IPv4Network(call.args[0]))
        except ValueError:
            raise DbgError(f"Unable to parse IP or CIDR: {call.args[0]}\n") from None
        found = [(prefix, entry) for prefix, entry in entries if prefix == asked]
    if not found:
        raise DbgError("Cannot get IP: [GET /ip][404] getIpNotFound\n")
    return _ips(call, found)


def _ips(call: Call, entries: list[tuple[str, IpcacheEntry]]) -> Result:
    known = {prefix: (ipcache_fact(call, prefix, entry),) for prefix, entry in entries}
    models = [ip_model(prefix, entry) for prefix, entry in entries]
    if wants_json(call):
        return Result(stdout=as_json(api_json(models), tuple(told for each in known.values() for told in each)))
    return Result(
        stdout=ips_table(
            models,
            lambda number: labels_of(call, number),
            is_numeric="numeric" in call.flags and call.flags.is_on("numeric"),
            is_verbose=call.flags.is_on("verbose"),
            facts_of=lambda model: known[str(model["cidr"])],
        )
    )


def _fqdn_cache(call: Call) -> Result:
    call.need_agent("Error: ", "/v1/fqdn/cache", has_hint=False, ends="\n")
    models = _matching(call)
    known = tuple(_name_fact(call, each) for each in models)
    if wants_json(call):
        return Result(stdout=as_json(models, known))
    return Result(stdout=names_table(models, lambda model: (_name_fact(call, model),)))


def _matching(call: Call) -> list[dict[str, Any]]:
    """The names that the options ask for.

    Raises:
        DbgError: if the pattern is none.
    """
    endpoint = call.flags.text("endpoint") if "endpoint" in call.flags else ""
    source = call.flags.text("source") if "source" in call.flags else ""
    pattern = call.flags.text("matchpattern")
    if not _PATTERN.fullmatch(pattern):
        raise DbgError(f"Error: [GET /fqdn/cache][400] getFqdnCacheBadRequest {quote(_BAD_PATTERN)}\n")
    return [
        each for each in cached_names(call.agent)
        if endpoint in ("", str(each["endpoint-id"])) and source in ("", each["source"])
        and (not pattern or name_matches(str(each["fqdn"]), match_pattern=pattern))
    ]  # fmt: skip


def _fqdn_clean(call: Call) -> Result:
    """Forget names; what was only allowed by them is not any more.

    Source: cilium/cilium v1.19 cilium-dbg/cmd/fqdn.go.
    """
    call.need_agent("Error: ", "/v1/fqdn/cache", has_hint=False, ends="\n")
    models = _matching(call)
    result = Result()
    if not call.flags.is_on("force"):
        result.stdout += [
            Line("Following cache entries are going to be deleted:"),
            *names_table(models, lambda model: (_name_fact(call, model),)),
            Line("The command is non-revertible, do you want to continue [y/N]?"),
        ]
        if not call.confirms():
            return result
    gone = {(int(each["endpoint-id"]), str(each["fqdn"])) for each in models}
    cache = call.agent.fqdn
    cache.entries = {key: entry for key, entry in cache.entries.items() if key not in gone}
    call.agent.sync_local_identities()
    result.stdout += lines("FQDN proxy cache cleared\n")
    return result


def _name_fact(call: Call, model: Model) -> Fact:
    name = str(model["fqdn"])
    return fact("dns", witnesses=(name,), cluster=call.cluster, name=name.rstrip("."), outcome="ok")


def _fqdn_names(call: Call) -> Result:
    call.need_agent("Error: ", "/v1/fqdn/names", has_hint=False, ends="\n")
    selectors = [
        {
            "regexString": name_expression(each.match_name, each.match_pattern),
            "selectorString": f"MatchName: {each.match_name}, MatchPattern: {each.match_pattern}",
        }
        for each in call.agent.repository.fqdn_selectors()
    ]
    return Result(stdout=as_json({"DNSPollNames": [], "FQDNPolicySelectors": selectors}))


def _output_flag() -> Flag:
    return string("output", "json| yaml| jsonpath='{}'", short="o")


COMMANDS = (
    Sub("service list", "list", "List the services", _service_list, lambda: [
        boolean("clustermesh-affinity", "Mark the backends that the cluster affinity prefers"), _output_flag(),
    ], aliases=("ls",)),
    Sub("node list", "list", "List the known nodes", _node_list, lambda: [_output_flag()], aliases=("ls",)),
    Sub("nodeid list", "list", "List the numbers of nodes", _nodeid_list, lambda: [_output_flag()], aliases=("ls",)),
    Sub("ip list", "list", "List the agent's ipcache", _ip_list, lambda: [
        boolean("numeric", "Print identities as numbers", short="n"),
        boolean("verbose", "Print all that the ipcache holds", short="v"),
        _output_flag(),
    ], aliases=("ls",)),
    Sub("ip get", "get ( <cidr> |-l <identity labels> )", "Look an address up in the agent's ipcache", _ip_get,
        lambda: [
            string_slice("labels", "Labels of the identity", short="l"),
            boolean("verbose", "Print all that the ipcache holds", short="v"),
            _output_flag(),
        ]),
    Sub("fqdn cache list", "list", "List the names of the DNS cache", _fqdn_cache, lambda: [
        string("endpoint", "Names of one endpoint alone", short="e"),
        string("matchpattern", "Names that match a pattern", short="p"),
        string("source", "Names from one source alone (lookup, connection)", short="s"),
        _output_flag(),
    ], aliases=("ls",)),
    Sub("fqdn cache clean", "clean", "Empty the DNS cache", _fqdn_clean, lambda: [
        boolean("force", "Do not ask", short="f"),
        string("matchpattern", "Only names that match a pattern", short="p"),
    ]),
    Sub("fqdn names", "names", "Show the names that policies select", _fqdn_names),
)  # fmt: skip
