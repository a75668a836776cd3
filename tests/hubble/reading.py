"""The filters of ``hubble observe`` as section 4 of hubble-observe.md words them, over plain JSON.

Written apart from the program, and slowly, to check it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

Flow = dict[str, Any]
SIDES = ("source", "destination")
TYPES = {"drop": 1, "debug": 2, "capture": 3, "trace": 4, "policy-verdict": 5, "trace-sock": 7, "l7": 129, "agent": 130}
POINTS = [
    "to-endpoint",
    "to-proxy",
    "to-host",
    "to-stack",
    "to-overlay",
    "from-endpoint",
    "from-proxy",
    "from-host",
    "from-stack",
    "from-overlay",
    "from-network",
    "to-network",
    "from-crypto",
    "to-crypto",
]
IDENTITIES = dict(
    zip(
        [
            "host",
            "world",
            "unmanaged",
            "health",
            "init",
            "remote-node",
            "kube-apiserver",
            "ingress",
            "world-ipv4",
            "world-ipv6",
        ],
        range(1, 11),
        strict=True,
    )
)
PROTOCOLS = {"icmp": ("ICMPv4", "ICMPv6"), "icmpv4": ("ICMPv4",), "icmpv6": ("ICMPv6",)}


@dataclass(frozen=True)
class Flag:
    """One filter flag of a command line."""

    name: str
    value: str | None
    is_negated: bool = False

    @property
    def words(self) -> list[str]:
        """What is typed."""
        given = [] if self.value is None else [self.value]
        return ["--not"] * self.is_negated + [f"--{self.name}", *given]


def is_shown(flags: Sequence[Flag], flow: Flow) -> bool:
    """Whether a flow is printed."""
    allowed = [{}] if not (wanted := _filters(flags, is_negated=False)) else wanted
    denied = _filters(flags, is_negated=True)
    return any(_holds(each, flow) for each in allowed) and not any(_holds(each, flow) for each in denied)


_Filter = dict[tuple[str, str], list[str]]
"""(kind, side) → alternatives; no side: ``""``."""


def _filters(flags: Sequence[Flag], *, is_negated: bool) -> list[_Filter]:
    left: _Filter = {}
    right: _Filter = {}
    for flag in flags:
        if flag.is_negated is not is_negated:
            continue
        prefix, kind = re.fullmatch(r"(from-|to-)?(.*)", flag.name).groups()  # type: ignore[union-attr]
        value = flag.value or ""
        if kind == "all-namespaces":
            kind = "namespace"
        if kind in ("encrypted", "unencrypted"):
            kind, value = "encrypted", str(kind == "encrypted")
        if kind not in SIDED and kind != "namespace":
            places = [(left, ""), (right, "")]
        elif prefix is None:
            places = [(left, "source"), (right, "destination")]
        else:
            side = "source" if prefix == "from-" else "destination"
            places = [(left, side), (right, side)]
        for made, side in places:
            made.setdefault((kind, side), []).append(value)
    for made in (left, right):
        _add_namespaces(made)
    return [made for made in (left, right) if made]


def _add_namespaces(made: _Filter) -> None:
    for side in SIDES:
        spaces = made.pop(("namespace", side), None)
        if spaces is None:
            continue
        named = [key for key in (("pod", side), ("service", side)) if key in made]
        for key in named:
            made[key] = [each for name in made[key] for each in _within(spaces, name)]
        if not named:
            made["pod", side] = [f"{space}/" for space in spaces]


def _within(spaces: Sequence[str], name: str) -> list[str]:
    return [name] if "/" in name else [f"{space}/{name}" for space in spaces]


def _holds(made: _Filter, flow: Flow) -> bool:
    return all(
        any(SIDED[kind](flow, side, value) if side else PLAIN[kind](flow, value) for value in values)
        for (kind, side), values in made.items()
    )


# --- of one side -----------------------------------------------------------------------------------------------------


def _is_named(wanted: str, named: Flow | None, name_field: str) -> bool:
    namespace, slash, prefix = wanted.partition("/")
    if not slash:
        namespace, prefix = "default", wanted
    own, name = (named or {}).get("namespace", ""), (named or {}).get(name_field, "")
    return bool(own or name) and namespace in ("", own) and name.startswith(prefix)


def _pod(flow: Flow, side: str, value: str) -> bool:
    return _is_named(value, flow.get(side), "pod_name")


def _service(flow: Flow, side: str, value: str) -> bool:
    return _is_named(value, flow.get(f"{side}_service"), "name")


def _ip(flow: Flow, field: str, value: str) -> bool:
    address = flow.get("IP", {}).get(field, "")
    if "/" not in value or not address:
        return bool(address == value)
    return ip_address(address) in ip_network(value, strict=False)


def _pattern(text: str) -> re.Pattern[str]:
    plain = text.strip().removesuffix(".").lower()
    return re.compile("".join("[-a-zA-Z0-9.]*" if each == "*" else re.escape(each) for each in plain) + r"\Z")


def _fqdn(flow: Flow, side: str, value: str) -> bool:
    return any(_pattern(value).match(name) for name in flow.get(f"{side}_names", ()))


def _port(flow: Flow, side: str, value: str) -> bool:
    l4 = flow.get("l4", {})
    return any(l4[name].get(f"{side}_port", 0) == int(value) for name in ("TCP", "UDP", "SCTP") if name in l4)


def _identity(flow: Flow, side: str, value: str) -> bool:
    number = IDENTITIES[value] if value in IDENTITIES else int(value, 0)
    return side in flow and bool(flow[side].get("identity", 0) == number)


def _workload(flow: Flow, side: str, value: str) -> bool:
    kind, _, name = value.rpartition("/")
    return any(
        kind in ("", each.get("kind", "")) and name in ("", each.get("name", ""))
        for each in flow.get(side, {}).get("workloads", ())
    )


def _cluster(flow: Flow, side: str, value: str) -> bool:
    return bool(flow.get(side, {}).get("cluster_name", "") == value)


def _label(flow: Flow, side: str, value: str) -> bool:
    return _selects(value, flow.get(side, {}).get("labels", ()))


def _selects(selector: str, recorded: Sequence[str]) -> bool:
    return all(_is_met(each.strip(), recorded) for each in re.split(r",(?![^(]*\))", selector))


def _is_met(requirement: str, recorded: Sequence[str]) -> bool:
    if among := re.fullmatch(r"(\S+) (in|notin) \((.*)\)", requirement):
        found, values = _look_up(among[1], recorded), [each.strip() for each in among[3].split(",")]
        return found in values if among[2] == "in" else found not in values
    if requirement.startswith("!"):
        return _look_up(requirement[1:], recorded) is None
    if compared := re.fullmatch(r"([^=!<>]+)(!=|==|=|<|>)(.*)", requirement):
        key, operator, value = compared.groups()
        found = _look_up(key, recorded)
        if operator in "<>":
            if found is None or not re.fullmatch(r"[-+]?\d+", found):
                return False
            return int(found) < int(value) if operator == "<" else int(found) > int(value)
        return found != value if operator == "!=" else found == value
    return _look_up(requirement, recorded) is not None


def _look_up(key: str, recorded: Sequence[str]) -> str | None:
    source, colon, name = key.partition(":")
    if not colon:
        source, name = "any", key
    for label in recorded:
        own, own_name, value = label_parts(label)
        if source in ("any", own) and own_name == name:
            return value
    return None


def label_parts(label: str) -> tuple[str, str, str]:
    """Source, key and value of a recorded label."""
    source, colon, rest = label.partition(":")
    if not colon:
        source, rest = "unspec", label
    key, _, value = rest.partition("=")
    return source, key, value


# --- of the whole flow -----------------------------------------------------------------------------------------------


def _verdict(flow: Flow, value: str) -> bool:
    return bool(flow.get("verdict", "VERDICT_UNKNOWN") == value)


def _drop_reason(flow: Flow, value: str) -> bool:
    return flow.get("verdict") == "DROPPED" and flow.get("drop_reason_desc", "DROP_REASON_UNKNOWN") == value


def _type(flow: Flow, value: str) -> bool:
    name, colon, point = value.partition(":")
    number = TYPES[name] if name in TYPES else int(name)
    event = flow.get("event_type")
    if event is None or number not in (0, event.get("type", 0)):
        return False
    wanted = POINTS.index(point) if point in POINTS else int(point or 0)
    return not colon or event.get("sub_type", 0) == wanted


def _protocol(flow: Flow, value: str) -> bool:
    name = value.lower()
    l4_names = PROTOCOLS.get(name, (name.upper(),))
    return any(each in flow.get("l4", {}) for each in l4_names) or name in flow.get("l7", {})


def _tcp_flags(flow: Flow, value: str) -> bool:
    flags = flow.get("l4", {}).get("TCP", {}).get("flags", {})
    return all(flags.get(each.upper()) for each in value.split(","))


def _ip_version(flow: Flow, value: str) -> bool:
    digit = value.lower().removeprefix("ip").removeprefix("v")
    wanted = f"IPv{digit}" if digit in ("4", "6") else "IP_NOT_USED"
    return bool(flow.get("IP", {}).get("ipVersion", "IP_NOT_USED") == wanted)


def _node_name(flow: Flow, value: str) -> bool:
    recorded = flow.get("node_name", "")
    cluster, _, node = recorded.rpartition("/")
    wanted_cluster, _, wanted_node = value.rpartition("/")
    return bool(
        recorded
        and (not wanted_cluster or _pattern(wanted_cluster).match(cluster or "default"))
        and (not wanted_node or _pattern(wanted_node).match(node))
    )


def _http_status(flow: Flow, value: str) -> bool:
    code = flow.get("l7", {}).get("http", {}).get("code", 0)
    if not code:
        return False
    return str(code).startswith(value[:-1]) if value.endswith("+") else str(code) == value


def _http_header(flow: Flow, value: str) -> bool:
    key, _, content = value.partition(":")
    headers = flow.get("l7", {}).get("http", {}).get("headers", ())
    return any((each.get("key", ""), each.get("value", "")) == (key, content) for each in headers)


SIDED: dict[str, Callable[[Flow, str, str], bool]] = {
    "pod": _pod,
    "service": _service,
    "ip": _ip,
    "fqdn": _fqdn,
    "label": _label,
    "port": _port,
    "workload": _workload,
    "identity": _identity,
    "cluster": _cluster,
}
PLAIN: dict[str, Callable[[Flow, str], bool]] = {
    "verdict": _verdict,
    "drop-reason-desc": _drop_reason,
    "type": _type,
    "protocol": _protocol,
    "tcp-flags": _tcp_flags,
    "ip-version": _ip_version,
    "node-name": _node_name,
    "node-label": lambda flow, value: _selects(value, flow.get("node_labels", ())),
    "http-status": _http_status,
    "http-method": lambda flow, value: flow.get("l7", {}).get("http", {}).get("method", "").lower() == value.lower(),
    "http-header": _http_header,
    "uuid": lambda flow, value: bool(flow.get("uuid", "") == value),
    "traffic-direction": lambda flow, value: bool(flow.get("traffic_direction", "") == value.upper()),
    "interface": lambda flow, value: "interface" in flow and value in ("", flow["interface"].get("name", "")),
    "ip-trace-id": lambda flow, value: bool(flow.get("ip_trace_id", {}).get("trace_id", "0") == value),
    "snat-ip": lambda flow, value: _ip(flow, "source_xlated", value),
    "encrypted": lambda flow, value: str(flow.get("IP", {}).get("encrypted", False)) == value,
}
