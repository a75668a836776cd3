"""The flags of ``hubble observe``, in the groups of its help page.

# Source: cilium/cilium v1.19 hubble/cmd/observe/observe.go, flows.go (names, kinds, defaults, groups).
"""

from __future__ import annotations

from quizgame.goflags.flagset import Flag, boolean, custom, string, string_array, string_slice, unsigned
from quizgame.goflags.times import RFC1123Z, RFC3339, RFC3339_MICRO, RFC3339_MILLI, RFC3339_NANO, STAMP_MILLI
from quizgame.hubble.command.filterflags import FilterFlags
from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import MESSAGE_TYPE_NAMES, RESERVED_IDENTITIES, TRACE_POINT_NAMES, Verdict
from quizgame.hubble.filters.protocol import PROTOCOLS

_TIME_FORMATS = (
    ("StampMilli", STAMP_MILLI),
    ("YearMonthDay", "2006-01-02"),
    ("YearMonthDayHour", "2006-01-02T15Z07:00"),
    ("YearMonthDayHourMinute", "2006-01-02T15:04Z07:00"),
    ("RFC3339", RFC3339),
    ("RFC3339Milli", RFC3339_MILLI),
    ("RFC3339Micro", RFC3339_MICRO),
    ("RFC3339Nano", RFC3339_NANO),
    ("RFC1123Z", RFC1123Z),
)


def selector_flags() -> list[Flag]:
    """Return the flags that say which part of the flows to show."""
    when = "a duration before now (3s, 4m, 1h43m) or one of:\n" + _layouts(zone_sign="-")
    return [
        boolean("all", "Show all flows in the buffer; best used together with filters"),
        unsigned("last", "Show the last N flows (default 20); a relay gives N for each node", kind="uint"),
        unsigned("first", "Show the first N flows; a relay gives N for each node", kind="uint"),
        boolean("follow", "Go on showing flows as they come", short="f"),
        string("since", f"Show flows from this time on: {when}"),
        string("until", f"Show flows up to this time: {when}"),
    ]


def formatting_flags() -> list[Flag]:
    """Return the flags on output that all subcommands of observe have."""
    formats = (
        "  compact:  One line a flow\n"
        "  dict:     One KEY: value line a field\n"
        "  jsonpb:   JSON as protobuf maps it\n"
        "  json:     The same as jsonpb\n"
        "  table:    Aligned columns\n"
    )
    return [
        string(
            "output",
            f"Output format, one of:\n{formats}",
            short="o",
            default="compact",
            choices=("compact", "dict", "json", "jsonpb", "table"),
        ),
        boolean("print-node-name", "Show the node's name"),
        boolean("print-policy-names", "Show the names of the policies that decided"),
        string(
            "time-format",
            f"How to print times (not in JSON). One of:\n{_layouts(zone_sign='Z')}",
            default="StampMilli",
            choices=tuple(name for name, _ in _TIME_FORMATS),
        ),
    ]


def flow_format_flags() -> list[Flag]:
    """Return the flags on output that concern flows only."""
    return [
        boolean("numeric", "Show addresses instead of names"),
        boolean("ip-translation", "Show names (pods, services, DNS) instead of addresses", default=True),
        string("color", "Colours in compact and dict: 'auto', 'always' or 'never'", default="auto", choices=_COLORS),
    ]


def raw_filter_flags() -> list[Flag]:
    """Return the flags that take filters as JSON."""
    return [
        string_array("allowlist", "More filters of which one must match, as JSON"),
        string_array("denylist", "More filters of which none may match, as JSON"),
    ]


def other_flags() -> list[Flag]:
    """Return the remaining flags."""
    return [
        boolean("silent-errors", "Leave out errors and warnings about nodes", short="s"),
        boolean("print-raw-filters", "Print the filters as YAML and end, without asking the server"),
        string("input-file", "Read flows from this file instead of a server; '-' is standard input"),
        string_slice("field-mask", "Fields of the flow to ask for, separated by commas (JSON output only)"),
        boolean(
            "use-default-field-masks",
            "In compact, dict and table ask only for the fields that are shown",
            default=True,
        ),
    ]


def filter_flags(filters: FilterFlags) -> list[Flag]:
    """Return the filter flags; their values go into ``filters`` in the order of the command line."""
    return [_filter(filters, *row) for row in _FILTERS] + [_typed(filters)]


def _filter(filters: FilterFlags, name: str, usage: str, short: str = "", implied: str = "") -> Flag:
    return custom(
        name,
        usage,
        lambda text: filters.set(name, text),
        kind="filter",
        short=short,
        no_opt_default=implied,
        choices=CHOICES.get(name, ()),
    )


def _typed(filters: FilterFlags) -> Flag:
    rows = [("TYPE", "SUBTYPE"), ("capture", "n/a"), ("drop", "n/a"), ("l7", "n/a"), ("policy-verdict", "n/a")]
    points = [f"{way}-{place}" for way in ("from", "to") for place in _TRACE_PLACES]
    rows += [("trace" if index == 0 else "", point) for index, point in enumerate(points)]
    rows.append(("trace-sock", "n/a"))
    table = "\n".join(f"{kind:<16} {sub_type}" for kind, sub_type in rows)
    return _filter(filters, "type", f"Event type, as TYPE[:SUBTYPE]:\n{table}", "t")


def _layouts(*, zone_sign: str) -> str:
    lines = [f"  {name + ':':<23} {layout.replace('Z07', zone_sign + '07')}" for name, layout in _TIME_FORMATS]
    return "\n".join(lines) + "\n "


