"""The keys of ``cilium-config`` that say where addresses come from, and which operator serves them.

Source: chart 1.19 templates cilium-configmap.yaml and cilium-operator, values ``ipam``, ``eni``, ``azure`` and
``alibabacloud``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.install.values import Values, lookup

_CLOUDS = (("eni", "aws"), ("azure", "azure"), ("alibabacloud", "alibabacloud"))
"""Values whose ``enabled`` asks for a cloud's operator, and the operator's suffix."""
GENERIC = "generic"
_ENI_DEFAULTS: tuple[tuple[str, str, Any], ...] = (
    ("aws-enable-prefix-delegation", "eni.awsEnablePrefixDelegation", False),
    ("aws-release-excess-ips", "eni.awsReleaseExcessIPs", False),
    ("ec2-api-endpoint", "eni.ec2APIEndpoint", ""),
    ("update-ec2-adapter-limit-via-api", "eni.updateEC2AdapterLimitViaAPI", True),
)


def operator_flavour(values: Values) -> str:
    """The operator that the chart deploys: ``generic``, or a cloud's."""
    return next((suffix for path, suffix in _CLOUDS if lookup(values, f"{path}.enabled", False)), GENERIC)


def ipam_data(values: Values) -> dict[str, str]:
    """The keys of the configured mode."""
    mode = lookup(values, "ipam.mode", "cluster-pool")
    data: dict[str, str] = {}
    if mode == "cluster-pool":
        ranges = lookup(values, "ipam.operator.clusterPoolIPv4PodCIDRList", ["10.0.0.0/8"])
        data["cluster-pool-ipv4-cidr"] = " ".join(ranges) if isinstance(ranges, list) else str(ranges)
        data["cluster-pool-ipv4-mask-size"] = str(lookup(values, "ipam.operator.clusterPoolIPv4MaskSize", 24))
    if mode == "multi-pool":
        data["ipam-default-ip-pool"] = "default"
        pools = lookup(values, "ipam.operator.autoCreateCiliumPodIPPools", {})
        if pools:
            data["auto-create-cilium-pod-ip-pools"] = ",".join(map(_pool, sorted(pools.items())))
        store = lookup(values, "ipam.multiPoolPreAllocation", "")
        if store:
            data["ipam-multi-pool-pre-allocation"] = str(store)
    flavour = operator_flavour(values)
    if flavour != GENERIC:
        data["auto-create-cilium-node-resource"] = "true"
    if flavour == "aws":
        data |= {key: _text(lookup(values, path, default)) for key, path, default in _ENI_DEFAULTS}
    for key, path in (
        ("ipam-min-allocate", "ipam.nodeSpec.ipamMinAllocate"),
        ("ipam-pre-allocate", "ipam.nodeSpec.ipamPreAllocate"),
        ("local-router-ipv4", "localRouterIPv4"),
    ):
        value = lookup(values, path)
        if value not in (None, ""):
            data[key] = _text(value)
    return data


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pool(item: tuple[str, Mapping[str, Any]]) -> str:
    name, pool = item
    cidrs = ",".join(lookup(pool, "ipv4.cidrs", []))
    return f"{name}=ipv4-cidrs:{cidrs};ipv4-mask-size:{lookup(pool, 'ipv4.maskSize', 24)}"
