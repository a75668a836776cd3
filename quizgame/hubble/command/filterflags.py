"""How filter flags add up to allow and deny filters.

# Source: cilium/cilium v1.19 hubble/cmd/observe/flows_filter.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from quizgame.goflags.errors import GoValueError
from quizgame.goflags.quoting import quote
from quizgame.hubble.command.filtervalues import READERS
from quizgame.hubble.flowfilter import ExperimentalFilter, FlowFilter

_SIDED = {
    "fqdn": "fqdn",
    "pod": "pod",
    "ip": "ip",
    "label": "label",
    "service": "service",
    "port": "port",
    "workload": "workload",
    "identity": "identity",
    "cluster": "cluster_name",
}
"""Flags that exist as ``--X``, ``--from-X`` and ``--to-X``, with the filter's field."""

_BOTH = {
    "uuid": "uuid",
    "snat-ip": "source_ip_xlated",
    "verdict": "verdict",
    "drop-reason-desc": "drop_reason_desc",
    "type": "event_type",
    "protocol": "protocol",
    "node-name": "node_name",
    "node-label": "node_labels",
    "tcp-flags": "tcp_flags",
    "http-status": "http_status_code",
    "http-method": "http_method",
    "http-path": "http_path",
    "http-url": "http_url",
    "http-header": "http_header",
    "trace-id": "trace_id",
    "ip-trace-id": "ip_trace_id",
    "ip-version": "ip_version",
    "traffic-direction": "traffic_direction",
    "interface": "interface",
    "cel-expression": "experimental",
}
"""Flags that go into both filters of a list, with the filter's field."""

_FIXED: dict[str, tuple[str, Any]] = {
    "ipv4": ("ip_version", "v4"),
    "ipv6": ("ip_version", "v6"),
    "encrypted": ("encrypted", True),
    "unencrypted": ("encrypted", False),
}
"""Flags whose value does not matter, with what they mean."""

_NAMESPACES = {
    "namespace": "both",
    "from-namespace": "source",
    "to-namespace": "destination",
    "all-namespaces": "both",
    "from-all-namespaces": "source",
    "to-all-namespaces": "destination",
}

CONFLICTS: tuple[tuple[str, ...], ...] = (
    ("from-fqdn", "from-ip", "ip", "fqdn", "from-namespace", "namespace", "from-all-namespaces", "all-namespaces"),
    ("from-fqdn", "from-ip", "ip", "fqdn", "from-pod", "pod"),
    ("to-fqdn", "to-ip", "ip", "fqdn", "to-namespace", "namespace", "to-all-namespaces", "all-namespaces"),
    ("to-fqdn", "to-ip", "ip", "fqdn", "to-pod", "pod"),
    ("to-pod", "namespace", "all-namespaces"),
    ("from-pod", "namespace", "all-namespaces"),
    ("to-service", "namespace", "all-namespaces"),
    ("from-service", "namespace", "all-namespaces"),
    ("label", "from-label"),
    ("label", "to-label"),
    ("service", "from-service"),
    ("service", "to-service"),
    ("port", "to-port"),
    ("port", "from-port"),
    ("identity", "to-identity"),
    ("identity", "from-identity"),
    ("workload", "to-workload"),
    ("workload", "from-workload"),
    ("encrypted", "unencrypted"),
)
"""Any two flags of a group clash."""


