"""``cilium-dbg troubleshoot clustermesh``: why an agent is not connected to a remote cluster.

Source: reference cilium-dbg, section 16; goldens ``cilium-dbg/troubleshoot-clustermesh-*``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from quizgame.cluster.build import CILIUM_AGE_S
from quizgame.cluster.clock import EPOCH_NS
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.mesh import cluster_name_of, endpoint_of, is_available, remote_names, service_port, trusts
from quizgame.goflags.times import SECOND, format_time
from quizgame.tools.cilium_dbg.call import Call, Sub
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

ETCD_TIMEOUT_S = 5
_ETCD_VERSION = "3.6.5"
_UNTRUSTED = (
    "tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "
    '"crypto/rsa: verification error" while trying to verify candidate authority certificate "Cilium CA")'
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was tried for one endpoint, and where it stopped."""

    lines: tuple[str, ...]
    problem: str = ""
    """``resolve``, ``tcp`` or ``tls``; empty where all went well."""


def _remote(call: Call, name: str) -> Cluster | None:
    world = call.context.session.world
    return next((each for each in world.clusters.values() if cluster_name_of(each.api) == name), None)


def _try(call: Call, name: str, url: str) -> Findings:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    remote = _remote(call, name)
    world = call.context.session.world
    resolver = fabric_of(world).outside.resolver_ip
    if remote is None:
        reason = f"lookup {host} on {resolver}:53: no such host"
        return Findings(
            (
                f"❌ Cannot resolve hostname: {reason}",
                f"❌ Cannot establish TCP connection to {host}:{port}: dial tcp: {reason}",
            ),
            "resolve",
        )
    ip = remote.api_address
    lines = [f"✅ Hostname resolved to: {ip}"]
    links = fabric_of(world).links
    reaches = any(links.allows(call.agent.place, f"{remote.context}/{node}", "TCP", port) for node in remote.agents)
    if not reaches or port != service_port(remote.api) or not is_available(remote.api):
        ending = "i/o timeout" if not reaches else "connect: connection refused"
        lines.append(f"❌ Cannot establish TCP connection to {host}:{port}: dial tcp {ip}:{port}: {ending}")
        return Findings(tuple(lines), "tcp")
    lines.append(f"✅ TCP connection successfully established to {ip}:{port}")
    if not trusts(call.context.cluster.api, remote.api, name):
        lines.append(f"❌ Cannot establish TLS connection to {host}:{port}: {_UNTRUSTED}")
        return Findings(tuple(lines), "tls")
    lines += [
        f"✅ TLS connection successfully established to {ip}:{port}",
        "ℹ️  Negotiated TLS version: TLS 1.3, ciphersuite TLS_AES_128_GCM_SHA256",
        f"ℹ️  Etcd server version: {_ETCD_VERSION}",
    ]
    return Findings(tuple(lines))


def _certificate(call: Call, subject: str, kind: str) -> list[str]:
    digits = keyed_hex(call.agent.seed, "certificate-serial", call.cluster, subject, kind, digits=40)
    serial = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    begin = EPOCH_NS - CILIUM_AGE_S * SECOND
    layout = "2006-01-02 15:04:05 -0700 MST"
    return [
        f"      - Serial number:       {serial}",
        f"        Subject:             CN={subject}",
        "        Issuer:              CN=Cilium CA",
        "        Validity:",
        f"          Not before:  {format_time(begin, layout)}",
        f"          Not after:   {format_time(begin + 3 * 365 * 24 * 3600 * SECOND, layout)}",
    ]


def _one(call: Call, name: str) -> Result:
    api = call.context.cluster.api
    result = Result(stdout=[Line(""), Line(f'Cluster "{name}":')])
    if name == cluster_name_of(api):
        result.stdout.append(Line("ℹ️  This entry corresponds to the local cluster"))
        return result
    url = endpoint_of(api, name)
    if name not in remote_names(api) or not url:
        known = (fact("mesh", cluster=call.cluster, remote=name, status="not-configured"),)
        result.stdout.append(Line("❌ Configuration not found", known))
        return result
    found = _try(call, name, url)
    status = "connected" if not found.problem else "not-connected"
    reason = {"": None, "resolve": "no such host", "tcp": "port unreachable", "tls": "unknown authority"}[found.problem]
    known = (fact("mesh", cluster=call.cluster, remote=name, status=status, message=reason),)
    shown = [
        f"📄 Configuration path: /var/lib/cilium/clustermesh/{name}",
        "",
        "🔌 Endpoints:",
        f"   - {url}",
        *(f"     {line}" for line in found.lines),
        "",
        "🔑 Digital certificates:",
        "   ✅ TLS Root CA certificates:",
        *_certificate(call, "Cilium CA", "ca"),
        "   ✅ TLS client certificates:",
        *_certificate(call, "remote", "client"),
        "",
        "⚙️ Etcd client:",
    ]
    if found.problem:
        shown.append("   ❌ Failed to establish connection: context deadline exceeded")
        call.context.session.world.advance(ETCD_TIMEOUT_S)
    else:
        etcd = keyed_hex(call.agent.seed, "etcd-cluster", name, digits=16)
        shown += ["   ✅ Etcd connection successfully established", f"   ℹ️  Etcd cluster ID: {etcd}"]
    result.stdout += [Line(text, _told(text, known)) for text in shown]
    return result


def _told(text: str, known: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return known if text.lstrip().startswith(("❌", "✅ Etcd", "✅ TLS connection")) else ()


def _clustermesh(call: Call) -> Result:
    configured = remote_names(call.context.cluster.api)
    result = Result(stdout=[Line(f"Found {len(configured)} cluster configurations")])
    if call.args:
        result.stdout.append(Line(f"Troubleshooting filtered subset of clusters: {', '.join(call.args)}"))
    for name in call.args or configured:
        result.stdout += _one(call, name).stdout
    return result


COMMANDS = (
    Sub("troubleshoot clustermesh", "clustermesh [clusters...]", "Find out why remote clusters are not connected",
        _clustermesh),
)  # fmt: skip
