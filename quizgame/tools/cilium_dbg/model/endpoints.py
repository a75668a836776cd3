"""The endpoints of a node as the agent's API gives them. Source: reference input ``agent-api/endpoint.json``."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.endpoints import EndpointState
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.model import Direction
from quizgame.tools.cilium_dbg.model.times import api_time

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint

NO_POLICY, AUDIT = "none", "audit-"


def enforced(agent: Agent, endpoint: Endpoint) -> str:
    """The directions in which policy is enforced: ``none``, ``ingress``, ``egress``, ``both``, ``audit-…``."""
    if not endpoint.is_pod and endpoint.identity != ReservedIdentity.HEALTH and not _is_guarded_host(agent, endpoint):
        return NO_POLICY
    policy = agent.policy_of(endpoint)
    both = (policy.ingress_enforced, policy.egress_enforced)
    word = {(True, True): "both", (True, False): "ingress", (False, True): "egress"}.get(both, NO_POLICY)
    return f"{AUDIT}{word}" if word != NO_POLICY and agent.repository.settings.audit else word


def _is_guarded_host(agent: Agent, endpoint: Endpoint) -> bool:
    return endpoint.identity == ReservedIdentity.HOST and agent.repository.settings.host_firewall


def enforcement_words(policy_enabled: str) -> tuple[str, str]:
    """The two words of the table for an API value: for ingress and for egress."""
    is_audit = policy_enabled.startswith(AUDIT)
    direction = policy_enabled.removeprefix(AUDIT)
    on = "Disabled (Audit)" if is_audit else "Enabled"
    return tuple(on if direction in (each, "both") else "Disabled" for each in ("ingress", "egress"))  # type: ignore[return-value]  # two directions, two words


def endpoint_models(agent: Agent) -> list[dict[str, Any]]:
    """All endpoints, by id."""
    return [endpoint_model(agent, agent.endpoints[number]) for number in sorted(agent.endpoints)]


def options_of(agent: Agent) -> dict[str, str]:
    """The run-time options of an endpoint, which it takes from the agent's."""
    on, off = "Enabled", "Disabled"
    audit = on if agent.repository.settings.audit else off
    return {
        "ConntrackAccounting": off, "Debug": on if agent.config.is_on("debug") else off, "DebugLB": off,
        "DebugPolicy": off, "DropNotification": on, "PolicyAuditMode": audit, "PolicyVerdictNotification": on,
        "SourceIPVerification": on, "TraceNotification": on,
    }  # fmt: skip


def health_of(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint's health: ready ones are well, others wait for their first programs."""
    word = "OK" if endpoint.state is EndpointState.READY else "Pending"
    return {"bpf": "OK", "connected": True, "overallHealth": word, "policy": word}


_CREATION = (
    # Messages of a new endpoint's way to ready, oldest first. Source: golden cilium-dbg/endpoint-log.
    ("waiting-for-identity", "Endpoint creation"),
    ("ready", "Set identity for this endpoint"),
    ("waiting-to-regenerate", "Triggering endpoint regeneration due to updated security labels"),
    ("regenerating", "Regenerating endpoint: updated security labels"),
    ("ready", "Completed endpoint regeneration with no pending regeneration requests"),
    ("ready", "Successfully regenerated endpoint program (Reason: updated security labels)"),
)


def log_of(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The endpoint's status log, newest first; one that waits for its identity has got no further than that."""
    steps = _CREATION if endpoint.state is EndpointState.READY else _CREATION[:1]
    at = api_time(endpoint.created_ns)
    return [{"code": "OK", "message": text, "state": state, "timestamp": at} for state, text in reversed(steps)]


def endpoint_model(agent: Agent, endpoint: Endpoint) -> dict[str, Any]:
    """One endpoint."""
    policy = _policy(agent, endpoint)
    options = options_of(agent)
    external = (
        {
            "cni-attachment-id": f"{endpoint.container_id}:eth0",
            "container-id": endpoint.container_id,
            "k8s-namespace": endpoint.namespace,
            "k8s-pod-name": endpoint.pod,
            "pod-name": f"{endpoint.namespace}/{endpoint.pod}",
        }
        if endpoint.is_pod
        else {}
    )
    labels = sorted(endpoint.labels)
    return {
        "id": endpoint.id,
        "spec": {"label-configuration": {}, "options": options},
        "status": {
            "external-identifiers": external,
            "health": health_of(endpoint),
            "identity": {
                "id": int(endpoint.identity),
                "labels": labels,
                "labelsSHA256": sha256("".join(f"{label};" for label in labels).encode()).hexdigest(),
            },
            "labels": {"realized": {}, "security-relevant": labels},
            "log": log_of(endpoint)[:1],
            "networking": {
                "addressing": [{"ipv4": endpoint.ip, "ipv4-pool-name": "default"}] if endpoint.ip else [{}],
                "container-interface-name": "eth0" if endpoint.is_pod else "",
                "host-mac": endpoint.host_mac,
                "interface-index": endpoint.ifindex,
                "interface-name": endpoint.interface,
                "mac": endpoint.mac,
            },
            "policy": {"proxy-statistics": [], "realized": policy, "spec": policy},
            "realized": {
                "label-configuration": {}, "options": {"PolicyAuditMode": options["PolicyAuditMode"]},
            },
            "state": endpoint.state.value,
        },
    }  # fmt: skip


def _policy(agent: Agent, endpoint: Endpoint) -> dict[str, Any]:
    revision = agent.repository.revision
    enabled = enforced(agent, endpoint)
    allowed: dict[Direction, set[int]] = {Direction.INGRESS: set(), Direction.EGRESS: set()}
    denied: dict[Direction, set[int]] = {Direction.INGRESS: set(), Direction.EGRESS: set()}
    if (endpoint.is_pod or _is_guarded_host(agent, endpoint)) and enabled != NO_POLICY:
        for entry in agent.policy_of(endpoint).entries():
            (denied if entry.is_deny else allowed)[entry.direction].add(int(entry.identity))
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
