"""Making agent events of an agent's notices, and answering who asks for them.

Source: cilium/cilium v1.19 pkg/hubble/parser/agent; pkg/hubble/observer/local_observer.go GetAgentEvents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.agent.notices import AgentNotice, NoticeType
from quizgame.hubble.agentevent import (
    AgentEvent,
    EndpointRegenNotification,
    EndpointUpdateNotification,
    GetAgentEventsResponse,
    GetEventsRequest,
    IPCacheNotification,
    PolicyUpdateNotification,
    TimeNotification,
)
from quizgame.hubble.fields import uint64_text
from quizgame.hubble.timestamps import format_timestamp

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.hubble.following import Watch


def agent_events(
    agent: Agent, request: GetEventsRequest, watch: Watch | None = None
) -> Iterator[GetAgentEventsResponse]:
    """Yield what an agent's server sends.

    The server goes back by events of any kind: where flows are many, few of its last ones are the agent's own.

    Args:
        agent: The agent.
        request: What was asked for.
        watch: Who follows; without it a followed stream ends after its history.
    """
    seen_ns = agent.now_ns
    for notice in _history(agent, request):
        yield _response(agent, notice)
    if not request.follow or watch is None:
        return
    while watch.wait():
        fresh = [notice for notice in agent.ring.told() if seen_ns < notice.time_ns <= agent.now_ns]
        seen_ns = agent.now_ns
        for notice in fresh:
            yield _response(agent, notice)


def _history(agent: Agent, request: GetEventsRequest) -> list[AgentNotice]:
    now_ns = agent.now_ns
    until_ns = now_ns if request.until_ns is None else min(request.until_ns, now_ns)
    notices = [notice for notice in agent.ring.told() if notice.time_ns <= until_ns]
    since_ns = request.since_ns
    if since_ns is None and request.number:
        times = sorted(
            [notice.time_ns for notice in agent.ring.told() if notice.time_ns <= now_ns]
            + [event.time_ns for event in agent.ring.newest() if event.time_ns <= now_ns]
        )
        since_ns = times[-request.number] if len(times) > request.number else None
    return [notice for notice in notices if since_ns is None or notice.time_ns >= since_ns]


def _response(agent: Agent, notice: AgentNotice) -> GetAgentEventsResponse:
    return GetAgentEventsResponse(
        agent_event=agent_event_of(notice),
        node_name=f"{agent.config.cluster_name}/{agent.node}",
        time=format_timestamp(notice.time_ns),
    )


def agent_event_of(notice: AgentNotice) -> AgentEvent:
    """The event that Hubble makes of a notice."""
    name, labels = notice.type.name, list(notice.labels)
    match notice.type:
        case NoticeType.AGENT_STARTED:
            return AgentEvent(name, agent_start=TimeNotification(time=format_timestamp(notice.time_ns)))
        case NoticeType.POLICY_UPDATED | NoticeType.POLICY_DELETED:
            policy = PolicyUpdateNotification(labels, uint64_text(notice.revision), uint64_text(notice.rule_count))
            return AgentEvent(name, policy_update=policy)
        case NoticeType.ENDPOINT_REGENERATE_SUCCESS:
            regenerated = EndpointRegenNotification(uint64_text(notice.endpoint_id), labels)
            return AgentEvent(name, endpoint_regenerate=regenerated)
        case NoticeType.ENDPOINT_CREATED | NoticeType.ENDPOINT_DELETED:
            endpoint = EndpointUpdateNotification(
                uint64_text(notice.endpoint_id), labels, pod_name=notice.pod, namespace=notice.namespace
            )
            return AgentEvent(name, endpoint_update=endpoint)
        case NoticeType.IPCACHE_UPSERTED | NoticeType.IPCACHE_DELETED:
            address = IPCacheNotification(
                notice.cidr, notice.identity, notice.old_identity, notice.host_ip, notice.old_host_ip,
                notice.encrypt_key, notice.namespace, notice.pod,
            )  # fmt: skip
            return AgentEvent(name, ipcache_update=address)
