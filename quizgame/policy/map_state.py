"""One direction of an endpoint's policy: from compiled rules to verdicts by port and peer.

Rules for this file: deny beats redirect, redirect beats a plain allow, whatever their breadth; only where two entries
weigh the same does the longer port prefix win, then the named peer. All sets of peers are fixed when the state is
built, so that it can serve as an agent's realized state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quizgame.policy.compiled import CompiledClause
from quizgame.policy.decision import (
    POLICY_DENIED,
    POLICY_DENY,
    Decision,
    MatchType,
    PolicyVerdict,
    Redirect,
)
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.l7 import L7Policy
from quizgame.policy.model import AuthMode, Direction, L7Kind, PolicyKey, PortMatch, Protocol, proxy_priority
from quizgame.policy.ports import prefix_length
from quizgame.policy.selector_cache import UNKNOWN_SLOT

_MATCH_TYPES: Final = {
    # (peer is named, protocol is named, port is named): match type
    (True, True, True): MatchType.L3_L4,
    (True, True, False): MatchType.L3_PROTO,
    (True, False, False): MatchType.L3_ONLY,
    (False, True, True): MatchType.L4_ONLY,
    (False, True, False): MatchType.PROTO_ONLY,
    (False, False, False): MatchType.ALL,
}


_STRICTNESS: Final = (AuthMode.DISABLED, AuthMode.REQUIRED, AuthMode.ALWAYS_FAIL)


@dataclass(frozen=True, slots=True, eq=False)
class MapItem:
    """One rule clause on one port range, with the set of peers it is about."""

    clause: CompiledClause
    port: PortMatch
    peers: int
    """A bit set over slots."""
    is_wildcard: bool
    order: int
    """Position among the items of its state; ties go to the lower."""

    @property
    def is_deny(self) -> bool:
        """Whether it is part of a deny rule."""
        return self.clause.clause.is_deny

    @property
    def redirect(self) -> Redirect | None:
        """Where it sends traffic, if it has an L7 part."""
        l7 = self.clause.clause.l7
        if l7 is None or self.is_deny:
            return None
        is_ingress = self.clause.clause.direction is Direction.INGRESS
        return Redirect(is_ingress, int(self.port.protocol), self.port.first, l7.kind.value, l7.listener)

    @property
    def proxy_priority(self) -> int:
        """Where its proxy stands among others, the lowest first; 0 if it has no L7 part."""
        l7 = self.clause.clause.l7
        return proxy_priority(l7) if l7 is not None else 0

    def specificity(self, port: int) -> tuple[int, bool, int]:
        """Return what decides between items that weigh the same; the greatest wins."""
        bits = prefix_length(self.port, port) if self.port.protocol is not Protocol.ANY else -1
        return bits, not self.is_wildcard, -self.order

    def match_type(self) -> MatchType:
        """Return the kind of policy map entry that it becomes."""
        named_protocol = self.port.protocol is not Protocol.ANY
        return _MATCH_TYPES[not self.is_wildcard, named_protocol, named_protocol and not self.port.is_every_port]


@dataclass(frozen=True, slots=True)
class Posture:
    """What applies beside the rules, in one direction."""

    enabled: bool
    """Whether rules have a say at all, or the endpoint is closed anyway; what the endpoint list shows as enabled."""
    enforced: bool
    """Whether what no rule allows is denied."""
    allows_local_host: bool
    """Whether the node itself gets in unless a rule denies it (ingress only)."""
    audit: bool = False
    proxy: bool = True
    """Whether L7 rules redirect."""


class MapState:
    """The verdicts of one direction. Looked up by port and peer; both steps are remembered."""

    def __init__(
        self, direction: Direction, items: Sequence[MapItem], posture: Posture, slots: Mapping[int, int]
    ) -> None:
        self.direction = direction
        self.items = tuple(items)
        self.posture = posture
        self._slots = slots
        self._exact: dict[tuple[int, int], list[MapItem]] = {}
        self._wide: list[MapItem] = []
        for item in self.items:
            port = item.port
            if port.first == port.last:
                self._exact.setdefault((port.protocol, port.first), []).append(item)
            else:
                self._wide.append(item)
        self._by_port: dict[int, _PortState] = {}

    def lookup(self, peer: int, port: int, protocol: int) -> Decision:
        """Return the decision for a flow with the peer of this identity, to this destination port."""
        key = protocol << 16 | port
        state = self._by_port.get(key)
        if state is None:
            state = self._by_port[key] = _PortState(self, self._covering(port, protocol), port)
        decision = state.decisions.get(peer)
        return decision if decision is not None else state.decide(peer, self._slots.get(peer, UNKNOWN_SLOT))

    def _covering(self, port: int, protocol: int) -> list[MapItem]:
        found = [item for item in self._wide if item.port.covers(protocol, port)]
        found.extend(self._exact.get((protocol, port), ()))
        return found


class _PortState:
    """The items that concern one port, and the decisions made so far, by peer."""

    __slots__ = ("_allowed", "_by_items", "_denied", "_items", "_port", "_state", "decisions")

    def __init__(self, state: MapState, items: list[MapItem], port: int) -> None:
        self._state = state
        self._port = port
        self._items = items
        self._denied = _union(item.peers for item in items if item.is_deny)
        self._allowed = _union(item.peers for item in items if not item.is_deny)
        self._by_items: dict[tuple[bool, tuple[int, ...]], Decision] = {}
        self.decisions: dict[int, Decision] = {}

    def decide(self, peer: int, slot: int) -> Decision:
        is_host = self._state.direction is Direction.INGRESS and peer == ReservedIdentity.HOST
        bit = 1 << slot
        matching: tuple[MapItem, ...] = ()
        if (self._denied | self._allowed) & bit:
            matching = tuple(item for item in self._items if item.peers & bit)
        key = is_host, tuple(item.order for item in matching)
        decision = self._by_items.get(key)
        if decision is None:
            decision = self._by_items[key] = decide(matching, self._port, self._state.posture, is_host=is_host)
        self.decisions[peer] = decision
        return decision


def _union(sets: Iterable[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union


def decide(matching: Sequence[MapItem], port: int, posture: Posture, *, is_host: bool) -> Decision:
    """Fold the items that match a flow into the decision.

    Args:
        matching: Items whose ports and peers both fit.
        port: The destination port.
        posture: What applies beside them.
        is_host: Whether the peer is the local node and the direction ingress.
    """
    host_enters = is_host and posture.allows_local_host
    # Source: cilium/cilium v1.19 pkg/policy/mapstate.go determineAllowLocalhostIngress: the host's entry yields to
    # every deny that covers it, by name or not.
    denying = [item for item in matching if item.is_deny]
    if denying:
        return _denied(denying, port, posture)
    allowing = [item for item in matching if not item.is_deny]
    redirecting = [item for item in allowing if item.redirect is not None and posture.proxy]
    if redirecting:
        return _redirected(redirecting, allowing, port, posture, host_enters=host_enters)
    if allowing:
        return _allowed(_most_specific(allowing, port), allowing, port, posture)
    if not posture.enforced:
        return Decision(PolicyVerdict.ALLOWED, MatchType.ALL, enforced=False)
    if host_enters:
        return Decision(PolicyVerdict.ALLOWED, MatchType.L3_ONLY)
    return _denied((), port, posture)


def _most_specific(items: Sequence[MapItem], port: int) -> MapItem:
    return max(items, key=lambda item: item.specificity(port))


def _denied(items: Sequence[MapItem], port: int, posture: Posture) -> Decision:
    verdict = PolicyVerdict.AUDITED if posture.audit else PolicyVerdict.DENIED
    if not items:
        return Decision(verdict, MatchType.NONE, POLICY_DENIED, enforced=posture.enforced)
    match = _most_specific(items, port).match_type()
    return Decision(verdict, match, POLICY_DENY, policies=_policies(items), enforced=posture.enforced)


def _allowed(winner: MapItem, allowing: Sequence[MapItem], port: int, posture: Posture) -> Decision:
    return Decision(
        PolicyVerdict.ALLOWED,
        winner.match_type(),
        auth=_auth(winner, allowing, port),
        policies=_policies(allowing),
        enforced=posture.enforced,
    )


def _redirected(
    redirecting: Sequence[MapItem],
    allowing: Sequence[MapItem],
    port: int,
    posture: Posture,
    *,
    host_enters: bool,
) -> Decision:
    # Source: cilium/cilium v1.19 pkg/policy/mapstate.go lookup: the precedence of the proxy counts before the breadth.
    first = min(item.proxy_priority for item in redirecting)
    winner = _most_specific([item for item in redirecting if item.proxy_priority == first], port)
    return Decision(
        PolicyVerdict.REDIRECTED,
        winner.match_type(),
        l7=merged_l7(winner, redirecting, allowing, posture, host_enters=host_enters),
        auth=_auth(winner, allowing, port),
        policies=_policies(allowing),
        enforced=posture.enforced,
    )


def merged_l7(
    winner: MapItem,
    redirecting: Sequence[MapItem],
    allowing: Sequence[MapItem],
    posture: Posture,
    *,
    host_enters: bool,
) -> L7Policy:
    """Merge the L7 rules of all items that allow a flow.

    Source: reference/policy-semantics.md 8, 16, 17: any plain allow lets every request through, for DNS only one of
    exactly that port; requests of the local host pass where the peers are a wildcard.
    """
    rules = winner.clause.clause.l7
    kind = rules.kind if rules is not None else L7Kind.OTHER
    same_kind = [item for item in redirecting if _l7_kind(item) is kind]
    plain = [item for item in allowing if item.redirect is None]
    if kind is L7Kind.DNS:
        plain = [item for item in plain if item.port.first == item.port.last]
    else:
        plain.extend(item for item in redirecting if host_enters and item.clause.spares_host)
    # Source: cilium/cilium v1.19 pkg/policy/l4.go ensureWildcard: without default deny no request is refused.
    widened = bool(plain) or not posture.enforced
    merged = tuple(dict.fromkeys(l7 for item in same_kind if (l7 := item.clause.clause.l7) is not None))
    return L7Policy(kind, widened or any(l7.allows_all for l7 in merged), merged)


def _l7_kind(item: MapItem) -> L7Kind | None:
    return item.clause.clause.l7.kind if item.clause.clause.l7 is not None else None


def _auth(winner: MapItem, allowing: Sequence[MapItem], port: int) -> AuthMode:
    """Return the authentication that the most specific of the items which state one demands, the winner's own first.

    Where items of equal breadth state different modes, the strictest counts.

    Source: cilium/cilium v1.19 pkg/policy/types/mapstate.go Merge, and pkg/policy/mapstate.go: an entry without an
    explicit mode inherits from those that cover it.
    """
    breadth = winner.specificity(port)[:2]
    stated: dict[tuple[int, bool], AuthMode] = {}
    for item in allowing:
        mode = item.clause.clause.auth
        if mode is not None:
            place = item.specificity(port)[:2]
            stated[place] = max(stated.get(place, mode), mode, key=_STRICTNESS.index)
    if breadth in stated:
        return stated[breadth]
    return stated[max(stated)] if stated else AuthMode.DISABLED


def _policies(items: Iterable[MapItem]) -> tuple[PolicyKey, ...]:
    return tuple(sorted({item.clause.rule.policy for item in items}))
