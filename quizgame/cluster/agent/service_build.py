"""From Service and EndpointSlice objects (and what other clusters share) to frontends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.agent.services import Affinity, Backend, BackendState, Frontend
from quizgame.cluster.objects import annotations_of, dig, name_of, namespace_of

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
GLOBAL_KEYS = ("service.cilium.io/global", "io.cilium/global-service")
SHARED_KEYS = ("service.cilium.io/shared", "io.cilium/shared-service")
AFFINITY_KEYS = ("service.cilium.io/affinity", "io.cilium/service-affinity")
# Source: facts F-58: the older prefix is still read.


@dataclass(frozen=True, slots=True)
class SharedBackend:
    """A backend that another cluster publishes for a global service."""

    cluster: str
    port_name: str
    ip: str
    port: int
    protocol: str
    node: str = ""
    namespace: str = ""
    pod: str = ""


def _annotation(service: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    annotations = annotations_of(service)
    return next((annotations[key] for key in keys if key in annotations), None)


def is_global(service: Mapping[str, Any]) -> bool:
    """Whether the service takes part in the mesh: it uses backends of other clusters."""
    return (_annotation(service, GLOBAL_KEYS) or "").lower() == "true"


def is_shared(service: Mapping[str, Any]) -> bool:
    """Whether a global service's own backends are published to other clusters; the default is yes."""
    return is_global(service) and (_annotation(service, SHARED_KEYS) or "true").lower() == "true"


def affinity_of(service: Mapping[str, Any]) -> Affinity:
    """The cluster affinity of a global service; an unknown word counts as none."""
    word = (_annotation(service, AFFINITY_KEYS) or "none").lower()
    return Affinity(word) if word in {each.value for each in Affinity} else Affinity.NONE


def slice_backends(slices: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Backend]]:
    """Backends of a service by port name and protocol, in the slices' order.

    An endpoint that terminates but still serves is kept as ``terminating``; one that is not ready is left out.
    """
    found: dict[tuple[str, str], list[Backend]] = {}
    for each in slices:
        for port in each.get("ports") or ():
            key = (port.get("name") or "", port.get("protocol", "TCP"))
            for endpoint in each.get("endpoints") or ():
                state = _state(endpoint.get("conditions") or {})
                if state is None or port.get("port") is None:
                    continue
                target = endpoint.get("targetRef") or {}
                for ip in endpoint.get("addresses") or ():
                    found.setdefault(key, []).append(
                        Backend(
                            ip=ip,
                            port=port["port"],
                            protocol=key[1],
                            state=state,
                            node=endpoint.get("nodeName", ""),
                            namespace=target.get("namespace", ""),
                            pod=target.get("name", "") if target.get("kind") == "Pod" else "",
                        )
                    )
    return found


def _state(conditions: Mapping[str, Any]) -> BackendState | None:
    if conditions.get("terminating"):
        return BackendState.TERMINATING if conditions.get("serving") else None
    return BackendState.ACTIVE if conditions.get("ready", True) else None


def _prefer(backends: Sequence[Backend], affinity: Affinity) -> tuple[Backend, ...]:
    if affinity is Affinity.NONE:
        return tuple(backends)
    wants_local = affinity is Affinity.LOCAL
    return tuple(
        Backend(
            ip=each.ip,
            port=each.port,
            protocol=each.protocol,
            state=each.state,
            cluster=each.cluster,
            node=each.node,
            namespace=each.namespace,
            pod=each.pod,
            is_preferred=(not each.cluster) == wants_local,
        )
        for each in backends
    )


def build_frontends(
    service: Mapping[str, Any],
    slices: Sequence[Mapping[str, Any]],
    shared: Sequence[SharedBackend],
    *,
    node_ip: str,
    node_name: str,
    replaces_kube_proxy: bool,
) -> list[Frontend]:
    """All frontends of one service as one node's agent sees it.

    Args:
        service: The Service object; headless and ExternalName services have no frontend.
        slices: Its EndpointSlices.
        shared: What other clusters publish under its namespace and name; used only if it is global.
        node_ip: Address of the node, for NodePort frontends.
        node_name: Name of the node, for ``externalTrafficPolicy: Local``.
        replaces_kube_proxy: Without it only ClusterIP frontends are Cilium's.
    """
    spec = service.get("spec") or {}
    cluster_ip = spec.get("clusterIP") or ""
    if spec.get("type") == "ExternalName" or cluster_ip in ("", "None"):
        return []
    affinity = affinity_of(service) if is_global(service) else Affinity.NONE
    local = slice_backends(slices)
    frontends: list[Frontend] = []
    for port in spec.get("ports") or ():
        name, protocol = port.get("name") or "", port.get("protocol", "TCP")
        backends = list(local.get((name, protocol), ()))
        if is_global(service):
            backends += [
                Backend(each.ip, each.port, each.protocol, cluster=each.cluster, node=each.node,
                        namespace=each.namespace, pod=each.pod)
                for each in shared
                if each.port_name == name and each.protocol == protocol
            ]  # fmt: skip
        preferred = _prefer(backends, affinity)
        external = preferred
        is_local_policy = spec.get("externalTrafficPolicy") == "Local"
        if is_local_policy:
            external = tuple(each for each in preferred if each.node == node_name and not each.cluster)
        internal = preferred
        if spec.get("internalTrafficPolicy") == "Local":
            internal = tuple(each for each in preferred if each.node == node_name and not each.cluster)
        for kind, ip, number in _addresses(service, port, node_ip, replaces_kube_proxy):
            frontends.append(
                Frontend(
                    id=0,
                    ip=ip,
                    port=number,
                    protocol=protocol,
                    type=kind,
                    namespace=namespace_of(service),
                    service=name_of(service),
                    port_name=name,
                    backends=internal if kind == "ClusterIP" else external,
                    is_global=is_global(service),
                    affinity=affinity,
                    session_affinity=spec.get("sessionAffinity") == "ClientIP",
                    local_traffic_policy=is_local_policy and kind != "ClusterIP",
                )
            )
    return frontends


def _addresses(
    service: Mapping[str, Any], port: Mapping[str, Any], node_ip: str, replaces_kube_proxy: bool
) -> list[tuple[str, str, int]]:
    spec = service["spec"]
    found = [("ClusterIP", ip, port["port"]) for ip in spec.get("clusterIPs") or [spec["clusterIP"]]]
    if not replaces_kube_proxy:
        return found
    if port.get("nodePort"):
        found += [("NodePort", ip, port["nodePort"]) for ip in (node_ip, "0.0.0.0")]
    for ingress in dig(service, "status", "loadBalancer", "ingress", default=()):
        if ingress.get("ip"):
            found.append(("LoadBalancer", ingress["ip"], port["port"]))
    found += [("ExternalIPs", ip, port["port"]) for ip in spec.get("externalIPs") or ()]
    return found
