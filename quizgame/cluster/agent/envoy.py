"""What one node's agent tells its Envoy: CiliumEnvoyConfigs, and the services whose traffic they take over.

Source: cilium/cilium v1.19 pkg/ciliumenvoyconfig (exp), Documentation/network/servicemesh/l7-traffic-management.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.envoyshape import is_decodable
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import annotations_of, dig, name_of, namespace_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.services import Frontend

LISTENER, ROUTES, CLUSTER = "Listener", "RouteConfiguration", "Cluster"
"""Kinds of Envoy resources that matter here, as the last word of their type."""
KEEPS_SOURCE = "cec.cilium.io/use-original-source-address"
"""Annotation that says whether Envoy connects to backends from its client's own address."""
_PRIVILEGED = 1023
"""The last port that takes a right to listen on."""
_BINDS, _KEEPS = "NET_BIND_SERVICE", "--keep-cap-net-bind-service"
_SNAKE = re.compile(r"_([a-z0-9])")
_FREE_KEYS = frozenset(("typedExtensionProtocolOptions", "filterMetadata", "matchLabels"))
"""Maps whose keys are names, not fields."""


@dataclass(frozen=True, slots=True)
class ServiceRedirect:
    """A service whose traffic goes to a listener of Envoy instead of to backends."""

    namespace: str
    service: str
    ports: tuple[int, ...]
    """Service ports; none: all of them."""
    listener: str


