"""Source and destination of a flow as text.

# Source: cilium/cilium v1.19 hubble/pkg/printer/printer.go GetHostNames, Hostname, GetSecurityIdentities.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from quizgame.hubble.enums import RESERVED_IDENTITIES
from quizgame.hubble.flow import Endpoint, Flow, Layer4, Service
from quizgame.hubble.printers.color import CYAN, MAGENTA, YELLOW, paint
from quizgame.hubble.printers.options import PrintOptions

HostNames = Callable[[Flow], tuple[str, str]]


def host_names(options: PrintOptions) -> HostNames:
    """Return what names the two sides of a flow, ``shop/cart:8080``."""
    translate, color = options.ip_translation, options.color

    def side(address: str, port: int, endpoint: Endpoint | None, service: Service | None, names: list[str]) -> str:
        host = address
        if translate:
            namespace = endpoint.namespace if endpoint is not None else ""
            # A recorded service's namespace counts for the pod as well, even an empty one.
            if service is not None:
                namespace = service.namespace
            if endpoint is not None and endpoint.pod_name:
                host = join_path(namespace, endpoint.pod_name)
            elif service is not None and service.name:
                host = join_path(namespace, service.name)
            elif names:
                host = ",".join(names)
        if port:
            if ":" in host:
                host = f"[{host}]"
            host = f"{host}:{paint(YELLOW, str(port))}" if color else f"{host}:{port}"
        return paint(CYAN, host) if color else host

    def both(flow: Flow) -> tuple[str, str]:
        ip = flow.ip
        if ip is None:
            ethernet = flow.ethernet
            if ethernet is None:
                return "", ""
            if color:
                return paint(CYAN, ethernet.source), paint(CYAN, ethernet.destination)
            return ethernet.source, ethernet.destination
        source_port, destination_port = ports(flow.l4)
        return (
            side(ip.source, source_port, flow.source, flow.source_service, flow.source_names),
            side(ip.destination, destination_port, flow.destination, flow.destination_service, flow.destination_names),
        )

    return both


def ports(l4: Layer4 | None) -> tuple[int, int]:
    """Return source and destination port; 0 where there is none."""
    if l4 is not None:
        header = l4.tcp or l4.udp or l4.sctp
        if header is not None:
            return header.source_port, header.destination_port
    return 0, 0


def identity_text(color: bool) -> Callable[[Endpoint | None], str]:
    """Return what prints an endpoint's identity: ``(ID:1234)``, ``(world)``, ``(unknown)`` for no endpoint."""
    reserved = {number: f"({name})" for number, name in RESERVED_IDENTITIES.items()}

    def plain(endpoint: Endpoint | None) -> str:
        number = endpoint.identity if endpoint is not None else 0
        return reserved.get(number) or f"(ID:{number})"

    return (lambda endpoint: paint(MAGENTA, plain(endpoint))) if color else plain


def join_path(namespace: str, name: str) -> str:
    """Join as Go's ``path.Join`` does: without a slash if a part is empty, and cleaned."""
    joined = f"{namespace}/{name}" if namespace else name
    if "//" in joined or "." in (namespace, name) or "/." in joined or joined.endswith("/"):
        cleaned = posixpath.normpath(joined)
        return cleaned[1:] if cleaned.startswith("//") else cleaned
    return joined
