"""The IPAM modes: where an agent's addresses come from, and what it says when there are none.

Source: cilium/cilium v1.19 pkg/ipam/option and pkg/ipam/allocator.go; facts F-20 to F-28.
Simplified: IPv4 alone; with ``ipv6.enabled`` nothing gets an address of a second family. An agent that gets no
addresses waits without end, where a real one gives up after its start timeout and is started anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Source(Enum):
    """Where a mode's addresses stand."""

    NODE = "spec.podCIDRs of the Node"
    RANGES = "spec.ipam.podCIDRs of the CiliumNode"
    POOLS = "spec.ipam.pools of the CiliumNode"
    ADDRESSES = "spec.ipam.pool of the CiliumNode"
    PLUGIN = "another CNI plug-in"


@dataclass(frozen=True, slots=True)
class IpamMode:
    """One mode."""

    name: str
    """As the option ``ipam`` calls it."""
    source: Source
    full: str
    """What the agent says when every address is taken."""
    waiting: str = ""
    """What it logs while it has no address yet."""
    provider: str = ""
    """The cloud whose operator serves the mode; empty: the generic one does, or none is needed."""

    @property
    def is_cloud(self) -> bool:
        """Whether addresses come from a cloud's interfaces."""
        return bool(self.provider)


_NODE_INFORMATION = "Waiting for k8s node information"
_ADDRESSES = "Waiting for IPs to become available in CRD-backed allocation pool"
# Source: cilium/cilium v1.19 pkg/ipam/{crd,pool,multipool_manager}.go and pkg/ipam/service/ipallocator.
_NO_MORE = "No more IPs available"
_MODES = (
    IpamMode("kubernetes", Source.NODE, "range is full", _NODE_INFORMATION),
    IpamMode("cluster-pool", Source.RANGES, "range is full", _NODE_INFORMATION),
    IpamMode("multi-pool", Source.POOLS, "all pod CIDR ranges are exhausted",
             "Waiting for podCIDR pool to become available"),
    IpamMode("crd", Source.ADDRESSES, _NO_MORE, _ADDRESSES),
    IpamMode("eni", Source.ADDRESSES, _NO_MORE, _ADDRESSES, "aws"),
    IpamMode("azure", Source.ADDRESSES, _NO_MORE, _ADDRESSES, "azure"),
    IpamMode("alibabacloud", Source.ADDRESSES, _NO_MORE, _ADDRESSES, "alibabacloud"),
    IpamMode("delegated-plugin", Source.PLUGIN, ""),
)  # fmt: skip
MODES = {mode.name: mode for mode in _MODES}
CLUSTER_POOL = MODES["cluster-pool"]
REQUIRED_CIDR = "required IPv4 PodCIDR not available"
