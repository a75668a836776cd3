"""Why a pod is not connected to a remote cluster, looked into from inside it.

Source: reference cilium-dbg, section 16; goldens ``cilium-dbg/troubleshoot-clustermesh-*``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.build import CILIUM_AGE_S
from quizgame.cluster.clock import EPOCH_NS
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.install.mesh_config import CONFIG_SECRET, MIRROR_SECRET
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.mesh.config import cluster_name_of, endpoint_of, remote_names
from quizgame.cluster.mesh.connecting import Dialled, Obstacle, dial
from quizgame.goflags.times import SECOND, format_time
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster, World

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
    problem: Obstacle | None = None


def _findings(tried: Dialled, resolver: str) -> Findings:
    host, port, ip = tried.host, tried.port, tried.ip
    if tried.obstacle is Obstacle.RESOLVE:
        reason = f"lookup {host} on {resolver}:53: no such host"
        return Findings(
            (
                f"❌ Cannot resolve hostname: {reason}",
                f"❌ Cannot establish TCP connection to {host}:{port}: dial tcp: {reason}",
            ),
            tried.obstacle,
        )
    lines = [f"✅ Hostname resolved to: {ip}"]
    if tried.obstacle in (Obstacle.TIMEOUT, Obstacle.REFUSED):
        ending = "i/o timeout" if tried.obstacle is Obstacle.TIMEOUT else "connect: connection refused"
        lines.append(f"❌ Cannot establish TCP connection to {host}:{port}: dial tcp {ip}:{port}: {ending}")
        return Findings(tuple(lines), tried.obstacle)
    lines.append(f"✅ TCP connection successfully established to {ip}:{port}")
    if tried.obstacle is Obstacle.TLS:
        lines.append(f"❌ Cannot establish TLS connection to {host}:{port}: {_UNTRUSTED}")
        return Findings(tuple(lines), tried.obstacle)
    lines += [
        f"✅ TLS connection successfully established to {ip}:{port}",
        "ℹ️  Negotiated TLS version: TLS 1.3, ciphersuite TLS_AES_128_GCM_SHA256",
        f"ℹ️  Etcd server version: {_ETCD_VERSION}",
    ]
    return Findings(tuple(lines))


def _certificate(cluster: Cluster, subject: str, kind: str) -> list[str]:
    digits = keyed_hex(cluster.api.seed, "certificate-serial", cluster.context, subject, kind, digits=40)
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


@dataclass(frozen=True, slots=True)
class MeshTrouble:
    """A pod that connects to remote clusters, and what can be found out from inside it."""

    world: World
    cluster: Cluster
    place: str
    """Its node, as ``context/node``."""
    is_mirror: bool = False
    """The pod is KVStoreMesh's, which has a configuration of its own."""

    @property
    def _secret(self) -> str:
        return MIRROR_SECRET if self.is_mirror else CONFIG_SECRET

    def report(self, wanted: Sequence[str]) -> list[Line]:
        """Look into the named clusters, or into all that are configured."""
        configured = remote_names(self.cluster.api, self._secret)
        told = [Line(f"Found {len(configured)} cluster configurations")]
        if wanted:
            told.append(Line(f"Troubleshooting filtered subset of clusters: {', '.join(wanted)}"))
        for name in wanted or configured:
            told += self._one(name)
        return told

    def _one(self, name: str) -> list[Line]:
        api = self.cluster.api
        told = [Line(""), Line(f'Cluster "{name}":')]
        if name == cluster_name_of(api):
            return [*told, Line("ℹ️  This entry corresponds to the local cluster")]
        if name not in remote_names(api, self._secret) or not endpoint_of(api, name, self._secret):
            missing = fact("mesh", cluster=self.cluster.context, remote=name, status="not-configured")
            return [*told, Line("❌ Configuration not found", (missing,))]
        fabric = fabric_of(self.world)
        tried = dial(self.world, fabric.links, self.cluster, self.place, name, as_mirror=self.is_mirror)
        found = _findings(tried, fabric.outside.resolver_ip)
        known = self._facts(name, tried)
        shown = [
            f"📄 Configuration path: /var/lib/cilium/clustermesh/{name}",
            "",
            "🔌 Endpoints:",
            f"   - {tried.url}",
            *(f"     {line}" for line in found.lines),
            "",
            "🔑 Digital certificates:",
            "   ✅ TLS Root CA certificates:",
            *_certificate(self.cluster, "Cilium CA", "ca"),
            "   ✅ TLS client certificates:",
            *_certificate(self.cluster, "remote", "client"),
            "",
            "⚙️ Etcd client:",
        ]
        if found.problem:
            shown.append("   ❌ Failed to establish connection: context deadline exceeded")
            self.world.advance(ETCD_TIMEOUT_S)
        else:
            etcd = keyed_hex(self.cluster.api.seed, "etcd-cluster", name, digits=16)
            shown += ["   ✅ Etcd connection successfully established", f"   ℹ️  Etcd cluster ID: {etcd}"]
        return [*told, *(Line(text, _told(text, known)) for text in shown)]

    def _facts(self, name: str, tried: Dialled) -> tuple[Fact, ...]:
        """What a connection tells of the mesh; one to the own cluster's copy tells nothing of the remote cluster."""
        if tried.server is self.cluster:
            return ()
        status = "connected" if tried.obstacle is None else "not-connected"
        reason = tried.obstacle.value if tried.obstacle is not None else None
        return (fact("mesh", cluster=self.cluster.context, remote=name, status=status, message=reason),)


def _told(text: str, known: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return known if text.lstrip().startswith(("❌", "✅ Etcd", "✅ TLS connection")) else ()
