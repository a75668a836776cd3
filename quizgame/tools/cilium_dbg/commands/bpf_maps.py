"""``cilium-dbg bpf ct|ipcache|lb|endpoint|egress``: the maps of one node. Source: reference cilium-dbg, section 7.

Rows of a real map come in hash order; here they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

from quizgame.cluster.agent.conntrack import CtEntry, CtKey
from quizgame.cluster.agent.egress import EXCLUDED, NO_GATEWAY, EgressRule, egress_rules
from quizgame.cluster.agent.ipcache import IpcacheEntry
from quizgame.cluster.clock import EPOCH_NS
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.goflags.quoting import quote
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium_dbg.call import Call, DbgError, Row, Sub, Trailing, as_json, table, wants_json
from quizgame.tools.cilium_dbg.model.listings import node_ids
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines

_BOOT_S = 100_000
"""Seconds since boot at the world's epoch: conntrack counts from boot."""


def _since_boot(instant_ns: int) -> int:
    return (instant_ns - EPOCH_NS) // SECOND + _BOOT_S


_CT_FLAGS = {
    "RxClosing": 0x01, "TxClosing": 0x02, "Nat64": 0x04, "LBLoopback": 0x08, "SeenNonSyn": 0x10, "NodePort": 0x20,
    "ProxyRedirect": 0x40, "DSRInternal": 0x80, "FromL7LB": 0x100, "FromTunnel": 0x400,
}  # fmt: skip
"""Source: reference cilium-dbg, section 7; cilium/cilium v1.19 pkg/maps/ctmap/types.go."""


@dataclass(frozen=True, slots=True)
class CtRow:
    """An entry of the connection tracking map as it is printed; instants are seconds since boot."""

    key: CtKey
    expires: int
    packets: int
    bytes: int
    flags: tuple[str, ...] = ()
    rx_flags: int = 0
    rx_report: int = 0
    tx_flags: int = 0
    tx_report: int = 0
    rev_nat: int = 0
    source_identity: int = 0
    backend_id: int = 0

    def text(self, now: int | None = None) -> str:
        """The entry's line, with the time that is left where an instant is given."""
        key = self.key
        protocol = "ICMP" if key.protocol == "ICMPv4" else key.protocol
        left = "" if now is None else f" (remaining: {self.expires - now} sec(s))"
        bits = sum(_CT_FLAGS[name] for name in self.flags)
        return (
            f"{protocol} {key.direction} {key.source}:{key.source_port} -> {key.destination}:{key.destination_port}"
            f" expires={self.expires}{left} Packets={self.packets} Bytes={self.bytes}"
            f" RxFlagsSeen=0x{self.rx_flags:02x} LastRxReport={self.rx_report}"
            f" TxFlagsSeen=0x{self.tx_flags:02x} LastTxReport={self.tx_report}"
            f" Flags=0x{bits:04x} [ {''.join(f'{name} ' for name in self.flags)}] RevNAT={self.rev_nat}"
            f" SourceSecurityID={self.source_identity} BackendID={self.backend_id} NatPort=0 "
        )


def _ct_row(key: CtKey, entry: CtEntry) -> CtRow:
    names = (
        ("RxClosing", entry.is_closing),
        ("TxClosing", entry.is_closing),
        ("SeenNonSyn", entry.flags_seen & ~0x02 != 0),
        ("NodePort", entry.is_node_port),
        ("ProxyRedirect", entry.is_proxy_redirect),
    )
    report = _since_boot(entry.created_ns)
    return CtRow(
        key, _since_boot(entry.expires_ns), entry.packets, entry.bytes, tuple(name for name, is_on in names if is_on),
        entry.flags_seen, report, entry.flags_seen, report, entry.rev_nat, entry.source_identity, entry.backend_id,
    )  # fmt: skip


def ct_lines(rows: Iterable[CtRow], now: int | None = None) -> list[Line]:
    """Both maps: that of TCP, an empty line, that of other protocols, an empty line."""
    tcp: list[Line] = []
    others: list[Line] = []
    for row in rows:
        (tcp if row.key.protocol == "TCP" else others).append(Line(row.text(now)))
    return [*tcp, Line(""), *others, Line("")]


def _ct_list(call: Call) -> Result:
    kind = call.args[0] if call.args else "global"
    if kind not in ("global", "local", "cluster"):
        return Result(stderr=[Line(f"Invalid argument: unknown type {kind}", end="")])
    live = call.agent.conntrack.live(call.agent.now_ns) if kind == "global" else []
    live.sort(key=lambda item: (item[1].created_ns, str(item[0])))
    now = _since_boot(call.agent.now_ns) if call.flags.is_on("time-diff") else None
    return Result(stdout=ct_lines((_ct_row(key, entry) for key, entry in live), now))


