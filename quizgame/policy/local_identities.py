"""The identities that an agent gives to addresses outside the cluster.

Every prefix that a policy names, and every address behind a name that a policy names, gets a number of its own, from
16777217 upward. An address is looked up by its longest prefix; one without any is the world.
"""

from __future__ import annotations

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
        self._names: dict[str, frozenset[Address]] = {}
        self._by_length: dict[int, list[int]] = {}

    def fork(self, repository: Repository) -> LocalIdentities:
        """Return an independent copy for a fork of the repository."""
        twin = LocalIdentities(repository)
        twin._numbers, twin._prefixes = dict(self._numbers), dict(self._prefixes)
        twin._names, twin._by_length = dict(self._names), dict(self._by_length)
        return twin

    def learn(self, name: str, addresses: Iterable[str | Address]) -> bool:
        """Take in the addresses that a DNS answer gave for a name; return whether any is new."""
        key = normalise(name)
        known = self._names.get(key, frozenset())
        merged = known | {ip_address(address) for address in addresses}
        if merged == known:
            return False
        self._names[key] = merged
        self.sync()
        return True

    def forget(self, name: str) -> None:
        """Drop what is known of a name (its time to live has passed and no connection uses it)."""
        if self._names.pop(normalise(name), None) is not None:
            self.sync()

    @property
    def names(self) -> Mapping[str, frozenset[Address]]:
        """The learned addresses by normalised name."""
        return self._names

    def sync(self) -> bool:
        """Number what the policies now require; return whether anything changed.

        Call it after policies, groups or services have changed.
        """
        wanted = self._wanted()
        before = dict(self._prefixes)
        for prefix, labels in wanted.items():
            number = self._numbers.setdefault(labels, FIRST_LOCAL_IDENTITY + len(self._numbers))
            self._prefixes[prefix] = number
            self._repository.add_identity(number, labels)
        for prefix in before.keys() - wanted.keys():
            del self._prefixes[prefix]
        for number in set(before.values()) - set(self._prefixes.values()):
            self._repository.remove_identity(number)
        self._by_length = {}
        for version in (4, 6):
            lengths = {prefix.prefixlen for prefix in self._prefixes if prefix.version == version}
            self._by_length[version] = sorted(lengths, reverse=True)
        return before != self._prefixes

    def resolve(self, address: str | Address) -> int:
        """Return the identity of an address outside the cluster."""
        parsed = ip_address(address)
        for length in self._by_length.get(parsed.version, ()):
            number = self._prefixes.get(ip_network((parsed, length), strict=False))
            if number is not None:
                return number
        return self._world(parsed.version)

    def entries(self) -> Mapping[Prefix, int]:
        """Return the identity of each numbered prefix, as the ipcache holds them."""
        return self._prefixes

    def _world(self, version: int) -> int:
        if not self._repository.scope.dual_stack:
            return ReservedIdentity.WORLD
        return ReservedIdentity.WORLD_IPV4 if version == 4 else ReservedIdentity.WORLD_IPV6

    def _wanted(self) -> dict[Prefix, Labels]:
        prefixes = self._repository.required_prefixes()
        wanted = {prefix: self._labels(prefix, ()) for prefix in prefixes}
        names_of: dict[Address, set[Label]] = {}
        for selector in self._repository.fqdn_selectors():
            for name, addresses in self._names.items():
                if name_matches(name, match_name=selector.match_name, match_pattern=selector.match_pattern):
                    for address in addresses:
                        names_of.setdefault(address, set()).add(selector.label)
        for address in sorted(names_of, key=lambda each: (each.version, int(each))):
            single = ip_network(address)
            # Source: cilium/cilium v1.19 pkg/ipcache: an address with names keeps the labels of the prefix around it.
            around = max(
                (prefix for prefix in prefixes if prefix.version == address.version and address in prefix),
                key=lambda prefix: prefix.prefixlen,
                default=None,
            )
            wanted[single] = self._labels(around, names_of[address], single.version)
        return wanted

    def _labels(self, prefix: Prefix | None, names: Iterable[Label], version: int = 4) -> Labels:
        version = prefix.version if prefix is not None else version
        world = f"world-ipv{version}" if self._repository.scope.dual_stack else "world"
        labels = {Label(world, SOURCE_RESERVED), *names}
        if prefix is not None:
            labels.add(cidr_label(prefix))
        return tuple(sorted(labels))
