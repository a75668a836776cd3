"""The agent's controllers: background tasks with their last success and what they keep failing at.

Which tasks there are and how they are named: reference golden ``cilium-dbg/status-healthy-verbose``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.publish import ENDPOINTS
from quizgame.cluster.keyed import keyed_uuid
from quizgame.cluster.objects import dig
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium_dbg.model.times import NEVER, api_time

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint

MINUTE = 60 * SECOND
# Name → how often it runs; 0: once, when the agent starts. Those that only run on demand have no success of their own.
_PERIODIC = {
    "cilium-health-ep": MINUTE,
    "ct-map-pressure": 30 * SECOND,
    "daemon-validate-config": MINUTE,
    "dns-garbage-collector-job": MINUTE,
    "endpoint-gc": 5 * MINUTE,
    "k8s-heartbeat": 30 * SECOND,
    "link-cache": 15 * SECOND,
    "node-neighbor-link-updater": 30 * SECOND,
    "sync-ct-gc": 5 * MINUTE,
    "update-k8s-node-annotations": 0,
    "write-cni-file": 0,
}
_OF_ENDPOINT = {
    "endpoint-{id}-regeneration-recovery": None,
    "resolve-identity-{id}": 5 * MINUTE,
    "sync-policymap-{id}": 15 * MINUTE,
}
_OF_POD = {"sync-to-k8s-ciliumendpoint ({id})": 10 * SECOND}
_NEEDS_API_SERVER = frozenset(("k8s-heartbeat",))


@dataclass(frozen=True, slots=True)
class Failing:
    """A task that fails again and again."""

    name: str
    message: str
    since_ns: int


def controllers_of(agent: Agent) -> list[dict[str, Any]]:
    """The controllers as the agent's API lists them, by name."""
    failing = {each.name: each for each in failing_controllers(agent)}
    tasks: dict[str, tuple[int | None, int]] = {name: (period, agent.started_ns) for name, period in _PERIODIC.items()}
    for endpoint in agent.endpoints.values():
        since = max(endpoint.created_ns, agent.started_ns)
        names = {**_OF_ENDPOINT, **(_OF_POD if endpoint.is_pod else {})}
        tasks |= {name.format(id=endpoint.id): (period, since) for name, period in names.items()}
    return [
        {
            "configuration": {"error-retry": True, "interval": "1m0s"},
            "name": name,
            "status": _status(agent, period, since, failing.get(name), name),
            "uuid": keyed_uuid(agent.seed, "controller", agent.context, agent.node, name),
        }
        for name, (period, since) in sorted(tasks.items())
    ]


def _status(agent: Agent, period: int | None, since_ns: int, failing: Failing | None, name: str) -> dict[str, Any]:
    until = agent.now_ns if failing is None else failing.since_ns
    if name in _NEEDS_API_SERVER and agent.lost_api_ns:
        until = min(until, agent.lost_api_ns)
    success, runs = NEVER, 0
    if period is not None and until >= since_ns:
        runs = (until - since_ns) // period + 1 if period else 1
        success = api_time(since_ns + (runs - 1) * period)
    status: dict[str, Any] = {"last-failure-timestamp": NEVER, "last-success-timestamp": success}
    if runs:
        status["success-count"] = runs
    if failing is not None:
        attempts, last_ns = _attempts(failing.since_ns, agent.now_ns)
        status |= {
            "consecutive-failure-count": attempts,
            "failure-count": attempts,
            "last-failure-msg": failing.message,
            "last-failure-timestamp": api_time(last_ns),
        }
    return status


def _attempts(since_ns: int, now_ns: int) -> tuple[int, int]:
    """How often a task has been tried, and when last. Source: pkg/controller: the wait grows by a second each time."""
    attempts, last = 1, since_ns
    while last + attempts * SECOND <= now_ns:
        last += attempts * SECOND
        attempts += 1
    return attempts, last


def failing_controllers(agent: Agent) -> Iterator[Failing]:
    """What an agent cannot do at present: publish endpoints while the API server is out of reach."""
    if agent.is_connected:
        return
    for endpoint in agent.endpoints.values():
        if endpoint.is_pod and not _is_published(agent, endpoint):
            url = f"https://{agent.cluster.api_address}:6443/apis/cilium.io/v2/namespaces/{endpoint.namespace}"
            yield Failing(
                f"sync-to-k8s-ciliumendpoint ({endpoint.id})",
                f'unable to create CiliumEndpoint {endpoint.namespace}/{endpoint.pod}: Post "{url}/ciliumendpoints": '
                "context deadline exceeded",
                max(endpoint.created_ns, agent.lost_api_ns),
            )


def _is_published(agent: Agent, endpoint: Endpoint) -> bool:
    known = agent.api.find(ENDPOINTS, endpoint.pod, endpoint.namespace)
    return bool(dig(known, "status", "id") == endpoint.id)