@dataclass(slots=True)
class _Tracker:
    """One list's two filters while flags come in.

    `left` holds direction-free values as source, `right` as destination.
    """

    left: dict[str, list[Any]] = field(default_factory=dict)
    right: dict[str, list[Any]] = field(default_factory=dict)
    namespaces: dict[str, list[str]] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    def set(self, flag: str, text: str) -> None:
        self.given.add(flag)
        self._check_conflicts()
        if flag in _NAMESPACES:
            namespace = "" if "all" in flag else text
            self.namespaces.setdefault(_NAMESPACES[flag], []).append(namespace)
        elif flag in _FIXED:
            name, value = _FIXED[flag]
            self._add(name, name, READERS[name](value) if name in READERS else value)
        elif flag in _BOTH:
            name = _BOTH[flag]
            self._add(name, name, _read(name, text))
        else:
            self._set_sided(flag, text)
        for side in (self.left, self.right):
            problems = list(self._namespace_problems(side))
            if problems:
                raise GoValueError("\n".join(problems))

    def _set_sided(self, flag: str, text: str) -> None:
        side, dash, name = flag.partition("-")
        if not dash:
            name = _SIDED[flag]
            self._add(f"source_{name}", f"destination_{name}", _read(name, text))
            return
        name = _SIDED[name]
        place = f"source_{name}" if side == "from" else f"destination_{name}"
        self._add(place, place, _read(name, text))

    def _add(self, left: str, right: str, value: Any) -> None:
        self.left.setdefault(left, []).append(value)
        self.right.setdefault(right, []).append(value)

    def _check_conflicts(self) -> None:
        for group in CONFLICTS:
            clashing = [flag for flag in group if flag in self.given]
            if len(clashing) > 1:
                raise GoValueError(f"filters --{clashing[0]} and --{clashing[1]} cannot be combined")

    def _namespace_problems(self, side: dict[str, list[Any]]) -> list[str]:
        names = {
            kind: side.get(kind, [])
            for kind in ("source_pod", "source_service", "destination_pod", "destination_service")
        }
        problems = [self._outside("both", values) for values in names.values()]
        problems += [self._outside("source", names[kind]) for kind in ("source_pod", "source_service")]
        problems += [self._outside("destination", names[kind]) for kind in ("destination_pod", "destination_service")]
        problems.append(_inconsistent(names["source_pod"], names["source_service"]))
        problems.append(_inconsistent(names["destination_pod"], names["destination_service"]))
        return [problem for problem in problems if problem]

    def _outside(self, which: str, names: list[str]) -> str:
        for namespace in self.namespaces.get(which, []):
            for name in names:
                if _namespace(name) not in ("", namespace):
                    return f"namespace conflict: {quote(namespace)} does not contain {quote(name)}"
        return ""

    def filters(self) -> tuple[FlowFilter, ...]:
        if not self.given:
            return ()
        left, right = dict(self.left), dict(self.right)
        for side in (left, right):
            _qualify(side, "destination", self.namespaces.get("destination", []))
            _qualify(side, "source", self.namespaces.get("source", []))
        _qualify(left, "source", self.namespaces.get("both", []))
        _qualify(right, "destination", self.namespaces.get("both", []))
        built = (_build(left), _build(right))
        return built[:1] if built[0] == built[1] else built


def _read(name: str, text: str) -> Any:
    reader = READERS.get(name)
    return reader(text) if reader else text


def _namespace(name: str) -> str:
    namespace, slash, _ = name.partition("/")
    return namespace if slash else ""


def _inconsistent(pods: list[str], services: list[str]) -> str:
    for pod in pods:
        namespace = _namespace(pod)
        for service in services:
            if namespace and _namespace(service) != namespace:
                return f"namespace of service {quote(service)} conflict with pod {quote(namespace)}"
    return ""


def _qualify(side: dict[str, list[Any]], which: str, namespaces: list[str]) -> None:
    """Put namespaces before the pod and service names of a side; without any name, all pods of the namespaces."""
    if not namespaces:
        return
    pods, services = side.get(f"{which}_pod", []), side.get(f"{which}_service", [])
    if not pods and not services:
        pods = [""]
    for kind, names in (("pod", pods), ("service", services)):
        side[f"{which}_{kind}"] = [
            qualified
            for name in names
            for qualified in ([name] if "/" in name else [f"{namespace}/{name}" for namespace in namespaces])
        ]


def _build(side: dict[str, list[Any]]) -> FlowFilter:
    values: dict[str, Any] = {name: value for name, value in side.items() if value}
    if "experimental" in values:
        values["experimental"] = ExperimentalFilter(cel_expression=values["experimental"])
    return structs.replace(FlowFilter(), **values)


class FilterFlags:
    """Collects the values of filter flags as the command line is read."""

    def __init__(self) -> None:
        self._allow = _Tracker()
        self._deny = _Tracker()
        self._negated = False

    @property
    def has_trailing_not(self) -> bool:
        """Whether ``--not`` stood last."""
        return self._negated

    def set(self, flag: str, text: str) -> None:
        """Take one flag's value.

        Raises:
            GoValueError: It is malformed, or clashes with an earlier one.
        """
        if flag == "not":
            if self._negated:
                raise GoValueError("consecutive --not statements")
            self._negated = True
            return
        tracker = self._deny if self._negated else self._allow
        self._negated = False
        tracker.set(flag, text)

    def allow(self) -> tuple[FlowFilter, ...]:
        """Return the filters of which one must match."""
        return self._allow.filters()

    def deny(self) -> tuple[FlowFilter, ...]:
        """Return the filters of which none may match."""
        return self._deny.filters()
