"""What answers at the end of a path: the programs in pods, on nodes, and outside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.envoy import heard_on_host
from quizgame.cluster.agent.pods import container_ports, is_host_network
from quizgame.cluster.apps import Server
from quizgame.cluster.fabric import control_plane_of, fabric_of
from quizgame.cluster.labelselect import equality_selector, matches
from quizgame.cluster.links import API_SERVER_PORT, HEALTH_PORT, HUBBLE_PORT
from quizgame.cluster.objects import dig, labels_of, name_of, namespace_of
from quizgame.datapath.path import Ending

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.endpoints import Endpoint
    from quizgame.cluster.agent.envoy import Taken
    from quizgame.cluster.world import World
    from quizgame.datapath.course import Course
    from quizgame.policy.l7 import HttpRequest

KUBELET_PORT = 10250


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: str = ""
    headers: Mapping[str, str] | None = None
    latency_ns: int = 1_000_000
    is_local: bool = False
    """Whether Envoy itself answered, not what is behind it."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A program that accepts connections."""

    name: str
    """``namespace/pod``, a node's name, or an address outside."""
    speaks_http: bool = True
    server: Server | None = None
    describes: Mapping[str, str] | None = None
    """What a pod's default server tells of itself."""
    status: int = 200
    body: str = ""
    envoy: Taken | None = None
    """What Envoy does with requests, where it is the program."""

    def answer(self, request: HttpRequest) -> Answer:
        """Answer a request."""
        if self.server is not None:
            route = self.server.answer(request.method, request.path)
            body = route.body or (self._introduce(request) if route.status < 400 else "")
            return Answer(route.status, body, latency_ns=self.server.latency_ms * 1_000_000)
        return Answer(self.status, self.body or self._introduce(request))

    def _introduce(self, request: HttpRequest) -> str:
        if self.describes is None:
            return ""
        told = {**self.describes, "method": request.method, "path": request.path}
        return json.dumps(told, separators=(",", ":")) + "\n"


def listener_of(world: World, course: Course) -> Listener | None:
    """The program that a delivered packet finds; ``None`` where the port is closed."""
    packet, path = course.packet, course.path
    if path.ending is Ending.OUTSIDE and path.host is not None:
        is_open = packet.destination_port in path.host.ports
        return Listener(path.host.ip, status=path.host.status, body=path.host.body) if is_open else None
    side = course.destination
    if side is None:
        return None
    if side.endpoint is not None:
        return _pod_listener(world, side.agent, side.endpoint, packet.destination_port, packet.protocol)
    return _node_listener(world, side.agent, packet.destination_port, packet.protocol)


def _pod_listener(world: World, agent: Agent, endpoint: Endpoint, port: int, protocol: str) -> Listener | None:
    if not endpoint.is_pod:
        return Listener("health") if (port, protocol) == (HEALTH_PORT, "TCP") else None
    pod = agent.api.find("pods", endpoint.pod, endpoint.namespace)
    if pod is None or not is_running(pod):
        return None
    server = next((each for each in fabric_of(world).servers if each.serves(endpoint.namespace, endpoint.pod)), None)
    if server is not None and server.ports:
        is_open = protocol == "TCP" and port in server.ports
    else:
        is_open = (port, protocol) in open_ports(agent, pod)
    if not is_open:
        return None
    describes = {
        "cluster": agent.config.cluster_name,
        "namespace": endpoint.namespace,
        "pod": endpoint.pod,
        "node": agent.node,
    }
    speaks_http = server is None or server.protocol == "http"
    return Listener(f"{endpoint.namespace}/{endpoint.pod}", speaks_http, server, describes)


def is_running(pod: Mapping[str, Any]) -> bool:
    """Whether at least one container of the pod runs."""
    states = dig(pod, "status", "containerStatuses", default=())
    return any("running" in (each.get("state") or {}) for each in states)


def open_ports(agent: Agent, pod: Mapping[str, Any]) -> set[tuple[int, str]]:
    """Ports that a pod listens on by default: what its containers declare, else what services aim at.

    Source: the project's contract, "sh".
    """
    declared = {(number, protocol) for _, number, protocol in container_ports(pod)}
    if declared:
        return declared
    found = set()
    for service in agent.api.list("services", namespace_of(pod)):
        selector = dig(service, "spec", "selector", default={})
        if selector and matches(equality_selector(selector), labels_of(pod)):
            found |= set(_targets(service))
    return found


def _targets(service: Mapping[str, Any]) -> Iterable[tuple[int, str]]:
    for port in dig(service, "spec", "ports", default=()):
        target = port.get("targetPort", port["port"])
        if isinstance(target, int):
            yield target, port.get("protocol", "TCP")


def _service_health(agent: Agent, port: int) -> Listener | None:
    """What tells load balancers outside whether a node has backends of a service that keeps to them.

    Source: cilium/cilium v1.19 pkg/loadbalancer/healthserver: 503 where there are none; kube-proxy answers alike.
    """
    if agent.config.has_kube_proxy_replacement and not agent.is_serving:
        return None
    for (namespace, name), service in agent.service_objects.items():
        if dig(service, "spec", "healthCheckNodePort") != port:
            continue
        own = agent.services.by_service.get((namespace, name), ())
        frontends = [agent.services.frontends[address] for address in own]
        here = {
            each.ip
            for frontend in frontends
            for each in frontend.usable
            if each.node == agent.node and not each.cluster
        }
        told = {"service": {"namespace": namespace, "name": name}, "localEndpoints": len(here)}
        body = json.dumps(told, separators=(",", ":")) + "\n"
        return Listener(agent.node, status=200 if here else 503, body=body)
    return None


def _node_listener(world: World, agent: Agent, port: int, protocol: str) -> Listener | None:
    if protocol != "TCP":
        return None
    cluster = world.clusters[agent.context]
    if port == API_SERVER_PORT and control_plane_of(cluster) == agent.node:
        return Listener(agent.node, status=400, body="Client sent an HTTP request to an HTTPS server.\n")
    checked = _service_health(agent, port)
    if checked is not None:
        return checked
    if port == KUBELET_PORT or (port in (HEALTH_PORT, HUBBLE_PORT) and agent.is_serving):
        return Listener(agent.node, speaks_http=port != HUBBLE_PORT)
    for pod in agent.api.list("pods", field_selector=f"spec.nodeName={agent.node}"):
        if is_host_network(pod) and is_running(pod) and (port, protocol) in open_ports(agent, pod):
            return Listener(f"{namespace_of(pod)}/{name_of(pod)}")
    heard = heard_on_host(agent, port) if agent.envoy_configs and envoy_is_up(agent) else None
    return None if heard is None else Listener(agent.node, envoy=heard)


def envoy_is_up(agent: Agent) -> bool:
    """Whether Envoy runs on an agent's node: in a pod of its own, or in the agent's where it is embedded."""
    if not agent.config.is_on("external-envoy-proxy", default=True):
        return agent.is_serving
    pods = agent.api.list("pods", "kube-system", label_selector="k8s-app=cilium-envoy")
    return any(dig(pod, "spec", "nodeName") == agent.node and is_running(pod) for pod in pods)
