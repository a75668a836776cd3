"""The agent's own status (``GET /healthz``), from its state. Source: reference input ``agent-api/healthz.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.maglev import table_size, uses_maglev
from quizgame.cluster.agent.monitor import Direction
from quizgame.cluster.ipam.modes import Source
from quizgame.cluster.l2.devices import announcing_devices
from quizgame.cluster.links import API_SERVER_PORT
from quizgame.datapath.recorder import proxy_port
from quizgame.goflags.durations import format_duration
from quizgame.goflags.times import SECOND
from quizgame.hubble.serving import NodeHubble, cilium_version
from quizgame.policy.model import Protocol
from quizgame.tools.cilium_dbg.model.controllers import controllers_of
from quizgame.tools.cilium_dbg.model.encryption import encryption_model
from quizgame.tools.cilium_dbg.model.remotes import remote_models

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.policy.decision import Redirect

COMMIT = "4f21a6d0"
APIS = [
    "cilium/v2::CiliumCIDRGroup", "cilium/v2::CiliumClusterwideNetworkPolicy", "cilium/v2::CiliumEndpoint",
    "cilium/v2::CiliumNetworkPolicy", "core/v1::Pods", "networking.k8s.io/v1::NetworkPolicy",
]  # fmt: skip
BPF_MAPS = {
    "Auth": 524288, "Non-TCP connection tracking": 73405, "TCP connection tracking": 146811, "Endpoints": 65535,
    "IP cache": 512000, "IPv4 masquerading agent": 16384, "IPv6 masquerading agent": 16384,
    "IPv4 fragmentation": 8192, "IPv4 service": 65536, "IPv6 service": 65536, "IPv4 service backend": 65536,
    "IPv6 service backend": 65536, "IPv4 service reverse NAT": 65536, "IPv6 service reverse NAT": 65536,
    "Metrics": 1024, "Ratelimit metrics": 64, "NAT": 146811, "Neighbor table": 146811, "Endpoint policy": 16384,
    "Policy stats": 65536, "Session affinity": 65536, "Sock reverse NAT": 73405,
}  # fmt: skip
ANNOTATIONS = [
    f"service.cilium.io/{name}" for name in ("node", "node-selector", "proxy-delegation", "src-ranges-policy", "type")
]
DEVICE = "eth0"


def api_problem(agent: Agent) -> str:
    """Why the agent cannot reach its API server; empty where it can."""
    if agent.is_connected:
        return ""
    address = agent.cluster.api_address
    return f'Get "https://{address}:{API_SERVER_PORT}/version": dial tcp {address}:{API_SERVER_PORT}: i/o timeout'


def bandwidth_model(agent: Agent) -> dict[str, Any]:
    """What the bandwidth manager does, as the status says it."""
    if not agent.bandwidth.enabled:
        return {"devices": []}
    return {
        "congestionControl": agent.bandwidth.congestion_control,
        "devices": list(announcing_devices(agent)),
        "enabled": True,
    }


def status_model(agent: Agent) -> dict[str, Any]:
    """What a serving agent answers when asked for its status."""
    config = agent.config
    problem = api_problem(agent)
    version = cilium_version(agent.cluster)
    own = f"{version} (v{version}-{COMMIT})"
    kubernetes = agent.api.version.removeprefix("v")
    low = 256 if not config.cluster_id else config.cluster_id << 16
    return {
        "attach-mode": "tcx",
        "bandwidth-manager": bandwidth_model(agent),
        "bpf-maps": {
            "dynamic-size-ratio": 0.0025, "maps": [{"name": name, "size": size} for name, size in BPF_MAPS.items()],
        },
        "cilium": {"msg": f"{own}    Kubernetes service is not ready: {problem}", "state": "Failure"}
        if problem else {"msg": own, "state": "Ok"},
        "client-id": 1,
        "clock-source": {"mode": "ktime"},
        "cluster": {"ciliumHealth": {"state": "Ok"}, "nodes": [], "self": f"{config.cluster_name}/{agent.node}"},
        "cluster-mesh": {"clusters": remote_models(agent)},
        "cni-chaining": {"mode": "none"},
        "cni-file": {
            "msg": "successfully wrote CNI configuration file to /host/etc/cni/net.d/05-cilium.conflist",
            "state": "Ok",
        },
        "controllers": controllers_of(agent),
        "datapath-mode": "veth",
        "encryption": encryption_model(agent),
        "host-firewall": {"devices": [DEVICE], "mode": "Enabled"} if config.is_on("enable-host-firewall")
        else {"devices": [DEVICE], "mode": "Disabled"},
        "hubble": _hubble(agent),
        "hubble-metrics": {"state": "Ok" if config.get("hubble-metrics") else "Disabled"},
        "identity-range": {"max-identity": (config.cluster_id << 16) + 65535, "min-identity": low},
        "ipam": _ipam(agent),
        "ipv4-big-tcp": {},
        "ipv6-big-tcp": {},
        "kube-proxy-replacement": _kube_proxy_replacement(agent),
        "kubernetes": {"k8s-api-versions": [], "msg": problem, "state": "Failure"} if problem else {
            "k8s-api-versions": APIS,
            "msg": f"{kubernetes.rpartition('.')[0]} (v{kubernetes}) [linux/amd64]",
            "state": "Ok",
        },
        "kvstore": {"state": "Disabled"},
        "masquerading": _masquerading(agent),
        "nodeMonitor": {"cpus": 4, "npages": 64, "pagesize": 4096},
        "proxy": _proxy(agent),
        "routing": _routing(agent),
        "srv6": {},
    }  # fmt: skip


def _hubble(agent: Agent) -> dict[str, Any]:
    if not agent.config.has_hubble:
        return {"state": "Disabled"}
    node = NodeHubble(agent, "")
    return {
        "observer": {
            "current-flows": node.flow_count,
            "max-flows": agent.ring.capacity,
            "seen-flows": agent.ring.seen,
            "uptime": format_duration(node.uptime_ns // SECOND * SECOND),
        },
        "state": "Ok",
    }


def _ipam(agent: Agent) -> dict[str, Any]:
    owners = agent.ipam.shown()
    return {
        "allocations": dict(owners),
        "ipv4": list(owners),
        "ipv6": [],
        "status": f"IPv4: {agent.ipam.summary()}, ",
    }


_MODES = {"snat": "SNAT", "dsr": "DSR", "hybrid": "Hybrid"}
_DISPATCH = {"opt": "IP Option/Extension", "ipip": "IPIP", "geneve": "Geneve"}
_ACCELERATION = {"native": "Native", "best-effort": "Best-Effort"}


def _balancing(config: AgentConfig) -> dict[str, Any]:
    """How services are served to clients outside. Source: cilium/cilium v1.19 daemon status (models of node port)."""
    shown: dict[str, Any] = {
        "acceleration": _ACCELERATION.get(config.acceleration, "Disabled"),
        "algorithm": "Maglev" if uses_maglev(config) else "Random",
        "mode": _MODES.get(config.load_balancer_mode, "SNAT"),
    }
    if config.load_balancer_mode != "snat":
        shown["dsrMode"] = _DISPATCH.get(config.get("bpf-lb-dsr-dispatch", "opt"), "IP Option/Extension")
    if uses_maglev(config):
        shown["lutSize"] = table_size(config)
    return shown


def _kube_proxy_replacement(agent: Agent) -> dict[str, Any]:
    replaces = agent.config.has_kube_proxy_replacement
    features: dict[str, Any] = {
        "annotations": ANNOTATIONS,
        "externalIPs": {"enabled": True} if replaces else {},
        "gracefulTermination": {"enabled": True},
        "hostPort": {"enabled": True} if replaces else {},
        "nat46X64": {},
        "nodePort": {
            **_balancing(agent.config),
            "enabled": True,
            "portMax": 32767,
            "portMin": 30000,
        }
        if replaces
        else {},
        "sessionAffinity": {"enabled": True} if replaces else {},
        "socketLB": {"enabled": True} if agent.config.has_socket_lb else {},
        "socketLBTracing": {"enabled": True} if agent.config.has_socket_lb else {},
    }
    shown: dict[str, Any] = {
        "deviceList": [{"ip": ["", "", agent.node_ip], "name": DEVICE}] if replaces else [],
        "devices": [DEVICE] if replaces else [],
        "features": features,
        "mode": "True" if replaces else "False",
    }
    if replaces:
        shown["directRoutingDevice"] = DEVICE
    return dict(sorted(shown.items()))


def _masquerading(agent: Agent) -> dict[str, Any]:
    config = agent.config
    v4 = config.is_on("enable-ipv4-masquerade", default=True)
    v6 = config.is_on("enable-ipv6-masquerade") and (
        config.is_on("enable-ipv6") or config.is_on("enable-bpf-masquerade")
    )
    shown: dict[str, Any] = {"enabledProtocols": {"ipv4": v4, "ipv6": v6}}
    if v4 or v6:
        shown["enabled"] = True
        shown["mode"] = "BPF" if config.is_on("enable-bpf-masquerade") else "iptables"
    native = config.get("ipv4-native-routing-cidr") or _own_network(agent)
    return {**shown, "snat-exclusion-cidr": native, "snat-exclusion-cidr-v4": native}


def _own_network(agent: Agent) -> str:
    """What is not masqueraded where nobody has set it: the node's ranges, in clouds the whole network."""
    cloud = agent.cluster.cloud
    if agent.ipam.mode.source is Source.ADDRESSES:
        return cloud.network if cloud is not None and agent.ipam.mode.is_cloud else ""
    return ", ".join(agent.ipam.ranges)


