"""What CoreDNS answers for names of its cluster.

Source: the Kubernetes DNS specification (services, headless services, pod addresses).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from quizgame.cluster.agent.service_build import SERVICE_NAME_LABEL
from quizgame.cluster.objects import dig

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

DOMAIN = "cluster.local"
CLUSTER_TTL_S = 30
NO_ERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """An answer of the cluster's own zone."""

    rcode: int
    ips: tuple[str, ...] = ()
    alias: str = ""
    """Public name that an ExternalName service stands for."""


def is_cluster_name(name: str) -> bool:
    """Whether a name (without its final dot) lies in the cluster's zone."""
    return name == DOMAIN or name.endswith(f".{DOMAIN}")


def answer_of(api: ApiServer, name: str) -> ZoneAnswer:
    """Answer an address question about a name of the zone (without its final dot, any case)."""
    labels = name.lower().removesuffix(f".{DOMAIN}").split(".")
    if len(labels) >= 3 and labels[-1] == "svc":
        return _service(api, labels[-2], labels[-3], labels[:-3])
    if len(labels) == 3 and labels[-1] == "pod":
        return _pod(labels[0])
    is_apex = name == DOMAIN or labels in (["svc"],)
    return ZoneAnswer(NO_ERROR if is_apex else NXDOMAIN)


def _service(api: ApiServer, namespace: str, name: str, host: list[str]) -> ZoneAnswer:
    service = api.find("services", name, namespace)
    if service is None:
        return ZoneAnswer(NXDOMAIN)
    if dig(service, "spec", "type") == "ExternalName":
        return ZoneAnswer(NO_ERROR, alias=str(service["spec"]["externalName"]))
    cluster_ip = dig(service, "spec", "clusterIP", default="")
    if cluster_ip not in ("", "None"):
        return ZoneAnswer(NO_ERROR, (cluster_ip,)) if not host else ZoneAnswer(NXDOMAIN)
    found: list[str] = []
    for each in api.list("endpointslices", namespace, label_selector=f"{SERVICE_NAME_LABEL}={name}"):
        for endpoint in each.get("endpoints") or ():
            is_ready = dig(endpoint, "conditions", "ready", default=True)
            if (is_ready or dig(service, "spec", "publishNotReadyAddresses")) and (
                not host or endpoint.get("hostname") == host[-1]
            ):
                found += endpoint.get("addresses") or ()
    if host and not found:
        return ZoneAnswer(NXDOMAIN)
    return ZoneAnswer(NO_ERROR if found else NXDOMAIN, tuple(sorted(found)))


def _pod(label: str) -> ZoneAnswer:
    try:
        return ZoneAnswer(NO_ERROR, (str(IPv4Address(label.replace("-", "."))),))
    except ValueError:
        return ZoneAnswer(NXDOMAIN)
