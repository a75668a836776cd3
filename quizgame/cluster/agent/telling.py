"""Making an agent's notices of what it has just put in force.

Source: cilium/cilium v1.19 pkg/endpointmanager (endpoints), pkg/policy/cell/policy_importer.go (policies),
pkg/datapath/ipcache/listener.go (addresses), pkg/endpoint notifyEndpointRegeneration, daemon StartMessage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.endpoints import EndpointState
from quizgame.cluster.agent.notices import AgentNotice, NoticeType
from quizgame.policy.identity import ReservedIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.agent.ipcache import IpcacheEntry
    from quizgame.policy.model import PolicyKey

_NO_HOST = "0.0.0.0"
_RESOURCES = {
    "CiliumNetworkPolicy": "cnp",
    "CiliumClusterwideNetworkPolicy": "ccnp",
    "NetworkPolicy": "netpol",
}


def tell_start(agent: Agent) -> None:
    """Tell all that a starting agent has taken in, and that it has started."""
    for key in agent.repository.policies:
        tell_policy(agent, key)
    agent.ring.told_endpoints = {}
    tell_changes(agent, is_restored=True)
    agent.ring.tell(AgentNotice(agent.now_ns, NoticeType.AGENT_STARTED))


def tell_changes(agent: Agent, *, is_restored: bool = False) -> None:
    """Tell which addresses and endpoints have changed since the last time; costs the endpoints of the node.

    Args:
        agent: The agent.
        is_restored: Endpoints are those of the run before: they are regenerated, not created.
    """
    told, present = agent.ring.told_endpoints, agent.endpoints
    if told != present:
        for number in sorted(told.keys() - present.keys()):
            agent.ring.tell(_endpoint(agent, NoticeType.ENDPOINT_DELETED, told[number]))
        for number in sorted(present):
            _tell_endpoint(agent, told.get(number), present[number], is_restored=is_restored)
        agent.ring.told_endpoints = dict(present)
    if agent.ipcache.touched:
        touched, agent.ipcache.touched = agent.ipcache.touched, {}
        for prefix, before in touched.items():
            _tell_address(agent, prefix, before, agent.ipcache.entries.get(prefix))


def tell_policy(agent: Agent, key: PolicyKey, *, had_entries: int = 0) -> None:
    """Tell that a policy has been taken in, or is gone; ``had_entries`` counts its elements before."""
    repository, revision = agent.repository, agent.repository.revision
    entries = repository.entry_count(key)
    if entries:
        labels = repository.labels_of_entries(key)
        notice = AgentNotice(agent.now_ns, NoticeType.POLICY_UPDATED, labels, revision=revision, rule_count=entries)
    else:
        # A policy is deleted by the object that it came from; the notice names that in place of labels.
        resource = "/".join((_RESOURCES.get(key.kind, key.kind.lower()), key.namespace, key.name))
        notice = AgentNotice(
            agent.now_ns, NoticeType.POLICY_DELETED, (f"cilium.io/resource={resource}",), revision=revision,
            rule_count=had_entries,
        )  # fmt: skip
    agent.ring.tell(notice)


def selected_endpoints(agent: Agent, key: PolicyKey) -> dict[int, Endpoint]:
    """The endpoints of the node that a policy selects, by id."""
    is_subject = agent.repository.subjects_of(key)
    return {number: endpoint for number, endpoint in agent.endpoints.items() if is_subject(endpoint.identity)}


def tell_regenerated(agent: Agent, endpoints: Mapping[int, Endpoint]) -> None:
    """Tell that endpoints have been regenerated."""
    for _, endpoint in sorted(endpoints.items()):
        agent.ring.tell(_endpoint(agent, NoticeType.ENDPOINT_REGENERATE_SUCCESS, endpoint))


def _tell_endpoint(agent: Agent, before: Endpoint | None, now: Endpoint, *, is_restored: bool) -> None:
    if before is now:
        return
    if before is None and not is_restored:
        agent.ring.tell(_endpoint(agent, NoticeType.ENDPOINT_CREATED, now))
    if now.state is EndpointState.WAITING_FOR_IDENTITY:
        return
    if before is None or (before.identity, before.labels, before.state) != (now.identity, now.labels, now.state):
        tell_regenerated(agent, {now.id: now})


def _endpoint(agent: Agent, kind: NoticeType, endpoint: Endpoint) -> AgentNotice:
    has_pod = kind is not NoticeType.ENDPOINT_REGENERATE_SUCCESS
    return AgentNotice(
        agent.now_ns, kind, endpoint.labels, endpoint_id=endpoint.id,
        namespace=endpoint.namespace if has_pod else "", pod=endpoint.pod if has_pod else "",
    )  # fmt: skip


def _tell_address(agent: Agent, prefix: str, before: IpcacheEntry | None, now: IpcacheEntry | None) -> None:
    # An endpoint's address is made known with its identity.
    before, now = (None if _waits_for_identity(each) else each for each in (before, now))
    entry = now or before
    if before == now or entry is None:
        return
    old_host = _host_of(agent, before)
    agent.ring.tell(
        AgentNotice(
            agent.now_ns,
            NoticeType.IPCACHE_DELETED if now is None else NoticeType.IPCACHE_UPSERTED,
            namespace=entry.namespace,
            pod=entry.pod,
            cidr=prefix,
            identity=int(entry.identity),
            old_identity=int(before.identity) if before is not None and now is not None else None,
            host_ip=_host_of(agent, now),
            old_host_ip=old_host,
            encrypt_key=entry.encrypt_key,
        )
    )


def _waits_for_identity(entry: IpcacheEntry | None) -> bool:
    return entry is not None and entry.source == "local" and entry.identity == ReservedIdentity.INIT


def _host_of(agent: Agent, entry: IpcacheEntry | None) -> str:
    if entry is None:
        return ""
    if entry.tunnel_endpoint != _NO_HOST:
        return entry.tunnel_endpoint
    return agent.node_ip if entry.source == "local" else ""
