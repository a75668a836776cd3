"""Which packets of pods leave a node with the node's address.

Source: facts F-05, F-51; cilium/cilium v1.19 Documentation/network/concepts/masquerading.rst, bpf/lib/nat.h
snat_v4_needs_masquerade, pkg/ipmasq.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from quizgame.cluster.ipam.modes import Source
from quizgame.cluster.objects import dig
from quizgame.errors import QuizgameError
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

CONFIG_MAP = "ip-masq-agent"
LINK_LOCAL = "169.254.0.0/16"
DEFAULT_EXCLUSIONS = (
    "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
    "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
)  # fmt: skip
"""Destinations to which pods keep their addresses where nobody has configured any. Source: pkg/ipmasq."""


def native_network(agent: Agent) -> str:
    """The range within which pods keep their addresses; empty where there is none but the node's own pods' ranges."""
    set_one = agent.config.get("ipv4-native-routing-cidr")
    cloud = agent.cluster.cloud
    if set_one or cloud is None or not agent.ipam.mode.is_cloud:
        return set_one
    return cloud.network


def exclusions(agent: Agent) -> list[str]:
    """The prefixes of ip-masq-agent, as its map has them; nothing where it is off."""
    if not agent.config.is_on("enable-ip-masq-agent"):
        return []
    settings = _settings(agent)
    prefixes = [*DEFAULT_EXCLUSIONS] if settings is None else [*_prefixes(settings)]
    if not (settings or {}).get("masqLinkLocal"):
        prefixes.append(LINK_LOCAL)
    return sorted(set(prefixes), key=lambda each: (IPv4Network(each), each))


def _settings(agent: Agent) -> dict[str, object] | None:
    """What the ConfigMap says; ``None`` where it says nothing."""
    text = dig(agent.api.find("configmaps", CONFIG_MAP, "kube-system"), "data", "config", default="")
    try:
        documents = [each.data for each in load_documents(str(text), CONFIG_MAP, dialect=Dialect.KUBERNETES)]
    except QuizgameError:
        return None
    found = documents[0] if documents else None
    return dict(found) if isinstance(found, dict) else None


def _prefixes(settings: dict[str, object]) -> Iterator[str]:
    listed = settings.get("nonMasqueradeCIDRs")
    for each in listed if isinstance(listed, list) else ():
        try:
            yield str(IPv4Network(str(each)))
        except ValueError:
            continue


def is_masqueraded(agent: Agent, source: str, destination: str) -> bool:
    """Whether a pod's packet to the outside gets its node's address.

    Args:
        agent: Agent of the pod's node.
        source: The pod's address.
        destination: Where it goes; neither a pod nor, without a tunnel, a node.
    """
    if not agent.config.is_on("enable-ipv4-masquerade", default=True) or _skips(agent, source):
        return False
    target = IPv4Address(destination)
    native = native_network(agent)
    return not any(
        target in IPv4Network(each, strict=False) for each in ([native] if native else []) + exclusions(agent)
    )


def _skips(agent: Agent, source: str) -> bool:
    """Whether the pool that an address is of keeps its addresses."""
    ipam = agent.ipam
    if ipam.mode.source is not Source.POOLS:
        return False
    name = ipam.pool_of.get(source, ipam.default_pool)
    pool = agent.pod_pools.get(name)
    if agent.config.is_on("only-masquerade-default-pool") and name != ipam.default_pool:
        return True
    return pool is not None and pool.skips_masquerade
