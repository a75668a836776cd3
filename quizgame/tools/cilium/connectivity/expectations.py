"""How an action should end, and what Hubble should show of it at either end.

Source: cilium/cilium cilium-cli/connectivity/check/result.go (the results and their exit statuses).
"""

from __future__ import annotations

from dataclasses import dataclass

from quizgame.cluster.agent.monitor import DropReason

ANY_ERROR = -1
HTTP_ERROR, TIMED_OUT, TLS_ERROR = 22, 28, 35
"""Exit statuses of curl."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is expected at one end of a connection."""

    exit: int = 0
    """Exit status of the client; ``ANY_ERROR``: any but 0."""
    is_drop: bool = False
    """Whether a drop is to be seen."""
    is_at_this_end: bool = False
    """Whether the drop is to be one of this end's own direction, for ``reasons``."""
    reasons: tuple[DropReason, ...] = ()
    """Drop reasons that fit; empty: all."""
    is_l7: bool = False
    """Whether a proxy takes part."""
    has_dns: bool = False
    """Whether the DNS proxy is to be seen."""
    method: str = ""
    """Method of the request that a proxy is to report."""
    is_silent: bool = False
    """Whether nothing is looked for at this end."""


_ANY_DENIAL = (DropReason.POLICY_DENIED, DropReason.POLICY_DENY)
OK = Outcome()
NONE = Outcome(is_silent=True)
DNS_OK = Outcome(has_dns=True)
DROP = Outcome(ANY_ERROR, is_drop=True, reasons=_ANY_DENIAL)
DROP_TIMEOUT = Outcome(TIMED_OUT, is_drop=True)
DNS_DROP_TIMEOUT = Outcome(TIMED_OUT, is_drop=True, has_dns=True, reasons=_ANY_DENIAL)
DROP_HTTP = Outcome(HTTP_ERROR, is_drop=True, is_l7=True)
DNS_DROP_HTTP = Outcome(HTTP_ERROR, is_drop=True, is_l7=True, has_dns=True)
TLS_REFUSED = Outcome(TLS_ERROR, is_l7=True)
NOT_ALLOWED = Outcome(ANY_ERROR, is_drop=True, is_at_this_end=True, reasons=(DropReason.POLICY_DENIED,))
"""Dropped at this end, since no rule allows it."""
DENIED = Outcome(ANY_ERROR, is_drop=True, is_at_this_end=True, reasons=(DropReason.POLICY_DENY,))
"""Dropped at this end by a deny rule."""
PROXIED_GET, PROXIED_POST = Outcome(is_l7=True, method="GET"), Outcome(is_l7=True, method="POST")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of an action at both ends."""

    egress: Outcome = OK
    ingress: Outcome = OK

    @property
    def exit(self) -> int:
        """Exit status of the client. What the sender's side refuses never gets to the other."""
        return self.egress.exit or self.ingress.exit

    def fits(self, status: int) -> bool:
        """Whether an exit status is as expected."""
        return status != 0 if self.exit == ANY_ERROR else status == self.exit


SUCCESS = Expectation()
