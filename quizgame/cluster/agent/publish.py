"""What an agent writes to the API server: its CiliumNode, new identities, a CiliumEndpoint for each pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.endpoints import Endpoint, EndpointState
from quizgame.cluster.agent.ipam import AddressesExhausted
from quizgame.cluster.agent.nodes import WIREGUARD_ANNOTATION
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.ipam.modes import Source
from quizgame.cluster.ipam.node import cloud_spec, ipam_spec
from quizgame.cluster.keyed import keyed_slot
from quizgame.cluster.objects import annotations_of, condition_of, dig, is_terminating, labels_of, owner_reference
from quizgame.policy.identity import ReservedIdentity, first_workload_identity
from quizgame.policy.labels import is_identity_relevant, parse_label, parse_labels

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

NODES = "ciliumnodes.cilium.io"
IDENTITIES = "ciliumidentities.cilium.io"
ENDPOINTS = "ciliumendpoints.cilium.io"
IDENTITIES_PER_CLUSTER = 65535


def publish_node(agent: Agent) -> None:
    """Bring the agent's own endpoints (host, health), its addresses and its CiliumNode up to date."""
    if agent.ipam.ranges and agent.is_initialized:
        try:
            agent.router_ip = agent.ipam.allocate("router")
            agent.health_ip = agent.ipam.allocate("health") if agent.config.has_health_endpoint else ""
            agent.ingress_ip = agent.ipam.allocate("ingress") if agent.config.has_envoy_config else ""
        except AddressesExhausted:
            # A range too small for all leaves the later ones out; pods then get nothing either.
            agent.health_ip = agent.ingress_ip = ""
    if agent.ipam.mode.source is Source.PLUGIN:
        agent.router_ip, agent.health_ip = agent.config.get("local-router-ipv4"), ""
    _own_endpoint(agent, "host", ReservedIdentity.HOST, "")
    if agent.health_ip:
        _own_endpoint(agent, "health", ReservedIdentity.HEALTH, agent.health_ip)
    _envoy_endpoint(agent)
    node = agent.api.find("nodes", agent.node)
    if node is None:
        return
    _mark_node_up(agent, node)
    known = agent.api.find(NODES, agent.node)
    addresses = [{"ip": agent.node_ip, "type": "InternalIP"}]
    if agent.router_ip:
        addresses.append({"ip": agent.router_ip, "type": "CiliumInternalIP"})
    fields: dict[str, Any] = {
        "addresses": addresses,
        **cloud_spec(agent, known),
        "bootid": dig(node, "status", "nodeInfo", "bootID", default=""),
        "encryption": {"key": agent.encryption.node_key} if agent.encryption.node_key else {},
        "health": {"ipv4": agent.health_ip} if agent.health_ip else {},
        "ingress": {"ipv4": agent.ingress_ip} if agent.ingress_ip else {},
        "ipam": ipam_spec(agent, known),
    }
    spec = dict(sorted(fields.items()))
    public_key = agent.encryption.public_key
    annotations = {WIREGUARD_ANNOTATION: public_key} if public_key else {}
    wanted = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNode",
        "metadata": {
            "name": agent.node,
            "labels": dict(labels_of(node)),
            **({"annotations": annotations} if annotations else {}),
            "ownerReferences": [
                {
                    key: value
                    for key, value in owner_reference(node).items()
                    if key not in ("controller", "blockOwnerDeletion")
                }
            ],
        },
        "spec": spec,
    }
    if known is None and agent.api.serves(NODES):
        agent.api.create(NODES, wanted, validate=FieldValidation.TRUSTED)
    elif known is not None and (
        known.get("spec") != spec
        or labels_of(known) != labels_of(node)
        or annotations_of(known).get(WIREGUARD_ANNOTATION, "") != public_key
    ):
        agent.api.update(NODES, wanted, validate=FieldValidation.TRUSTED)


