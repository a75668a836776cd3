"""Taking a captured packet apart, layer by layer, as the monitor prints it.

Source: cilium/cilium v1.19 pkg/monitor/dissect.go over gopacket's layers (ethernet, ip4, tcp, udp, icmp4) and its
``LayerString``; goldens ``monitor-vv`` and ``monitor-json``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from quizgame.hubble.summaries import icmp4_type_code
from quizgame.tools.cilium_dbg.monitor.ianaports import port_text

_SHOWN_ELEMENTS = 4
"""Lists longer than this are printed as their length."""
_FLAGS = (
    ("FIN", 1 << 0), ("SYN", 1 << 1), ("RST", 1 << 2), ("PSH", 1 << 3), ("ACK", 1 << 4), ("URG", 1 << 5),
    ("ECE", 1 << 6), ("CWR", 1 << 7), ("NS", 1 << 8),
)  # fmt: skip
_TOLD_FLAGS = ("SYN", "ACK", "RST", "FIN")
_OPTION_NAMES = {0: "EndList", 1: "NOP", 2: "MSS", 3: "WindowScale", 4: "SACKPermitted", 5: "SACK", 8: "Timestamps"}
_PAYLOADS = {
    "TCP": {53: "DNS", 443: "TLS", 502: "ModbusTCP", **dict.fromkeys((636, 989, 990, 992, 993, 994, 995, 5061), "TLS")},
    "UDP": {
        53: "DNS", 67: "DHCPv4", 68: "DHCPv4", 123: "NTP", 546: "DHCPv6", 547: "DHCPv6", 623: "RMCP", 1812: "RADIUS",
        2152: "GTPv1U", 3784: "BFD", 4789: "VXLAN", 5060: "SIP", 6081: "Geneve", 6343: "SFlow",
    },
}  # fmt: skip
"""Which layer is expected above a port, where it is not plain payload."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Source and destination of one layer."""

    source: str
    destination: str


@dataclass(slots=True)
class Dissection:
    """What could be made of a packet."""

    layers: dict[str, str] = field(default_factory=dict)
    """By name (``ethernet``, ``ipv4``, ``tcp`` …), outermost first: the layer's line."""
    ends: dict[str, Ends] = field(default_factory=dict)
    """By ``l2``, ``l3``, ``l4``."""
    is_truncated: bool = False
    problem: str = ""
    """Why the rest could not be decoded; empty: it could, or there was none."""

    def lines(self) -> list[str]:
        """All that the monitor prints of the packet."""
        shown = list(self.layers.values())
        if self.is_truncated:
            shown.append("  Packet has been truncated")
        if self.problem:
            shown.append(f"  Failed to decode layer: {self.problem}")
        return shown


def dissect(data: bytes) -> Dissection:
    """Take a packet apart, from its Ethernet header on."""
    found = Dissection()
    if len(data) < 14:
        found.problem = "Ethernet packet too small"
        return found
    destination, source, payload = _mac(data[:6]), _mac(data[6:12]), data[14:]
    ether_type = _word(data, 12)
    name = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6"}.get(ether_type, f"UnknownEthernetType({ether_type})")
    found.ends["l2"] = Ends(source, destination)
    found.layers["ethernet"] = _line(
        "Ethernet", data[:14], payload, SrcMAC=source, DstMAC=destination, EthernetType=name, Length=0
    )
    if ether_type == 0x0800:
        _ipv4(payload, found)
    elif payload:
        found.problem = f"No decoder for layer type {name}"
    return found


def hex_dump(data: bytes) -> list[str]:
    """Sixteen bytes a line: offset, hexadecimal in two groups, printable characters. Source: Go ``hex.Dump``."""
    shown = []
    for offset in range(0, len(data), 16):
        chunk = data[offset : offset + 16]
        digits = [f"{byte:02x}" for byte in chunk] + ["  "] * (16 - len(chunk))
        text = "".join(chr(byte) if 32 <= byte <= 126 else "." for byte in chunk)
        shown.append(f"{offset:08x}  {' '.join(digits[:8])}  {' '.join(digits[8:])}  |{text}|")
    return shown