def _proxy(agent: Agent) -> dict[str, Any]:
    external = agent.config.is_on("external-envoy-proxy", default=True)
    redirects = [
        _redirect(agent, endpoint.id, redirect)
        for endpoint in agent.endpoints.values()
        if endpoint.is_pod
        for redirect in agent.policy_of(endpoint).redirects()
    ]
    return {
        "envoy-deployment-mode": "external" if external else "embedded",
        "ip": agent.router_ip,
        "port-range": "10000-20000",
        "redirects": redirects,
        "total-redirects": len(redirects),
    }


def _redirect(agent: Agent, number: int, redirect: Redirect) -> dict[str, Any]:
    direction = Direction.INGRESS if redirect.ingress else Direction.EGRESS
    side = direction.name.lower()
    return {
        "location": side,
        "name": f"{number}:{side}:{Protocol(redirect.protocol).name}:{redirect.port}:{redirect.listener}",
        "proxy": redirect.kind,
        "proxy-port": proxy_port(agent, redirect.kind, direction),
    }


def _routing(agent: Agent) -> dict[str, Any]:
    shown = {
        "inter-host-routing-mode": "Tunnel" if agent.config.is_tunnel else "Native",
        "intra-host-routing-mode": "BPF" if agent.config.has_bpf_host_routing else "Legacy",
    }
    if agent.config.is_tunnel:
        shown["tunnel-protocol"] = agent.config.tunnel_protocol
    return shown
