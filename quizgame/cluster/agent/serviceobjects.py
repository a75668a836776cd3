"""Puts services in force: from Service and EndpointSlice objects, and from what other clusters share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.addresses import put_node_addresses
from quizgame.cluster.agent.nodeidentities import forget_unused
from quizgame.cluster.agent.ownnode import label_host
from quizgame.cluster.agent.redirect import redirect_frontends
from quizgame.cluster.agent.service_build import SERVICE_NAME_LABEL, build_frontends
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

Object = Mapping[str, Any]


def take_service(agent: Agent, obj: Object, is_gone: bool) -> None:
    """Take in a Service."""
    key = (namespace_of(obj), name_of(obj))
    if is_gone:
        agent.service_objects.pop(key, None)
    else:
        agent.service_objects[key] = obj
    rebuild_service(agent, key)


def take_slice(agent: Agent, obj: Object, is_gone: bool) -> None:
    """Take in an EndpointSlice."""
    service = labels_of(obj).get(SERVICE_NAME_LABEL)
    if service is None:
        return
    key = (namespace_of(obj), service)
    # Replaced, never changed in place, so that forks share it.
    others = {name: each for name, each in agent.slices.get(key, {}).items() if name != name_of(obj)}
    agent.slices[key] = others if is_gone else {**others, name_of(obj): obj}
    rebuild_service(agent, key)


def rebuild_service(agent: Agent, key: tuple[str, str]) -> bool:
    """Put one service (namespace, name) in force from all that is known of it; return whether anything changed."""
    service = agent.service_objects.get(key)
    slices = [each for _, each in sorted(agent.slices.get(key, {}).items())]
    if key == ("default", "kubernetes"):
        _api_servers(agent, slices)
    if service is None:
        agent.repository.delete_service(*key)
        return agent.services.replace_service(key, ())
    shared = [
        backend
        for name in sorted(agent.remotes)
        if (view := agent.remotes[name].view) is not None
        for backend in view.services.get(key, ())
    ]
    frontends = build_frontends(
        service,
        slices,
        shared,
        node_ip=agent.node_ip,
        node_name=agent.node,
        replaces_kube_proxy=agent.config.has_kube_proxy_replacement,
    )
    agent.repository.upsert_service(
        *key,
        labels=labels_of(service),
        selector=dig(service, "spec", "selector", default={}),
        backends=_addresses_in(slices),
    )
    return agent.services.replace_service(key, redirect_frontends(agent, key, frontends), agent.now_ns)


def _api_servers(agent: Agent, slices: Sequence[Object]) -> None:
    addresses = _addresses_in(slices)
    if addresses != agent.api_server_ips:
        agent.api_server_ips = addresses
        for key in sorted(agent.nodes):
            put_node_addresses(agent, key)
        forget_unused(agent)
    label_host(agent)


def _addresses_in(slices: Sequence[Object]) -> tuple[str, ...]:
    found = {
        ip for each in slices for endpoint in each.get("endpoints") or () for ip in endpoint.get("addresses") or ()
    }
    return tuple(sorted(found))
