"""Every contradiction that ends an agent at its start, by its configuration alone.

Expectations: cilium/cilium v1.19 daemon/cmd/daemon_main.go initEnv, pkg/option/config.go Validate,
pkg/kpr/initializer, pkg/ipam.
"""

from __future__ import annotations

import pytest

from quizgame.cluster.agent.config import AgentConfig
from quizgame.cluster.agent.validation import check_config
from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.ipam.cloud import Cloud

NATIVE = {"routing-mode": "native", "ipv4-native-routing-cidr": "10.0.0.0/8"}
REPLACES = {"kube-proxy-replacement": "true"}
DELEGATED = {
    **NATIVE, "ipam": "delegated-plugin", "local-router-ipv4": "169.254.23.0", "enable-endpoint-routes": "true",
    "enable-endpoint-health-checking": "false",
}  # fmt: skip


def check(data: dict[str, str], cloud: Cloud | None = None, *, has_xdp: bool = True) -> str:
    """The agent's last words; empty where it starts."""
    try:
        check_config(AgentConfig({"ipam": "cluster-pool", "routing-mode": "tunnel", **data}), cloud, has_xdp=has_xdp)
    except ContainerExit as end:
        return str(end)
    return ""


@pytest.mark.parametrize(
    "data",
    [
        {},
        NATIVE,
        {**NATIVE, "auto-direct-node-routes": "true"},
        {**NATIVE, **REPLACES, "bpf-lb-mode": "dsr"},
        {**REPLACES, "bpf-lb-mode": "dsr", "tunnel-protocol": "geneve", "bpf-lb-dsr-dispatch": "geneve"},
        {"bpf-lb-mode": "dsr"},
        {**REPLACES, "bpf-lb-algorithm": "maglev", "bpf-lb-maglev-table-size": "65521"},
        {"bpf-lb-maglev-table-size": "1000"},
        {"routing-mode": "native", "enable-ipv4-masquerade": "false"},
        {"routing-mode": "native", "enable-ip-masq-agent": "true", "enable-bpf-masquerade": "true"},
        DELEGATED,
    ],
)
def test_what_an_agent_starts_with(data: dict[str, str]) -> None:
    assert check(data) == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"auto-direct-node-routes": "true"}, "auto-direct-node-routes cannot be used with tunneling."),
        (
            {"local-router-ipv4": "169.254.23.0"},
            "Cannot specify local-router-ipv4 or local-router-ipv6 in tunnel mode.",
        ),
        ({**NATIVE, "local-router-ipv4": "169.254.23.0"}, "without enable-endpoint-routes."),
        ({"routing-mode": "native"}, "native routing cidr must be configured with option --ipv4-native-routing-cidr"),
        ({**REPLACES, "bpf-lb-mode": "dsr"}, 'Node Port "dsr" mode cannot be used with vxlan tunneling.'),
        ({**REPLACES, "bpf-lb-mode": "hybrid", "tunnel-protocol": "geneve"}, "requires geneve dispatch."),
        (
            {**NATIVE, **REPLACES, "bpf-lb-mode": "dsr", "bpf-lb-dsr-dispatch": "geneve"},
            "requires geneve tunnel protocol.",
        ),
        ({**REPLACES, "bpf-lb-algorithm": "maglev", "bpf-lb-maglev-table-size": "1000"}, "table-size: 1000"),
        ({**NATIVE, "enable-ip-masq-agent": "true"}, "BPF ip-masq-agent requires"),
        ({"ipam": "none"}, "none"),
        ({"ipam": "eni"}, "Cannot specify IPAM mode eni in tunnel mode."),
        ({"ipam": "eni", "routing-mode": "native"}, "Unable to retrieve InstanceID of own EC2 instance"),
        ({**NATIVE, "ipam": "azure"}, "Spec.ProviderID in k8s node resource must be set for Azure IPAM"),
        ({"ipam": "alibabacloud", "routing-mode": "native"}, "Unable to retrieve InstanceID of own ECS instance"),
        ({**DELEGATED, "local-router-ipv4": ""}, "--local-router-ipv4 must be provided"),
        ({**DELEGATED, "enable-endpoint-health-checking": "true"}, "must be disabled with --ipam=delegated-plugin"),
        ({**DELEGATED, "enable-envoy-config": "true"}, "--enable-envoy-config must be disabled"),
    ],
)
def test_what_ends_it(data: dict[str, str], words: str) -> None:
    assert words in check(data)


def test_a_cloud_of_another_provider_is_none() -> None:
    data = {**NATIVE, "ipam": "eni"}
    assert check(data, Cloud("aws")) == ""
    assert "EC2" in check(data, Cloud("azure"))


def test_native_acceleration_needs_a_driver() -> None:
    native = {**REPLACES, "bpf-lb-acceleration": "native"}
    assert check(native) == ""
    assert "cil_xdp_entry" in check(native, has_xdp=False)
    assert check({**REPLACES, "bpf-lb-acceleration": "best-effort"}, has_xdp=False) == ""
    assert check({"bpf-lb-acceleration": "native"}, has_xdp=False) == ""
