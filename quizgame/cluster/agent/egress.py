"""The egress gateway on one node: which pods leave the cluster through which node, and with which address.

Source: facts F-70 to F-75; cilium/cilium v1.19 pkg/egressgateway (manager.go, policy.go),
Documentation/network/egress-gateway/egress-gateway.rst. Rules are worked out when they are looked at: they follow
from policies, endpoints and nodes that the agent has realized.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.config import AgentConfig
from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.labelselect import Selector, matches, selector_of
from quizgame.cluster.objects import name_of

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.ipcache import IpcacheEntry
    from quizgame.cluster.agent.nodes import KnownNode

NO_ADDRESS = "0.0.0.0"
NO_GATEWAY = "0.0.0.0"
"""Gateway of a rule whose policy matches no node."""
EXCLUDED = "0.0.0.1"
"""Gateway of a rule for a range that its policy excludes."""
DEVICE = "eth0"
"""The device with the default route."""
_NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
_NAMESPACE_NAME = "io.kubernetes.pod.namespace"


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway of a policy."""

    nodes: Selector
    interface: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class PodSelection:
    """Which pods a policy is for; what is left out selects all."""

    pods: Selector = ()
    namespaces: Selector = ()
    nodes: Selector = ()


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """A CiliumEgressGatewayPolicy as the agent has read it."""

    name: str
    selections: tuple[PodSelection, ...]
    destinations: tuple[IPv4Network, ...]
    excluded: tuple[IPv4Network, ...]
    gateways: tuple[Gateway, ...]


@dataclass(frozen=True, slots=True)
class EgressRule:
    """One entry of the node's map: a source address and a destination range."""

    source: str
    destination: IPv4Network
    egress_ip: str
    """Address to leave with; ``0.0.0.0`` where this node is not the gateway, or has no such address."""
    gateway: str
    """Address of the gateway node, ``NO_GATEWAY`` or ``EXCLUDED``."""
    policy: str


def check_egress(config: AgentConfig) -> None:
    """Refuse to start where the egress gateway lacks what it needs.

    Raises:
        ContainerExit: in the agent's words.
    """
    if not config.is_on("enable-egress-gateway"):
        return
    has_masquerade = config.is_on("enable-ipv4-masquerade", default=True)
    problem = ""
    if config.get("identity-allocation-mode", "crd") != "crd":
        problem = (
            f"egress gateway is not supported in {config.get('identity-allocation-mode')} identity allocation mode"
        )
    elif config.is_on("enable-cilium-endpoint-slice"):
        problem = "egress gateway is not supported in combination with the CiliumEndpointSlice feature"
    elif not has_masquerade or not config.is_on("enable-bpf-masquerade"):
        problem = 'egress gateway requires --enable-ipv4-masquerade="true" and --enable-bpf-masquerade="true"'
    elif not config.has_kube_proxy_replacement:
        problem = 'BPF masquerade requires NodePort (--kube-proxy-replacement="true")'
    if problem:
        raise ContainerExit(f"failed to start: {problem}")


def read_policy(obj: Mapping[str, Any]) -> EgressPolicy | None:
    """Read a policy; ``None`` where the agent refuses it: a gateway with both an interface and an address.

    Source: pkg/egressgateway/policy.go ParseCEGP; ``egressGateways``, where given, stand for ``egressGateway``.
    """
    spec = obj.get("spec") or {}
    listed = spec.get("egressGateways") or [spec.get("egressGateway") or {}]
    gateways = tuple(
        Gateway(selector_of(each.get("nodeSelector")), each.get("interface", ""), each.get("egressIP", ""))
        for each in listed
    )
    if any(each.interface and each.ip for each in gateways):
        return None
    return EgressPolicy(
        name_of(obj),
        tuple(
            PodSelection(*(selector_of(each.get(key)) for key in ("podSelector", "namespaceSelector", "nodeSelector")))
            for each in spec.get("selectors") or ()
        ),
        _networks(spec.get("destinationCIDRs")),
        _networks(spec.get("excludedCIDRs")),
        gateways,
    )


def _networks(texts: list[str] | None) -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(text, strict=False) for text in texts or () if ":" not in text)


def take_egress_policy(agent: Agent, obj: Mapping[str, Any], is_gone: bool) -> None:
    """Follow a changed policy, where the egress gateway is on."""
    policy = None if is_gone or not agent.config.is_on("enable-egress-gateway") else read_policy(obj)
    others = {name: each for name, each in agent.egress_policies.items() if name != name_of(obj)}
    agent.egress_policies = others if policy is None else {**others, policy.name: policy}


# ---------------------------------------------------------------- rules


