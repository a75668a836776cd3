"""The log of a Cilium agent: its start, its configuration, its endpoints, policies and what it cannot reach."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.endpoints import EndpointState
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import condition_of, dig
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.addresses import unrestored_entries, waiting_entries
from quizgame.tools.kubectl.logs.auth import auth_entries
from quizgame.tools.kubectl.logs.bandwidth import bandwidth_entries
from quizgame.tools.kubectl.logs.entry import Entry, slog
from quizgame.tools.kubectl.logs.redirect import redirect_entries
from quizgame.tools.kubectl.logs.routing import route_entries

COMPONENT = "cilium-agent"
BUILD = "4f21a6d0 2026-06-10T09:12:44+00:00 go version go1.25.9 linux/amd64"
_POLICIES = ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies")
_MILLISECOND = SECOND // 1000
_RETRY_S = 30


def agent_entries(agent: Agent) -> list[Entry]:
    """What the running agent has written since it started, oldest first."""
    sources = (
        _start, waiting_entries, unrestored_entries, _endpoints, _policies, _lost_api, _l2_announcer, _mesh,
        bandwidth_entries, redirect_entries, route_entries, auth_entries,
    )  # fmt: skip
    found = [entry for source in sources for entry in source(agent)]
    return sorted(found, key=lambda each: each.at_ns)


def _jitter(agent: Agent, *parts: object) -> int:
    """Nanoseconds within a millisecond that make lines differ, the same for the same line."""
    return keyed_int(agent.seed, "log", agent.node, *map(str, parts), below=_MILLISECOND)


def _start(agent: Agent) -> Iterator[Entry]:
    at = agent.started_ns + _jitter(agent, "start")
    yield slog(at, "info", f"Cilium {agent.cluster.cilium_version} {BUILD}", COMPONENT)
    for place, (key, value) in enumerate(sorted(agent.config.data.items()), 1):
        message = f"  --{key}='{value}'"
        yield slog(at + place * 20_000, "info", message, COMPONENT, subsys="daemon")
    if agent.is_waiting:
        return
    yield slog(at + 300 * _MILLISECOND, "info", "Started hive", COMPONENT, duration="1.214s")
    yield slog(at + 900 * _MILLISECOND, "info", "Daemon initialization completed", COMPONENT, bootstrapTime="2.1s")


def _endpoints(agent: Agent) -> Iterator[Entry]:
    for endpoint in agent.endpoints.values():
        if not endpoint.is_pod:
            continue
        at = max(endpoint.created_ns, agent.started_ns) + _jitter(agent, "endpoint", endpoint.id)
        name = f"{endpoint.namespace}/{endpoint.pod}"
        restored = endpoint.created_ns < agent.started_ns
        message = "Restored endpoint" if restored else "Successful endpoint creation"
        yield slog(
            at + 400 * _MILLISECOND, "info", message, "",
            endpointID=endpoint.id, identity=endpoint.identity, ipv4=endpoint.ip, k8sPodName=name, subsys="endpoint",
        )  # fmt: skip
        if endpoint.state is not EndpointState.READY:
            yield slog(
                at + 500 * _MILLISECOND, "warn", "Endpoint is not ready", COMPONENT,
                endpointID=endpoint.id, k8sPodName=name, state=endpoint.state.value, subsys="endpoint",
            )  # fmt: skip


def _policies(agent: Agent) -> Iterator[Entry]:
    for plural in _POLICIES:
        if not agent.api.serves(plural):
            continue
        for policy in agent.api.list(plural):
            if int(policy["metadata"]["resourceVersion"]) > agent.cursor:
                continue
            condition = condition_of(policy, "Valid")
            instant = dig(condition, "lastTransitionTime") or policy["metadata"]["creationTimestamp"]
            at = max(parse_rfc3339(instant), agent.started_ns) + _jitter(agent, plural, policy["metadata"]["name"])
            details = {"ciliumNetworkPolicyName": policy["metadata"]["name"]}
            if policy["metadata"].get("namespace"):
                details["k8sNamespace"] = policy["metadata"]["namespace"]
            if condition is not None and condition["status"] == "False":
                yield slog(
                    at + 600 * _MILLISECOND, "warn", "Unable to add CiliumNetworkPolicy", COMPONENT,
                    error=condition.get("message", ""), **details, subsys="policy-k8s-watcher",
                )  # fmt: skip
            else:
                yield slog(
                    at + 600 * _MILLISECOND,
                    "info",
                    "Imported CiliumNetworkPolicy",
                    COMPONENT,
                    **details,
                    subsys="policy-k8s-watcher",
                )


def _l2_announcer(agent: Agent) -> Iterator[Entry]:
    for line in agent.l2.log:
        at = line.at_ns + _jitter(agent, "l2", line.message, *line.details)
        yield slog(at, line.level, line.message, COMPONENT, **dict(line.details))


def _mesh(agent: Agent) -> Iterator[Entry]:
    for name, remote in agent.remotes.items():
        if not remote.refusal:
            continue
        at = remote.refused_ns
        while at <= agent.api.clock.now_ns:
            yield slog(
                at + _jitter(agent, "mesh", name, at), "warn", "Connection to remote cluster failed", COMPONENT,
                clusterName=name, error=remote.refusal, subsys="clustermesh",
            )  # fmt: skip
            at += _RETRY_S * SECOND


def _lost_api(agent: Agent) -> Iterator[Entry]:
    if agent.is_connected or not agent.lost_api_ns:
        return
    host = agent.config.get("k8s-api-server", "") or f"https://{agent.cluster.api_address}:6443"
    problem = (
        f'Get "{host}/api/v1/nodes?resourceVersion={agent.cursor}&watch=true": dial tcp '
        f"{agent.cluster.api_address}:6443: i/o timeout"
    )
    at = agent.lost_api_ns
    while at <= agent.api.clock.now_ns:
        yield slog(at + _jitter(agent, "api", at), "error", "k8sError", COMPONENT, error=problem, subsys="k8s-client")
        at += _RETRY_S * SECOND