def _mark_node_up(agent: Agent, node: Mapping[str, Any]) -> None:
    """Say on the Node object that its network works. Source: config ``set-cilium-is-up-condition``; facts, nodes."""
    if not agent.config.is_on("set-cilium-is-up-condition", default=True):
        return
    present = condition_of(node, "NetworkUnavailable")
    if present is not None and present.get("reason") == "CiliumIsUp":
        return
    now = agent.api.clock.timestamp()
    condition = {
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
        "message": "Cilium is running on this node",
        "reason": "CiliumIsUp",
        "status": "False",
        "type": "NetworkUnavailable",
    }
    others = [each for each in dig(node, "status", "conditions", default=()) if each["type"] != "NetworkUnavailable"]
    agent.api.update_status("nodes", node, {**(node.get("status") or {}), "conditions": [condition, *others]})


def _envoy_endpoint(agent: Agent) -> None:
    """Keep the endpoint that stands for the node's Envoy as long as there may be something for it to serve."""
    if agent.ingress_ip:
        _own_endpoint(agent, "ingress", ReservedIdentity.INGRESS, agent.ingress_ip)
        return
    for endpoint in agent.endpoints.values():
        if not endpoint.is_pod and endpoint.identity == ReservedIdentity.INGRESS:
            del agent.endpoints[endpoint.id]
            agent.endpoint_by_ip.pop(endpoint.ip, None)
            agent.ipam.release(endpoint.ip)
            break


def _own_endpoint(agent: Agent, what: str, identity: int, ip: str) -> None:
    labels = _own_labels(agent, what)
    for endpoint in agent.endpoints.values():
        if not endpoint.is_pod and endpoint.identity == identity:
            if endpoint.ip == ip:
                if endpoint.labels != labels:
                    agent.endpoints[endpoint.id] = replace(endpoint, labels=labels)
                return
            del agent.endpoints[endpoint.id]
            agent.endpoint_by_ip.pop(endpoint.ip, None)
            break
    number = keyed_slot(
        1, 4095, agent.endpoints.__contains__, agent.seed, "endpoint", agent.context, agent.node, "", what
    )
    if number is None:
        return
    agent.endpoints[number] = Endpoint(
        number, identity, labels, ip, created_ns=agent.started_ns,
        interface="lxc_health" if what == "health" else "",
    )  # fmt: skip
    if ip:
        agent.endpoint_by_ip[ip] = number


def _own_labels(agent: Agent, what: str) -> tuple[str, ...]:
    """Labels of one of the agent's own endpoints; the node's pass the same filter as those of pods."""
    labels = [f"reserved:{what}"]
    node = agent.api.find("nodes", agent.node) if what == "host" else None
    if node is not None:
        own = {key: value for key, value in labels_of(node).items() if is_identity_relevant(key)}
        labels += [f"k8s:{key}={value}" if value else f"k8s:{key}" for key, value in own.items()]
    return tuple(str(each) for each in parse_labels(labels))


def remove_stale_endpoints(agent: Agent) -> None:
    """Delete the CiliumEndpoints of this node that the agent has not restored.

    Source: cilium/cilium v1.19 daemon endpointcleanup: each agent does so when it has started.
    """
    for endpoint in agent.unrestored:
        known = agent.api.find(ENDPOINTS, endpoint.pod, endpoint.namespace)
        is_own = known is not None and dig(known, "status", "networking", "node") == agent.node_ip
        if is_own and endpoint.key not in agent.endpoint_by_pod:
            agent.api.delete(ENDPOINTS, endpoint.pod, endpoint.namespace)


