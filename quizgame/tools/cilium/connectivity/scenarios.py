"""The scenarios between pods, services, nodes and hosts outside: who talks to whom, under which names.

Source: cilium/cilium cilium-cli/connectivity/tests (names of scenarios and actions, and their number); goldens
``cilium-cli/connectivity-test-*``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from quizgame.cluster.objects import dig
from quizgame.tools.cilium.connectivity.actions import (
    BOTH_ENDS,
    CLIENT_ONLY,
    TO_OUTSIDE,
    TO_SERVICE,
    Action,
    Probe,
    Scenario,
    Watch,
    curl_argv,
    ping_argv,
)
from quizgame.tools.cilium.connectivity.site import Member, Peer, Site

Labels = Mapping[str, str]
SECRET_HEADER = {"X-Very-Secret-Token": "42"}
"""What a request carries that policies let through to private pages."""


# ---------------------------------------------------------------- pods


def pod_to_pod(source: Labels | None = None, destination: Labels | None = None) -> Scenario:
    """Each client asks each server by its address."""

    def actions(site: Site) -> Iterator[Action]:
        for number, (client, echo) in enumerate(_pairs(site, source or {}, destination or {})):
            peer = site.echo_peer(echo)
            yield Probe(f"curl-ipv4-{number}", client, peer, curl_argv(site, peer), BOTH_ENDS)

    return Scenario("pod-to-pod", actions)


def _pairs(site: Site, source: Labels, destination: Labels) -> Iterator[tuple[Member, Member]]:
    for client in site.clients():
        if client.has(source):
            yield from ((client, echo) for echo in site.echoes() if echo.has(destination))


def pod_to_pod_with_endpoints(destination: Labels | None = None, method: str = "") -> Scenario:
    """Each client asks each server for a public page and for a private one, that with and without the right header."""

    def actions(site: Site) -> Iterator[Action]:
        options = ("-X", method) if method else ()
        for number, (client, echo) in enumerate(_pairs(site, {}, destination or {})):
            for path in ("public", "private"):
                name = f"curl-ipv4-{number}-{path}"
                peer = replace(site.echo_peer(echo, f"/{path}"), name=name)
                yield Probe(name, client, peer, curl_argv(site, peer, options), BOTH_ENDS)
            name += "with-header"
            peer = replace(peer, name=name, labels={**peer.labels, **SECRET_HEADER})
            header = [f"{key}: {value}" for key, value in SECRET_HEADER.items()]
            yield Probe(name, client, peer, curl_argv(site, peer, (*options, "-H", *header)), BOTH_ENDS)

    return Scenario("pod-to-pod-with-endpoints", actions)


def _ping_each_other(members: list[Member]) -> Iterator[Action]:
    pairs = [(one, other) for one in members for other in members if one.ip != other.ip]
    for number, (one, other) in enumerate(pairs):
        labels = dig(other.pod, "metadata", "labels", default={})
        peer = Peer(other.name, other.ip, labels=labels, context=other.cluster.context)
        yield Probe(f"ping-ipv4-{number}", one, peer, ping_argv(other.ip), BOTH_ENDS)


CLIENT_TO_CLIENT = Scenario("client-to-client", lambda site: _ping_each_other(list(site.clients())))
"""Each client sends an echo request to each other one."""
CCNP_CLIENT_TO_CLIENT = Scenario(
    "ccnp-client-to-client", lambda site: _ping_each_other(list(site.clusterwide_clients()))
)


# ---------------------------------------------------------------- services


def _pod_to_service(site: Site) -> Iterator[Action]:
    pairs = ((client, peer) for client in site.clients() for peer, _ in site.service_peers())
    for number, (client, peer) in enumerate(pairs):
        yield Probe(f"curl-{number}", client, peer, curl_argv(site, peer, family=""), TO_SERVICE)


POD_TO_SERVICE = Scenario("pod-to-service", _pod_to_service)
POD_TO_HOST_PORT = Scenario("pod-to-hostport", lambda _site: iter(()), feature="host-port")
"""Ports of nodes that lead to a pod. It runs where the agents serve them, which the simulated ones do not."""


def _node_ports(site: Site, *, is_remote: bool) -> Iterator[Action]:
    number = 0
    for client in site.clients():
        for peer, service in site.service_peers():
            port = dig(service, "spec", "ports")[0].get("nodePort")
            for node in site.cluster.nodes:
                addresses = dig(node, "status", "addresses", default=[])
                found = [each["address"] for each in addresses if each["type"] == "InternalIP"]
                if (client.host_ip not in found) is not is_remote or not port:
                    continue
                for address in found:
                    aim = replace(peer, address=address, port=port)
                    watch = Watch(ports=(port,))
                    yield Probe(f"curl-{number}", client, peer, curl_argv(site, aim, family=""), watch)
                number += 1


POD_TO_REMOTE_NODE_PORT = Scenario("pod-to-remote-nodeport", lambda site: _node_ports(site, is_remote=True))
POD_TO_LOCAL_NODE_PORT = Scenario("pod-to-local-nodeport", lambda site: _node_ports(site, is_remote=False))


def _pod_to_itself(site: Site) -> Iterator[Action]:
    for number, echo in enumerate(site.echoes()):
        name = echo.pod["metadata"]["labels"]["name"]
        peer = Peer(f"{site.namespace}/{name}", name, site.echo_peer(echo).port, {"kind": "echo", "name": name},
                    context=echo.cluster.context)  # fmt: skip
        yield Probe(f"curl-{number}", echo, peer, curl_argv(site, peer, family=""))


POD_TO_ITSELF = Scenario("pod-to-itself-via-service", _pod_to_itself)


# ---------------------------------------------------------------- nodes


def _pod_to_host(site: Site) -> Iterator[Action]:
    for client in site.clients():
        for node in site.cluster.nodes:
            for address in dig(node, "status", "addresses", default=[]):
                if address["type"] in _ADDRESS_NAMES:
                    ip = address["address"]
                    peer = Peer(ip, ip, labels={"kind": "host"}, context=site.cluster.context)
                    name = f"ping-ipv4-{_ADDRESS_NAMES[address['type']]}"
                    yield Probe(name, client, peer, ping_argv(ip), CLIENT_ONLY)


_ADDRESS_NAMES = {"InternalIP": "internal-ip", "ExternalIP": "external-ip"}
POD_TO_HOST = Scenario("pod-to-host", _pod_to_host)


def _host_to_pod(site: Site) -> Iterator[Action]:
    pairs = ((host, echo) for host in site.hosts() for echo in site.echoes())
    for number, (host, echo) in enumerate(pairs):
        peer = site.echo_peer(echo)
        yield Probe(f"curl-ipv4-{number}", host, peer, curl_argv(site, peer))


HOST_TO_POD = Scenario("host-to-pod", _host_to_pod)


# ---------------------------------------------------------------- outside

Retried = Callable[[Member, Peer], bool]


def _never(_client: Member, _peer: Peer) -> bool:
    return False


def always(_client: Member, _peer: Peer) -> bool:
    """Repeat every request that fails."""
    return True


def to_port_80(_client: Member, peer: Peer) -> bool:
    """Repeat requests in the clear that fail."""
    return peer.port == 80


def to_port_80_of_client2(client: Member, peer: Peer) -> bool:
    """Repeat failed requests in the clear of the one client that may make them."""
    return peer.port == 80 and client.has({"other": "client"})


def _retries(site: Site) -> tuple[str, ...]:
    options = site.options
    if not options.retries:
        return ()
    delay = ("--retry-delay", f"{options.retry_delay_s:g}") if options.retry_delay_s else ()
    return ("--retry", str(options.retries), "--retry-all-errors", *delay)


def pod_to_world(is_retried: Retried = _never) -> Scenario:
    """Each client asks the target outside, in the clear and encrypted."""

    def actions(site: Site) -> Iterator[Action]:
        target = site.options.external_target
        kinds = (f"http-to-{target}", f"https-to-{target}", f"https-to-{target}-index")
        for number, client in enumerate(site.clients()):
            for kind, peer in zip(kinds, site.external_peers(), strict=True):
                extra = _retries(site) if is_retried(client, peer) else ()
                yield Probe(f"{kind}-ipv4-{number}", client, peer, curl_argv(site, peer, extra), TO_OUTSIDE)

    return Scenario("pod-to-world", actions, is_external=True)


def _pod_to_world_2(site: Site) -> Iterator[Action]:
    target = site.options.external_other_target
    peer = Peer(f"{target}-https", target, 443, scheme="https")
    for number, client in enumerate(site.clients()):
        yield Probe(f"https-{target}-ipv4-{number}", client, peer, curl_argv(site, peer), TO_OUTSIDE)


POD_TO_WORLD_2 = Scenario("pod-to-world-2", _pod_to_world_2, is_external=True)
"""Each client asks the second target outside."""


def pod_to_cidr(*, is_retried: bool = False, retries_first: bool = False) -> Scenario:
    """Each client asks two addresses outside.

    Args:
        is_retried: Whether every failed request is repeated.
        retries_first: Whether failed requests to the first address alone are.
    """

    def actions(site: Site) -> Iterator[Action]:
        options = site.options
        for ip in (options.external_ip, options.external_other_ip):
            name = f"external-{ip.replace('.', '')}"
            peer = Peer(name, ip, 443, scheme="https")
            extra = _retries(site) if is_retried or (retries_first and ip == options.external_ip) else ()
            argv = curl_argv(site, peer, extra, family="")
            for number, client in enumerate(site.clients()):
                yield Probe(f"{name}-{number}", client, peer, argv, Watch(may_reset=True))

    return Scenario("pod-to-cidr", actions, is_external=True)
