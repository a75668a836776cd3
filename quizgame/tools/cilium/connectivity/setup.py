"""Deploying what the connectivity test needs, and waiting for it. Source: reference cilium-cli, section 6."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from quizgame.cluster.objects import dig, name_of
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.names import NameOutcome, resolve
from quizgame.datapath.topology import pod_origin
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import AGENT_SELECTOR, BareFailure, Call
from quizgame.tools.cilium.connectivity.probes import Site
from quizgame.tools.cilium.connectivity.workloads import (
    AFFINITIES,
    CCNP1,
    CCNP2,
    CLIENTS,
    ECHO_PORT,
    ECHOES,
    MAIN,
    NAMESPACES,
    echo_service,
    ensure,
    ensure_deployment,
    host_netns,
    is_ready,
    namespace,
    remove_namespaces,
)

READY_S, LOOKUP_S = 300, 30
_LIMIT_NS = 2 * SECOND


class Say(Protocol):
    """Prints a line of progress."""

    def __call__(self, text: str) -> None:
        """Print it."""
        ...  # pragma: no cover


class Setup:
    """Brings the test's workloads up.

    Args:
        call: The running command.
        site: The clusters of the run.
        say: Prints progress.
    """

    def __init__(self, call: Call, site: Site, say: Say) -> None:
        self.call, self.site, self.say = call, site, say
        self.world = call.world

    def need_cilium(self) -> None:
        """End the command unless Cilium is installed."""
        if self.call.api.find("daemonsets.apps", "cilium", self.call.namespace) is None:
            self.say('🟥 Unable to determine status of Cilium DaemonSet. Run "cilium status" for more details')
            raise BareFailure('unable to determine status of Cilium DaemonSet: daemonsets.apps "cilium" not found')

    def deploy(self) -> None:
        """Create what is not there yet."""
        site, here = self.site, self.site.cluster
        name = here.context
        if self.call.flags.is_on("force-deploy"):
            for cluster in (here, site.remote):
                if remove_namespaces(cluster, NAMESPACES):
                    self.say(f"🔥 [{cluster.context}] Deleting connectivity check deployments...")
            self.call.wait_for(self._is_clean, READY_S)
        for context in self.site.contexts():
            if ensure(
                self.world.clusters[context], "namespaces", namespace(MAIN, {"app.kubernetes.io/name": "cilium-cli"})
            ):
                self.say(f"✨ [{context}] Creating namespace {MAIN} for connectivity check...")
        self.world.settle()
        if ensure(here, "services", echo_service("echo-same-node", is_global=self.site.is_multi_cluster)):
            self.say(f"✨ [{name}] Deploying echo-same-node service...")
            self.say(f"✨ [{name}] Deploying DNS test server configmap...")
        for each in ("echo-same-node", *CLIENTS):
            shown = "same-node" if each == "echo-same-node" else each
            if ensure_deployment(here, each, MAIN, AFFINITIES.get(each)):
                self.say(f"✨ [{name}] Deploying {shown} deployment...")
        for context in self.site.contexts():
            service = echo_service("echo-other-node", is_global=self.site.is_multi_cluster)
            if ensure(self.world.clusters[context], "services", service):
                self.say(f"✨ [{context}] Deploying echo-other-node service...")
        affinity = None if self.site.is_multi_cluster else AFFINITIES["echo-other-node"]
        if ensure_deployment(site.remote, "echo-other-node", MAIN, affinity):
            self.say(f"✨ [{site.remote.context}] Deploying other-node deployment...")
        if ensure(here, "daemonsets.apps", host_netns()):
            self.say(f"✨ [host-netns] Deploying {name} daemonset...")
        self.say("ℹ️  Skipping tests that require a node Without Cilium")
        self.say(f"✨ [{name}] Deploying ccnp deployment...")
        for each in (CCNP1, CCNP2):
            if ensure(here, "namespaces", namespace(each)):
                self.say(f"✨ [{name}] Creating namespace {each} for connectivity check...")
            ensure_deployment(here, "client-ccnp", each)
        self.world.settle()

    def _is_clean(self) -> bool:
        return all(
            cluster.api.find("namespaces", name) is None
            for cluster in (self.site.cluster, self.site.remote) for name in NAMESPACES
        )  # fmt: skip

    def wait(self) -> None:
        """Wait until everything is up and every client reaches every echo pod and the cluster's DNS."""
        here, remote = self.site.cluster, self.site.remote
        for each in ("client", "client2", "echo-same-node", "client3", "echo-other-node"):
            cluster = remote if each == "echo-other-node" else here
            self._wait_for(cluster.context, "deployments.apps", each, MAIN)
        for each in (CCNP1, CCNP2):
            self._wait_for(here.context, "deployments.apps", "client-ccnp", each)
        for echo in sorted(ECHOES, reverse=True):
            for client in CLIENTS:
                self._reach_echo(client, echo)
        for client in CLIENTS:
            self._reach_api(client)
        for echo in sorted(ECHOES):
            self.say(f"⌛ [{here.context}] Waiting for Service {MAIN}/{echo} to become ready...")
            for pod in here.api.list("pods", self.call.namespace, label_selector=AGENT_SELECTOR):
                if self._has_client(dig(pod, "spec", "nodeName", default="")):
                    self.say(f"⌛ [{here.context}] Waiting for Service {MAIN}/{echo} to be synchronized by Cilium pod "
                             f"{self.call.namespace}/{name_of(pod)}")  # fmt: skip
        self._wait_for(here.context, "daemonsets.apps", "host-netns", MAIN)

    def _has_client(self, node: str) -> bool:
        return any(dig(pod, "spec", "nodeName") == node for name in CLIENTS for _, pod in self.site.pods(name))

    def _wait_for(self, context: str, plural: str, name: str, where: str) -> None:
        kind = "DaemonSet" if plural == "daemonsets.apps" else "deployment"
        self.say(f"⌛ [{context}] Waiting for {kind} {where}/{name} to become ready...")
        cluster = self.world.clusters[context]
        if not self.call.wait_for(lambda: is_ready(cluster, plural, name, where), READY_S):
            found = cluster.api.find(plural, name, where)
            ready = dig(found, "status", "availableReplicas", default=0)
            raise BareFailure(
                f"timeout reached waiting for {kind} {where}/{name} to become ready (last error: only {ready} of 1 "
                "replicas are available)"
            )

    def _pods(self, name: str) -> Iterable[str]:
        return (name_of(pod) for _, pod in self.site.pods(name))

    def _reach_echo(self, client: str, echo: str) -> None:
        """Each client has to get an answer from each echo pod before the tests begin."""
        context = self.site.cluster.context
        for source in self._pods(client):
            for _, target in self.site.pods(echo):
                name = f"{MAIN}/{name_of(target)}"
                self.say(f"⌛ [{context}] Waiting for pod {MAIN}/{source} to reach DNS server on {name} pod...")
                origin = pod_origin(self.world, context, MAIN, source)
                ip = target["status"]["podIP"]
                found = origin is not None and self.call.wait_for(
                    lambda origin=origin, ip=ip: (  # type: ignore[misc]  # defaults bind the loop's values
                        tcp(self.world, origin, ip, ECHO_PORT, timeout_ns=_LIMIT_NS).outcome is Outcome.OK
                    ),
                    LOOKUP_S,
                )
                if not found:
                    raise BareFailure(
                        f"timeout reached waiting lookup for localhost from pod {MAIN}/{source} to server on pod "
                        f"{name} to succeed (last error: context deadline exceeded)"
                    )

    def _reach_api(self, client: str) -> None:
        context = self.site.cluster.context
        for source in self._pods(client):
            self.say(f"⌛ [{context}] Waiting for pod {MAIN}/{source} to reach default/kubernetes service...")
            origin = pod_origin(self.world, context, MAIN, source)
            found = origin is not None and self.call.wait_for(
                lambda origin=origin: (  # type: ignore[misc]  # the default binds the loop's value
                    resolve(self.world, origin, "kubernetes.default", timeout_ns=_LIMIT_NS).outcome is NameOutcome.OK
                ),
                LOOKUP_S,
            )
            if not found:
                raise BareFailure(
                    f"timeout reached waiting lookup for kubernetes.default from pod {MAIN}/{source} to succeed "
                    "(last error: context deadline exceeded)"
                )
