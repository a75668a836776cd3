"""LB-IPAM: the operator gives addresses of CiliumLoadBalancerIPPools to Services of type LoadBalancer.

What was given out is what Services carry in their status; everything is worked out from objects, so a restarted
operator goes on where the last one ended.
Source: cilium/cilium v1.19 operator/pkg/lbipam; reference kubectl.md, section 8 (conditions and their texts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.clock import rfc3339
from quizgame.cluster.conditions import Condition, set_conditions, without_conditions
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.lbipam_requests import Request, request_of
from quizgame.cluster.objects import KubeObject, condition_of, dig, name_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

POOLS = "ciliumloadbalancerippools.cilium.io"
SATISFIED = "cilium.io/IPAMRequestSatisfied"
CONFLICT = "cilium.io/PoolConflict"
_CLASSES = {
    "io.cilium/bgp-control-plane": "enable-bgp-control-plane",
    "io.cilium/l2-announcer": "enable-l2-announcements",
}
"""Load balancer class → the feature that must be on for LB-IPAM to serve it."""
_NO_POOL = "There are no enabled CiliumLoadBalancerIPPools that match this service"
_FULL = "All enabled CiliumLoadBalancerIPPools that match this service ran out of allocatable IPs"
_SMALLEST_RESERVED = 3
"""Ranges of so many addresses or more lose their first and last one where the pool says so."""

Address = IPv4Address | IPv6Address


@dataclass(slots=True)
class Range:
    """One block of a pool, and who has which of its addresses."""

    first: Address
    last: Address
    is_reserving: bool
    users: dict[Address, list[Request]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.is_reserving and self.total >= _SMALLEST_RESERVED:
            self.users[self.first] = self.users[self.last] = []

    @property
    def total(self) -> int:
        """How many addresses it has."""
        return int(self.last) - int(self.first) + 1

    @property
    def text(self) -> str:
        """As conditions name it."""
        return f"{self.first} - {self.last}"

    def holds(self, ip: Address) -> bool:
        """Whether an address lies in it."""
        return ip.version == self.first.version and int(self.first) <= int(ip) <= int(self.last)

    def overlaps(self, other: Range) -> bool:
        """Whether two ranges have an address in common."""
        return self.holds(other.first) or other.holds(self.first)

    def free_address(self) -> Address | None:
        """The lowest address that nobody has."""
        if len(self.users) >= self.total:
            return None
        return next(each for each in self._addresses() if each not in self.users)

    def _addresses(self) -> Iterator[Address]:
        return (self.first + offset for offset in range(self.total))


@dataclass(slots=True)
class Pool:
    """A CiliumLoadBalancerIPPool."""

    node: KubeObject
    ranges: list[Range]
    conflict: str = ""
    """Why it gives out nothing; empty where it does not conflict."""

    @property
    def is_open(self) -> bool:
        """Whether it gives out addresses. What it gave before stays given."""
        return not self.conflict and not dig(self.node, "spec", "disabled", default=False)

    def serves(self, request: Request) -> bool:
        """Whether its selector, if it has one, selects the service."""
        selector = dig(self.node, "spec", "serviceSelector")
        return selector is None or matches(selector_of(selector), request.labels)


def pools_of(nodes: Sequence[KubeObject]) -> list[Pool]:
    """The pools, the oldest first, with what conflicts found.

    Of two pools that overlap the newer one conflicts; so does a pool whose own blocks overlap.
    """
    ordered = sorted(nodes, key=lambda node: (node["metadata"]["creationTimestamp"], name_of(node)))
    pools = [Pool(node, _ranges(node)) for node in ordered]
    for index, pool in enumerate(pools):
        for other in [pool, *(each for each in pools[:index] if not each.conflict)]:
            found = _overlap(pool.ranges, other.ranges)
            if found is not None:
                own, theirs = found
                pool.conflict = (
                    f"Pool conflicts since range '{own.text}' overlaps range '{theirs.text}' "
                    f"from IP Pool '{name_of(other.node)}'"
                )
                break
    return pools


def _ranges(node: Mapping[str, Any]) -> list[Range]:
    # Source: kubectl.md golden describe-ippool: all addresses of a block count unless allowFirstLastIPs is No.
    is_reserving = dig(node, "spec", "allowFirstLastIPs") == "No"
    found = []
    for block in dig(node, "spec", "blocks", default=()):
        if block.get("cidr"):
            network = ip_network(block["cidr"], strict=False)
            found.append(Range(network.network_address, network.broadcast_address, is_reserving))
        elif block.get("start"):
            first = ip_address(block["start"].strip())
            last = ip_address((block.get("stop") or block["start"]).strip())
            if first.version == last.version and int(first) <= int(last):
                found.append(Range(first, last, is_reserving=False))
    return found


def _overlap(one: Sequence[Range], other: Sequence[Range]) -> tuple[Range, Range] | None:
    pairs = ((a, b) for a in one for b in other if a is not b and a.overlaps(b))
    return next(pairs, None)


@dataclass(slots=True)
class _Round:
    """One look at all services."""

    pools: list[Pool]
    has: dict[int, list[Address]] = field(default_factory=dict)
    """Position of a request → the addresses that it has."""

    def keep(self, number: int, request: Request) -> None:
        """Let a service keep what it has, as far as it still may."""
        kept: list[Address] = []
        for ip in request.assigned:
            if (request.ips and ip not in request.ips) or ip.version not in request.versions:
                continue
            found = next((r for pool in self.pools for r in pool.ranges if r.holds(ip) and pool.serves(request)), None)
            if found is not None and ip not in kept and self._may_share(found, ip, request):
                found.users.setdefault(ip, []).append(request)
                kept.append(ip)
        self.has[number] = kept

    def _may_share(self, found: Range, ip: Address, request: Request) -> bool:
        users = found.users.get(ip, ())
        # A reserved first or last address that was given out before stays given.
        return all(not request.clash_with(user) for user in users)

    def satisfy(self, number: int, request: Request) -> Condition:
        """Give a service what it misses; say whether it now has what it wants."""
        return self._specific(number, request) if request.ips else self._any(number, request)

    def _specific(self, number: int, request: Request) -> Condition:
        problem: Condition | None = None
        for ip in request.ips:
            if ip in self.has[number]:
                continue
            refusal = self._take(number, request, ip)
            if refusal is not None:
                problem = Condition(SATISFIED, "False", *refusal)
        return problem or Condition(SATISFIED, "True", "satisfied")

    def _take(self, number: int, request: Request, ip: Address) -> tuple[str, str] | None:
        """Take one address; return reason and message where that is not possible."""
        holding = [(pool, r) for pool in self.pools if pool.is_open for r in pool.ranges if r.holds(ip)]
        if not holding:
            return "no_pool", f"No pool exists with a CIDR containing '{ip}'"
        found = next((r for pool, r in holding if pool.serves(request)), None)
        if found is None:
            return (
                "pool_selector_mismatch",
                f"The pool with the CIDR containing '{ip}', doesn't select this service",
            )
        if ip in found.users and not request.sharing_key:
            return "already_allocated", f"The IP '{ip}' is already allocated to another service"
        clash = next((reason for user in found.users.get(ip, ()) if (reason := user.clash_with(request))), "")
        if clash:
            message = f"The IP '{ip}' is already allocated to an incompatible service. Reason: {clash}"
            return "already_allocated_incompatible_service", message
        found.users.setdefault(ip, []).append(request)
        self.has[number].append(ip)
        return None

    def _any(self, number: int, request: Request) -> Condition:
        problem: Condition | None = None
        for version in sorted(request.versions):
            if any(ip.version == version for ip in self.has[number]):
                continue
            if self._share(number, request, version):
                continue
            matching = [
                r for pool in self.pools if pool.is_open and pool.serves(request)
                for r in pool.ranges if r.first.version == version
            ]  # fmt: skip
            found = next(((r, ip) for r in matching if (ip := r.free_address()) is not None), None)
            if found is None:
                reason = ("out_of_ips", _FULL) if matching else ("no_pool", _NO_POOL)
                problem = Condition(SATISFIED, "False", *reason)
                continue
            found[0].users[found[1]] = [request]
            self.has[number].append(found[1])
        return problem or Condition(SATISFIED, "True", "satisfied")

    def _share(self, number: int, request: Request, version: int) -> bool:
        if not request.sharing_key:
            return False
        for pool in self.pools:
            for each in pool.ranges:
                for ip, users in each.users.items():
                    if ip.version == version and users and not any(user.clash_with(request) for user in users):
                        users.append(request)
                        self.has[number].append(ip)
                        return True
        return False


def assign_addresses(api: ApiServer, config: AgentConfig, *, was_awake: bool) -> bool:
    """Bring services and pools up to date.

    Args:
        api: The cluster's API server.
        config: The operator's configuration.
        was_awake: What the last call returned; false for an operator that has just started.

    Returns:
        Whether there are pools: without one LB-IPAM sleeps and says nothing of any service.
    """
    nodes = api.store.of(POOLS)
    if not config.is_on("enable-lb-ipam", default=True) or not (nodes or was_awake):
        return False
    now = rfc3339(api.clock.now_ns)
    services = api.store.of("services")
    round_ = _Round(pools_of(nodes))
    mine = sorted((each for each in services if _is_responsible(each, config)), key=_seniority)
    requests = [request_of(each) for each in mine]
    for number, request in enumerate(requests):
        round_.keep(number, request)
    for number, (service, request) in enumerate(zip(mine, requests, strict=True)):
        condition = round_.satisfy(number, request)
        _write_service(api, service, round_.has[number], set_conditions(service, (condition,), now))
    for service in services:
        if condition_of(service, SATISFIED) is not None and not _is_responsible(service, config):
            _write_service(api, service, (), without_conditions(service, (SATISFIED,)))
    for pool in round_.pools:
        _write_pool(api, pool, now)
    return bool(nodes)


def _is_responsible(service: Mapping[str, Any], config: AgentConfig) -> bool:
    spec = service.get("spec") or {}
    if spec.get("type") != "LoadBalancer":
        return False
    wanted = spec.get("loadBalancerClass")
    if wanted is None:
        return config.get("default-lb-service-ipam", "lbipam") == "lbipam"
    return wanted in _CLASSES and config.is_on(_CLASSES[wanted])


def _seniority(service: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = service["metadata"]
    return metadata["creationTimestamp"], metadata.get("namespace", ""), metadata["name"]


def _write_service(
    api: ApiServer, service: KubeObject, ips: Sequence[Address], conditions: Sequence[KubeObject]
) -> None:
    status: KubeObject = {key: value for key, value in (service.get("status") or {}).items() if key != "conditions"}
    if conditions:
        status["conditions"] = list(conditions)
    # Source: kubernetes pkg/apis/core/v1/defaults.go: an address without a mode is a VIP.
    status["loadBalancer"] = {"ingress": [{"ip": str(ip), "ipMode": "VIP"} for ip in ips]} if ips else {}
    if status != service.get("status"):
        api.update_status("services", service, status)


def _write_pool(api: ApiServer, pool: Pool, now: str) -> None:
    total = sum(each.total for each in pool.ranges)
    used = sum(len(each.users) for each in pool.ranges)
    wanted = (
        Condition(CONFLICT, "True", "cidr_overlap", pool.conflict)
        if pool.conflict
        else Condition(CONFLICT, "False", "resolved"),
        Condition("cilium.io/IPsTotal", "Unknown", "noreason", str(total)),
        Condition("cilium.io/IPsAvailable", "Unknown", "noreason", str(total - used)),
        Condition("cilium.io/IPsUsed", "Unknown", "noreason", str(used)),
    )
    status = {**(pool.node.get("status") or {}), "conditions": set_conditions(pool.node, wanted, now)}
    if status != pool.node.get("status"):
        api.update_status(POOLS, pool.node, status)
