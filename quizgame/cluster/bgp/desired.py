"""What one node's agent is to do: its CiliumBGPNodeConfig with all that it refers to, as typed values."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quizgame.cluster.bgp.router import BGP_PORT
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import dig, labels_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

NODE_CONFIGS = "ciliumbgpnodeconfigs.cilium.io"
PEER_CONFIGS = "ciliumbgppeerconfigs.cilium.io"
ADVERTISEMENTS = "ciliumbgpadvertisements.cilium.io"
# Source: cilium/cilium v1.19 pkg/k8s/apis/cilium.io/v2/bgp_peer_types.go, SetDefaults.
HOLD_S, KEEPALIVE_S, CONNECT_RETRY_S, RESTART_S = 90, 30, 120, 120
DEFAULT_FAMILIES = ({"afi": "ipv4", "safi": "unicast"}, {"afi": "ipv6", "safi": "unicast"})


@dataclass(frozen=True, slots=True)
class Advert:
    """One entry of a CiliumBGPAdvertisement."""

    type: str
    """``PodCIDR``, ``CiliumPodIPPool``, ``Service`` or ``Interface``."""
    selector: Mapping[str, Any] | None
    addresses: tuple[str, ...]
    """Of a Service: ``LoadBalancerIP``, ``ClusterIP``, ``ExternalIP``."""
    length: int | None
    """Of a Service: to how many bits its IPv4 routes are cut."""
    interface: str
    communities: tuple[str, ...]
    large_communities: tuple[str, ...]
    local_preference: int | None


@dataclass(frozen=True, slots=True)
class Family:
    """An address family of a session, and what is advertised in it."""

    afi: str
    safi: str
    adverts: tuple[Advert, ...] = ()


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer of an instance."""

    name: str
    address: str
    asn: int
    """0: whatever the peer says."""
    local_address: str
    """Address that the session is to come from; empty: the node's."""
    hold_s: int
    keepalive_s: int
    retry_s: int
    port: int
    multihop: int
    password: str
    restart_s: int
    """For how long the peer is asked to keep routes while the agent restarts; 0: graceful restart is off."""
    families: tuple[Family, ...]

    @property
    def session_key(self) -> tuple[Any, ...]:
        """All that resets the session when it changes; what is advertised does not."""
        families = tuple((each.afi, each.safi) for each in self.families)
        return (
            self.address, self.asn, self.local_address, self.hold_s, self.keepalive_s, self.port, self.multihop,
            self.password, self.restart_s, families,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instance:
    """A virtual router of a node."""

    name: str
    asn: int
    local_port: int
    """Port on which it listens; 0: it only opens connections itself."""
    router_id: str
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True)
class Desired:
    """What a node is to do."""

    instances: tuple[Instance, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """Instance and what is wrong with its configuration, in the agent's words."""


class UnusablePeer(Exception):
    """A peer's configuration cannot be put in force; the text is the agent's."""


def read_desired(api: ApiServer, node: str, *, secrets_namespace: str, gateway: str) -> Desired:
    """Read the configuration of a node.

    Args:
        api: The cluster's API server.
        node: Name of the node.
        secrets_namespace: Where passwords are.
        gateway: Address of the node's default gateway, for peers that are discovered.
    """
    config = api.find(NODE_CONFIGS, node)
    adverts = api.store.of(ADVERTISEMENTS)
    instances, errors = [], []
    for entry in dig(config, "spec", "bgpInstances", default=()) if config is not None else ():
        if entry.get("localASN") is None:
            continue
        peers = []
        try:
            for each in entry.get("peers") or ():
                peer = _peer(api, each, adverts, secrets_namespace, gateway)
                if peer is not None:
                    peers.append(peer)
        except UnusablePeer as problem:
            errors.append((str(entry["name"]), str(problem)))
        instances.append(
            Instance(
                entry["name"], entry["localASN"], entry.get("localPort") or 0, entry.get("routerID") or "", tuple(peers)
            )
        )
    return Desired(tuple(instances), tuple(errors))


def _peer(
    api: ApiServer, entry: Mapping[str, Any], adverts: Sequence[Mapping[str, Any]], namespace: str, gateway: str
) -> Peer | None:
    """A peer; ``None`` where it has no address or its CiliumBGPPeerConfig is missing, as the agent then skips it."""
    is_discovered = dig(entry, "autoDiscovery", "mode") == "DefaultGateway"
    address = str(entry.get("peerAddress") or (gateway if is_discovered else "")).strip()
    reference = dig(entry, "peerConfigRef", "name", default="")
    config = api.find(PEER_CONFIGS, reference) if reference else {"spec": {}}
    if not address or config is None:
        return None
    spec = config.get("spec") or {}
    timers = spec.get("timers") or {}
    restart = spec.get("gracefulRestart") or {}
    return Peer(
        name=entry["name"],
        address=address,
        asn=entry.get("peerASN") or 0,
        local_address=entry.get("localAddress") or "",
        hold_s=timers.get("holdTimeSeconds", HOLD_S),
        keepalive_s=timers.get("keepAliveTimeSeconds", KEEPALIVE_S),
        retry_s=timers.get("connectRetryTimeSeconds", CONNECT_RETRY_S),
        port=dig(spec, "transport", "peerPort", default=BGP_PORT),
        multihop=spec.get("ebgpMultihop", 1),
        password=password_of(api, spec.get("authSecretRef") or "", namespace),
        restart_s=restart.get("restartTimeSeconds", RESTART_S) if restart.get("enabled") else 0,
        families=tuple(_family(each, adverts) for each in spec.get("families") or DEFAULT_FAMILIES),
    )


def password_of(api: ApiServer, name: str, namespace: str) -> str:
    """The password in a Secret.

    Raises:
        UnusablePeer: the Secret holds none.
    """
    # Source: cilium/cilium v1.19 pkg/bgp/manager/reconciler/neighbor.go getPeerPassword: a missing Secret means no
    # password, a Secret without the key is an error.
    secret = api.find("secrets", name, namespace) if name else None
    if secret is None:
        return ""
    data = secret.get("data") or {}
    try:
        found = base64.b64decode(data.get("password") or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not found:
        raise UnusablePeer(f'failed to fetch secret "{name}": missing password key')
    return found


def _family(entry: Mapping[str, Any], adverts: Sequence[Mapping[str, Any]]) -> Family:
    selector = entry.get("advertisements")
    if selector is None:
        return Family(entry["afi"], entry["safi"])
    wanted = selector_of(selector)
    chosen = [
        _advert(each)
        for node in adverts
        if matches(wanted, labels_of(node))
        for each in dig(node, "spec", "advertisements", default=())
    ]
    return Family(entry["afi"], entry["safi"], tuple(chosen))


def _advert(entry: Mapping[str, Any]) -> Advert:
    service, attributes = entry.get("service") or {}, entry.get("attributes") or {}
    communities = attributes.get("communities") or {}
    return Advert(
        type=entry["advertisementType"],
        selector=entry.get("selector"),
        addresses=tuple(service.get("addresses") or ()),
        length=service.get("aggregationLengthIPv4"),
        interface=dig(entry, "interface", "name", default=""),
        communities=(*(communities.get("standard") or ()), *(communities.get("wellKnown") or ())),
        large_communities=tuple(communities.get("large") or ()),
        local_preference=attributes.get("localPreference"),
    )