def ipcache_text(identity: int, key: int, tunnel: str) -> str:
    """An entry of the ipcache as the map prints it; no tunnel: an empty text."""
    return (
        f"identity={identity} encryptkey={key} tunnelendpoint={tunnel or '0.0.0.0'} "
        f"flags={'hastunnel' if tunnel else '<none>'}"
    )


def ipcache_value(call: Call, entry: IpcacheEntry) -> str:
    """An entry of a node's ipcache."""
    has_tunnel = call.agent.config.is_tunnel and entry.tunnel_endpoint != "0.0.0.0"
    return ipcache_text(int(entry.identity), entry.encrypt_key, entry.tunnel_endpoint if has_tunnel else "")


def ipcache_fact(call: Call, prefix: str, entry: IpcacheEntry) -> Fact:
    """What a reader of an ipcache row learns."""
    return fact(
        "ipcache",
        witnesses=(str(int(entry.identity)),),
        cluster=call.cluster,
        node=call.agent.node,
        ip=prefix.removesuffix("/32"),
        identity=int(entry.identity),
    )


def _ipcache_list(call: Call) -> Result:
    return _listed(call, ("IP PREFIX/ADDRESS", "IDENTITY"), ipcache_rows(call))


def _ipcache_get(call: Call) -> Result:
    if not call.args:
        text = "No ip provided. IP address must be in dotted decimal (192.168.1.1) or IPv6 (feab::f02b) form\n"
        raise DbgError(text, stdout=call.help_text)
    try:
        ip = str(IPv4Address(call.args[0]))
    except ValueError:
        form = "IP address must be in dotted decimal (192.168.1.1) or IPv6 (feab::f02b) form"
        raise DbgError(f"Invalid ip address. {form}\n", stdout=call.help_text) from None
    entry = call.agent.ipcache.lookup(ip)
    if entry is None:
        return Result(stdout=lines(f"{ip} does not map to any identity\n"), exit=1)
    value = ipcache_value(call, entry)
    return Result(stdout=lines(f"{ip} maps to identity {value}\n", (ipcache_fact(call, ip, entry),)))


def endpoint_text(number: int, identity: int, ifindex: int, mac: str, node_mac: str) -> str:
    """An entry of the map of local endpoints."""
    return (
        f"id={number:<5} sec_id={identity:<5} flags=0x0000 ifindex={ifindex:<3} mac={mac.upper()} "
        f"nodemac={node_mac.upper()} parent_ifindex=0  "
    )


def endpoint_rows(call: Call) -> list[Row]:
    """The map of local endpoints, with the node's own addresses."""
    rows = [
        Row((f"{each.ip}:0", endpoint_text(each.id, int(each.identity), each.ifindex, each.mac, each.host_mac)))
        for each in sorted(call.agent.endpoints.values(), key=lambda each: each.id)
        if each.ip
    ]
    return [*rows, *(Row((f"{ip}:0", "(localhost)")) for ip in (call.agent.router_ip, call.agent.node_ip) if ip)]


def ipcache_rows(call: Call) -> list[Row]:
    """The map from prefixes to identities."""
    return [
        Row((prefix, ipcache_value(call, entry)), (ipcache_fact(call, prefix, entry),))
        for prefix, entry in call.agent.ipcache.sorted_entries()
    ]


def _listed(call: Call, head: tuple[str, str], rows: list[Row]) -> Result:
    """A map with one value for each key, as table or as JSON."""
    if not rows:
        return Result(stderr=lines("No entries found.\n"))
    if wants_json(call):
        shown = {str(row.cells[0]): [str(row.cells[1])] for row in rows}
        return Result(stdout=as_json(dict(sorted(shown.items())), tuple(known for row in rows for known in row.facts)))
    return Result(stdout=map_table(head, rows))


def map_table(head: Sequence[str], rows: Iterable[Row]) -> list[Line]:
    """A map with one value for each key."""
    return table([head], rows, Trailing.ROWS)


def _endpoint_list(call: Call) -> Result:
    return _listed(call, ("IP ADDRESS", "LOCAL ENDPOINT INFO"), endpoint_rows(call))