def _ipv4(data: bytes, found: Dissection) -> None:
    if len(data) < 20:
        found.is_truncated = True
        found.problem = f"Invalid ip4 header. Length {len(data)} less than 20"
        return
    header_bytes, length = (data[0] & 0xF) * 4, _word(data, 2)
    found.is_truncated = length > len(data)
    data = data[:length]
    fragment, number = _word(data, 6), data[9]
    flags = "|".join(name for name, bit in (("Evil", 4), ("DF", 2), ("MF", 1)) if fragment >> 13 & bit)
    protocol = {1: "ICMPv4", 6: "TCP", 17: "UDP", 132: "SCTP"}.get(number, f"UnknownIPProtocol({number})")
    source, destination = str(IPv4Address(data[12:16])), str(IPv4Address(data[16:20]))
    found.ends["l3"] = Ends(source, destination)
    payload = data[header_bytes:]
    found.layers["ipv4"] = _line(
        "IPv4", data[:header_bytes], payload, Version=data[0] >> 4, IHL=data[0] & 0xF, TOS=data[1], Length=length,
        Id=_word(data, 4), Flags=flags, FragOffset=fragment & 0x1FFF, TTL=data[8], Protocol=protocol,
        Checksum=_word(data, 10), SrcIP=source, DstIP=destination, Options="[]", Padding="[]",
    )  # fmt: skip
    decode = {"TCP": _tcp, "UDP": _udp, "ICMPv4": _icmpv4}.get(protocol)
    if decode is not None:
        decode(payload, found)
    elif payload:
        found.problem = f"No decoder for layer type {protocol}"


def _tcp(data: bytes, found: Dissection) -> None:
    if len(data) < 20:
        found.is_truncated = True
        found.problem = f"Invalid TCP header. Length {len(data)} less than 20"
        return
    header_bytes = (data[12] >> 4) * 4
    source, destination = _word(data, 0), _word(data, 2)
    payload, bits = data[header_bytes:], _word(data, 12) & 0x1FF
    options = [_option_text(kind, value) for kind, value in _options(data[20:header_bytes])]
    found.ends["l4"] = Ends(str(source), str(destination))
    found.layers["tcp"] = _line(
        "TCP", data[:header_bytes], payload, SrcPort=port_text("TCP", source), DstPort=port_text("TCP", destination),
        Seq=int.from_bytes(data[4:8], "big"), Ack=int.from_bytes(data[8:12], "big"), DataOffset=data[12] >> 4,
        **{name: str(bool(bits & bit)).lower() for name, bit in _FLAGS},
        Window=_word(data, 14), Checksum=_word(data, 16), Urgent=_word(data, 18), Options=_list_text(options),
        Padding="[]", Multipath="false",
    )  # fmt: skip
    _expect("TCP", payload, source, destination, found)


def _udp(data: bytes, found: Dissection) -> None:
    source, destination, length = _word(data, 0), _word(data, 2), _word(data, 4)
    found.is_truncated = found.is_truncated or length > len(data)
    payload = data[8:length]
    found.ends["l4"] = Ends(str(source), str(destination))
    found.layers["udp"] = _line(
        "UDP", data[:8], payload, SrcPort=port_text("UDP", source), DstPort=port_text("UDP", destination),
        Length=length, Checksum=_word(data, 6),
    )  # fmt: skip
    _expect("UDP", payload, source, destination, found)


def _icmpv4(data: bytes, found: Dissection) -> None:
    found.layers["icmpv4"] = _line(
        "ICMPv4", data[:8], data[8:], TypeCode=icmp4_type_code(data[0], data[1]), Checksum=_word(data, 2),
        Id=_word(data, 4), Seq=_word(data, 6),
    )  # fmt: skip
    if data[8:]:
        found.problem = "No decoder for layer type Payload"


def _expect(protocol: str, payload: bytes, source: int, destination: int, found: Dissection) -> None:
    """The monitor decodes no layer above the transport, and says which one it would have needed."""
    known = _PAYLOADS[protocol]
    if payload:
        wanted = known.get(destination) or known.get(source) or "Payload"
        found.problem = f"No decoder for layer type {wanted}"


def _options(data: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    while data:
        kind = data[0]
        size = 1 if kind < 2 else data[1] if len(data) > 1 else 0
        if not 0 < size <= len(data):
            break
        found.append((kind, data[2:size]))
        data = data[size:] if kind else b""
    return found


def _option_text(kind: int, value: bytes) -> str:
    name = _OPTION_NAMES.get(kind, f"Unknown({kind})")
    digits = f" 0x{value.hex()}" if value else ""
    if name == "MSS" and len(value) >= 2:
        return f"TCPOption({name}:{_word(value, 0)}{digits})"
    if name == "Timestamps" and len(value) == 8:
        stamp, echo = int.from_bytes(value[:4], "big"), int.from_bytes(value[4:], "big")
        return f"TCPOption({name}:{stamp}/{echo}{digits})"
    return f"TCPOption({name}:{digits})"


def _line(name: str, contents: bytes, payload: bytes, **fields: str | int) -> str:
    shown = " ".join(f"{key}={value}" for key, value in fields.items())
    return f"{name}\t{{Contents={_bytes_text(contents)} Payload={_bytes_text(payload)} {shown}}}"


def _bytes_text(data: bytes) -> str:
    return _list_text([str(byte) for byte in data])


def _list_text(elements: list[str]) -> str:
    return f"[..{len(elements)}..]" if len(elements) > _SHOWN_ELEMENTS else f"[{', '.join(elements)}]"


def _mac(data: bytes) -> str:
    return data.hex(":")


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + 2], "big")
