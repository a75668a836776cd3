"""SPIRE in one cluster: which identities its server has entries for, and how long their certificates last.

The operator keeps one entry for each identity. The agents of SPIRE renew a certificate when half of its life is over;
that is worked out when somebody looks, not played.
Source: cilium/cilium v1.19 operator/auth (watcher, spire client), pkg/auth/spire; the chart's ``cilium-spire``;
spiffe/spire doc/spire_server.md (``default_x509_svid_ttl`` one hour), pkg/agent/manager (renewal at half-life).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quizgame.cluster.objects import condition_of, dig, labels_of, name_of
from quizgame.goflags.durations import MINUTE
from quizgame.policy.identity import parse_numeric_identity

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

NAMESPACE = "cilium-spire"
SERVER, AGENT = "spire-server", "spire-agent"
MUTUAL = "mesh-auth-mutual-enabled"
IDENTITIES = "ciliumidentities.cilium.io"
LIFETIME_NS = 60 * MINUTE
RENEWAL_NS = LIFETIME_NS // 2


@dataclass(slots=True)
class Spire:
    """The server's entries, and which of its parts run."""

    series: dict[int, int] = field(default_factory=dict)
    """Identity → the instant from which its certificates have been renewed without a break."""
    down_since_ns: int | None = 0
    """When the server went away; ``None`` while it runs."""
    ready_nodes: frozenset[str] = frozenset()
    """Nodes on which a SPIRE agent runs."""
    seen: int = -1
    """Version of the cluster's objects up to which it has looked."""

    @property
    def is_up(self) -> bool:
        """Whether the server serves."""
        return self.down_since_ns is None

    def follow(self, api: ApiServer) -> bool:
        """See which of SPIRE's pods are ready; return whether that has changed."""
        if self.seen == api.store.version:
            return False
        self.seen = api.store.version
        ready = [pod for pod in api.list("pods", NAMESPACE) if _is_ready(pod)]
        nodes = frozenset(str(dig(pod, "spec", "nodeName")) for pod in ready if labels_of(pod).get("app") == AGENT)
        is_up = any(labels_of(pod).get("app") == SERVER for pod in ready)
        if (nodes, is_up) == (self.ready_nodes, self.is_up):
            return False
        self.ready_nodes = nodes
        if is_up and not self.is_up:
            self._come_back(api.clock.now_ns)
        elif self.is_up and not is_up:
            self.down_since_ns = api.clock.now_ns
        return True

    def _come_back(self, now_ns: int) -> None:
        """What was due for renewal while the server was away is renewed now."""
        due = [each for each in self.series if now_ns - self._issued_ns(each, now_ns) >= RENEWAL_NS]
        self.down_since_ns = None
        self.series |= dict.fromkeys(due, now_ns)

    def register(self, api: ApiServer) -> bool:
        """Let the operator bring the entries in line with the identities; return whether any changed."""
        if not self.is_up:
            return False
        numbers = (parse_numeric_identity(name_of(each)) for each in api.store.of(IDENTITIES))
        wanted = {each for each in numbers if each is not None}
        if wanted == self.series.keys():
            return False
        self.series = {each: self.series.get(each, api.clock.now_ns) for each in sorted(wanted)}
        return True

    def _issued_ns(self, identity: int, now_ns: int) -> int:
        start = self.series[identity]
        until = now_ns if self.down_since_ns is None else self.down_since_ns
        return start + max(0, until - start) // RENEWAL_NS * RENEWAL_NS

    def not_after(self, identity: int, now_ns: int) -> int | None:
        """When the present certificate of an identity ends; ``None`` where there is no entry."""
        return self._issued_ns(identity, now_ns) + LIFETIME_NS if identity in self.series else None

    def next_renewal(self, identity: int, now_ns: int) -> int | None:
        """When its certificate is next renewed; ``None``: it is not."""
        if identity not in self.series or not self.is_up:
            return None
        return self._issued_ns(identity, now_ns) + RENEWAL_NS

    def fork(self) -> Spire:
        """An independent copy."""
        return Spire(dict(self.series), self.down_since_ns, self.ready_nodes, self.seen)


def _is_ready(pod: dict[str, object]) -> bool:
    ready = condition_of(pod, "Ready")
    return ready is not None and ready["status"] == "True"
