"""What an operator does for addresses, by mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.cluster.ipam.clusterpool import assign_ranges
from quizgame.cluster.ipam.multipool import reconcile_pools

if TYPE_CHECKING:
    from quizgame.cluster.operator import Operator


def _cluster_pool(operator: Operator) -> None:
    assign_ranges(operator.api, operator.config)


def _multi_pool(operator: Operator) -> None:
    reconcile_pools(operator.api, operator.pod_pools, operator.config.get("auto-create-cilium-pod-ip-pools"))


_BY_MODE: dict[str, Callable[[Operator], None]] = {"cluster-pool": _cluster_pool, "multi-pool": _multi_pool}
"""Modes in which the operator gives out addresses; in the others Kubernetes or somebody else does."""


def give_addresses(operator: Operator) -> None:
    """Do what the configured mode asks of the operator."""
    give = _BY_MODE.get(operator.config.ipam)
    if give is not None:
        give(operator)
