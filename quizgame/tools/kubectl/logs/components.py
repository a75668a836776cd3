"""The logs of the operator, of CoreDNS, and of containers that gave up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.clock import parse_rfc3339
from quizgame.cluster.objects import condition_of, dig
from quizgame.cluster.operator import Operator
from quizgame.cluster.world import Cluster
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.addresses import operator_entries
from quizgame.tools.kubectl.logs.agent import BUILD, agent_entries
from quizgame.tools.kubectl.logs.edge import edge_entries, envoy_entries
from quizgame.tools.kubectl.logs.entry import Entry, slog
from quizgame.tools.kubectl.pods import container_status

_OPERATOR = "cilium-operator"
_POLICIES = ("ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies")


def entries_of(cluster: Cluster, pod: Mapping[str, Any], container: str, *, previous: bool) -> list[Entry]:
    """What a container has written, oldest first; of its last run before a restart if ``previous``."""
    status = container_status(pod, container)
    state = dig(status, "lastState", "terminated") if previous else dig(status, "state", "terminated")
    if previous or state is not None:
        return list(_last_words(cluster, state or {}, container))
    running = dig(status, "state", "running")
    if running is None:
        return list(_last_words(cluster, dig(status, "lastState", "terminated", default={}), container))
    name = pod["metadata"]["name"]
    agent = cluster.agents.get(dig(pod, "spec", "nodeName", default=""))
    if container == "cilium-agent" and isinstance(agent, Agent) and agent.pod_name == name:
        return agent_entries(agent)
    started_ns = parse_rfc3339(running["startedAt"]) if running.get("startedAt") else 0
    if container == _OPERATOR:
        own = edge_entries(cluster.operator, started_ns) if isinstance(cluster.operator, Operator) else ()
        return sorted((*_operator(cluster, started_ns), *own), key=lambda each: each.at_ns)
    if container == "cilium-envoy" and isinstance(agent, Agent):
        return list(envoy_entries(agent, started_ns))
    if container == "coredns":
        return list(_coredns(started_ns))
    return []


def _last_words(cluster: Cluster, terminated: Mapping[str, Any], container: str) -> Iterator[Entry]:
    """A program that gave up names itself and says why."""
    message = str(terminated.get("message", "")).strip()
    if not message:
        return
    end_ns = parse_rfc3339(terminated["finishedAt"]) if terminated.get("finishedAt") else 0
    if not container.startswith("cilium"):
        yield Entry(end_ns, message, container, message)
        return
    yield slog(end_ns - SECOND // 2, "info", f"Cilium {cluster.cilium_version} {BUILD}", container)
    yield slog(end_ns - SECOND // 4, "error", "Start hook failed", container, error=message)
    yield slog(end_ns, "fatal", f"failed to start: {message}", container)


def _operator(cluster: Cluster, started_ns: int) -> Iterator[Entry]:
    yield slog(started_ns + 1_204_331, "info", f"Cilium Operator {cluster.cilium_version} {BUILD}", _OPERATOR)
    yield slog(
        started_ns + 84_120_554, "info", "Leading the operator HA deployment", _OPERATOR, subsys="cilium-operator"
    )
    if isinstance(cluster.operator, Operator):
        yield from operator_entries(cluster.operator, started_ns + SECOND // 10)
    for plural in _POLICIES:
        for policy in cluster.api.list(plural) if cluster.api.serves(plural) else ():
            condition = condition_of(policy, "Valid")
            if condition is None or condition["status"] != "False":
                continue
            at = max(parse_rfc3339(condition["lastTransitionTime"]), started_ns)
            details = {"name": policy["metadata"]["name"], "namespace": policy["metadata"].get("namespace", "")}
            yield slog(
                at, "error", "Detected invalid policy", _OPERATOR,
                error=condition.get("message", ""), **details, subsys="policy-validator",
            )  # fmt: skip


def _coredns(started_ns: int) -> Iterator[Entry]:
    for text in (
        ".:53",
        "[INFO] plugin/reload: Running configuration SHA512 = "
        "1b226df79860026c6a52e67daa10d7f0d57ec5b023288ec00c5e05f93523c894",
        "CoreDNS-1.13.1",
        "linux/amd64, go1.25.2, 1db4568",
    ):
        yield Entry(started_ns, text)
