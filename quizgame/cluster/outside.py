"""The world outside the clusters: public names, their addresses, and what answers there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from quizgame.cluster.bgp.router import Router, RouterState


@dataclass(frozen=True, slots=True)
class OutsideHost:
    """A host on the Internet or on the company's own network."""

    ip: str
    ports: tuple[int, ...] = (80, 443)
    """TCP ports that answer; others are refused."""
    status: int = 200
    """HTTP status of its answers."""
    body: str = ""
    allowed_sources: tuple[str, ...] = ()
    """Addresses and ranges that its firewall lets in; empty: all. Packets of others vanish."""

    def lets_in(self, source: str) -> bool:
        """Whether its firewall lets packets of this address in."""
        allowed = (IPv4Network(each, strict=False) for each in self.allowed_sources)
        return not self.allowed_sources or any(IPv4Address(source) in each for each in allowed)


@dataclass(frozen=True, slots=True)
class Outside:
    """Names and hosts that no cluster owns.

    An address that no host here has is dead: packets to it vanish.
    """

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lower-case name without a final dot → IPv4 addresses."""
    hosts: Mapping[str, OutsideHost] = field(default_factory=dict)
    """Address → host."""
    routers: Mapping[str, Router] = field(default_factory=dict)
    """Address → router that speaks BGP."""
    ttl_s: int = 60
    """Time to live of every answer."""
    resolver_ip: str = "172.18.0.1"
    """The name server that nodes and CoreDNS ask for public names."""

    def host_at(self, ip: str) -> OutsideHost | None:
        """The host with this address; the resolver is always there."""
        if ip == self.resolver_ip:
            return OutsideHost(ip, ports=())
        router = self.routers.get(ip)
        if router is not None and ip not in self.hosts:
            ports = () if router.state is RouterState.NO_BGP else (router.port,)
            return None if router.state is RouterState.DOWN else OutsideHost(ip, ports)
        return self.hosts.get(ip)

    def resolve(self, name: str) -> tuple[str, ...]:
        """Addresses of a public name; empty where it does not exist."""
        return self.names.get(name.rstrip(".").lower(), ())
