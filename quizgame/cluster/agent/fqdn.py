"""The DNS cache of an agent: names that its proxy has seen resolved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class FqdnEntry:
    """One name that one endpoint looked up through the proxy."""

    endpoint_id: int
    name: str
    """Lower case, with its final dot."""
    ips: tuple[str, ...]
    ttl_s: int
    expires_ns: int
    source: str = "lookup"


@dataclass(slots=True)
class FqdnCache:
    """Look-ups by endpoint and name."""

    entries: dict[tuple[int, str], FqdnEntry] = field(default_factory=dict)

    def learn(self, entry: FqdnEntry) -> bool:
        """Record a look-up; return whether the addresses are new."""
        key = (entry.endpoint_id, entry.name)
        known = self.entries.get(key)
        self.entries[key] = entry
        return known is None or known.ips != entry.ips

    def addresses(self) -> dict[str, tuple[str, ...]]:
        """Name → all addresses that any endpoint here got for it, sorted."""
        by_name: dict[str, set[str]] = {}
        for entry in self.entries.values():
            by_name.setdefault(entry.name, set()).update(entry.ips)
        return {name: tuple(sorted(ips)) for name, ips in sorted(by_name.items())}

    def names_of(self, ip: str, endpoint_id: int) -> tuple[str, ...]:
        """Names without a final dot under which an endpoint knows an address, sorted."""
        return tuple(
            sorted(e.name.rstrip(".") for e in self.entries.values() if ip in e.ips and e.endpoint_id == endpoint_id)
        )

    def expire(self, now_ns: int) -> bool:
        """Forget what is past its time to live; return whether anything was."""
        kept = {key: entry for key, entry in self.entries.items() if entry.expires_ns > now_ns}
        changed = len(kept) != len(self.entries)
        self.entries = kept
        return changed

    def postpone(self, span_ns: int) -> None:
        """Let everything live longer, as if the span did not count."""
        self.entries = {
            key: replace(entry, expires_ns=entry.expires_ns + span_ns) for key, entry in self.entries.items()
        }

    def fork(self) -> FqdnCache:
        """An independent copy."""
        return FqdnCache(dict(self.entries))