def _ipcache_match(call: Call) -> Result:
    """Look for exactly this prefix. Source: cilium/cilium v1.19 cilium-dbg/cmd/bpf_ipcache_match.go."""
    if not call.args:
        raise DbgError("No prefix provided\n", stdout=call.help_text)
    address, slash, length = call.args[0].partition("/")
    if not slash:
        problem = f"netip.ParsePrefix({quote(call.args[0])}): no '/'"
        raise DbgError(f"Invalid prefix: {problem}\n", stdout=call.help_text)
    try:
        prefix = f"{IPv4Address(address)}/{IPv4Interface(call.args[0]).network.prefixlen}"
    except ValueError:
        problem = f"netip.ParsePrefix({quote(call.args[0])}): "
        problem += "prefix length out of range" if length.isdecimal() else f"bad bits after slash: {quote(length)}"
        raise DbgError(f"Invalid prefix: {problem}\n", stdout=call.help_text) from None
    entry = call.agent.ipcache.entries.get(prefix)
    if entry is None:
        return Result(stdout=lines(f"{call.args[0]} does not match to any ipcache entry\n"), exit=1)
    text = f"key {prefix} has value {quote(ipcache_value(call, entry))}\n"
    return Result(stdout=lines(text, (ipcache_fact(call, prefix, entry),)))


_SPECIAL_GATEWAYS = {EXCLUDED: "Excluded CIDR", NO_GATEWAY: "Not Found"}


def egress_table(rows: Iterable[tuple[str, str, str, str]], facts: Iterable[tuple[Fact, ...]] = ()) -> list[Line]:
    """The egress gateway's map: source, destination, egress address and gateway. Source: golden ``bpf-egress-list``."""
    shown = [(*row[:3], _SPECIAL_GATEWAYS.get(row[3], row[3])) for row in rows]
    known = list(facts) or [()] * len(shown)
    head = ("Source IP", "Destination CIDR", "Egress IP", "Gateway IP")
    return table([head], [Row(cells, told) for cells, told in zip(shown, known, strict=True)])


def _egress_list(call: Call) -> Result:
    if not call.agent.config.is_on("enable-egress-gateway"):
        return Result(stderr=lines("Cannot find egress gateway bpf maps\n"))
    rules = egress_rules(call.agent)
    rows = [(rule.source, str(rule.destination), rule.egress_ip, rule.gateway) for rule in rules]
    if wants_json(call):
        keys = ("SourceIP", "DestCIDR", "EgressIP", "GatewayIP")
        shown = [dict(zip(keys, (*row[:3], _SPECIAL_GATEWAYS.get(row[3], row[3])), strict=True)) for row in rows]
        return Result(stdout=as_json(shown, tuple(known for rule in rules for known in _egress_facts(call, rule))))
    return Result(stdout=egress_table(rows, [_egress_facts(call, rule) for rule in rules]))


def _egress_facts(call: Call, rule: EgressRule) -> tuple[Fact, ...]:
    via = _SPECIAL_GATEWAYS.get(rule.gateway, rule.gateway)
    prefix = str(rule.destination)
    return (fact("route", witnesses=(prefix, via), cluster=call.cluster, node=call.agent.node, prefix=prefix, via=via),)


def _nodeid_list(call: Call) -> Result:
    models = node_ids(call.agent)
    if wants_json(call):
        shown = {ip: [f"{each['id']:#x}"] for each in models for ip in each["ips"]}
        return Result(stdout=as_json(dict(sorted(shown.items()))))
    rows = [Row((f"{each['id']:#x}", list(each["ips"]), str(each["spi"]))) for each in models]
    return Result(stdout=table([("NODE ID", "IP ADDRESSES", "SPI")], rows))


def _output() -> list[Flag]:
    return [string("output", "json| yaml| jsonpath='{}'", short="o")]


COMMANDS = (
    Sub(
        "bpf ct list", "list ( <endpoint identifier> | global )", "List connection tracking entries", _ct_list,
        lambda: [
            boolean("time-diff", "print time difference for entries", short="d"),
            string("output", "json| yaml| jsonpath='{}'", short="o"),
        ],
        aliases=("ls",),
    ),
    Sub("bpf ipcache list", "list", "List endpoint IPs (local and remote) and their corresponding security identities",
        _ipcache_list, _output, aliases=("ls",)),
    Sub("bpf ipcache get", "get", "Retrieve identity for an ip", _ipcache_get),
    Sub("bpf ipcache match", "match", "Retrieve identity for a prefix with an exact match", _ipcache_match),
    Sub("bpf endpoint list", "list", "List the local endpoints", _endpoint_list, _output, aliases=("ls",)),
    Sub("bpf egress list", "list", "List the egress gateway's rules", _egress_list,
        _output, aliases=("ls",)),
    Sub("bpf nodeid list", "list", "List the numbers of nodes", _nodeid_list, _output, aliases=("ls",)),
)  # fmt: skip
