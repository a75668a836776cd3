"""Deploying what the connectivity test needs, and waiting for it. Source: reference cilium-cli, section 6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from quizgame.cluster.objects import dig, name_of
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.names import NameOutcome, resolve
from quizgame.datapath.topology import pod_origin
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import AGENT_SELECTOR, BareFailure, Call
from quizgame.tools.cilium.connectivity.site import Member, Site
from quizgame.tools.cilium.connectivity.workloads import (
    AFFINITIES,
    CLUSTERWIDE_CLIENT,
    ECHO_PORT,
    HOST_NETNS,
    echo_service,
    ensure,
    ensure_deployment,
    host_netns,
    is_ready,
    l7_service,
    namespace,
    remove_namespaces,
)

if TYPE_CHECKING:
    from quizgame.cluster.world import Cluster

READY_S, LOOKUP_S, NODE_PORT_S = 300, 30, 30
_LIMIT_NS = 2 * SECOND
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_L7_SERVICES = {"l7-lb": ("l7-lb", True), "l7-lb-non-l7": ("l7-lb non-L7", False)}
"""Services for tests of Envoy's balancing: name → how it is told, and whether Envoy is to balance."""


def is_single_node(cluster: Cluster) -> bool:
    """Whether only one node takes ordinary pods."""
    usable = [
        node
        for node in cluster.nodes
        if not any(taint["key"] in _CONTROL_PLANE for taint in dig(node, "spec", "taints", default=()))
    ]
    return len(usable) <= 1


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
        name, where, is_global = here.context, site.namespace, site.is_multi_cluster
        if self.call.flags.is_on("force-deploy"):
            self._start_afresh()
        for cluster in site.clusters():
            if ensure(cluster, "namespaces", namespace(where, {"app.kubernetes.io/name": "cilium-cli"})):
                self.say(f"✨ [{cluster.context}] Creating namespace {where} for connectivity check...")
        self.world.settle()
        if ensure(here, "services", echo_service("echo-same-node", where, is_global=is_global)):
            self.say(f"✨ [{name}] Deploying echo-same-node service...")
            self.say(f"✨ [{name}] Deploying DNS test server configmap...")
        for each in ("echo-same-node", *site.client_names):
            shown = "same-node" if each == "echo-same-node" else each
            if ensure_deployment(here, each, where, AFFINITIES.get(each)):
                self.say(f"✨ [{name}] Deploying {shown} deployment...")
        if not site.is_single_node:
            self._deploy_elsewhere()
        if ensure(here, "daemonsets.apps", host_netns(where)):
            self.say(f"✨ [host-netns] Deploying {name} daemonset...")
        self.say("ℹ️  Skipping tests that require a node Without Cilium")
        self._deploy_for_clusterwide()
        for service, (shown, is_l7) in _L7_SERVICES.items():
            if ensure(here, "services", l7_service(service, where, is_l7=is_l7)):
                self.say(f"✨ [{name}] Deploying {shown} service...")
        self.world.settle()

    def _start_afresh(self) -> None:
        for cluster in self.site.clusters():
            if remove_namespaces(cluster, self.site.options.namespaces):
                self.say(f"🔥 [{cluster.context}] Deleting connectivity check deployments...")
        self.call.wait_for(self._is_clean, READY_S)

    def _deploy_for_clusterwide(self) -> None:
        """Create the clients of the cluster-wide policies."""
        here, site = self.site.cluster, self.site
        name = here.context
        self.say(f"✨ [{name}] Deploying ccnp deployment...")
        is_new = False
        for each in site.options.clusterwide_namespaces:
            if ensure(here, "namespaces", namespace(each)):
                self.say(f"✨ [{name}] Creating namespace {each} for connectivity check...")
                is_new = True
            ensure_deployment(here, CLUSTERWIDE_CLIENT, each)
        if is_new:
            self.say(f"✨ [{name}] Deploying same-node deployment...")

    def _deploy_elsewhere(self) -> None:
        """Create the server on another node, or in the other cluster."""
        site, is_global = self.site, self.site.is_multi_cluster
        for cluster in site.clusters():
            if ensure(cluster, "services", echo_service("echo-other-node", site.namespace, is_global=is_global)):
                self.say(f"✨ [{cluster.context}] Deploying echo-other-node service...")
        affinity = None if is_global else AFFINITIES["echo-other-node"]
        if ensure_deployment(site.remote, "echo-other-node", site.namespace, affinity):
            self.say(f"✨ [{site.remote.context}] Deploying other-node deployment...")

    def _is_clean(self) -> bool:
        return all(
            cluster.api.find("namespaces", name) is None
            for cluster in self.site.clusters()
            for name in self.site.options.namespaces
        )

    # ------------------------------------------------------------ waiting

    def wait(self) -> None:
        """Wait until everything is up and every client reaches every server and the cluster's DNS."""
        site, here = self.site, self.site.cluster
        first, *others = site.client_names
        for each in (first, *others[:1], "echo-same-node", *others[1:]):
            self._wait_for(here, "deployments.apps", each, site.namespace)
        if not site.is_single_node:
            self._wait_for(site.remote, "deployments.apps", "echo-other-node", site.namespace)
        for each in site.options.clusterwide_namespaces:
            self._wait_for(here, "deployments.apps", CLUSTERWIDE_CLIENT, each)
        for echo in sorted(site.echo_names, reverse=True):
            for client in site.clients():
                for target in site.pods(echo):
                    self._reach_echo(client, target)
        for client in site.clients():
            self._reach_api(client)
        for echo in site.echo_names:
            self.say(f"⌛ [{here.context}] Waiting for Service {site.namespace}/{echo} to become ready...")
            for pod in here.api.list("pods", self.call.namespace, label_selector=AGENT_SELECTOR):
                if self._has_client(dig(pod, "spec", "nodeName", default="")):
                    self.say(f"⌛ [{here.context}] Waiting for Service {site.namespace}/{echo} to be synchronized by "
                             f"Cilium pod {self.call.namespace}/{name_of(pod)}")  # fmt: skip
        self._reach_node_ports()
        self._wait_for(here, "daemonsets.apps", HOST_NETNS, site.namespace)
        for service in (*_L7_SERVICES, "l7-lb-non-l7"):
            self.say(f"⌛ [{here.context}] Waiting for Service {site.namespace}/{service} to become ready...")

    def _has_client(self, node: str) -> bool:
        return any(client.node == node for client in self.site.clients())

    def _wait_for(self, cluster: Cluster, plural: str, name: str, where: str) -> None:
        kind = "DaemonSet" if plural == "daemonsets.apps" else "deployment"
        self.say(f"⌛ [{cluster.context}] Waiting for {kind} {where}/{name} to become ready...")
        if not self.call.wait_for(lambda: is_ready(cluster, plural, name, where), READY_S):
            found = cluster.api.find(plural, name, where)
            ready = dig(found, "status", "availableReplicas", default=0)
            raise BareFailure(
                f"timeout reached waiting for {kind} {where}/{name} to become ready (last error: only {ready} of 1 "
                "replicas are available)"
            )

    def _answers(self, client: Member, ip: str, port: int) -> bool:
        origin = pod_origin(self.world, client.cluster.context, self.site.namespace, name_of(client.pod))
        if origin is None:
            return False
        return tcp(self.world, origin, ip, port, timeout_ns=_LIMIT_NS).outcome is Outcome.OK

    def _reach_echo(self, client: Member, target: Member) -> None:
        """Each client has to get an answer from each server before the tests begin."""
        self.say(f"⌛ [{client.cluster.context}] Waiting for pod {client.name} to reach DNS server on {target.name} "
                 "pod...")  # fmt: skip
        if not self.call.wait_for(lambda: self._answers(client, target.ip, ECHO_PORT), LOOKUP_S):
            raise BareFailure(
                f"timeout reached waiting lookup for localhost from pod {client.name} to server on pod "
                f"{target.name} to succeed (last error: context deadline exceeded)"
            )

    def _reach_api(self, client: Member) -> None:
        context, world = client.cluster.context, self.world
        self.say(f"⌛ [{context}] Waiting for pod {client.name} to reach default/kubernetes service...")
        origin = pod_origin(world, context, self.site.namespace, name_of(client.pod))
        found = origin is not None and self.call.wait_for(
            lambda: resolve(world, origin, "kubernetes.default", timeout_ns=_LIMIT_NS).outcome is NameOutcome.OK,
            LOOKUP_S,
        )
        if not found:
            raise BareFailure(
                f"timeout reached waiting lookup for kubernetes.default from pod {client.name} to succeed "
                "(last error: context deadline exceeded)"
            )

    def _reach_node_ports(self) -> None:
        """The first client has to reach every node port."""
        site = self.site
        client = next(site.clients(), None)
        for node in site.cluster.nodes:
            for peer, service in site.service_peers():
                port = next((each.get("nodePort") for each in dig(service, "spec", "ports", default=())), None)
                ip = next(
                    (
                        each["address"]
                        for each in dig(node, "status", "addresses", default=())
                        if each["type"] == "InternalIP"
                    ),
                    "",
                )
                if not port or client is None:
                    continue
                self.say(f"⌛ [{site.cluster.context}] Waiting for NodePort {ip}:{port} ({peer.name}) to become "
                         "ready...")  # fmt: skip
                aim = (client, ip, port)
                if not self.call.wait_for(lambda aim=aim: self._answers(*aim), NODE_PORT_S):  # type: ignore[misc]  # the default binds the loop's values
                    raise BareFailure(
                        f"timeout reached waiting for NodePort {ip}:{port} ({peer.name}) (last error: command "
                        f"failed (pod={client.name}, container={client.container}): command terminated with exit "
                        "code 1)"
                    )
