"""What policy says of a flow at one endpoint, and the rows of its policy map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

from quizgame.policy.model import AuthMode, Direction, L7Kind, PolicyKey

if TYPE_CHECKING:
    from quizgame.policy.l7 import L7Policy

POLICY_DENIED: Final = 133
"""Drop reason: nothing allows the flow."""
POLICY_DENY: Final = 181
"""Drop reason: a deny rule hits the flow."""


class PolicyVerdict(Enum):
    """How one direction decides."""

    ALLOWED = "allowed"
    DENIED = "denied"
    REDIRECTED = "redirected"
    """Allowed, by way of a proxy that decides each request."""
    AUDITED = "audited"
    """Would be denied, but the agent only audits."""


class MatchType(IntEnum):
    """Which kind of policy map entry decided; numbers as in the flow API.

    Source: reference hubble-observe, section 9; cilium/cilium v1.19 pkg/monitor/datapath_policy.go.
    """

    NONE = 0
    L3_ONLY = 1
    L3_L4 = 2
    L4_ONLY = 3
    ALL = 4
    L3_PROTO = 5
    PROTO_ONLY = 6

    @property
    def text(self) -> str:
        """The spelling of ``monitor`` and Hubble, e.g. ``L3-Only``."""
        return _MATCH_TEXT[self]


_MATCH_TEXT: Final = {
    MatchType.NONE: "none",
    MatchType.L3_L4: "L3-L4",
    MatchType.L3_ONLY: "L3-Only",
    MatchType.L4_ONLY: "L4-Only",
    MatchType.ALL: "all",
    MatchType.L3_PROTO: "L3-Proto",
    MatchType.PROTO_ONLY: "Proto-Only",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What one direction of one endpoint's policy says of a flow."""

    verdict: PolicyVerdict
    match: MatchType
    drop_reason: int | None = None
    """`POLICY_DENIED` or `POLICY_DENY` where it is denied or audited."""
    l7: L7Policy | None = None
    """What the proxy decides by, where it is redirected."""
    auth: AuthMode = AuthMode.DISABLED
    policies: tuple[PolicyKey, ...] = ()
    """The policies whose rules allowed it, or whose deny rules hit it; sorted."""
    enforced: bool = True
    """Whether the direction is in default deny."""

    @property
    def allowed(self) -> bool:
        """Whether the packet goes on (a redirected one does, to the proxy)."""
        return self.verdict is not PolicyVerdict.DENIED


@dataclass(frozen=True, slots=True, order=True)
class Redirect:
    """A proxy that an endpoint's traffic to some port is sent to; its proxy port is the agent's to choose."""

    ingress: bool
    protocol: int
    port: int
    """The first port of the rule's range."""
    kind: str
    listener: str = ""

    @property
    def l7_kind(self) -> L7Kind:
        """The kind, as the rules name it."""
        return L7Kind(self.kind)


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One row of an endpoint's policy map, as ``bpf policy get`` lists it."""

    direction: Direction
    identity: int
    """0 is any."""
    protocol: int
    """0 is any."""
    port: int
    """The first port of the prefix; 0 with no port bits in the prefix is any."""
    port_bits: int
    """How many bits of the port count, 0 to 16."""
    is_deny: bool
    """Whether it denies; else it allows."""
    redirect: Redirect | None = None
    auth: AuthMode = AuthMode.DISABLED
    policies: tuple[PolicyKey, ...] = ()

    @property
    def prefix_length(self) -> int:
        """The column PREFIX: 8 bits of protocol and the port bits; 0 for any protocol."""
        return 8 + self.port_bits if self.protocol else 0
