"""What the agent's API lists: nodes, addresses, services, names, maps. Source: reference input ``agent-api``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.cluster.keyed import keyed_int
from quizgame.tools.cilium_dbg.model.times import api_time

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.ipcache import IpcacheEntry
    from quizgame.cluster.agent.nodes import KnownNode
    from quizgame.cluster.agent.services import Backend, Frontend


def node_models(agent: Agent) -> list[dict[str, Any]]:
    """The known nodes, by cluster and name."""
    return [_node(key, agent.nodes[key]) for key in sorted(agent.nodes)]


def _node(key: str, node: KnownNode) -> dict[str, Any]:
    return {
        "health-endpoint-address": {"ipv4": {"enabled": bool(node.health_ip), "ip": node.health_ip}, "ipv6": {}},
        "name": key,
        "primary-address": {
            "ipv4": {
                "address-type": "InternalIP", "alloc-range": ",".join(node.pod_cidrs), "enabled": True, "ip": node.ip,
            },
            "ipv6": {},
        },
        "secondary-addresses": [{"address-type": "CiliumInternalIP", "ip": node.router_ip}] if node.router_ip else [],
        "source": node.source,
    }  # fmt: skip


def node_number(agent: Agent, key: str) -> int:
    """The number that an agent's datapath has for a node (``cluster/name``)."""
    if agent.nodes[key].ip == agent.node_ip:
        return 0
    return 1 + keyed_int(agent.seed, "node-id", agent.place, key, below=65535)


def node_ids(agent: Agent) -> list[dict[str, Any]]:
    """The numbers that the datapath has for nodes: 0 for the own one, others given by the agent."""
    found = []
    for key in sorted(agent.nodes):
        node = agent.nodes[key]
        is_own = node.ip == agent.node_ip
        number = node_number(agent, key)
        ips = [node.ip] if is_own else [ip for ip in (node.ip, node.router_ip) if ip]
        spi = node.encryption_key if agent.encryption.mode is EncryptionMode.IPSEC and not is_own else 0
        found.append({"id": number, "ips": ips, "spi": spi})
    return sorted(found, key=lambda each: int(str(each["id"])))


def ip_model(prefix: str, entry: IpcacheEntry) -> dict[str, Any]:
    """One address or prefix of the ipcache."""
    host = None if entry.tunnel_endpoint == "0.0.0.0" else entry.tunnel_endpoint
    metadata = {"name": entry.pod, "namespace": entry.namespace, "source": entry.source}
    return {
        "cidr": prefix, "encryptKey": entry.encrypt_key, "hostIP": host, "identity": int(entry.identity),
        "metadata": metadata,
    }  # fmt: skip


def service_model(frontend: Frontend) -> dict[str, Any]:
    """One frontend with its backends."""
    spec = {
        "backend-addresses": [_backend(backend) for backend in frontend.backends],
        "flags": {
            "cluster": "",
            "extTrafficPolicy": "Local" if frontend.local_traffic_policy else "Cluster",
            "intTrafficPolicy": "Cluster",
            "name": frontend.service,
            "namespace": frontend.namespace,
            "trafficPolicy": "Local" if frontend.local_traffic_policy else "Cluster",
            "type": frontend.type,
        },
        "frontend-address": {
            "ip": frontend.ip, "port": frontend.port, "protocol": frontend.protocol, "scope": "external",
        },
        "id": frontend.id,
    }  # fmt: skip
    return {"spec": spec, "status": {"realized": spec}}


def _backend(backend: Backend) -> dict[str, Any]:
    return {
        "ip": backend.ip, "nodeName": backend.node, "port": backend.port, "preferred": backend.is_preferred,
        "protocol": backend.protocol, "state": backend.state.value, "weight": 100,
    }  # fmt: skip


def cached_names(agent: Agent) -> list[dict[str, Any]]:
    """The names that the DNS proxy has seen resolved, by endpoint and name."""
    entries = sorted(agent.fqdn.entries.values(), key=lambda each: (each.endpoint_id, each.name))
    return [
        {
            "endpoint-id": each.endpoint_id,
            "expiration-time": api_time(each.expires_ns),
            "fqdn": each.name,
            "ips": list(each.ips),
            "lookup-time": api_time(each.expires_ns - each.ttl_s * 1_000_000_000),
            "source": each.source,
            "ttl": each.ttl_s,
        }
        for each in entries
    ]


def map_models(agent: Agent) -> list[dict[str, Any]]:
    """The maps that the agent keeps a copy of, with the number of their entries."""
    frontends = agent.services.frontends.values()
    backends = {(each.ip, each.port, each.protocol) for frontend in frontends for each in frontend.backends}
    counts = {
        "cilium_lxc": sum(1 for each in agent.endpoints.values() if each.ip) + 2,
        "cilium_ipcache_v2": len(agent.ipcache.entries),
        "cilium_lb4_services_v2": sum(1 + len(each.backends) for each in frontends),
        "cilium_lb4_backends_v3": len(backends),
        "cilium_lb4_reverse_nat": len(agent.services.frontends),
        **{
            f"cilium_policy_v2_{number:05}": len(agent.policy_of(endpoint).entries())
            for number, endpoint in sorted(agent.endpoints.items())
            if endpoint.is_pod
        },
        "cilium_runtime_config": 256,
        "cilium_metrics": 0,
        "cilium_auth_map": len(agent.auth.entries),
    }
    return [{"entries": count, "errors": 0, "is-cached": True, "name": name} for name, count in counts.items()]


_NAME_LETTERS = "[-a-zA-Z0-9_]"


def name_expression(match_name: str, match_pattern: str) -> str:
    """The regular expression that the agent makes of a name or pattern.

    # Source: cilium/cilium v1.19 pkg/fqdn/matchpattern ToAnchoredRegexp.
    """
    text = (match_name or match_pattern).strip().lower()
    if text == "*":
        return f"(^({_NAME_LETTERS}+[.])+$)|(^[.]$)"
    parts = text.removesuffix(".").replace(".", "[.]").replace("*", f"{_NAME_LETTERS}*")
    return f"^{parts}[.]$"
