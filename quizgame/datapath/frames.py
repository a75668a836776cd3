"""The bytes of the packet that a monitor event carries, as the kernel would hand them to a capture.

Everything follows from the event: one packet has the same numbers wherever it is seen, and a connection's packets fit
together (sequence numbers, acknowledgements, time stamps). Checksums are right for the bytes.

Simplified: checksums are complete, where a real node often leaves them to the interface; the maximum segment size is
that of a VXLAN network; a packet that arrives has passed one router; a proxy's own connection onwards has the sequence
numbers of the client's.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from quizgame.cluster.agent.monitor import Direction, EventType, MonitorEvent, TracePoint
from quizgame.cluster.keyed import keyed_int

CAPTURED_BYTES = 128
"""What an event carries of a packet at most. Source: cilium/cilium v1.19 config ``trace-payloadlen``."""
_ETHERNET_IPV4 = b"\x08\x00"
_PROTOCOLS = {"ICMPv4": 1, "TCP": 6, "UDP": 17, "SCTP": 132}
_FLAG_BITS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "PSH": 0x08, "ACK": 0x10}
_DONT_FRAGMENT = 0x4000
_TTL = 64
_SEGMENT_BYTES = 1410
_WINDOW_SCALE = 7
_SYN_WINDOWS = (64860, 64308)
_WINDOWS = (507, 503)
"""What Linux offers, client and server, with the segment size above; later ones are scaled."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A packet as far as it was captured."""

    data: bytes
    """From the Ethernet header on, at most ``CAPTURED_BYTES``."""
    length: int
    """Bytes of the whole packet."""


def frame_of(event: MonitorEvent) -> Frame:
    """The packet of a drop, trace or policy verdict."""
    source = _address(event.source_xlated or event.source.ip)
    destination = _address(event.destination.ip)
    own, other = event.carried if not event.from_server else event.carried[::-1]
    match event.protocol:
        case "TCP":
            segment = _tcp(event, own, other)
        case "UDP":
            segment = _ports(event) + (8 + len(own)).to_bytes(2, "big") + b"\0\0" + own
        case "ICMPv4":
            kind, code = event.icmp or (0, 0)
            segment = bytes((kind, code)) + b"\0\0" + own
        case _:
            segment = _ports(event)
    segment = _with_checksum(event.protocol, source, destination, segment)
    packet = _ipv4(event, source, destination, len(segment)) + segment
    macs = b"".join(bytes.fromhex(mac.replace(":", "")) or bytes(6) for mac in reversed(event.macs))
    data = macs + _ETHERNET_IPV4 + packet
    return Frame(data[:CAPTURED_BYTES], len(data))


def is_arriving(event: MonitorEvent) -> bool:
    """Whether the packet was seen on its way into the endpoint, not out of it."""
    if event.type is EventType.TRACE:
        return event.point is TracePoint.TO_ENDPOINT
    return (event.direction is Direction.INGRESS) is not event.from_server


def cpu_of(event: MonitorEvent) -> int:
    """Number of the processor that handled a connection on a node."""
    return keyed_int(event.connection, "cpu", event.node, below=4)


def _ipv4(event: MonitorEvent, source: bytes, destination: bytes, segment_bytes: int) -> bytes:
    is_fixed = event.protocol != "ICMPv4" or not event.from_server
    header = bytearray(
        b"\x45\0"
        + (20 + segment_bytes).to_bytes(2, "big")
        + _packet_id(event).to_bytes(2, "big")
        + (_DONT_FRAGMENT if is_fixed else 0).to_bytes(2, "big")
        + bytes((_TTL - is_arriving(event), _PROTOCOLS.get(event.protocol, 0), 0, 0))
        + source
        + destination
    )
    header[10:12] = _checksum(bytes(header)).to_bytes(2, "big")
    return bytes(header)


