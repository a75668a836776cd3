"""What a scenario of the connectivity test does: probes from pods, each with what it should come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.tools.cilium.connectivity.workloads import CLIENTS, ECHO_PORT, ECHOES, MAIN
from quizgame.tools.output import Result, render
from quizgame.tools.pod import curl, ping
from quizgame.tools.pod.context import PodContext

if TYPE_CHECKING:
    from quizgame.cluster.objects import KubeObject
    from quizgame.cluster.world import Cluster
    from quizgame.tools.session import Session

WRITE_OUT = r"%{local_ip}:%{local_port} -> %{remote_ip}:%{remote_port} = %{response_code}\n"
EXTERNAL_TARGET, EXTERNAL_IPS = "one.one.one.one", ("1.1.1.1", "1.0.0.1")


@dataclass(frozen=True, slots=True)
class Site:
    """The clusters of a run: where the clients are, and where ``echo-other-node`` is."""

    session: Session
    cluster: Cluster
    remote: Cluster
    """The same cluster unless the test spans two."""

    def pods(self, name: str) -> list[tuple[Cluster, KubeObject]]:
        """Running pods of one of the test's workloads."""
        cluster = self.remote if name == "echo-other-node" else self.cluster
        return [
            (cluster, pod)
            for pod in cluster.api.list("pods", MAIN, label_selector=f"name={name}")
            if dig(pod, "status", "podIP")
        ]

    @property
    def is_multi_cluster(self) -> bool:
        """Whether the test spans two clusters."""
        return self.remote is not self.cluster

    def contexts(self) -> list[str]:
        """The clusters' contexts, each once."""
        return list(dict.fromkeys((self.cluster.context, self.remote.context)))

    def has_outside(self) -> bool:
        """Whether the tests' external targets exist in the simulated world."""
        outside = fabric_of(self.session.world).outside
        return bool(outside.resolve(EXTERNAL_TARGET)) and all(outside.hosts.get(ip) for ip in EXTERNAL_IPS)


@dataclass(frozen=True, slots=True)
class Probe:
    """One action: a program run in a pod."""

    name: str
    """``curl-ipv4-0``."""
    cluster: Cluster
    source: KubeObject
    target: str
    """The destination as the tool writes it."""
    target_labels: Mapping[str, str]
    argv: tuple[str, ...]
    path: str = "/"
    target_cluster: str = ""

    @property
    def source_text(self) -> str:
        """The source as the tool writes it."""
        return f"{namespace_of(self.source)}/{name_of(self.source)} ({self.source['status']['podIP']})"

    @property
    def source_labels(self) -> Mapping[str, str]:
        """Labels of the source pod."""
        return labels_of(self.source)

    @property
    def command(self) -> str:
        """The command line as the tool writes it."""
        return " ".join(self.argv)

    @property
    def container(self) -> str:
        """Name of the container it runs in."""
        return str(self.source["spec"]["containers"][0]["name"])

    def run(self, session: Session) -> Result:
        """Run it; the simulated clock moves by what it takes."""
        program = ping.run if self.argv[0] == "ping" else curl.run
        return program(self.argv, PodContext(session, self.cluster, self.source, self.container), ())


def output_of(result: Result) -> tuple[str, str]:
    """What a probe printed: standard output and standard error."""
    return render(result.stdout).rstrip("\n"), render(result.stderr).rstrip("\n")


def _curl(url: str) -> tuple[str, ...]:
    return (
        "curl", "--silent", "--fail", "--show-error", "--connect-timeout", "2", "--max-time", "10", "-4", "-w",
        WRITE_OUT, "--output", "/dev/null", url,
    )  # fmt: skip


def _ping(ip: str) -> tuple[str, ...]:
    return ("ping", "-c", "1", "-W", "2", "-w", "10", ip)


def _clients(site: Site) -> Iterator[tuple[Cluster, KubeObject]]:
    for name in CLIENTS:
        yield from site.pods(name)


def _echoes(site: Site) -> Iterator[tuple[Cluster, KubeObject]]:
    for name in sorted(ECHOES):
        yield from site.pods(name)


def _pod_text(pod: KubeObject, port: int = 0) -> str:
    address = f"{pod['status']['podIP']}:{port}" if port else pod["status"]["podIP"]
    return f"{namespace_of(pod)}/{name_of(pod)} ({address})"


