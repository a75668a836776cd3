"""The BGP control plane of before: CiliumBGPPeeringPolicy, which Cilium 1.18 still has and 1.19 removed.

An agent reads the policies itself; no operator takes part. Source: cilium/cilium v1.18
pkg/k8s/apis/cilium.io/v2alpha1/bgp_types.go (fields and defaults); facts F-80, F-82.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quizgame.cluster.bgp.desired import (
    CONNECT_RETRY_S,
    DEFAULT_FAMILIES,
    HOLD_S,
    KEEPALIVE_S,
    RESTART_S,
    Advert,
    Desired,
    Family,
    Instance,
    Peer,
    UnusablePeer,
    password_of,
)
from quizgame.cluster.bgp.router import BGP_PORT
from quizgame.cluster.labelselect import matches, selector_of
from quizgame.cluster.objects import dig, labels_of

if TYPE_CHECKING:
    from quizgame.cluster.apiserver import ApiServer

PEERING_POLICIES = "ciliumbgppeeringpolicies.cilium.io"
REMOVED_IN = (1, 19)
"""The first version whose agents do not know the kind; objects of it may outlive an upgrade."""


def read_peering_policy(api: ApiServer, node: str, *, secrets_namespace: str) -> Desired | None:
    """What the one policy that selects a node asks for; ``None`` where none or several select it.

    Source: cilium/cilium v1.18 pkg/bgpv1/agent/controller.go: with several the agent goes by none of them.
    """
    policies = api.store.of(PEERING_POLICIES)
    known = api.find("ciliumnodes.cilium.io", node) if policies else None
    if known is None:
        return None
    chosen = [each for each in policies if _selects(each, labels_of(known))]
    if len(chosen) != 1:
        return None
    routers = dig(chosen[0], "spec", "virtualRouters", default=())
    return Desired(tuple(_instance(api, each, secrets_namespace) for each in routers))


def _selects(policy: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = dig(policy, "spec", "nodeSelector")
    return selector is None or matches(selector_of(selector), labels)


def _instance(api: ApiServer, router: Mapping[str, Any], namespace: str) -> Instance:
    adverts = _adverts(router)
    peers = [peer for each in router.get("neighbors") or () if (peer := _peer(api, each, adverts, namespace))]
    return Instance(str(router["localASN"]), router["localASN"], 0, "", tuple(peers))


def _adverts(router: Mapping[str, Any]) -> tuple[Advert, ...]:
    adverts = []
    if router.get("exportPodCIDR"):
        adverts.append(Advert("PodCIDR", None, (), None, "", (), (), None))
    if router.get("serviceSelector") is not None:
        addresses = tuple(router.get("serviceAdvertisements") or ("LoadBalancerIP",))
        adverts.append(Advert("Service", router["serviceSelector"], addresses, None, "", (), (), None))
    if router.get("podIPPoolSelector") is not None:
        adverts.append(Advert("CiliumPodIPPool", router["podIPPoolSelector"], (), None, "", (), (), None))
    return tuple(adverts)


def _peer(api: ApiServer, neighbor: Mapping[str, Any], adverts: tuple[Advert, ...], namespace: str) -> Peer | None:
    try:
        password = password_of(api, neighbor.get("authSecretRef") or "", namespace)
    except UnusablePeer:
        return None
    address = str(neighbor["peerAddress"]).partition("/")[0]
    restart = neighbor.get("gracefulRestart") or {}
    return Peer(
        name=address,
        address=address,
        asn=neighbor.get("peerASN") or 0,
        local_address="",
        hold_s=neighbor.get("holdTimeSeconds", HOLD_S),
        keepalive_s=neighbor.get("keepAliveTimeSeconds", KEEPALIVE_S),
        retry_s=neighbor.get("connectRetryTimeSeconds", CONNECT_RETRY_S),
        port=neighbor.get("peerPort", BGP_PORT),
        multihop=neighbor.get("eBGPMultihopTTL", 1),
        password=password,
        restart_s=restart.get("restartTimeSeconds", RESTART_S) if restart.get("enabled") else 0,
        families=tuple(
            Family(each["afi"], each["safi"], adverts) for each in neighbor.get("families") or DEFAULT_FAMILIES
        ),
    )
