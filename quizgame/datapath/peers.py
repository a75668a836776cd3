"""The two sides of an event, as one node's agent knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.monitor import Peer, PolicyRef
from quizgame.policy.labels import CLUSTER_KEY, NAMESPACE_KEY

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.policy.model import PolicyKey

_CLUSTER = f"k8s:{CLUSTER_KEY}="
_NAMESPACE = f"k8s:{NAMESPACE_KEY}="


def peer_of(
    agent: Agent, ip: str, *, identity: int | None = None, asked_by: int = 0, as_service: tuple[str, str] | None = None
) -> Peer:
    """Describe an address.

    Args:
        agent: Whose knowledge counts.
        ip: The address.
        identity: The identity that the packet carries, where it carries one.
        asked_by: Id of the local endpoint on the other side; names are those that it looked up.
        as_service: Namespace and name of the service that has this address as a frontend, if that is what it is.
    """
    local = agent.endpoint_at(ip)
    entry = agent.ipcache.lookup(ip)
    number = identity if identity is not None else agent.identity_of(ip)
    labels = agent.labels_of(number)
    names = agent.fqdn.names_of(ip, asked_by) if asked_by else ()
    if local is not None:
        return Peer(
            ip=ip,
            identity=int(number),
            labels=labels or local.labels,
            endpoint_id=local.id,
            namespace=local.namespace,
            pod=local.pod,
            workload=local.workload,
            cluster=_value(labels, _CLUSTER),
            service=as_service,
            names=names,
            mac=local.mac,
        )
    is_pod = entry is not None and bool(entry.pod)
    return Peer(
        ip=ip,
        identity=int(number),
        labels=labels,
        namespace=entry.namespace if entry is not None and is_pod else _value(labels, _NAMESPACE),
        pod=entry.pod if entry is not None else "",
        cluster=_value(labels, _CLUSTER),
        service=as_service,
        names=names,
    )


def _value(labels: tuple[str, ...], prefix: str) -> str:
    return next((label.removeprefix(prefix) for label in labels if label.startswith(prefix)), "")


def policy_refs(policies: tuple[PolicyKey, ...], revision: int = 0) -> tuple[PolicyRef, ...]:
    """Name policies as flows do, with the labels that Cilium derives from the object and the revision in force."""
    return tuple(
        PolicyRef(
            key.name,
            key.namespace,
            key.kind,
            (
                f"k8s:io.cilium.k8s.policy.derived-from={key.kind}",
                f"k8s:io.cilium.k8s.policy.name={key.name}",
                *((f"k8s:io.cilium.k8s.policy.namespace={key.namespace}",) if key.namespace else ()),
            ),
            revision,
        )
        for key in policies
    )
