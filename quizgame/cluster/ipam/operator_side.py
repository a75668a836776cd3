"""What an operator does for addresses, by mode, and when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.ipam.clusterpool import assign_ranges, pool_problem
from quizgame.cluster.ipam.interfaces import satisfy_nodes
from quizgame.cluster.ipam.modes import MODES
from quizgame.cluster.ipam.multipool import reconcile_pools
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.operator import Operator

_BINARY = "cilium-operator-"
_GENERIC = ("cluster-pool", "multi-pool")
"""Modes that the generic operator serves."""
_UNREACHABLE = {
    "aws": (
        "Unable to init eni allocator: unable to retrieve instance identity document: operation error ec2imds: "
        "GetInstanceIdentityDocument, exceeded maximum number of attempts, 3, request send failed, Get "
        '"http://169.254.169.254/latest/dynamic/instance-identity/document": dial tcp 169.254.169.254:80: i/o timeout'
    ),
    "azure": (
        "Unable to start azure allocator: unable to retrieve Azure cloud name: Get "
        '"http://169.254.169.254/metadata/instance/compute/azEnvironment?api-version=2019-06-01&format=text": '
        "dial tcp 169.254.169.254:80: i/o timeout"
    ),
    "alibabacloud": (
        "Unable to init alibabacloud allocator: Get "
        '"http://100.100.100.200/latest/meta-data/region-id": dial tcp 100.100.100.200:80: i/o timeout'
    ),
}
"""Last words of an operator whose cloud is not there.

Source: cilium/cilium operator/pkg/ipam/allocator/{aws,azure,alibabacloud}: each asks the instance's metadata first.
"""


def check_operator(operator: Operator) -> None:
    """End an operator that is not built for the configured mode, or does not find its cloud.

    Raises:
        ContainerExit: with its last words. Source: cilium/cilium operator ``allocatorProviders``.
    """
    mode = MODES.get(operator.config.ipam)
    if mode is None or not (mode.provider or mode.name in _GENERIC):
        return
    flavour = _flavour(operator)
    if (mode.provider or "generic") != flavour:
        raise ContainerExit(f"{mode.name} allocator is not supported by this version of {_BINARY}{flavour}")
    cloud = operator.cluster.cloud
    if mode.provider and (cloud is None or cloud.provider != mode.provider):
        raise ContainerExit(_UNREACHABLE[mode.provider])
    problem = pool_problem(operator.config) if mode.name == "cluster-pool" else ""
    if problem:
        raise ContainerExit(f"Unable to init {mode.name} allocator: {problem}")


def _flavour(operator: Operator) -> str:
    """Which operator runs in the pod: ``generic``, or a cloud's."""
    pod = operator.api.find("pods", operator.pod_name, "kube-system")
    containers = dig(pod, "spec", "containers", default=())
    command = next((str(part) for each in containers for part in each.get("command") or ()), "")
    return command.removeprefix(_BINARY) if command.startswith(_BINARY) else "generic"


def _cluster_pool(operator: Operator) -> None:
    assign_ranges(operator.api, operator.config)


def _multi_pool(operator: Operator) -> None:
    reconcile_pools(operator.api, operator.pod_pools, operator.config.get("auto-create-cilium-pod-ip-pools"))


def _interfaces(operator: Operator) -> None:
    cloud = operator.cluster.cloud
    if cloud is not None:
        operator.pod_pools.report(satisfy_nodes(operator, cloud), operator.api.clock.now_ns)


_BY_MODE: dict[str, Callable[[Operator], None]] = {
    "cluster-pool": _cluster_pool,
    "multi-pool": _multi_pool,
    "eni": _interfaces,
    "azure": _interfaces,
    "alibabacloud": _interfaces,
}
"""Modes in which the operator gives out addresses; in the others Kubernetes or somebody else does."""


def give_addresses(operator: Operator) -> None:
    """Do what the configured mode asks of the operator."""
    give = _BY_MODE.get(operator.config.ipam)
    if give is not None:
        give(operator)