def _packet_id(event: MonitorEvent) -> int:
    # Source: Linux net/ipv4/ip_output.c ip_build_and_send_pkt: answers of no socket yet (SYN-ACK, RST) carry 0.
    if event.protocol == "TCP" and event.from_server and {"SYN", "RST"} & set(event.flags):
        return 0
    return (_number(event, "packet-id", below=1 << 16) + _step(event)) & 0xFFFF


def _tcp(event: MonitorEvent, own: bytes, other: bytes) -> bytes:
    flags = set(event.flags)
    side = int(event.from_server)
    is_opening, is_refusal = "SYN" in flags, "RST" in flags
    payload = own if "PSH" in flags else b""
    # A segment that answers a SYN with RST has no sequence of its own.
    has_sequence = not is_refusal or bool(other)
    sequence = _number(event, "sequence", below=1 << 32) if has_sequence else 0
    if has_sequence and not is_opening:
        sequence += 1 + (len(own) if "FIN" in flags else 0)
    acknowledged = 0
    if "ACK" in flags:
        heard = len(other) if not is_opening and (event.from_server or "FIN" in flags) else 0
        is_after_fin = event.from_server and "FIN" in flags
        acknowledged = _number(event, "sequence", is_own=False, below=1 << 32) + 1 + heard + is_after_fin
    options = b"" if is_refusal else _tcp_options(event, is_opening=is_opening)
    window = 0 if is_refusal else (_SYN_WINDOWS if is_opening else _WINDOWS)[side]
    return (
        _ports(event)
        + (sequence & 0xFFFFFFFF).to_bytes(4, "big")
        + (acknowledged & 0xFFFFFFFF).to_bytes(4, "big")
        + bytes(((20 + len(options)) // 4 << 4, sum(_FLAG_BITS[flag] for flag in flags)))
        + window.to_bytes(2, "big")
        + b"\0\0\0\0"
        + options
        + payload
    )


def _tcp_options(event: MonitorEvent, *, is_opening: bool) -> bytes:
    stamp = (_number(event, "clock", below=1 << 31) + _step(event)).to_bytes(4, "big")
    is_first = is_opening and not event.from_server
    echo = 0 if is_first else _number(event, "clock", is_own=False, below=1 << 31) + max(_step(event) - 1, 0)
    times = b"\x08\x0a" + stamp + echo.to_bytes(4, "big")
    if not is_opening:
        return b"\x01\x01" + times
    size = b"\x02\x04" + _SEGMENT_BYTES.to_bytes(2, "big")
    return size + b"\x04\x02" + times + b"\x01\x03\x03" + bytes((_WINDOW_SCALE,))


def _step(event: MonitorEvent) -> int:
    """Which of its sender's packets this is; a repeated one counts as the first."""
    flags = set(event.flags)
    if "SYN" in flags:
        return 0
    return 3 if "FIN" in flags else 2 if "PSH" in flags or "RST" in flags else 1 if flags else 0


def _number(event: MonitorEvent, purpose: str, *, below: int, is_own: bool = True) -> int:
    side = "server" if event.from_server is is_own else "client"
    return keyed_int(event.connection, purpose, side, below=below)


def _ports(event: MonitorEvent) -> bytes:
    return event.source_port.to_bytes(2, "big") + event.destination_port.to_bytes(2, "big")


def _with_checksum(protocol: str, source: bytes, destination: bytes, segment: bytes) -> bytes:
    place = {"TCP": 16, "UDP": 6, "ICMPv4": 2}.get(protocol)
    if place is None or len(segment) < place + 2:
        return segment
    pseudo = b""
    if protocol != "ICMPv4":
        pseudo = source + destination + bytes((0, _PROTOCOLS[protocol])) + len(segment).to_bytes(2, "big")
    total = _checksum(pseudo + segment)
    if protocol == "UDP" and not total:
        total = 0xFFFF
    return segment[:place] + total.to_bytes(2, "big") + segment[place + 2 :]


def _checksum(data: bytes) -> int:
    """The internet checksum. Source: RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[place : place + 2], "big") for place in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _address(text: str) -> bytes:
    return IPv4Address(text).packed
