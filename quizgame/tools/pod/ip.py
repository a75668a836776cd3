"""``ip addr``, ``ip route``, ``ip link`` and ``ip neigh`` in a pod's network namespace, or in its node's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.cluster.agent.pods import is_host_network
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import dig
from quizgame.datapath.devices import WIREGUARD_DEVICE, node_mac
from quizgame.tools.facts import fact
from quizgame.tools.output import Line, Result, failure, not_simulated

if TYPE_CHECKING:
    from quizgame.tools.pod.context import PodContext

_TUNNEL_OVERHEAD = 50
_ENCRYPTION_OVERHEAD = {EncryptionMode.WIREGUARD: 80, EncryptionMode.IPSEC: 77}
# Source: cilium/cilium v1.19 pkg/mtu: TunnelOverheadIPv4, WireguardOverhead, EncryptionIPsecOverhead.
_MTU = 1500
_ALIASES = {
    "a": "addr", "addr": "addr", "address": "addr", "r": "route", "route": "route", "ro": "route",
    "l": "link", "link": "link", "n": "neigh", "neigh": "neigh", "neighbour": "neigh", "neighbor": "neigh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Interface:
    name: str
    flags: str
    mtu: int
    mac: str
    addresses: tuple[str, ...]
    """With prefix length."""
    peer: str = ""
    qdisc: str = "noqueue"
    state: str = "UP"


@dataclass(frozen=True, slots=True)
class _Route:
    prefix: str
    via: str
    rest: str


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``ip``."""
    words = list(argv[1:])
    is_brief = False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-br", "-brief"):
            is_brief = True
        elif option not in ("-4", "-o", "-c"):
            return not_simulated(f"ip {option}")
    topic = _ALIASES.get(words[0]) if words else None
    if topic is None:
        shown = words[0] if words else ""
        return (
            failure(f'Object "{shown}" is unknown, try "ip help".') if shown else not_simulated("ip without an object")
        )
    rest = [word for word in words[1:] if word not in ("show", "list", "s")]
    if rest[:1] == ["dev"]:
        rest = rest[1:]
    if topic == "route":
        return Result(list(_route_lines(context))) if not rest else not_simulated(f"ip route {rest[0]}")
    if topic == "neigh":
        known = rest in ([], ["eth0"])
        return Result(list(_neighbours(context))) if known else not_simulated(f"ip neigh {rest[0]}")
    return _show_interfaces(context, topic, rest, is_brief=is_brief)


def _show_interfaces(context: PodContext, topic: str, rest: Sequence[str], *, is_brief: bool) -> Result:
    found = _interfaces(context)
    numbered = list(enumerate(found, 1))
    if rest:
        numbered = [(number, each) for number, each in numbered if each.name == rest[0]]
        if not numbered:
            return failure(f'Device "{rest[0]}" does not exist.')
    out: list[Line] = []
    for number, each in numbered:
        out += _brief(each, topic) if is_brief else _full(number, each, topic)
    return Result(out)


def _brief(each: _Interface, topic: str) -> list[Line]:
    name = f"{each.name}@{each.peer}" if each.peer else each.name
    tail = " ".join(each.addresses) if topic == "addr" else f"{each.mac} <{each.flags}>"
    return [Line(f"{name:<16} {each.state:<14} {tail} ")]


def _full(number: int, each: _Interface, topic: str) -> list[Line]:
    name = f"{each.name}@{each.peer}" if each.peer else each.name
    kind, broadcast = ("loopback", "00:00:00:00:00:00") if each.name == "lo" else ("ether", "ff:ff:ff:ff:ff:ff")
    link = f"    link/{kind} {each.mac} brd {broadcast}" if each.mac else "    link/none "
    out = [
        Line(
            f"{number}: {name}: <{each.flags}> mtu {each.mtu} qdisc {each.qdisc} state {each.state} "
            "group default qlen 1000"
        ),
        Line(link),
    ]
    if topic == "addr":
        scope = "host" if each.name == "lo" else "global"
        for address in each.addresses:
            out += [
                Line(f"    inet {address} scope {scope} {each.name}"),
                Line("       valid_lft forever preferred_lft forever"),
            ]
    return out


def _agent(context: PodContext) -> Agent | None:
    agent = context.cluster.agents.get(context.node_name)
    return agent if isinstance(agent, Agent) else None


def _mac(context: PodContext, *parts: str) -> str:
    digits = keyed_hex(context.cluster.api.seed, "mac", context.cluster.context, *parts, digits=10)
    return ":".join(["5a", *(digits[place : place + 2] for place in range(0, 10, 2))])


