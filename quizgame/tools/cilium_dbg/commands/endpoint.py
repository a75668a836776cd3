"""``cilium-dbg endpoint``: the endpoints of one node. Source: reference cilium-dbg, section 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.goflags.flagset import Flag, boolean, string, string_slice
from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.cilium_dbg.commands.options import options_list
from quizgame.tools.cilium_dbg.model.answers import api_json
from quizgame.tools.cilium_dbg.model.endpoints import (
    endpoint_model,
    enforced,
    enforcement_words,
    health_of,
    log_of,
    options_of,
)
from quizgame.tools.facts import Fact, fact
from quizgame.tools.naming import workload_name
from quizgame.tools.output import Line, Result, not_simulated

if TYPE_CHECKING:
    from quizgame.cluster.agent.endpoints import Endpoint

HEAD = (
    (
        "ENDPOINT",
        "POLICY (ingress)",
        "POLICY (egress)",
        "IDENTITY",
        "LABELS (source:key[=value])",
        "IPv6",
        "IPv4",
        "STATUS",
    ),
    ("", "ENFORCEMENT", "ENFORCEMENT", "", "", "", ""),
)


def enforcement(call: Call, endpoint: Endpoint) -> tuple[str, str]:
    """The two enforcement words of an endpoint."""
    return enforcement_words(enforced(call.agent, endpoint))


def subject(call: Call, endpoint: Endpoint) -> str:
    """The endpoint as facts name it."""
    if not endpoint.is_pod:
        return endpoint.labels[0].removeprefix("reserved:") if endpoint.labels else ""
    return workload_name(call.context.session.world, endpoint.namespace, endpoint.pod, call.agent.config.cluster_name)


def endpoint_facts(call: Call, endpoint: Endpoint) -> tuple[Fact, ...]:
    """What a reader of an endpoint's row learns."""
    ingress, egress = enforcement(call, endpoint)
    name = subject(call, endpoint)
    return (
        fact("enforcement", cluster=call.cluster, pod=name, ingress=ingress, egress=egress),
        *(
            fact(
                "identity",
                witnesses=(str(int(endpoint.identity)),),
                cluster=call.cluster,
                identity=int(endpoint.identity),
                pod=name,
                label=label,
            )
            for label in endpoint.labels
        ),
    )


def endpoint_row(model: Mapping[str, Any], facts: tuple[Fact, ...] = ()) -> Row:
    """One endpoint as the table shows it."""
    status = model["status"]
    address = (status["networking"]["addressing"] or [{}])[0]
    identity = status["identity"]
    ingress, egress = enforcement_words(status["policy"]["realized"]["policy-enabled"])
    cells = (str(model["id"]), ingress, egress, str(identity["id"]), identity["labels"], address.get("ipv6", ""),
             address.get("ipv4", ""), status["state"])  # fmt: skip
    return Row(cells, facts)


def endpoint_table(rows: list[Row], *, has_headers: bool = True) -> list[Line]:
    """The table of endpoints."""
    return table(HEAD if has_headers else (), rows, Trailing.ALL)


def _list(call: Call) -> Result:
    call.need_agent("cannot get endpoint list: ", "/v1/endpoint", ends="\n")
    endpoints = [call.agent.endpoints[number] for number in sorted(call.agent.endpoints)]
    models = [endpoint_model(call.agent, each) for each in endpoints]
    if wants_json(call):
        known = tuple(each for endpoint in endpoints for each in endpoint_facts(call, endpoint))
        return Result(stdout=as_json(api_json(models), known))
    rows = [endpoint_row(model, endpoint_facts(call, each)) for model, each in zip(models, endpoints, strict=True)]
    return Result(stdout=endpoint_table(rows, has_headers=not call.flags.is_on("no-headers")))


def find(call: Call, what: str, tail: str) -> Endpoint:
    """The endpoint that the first argument names: an id, ``pod-name:NS:POD`` or ``ipv4:ADDRESS``.

    Raises:
        DbgError: if there is none.
    """
    word = call.args[0]
    number: int | None = None
    if word.isdecimal():
        number = int(word)
    elif word.startswith(("pod-name:", "cep-name:")):
        namespace, _, pod = word.partition(":")[2].replace("/", ":").partition(":")
        number = call.agent.endpoint_by_pod.get((namespace, pod))
    elif word.startswith("ipv4:"):
        number = call.agent.endpoint_by_ip.get(word.removeprefix("ipv4:"))
    found = call.agent.endpoints.get(number) if number is not None else None
    if found is None:
        raise DbgError(f"Cannot get {what} {word}: [GET /endpoint/{{id}}{tail}")
    return found


