"""What an agent has to advertise to a peer.

Source: cilium/cilium v1.19 pkg/bgp/manager/reconciler (pod_cidr.go, pod_ip_pool.go, service.go, interface.go,
policies.go for the names of route policies and how attributes of several advertisements are merged).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.service_build import build_frontends
from quizgame.cluster.agent.services import BackendState, Frontend
from quizgame.cluster.bgp.desired import Advert, Family
from quizgame.cluster.bgp.prefixes import network
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.lbipam_requests import service_labels
from quizgame.cluster.objects import dig, labels_of, name_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

CLASS = "io.cilium/bgp-control-plane"
_FRONTENDS = {"LoadBalancerIP": "LoadBalancer", "ClusterIP": "ClusterIP", "ExternalIP": "ExternalIPs"}
"""Address type of an advertisement → type of the frontends that it means."""
_POD_CIDR_MODES = ("cluster-pool", "kubernetes")
_POOL_LABELS = ("io.cilium.podippool.name", "io.cilium.podippool.namespace")


@dataclass(frozen=True, slots=True)
class Route:
    """A route to a prefix by way of the node, with what its advertisement adds."""

    prefix: str
    policy: str
    """Name of the route policy that lets it out, without peer and family."""
    communities: tuple[str, ...] = ()
    large_communities: tuple[str, ...] = ()
    local_preference: int | None = None

    def merged(self, other: Route) -> Route:
        """Both advertisements of the same prefix as one: all communities, the higher preference."""
        preferences = [each for each in (self.local_preference, other.local_preference) if each is not None]
        return Route(
            self.prefix,
            self.policy,
            tuple(sorted({*self.communities, *other.communities})),
            tuple(sorted({*self.large_communities, *other.large_communities})),
            max(preferences, default=None),
        )


def family_routes(agent: Agent, family: Family) -> tuple[Route, ...]:
    """What a node advertises in a family of a session, by prefix. Nodes have IPv4 addresses alone."""
    if (family.afi, family.safi) != ("ipv4", "unicast"):
        return ()
    found: dict[str, Route] = {}
    for advert in family.adverts:
        for prefix, policy in _prefixes(agent, advert):
            route = Route(prefix, policy, advert.communities, advert.large_communities, advert.local_preference)
            found[prefix] = found[prefix].merged(route) if prefix in found else route
    return tuple(found[prefix] for prefix in sorted(found, key=network))


def _prefixes(agent: Agent, advert: Advert) -> Iterator[tuple[str, str]]:
    """Prefixes that an advertisement means on this node, and the route policy's name for each."""
    match advert.type:
        case "PodCIDR":
            if agent.config.ipam in _POD_CIDR_MODES:
                yield from ((prefix, "PodCIDR") for prefix in agent.ipam.ranges)
        case "CiliumPodIPPool":
            yield from _pool_prefixes(agent, advert)
        case "Interface":
            address = {"eth0": agent.node_ip, "cilium_host": agent.router_ip}.get(advert.interface, "")
            if address:
                yield f"{address}/32", f"Interface-{advert.interface}"
        case "Service":
            if advert.selector is not None:
                yield from _service_prefixes(agent, advert, advert.selector)


def _pool_prefixes(agent: Agent, advert: Advert) -> Iterator[tuple[str, str]]:
    node = agent.api.find("ciliumnodes.cilium.io", agent.node)
    for allocated in dig(node, "spec", "ipam", "pools", "allocated", default=()) if node is not None else ():
        name = str(allocated.get("pool", ""))
        pool = agent.api.find("ciliumpodippools.cilium.io", name)
        labels = {**(labels_of(pool) if pool is not None else {}), _POOL_LABELS[0]: name}
        if advert.selector is not None and matches(selector_of(advert.selector), labels):
            yield from ((str(prefix), f"CiliumPodIPPool-{name}") for prefix in allocated.get("cidrs") or ())


def _service_prefixes(agent: Agent, advert: Advert, selector: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    wanted = selector_of(selector)
    for key, service in sorted(agent.service_objects.items()):
        if not matches(wanted, service_labels(service)):
            continue
        frontends = _frontends(agent, key, service)
        for kind in advert.addresses:
            # Source: service.go: another load balancer's services keep their addresses to themselves.
            if kind == "LoadBalancerIP" and dig(service, "spec", "loadBalancerClass") not in (None, CLASS):
                continue
            policy = f"Service-{name_of(service)}-{key[0]}-{kind}"
            chosen = [each for each in frontends if each.type == _FRONTENDS[kind]]
            yield from ((prefix, policy) for prefix in _cut(agent, service, chosen, advert, kind))


def _frontends(agent: Agent, key: tuple[str, str], service: Mapping[str, Any]) -> list[Frontend]:
    """The frontends of a service; where kube-proxy serves outside addresses the agent's own map lacks those."""
    if agent.config.has_kube_proxy_replacement:
        return [agent.services.frontends[address] for address in agent.services.by_service.get(key, ())]
    slices = [each for _, each in sorted(agent.slices.get(key, {}).items())]
    return build_frontends(service, slices, (), node_ip=agent.node_ip, node_name=agent.node, replaces_kube_proxy=True)


def _cut(
    agent: Agent, service: Mapping[str, Any], frontends: Sequence[Frontend], advert: Advert, kind: str
) -> list[str]:
    field = "internalTrafficPolicy" if kind == "ClusterIP" else "externalTrafficPolicy"
    is_local = dig(service, "spec", field) == "Local"
    needs_backend = not agent.config.is_on("enable-no-service-endpoints-routable", default=True)
    length = 32 if is_local or advert.length is None else advert.length
    found = []
    for each in frontends:
        active = [backend for backend in each.backends if backend.state is BackendState.ACTIVE]
        is_here = any(backend.node == agent.node for backend in active)
        if (is_local and not is_here) or (needs_backend and not active):
            continue
        prefix = str(network(f"{each.ip}/{length}"))
        if prefix not in found:
            found.append(prefix)
    return found
