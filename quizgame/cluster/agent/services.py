"""The service map: frontends, their backends, and which of them a new connection may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum


class BackendState(Enum):
    """State of a backend. Source: reference cilium-dbg, section 8."""

    ACTIVE = "active"
    TERMINATING = "terminating"
    QUARANTINED = "quarantined"


class Affinity(Enum):
    """Cluster affinity of a global service. Source: facts F-59."""

    NONE = "none"
    LOCAL = "local"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class Backend:
    """One address behind a service port."""

    ip: str
    port: int
    protocol: str
    state: BackendState = BackendState.ACTIVE
    cluster: str = ""
    """Name of the cluster it is in; empty for the local one."""
    node: str = ""
    namespace: str = ""
    pod: str = ""
    is_preferred: bool = False
    """Whether the service's affinity prefers it (shown, and used while any such backend is active)."""


@dataclass(frozen=True, slots=True)
class Frontend:
    """One address and port that the datapath translates."""

    id: int
    ip: str
    port: int
    protocol: str
    type: str
    """``ClusterIP``, ``NodePort``, ``LoadBalancer``, ``ExternalIPs`` or ``LocalRedirect``."""
    namespace: str
    service: str
    port_name: str
    backends: tuple[Backend, ...]
    is_global: bool = False
    affinity: Affinity = Affinity.NONE
    session_affinity: bool = False
    local_traffic_policy: bool = False
    """``externalTrafficPolicy: Local`` on a frontend that outsiders use."""
    redirected_to: str = ""
    """The service of the local redirect policy that has taken over a service's frontend, as ``namespace/name``."""

    @property
    def usable(self) -> tuple[Backend, ...]:
        """Backends that a new connection may be sent to, in map order."""
        active = tuple(backend for backend in self.backends if backend.state is BackendState.ACTIVE)
        preferred = tuple(backend for backend in active if backend.is_preferred)
        # Source: cilium/cilium v1.19 pkg/loadbalancer: backends that terminate but still serve are the last resort.
        return preferred or active or tuple(each for each in self.backends if each.state is BackendState.TERMINATING)


@dataclass(slots=True)
class ServiceMap:
    """Frontends by address, port and protocol. Ids are given once and kept."""

    frontends: dict[tuple[str, int, str], Frontend] = field(default_factory=dict)
    by_service: dict[tuple[str, str], tuple[tuple[str, int, str], ...]] = field(default_factory=dict)
    ids: dict[tuple[str, int, str], int] = field(default_factory=dict)
    changed_ns: dict[tuple[str, int, str], int] = field(default_factory=dict)
    """When each frontend was last put in force."""

    def replace_service(self, key: tuple[str, str], frontends: Iterable[Frontend], now_ns: int = 0) -> bool:
        """Put the frontends of one service (namespace, name) in force; return whether anything changed."""
        wanted: dict[tuple[str, int, str], Frontend] = {}
        for frontend in frontends:
            address = (frontend.ip, frontend.port, frontend.protocol)
            number = self.ids.get(address)
            if number is None:
                number = self.ids[address] = len(self.ids) + 1
            wanted[address] = replace(frontend, id=number)
        before = self.by_service.get(key, ())
        if len(before) == len(wanted) and all(self.frontends.get(a) == f for a, f in wanted.items()):
            return False
        self.changed_ns.update((each, now_ns) for each, f in wanted.items() if self.frontends.get(each) != f)
        for address in before:
            if address not in wanted:
                self.frontends.pop(address, None)
                self.changed_ns.pop(address, None)
        self.frontends.update(wanted)
        if wanted:
            self.by_service[key] = tuple(wanted)
        else:
            self.by_service.pop(key, None)
        return True

    def lookup(self, ip: str, port: int, protocol: str) -> Frontend | None:
        """The frontend that a packet to this address and port would hit."""
        return self.frontends.get((ip, port, protocol))

    def fork(self) -> ServiceMap:
        """An independent copy."""
        return ServiceMap(dict(self.frontends), dict(self.by_service), dict(self.ids), dict(self.changed_ns))
