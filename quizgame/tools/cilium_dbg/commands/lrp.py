"""``cilium-dbg lrp list``. Source: reference cilium-dbg, section 8; golden ``lrp-list``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.redirect import RedirectPolicy
from quizgame.goflags.flagset import string
from quizgame.goflags.tabwriter import align
from quizgame.tools.cilium_dbg.call import Call, Sub, as_json, wants_json
from quizgame.tools.facts import fact
from quizgame.tools.output import Line, Result

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.services import Frontend
    from quizgame.tools.facts import Fact

_HEAD = ("LRP namespace", "LRP name", "FrontendType", "Matching Service")
Model = Mapping[str, Any]


def policy_model(agent: Agent, policy: RedirectPolicy) -> dict[str, Any]:
    """What the agent's API says of a policy."""
    wanted = "/".join(policy.key)
    found = [
        each
        for each in agent.services.frontends.values()
        if each.redirected_to == wanted or (each.namespace, each.service) == policy.key
    ]
    model: dict[str, Any] = {
        "name": policy.name,
        "namespace": policy.namespace,
        "frontend-type": policy.kind.value[0],
        "lrp-type": "addr" if policy.address else "svc",
        "frontend-mappings": [_mapping(agent, each) for each in sorted(found, key=lambda each: each.id)],
    }
    return model if policy.address else {**model, "service-id": f"{policy.namespace}/{policy.service}"}


def _mapping(agent: Agent, frontend: Frontend) -> dict[str, Any]:
    return {
        "frontend-address": {
            "ip": frontend.ip, "port": frontend.port, "protocol": frontend.protocol, "scope": "external",
        },
        "backends": [
            {
                "backend-address": {
                    "ip": each.ip, "port": each.port, "nodeName": agent.node, "state": each.state.value,
                    "protocol": each.protocol, "preferred": False,
                },
                "pod-id": f"{each.namespace}/{each.pod}",
            }
            for each in frontend.backends
        ],
    }  # fmt: skip


def policies_table(models: Sequence[Model], facts: Mapping[str, tuple[Fact, ...]]) -> list[Line]:
    """Policies, each with what leads to where."""
    rows: list[list[str]] = [list(_HEAD)]
    told: list[tuple[Fact, ...]] = [()]
    for model in models:
        known = facts.get(f"{model['namespace']}/{model['name']}", ())
        rows.append([model["namespace"], model["name"], model["frontend-type"], model.get("service-id", "")])
        told.append(known)
        for mapping in model["frontend-mappings"]:
            address = mapping["frontend-address"]
            place = f"{address['ip']}:{address['port']}/{address['protocol']}"
            rows.append(["", "|", f"{place} -> {''.join(map(_backend, mapping['backends']))}"])
            told.append(known)
    text = align(rows, min_width=5, tab_width=0, padding=3)
    return [Line(line, known) for line, known in zip(text.split("\n"), told, strict=False)]


def _backend(backend: Model) -> str:
    address = backend["backend-address"]
    return f"{address['ip']}:{address['port']}({backend['pod-id']}), "


def _list(call: Call) -> Result:
    call.need_agent("Cannot get lrp list: ", "/v1/lrp")
    policies = [policy for _, policy in sorted(call.agent.redirects.policies.items())]
    models = [policy_model(call.agent, each) for each in policies]
    known = {f"{each['namespace']}/{each['name']}": tuple(_facts(call, each)) for each in models}
    if wants_json(call):
        return Result(stdout=as_json(models, tuple(fact for told in known.values() for fact in told)))
    return Result(stdout=policies_table(models, known))


def _facts(call: Call, model: Model) -> list[Fact]:
    service = model.get("service-id") or f"{model['namespace']}/{model['name']}"
    backends = [each["backend-address"]["ip"] for mapping in model["frontend-mappings"] for each in mapping["backends"]]
    return [
        fact("service", witnesses=(ip,), cluster=call.cluster, service=service, backend="local", type="LocalRedirect")
        for ip in dict.fromkeys(backends)
    ] or [fact("service", cluster=call.cluster, service=service, backend="none", type="LocalRedirect")]


COMMANDS = (
    Sub("lrp list", "list", "List the local redirect policies", _list,
        lambda: [string("output", "json| yaml| jsonpath='{}'", short="o")], aliases=("ls",)),
)  # fmt: skip
