"""The ipcache: which identity an address or prefix has, and behind which node it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network


@dataclass(frozen=True, slots=True)
class IpcacheEntry:
    """What the ipcache knows of one prefix."""

    identity: int
    tunnel_endpoint: str = "0.0.0.0"
    """Address of the node that hosts it, for tunnelling; ``0.0.0.0`` where none is needed."""
    source: str = "custom-resource"
    """``local``, ``k8s``, ``custom-resource``, ``kube-apiserver``, ``clustermesh``, ``generated`` …"""
    encrypt_key: int = 0
    namespace: str = ""
    pod: str = ""
    cluster: str = ""


@dataclass(slots=True)
class Ipcache:
    """Prefixes to entries, with longest-prefix look-up. A fork shares nothing that either side may change."""

    entries: dict[str, IpcacheEntry] = field(default_factory=dict)
    """Prefix in CIDR form (``10.244.1.5/32``) → entry."""
    touched: dict[str, IpcacheEntry | None] = field(default_factory=dict)
    """Prefixes that have changed since somebody took note of it → what they were before."""
    _lengths: dict[int, int] = field(default_factory=dict)
    """How many prefixes of each length there are."""

    def upsert(self, prefix: str, entry: IpcacheEntry) -> bool:
        """Set the entry of a prefix; return whether anything changed."""
        known = self.entries.get(prefix)
        if known == entry:
            return False
        if known is None:
            length = int(prefix.rpartition("/")[2])
            self._lengths[length] = self._lengths.get(length, 0) + 1
        self.touched.setdefault(prefix, known)
        self.entries[prefix] = entry
        return True

    def delete(self, prefix: str) -> bool:
        """Forget a prefix; return whether it was known."""
        known = self.entries.pop(prefix, None)
        if known is None:
            return False
        self.touched.setdefault(prefix, known)
        length = int(prefix.rpartition("/")[2])
        self._lengths[length] -= 1
        if not self._lengths[length]:
            del self._lengths[length]
        return True

    def lookup(self, ip: str) -> IpcacheEntry | None:
        """The entry of the longest prefix that holds this address."""
        exact = self.entries.get(f"{ip}/32")
        if exact is not None:
            return exact
        number = int(IPv4Address(ip))
        for length in sorted(self._lengths, reverse=True):
            if length == 32:
                continue
            network = IPv4Address(number >> (32 - length) << (32 - length)) if length else IPv4Address(0)
            entry = self.entries.get(f"{network}/{length}")
            if entry is not None:
                return entry
        return None

    def sorted_entries(self) -> list[tuple[str, IpcacheEntry]]:
        """All entries in the order of their prefixes."""
        return sorted(self.entries.items(), key=lambda item: _network_key(item[0]))

    def fork(self) -> Ipcache:
        """An independent copy."""
        return Ipcache(dict(self.entries), dict(self.touched), dict(self._lengths))


def _network_key(prefix: str) -> tuple[int, int]:
    network = IPv4Network(prefix)
    return int(network.network_address), network.prefixlen
