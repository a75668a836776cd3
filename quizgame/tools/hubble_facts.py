"""What a reader learns from a printed flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from quizgame.cluster.world import Cluster, World
from quizgame.hubble.flow import Endpoint, Flow
from quizgame.tools.facts import Fact, fact
from quizgame.tools.naming import peer_name

_TYPES = {1: "drop", 4: "trace", 5: "policy-verdict", 7: "trace-sock", 129: "l7"}
_NOBODY = Endpoint()


class _Told(NamedTuple):
    """All that a flow's fact is made of."""

    node: str
    from_: str
    to: str
    from_cluster: str
    to_cluster: str
    shown_as: str
    """What stands for the server in the line."""
    port: int
    protocol: str
    verdict: str | int
    reason: str | int | None
    direction: str | int
    type: str
    is_reply: bool | None
    message: tuple[str | None, int | None, str | None]
    """HTTP method and path, status code, and DNS name, as far as there are any."""


@dataclass(slots=True)
class FlowFacts:
    """Facts of the flows that one command prints.

    Facts hold no ephemeral ports and no times, so that many flows tell the same: each fact is made once.

    Args:
        world: Names the peers.
        cluster: Whose flows they are.
    """

    world: World
    cluster: Cluster
    _known: dict[_Told, tuple[Fact, ...]] = field(default_factory=dict)
    _names: dict[tuple[int, str], tuple[Endpoint, str]] = field(default_factory=dict)
    """By an endpoint's identity, and address: the endpoint, and what it is called."""

    def of(self, flow: Flow) -> tuple[Fact, ...]:
        """What a line that shows a flow tells; replies are told from the client's side, as compact prints them."""
        source, destination = flow.source or _NOBODY, flow.destination or _NOBODY
        source_ip, destination_ip = (flow.ip.source, flow.ip.destination) if flow.ip is not None else ("", "")
        if flow.is_reply:
            source, destination = destination, source
            source_ip, destination_ip = destination_ip, source_ip
        told = _Told(
            flow.node_name,
            self._name(source, source_ip),
            self._server(flow, destination, destination_ip),
            source.cluster_name,
            destination.cluster_name,
            destination.pod_name or destination_ip,
            *_port(flow),
            flow.verdict,
            flow.drop_reason_desc if flow.drop_reason else None,
            flow.traffic_direction,
            _TYPES.get(flow.event_type.type if flow.event_type is not None else 0, "other"),
            flow.is_reply,
            _message(flow),
        )
        known = self._known.get(told)
        if known is None:
            known = self._known[told] = (self._make(told),)
        return known

    def _make(self, told: _Told) -> Fact:
        http, code, dns = told.message
        return fact(
            "flow",
            witnesses=tuple(each for each in (told.shown_as, str(told.verdict)) if each),
            cluster=self.cluster.context,
            node=told.node.rpartition("/")[2],
            from_=told.from_,
            to=told.to,
            from_cluster=told.from_cluster or None,
            to_cluster=told.to_cluster or None,
            port=told.port or None,
            protocol=told.protocol or None,
            verdict=str(told.verdict),
            reason=None if told.reason is None else str(told.reason),
            direction=str(told.direction),
            type=told.type,
            reply=str(bool(told.is_reply)).lower(),
            http=http,
            code=code,
            dns=dns,
        )

    def _server(self, flow: Flow, destination: Endpoint, ip: str) -> str:
        if not destination.pod_name:
            service = flow.destination_service
            if service is not None:
                return f"{service.namespace}/{service.name}"
            if flow.destination_names or flow.source_names:
                return (*flow.destination_names, *flow.source_names)[0]
        return self._name(destination, ip)

    def _name(self, endpoint: Endpoint, ip: str) -> str:
        key = (id(endpoint), ip)
        known = self._names.get(key)
        if known is None:
            name = peer_name(
                self.world, endpoint.namespace, endpoint.pod_name, endpoint.identity, ip, endpoint.cluster_name
            )
            known = self._names[key] = (endpoint, name)
        return known[1]


def _message(flow: Flow) -> tuple[str | None, int | None, str | None]:
    if flow.l7 is None:
        return None, None, None
    http, dns = flow.l7.http, flow.l7.dns
    return (
        f"{http.method} {_path(http.url)}" if http is not None else None,
        http.code if http is not None and http.code else None,
        dns.query.rstrip(".") if dns is not None else None,
    )


def _path(url: str) -> str:
    rest = url.partition("://")[2] or url
    return "/" + rest.partition("/")[2]


def _port(flow: Flow) -> tuple[int, str]:
    l4 = flow.l4
    if l4 is None:
        return 0, ""
    for protocol, header in (("TCP", l4.tcp), ("UDP", l4.udp), ("SCTP", l4.sctp)):
        if header is not None:
            return (header.source_port if flow.is_reply else header.destination_port), protocol
    return 0, "ICMP" if l4.icmpv4 is not None or l4.icmpv6 is not None else ""
