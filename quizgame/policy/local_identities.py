"""The identities that an agent gives to addresses outside the cluster.

Every prefix that a policy names, and every address behind a name that a policy names, gets a number of its own, from
16777217 upward. An address is looked up by its longest prefix; one without any is the world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from quizgame.policy.fqdn import name_matches, normalise
from quizgame.policy.identity import LOCAL_SCOPE, ReservedIdentity
from quizgame.policy.labels import SOURCE_RESERVED, Label, Labels
from quizgame.policy.repository import Repository
from quizgame.policy.selector_cache import cidr_label
from quizgame.policy.selectors import Prefix

Address = IPv4Address | IPv6Address

FIRST_LOCAL_IDENTITY: Final = LOCAL_SCOPE + 1


class LocalIdentities:
    """Numbers for prefixes and learned addresses; what it numbers it adds to its repository.

    A number stays with its label set for as long as the table lives, so that a policy which comes back finds it.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._numbers: dict[Labels, int] = {}
        self._prefixes: dict[Prefix, int] = {}
        self._uses: Counter[int] = Counter()
        """How many prefixes have a number."""
        self._names: dict[str, frozenset[Address]] = {}
        self._names_at: dict[Address, frozenset[str]] = {}
        self._required: frozenset[Prefix] = frozenset()
        """The prefixes that policies name, when they were last looked at."""
        self._lengths: Counter[tuple[int, int]] = Counter()
        """How many numbered prefixes there are, by IP version and length."""
        self._longest_first: dict[int, list[int]] = {4: [], 6: []}
        """The lengths that occur, by IP version."""
        self._revision = 0
        """Of the repository, when everything was last numbered."""

    def fork(self, repository: Repository) -> LocalIdentities:
        """Return an independent copy for a fork of the repository."""
        twin = LocalIdentities(repository)
        twin._numbers, twin._prefixes = dict(self._numbers), dict(self._prefixes)
        twin._names, twin._names_at = dict(self._names), dict(self._names_at)
        twin._uses, twin._lengths = Counter(self._uses), Counter(self._lengths)
        twin._longest_first = dict(self._longest_first)
        twin._required, twin._revision = self._required, self._revision
        return twin

    def learn(self, name: str, addresses: Iterable[str | Address]) -> bool:
        """Take in the addresses that a DNS answer gave for a name; return whether any is new.

        It costs what the new addresses cost, however many there are already.
        """
        key = normalise(name)
        known = self._names.get(key, frozenset())
        fresh = {ip_address(address) for address in addresses} - known
        if not fresh:
            return False
        self._names[key] = known | fresh
        for address in fresh:
            self._names_at[address] = self._names_at.get(address, frozenset()) | {key}
        self._renumber(fresh)
        return True

    def forget(self, name: str) -> None:
        """Drop what is known of a name (its time to live has passed and no connection uses it)."""
        key = normalise(name)
        gone = self._names.pop(key, frozenset())
        for address in gone:
            left = self._names_at.pop(address) - {key}
            if left:
                self._names_at[address] = left
        if gone:
            self._renumber(gone)

    @property
    def names(self) -> Mapping[str, frozenset[Address]]:
        """The learned addresses by normalised name."""
        return self._names

    def sync(self) -> bool:
        """Number what the policies now require; return whether anything changed.

        Call it after policies, groups or services have changed.
        """
        required = self._repository.required_prefixes()
        self._required, self._revision = frozenset(required), self._repository.revision
        wanted = {prefix: self._labels(prefix, ()) for prefix in required}
        for address in sorted(self._names_at, key=_order):
            if labels := self._labels_of(address):
                wanted[ip_network(address)] = labels
        before = dict(self._prefixes)
        for prefix, labels in wanted.items():
            self._number(prefix, labels)
        for prefix in before.keys() - wanted.keys():
            self._release(prefix)
        return before != self._prefixes

    def resolve(self, address: str | Address) -> int:
        """Return the identity of an address outside the cluster."""
        parsed = ip_address(address)
        for length in self._longest_first[parsed.version]:
            number = self._prefixes.get(ip_network((parsed, length), strict=False))
            if number is not None:
                return number
        return self._world(parsed.version)

    def entries(self) -> Mapping[Prefix, int]:
        """Return the identity of each numbered prefix, as the ipcache holds them."""
        return self._prefixes

    def _renumber(self, addresses: Iterable[Address]) -> None:
        """Number some addresses anew, whose names have changed."""
        if self._revision != self._repository.revision:
            self.sync()
            return
        for address in sorted(addresses, key=_order):
            single = ip_network(address)
            if labels := self._labels_of(address):
                self._number(single, labels)
            elif single in self._required:
                self._number(single, self._labels(single, ()))
            elif single in self._prefixes:
                self._release(single)

    def _number(self, prefix: Prefix, labels: Labels) -> None:
        number = self._numbers.setdefault(labels, FIRST_LOCAL_IDENTITY + len(self._numbers))
        known = self._prefixes.get(prefix)
        self._repository.add_identity(number, labels)
        if number != known:
            if known is not None:
                self._release(prefix)
            self._prefixes[prefix] = number
            self._uses[number] += 1
            self._count(prefix, 1)

    def _release(self, prefix: Prefix) -> None:
        number = self._prefixes.pop(prefix)
        self._count(prefix, -1)
        self._uses[number] -= 1
        if not self._uses[number]:
            del self._uses[number]
            self._repository.remove_identity(number)

    def _count(self, prefix: Prefix, change: int) -> None:
        version, length = prefix.version, prefix.prefixlen
        before = self._lengths[version, length]
        self._lengths[version, length] = before + change
        if not before or not before + change:
            lengths = {each for (of, each), count in self._lengths.items() if of == version and count}
            self._longest_first[version] = sorted(lengths, reverse=True)

    def _world(self, version: int) -> int:
        if not self._repository.scope.dual_stack:
            return ReservedIdentity.WORLD
        return ReservedIdentity.WORLD_IPV4 if version == 4 else ReservedIdentity.WORLD_IPV6

    def _labels_of(self, address: Address) -> Labels:
        """Return the labels of a learned address; none where no policy names one of its names."""
        names = {
            selector.label
            for selector in self._repository.fqdn_selectors()
            for name in self._names_at.get(address, ())
            if name_matches(name, match_name=selector.match_name, match_pattern=selector.match_pattern)
        }
        if not names:
            return ()
        # Source: cilium/cilium v1.19 pkg/ipcache: an address with names keeps the labels of the prefix around it.
        return self._labels(self._around(address), names, address.version)

    def _around(self, address: Address) -> Prefix | None:
        """Return the longest prefix that a policy names and that holds an address."""
        for length in range(address.max_prefixlen, 0, -1):
            prefix = ip_network((address, length), strict=False)
            if prefix in self._required:
                return prefix
        return None

    def _labels(self, prefix: Prefix | None, names: Iterable[Label], version: int = 4) -> Labels:
        version = prefix.version if prefix is not None else version
        world = f"world-ipv{version}" if self._repository.scope.dual_stack else "world"
        labels = {Label(world, SOURCE_RESERVED), *names}
        if prefix is not None:
            labels.add(cidr_label(prefix))
        return tuple(sorted(labels))


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)
