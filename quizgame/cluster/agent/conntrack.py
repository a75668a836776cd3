"""Connection tracking: the entries that one node's datapath keeps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

TCP_LIFETIME_S = 8000
TCP_SYN_LIFETIME_S = 60
TCP_CLOSE_LIFETIME_S = 10
ANY_LIFETIME_S = 60
"""Seconds that an entry lives. Source: cilium/cilium v1.19 pkg/maps/ctmap defaults (bpf-ct-timeout-*)."""


COLLECT_ABOVE = 256


@dataclass(frozen=True, slots=True)
class CtKey:
    """The tuple that identifies an entry, seen from the side that opened the connection."""

    protocol: str
    direction: str
    """``IN``, ``OUT`` or ``SVC``."""
    source: str
    source_port: int
    destination: str
    destination_port: int


@dataclass(frozen=True, slots=True)
class CtEntry:
    """What is kept about a connection."""

    created_ns: int
    expires_ns: int
    packets: int = 0
    bytes: int = 0
    flags_seen: int = 0
    """Union of the TCP flags seen, as the bits of the TCP header."""
    rev_nat: int = 0
    source_identity: int = 0
    backend_id: int = 0
    is_closing: bool = False
    is_proxy_redirect: bool = False
    is_node_port: bool = False


@dataclass(slots=True)
class Conntrack:
    """The table of one node. It outlives a restart of the agent, as a pinned map does."""

    entries: dict[CtKey, CtEntry] = field(default_factory=dict)
    collect_above: int = COLLECT_ABOVE
    """Number of entries above which expired ones are looked for."""

    def lookup(self, key: CtKey, now_ns: int) -> CtEntry | None:
        """The live entry of a key."""
        entry = self.entries.get(key)
        return entry if entry is not None and entry.expires_ns > now_ns else None

    def count(self, key: CtKey, entry: CtEntry) -> None:
        """Put an entry in, adding the packets, bytes and flags of an earlier one."""
        known = self.entries.get(key)
        if known is not None and known.expires_ns > entry.created_ns:
            entry = replace(
                entry,
                created_ns=known.created_ns,
                packets=known.packets + entry.packets,
                bytes=known.bytes + entry.bytes,
                flags_seen=known.flags_seen | entry.flags_seen,
            )
        self.entries[key] = entry
        if len(self.entries) > self.collect_above:
            self.collect(entry.created_ns)
            self.collect_above = 2 * len(self.entries) + COLLECT_ABOVE

    def live(self, now_ns: int) -> list[tuple[CtKey, CtEntry]]:
        """Entries that have not expired, newest last."""
        return [(key, entry) for key, entry in self.entries.items() if entry.expires_ns > now_ns]

    def collect(self, now_ns: int) -> None:
        """Forget what has expired."""
        self.entries = {key: entry for key, entry in self.entries.items() if entry.expires_ns > now_ns}

    def flush(self) -> None:
        """Forget everything."""
        self.entries = {}

    def fork(self) -> Conntrack:
        """An independent copy."""
        return Conntrack(dict(self.entries), self.collect_above)
