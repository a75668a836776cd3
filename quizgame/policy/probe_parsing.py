"""Probes from plain data; every complaint says which field is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from quizgame.addresses import is_ip
from quizgame.errors import QuizgameError
from quizgame.policy.l7 import DnsRequest, HttpRequest, Request, TlsHello
from quizgame.policy.model import Protocol
from quizgame.policy.world import Peer, Probe

_PROTOCOLS: Final = {
    "TCP": Protocol.TCP,
    "UDP": Protocol.UDP,
    "SCTP": Protocol.SCTP,
    "ICMP": Protocol.ICMP,
    "ICMPv6": Protocol.ICMPV6,
}
_MAX_PORT: Final = 65535


class BadProbe(QuizgameError):
    """A probe cannot be read."""


def parse_probe(data: Any) -> Probe:
    """Read one probe.

    Raises:
        BadProbe: A field is missing or wrong.
    """
    if not isinstance(data, dict):
        raise BadProbe("a probe must be an object")
    protocol = _PROTOCOLS.get(_text(data, "protocol", "TCP"))
    if protocol is None:
        raise BadProbe(f'"protocol" is "{data["protocol"]}": expected one of {", ".join(_PROTOCOLS)}')
    port = data.get("port")
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= _MAX_PORT:
        raise BadProbe(f'"port" is {_shown(port)}: expected a number from 0 to {_MAX_PORT}')
    return Probe(_peer(data, "from"), _peer(data, "to"), port, protocol, _requests(data))


def _peer(data: Mapping[str, Any], key: str) -> Peer:
    value = data.get(key)
    expected = 'expected {"pod": "namespace/name"}, {"ip": "address"} or {"entity": "name"}'
    if not isinstance(value, dict) or len(value.keys() & {"pod", "ip", "entity"}) != 1:
        raise BadProbe(f'"{key}" is {_shown(value)}: {expected}')
    if "pod" in value:
        pod = _text(value, "pod")
        return Peer(pod=pod if "/" in pod else f"default/{pod}")
    if "entity" in value:
        return Peer(entity=_text(value, "entity"))
    address = _text(value, "ip")
    if not is_ip(address):
        raise BadProbe(f'"{key}" has the ip "{address}": expected an address')
    return Peer(address=address)


def _requests(data: Mapping[str, Any]) -> tuple[Request, ...]:
    requests: list[Request] = []
    http, dns, tls = (_section(data, key) for key in ("http", "dns", "tls"))
    if http is not None:
        headers = _section(http, "headers") or {}
        requests.append(
            HttpRequest(
                _text(http, "method", "GET"),
                _text(http, "path", "/"),
                _text(http, "host", ""),
                {str(name): str(value) for name, value in headers.items()},
            )
        )
    if dns is not None:
        requests.append(DnsRequest(_text(dns, "query")))
    if tls is not None:
        requests.append(TlsHello(_text(tls, "sni")))
    return tuple(requests)


def _section(data: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = data.get(key)
    if value is not None and not isinstance(value, dict):
        raise BadProbe(f'"{key}" is {_shown(value)}: expected an object')
    return value


def _text(data: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str):
        raise BadProbe(f'"{key}" is {_shown(value)}: expected a text')
    return value


def _shown(value: Any) -> str:
    """The value as the JSON in which it came."""
    return "missing" if value is None else json.dumps(value, ensure_ascii=False)
