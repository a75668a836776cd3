"""Tests of proxies: HTTP, names, TLS server names. Source: cilium/cilium cilium-cli/connectivity/builder."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.tools.cilium.connectivity.actions import Probe
from quizgame.tools.cilium.connectivity.expectations import (
    DNS_DROP_HTTP,
    DNS_DROP_TIMEOUT,
    DNS_OK,
    DROP,
    DROP_HTTP,
    DROP_TIMEOUT,
    NONE,
    NOT_ALLOWED,
    OK,
    PROXIED_GET,
    PROXIED_POST,
    TLS_REFUSED,
    Expectation,
)
from quizgame.tools.cilium.connectivity.options import Options
from quizgame.tools.cilium.connectivity.policies import (
    CLIENTS,
    ECHOES,
    GET_ROOT,
    ONLY_DNS,
    OTHER_CLIENT,
    Policy,
    anywhere,
    cilium,
    echo_ports,
    http,
    labelled,
    ports,
)
from quizgame.tools.cilium.connectivity.scenarios import (
    POD_TO_HOST_PORT,
    POD_TO_WORLD_2,
    SECRET_HEADER,
    pod_to_pod,
    pod_to_pod_with_endpoints,
    pod_to_world,
    to_port_80,
    to_port_80_of_client2,
)
from quizgame.tools.cilium.connectivity.site import Site
from quizgame.tools.cilium.connectivity.suite.test import NamedTest, Resources, always, fixed
from quizgame.tools.cilium.connectivity.workloads import ECHO_PORT

_CLIENT2 = labelled(**OTHER_CLIENT)
_PAGES = http(
    GET_ROOT,
    {"method": "GET", "path": "/public"},
    {"method": "GET", "path": "/private", "headers": [f"{name}: {value}" for name, value in SECRET_HEADER.items()]},
)
_EGRESS_NOT_ALLOWED = Expectation(NOT_ALLOWED, NONE)


def _is_client2(probe: Probe) -> bool:
    return probe.source.has(OTHER_CLIENT)


def _has_secret(probe: Probe) -> bool:
    return SECRET_HEADER.items() <= dict(probe.peer.labels).items()


def _pages_for_client2(probe: Probe, _site: Site) -> Expectation:
    if not _is_client2(probe):
        return Expectation(DROP, NOT_ALLOWED)
    is_refused = probe.peer.path == "/private" and not _has_secret(probe)
    return Expectation(DROP_HTTP if is_refused else PROXIED_GET, NONE)


def _posts_of_client2(probe: Probe, _site: Site) -> Expectation:
    if not _is_client2(probe) or probe.peer.port != ECHO_PORT:
        return _EGRESS_NOT_ALLOWED
    return Expectation(PROXIED_POST if probe.peer.has(other="echo") else DROP_HTTP, NONE)


def _roots_for_client2(probe: Probe, site: Site) -> Expectation:
    peer = probe.peer
    is_proxied = peer.port == ECHO_PORT or (peer.port == 80 and peer.address == site.options.external_target)
    if not _is_client2(probe) or not is_proxied:
        return _EGRESS_NOT_ALLOWED
    return Expectation(PROXIED_GET if peer.path in ("", "/") else DNS_DROP_HTTP, NONE)


def _first_name_only(probe: Probe, site: Site) -> Expectation:
    if probe.peer.address == site.options.external_other_target:
        return Expectation(DROP_TIMEOUT, NONE)
    return Expectation(DNS_OK if probe.peer.port == 80 else DNS_DROP_TIMEOUT, NONE)


def _encrypted_only(probe: Probe, _site: Site) -> Expectation:
    return Expectation(OK, NONE) if probe.peer.port == 443 else _EGRESS_NOT_ALLOWED


def _other_names_refused(probe: Probe, _site: Site) -> Expectation:
    return Expectation(TLS_REFUSED, NONE) if probe.peer.port == 443 else _EGRESS_NOT_ALLOWED


def _target(options: Options) -> str:
    return options.external_target.removesuffix(".")


def _to_target(options: Options) -> list[dict[str, str]]:
    return [{"matchName": _target(options)}]


def _to_fqdns(options: Options) -> tuple[Policy, ...]:
    rule = {"toFQDNs": _to_target(options), "toPorts": ports("80")}
    return (cilium("client-egress-to-fqdns", CLIENTS, egress=[rule]), ONLY_DNS)


def _to_fqdns_with_proxy(options: Options) -> tuple[Policy, ...]:
    rule = {"toFQDNs": _to_target(options), "toPorts": ports("80", **http(GET_ROOT))}
    return (cilium(f"client-egress-to-fqdns-{_target(options)}", CLIENTS, egress=[rule]), ONLY_DNS)


def _roots(name: str, *, port: str = "", is_range: bool = False) -> Resources:
    def made(options: Options) -> tuple[Policy, ...]:
        to_echo = ports(port, **http(GET_ROOT)) if port else echo_ports(is_range=is_range, **http(GET_ROOT))
        outside = ports("80", end=81 if is_range else 0, **http(GET_ROOT))
        policy = cilium(name, _CLIENT2, egress=[
            {"toEndpoints": [anywhere(ECHOES)], "toPorts": to_echo},
            {"toFQDNs": _to_target(options), "toPorts": outside},
        ])  # fmt: skip
        return ONLY_DNS, policy

    return made


def _posts(name: str, *, is_range: bool) -> Resources:
    to_ports = echo_ports(is_range=is_range, **http({"method": "POST"}))
    return fixed(ONLY_DNS, cilium(name, _CLIENT2, egress=[{"toEndpoints": [anywhere(ECHOES)], "toPorts": to_ports}]))


def _server_names(name: str, *, wildcards: int = 0, is_other: bool = False) -> Resources:
    """Policies that let through TLS with one server name, or with a pattern in place of its first labels."""

    def made(options: Options) -> tuple[Policy, ...]:
        wanted = (options.external_other_target if is_other else options.external_target).removesuffix(".")
        if wildcards:
            wanted = "*" * wildcards + "." + ".".join(wanted.split(".")[wildcards:])
        return cilium(name, CLIENTS, egress=[{"toPorts": ports("443", serverNames=[wanted])}]), ONLY_DNS

    return made


def _of_requests() -> Iterator[NamedTest]:
    ingress = [{"fromEndpoints": [anywhere(_CLIENT2)], "toPorts": echo_ports(**_PAGES)}]
    named = [{"fromEndpoints": [anywhere(_CLIENT2)], "toPorts": ports(f"http-{ECHO_PORT}", **_PAGES)}]
    for name, rules in (("echo-ingress-l7", ingress), ("echo-ingress-l7-named-port", named)):
        policy = cilium(name.replace("l7", "l7-http"), ECHOES, ingress=rules)
        yield NamedTest(name, (pod_to_pod_with_endpoints(),), fixed(policy), _pages_for_client2)
    posts = (
        pod_to_pod_with_endpoints({"other": "echo"}, method="POST"),
        pod_to_pod_with_endpoints({"first": "echo"}),
    )
    for suffix in ("", "-port-range"):
        resources = _posts(f"client-egress-l7-http-method{suffix}", is_range=bool(suffix))
        yield NamedTest(f"client-egress-l7-method{suffix}", posts, resources, _posts_of_client2)
    roots = (pod_to_pod(), pod_to_world(to_port_80_of_client2))
    for suffix in ("", "-port-range"):
        resources = _roots(f"client-egress-l7-http{suffix}", is_range=bool(suffix))
        yield NamedTest(f"client-egress-l7{suffix}", roots, resources, _roots_for_client2)
    named_port = _roots("client-egress-l7-http-named-port", port=f"http-{ECHO_PORT}")
    yield NamedTest("client-egress-l7-named-port", roots, named_port, _roots_for_client2)


def _of_server_names() -> Iterator[NamedTest]:
    name = "client-egress-tls-sni"
    yield NamedTest(name, (pod_to_world(),), _server_names(name), _encrypted_only)
    yield NamedTest(f"{name}-denied", (pod_to_world(),), _server_names(f"{name}-other", is_other=True),
               _other_names_refused)  # fmt: skip
    for kind, wildcards in (("wildcard", 1), ("double-wildcard", 2)):
        resources = _server_names(f"{name}-{kind}", wildcards=wildcards)
        yield NamedTest(f"{name}-{kind}", (pod_to_world(),), resources, _encrypted_only)
        yield NamedTest(f"{name}-{kind}-denied", (POD_TO_WORLD_2,), resources, _other_names_refused)


TESTS: tuple[NamedTest, ...] = (
    *_of_requests(),
    *_of_server_names(),
    NamedTest("echo-ingress-l7-via-hostport", (POD_TO_HOST_PORT,)),
    NamedTest(
        "dns-only",
        (pod_to_pod(), pod_to_world()),
        fixed(ONLY_DNS),
        always(Expectation(DROP_TIMEOUT, NONE)),
        needs_outside=True,
    ),
    NamedTest("to-fqdns", (pod_to_world(to_port_80), POD_TO_WORLD_2), _to_fqdns, _first_name_only),
    NamedTest(
        "to-fqdns-with-proxy", (pod_to_world(to_port_80), POD_TO_WORLD_2), _to_fqdns_with_proxy, _first_name_only
    ),
)
