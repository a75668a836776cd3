"""The agent's configuration: a typed view of the ConfigMap ``kube-system/cilium-config`` as read at start.

Keys and defaults are those of a 1.19 installation. Source: reference golden ``cilium-cli/config-view``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_CLUSTER_NAME = "default"


def number_in(data: Mapping[str, str], key: str, default: int = 0) -> int:
    """The number of a key of ``cilium-config``; 0 where something else stands there, the default where it is absent."""
    # Source: spf13/viper GetInt: text that is no number counts as 0.
    text = data.get(key, "")
    return int(text) if text.isdecimal() and text.isascii() else 0 if text else default


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """What one running agent goes by; a changed ConfigMap has no effect until it restarts."""

    data: Mapping[str, str] = field(default_factory=dict)
    """The ConfigMap's data as read at start."""
    version: str = "1.19.5"
    """Of the agent itself."""

    def get(self, key: str, default: str = "") -> str:
        """The text of a key."""
        return self.data.get(key, default)

    def is_on(self, key: str, default: bool = False) -> bool:
        """Whether a boolean key is on."""
        return self.data.get(key, str(default)).lower() == "true"

    @property
    def cluster_name(self) -> str:
        """Name of the cluster, part of every identity."""
        return self.get("cluster-name", DEFAULT_CLUSTER_NAME)

    @property
    def cluster_id(self) -> int:
        """Id of the cluster; 0 outside a mesh."""
        return number_in(self.data, "cluster-id")

    @property
    def policy_mode(self) -> str:
        """``default``, ``always`` or ``never``."""
        mode = self.get("enable-policy", "default").lower()
        return mode if mode in ("default", "always", "never") else "default"

    @property
    def has_policy_audit(self) -> bool:
        """Whether denials are only reported."""
        return self.is_on("policy-audit-mode")

    @property
    def default_local_cluster(self) -> bool:
        """Whether a selector without a cluster label means the local cluster. Source: versions, network policy."""
        return self.is_on("policy-default-local-cluster", default=True)

    @property
    def is_tunnel(self) -> bool:
        """Whether traffic between nodes is encapsulated."""
        return self.get("routing-mode", "tunnel") == "tunnel"

    @property
    def tunnel_protocol(self) -> str:
        """``vxlan`` or ``geneve``."""
        return self.get("tunnel-protocol", "vxlan")

    @property
    def has_kube_proxy_replacement(self) -> bool:
        """Whether Cilium does the work of kube-proxy."""
        return self.is_on("kube-proxy-replacement")

    @property
    def has_health_endpoint(self) -> bool:
        """Whether the node has an endpoint of its own that other nodes probe."""
        keys = ("enable-health-checking", "enable-endpoint-health-checking")
        return all(self.is_on(key, default=True) for key in keys)

    @property
    def acceleration(self) -> str:
        """Whether services for clients outside are served by XDP: ``disabled``, ``native`` or ``best-effort``."""
        return self.get("bpf-lb-acceleration", "disabled") if self.has_kube_proxy_replacement else "disabled"

    @property
    def load_balancer_mode(self) -> str:
        """How answers of services find back to clients outside: ``snat``, ``dsr`` or ``hybrid``."""
        return self.get("bpf-lb-mode", "snat")

    @property
    def has_socket_lb(self) -> bool:
        """Whether services are translated when a socket connects, rather than packet by packet."""
        return self.has_kube_proxy_replacement or self.is_on("bpf-lb-sock")

    @property
    def has_l7_proxy(self) -> bool:
        """Whether L7 rules can be enforced."""
        return self.is_on("enable-l7-proxy", default=True)

    @property
    def has_envoy_config(self) -> bool:
        """Whether CiliumEnvoyConfigs are looked at, and Envoy has an address of its own on each node."""
        return self.has_l7_proxy and self.is_on("enable-envoy-config")

    @property
    def has_hubble(self) -> bool:
        """Whether the agent keeps and serves flows."""
        return self.is_on("enable-hubble", default=True)

    @property
    def has_bpf_host_routing(self) -> bool:
        """Whether pod traffic bypasses the host's stack. Source: facts and reference cilium-dbg, ``Host: BPF``."""
        return self.has_kube_proxy_replacement and self.is_on("enable-bpf-masquerade")

    @property
    def ipam(self) -> str:
        """Who gives out addresses: ``kubernetes``, ``cluster-pool`` and others."""
        return self.get("ipam", "cluster-pool")