def egress_rules(agent: Agent) -> list[EgressRule]:
    """The entries of a node's map, by source, then by destination.

    Where two policies have a rule for the same source and range, the first by name stands.
    """
    found: dict[tuple[str, IPv4Network], EgressRule] = {}
    if agent.egress_policies:
        for ip, entry in _workloads(agent):
            for rule in _rules_of(agent, ip, entry):
                found.setdefault((rule.source, rule.destination), rule)
    return sorted(found.values(), key=lambda rule: (IPv4Address(rule.source), rule.destination))


def egress_rule(agent: Agent, source: str, destination: str) -> EgressRule | None:
    """The rule that a packet of a pod meets: that of the longest range."""
    if not agent.egress_policies:
        return None
    entry = agent.ipcache.entries.get(f"{source}/32")
    if entry is None or not entry.pod or entry.cluster != agent.config.cluster_name:
        return None
    address, best = IPv4Address(destination), None
    for rule in _rules_of(agent, source, entry):
        if address in rule.destination and (best is None or rule.destination.prefixlen > best.destination.prefixlen):
            best = rule
    return best


def _workloads(agent: Agent) -> Iterator[tuple[str, IpcacheEntry]]:
    for prefix, entry in agent.ipcache.entries.items():
        if entry.pod and entry.cluster == agent.config.cluster_name:
            yield prefix.removesuffix("/32"), entry


def _rules_of(agent: Agent, ip: str, entry: IpcacheEntry) -> Iterator[EgressRule]:
    for _, policy in sorted(agent.egress_policies.items()):
        if not _selects(agent, policy, ip, entry):
            continue
        node, gateway = _gateway(agent, policy, entry)
        egress_ip = NO_ADDRESS
        if node is not None and gateway is not None and node.name == agent.node:
            egress_ip = _egress_ip(agent, gateway)
        through = node.ip if node is not None else NO_GATEWAY
        for network in policy.destinations:
            yield EgressRule(ip, network, egress_ip, through, policy.name)
        for network in policy.excluded:
            yield EgressRule(ip, network, NO_ADDRESS, EXCLUDED, policy.name)


def _selects(agent: Agent, policy: EgressPolicy, ip: str, entry: IpcacheEntry) -> bool:
    labels = _labels(agent, entry)
    spaces = {
        key.removeprefix(_NAMESPACE_LABELS): value for key, value in labels.items() if key.startswith(_NAMESPACE_LABELS)
    }
    pods = {**labels, _NAMESPACE_NAME: entry.namespace}
    local = agent.endpoint_at(ip) is not None
    host = agent.node_ip if local else entry.tunnel_endpoint
    node = next((dict(each.labels) for each in agent.nodes.values() if each.ip == host), {})
    return any(
        _holds(each.pods, pods) and _holds(each.namespaces, spaces) and _holds(each.nodes, node)
        for each in policy.selections
    )


def _holds(selector: Selector, labels: Mapping[str, str]) -> bool:
    return not selector or matches(selector, labels)


def _labels(agent: Agent, entry: IpcacheEntry) -> dict[str, str]:
    found = {}
    for text in agent.labels_of(entry.identity):
        key, _, value = text.partition(":")[2].partition("=")
        found[key] = value
    return found


def _gateway(agent: Agent, policy: EgressPolicy, entry: IpcacheEntry) -> tuple[KnownNode | None, Gateway | None]:
    """The gateway of a pod: of several, one by the pod; of its nodes, the first by name, in this cluster only."""
    gateways = policy.gateways
    number = 0
    if len(gateways) > 1:
        number = keyed_int(agent.seed, "egress-gateway", entry.namespace, entry.pod, below=len(gateways))
    chosen = gateways[number]
    own = agent.config.cluster_name
    nodes = sorted((each for each in agent.nodes.values() if each.cluster == own), key=lambda each: each.name)
    node = next((each for each in nodes if matches(chosen.nodes, dict(each.labels))), None)
    return node, chosen if node is not None else None


def _egress_ip(agent: Agent, gateway: Gateway) -> str:
    """The address that the gateway's own node leaves with; none where no device of it has the one asked for."""
    own = device_addresses(agent)
    if gateway.ip:
        return gateway.ip if any(gateway.ip in addresses for addresses in own.values()) else NO_ADDRESS
    addresses = own.get(gateway.interface or DEVICE, ())
    return addresses[0] if addresses else NO_ADDRESS


def device_addresses(agent: Agent) -> dict[str, tuple[str, ...]]:
    """The addresses of a node's devices towards the network: its own, and what someone has added."""
    return {DEVICE: (agent.node_ip, *agent.cluster.node_addresses.get(agent.node, ()))}
