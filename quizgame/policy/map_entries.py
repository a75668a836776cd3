"""A map state as the rows of the policy map that the datapath looks up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from quizgame.policy.decision import MapEntry
from quizgame.policy.identity import ReservedIdentity
from quizgame.policy.map_state import MapItem, MapState
from quizgame.policy.model import AuthMode, Direction, Protocol
from quizgame.policy.ports import range_prefixes
from quizgame.policy.slot_sets import slots_in

ANY_IDENTITY = 0

_Key = tuple[int, int, int, int]
"""Identity, protocol, first port, port bits (-1 where the protocol is any)."""


_EVERYTHING: _Key = (ANY_IDENTITY, Protocol.ANY, 0, -1)
_LOCAL_HOST: _Key = (ReservedIdentity.HOST, Protocol.ANY, 0, -1)


def _plain_allow(key: _Key, direction: Direction) -> MapEntry:
    identity, protocol, port, _ = key
    return MapEntry(direction, identity, protocol, port, 0, is_deny=False)


def map_entries(state: MapState, slots: Mapping[int, int]) -> list[MapEntry]:
    """Return the rows of one direction, sorted by identity, protocol and port.

    A row that a deny, or a redirect over a plain allow, covers in full is left out, as the agent leaves it out.

    Source: cilium/cilium v1.19 pkg/policy/mapstate.go insertWithChanges.
    """
    identity_at = {slot: identity for identity, slot in slots.items()}
    rows: dict[_Key, MapEntry] = {}
    for item in state.items:
        for key in _keys(item, identity_at):
            entry = _entry(key, item, state)
            known = rows.get(key)
            rows[key] = entry if known is None else _merged(known, entry)
    posture = state.posture
    if not posture.enforced:
        rows.setdefault(_EVERYTHING, _plain_allow(_EVERYTHING, state.direction))
    elif posture.allows_local_host:
        rows.setdefault(_LOCAL_HOST, _plain_allow(_LOCAL_HOST, state.direction))
    lengths = sorted({bits for *_, bits in rows if bits >= 0}, reverse=True)
    kept = [entry for key, entry in rows.items() if not _is_covered(key, entry, rows, lengths)]
    return sorted(kept, key=lambda entry: (entry.identity, entry.protocol, entry.port, entry.port_bits))


def _keys(item: MapItem, identity_at: Mapping[int, int]) -> Iterator[_Key]:
    identities: Iterable[int] = (
        (ANY_IDENTITY,)
        if item.is_wildcard
        else [identity_at[slot] for slot in slots_in(item.peers) if slot in identity_at]
    )
    protocol = item.port.protocol
    prefixes = ((0, -1),) if protocol is Protocol.ANY else range_prefixes(item.port.first, item.port.last)
    for identity in identities:
        for port, bits in prefixes:
            yield identity, int(protocol), port, bits


def _entry(key: _Key, item: MapItem, state: MapState) -> MapEntry:
    identity, protocol, port, bits = key
    return MapEntry(
        direction=state.direction,
        identity=identity,
        protocol=protocol,
        port=port,
        port_bits=max(bits, 0),
        is_deny=item.is_deny,
        redirect=item.redirect if state.posture.proxy else None,
        auth=item.clause.clause.auth or AuthMode.DISABLED,
        policies=(item.clause.rule.policy,),
    )


def _rank(entry: MapEntry) -> int:
    if entry.is_deny:
        return 2
    return 1 if entry.redirect is not None else 0


def _merged(one: MapEntry, other: MapEntry) -> MapEntry:
    if _rank(one) != _rank(other):
        return max(one, other, key=_rank)
    policies = tuple(sorted({*one.policies, *other.policies}))
    chosen = one if one.auth is not AuthMode.DISABLED or other.auth is AuthMode.DISABLED else other
    return MapEntry(
        direction=chosen.direction,
        identity=chosen.identity,
        protocol=chosen.protocol,
        port=chosen.port,
        port_bits=chosen.port_bits,
        is_deny=chosen.is_deny,
        redirect=min(filter(None, (one.redirect, other.redirect)), default=None),
        auth=chosen.auth,
        policies=policies,
    )


def _is_covered(key: _Key, entry: MapEntry, rows: Mapping[_Key, MapEntry], lengths: Sequence[int]) -> bool:
    rank = _rank(entry)
    for broader in _broader(key, lengths):
        other = rows.get(broader)
        if other is None or broader == key:
            continue
        if _rank(other) > rank or (entry.is_deny and other.is_deny):
            return True
    return False


def _broader(key: _Key, lengths: Sequence[int]) -> Iterator[_Key]:
    """Yield the keys that hold a key, among those of the prefix lengths that occur at all, longest first."""
    identity, protocol, port, bits = key
    for peer in dict.fromkeys((identity, ANY_IDENTITY)):
        for length in lengths:
            if length <= bits:
                yield peer, protocol, port >> (16 - length) << (16 - length), length
        yield peer, int(Protocol.ANY), 0, -1
