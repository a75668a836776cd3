"""Which identities each selector selects, as bit sets.

Every identity has a slot, a bit position; a set of identities is a Python integer. An index from labels to such sets
makes evaluating a selector a few ANDs and ORs, whatever the number of identities. Slots are never used twice, so a
set that somebody keeps never comes to mean other identities.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_network
from typing import Final

from quizgame.policy.labels import SOURCE_ANY, SOURCE_CIDR, SOURCE_RESERVED, Label, Labels
from quizgame.policy.selectors import CidrSelector, FqdnSelector, LabelSelector, Operator, Prefix, Requirement, Selector
from quizgame.policy.slot_sets import SlotIndex, set_of, slots_in

EVERYONE: Final = -1
"""The set that holds every identity, known or not."""
UNKNOWN_SLOT: Final = 0
"""The slot of identities that were never added: only `EVERYONE` holds it."""


@lru_cache(maxsize=16384)
def cidr_label(prefix: Prefix) -> Label:
    """Return the label of a prefix; colons of IPv6 are written as dashes, as the agent does."""
    if prefix.version == 4:
        return Label(str(prefix), SOURCE_CIDR)
    address, _, length = str(prefix).partition("/")
    address = f"0{address}" if address.startswith(":") else address
    address = f"{address}0" if address.endswith(":") else address
    return Label(f"{address.replace(':', '-')}/{length}", SOURCE_CIDR)


def prefix_of(label: Label) -> Prefix:
    """Return the prefix that a label of source ``cidr`` stands for."""
    return ip_network(label.key.replace("-", ":"))


class SelectorCache:
    """Identities with their labels, and the sets that selectors stand for. Forks share until one side writes."""

    def __init__(self) -> None:
        self.generation = 0
        """Rises with every change of the identities."""
        self._next_slot = UNKNOWN_SLOT + 1
        self._slots: dict[int, int] = {}
        self._identity_at: dict[int, int] = {}
        self._labels: dict[int, Labels] = {}
        self._by_label = SlotIndex()
        """By source, key and value, and by source and key alone."""
        self._prefixes: list[tuple[int, int, int, int]] = []
        """Of CIDR identities: (version, network, prefix length, slot), sorted."""
        self._known = 0
        self._fresh: list[int] = []
        """Slots that wait to be put into the set of all."""
        self._selected: dict[Selector, int] = {}
        self._shares = False

    def fork(self) -> SelectorCache:
        """Return an independent copy, at constant cost."""
        twin = SelectorCache.__new__(SelectorCache)
        twin.__dict__.update(self.__dict__)
        self._shares = twin._shares = True
        return twin

    @property
    def slots(self) -> Mapping[int, int]:
        """The slot of each identity; a snapshot that later forks leave alone, not later additions."""
        return self._slots

    @property
    def known(self) -> int:
        """The set of all identities that were added."""
        if self._fresh:
            self._known |= set_of(self._fresh)
            self._fresh = []
        return self._known

    @property
    def identities(self) -> Mapping[int, Labels]:
        """The labels of each identity."""
        return self._labels

    def add(self, identity: int, labels: Labels) -> None:
        """Add an identity, or give it other labels."""
        if self._labels.get(identity) == labels:
            return
        self._own()
        if identity in self._slots:
            self._drop(identity)
        slot = self._next_slot
        self._next_slot += 1
        self._slots[identity] = slot
        self._identity_at[slot] = identity
        self._labels[identity] = labels
        self._fresh.append(slot)
        for label in labels:
            for source in (label.source, SOURCE_ANY):
                self._by_label.add((source, label.key, label.value), slot)
                self._by_label.add((source, label.key), slot)
            if label.source == SOURCE_CIDR:
                prefix = prefix_of(label)
                insort(self._prefixes, (prefix.version, int(prefix.network_address), prefix.prefixlen, slot))
        self._changed()

    def remove(self, identity: int) -> None:
        """Forget an identity; an unknown one is no error."""
        if identity in self._slots:
            self._own()
            self._drop(identity)
            self._changed()

    def selected(self, selector: Selector) -> int:
        """Return the set of identities that a selector selects."""
        known = self._selected.get(selector)
        if known is None:
            known = self._selected[selector] = self._evaluate(selector)
        return known

    def members(self, identities: int) -> list[int]:
        """Return the numbers in a set, sorted (`EVERYONE`: all known)."""
        return sorted(self._identity_at[slot] for slot in slots_in(identities & self.known))

    def _own(self) -> None:
        if not self._shares:
            return
        self._slots, self._labels = dict(self._slots), dict(self._labels)
        self._identity_at = dict(self._identity_at)
        self._by_label = self._by_label.copy()
        self._fresh = list(self._fresh)
        self._prefixes = list(self._prefixes)
        self._shares = False

    def _changed(self) -> None:
        self.generation += 1
        self._selected = {}

    def _drop(self, identity: int) -> None:
        slot = self._slots.pop(identity)
        del self._identity_at[slot]
        self._known = self.known & ~(1 << slot)
        for label in self._labels.pop(identity):
            for source in (label.source, SOURCE_ANY):
                self._by_label.drop((source, label.key, label.value), slot)
                self._by_label.drop((source, label.key), slot)
            if label.source == SOURCE_CIDR:
                prefix = prefix_of(label)
                entry = prefix.version, int(prefix.network_address), prefix.prefixlen, slot
                del self._prefixes[bisect_left(self._prefixes, entry)]

    def _evaluate(self, selector: Selector) -> int:
        if isinstance(selector, LabelSelector):
            if selector.is_wildcard:
                return EVERYONE
            found = self.known
            for requirement in selector.requirements:
                found &= self._meeting(requirement)
                if not found:
                    break
            return found
        if isinstance(selector, FqdnSelector):
            label = selector.label
            return self._by_label.get((label.source, label.key))
        return self._cidr(selector)

    def _meeting(self, requirement: Requirement) -> int:
        source, key = requirement.key.source, requirement.key.key
        match requirement.operator:
            case Operator.EXISTS:
                return self._by_label.get((source, key))
            case Operator.DOES_NOT_EXIST:
                return self.known & ~self._by_label.get((source, key))
        found = 0
        for value in requirement.values:
            found |= self._by_label.get((source, key, value))
        return found if requirement.operator is Operator.IN else self.known & ~found

    def _cidr(self, selector: CidrSelector) -> int:
        found = self._inside(selector.prefix)
        if selector.prefix.prefixlen == 0:
            # Source: cilium/cilium v1.19 pkg/policy/api/cidr.go: every address is also the world without a prefix.
            for name in ("world", f"world-ipv{selector.prefix.version}"):
                found |= self._by_label.get((SOURCE_RESERVED, name)) & ~self._of_other_family(selector.prefix.version)
        for hole in selector.excepts:
            found &= ~self._inside(hole)
        return found

    def _inside(self, prefix: Prefix) -> int:
        first, last = int(prefix.network_address), int(prefix.broadcast_address)
        start = bisect_left(self._prefixes, (prefix.version, first, 0, 0))
        end = bisect_left(self._prefixes, (prefix.version, last + 1, 0, 0))
        return set_of([slot for _, _, length, slot in self._prefixes[start:end] if length >= prefix.prefixlen])

    def _of_other_family(self, version: int) -> int:
        return set_of([slot for entry_version, _, _, slot in self._prefixes if entry_version != version])
