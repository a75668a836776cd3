"""The bytes that clients and servers put into packets: HTTP messages, DNS messages, TLS handshakes, echo data."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from quizgame.cluster.keyed import keyed_hex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quizgame.datapath.servers import Answer
    from quizgame.policy.l7 import HttpRequest

_QTYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
_LABEL_BYTES = 63
_HELLO_BYTES = 512
_ECHO_BYTES = 48
"""``ping`` fills 56 bytes, of which the first 8 hold the instant of sending."""


def http_request(request: HttpRequest) -> bytes:
    """A request as a client writes it."""
    head = [f"{request.method} {request.path} HTTP/1.1", f"Host: {request.host}"]
    head += [f"{name.title()}: {value}" for name, value in request.headers.items()]
    return "\r\n".join((*head, "", "")).encode()


def http_response(answer: Answer) -> bytes:
    """An answer as a server writes it."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = ""
    body = answer.body.encode()
    head = [f"HTTP/1.1 {answer.status} {reason}".rstrip(), f"content-length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in (answer.headers or {}).items()]
    return "\r\n".join((*head, "", "")).encode() + body


def tls_client_hello(seed: int, server_name: str) -> bytes:
    """The first message of a TLS handshake: a record of 517 bytes.

    Simplified: what follows its head is opaque; the server's name is in it, as in the real one.
    """
    name = server_name.encode()
    opaque = bytes.fromhex(keyed_hex(seed, "client-hello", server_name, digits=64))
    body = b"\x01\x00" + (_HELLO_BYTES - 4).to_bytes(2, "big") + b"\x03\x03" + opaque + name
    return b"\x16\x03\x01" + _HELLO_BYTES.to_bytes(2, "big") + body.ljust(_HELLO_BYTES, b"\0")[:_HELLO_BYTES]


def tls_data(seed: int, content: bytes) -> bytes:
    """Content in a record of application data. Simplified: the cipher text is as opaque as it is keyed."""
    opaque = bytes.fromhex(keyed_hex(seed, "tls-data", len(content), digits=64))
    sealed = (opaque * (len(content) // len(opaque) + 1))[: len(content)]
    return b"\x17\x03\x03" + (len(content) & 0xFFFF).to_bytes(2, "big") + sealed


def dns_query(number: int, name: str, qtype: str) -> bytes:
    """A question. Source: RFC 1035, sections 4.1.1 and 4.1.2.

    Args:
        number: The message's id, 0 to 65535.
        name: With its final dot.
        qtype: ``A``, ``AAAA`` …
    """
    return _words(number, 0x0100, 1, 0, 0, 0) + _question(name, qtype)


def dns_answer(number: int, name: str, qtype: str, rcode: int, ips: Iterable[str], ttl_s: int) -> bytes:
    """The answer to a question, its address records included. Source: RFC 1035, section 4.1."""
    addresses = [IPv4Address(ip).packed for ip in ips if ":" not in ip] if qtype == "A" else []
    records = b"".join(
        b"\xc0\x0c" + _words(_QTYPES["A"], 1) + ttl_s.to_bytes(4, "big") + _words(4) + address for address in addresses
    )
    return _words(number, 0x8180 | rcode, 1, len(addresses), 0, 0) + _question(name, qtype) + records


def echo_data(seed: int, source: str, destination: str, number: int, time_ns: int) -> bytes:
    """What an echo request carries after its checksum: identifier, sequence number, and the data of ``ping``."""
    identifier = int(keyed_hex(seed, "echo", source, destination, digits=4), 16)
    data = time_ns.to_bytes(8, "little") + bytes(range(0x10, 0x10 + _ECHO_BYTES))
    return _words(identifier, number & 0xFFFF) + data


def _question(name: str, qtype: str) -> bytes:
    words = (word[:_LABEL_BYTES] for word in name.encode().split(b".") if word)
    labels = b"".join(bytes((len(word),)) + word for word in words)
    return labels + b"\0" + _words(_QTYPES.get(qtype, 1), 1)


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)
