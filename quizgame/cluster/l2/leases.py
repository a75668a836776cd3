"""Leases by which nodes agree who announces a service, and how long they last.

Source: cilium/cilium v1.19 pkg/l2announcer/l2announcer.go leaseTimings, newLeaseLock; k8s.io/client-go
tools/leaderelection (record, release, transitions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.clock import parse_rfc3339, rfc3339_micro
from quizgame.cluster.objects import dig
from quizgame.cluster.requests import FieldValidation
from quizgame.goflags.durations import MILLISECOND, SECOND, format_duration, parse_duration
from quizgame.goflags.errors import GoValueError

if TYPE_CHECKING:
    from quizgame.cluster.agent.config import AgentConfig
    from quizgame.cluster.apiserver import ApiServer
    from quizgame.cluster.l2.policies import Key
    from quizgame.cluster.objects import KubeObject

LEASES = "leases.coordination.k8s.io"
NAMESPACE = "kube-system"
PREFIX = "cilium-l2announce-"
_DURATION, _DEADLINE, _RETRY = (
    "l2-announcements-lease-duration", "l2-announcements-renew-deadline", "l2-announcements-retry-period",
)  # fmt: skip
_DEFAULTS = {_DURATION: 15 * SECOND, _DEADLINE: 5 * SECOND, _RETRY: 2 * SECOND}
_JITTER_PERCENT = 120
"""Tries for a lease are up to this share of the retry period further apart than the period itself."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long a lease lasts and how often it is tried for, in nanoseconds."""

    duration: int = _DEFAULTS[_DURATION]
    deadline: int = _DEFAULTS[_DEADLINE]
    """How long a holder tries to renew before it gives up."""
    retry: int = _DEFAULTS[_RETRY]
    warnings: tuple[str, ...] = ()
    """What the agent logs where the configuration was not usable as it stands."""

    @property
    def jitter(self) -> int:
        """By how much two tries may be further apart than the retry period."""
        return self.retry * _JITTER_PERCENT // 100


def timings_of(config: AgentConfig) -> Timings:
    """The timings that an agent goes by; values that leader election cannot use are replaced."""
    duration, deadline, retry = (_read(config, key) for key in (_DURATION, _DEADLINE, _RETRY))
    warnings = []
    if duration < SECOND:
        warnings.append(f"--{_DURATION} must be greater than 1s, defaulting to 1s")
        duration = SECOND
    if deadline < 1:
        warnings.append(f"--{_DEADLINE} must be greater than 1ns, defaulting to 1s")
        deadline = SECOND
    if retry < 1:
        warnings.append(f"--{_RETRY} must be greater than 1ns, defaulting to 200ms")
        retry = 200 * MILLISECOND
    if duration <= deadline:
        warnings.append(f"--{_DURATION} must be greater than --{_DEADLINE}, defaulting to a 2/1 ratio")
        deadline = duration // 2
    if deadline <= retry * _JITTER_PERCENT // 100:
        warnings.append(f"--{_DEADLINE} must be greater than --{_RETRY} * 1.20, defaulting to --{_RETRY} / 2")
        retry = deadline // 2
    return Timings(duration, deadline, retry, tuple(warnings))


def _read(config: AgentConfig, key: str) -> int:
    try:
        return parse_duration(config.get(key, format_duration(_DEFAULTS[key])))
    except GoValueError:
        return _DEFAULTS[key]


def lease_name(key: Key) -> str:
    """The name of a service's lease."""
    return f"{PREFIX}{'-'.join(key)}"


@dataclass(frozen=True, slots=True)
class Lease:
    """What a lease object says."""

    holder: str
    """Name of the node; empty where it was released."""
    duration: int
    """Nanoseconds."""
    renewed_ns: int
    acquired_ns: int
    transitions: int

    @property
    def expires_ns(self) -> int:
        """When others may take it."""
        return self.renewed_ns + self.duration if self.holder else self.renewed_ns


def find_lease(api: ApiServer, key: Key) -> Lease | None:
    """A service's lease; ``None`` where there is none."""
    node = api.find(LEASES, lease_name(key), NAMESPACE)
    return None if node is None else read_lease(node)


def read_lease(node: Mapping[str, Any]) -> Lease:
    """Read a lease object; what is left out counts as released long ago."""
    spec = node.get("spec") or {}
    return Lease(
        str(spec.get("holderIdentity") or ""),
        int(spec.get("leaseDurationSeconds") or 0) * SECOND,
        _instant(dig(spec, "renewTime", default="")),
        _instant(dig(spec, "acquireTime", default="")),
        int(spec.get("leaseTransitions") or 0),
    )


def _instant(text: str) -> int:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return 0


def write_lease(api: ApiServer, key: Key, lease: Lease) -> None:
    """Create a service's lease or bring it up to date."""
    spec = {
        "acquireTime": rfc3339_micro(lease.acquired_ns),
        "holderIdentity": lease.holder,
        "leaseDurationSeconds": lease.duration // SECOND,
        "leaseTransitions": lease.transitions,
        "renewTime": rfc3339_micro(lease.renewed_ns),
    }
    present = api.find(LEASES, lease_name(key), NAMESPACE)
    if present is None:
        made: KubeObject = {"metadata": {"name": lease_name(key), "namespace": NAMESPACE}, "spec": spec}
        api.create(LEASES, made, NAMESPACE, validate=FieldValidation.TRUSTED)
    elif present.get("spec") != spec:
        api.update(LEASES, {**present, "spec": spec}, validate=FieldValidation.TRUSTED)


def release_lease(api: ApiServer, key: Key, node: str, now_ns: int) -> bool:
    """Give a service's lease up if this node holds it; return whether it did."""
    lease = find_lease(api, key)
    if lease is None or lease.holder != node:
        return False
    write_lease(api, key, Lease("", SECOND, now_ns, now_ns, lease.transitions))
    return True
