"""The operator's part of cluster-pool mode: one range of the pool for each node.

Source: cilium/cilium v1.19 operator podcidr.go; facts F-20, F-21.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from quizgame.cluster.agent.config import number_in
from quizgame.cluster.ipam.status import NODES, set_operator_error
from quizgame.cluster.objects import dig, evolve
from quizgame.cluster.requests import FieldValidation

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer

DEFAULT_POOL = "10.0.0.0/8"
DEFAULT_MASK = 24
FULL = "allocator full"


def assign_ranges(api: ApiServer, config: AgentConfig) -> None:
    """Occupy the ranges that nodes have, and give one to each node that has none."""
    pools = [IPv4Network(each, strict=False) for each in pool_ranges(config)]
    mask = number_in(config.data, "cluster-pool-ipv4-mask-size", DEFAULT_MASK)
    taken: set[IPv4Network] = set()
    waiting = []
    for node in api.store.of(NODES):
        ranges = dig(node, "spec", "ipam", "podCIDRs", default=())
        if not ranges:
            waiting.append(node)
            continue
        problem = ""
        for prefix in ranges:
            network = IPv4Network(prefix, strict=False)
            if not any(network.subnet_of(pool) for pool in pools):
                problem = problem or f"allocator not configured for the requested CIDR {prefix}"
            elif network in taken:
                problem = problem or f"requested CIDR ({prefix}) is already allocated"
            else:
                taken.add(network)
        set_operator_error(api, node, problem)
    for node in waiting:
        free = next(
            (each for pool in pools for each in pool.subnets(new_prefix=mask)
             if each not in taken and not any(each.overlaps(other) for other in taken)),
            None,
        )  # fmt: skip
        if free is None:
            set_operator_error(api, node, FULL)
            continue
        taken.add(free)
        fresh = evolve(node, ("spec", "ipam", "podCIDRs"), [str(free)])
        set_operator_error(api, api.update(NODES, fresh, validate=FieldValidation.TRUSTED), "")


def pool_ranges(config: AgentConfig) -> list[str]:
    """The ranges of the cluster's pool."""
    return config.get("cluster-pool-ipv4-cidr", DEFAULT_POOL).replace(",", " ").split()


def pool_problem(config: AgentConfig) -> str:
    """Why the operator cannot give out ranges of the cluster's pool; empty where it can."""
    mask = number_in(config.data, "cluster-pool-ipv4-mask-size", DEFAULT_MASK)
    for text in pool_ranges(config):
        try:
            pool = IPv4Network(text, strict=False)
        except ValueError:
            return f"invalid CIDR address: {text}"
        if not pool.prefixlen <= mask <= pool.max_prefixlen:
            return f"mask size {mask} does not fit the range {text}"
    return ""