@dataclass(frozen=True, slots=True)
class EnvoyConfig:
    """A CiliumEnvoyConfig or CiliumClusterwideEnvoyConfig as the agent has read it."""

    namespace: str
    """Empty for a cluster-wide one."""
    name: str
    redirects: tuple[ServiceRedirect, ...]
    resources: Mapping[tuple[str, str], Mapping[str, Any]]
    """(kind, name) → Envoy resource, field names in the JSON form (``filterChains``)."""
    keeps_source: bool
    """Whether Envoy keeps the address and identity of a pod that connects; else it uses the node's ingress address."""
    selector: Mapping[str, Any] | None = None
    """Which nodes it is for, as a label selector; ``None``: all."""

    def find(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """A resource by kind and name."""
        return self.resources.get((kind, name))

    def first(self, kind: str) -> str:
        """The name of the first resource of a kind; empty where there is none."""
        return next((name for each, name in self.resources if each == kind), "")


@dataclass(frozen=True, slots=True)
class Taken:
    """The listener that takes over the traffic to a frontend."""

    config: EnvoyConfig
    listener: str

    @property
    def place(self) -> str:
        """The listener's full name, as Envoy knows it."""
        return f"{self.config.namespace}/{self.config.name}/{self.listener}"


def json_fields(node: Any) -> Any:
    """An Envoy resource with every field name in its JSON form; both spellings are accepted in manifests."""
    if isinstance(node, list):
        return [json_fields(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    renamed = {}
    for key, value in node.items():
        if value is None:  # as if it were left out
            continue
        name = key if key.startswith("@") else _SNAKE.sub(lambda found: found[1].upper(), key)
        renamed[name] = value if name in _FREE_KEYS else json_fields(value)
    return renamed


def kind_of(resource: Mapping[str, Any]) -> str:
    """The last word of a resource's type: ``Listener`` or ``Cluster``."""
    return str(resource.get("@type", "")).rpartition(".")[2]


def read_envoy_config(obj: Mapping[str, Any]) -> EnvoyConfig | None:
    """Read the object; ``None`` where its resources are nonsense."""
    spec = obj.get("spec") or {}
    resources: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in spec.get("resources") or ():
        resource = json_fields(each)
        if not isinstance(resource, Mapping) or not is_decodable(resource):
            return None
        resources.setdefault((kind_of(resource), str(resource.get("name", ""))), resource)
    first = next((name for kind, name in resources if kind == LISTENER), "")
    namespace = namespace_of(obj)
    redirects = tuple(
        ServiceRedirect(
            str(each.get("namespace") or namespace or "default"),
            str(each.get("name", "")),
            tuple(each.get("ports") or ()),
            str(each.get("listener") or first),
        )
        for each in spec.get("services") or ()
    )
    keeps = annotations_of(obj).get(KEEPS_SOURCE, "true").lower() == "true"
    return EnvoyConfig(namespace, name_of(obj), redirects, resources, keeps, spec.get("nodeSelector"))


def take_envoy_config(agent: Agent, obj: Mapping[str, Any], is_gone: bool) -> None:
    """Follow a changed CiliumEnvoyConfig of either kind, where the agent looks at them."""
    key = (namespace_of(obj), name_of(obj))
    others = {each: config for each, config in agent.envoy_configs.items() if each != key}
    is_used = not is_gone and agent.config.has_envoy_config
    config = read_envoy_config(obj) if is_used else None
    # Replaced, never changed in place, so that forks share it.
    agent.envoy_configs = others if config is None else {**others, key: config}


def _used_by(agent: Agent) -> Iterator[EnvoyConfig]:
    """The configurations that are for the agent's node, in order."""
    for _, config in sorted(agent.envoy_configs.items()):
        if config.selector is None:
            yield config
            continue
        node = agent.nodes.get(f"{agent.config.cluster_name}/{agent.node}")
        if node is not None and matches(selector_of(config.selector), dict(node.labels)):
            yield config


def taken_by_envoy(agent: Agent, frontend: Frontend) -> Taken | None:
    """The listener that gets a frontend's traffic on a node; ``None`` where backends get it."""
    if not agent.envoy_configs:
        return None
    port = 0
    for config in _used_by(agent):
        for each in config.redirects:
            if (each.namespace, each.service) != (frontend.namespace, frontend.service):
                continue
            port = port or service_port(agent, frontend)
            if each.listener and (not each.ports or port in each.ports):
                return Taken(config, each.listener)
    return None


def heard_on_host(agent: Agent, port: int) -> Taken | None:
    """The listener that a node's Envoy has on the node's own addresses at a port, if it may listen there."""
    for config in _used_by(agent):
        for (kind, name), resource in config.resources.items():
            if kind == LISTENER and port in _host_ports(resource) and (port > _PRIVILEGED or _may_bind(agent)):
                return Taken(config, name)
    return None


def listeners_of(agent: Agent) -> Iterator[tuple[Taken, int]]:
    """The listeners that a node's Envoy is given, each with the port on which it may not listen; 0: with none."""
    for config in _used_by(agent):
        for (kind, name), resource in config.resources.items():
            if kind == LISTENER:
                privileged = [port for port in _host_ports(resource) if 0 < port <= _PRIVILEGED]
                yield Taken(config, name), min(privileged, default=0) if privileged and not _may_bind(agent) else 0


def _host_ports(listener: Mapping[str, Any]) -> list[int]:
    addresses = [listener.get("address"), *(each.get("address") for each in listener.get("additionalAddresses") or ())]
    return [dig(each, "socketAddress", "portValue", default=0) for each in addresses]


def _may_bind(agent: Agent) -> bool:
    """Whether Envoy has kept the right to listen on privileged ports.

    Source: cilium/cilium v1.19 Documentation/network/servicemesh/gateway-api/host-network-mode.rst.
    """
    if not agent.config.is_on("external-envoy-proxy", default=True):
        return agent.config.is_on("envoy-keep-cap-netbindservice")
    pods = agent.api.list("pods", "kube-system", label_selector="k8s-app=cilium-envoy")
    own = next((dig(pod, "spec", "containers", 0) for pod in pods if dig(pod, "spec", "nodeName") == agent.node), None)
    has_right = _BINDS in dig(own, "securityContext", "capabilities", "add", default=())
    return has_right and _KEEPS in (dig(own, "args") or ())


def service_port(agent: Agent, frontend: Frontend) -> int:
    """The port of the service that a frontend is for: its own one, except for a NodePort."""
    if frontend.type != "NodePort":
        return frontend.port
    own = agent.services.by_service.get((frontend.namespace, frontend.service), ())
    twins = (agent.services.frontends[address] for address in own)
    found = (
        each.port
        for each in twins
        if each.type == "ClusterIP" and (each.port_name, each.protocol) == (frontend.port_name, frontend.protocol)
    )
    return next(found, frontend.port)
