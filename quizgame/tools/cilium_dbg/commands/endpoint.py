"""``cilium-dbg endpoint``: the endpoints of one node. Source: reference cilium-dbg, section 4."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.endpoints import EndpointState
from quizgame.cluster.clock import rfc3339_nano
from quizgame.goflags.flagset import boolean, string, string_slice
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import Direction
from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.facts import Fact, fact
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, value_text
from quizgame.tools.naming import workload_name
from quizgame.tools.output import Line, Result, lines

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
    if not endpoint.is_pod and endpoint.identity != ReservedIdentity.HEALTH:
        return "Disabled", "Disabled"
    policy = call.agent.policy_of(endpoint)
    on = "Disabled (Audit)" if call.agent.repository.settings.audit else "Enabled"
    return (on if policy.ingress_enforced else "Disabled", on if policy.egress_enforced else "Disabled")


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


def _list(call: Call) -> Result:
    call.need_agent("endpoint list", "/v1/endpoint")
    endpoints = [call.agent.endpoints[number] for number in sorted(call.agent.endpoints)]
    if wants_json(call):
        return Result(stdout=as_json([endpoint_model(call, each) for each in endpoints]))
    rows = [
        Row(
            (
                str(each.id),
                *enforcement(call, each),
                str(int(each.identity)),
                each.labels,
                "",
                each.ip,
                each.state.value,
            ),
            endpoint_facts(call, each),
        )
        for each in endpoints
    ]
    return Result(stdout=table(() if call.flags.is_on("no-headers") else HEAD, rows, Trailing.ALL))


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
    call.need_agent("endpoint", "/v1/endpoint")
    if call.args:
        found = [find(call, "endpoint", "][404] getEndpointIdNotFound\n")]
    else:
        wanted = call.flags.texts("labels")
        found = [
            each for each in call.agent.endpoints.values()
            if all(any(label in (have, have.partition(":")[2]) for have in each.labels) for label in wanted)
        ]  # fmt: skip
    form = call.flags.text("output")
    models = [endpoint_model(call, each) for each in found]
    facts = tuple(known for each in found for known in endpoint_facts(call, each))
    if form.startswith("jsonpath="):
        found_values = JsonPath(form.partition("=")[2].strip("'")).values(models)
        return Result(stdout=lines(" ".join(map(value_text, found_values)) + "\n", facts))
    return Result(stdout=as_json(models, facts))


def endpoint_model(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint as the agent's API gives it. Source: reference golden ``cilium-dbg/endpoint-get``."""
    policy = _policy_model(call, endpoint)
    options = {"PolicyAuditMode": "Enabled" if call.agent.repository.settings.audit else "Disabled"}
    external = (
        {
            "cni-attachment-id": f"{endpoint.container_id}:eth0",
            "container-id": endpoint.container_id,
            "container-name": "",
            "k8s-namespace": endpoint.namespace,
            "k8s-pod-name": endpoint.pod,
            "pod-name": f"{endpoint.namespace}/{endpoint.pod}",
        }
        if endpoint.is_pod
        else {}
    )
    labels = list(endpoint.labels)
    return {
        "id": endpoint.id,
        "spec": {"label-configuration": {}, "options": options},
        "status": {
            "external-identifiers": external,
            "health": {
                "bpf": "OK",
                "connected": True,
                "overallHealth": "OK" if endpoint.state is EndpointState.READY else "Pending",
                "policy": "OK",
            },
            "identity": {
                "id": int(endpoint.identity),
                "labels": labels,
                "labelsSHA256": sha256(";".join(labels).encode()).hexdigest(),
            },
            "labels": {"realized": {}, "security-relevant": labels},
            "log": [
                {
                    "code": "OK",
                    "message": "Successfully regenerated endpoint program (Reason: policy rules added)",
                    "state": endpoint.state.value,
                    "timestamp": rfc3339_nano(endpoint.created_ns),
                }
            ],
            "networking": {
                "addressing": [{"ipv4": endpoint.ip, "ipv4-pool-name": "default"}] if endpoint.ip else [],
                "container-interface-name": "eth0",
                "host-mac": endpoint.host_mac,
                "interface-index": endpoint.ifindex,
                "interface-name": endpoint.interface,
                "mac": endpoint.mac,
            },
            "policy": {"proxy-statistics": [], "realized": policy, "spec": policy},
            "realized": {"label-configuration": {}, "options": options},
            "state": endpoint.state.value,
        },
    }


def _policy_model(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    ingress, egress = enforcement(call, endpoint)
    revision = call.agent.repository.revision
    enabled = {(True, True): "both", (True, False): "ingress", (False, True): "egress"}.get(
        (ingress != "Disabled", egress != "Disabled"), "none"
    )
    if enabled != "none" and call.agent.repository.settings.audit:
        enabled = f"audit-{enabled}"
    allowed: dict[Direction, set[int]] = {Direction.INGRESS: set(), Direction.EGRESS: set()}
    denied: dict[Direction, set[int]] = {Direction.INGRESS: set(), Direction.EGRESS: set()}
    if endpoint.is_pod and enabled != "none":
        for entry in call.agent.policy_of(endpoint).entries():
            (denied if entry.is_deny else allowed)[entry.direction].add(entry.identity)
    return {
        "allowed-egress-identities": sorted(allowed[Direction.EGRESS]),
        "allowed-ingress-identities": sorted(allowed[Direction.INGRESS]),
        "build": revision,
        "cidr-policy": {"egress": [], "ingress": []},
        "denied-egress-identities": sorted(denied[Direction.EGRESS]),
        "denied-ingress-identities": sorted(denied[Direction.INGRESS]),
        "id": int(endpoint.identity),
        "l4": {"egress": [], "ingress": []},
        "policy-enabled": enabled,
        "policy-revision": revision,
    }


def _health(call: Call) -> Result:
    if not call.args:
        raise DbgError("Missing endpoint id argument\n", stdout=call.help_text)
    call.need_agent("endpoint", "/v1/endpoint")
    endpoint = find(call, "endpoint health", "/healthz][404] getEndpointIdHealthzNotFound\n")
    overall = "OK" if endpoint.state is EndpointState.READY else "Pending"
    shown = (("Overall Health:", overall), ("BPF Health:", "OK"), ("Policy Health:", overall), ("Connected:", "yes"))
    return Result(stdout=[Line(f"{name:<16}  {value}") for name, value in shown])


def _labels(call: Call) -> Result:
    if not call.args:
        raise DbgError("Missing endpoint id argument\n", stdout=call.help_text)
    call.need_agent("endpoint", "/v1/endpoint")
    endpoint = find(call, "endpoint labels", "/labels][404] getEndpointIdLabelsNotFound\n")
    return Result(stdout=[Line(label, endpoint_facts(call, endpoint)) for label in endpoint.labels])


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
    Sub("endpoint health", "health <endpoint id>", "View endpoint health", _health),
    Sub("endpoint labels", "labels <endpoint id>", "Manage label configuration of endpoint", _labels),
)  # fmt: skip
