"""Configurations with which an agent ends at once, and what it says.

Source: cilium/cilium v1.19 daemon/cmd/daemon_main.go initEnv, pkg/option/config.go Validate
(checkIPv4NativeRoutingCIDR, checkIPAMDelegatedPlugin), pkg/kpr/initializer InitKubeProxyReplacementOptions,
pkg/nodediscovery.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from quizgame.cluster.agent.egress import DEVICE
from quizgame.cluster.agent.maglev import SIZES, table_size, uses_maglev
from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.ipam.modes import MODES

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.ipam.cloud import Cloud

Check = Callable[["AgentConfig"], str]
_OWN_ROUTES = ("eni", "alibabacloud")
"""Modes in which the cloud itself says which addresses need no masquerading."""
_INVALID = "invalid daemon configuration: "
_REPLACEMENT = "unable to initialize kube-proxy replacement options: "


XDP_REFUSED = (
    f"interface {DEVICE}: attaching program cil_xdp_entry using bpf_link: create link: operation not supported"
)
"""What the kernel answers where a device's driver cannot run XDP programs."""


def check_config(config: AgentConfig, cloud: Cloud | None, *, has_xdp: bool = True) -> None:
    """End an agent whose configuration contradicts itself, or asks for a cloud or a driver that is not there.

    Args:
        config: What it shall run with.
        cloud: The cloud that its node is in.
        has_xdp: Whether the driver of its node's device runs XDP programs.

    Raises:
        ContainerExit: with the agent's last words.
    """
    problem = next((found for check in _CHECKS if (found := check(config))), "") or _cloud(config, cloud)
    if not problem and not has_xdp and config.acceleration == "native":
        # Source: facts F-93; cilium/cilium#30072, terraform-hcloud-talos#119 for the words.
        problem = f"Failed to compile XDP program: attaching XDP program to interface {DEVICE}: {XDP_REFUSED}"
    if problem:
        raise ContainerExit(problem)


def _tunnel_and_routes(config: AgentConfig) -> str:
    if config.is_tunnel and config.is_on("auto-direct-node-routes"):
        return (
            "auto-direct-node-routes cannot be used with tunneling. Packets must be routed through the tunnel device."
        )
    return ""


def _tunnel_and_eni(config: AgentConfig) -> str:
    return "Cannot specify IPAM mode eni in tunnel mode." if config.is_tunnel and config.ipam == "eni" else ""


def _router_address(config: AgentConfig) -> str:
    if not config.get("local-router-ipv4"):
        return ""
    if config.is_tunnel:
        return "Cannot specify local-router-ipv4 or local-router-ipv6 in tunnel mode."
    if not config.is_on("enable-endpoint-routes"):
        return "Cannot specify local-router-ipv4 or local-router-ipv6  without enable-endpoint-routes."
    return ""


def _native_network(config: AgentConfig) -> str:
    text = config.get("ipv4-native-routing-cidr")
    try:
        IPv4Network(text or "0.0.0.0/0", strict=False)
    except ValueError:
        return f"Unable to parse CIDR '{text}'"
    return ""


def _native_routing(config: AgentConfig) -> str:
    if (
        config.get("ipv4-native-routing-cidr")
        or config.is_tunnel
        or not config.is_on("enable-ipv4", default=True)
        or not config.is_on("enable-ipv4-masquerade", default=True)
        or config.is_on("enable-ip-masq-agent")
        or config.ipam in _OWN_ROUTES
    ):
        return ""
    return (
        f"{_INVALID}native routing cidr must be configured with option --ipv4-native-routing-cidr in combination with "
        "--enable-ipv4=true --enable-ipv4-masquerade=true --enable-ip-masq-agent=false --routing-mode=native "
        f"--ipam={config.ipam}"
    )


def _delegated(config: AgentConfig) -> str:
    if config.ipam != "delegated-plugin":
        return ""
    if not config.get("local-router-ipv4"):
        wrong = "--local-router-ipv4 must be provided when IPv4 is enabled"
    elif config.is_on("enable-endpoint-health-checking", default=True):
        wrong = "--enable-endpoint-health-checking must be disabled"
    elif config.is_on("enable-envoy-config"):
        wrong = "--enable-envoy-config must be disabled"
    else:
        return ""
    return f"{_INVALID}{wrong} with --ipam=delegated-plugin"


def _direct_server_return(config: AgentConfig) -> str:
    mode, dispatch = config.load_balancer_mode, config.get("bpf-lb-dsr-dispatch", "opt")
    if not config.has_kube_proxy_replacement or mode == "snat":
        return ""
    if config.is_tunnel and config.tunnel_protocol == "vxlan":
        return f'{_REPLACEMENT}Node Port "{mode}" mode cannot be used with vxlan tunneling.'
    if config.is_tunnel and dispatch != "geneve":
        return f'{_REPLACEMENT}Tunnel routing with Node Port "{mode}" mode requires geneve dispatch.'
    if dispatch == "geneve" and config.tunnel_protocol != "geneve":
        return f'{_REPLACEMENT}Node Port "{mode}" mode with "geneve" dispatch requires geneve tunnel protocol.'
    return ""


def _maglev_table(config: AgentConfig) -> str:
    size = table_size(config)
    if not uses_maglev(config) or size in SIZES:
        return ""
    supported = " ".join(map(str, SIZES))
    return f"Invalid value for --bpf-lb-maglev-table-size: {size}, supported values are: [{supported}]"


def _masquerading_agent(config: AgentConfig) -> str:
    needed = config.is_on("enable-ipv4-masquerade", default=True) and config.is_on("enable-bpf-masquerade")
    if not config.is_on("enable-ip-masq-agent") or needed:
        return ""
    return (
        'BPF ip-masq-agent requires (--enable-ipv4-masquerade="true" or --enable-ipv6-masquerade="true") and '
        '--enable-bpf-masquerade="true"'
    )


def _unknown_mode(config: AgentConfig) -> str:
    return "" if config.ipam in MODES else f"Unknown IPAM backend {config.ipam}"


_CHECKS: tuple[Check, ...] = (
    _native_network,
    _tunnel_and_routes,
    _router_address,
    _tunnel_and_eni,
    _native_routing,
    _delegated,
    _direct_server_return,
    _maglev_table,
    _masquerading_agent,
    _unknown_mode,
)
"""In the order in which the agent comes to them; each returns what is wrong, or nothing."""


_WITHOUT_CLOUD = {
    "aws": "Unable to retrieve InstanceID of own EC2 instance",
    "azure": "Spec.ProviderID in k8s node resource must be set for Azure IPAM",
    "alibabacloud": "Unable to retrieve InstanceID of own ECS instance",
}


def _cloud(config: AgentConfig, cloud: Cloud | None) -> str:
    provider = MODES[config.ipam].provider
    return _WITHOUT_CLOUD[provider] if provider and (cloud is None or cloud.provider != provider) else ""
