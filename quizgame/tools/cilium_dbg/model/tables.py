"""The agent's own tables, as its shell shows them.

Source: golden ``cilium-dbg/shell-db-show-*``; Documentation/network/l2-announcements.rst (the table ``devices``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from quizgame.cluster.l2.devices import announcing_devices
from quizgame.datapath.devices import NETWORK_DEVICE, TUNNEL_DEVICES, device_index, node_mac
from quizgame.goflags.times import SECOND
from quizgame.tools.facts import fact

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.services import Frontend
    from quizgame.tools.facts import Fact

UNSIMULATED = frozenset((
    "backends", "bandwidth-edts", "bpf-maps", "ciliumenvoyconfigs", "health", "ipsets", "loadbalancer-maps",
    "nat-stats", "neighbors", "nodeport-addresses", "reconcilers", "routes", "services", "sysctl",
))  # fmt: skip
"""Tables that the real agent has as well."""
_MTU = "1500"
_UP = "up|broadcast|multicast"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One object of a table."""

    cells: tuple[str, ...]
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentTable:
    """A table of the agent."""

    columns: tuple[str, ...]
    rows: Callable[[Agent], list[TableRow]]


def _announced(agent: Agent) -> list[TableRow]:
    return [
        TableRow(
            (ip, device),
            (fact("route", witnesses=(ip, device), cluster=agent.context, node=agent.node, prefix=ip, via=device),),
        )
        for ip, device in sorted(agent.l2.entries)
    ]


def _node_addresses(agent: Agent) -> list[TableRow]:
    own = [(agent.router_ip, "false", "cilium_host"), (agent.node_ip, "true", NETWORK_DEVICE)]
    added = agent.cluster.node_addresses.get(agent.node, ())
    return [
        *(TableRow((ip, is_port, "true", device)) for ip, is_port, device in own if ip),
        *(TableRow((ip, "true", "false", NETWORK_DEVICE)) for ip in added),
    ]


def _devices(agent: Agent) -> list[TableRow]:
    def number(device: str) -> str:
        return str(device_index(agent.seed, agent.context, agent.node, device))

    used = announcing_devices(agent)
    addresses = (agent.node_ip, *agent.cluster.node_addresses.get(agent.node, ()))
    rows = [
        ("lo", "1", "false", "device", "65536", "", "up|loopback", "127.0.0.1"),
        ("cilium_host", "2", "false", "veth", _MTU, "", _UP, agent.router_ip),
        (
            NETWORK_DEVICE, number(NETWORK_DEVICE), str(NETWORK_DEVICE in used).lower(), "veth", _MTU, node_mac(agent),
            _UP, ", ".join(addresses),
        ),
        *(
            (each.interface, str(each.ifindex), "false", "veth", _MTU, each.host_mac, _UP, "")
            for each in sorted(agent.endpoints.values(), key=lambda each: each.ifindex)
            if each.is_pod
        ),
    ]  # fmt: skip
    if agent.config.is_tunnel:
        name = TUNNEL_DEVICES.get(agent.config.tunnel_protocol, "cilium_vxlan")
        kind = agent.config.tunnel_protocol
        rows.append((name, number(name), "false", kind, _MTU, "", _UP, ""))
    return [TableRow(cells) for cells in sorted(rows)]


def _policies(agent: Agent) -> list[TableRow]:
    return [
        TableRow((
            f"{policy.namespace}/{policy.name}",
            "address" if policy.address else "service",
            f"{policy.namespace}/{policy.service}" if policy.service else "",
            policy.kind.value[1],
            ", ".join(f"{policy.address or '0.0.0.0'}:{each.number}/{each.protocol}" for each in policy.frontend_ports),
        ))
        for _, policy in sorted(agent.redirects.policies.items())
    ]  # fmt: skip


def _frontends(agent: Agent) -> list[TableRow]:
    now = agent.now_ns
    ordered = sorted(
        agent.services.frontends.values(), key=lambda each: (IPv4Address(each.ip), each.port, each.protocol)
    )
    return [
        TableRow(
            (
                f"{each.ip}:{each.port}/{each.protocol}",
                "ClusterIP" if each.redirected_to else each.type,
                f"{each.namespace}/{each.service}",
                each.port_name,
                ", ".join(f"{backend.ip}:{backend.port}/{backend.protocol}" for backend in each.backends),
                each.redirected_to,
                "Done",
                _age(now - agent.services.changed_ns.get((each.ip, each.port, each.protocol), now)),
                "",
            ),
            tuple(_backend_facts(agent, each)),
        )
        for each in ordered
    ]


def _backend_facts(agent: Agent, frontend: Frontend) -> Iterator[Fact]:
    name = f"{frontend.namespace}/{frontend.service}"
    if not frontend.backends:
        yield fact("service", cluster=agent.context, service=name, backend="none", type=frontend.type)
    for each in frontend.backends:
        yield fact(
            "service", witnesses=(f"{each.ip}:{each.port}",), cluster=agent.context, service=name,
            backend=each.cluster or "local", state=each.state.value, type=frontend.type,
        )  # fmt: skip


def _age(span_ns: int) -> str:
    """A span as the tables write it, in one unit. Source: golden ``shell-db-show-frontends``; HumanDuration."""
    seconds = span_ns // SECOND
    for size, unit, limit in ((1, "s", 120), (60, "m", 180 * 60), (3600, "h", 48 * 3600)):
        if seconds < limit:
            return f"{seconds // size}{unit}"
    return f"{seconds // 86400}d"


TABLES: Mapping[str, AgentTable] = {
    "devices": AgentTable(("Name", "Index", "Selected", "Type", "MTU", "HWAddr", "Flags", "Addresses"), _devices),
    "frontends": AgentTable(
        ("Address", "Type", "ServiceName", "PortName", "Backends", "RedirectTo", "Status", "Since", "Error"), _frontends
    ),
    "localredirectpolicies": AgentTable(("Name", "Type", "Service", "FrontendType", "Frontends"), _policies),
    "l2-announce": AgentTable(("IP", "NetworkInterface"), _announced),
    "node-addresses": AgentTable(("Address", "NodePort", "Primary", "DeviceName"), _node_addresses),
}
"""Tables that can be shown, by name."""