def publish_endpoints(agent: Agent) -> None:
    """Allocate missing identities and write the CiliumEndpoint of every local pod that has changed."""
    for endpoint in sorted((each for each in agent.endpoints.values() if each.is_pod), key=lambda each: each.key):
        if endpoint.labels not in agent.identity_by_labels:
            _allocate_identity(agent, endpoint.labels)
        if endpoint.state is not EndpointState.READY or endpoint.identity != agent.identity_by_labels.get(
            endpoint.labels
        ):
            agent.relabel(endpoint, endpoint.labels)
    for endpoint in sorted((each for each in agent.endpoints.values() if each.is_pod), key=lambda each: each.key):
        _publish_endpoint(agent, endpoint)


def _allocate_identity(agent: Agent, labels: tuple[str, ...]) -> None:
    if not agent.api.serves(IDENTITIES):
        return
    low = first_workload_identity(agent.config.cluster_id)
    high = (agent.config.cluster_id << 16) + IDENTITIES_PER_CLUSTER
    number = keyed_slot(
        low, high, lambda each: agent.api.find(IDENTITIES, str(each)) is not None, agent.seed, "identity", *labels
    )
    if number is None:
        return
    parsed = [parse_label(label) for label in labels]
    agent.api.create(
        IDENTITIES,
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumIdentity",
            "metadata": {"name": str(number), "annotations": {}, "labels": {each.key: each.value for each in parsed}},
            "security-labels": {f"{each.source}:{each.key}": each.value for each in parsed},
        },
        validate=FieldValidation.TRUSTED,
    )
    agent.identities[number] = labels
    agent.identity_by_labels[labels] = number
    agent.repository.add_identity(number, tuple(sorted(parsed)))


def _publish_endpoint(agent: Agent, endpoint: Endpoint) -> None:
    pod = agent.api.find("pods", endpoint.pod, endpoint.namespace)
    if pod is None:
        return
    wanted = _endpoint_object(agent, endpoint, pod)
    known = agent.api.find(ENDPOINTS, endpoint.pod, endpoint.namespace)
    if known is None:
        holder = agent.api.find("namespaces", endpoint.namespace)
        if holder is None or is_terminating(holder) or not agent.api.serves(ENDPOINTS):
            return  # the server takes nothing new there
        agent.api.create(ENDPOINTS, wanted, validate=FieldValidation.TRUSTED, with_status=True)
        return
    if labels_of(known) != labels_of(wanted):
        agent.api.update(ENDPOINTS, {**wanted, "status": known["status"]}, validate=FieldValidation.TRUSTED)
    if known.get("status") != wanted["status"]:
        agent.api.update_status(ENDPOINTS, wanted, wanted["status"])


def _endpoint_object(agent: Agent, endpoint: Endpoint, pod: Mapping[str, Any]) -> dict[str, Any]:
    # Source: reference golden inputs/world/ciliumendpoints.json (fields and their order of meaning).
    status: dict[str, Any] = {
        "encryption": {"key": agent.encryption.endpoint_key} if agent.encryption.endpoint_key else {},
        "external-identifiers": {
            "cni-attachment-id": f"{endpoint.container_id}:eth0",
            "container-id": endpoint.container_id,
            "k8s-namespace": endpoint.namespace,
            "k8s-pod-name": endpoint.pod,
            "pod-name": f"{endpoint.namespace}/{endpoint.pod}",
        },
        "id": endpoint.id,
        "identity": {"id": int(endpoint.identity), "labels": list(endpoint.labels)},
        "networking": {"addressing": [{"ipv4": endpoint.ip}], "node": agent.node_ip},
        "service-account": dig(pod, "spec", "serviceAccountName", default="default"),
        "state": endpoint.state.value,
    }
    if endpoint.named_ports:
        status["named-ports"] = [
            {"name": name, "port": port, "protocol": protocol}
            for name, (port, protocol) in sorted(endpoint.named_ports.items())
        ]
    owner = owner_reference(pod)
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumEndpoint",
        "metadata": {
            "name": endpoint.pod,
            "namespace": endpoint.namespace,
            "labels": dict(labels_of(pod)),
            "ownerReferences": [{key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}],
        },
        "status": status,
    }