def _pod_to_pod(site: Site, paths: Sequence[str] = ("",)) -> Iterator[Probe]:
    number = 0
    for cluster, client in _clients(site):
        for remote, echo in _echoes(site):
            for path in paths:
                url = f"http://{echo['status']['podIP']}:{ECHO_PORT}{path}"
                name = f"curl-ipv4-{number}" if not path else f"curl-ipv4-{number}-{path.strip('/') or 'root'}"
                yield Probe(name, cluster, client, _pod_text(echo, ECHO_PORT), labels_of(echo), _curl(url),
                            path or "/", remote.context)  # fmt: skip
            number += 1


def _pod_to_pod_with_endpoints(site: Site) -> Iterator[Probe]:
    return _pod_to_pod(site, ("/", "/public", "/private"))


def _client_to_client(site: Site) -> Iterator[Probe]:
    clients = list(_clients(site))
    number = 0
    for cluster, source in clients:
        for remote, target in clients:
            if name_of(source) == name_of(target):
                continue
            ip = target["status"]["podIP"]
            yield Probe(f"ping-ipv4-{number}", cluster, source, _pod_text(target), labels_of(target), _ping(ip),
                        target_cluster=remote.context)  # fmt: skip
            number += 1


def _pod_to_service(site: Site) -> Iterator[Probe]:
    number = 0
    for cluster, client in _clients(site):
        for name in sorted(ECHOES):
            service = cluster.api.find("services", name, MAIN)
            if service is None:
                continue
            host = f"{name}.{MAIN}"
            yield Probe(
                f"curl-{number}", cluster, client, f"{MAIN}/{name} ({host}:{ECHO_PORT})",
                {"kind": "echo", "name": name}, _curl(f"http://{host}:{ECHO_PORT}"), target_cluster=cluster.context,
            )  # fmt: skip
            number += 1


def _pod_to_host(site: Site) -> Iterator[Probe]:
    number = 0
    for cluster, client in _clients(site):
        for node in cluster.nodes:
            for address in dig(node, "status", "addresses", default=[]):
                if address["type"] != "InternalIP":
                    continue
                ip = address["address"]
                yield Probe(f"ping-ipv4-internal-ip-{number}", cluster, client, f"{ip} ({ip}:0)", {"kind": "host"},
                            _ping(ip), target_cluster=cluster.context)  # fmt: skip
                number += 1


def _host_to_pod(site: Site) -> Iterator[Probe]:
    number = 0
    for cluster, host in site.pods("host-netns"):
        for remote, echo in _echoes(site):
            url = f"http://{echo['status']['podIP']}:{ECHO_PORT}"
            yield Probe(f"curl-ipv4-{number}", cluster, host, _pod_text(echo, ECHO_PORT), labels_of(echo), _curl(url),
                        target_cluster=remote.context)  # fmt: skip
            number += 1


def _pod_to_world(site: Site) -> Iterator[Probe]:
    for number, (cluster, client) in enumerate(_clients(site)):
        host = f"{EXTERNAL_TARGET}."
        yield Probe(f"http-to-{EXTERNAL_TARGET}-{number}", cluster, client,
                    f"{EXTERNAL_TARGET}-http ({host}:80)", {"kind": "world"}, _curl(f"http://{host}"))  # fmt: skip


def _pod_to_cidr(site: Site) -> Iterator[Probe]:
    for number, (cluster, client) in enumerate(_clients(site)):
        for ip in EXTERNAL_IPS:
            yield Probe(f"external-{ip.replace('.', '')}-{number}", cluster, client, f"external-{ip} ({ip}:80)",
                        {"kind": "world"}, _curl(f"http://{ip}"))  # fmt: skip


def _pod_to_itself(site: Site) -> Iterator[Probe]:
    for name in sorted(ECHOES):
        for cluster, echo in site.pods(name):
            yield Probe(f"curl-{name}", cluster, echo, f"{MAIN}/{name} ({name}:{ECHO_PORT})", labels_of(echo),
                        _curl(f"http://{name}:{ECHO_PORT}"), target_cluster=cluster.context)  # fmt: skip


Scenario = Callable[[Site], Iterator[Probe]]
SCENARIOS: dict[str, Scenario] = {
    "pod-to-pod": _pod_to_pod,
    "client-to-client": _client_to_client,
    "pod-to-service": _pod_to_service,
    "pod-to-world": _pod_to_world,
    "pod-to-host": _pod_to_host,
    "host-to-pod": _host_to_pod,
    "pod-to-cidr": _pod_to_cidr,
    "pod-to-pod-with-endpoints": _pod_to_pod_with_endpoints,
    "pod-to-itself-via-service": _pod_to_itself,
}
"""The scenarios that are simulated."""
OUTSIDE_SCENARIOS = frozenset(("pod-to-world", "pod-to-cidr"))
