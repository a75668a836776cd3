"""Parsed policies: what rules say, independent of which identities exist.

A policy object becomes `Rule`s (one for each ``spec``), a rule holds `Clause`s: one for each peer-and-ports combination
that an item of ``ingress``, ``ingressDeny``, ``egress`` or ``egressDeny`` stands for, with its path in the manifest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from quizgame.policy.labels import Labels
from quizgame.policy.selectors import LabelSelector, Prefix, Selector


class Direction(Enum):
    """Seen from the endpoint that the policy is about."""

    INGRESS = "ingress"
    EGRESS = "egress"


class Protocol(IntEnum):
    """IP protocol numbers that policy knows; ``ANY`` stands for all of them."""

    ANY = 0
    ICMP = 1
    IGMP = 2
    TCP = 6
    UDP = 17
    ICMPV6 = 58
    VRRP = 112
    SCTP = 132


class EnforcementMode(Enum):
    """When endpoints are in default deny (``enable-policy``)."""

    DEFAULT = "default"
    ALWAYS = "always"
    NEVER = "never"


class AuthMode(Enum):
    """Mutual authentication that a rule demands."""

    DISABLED = "disabled"
    REQUIRED = "spire"
    ALWAYS_FAIL = "test-always-fail"


@dataclass(frozen=True, slots=True, order=True)
class PolicyKey:
    """Names one policy object."""

    kind: str
    namespace: str
    """Empty for a clusterwide policy."""
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.short}"

    @property
    def short(self) -> str:
        """``namespace/name``, or ``name`` alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class MismatchAction(Enum):
    """What a header match without the wanted value does to the request."""

    REFUSE = ""
    LOG = "LOG"
    ADD = "ADD"
    DELETE = "DELETE"
    REPLACE = "REPLACE"


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A header that a request must have; an empty value asks for its presence."""

    name: str
    value: str = ""
    mismatch: MismatchAction = MismatchAction.REFUSE
    is_secret: bool = False
    """Whether the value stands in a Secret alone; policy does not see Secrets, so it never matches."""


@dataclass(frozen=True, slots=True)
class HttpRule:
    """Expressions over a request; an empty one fits everything."""

    method: str = ""
    path: str = ""
    host: str = ""
    headers: tuple[str, ...] = ()
    """Each ``Name: value`` (literal) or ``Name`` (presence)."""
    header_matches: tuple[HeaderMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsRule:
    """A name or a pattern that may be asked for."""

    match_name: str = ""
    match_pattern: str = ""


@dataclass(frozen=True, slots=True)
class KafkaRule:
    """A Kafka rule, kept as it stands; deprecated in 1.19."""

    fields: tuple[tuple[str, str], ...]


class L7Kind(Enum):
    """Which proxy looks at redirected traffic, and at what."""

    HTTP = "http"
    DNS = "dns"
    TLS = "tls"
    KAFKA = "kafka"
    CRD = "crd"
    """A listener of a CiliumEnvoyConfig."""
    OTHER = "l7proto"


@dataclass(frozen=True, slots=True)
class L7Rules:
    """The L7 part of one ``toPorts`` item."""

    kind: L7Kind
    http: tuple[HttpRule, ...] = ()
    dns: tuple[DnsRule, ...] = ()
    kafka: tuple[KafkaRule, ...] = ()
    server_names: tuple[str, ...] = ()
    listener: str = ""
    """Name of the listener, for ``CRD``; name of the parser, for ``OTHER``."""
    listener_priority: int = 0
    """1 to 100 where a listener states one; the lowest wins."""
    allows_all: bool = False
    """Every request passes as far as policy goes: TLS without names, a listener."""


_PROXY_PRIORITIES: Final = {
    # Source: cilium/cilium v1.19 pkg/policy/l4.go ListenerPriorityHTTP and its like.
    L7Kind.HTTP: 101,
    L7Kind.KAFKA: 106,
    L7Kind.OTHER: 111,
    L7Kind.TLS: 116,
    L7Kind.DNS: 121,
    L7Kind.CRD: 126,
}


def proxy_priority(rules: L7Rules) -> int:
    """Return the priority of a redirect among others for the same traffic; the lowest wins."""
    return rules.listener_priority or _PROXY_PRIORITIES[rules.kind]


ALL_PORTS: Final = (0, 65535)


@dataclass(frozen=True, slots=True)
class PortMatch:
    """Ports of one protocol: a range, or a name that stands for a number somewhere else."""

    protocol: Protocol
    """``ANY`` only together with all ports: a rule of L3 alone."""
    first: int = 0
    last: int = 65535
    name: str = ""

    def covers(self, protocol: int, port: int) -> bool:
        """Say whether a destination port is meant (a name covers nothing until it is resolved)."""
        if self.protocol is not Protocol.ANY and self.protocol != protocol:
            return False
        return not self.name and self.first <= port <= self.last

    @property
    def is_every_port(self) -> bool:
        """Whether no port is singled out."""
        return not self.name and (self.first, self.last) == ALL_PORTS


EVERYTHING: Final = PortMatch(Protocol.ANY)


@dataclass(frozen=True, slots=True)
class ServiceRef:
    """``toServices``: a service by name, or services by label; an empty namespace means all."""

    namespace: str = ""
    name: str = ""
    selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A CiliumCIDRGroup by name or by label, with excepted prefixes."""

    name: str = ""
    selector: LabelSelector | None = None
    excepts: tuple[Prefix, ...] = ()


PeerRef = Selector | ServiceRef | GroupRef


@dataclass(frozen=True, slots=True)
class Clause:
    """One peer-and-ports combination of a rule."""

    path: str
    """In the manifest, e.g. ``spec.ingress[0].toPorts[1]``."""
    direction: Direction
    is_deny: bool
    peers: tuple[PeerRef, ...] | None
    """``None`` is everybody; an empty tuple is nobody."""
    ports: tuple[PortMatch, ...]
    """Empty: no port at all."""
    l7: L7Rules | None = None
    auth: AuthMode | None = None
    manifest_ports: tuple[object, ...] = ()
    """The ``toPorts`` or ``icmps`` items as they stand, for listings."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``spec`` of a policy object."""

    policy: PolicyKey
    path: str
    """``spec`` or ``specs[N]``."""
    subject: LabelSelector
    selects_nodes: bool
    ingress_default_deny: bool
    egress_default_deny: bool
    has_ingress: bool
    """Whether it has a say about ingress at all."""
    has_egress: bool
    clauses: tuple[Clause, ...]
    labels: Labels
    """The labels that the agent gives to rules of this object, and then the spec's own."""
    log: str = ""
    """What Hubble adds to flows that the rule decides."""

    def concerns(self, direction: Direction) -> bool:
        """Say whether the rule has a say in this direction."""
        return self.has_ingress if direction is Direction.INGRESS else self.has_egress

    def default_deny(self, direction: Direction) -> bool:
        """Say whether the rule closes its subjects in this direction."""
        return self.ingress_default_deny if direction is Direction.INGRESS else self.egress_default_deny