def _interfaces(context: PodContext) -> list[_Interface]:
    loopback = _Interface("lo", "LOOPBACK,UP,LOWER_UP", 65536, "00:00:00:00:00:00", ("127.0.0.1/8",), state="UNKNOWN")
    agent = _agent(context)
    up = "BROADCAST,MULTICAST,UP,LOWER_UP"
    if not is_host_network(context.pod):
        address = str(dig(context.pod, "status", "podIP", default=""))
        mac = _mac(context, context.namespace, context.name)
        return [loopback, _Interface("eth0", up, _MTU, mac, (f"{address}/32",), "if12")]
    host_ip = str(dig(context.pod, "status", "hostIP", default=""))
    added = context.cluster.node_addresses.get(context.node_name, ())
    addresses = (f"{host_ip}/16", *(f"{each}/32" for each in added))
    found = [loopback]
    if agent is not None and agent.router_ip:
        quiet = f"{up.replace('MULTICAST', 'MULTICAST,NOARP')}"
        found += [
            _Interface("cilium_net", quiet, _MTU, _mac(context, context.node_name, "net"), (), "cilium_host"),
            _Interface(
                "cilium_host",
                quiet,
                _MTU,
                _mac(context, context.node_name, "host"),
                (f"{agent.router_ip}/32",),
                "cilium_net",
            ),
        ]
        if agent.config.is_tunnel:
            name = f"cilium_{agent.config.tunnel_protocol}"
            found.append(_Interface(name, up, _MTU, _mac(context, context.node_name, name), (), state="UNKNOWN"))
        if agent.encryption.mode is EncryptionMode.WIREGUARD:
            mtu = _MTU - _ENCRYPTION_OVERHEAD[EncryptionMode.WIREGUARD]
            found.append(_Interface(WIREGUARD_DEVICE, "POINTOPOINT,NOARP,UP,LOWER_UP", mtu, "", (), state="UNKNOWN"))
    mac = node_mac(agent) if agent is not None else _mac(context, context.node_name, "eth0")
    found.append(_Interface("eth0", up, _MTU, mac, addresses, "if2"))
    return found


def _neighbours(context: PodContext) -> Iterator[Line]:
    """Whom the node, or the pod, has exchanged packets with on its link.

    Simplified: a node has the nodes of its cluster that it reaches in its table, all of them fresh.
    A service address is never there: the node itself translates it before it would ask.
    """
    agent = _agent(context)
    if agent is None:
        return
    if not is_host_network(context.pod):
        number = agent.endpoint_by_pod.get((context.namespace, context.name))
        if number is not None and agent.router_ip:
            yield Line(f"{agent.router_ip} dev eth0 lladdr {agent.endpoints[number].host_mac} REACHABLE ")
        return
    links = fabric_of(context.session.world).links
    for other in agent.neighbours():
        if links.allows(agent.place, other.place, "*", 0):
            yield Line(f"{other.node_ip} dev eth0 lladdr {node_mac(other)} REACHABLE ")


def route_mtu(agent: Agent | None) -> int:
    """What fits into a packet between nodes, next to what tunnel and encryption add."""
    if agent is None:
        return _MTU
    tunnel = _TUNNEL_OVERHEAD if agent.config.is_tunnel else 0
    return _MTU - tunnel - _ENCRYPTION_OVERHEAD.get(agent.encryption.mode, 0)


def mtu_of(context: PodContext) -> int:
    """The largest packet that fits on a pod's way out."""
    return _MTU if is_host_network(context.pod) else route_mtu(_agent(context))


def _route_lines(context: PodContext) -> Iterator[Line]:
    for route in _routes(context):
        shown = fact(
            "route", witnesses=(route.prefix, route.via), cluster=context.cluster.context, node=context.node_name,
            prefix=route.prefix, via=route.via,
        )  # fmt: skip
        via = f" via {route.via}" if route.via else ""
        yield Line(f"{route.prefix}{via} {route.rest} ", (shown,) if route.via else ())


def _routes(context: PodContext) -> Iterator[_Route]:
    # Source: cilium/cilium v1.19 pkg/datapath/linux/node.go: routes to other nodes' pod ranges go by cilium_host in
    # tunnel
    # mode, by their addresses with auto-direct-node-routes; a pod has its router and nothing else.
    agent = _agent(context)
    router = agent.router_ip if agent is not None else ""
    mtu = route_mtu(agent)
    if not is_host_network(context.pod):
        if router:
            yield _Route("default", router, f"dev eth0 mtu {mtu}")
            yield _Route(router, "", "dev eth0 scope link")
        return
    host_ip = str(dig(context.pod, "status", "hostIP", default=""))
    network = ".".join(host_ip.split(".")[:2])
    yield _Route("default", f"{network}.0.1", "dev eth0")
    if agent is not None and router:
        for node in sorted(agent.nodes.values(), key=lambda each: each.pod_cidrs):
            for prefix in node.pod_cidrs:
                if node.ip == agent.node_ip:
                    yield _Route(prefix, router, f"dev cilium_host proto kernel src {router}")
                elif agent.config.is_tunnel:
                    yield _Route(prefix, router, f"dev cilium_host proto kernel src {router} mtu {mtu}")
                elif agent.config.is_on("auto-direct-node-routes"):
                    yield _Route(prefix, node.ip, "dev eth0 proto kernel")
        yield _Route(router, "", "dev cilium_host proto kernel scope link")
    yield _Route(f"{network}.0.0/16", "", f"dev eth0 proto kernel scope link src {host_ip}")
