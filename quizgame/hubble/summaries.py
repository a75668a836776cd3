"""The one-line summaries that agents record with flows.

# Source: cilium/cilium v1.19 pkg/hubble/parser (threefour, seven, sock): summary texts.
"""

from __future__ import annotations

from collections.abc import Iterable

from quizgame.hubble.enums import L7FlowType
from quizgame.hubble.flow import DNS, HTTP, Kafka, Layer4, Layer7

_FLAG_ORDER = ("SYN", "ACK", "RST", "FIN", "PSH", "URG", "ECE", "CWR", "NS")
_MILLISECOND = 1_000_000
_NO_TTL = 0xFFFFFFFF
"""What an answer without records has for a TTL."""

_ICMPV4_TYPES = {
    0: "EchoReply",
    3: "DestinationUnreachable",
    4: "SourceQuench",
    5: "Redirect",
    8: "EchoRequest",
    9: "RouterAdvertisement",
    10: "RouterSolicitation",
    11: "TimeExceeded",
    12: "ParameterProblem",
    13: "TimestampRequest",
    14: "TimestampReply",
}
_ICMPV4_CODES = {
    (3, 0): "Net",
    (3, 1): "Host",
    (3, 2): "Protocol",
    (3, 3): "Port",
    (3, 4): "FragmentationNeeded",
    (11, 0): "TTLExceeded",
    (11, 1): "FragmentReassemblyTimeExceeded",
}
_ICMPV6_TYPES = {
    1: "DestinationUnreachable",
    2: "PacketTooBig",
    3: "TimeExceeded",
    4: "ParameterProblem",
    128: "EchoRequest",
    129: "EchoReply",
    133: "RouterSolicitation",
    134: "RouterAdvertisement",
    135: "NeighborSolicitation",
    136: "NeighborAdvertisement",
    137: "Redirect",
}
_ICMPV6_CODES = {
    (1, 0): "NoRouteToDst",
    (1, 1): "AdminProhibited",
    (1, 3): "Address",
    (1, 4): "Port",
    (3, 0): "HopLimitExceeded",
}
_RCODES = {
    0: "No Error",
    1: "Format Error",
    2: "Server Failure",
    3: "Non-Existent Domain",
    4: "Not Implemented",
    5: "Query Refused",
}


def layer_4_summary(l4: Layer4 | None) -> str:
    """Return the summary of a packet: ``TCP Flags: SYN, ACK``, ``UDP``, ``ICMPv4 EchoRequest``."""
    if l4 is None:
        return ""
    if l4.tcp is not None:
        flags = l4.tcp.flags
        return tcp_summary([] if flags is None else [name for name in _FLAG_ORDER if getattr(flags, name.lower())])
    if l4.icmpv4 is not None:
        return icmp4_summary(l4.icmpv4.type, l4.icmpv4.code)
    if l4.icmpv6 is not None:
        return icmp6_summary(l4.icmpv6.type, l4.icmpv6.code)
    others = (("UDP", l4.udp), ("SCTP", l4.sctp), ("VRRP", l4.vrrp), ("IGMP", l4.igmp))
    return next((name for name, header in others if header is not None), "")


def socket_summary(l4: Layer4 | None) -> str:
    """Return the summary of a socket event: ``TCP`` or ``UDP``, no flags."""
    if l4 is None:
        return ""
    return "TCP" if l4.tcp is not None else "UDP" if l4.udp is not None else ""


def tcp_summary(flags: Iterable[str]) -> str:
    """Return ``TCP Flags: ACK, PSH`` for flags by name, in the agent's order."""
    given = {flag.upper() for flag in flags}
    return "TCP Flags: " + ", ".join(name for name in _FLAG_ORDER if name in given)


def icmp4_summary(kind: int, code: int) -> str:
    """Return ``ICMPv4 EchoRequest`` or ``ICMPv4 DestinationUnreachable(Port)``."""
    return f"ICMPv4 {icmp4_type_code(kind, code)}"


def icmp4_type_code(kind: int, code: int) -> str:
    """Return the name of an ICMPv4 type, with its code where the type has some: ``DestinationUnreachable(Port)``."""
    return _icmp(kind, code, _ICMPV4_TYPES, _ICMPV4_CODES)


def icmp6_summary(kind: int, code: int) -> str:
    """Return ``ICMPv6 NeighborSolicitation`` or ``ICMPv6 TimeExceeded(HopLimitExceeded)``."""
    return "ICMPv6 " + _icmp(kind, code, _ICMPV6_TYPES, _ICMPV6_CODES)


def layer_7_summary(l7: Layer7) -> str:
    """Return the summary of an application message."""
    is_response = l7.type == L7FlowType.RESPONSE
    if l7.http is not None:
        return http_summary(l7.http, is_response=is_response, latency_ns=int(l7.latency_ns or 0))
    if l7.dns is not None:
        return dns_summary(l7.dns, is_response=is_response)
    return _kafka(l7.kafka, is_response) if l7.kafka is not None else ""


def _icmp(kind: int, code: int, types: dict[int, str], codes: dict[tuple[int, int], str]) -> str:
    name = types.get(kind)
    if name is None:
        return f"{kind}({code})"
    detail = codes.get((kind, code))
    return f"{name}({detail})" if detail else name


def http_summary(http: HTTP, *, is_response: bool, latency_ns: int = 0) -> str:
    """Return ``HTTP/1.1 GET URL``, or ``HTTP/1.1 200 12ms (GET URL)`` with the latency cut to whole milliseconds."""
    if not is_response:
        return f"{http.protocol} {http.method} {http.url}"
    return f"{http.protocol} {http.code} {latency_ns // _MILLISECOND}ms ({http.method} {http.url})"


def dns_summary(dns: DNS, *, is_response: bool) -> str:
    """Return ``DNS Query NAME. A``, or what was answered: addresses, aliases and TTL, or why not."""
    types = ",".join(dns.qtypes)
    if not is_response:
        return f"DNS Query {dns.query} {types}"
    source = "Proxy" if dns.observation_source == "proxy" else "Query"
    question = f"({source} {dns.query} {types})"
    if dns.rcode:
        return f"DNS Answer RCode: {_RCODES.get(dns.rcode, dns.rcode)} TTL: {_NO_TTL} {question}"
    parts = [f'"{",".join(dns.ips)}"'] if dns.ips else []
    if dns.cnames:
        parts.append(f'CNAMEs: "{",".join(dns.cnames)}"')
    # Without any part two spaces are left.
    return f"DNS Answer {' '.join(parts)} TTL: {dns.ttl} {question}"


def _kafka(kafka: Kafka, is_response: bool) -> str:
    way = "response" if is_response else "request"
    text = f"Kafka {way} {kafka.api_key} correlation id {kafka.correlation_id} topic '{kafka.topic}'"
    return f"{text} return code {kafka.error_code}" if is_response else text