def _get(call: Call) -> Result:
    if not call.args and not call.flags.texts("labels"):
        raise DbgError("Missing endpoint id argument\n", stdout=call.help_text)
    call.need_agent("Cannot get endpoint: ", "/v1/endpoint", ends="\n")
    if call.args:
        found = [find(call, "endpoint", "][404] getEndpointIdNotFound\n")]
    else:
        wanted = call.flags.texts("labels")
        found = [
            each for each in call.agent.endpoints.values()
            if all(any(label in (have, have.partition(":")[2]) for have in each.labels) for label in wanted)
        ]  # fmt: skip
    wants_json(call)
    models = api_json([endpoint_model(call.agent, each) for each in found])
    facts = tuple(known for each in found for known in endpoint_facts(call, each))
    return Result(stdout=as_json(models, facts))


def _one(call: Call, what: str, tail: str) -> Endpoint:
    if not call.args:
        raise DbgError("Missing endpoint id argument\n", stdout=call.help_text)
    call.need_agent("Cannot get endpoint: ", "/v1/endpoint", ends="\n")
    return find(call, what, tail)


def health_table(health: Mapping[str, Any]) -> list[Line]:
    """The four lines of an endpoint's health."""
    words = (
        ("Overall Health", health["overallHealth"]), ("BPF Health", health["bpf"]), ("Policy Health", health["policy"]),
        ("Connected", "yes" if health.get("connected") else "no"),
    )  # fmt: skip
    return table([], [Row((f"{name}:", word)) for name, word in words])


def _health(call: Call) -> Result:
    endpoint = _one(call, "endpoint health", "/healthz][404] getEndpointIdHealthzNotFound\n")
    if wants_json(call):
        return Result(stdout=as_json(api_json(health_of(endpoint))))
    return Result(stdout=health_table(health_of(endpoint)))


def labels_table(labels: Sequence[str], facts: tuple[Fact, ...] = ()) -> list[Line]:
    """The labels of an endpoint. The tool prints them in random order, the simulation sorted."""
    return table([], [Row((label, "Enabled"), facts) for label in sorted(labels)])


def _labels(call: Call) -> Result:
    endpoint = _one(call, "endpoint labels", "/labels][404] getEndpointIdLabelsNotFound\n")
    return Result(stdout=labels_table(endpoint.labels, endpoint_facts(call, endpoint)))


def log_table(log: Sequence[Mapping[str, Any]]) -> list[Line]:
    """An endpoint's status log."""
    head = ("Timestamp", "Status", "State", "Message")
    return table([head], [Row(tuple(str(each[key]) for key in ("timestamp", "code", "state", "message")))
                          for each in log])  # fmt: skip


def _log(call: Call) -> Result:
    log = log_of(_one(call, "endpoint log", "/log][404] getEndpointIdLogNotFound\n"))
    return Result(stdout=as_json(log) if wants_json(call) else log_table(log))


def _config(call: Call) -> Result:
    if call.flags.is_on("list-options"):
        return Result(stdout=options_list())
    endpoint = _one(call, "endpoint configuration", "/config][404] getEndpointIdConfigNotFound\n")
    if len(call.args) > 1:
        return not_simulated(f"cilium-dbg endpoint config {endpoint.id} {call.args[1]}")
    options = options_of(call.agent)
    if wants_json(call):
        return Result(stdout=as_json({"options": options}))
    return Result(stdout=[Line(f"{name:<34}: {value}") for name, value in options.items()])


def _output_flag() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


COMMANDS = (
    Sub(
        "endpoint list", "list", "List all endpoints", _list,
        lambda: [
            boolean("no-headers", "Do not print headers"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ],
        aliases=("ls",),
    ),
    Sub(
        "endpoint get", "get ( <endpoint identifier> | -l <endpoint labels> ) ", "Display endpoint information", _get,
        lambda: [
            string_slice("labels", "list of labels", short="l"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ],
        aliases=("inspect", "show"),
    ),
    Sub("endpoint health", "health <endpoint id>", "Show how an endpoint is", _health, _output_flag),
    Sub("endpoint labels", "labels <endpoint id>", "Show the labels of an endpoint", _labels),
    Sub("endpoint log", "log <endpoint id>", "Show the status log of an endpoint", _log, _output_flag),
    Sub("endpoint config", "config <endpoint id> [<option>=(enable|disable) ...]",
        "Show the run-time options of an endpoint", _config,
        lambda: [*_output_flag(), boolean("list-options", "List the options")]),
)  # fmt: skip
