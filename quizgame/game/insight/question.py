"""Reads what ``why`` is asked about: a flow, or two ends and a port."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quizgame.errors import QuizgameError

USAGE = (
    "usage: why FROM TO PORT[/PROTOCOL] [METHOD PATH]\n"
    "       why FLOW      a line of hubble observe in quotes, its JSON, or its uuid\n"
    "FROM and TO: [CLUSTER:]NAMESPACE/POD-OR-WORKLOAD, a pod of namespace default, a DNS name or an address;\n"
    "TO may be a service, as NAMESPACE/NAME; for ICMP the port is the type, as in 8/ICMP"
)
PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMP")
_MAX_PORT, _MAX_ICMP_TYPE = 65535, 255


class BadQuestion(QuizgameError):
    """The arguments ask nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    source: str
    destination: str
    port: int
    """For ICMP the type."""
    protocol: str = "TCP"
    method: str | None = None
    path: str = "/"
    uuid: str = ""
    """Set where a flow was named by its uuid; the rest is then empty."""


# Source: reference hubble-observe, the compact format: SOURCE:PORT (IDENTITY) ARROW DESTINATION:PORT (IDENTITY) …
_COMPACT = re.compile(
    r"(?P<source>\S+?)(?::(?P<source_port>\d+))? \((?:ID:)?[^)]*\) (?:<>|->|<-) "
    r"(?P<destination>\S+?)(?::(?P<port>\d+))? \((?:ID:)?[^)]*\)(?P<rest>.*)"
)
_REQUEST = re.compile(r"HTTP/[\d.]+ (?:\d+ \d+ms \()?([A-Z]+) (\S+?)\)?\)")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse_question(words: Sequence[str]) -> Question:
    """Read the arguments of ``why``.

    Raises:
        BadQuestion: they ask nothing.
    """
    if len(words) == 1:
        return _parse_flow(words[0])
    if len(words) not in (3, 4, 5):
        raise BadQuestion(USAGE)
    port, _, named = words[2].partition("/")
    protocol = (named or "TCP").upper()
    if protocol not in PROTOCOLS:
        raise BadQuestion(f'unknown protocol "{named}": there are {", ".join(PROTOCOLS)}')
    lowest, highest = (0, _MAX_ICMP_TYPE) if protocol == "ICMP" else (1, _MAX_PORT)
    if not port.isdecimal() or not lowest <= int(port) <= highest:
        raise BadQuestion(f'"{words[2]}" is no port: write 80, 53/UDP, or the type as in 8/ICMP')
    method = words[3].upper() if len(words) > 3 else None
    path = words[4] if len(words) > 4 else "/"
    return Question(words[0], words[1], int(port), protocol, method, path)


def _parse_flow(text: str) -> Question:
    if _UUID.fullmatch(text):
        return Question("", "", 0, uuid=text)
    if text.lstrip().startswith("{"):
        try:
            return _from_json(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadQuestion("this JSON is no flow of hubble observe") from None
    found = _COMPACT.search(text)
    if found is None:
        raise BadQuestion(USAGE)
    # The compact format turns replies around: the client stands on the left, whichever way the arrow points.
    source, destination, port = found["source"], found["destination"], found["port"]
    if port is None:
        raise BadQuestion("this flow has no port: it cannot be asked about")
    request = _REQUEST.search(found["rest"])
    protocol = "UDP" if "(UDP" in found["rest"] or "DNS" in found["rest"] else "TCP"
    method, path = (request.group(1), _path_of(request.group(2))) if request else (None, "/")
    return Question(source, destination, int(port), protocol, method, path)


def _from_json(record: dict[str, Any]) -> Question:
    flow = record.get("flow", record)
    source, destination = flow["source"], flow["destination"]
    ip = flow.get("IP") or {}
    protocol, header = next((name, header) for name, header in flow["l4"].items() if name in PROTOCOLS)
    source_ip, destination_ip, port = ip.get("source", ""), ip.get("destination", ""), header.get("destination_port")
    if flow.get("is_reply"):
        source, destination = destination, source
        source_ip, destination_ip, port = destination_ip, source_ip, header.get("source_port")
    http = (flow.get("l7") or {}).get("http")
    return Question(
        _end(source, source_ip),
        _end(destination, destination_ip),
        int(port),
        protocol,
        http["method"] if http else None,
        _path_of(http["url"]) if http else "/",
    )


def _end(endpoint: dict[str, Any], ip: str) -> str:
    if not endpoint.get("pod_name"):
        return ip
    cluster = endpoint.get("cluster_name", "")
    return f"{cluster + ':' if cluster else ''}{endpoint['namespace']}/{endpoint['pod_name']}"


def _path_of(url: str) -> str:
    rest = url.partition("://")[2] or url
    return "/" + rest.partition("/")[2]