_COLORS = ("always", "auto", "never")
_TRACE_PLACES = ("endpoint", "host", "network", "overlay", "proxy", "stack", "crypto")
_POD = "([namespace/]<pod-name>); without a namespace it is 'default'"
_SERVICE = "([namespace/]<svc-name>); without a namespace it is 'default'"
_RANGE = "an address ('1.1.1.1') or a range ('1.1.1.0/24')"
_FILTERS: tuple[tuple[str, ...], ...] = (
    # name, usage, short form, value where none is given
    ("not", "Negate the next filter: --not --from-ip 2.2.2.2", "", "true"),
    ("uuid", "Only the flow with this identifier"),
    ("node-name", 'Seen on a node whose name matches (e.g. "k8s*", "test-cluster/*.company.com")'),
    ("node-label", 'Seen on a node with these labels (e.g. "key1=value1")'),
    ("from-cluster", "From an endpoint of this cluster"),
    ("cluster", 'From or to an endpoint of this cluster (e.g. "test-cluster")'),
    ("to-cluster", "To an endpoint of this cluster"),
    ("protocol", 'L4 or L7 protocol (e.g. "udp", "http")'),
    ("tcp-flags", 'TCP flags that must be set (e.g. "syn", "ack", "fin")'),
    ("verdict", f"Verdict [{', '.join(verdict for verdict in Verdict if verdict.number)}]"),
    ("drop-reason-desc", 'Why it was dropped (e.g. "POLICY_DENIED")'),
    ("http-status", 'HTTP status code or its beginning (e.g. "404", "5+")'),
    ("http-method", 'HTTP method (e.g. "get", "post")'),
    ("http-path", 'Regular expression on the HTTP path (e.g. "/page/\\\\d+")'),
    ("http-url", 'Regular expression on the HTTP URL (e.g. "http://.*cilium\\.io/page/\\\\d+")'),
    ("http-header", 'HTTP header as key:value (e.g. "foo:bar")'),
    ("trace-id", "Trace id of the request"),
    ("ip-trace-id", "Trace id from the IP options"),
    ("from-fqdn", 'From this DNS name (e.g. "*.cilium.io")'),
    ("fqdn", 'From or to this DNS name (e.g. "*.cilium.io")'),
    ("to-fqdn", 'To this DNS name (e.g. "*.cilium.io")'),
    ("from-ip", f"From {_RANGE}"),
    ("snat-ip", f"With the source translated to {_RANGE}"),
    ("ip", f"From or to {_RANGE}"),
    ("to-ip", f"To {_RANGE}"),
    ("ipv4", "IPv4 only", "4", "v4"),
    ("ipv6", "IPv6 only", "6", "v6"),
    ("ip-version", 'IPv4, IPv6 or no IP at all ("v4", "v6", "none")'),
    ("from-pod", f"From pods whose name begins so {_POD}"),
    ("pod", f"From or to pods whose name begins so {_POD}"),
    ("to-pod", f"To pods whose name begins so {_POD}"),
    ("from-namespace", "From this namespace"),
    ("namespace", "From or to this namespace", "n"),
    ("to-namespace", "To this namespace"),
    ("from-all-namespaces", "From any namespace", "", "true"),
    ("all-namespaces", "From or to any namespace", "A", "true"),
    ("to-all-namespaces", "To any namespace", "", "true"),
    ("from-label", 'From an endpoint with these labels (e.g. "key1=value1", "reserved:world")'),
    ("label", 'From or to an endpoint with these labels (e.g. "key1=value1", "reserved:world")', "l"),
    ("to-label", 'To an endpoint with these labels (e.g. "key1=value1", "reserved:world")'),
    ("from-service", f"From the address of services whose name begins so {_SERVICE}"),
    ("service", f"From or to the address of services whose name begins so {_SERVICE}"),
    ("to-service", f"To the address of services whose name begins so {_SERVICE}"),
    ("from-port", "From this port"),
    ("port", "From or to this port"),
    ("to-port", "To this port"),
    ("from-workload", "From pods of this workload"),
    ("workload", "From or to pods of this workload"),
    ("to-workload", "To pods of this workload"),
    ("from-identity", "From this security identity"),
    ("identity", "From or to this security identity"),
    ("to-identity", "To this security identity"),
    ("traffic-direction", "Direction seen from the endpoint (ingress or egress)"),
    ("cel-expression", "An expression over _flow in the Common Expression Language"),
    ("interface", "Seen on this network interface (e.g. eth0)"),
    ("encrypted", "Encrypted only", "", "true"),
    ("unencrypted", "Not encrypted only", "", "true"),
)

_IDENTITIES = tuple(name for number, name in RESERVED_IDENTITIES.items() if number)
CHOICES: dict[str, tuple[str, ...]] = {
    "drop-reason-desc": tuple(reason for reason in DropReason if reason.number),
    "from-identity": _IDENTITIES,
    "http-method": ("connect", "delete", "get", "head", "options", "patch", "post", "put", "trace"),
    "identity": _IDENTITIES,
    "ip-version": ("none", "v4", "v6"),
    "protocol": PROTOCOLS,
    "tcp-flags": ("ack", "cwr", "ece", "fin", "ns", "psh", "rst", "syn", "urg"),
    "to-identity": _IDENTITIES,
    "traffic-direction": ("egress", "ingress"),
    "type": (*MESSAGE_TYPE_NAMES, *(f"trace:{point}" for point in TRACE_POINT_NAMES.values())),
    "verdict": tuple(verdict for verdict in Verdict if verdict.number),
}
"""Values of filters that are proposed, by the flag's name."""
