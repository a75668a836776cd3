"""Numeric identities: the reserved ones, and the ranges that the others come from."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from quizgame.policy.labels import SOURCE_RESERVED, Label, Labels, reserved


class ReservedIdentity(IntEnum):
    """Identities with a fixed number.

    Source: cilium/cilium v1.19 pkg/identity/numericidentity.go.
    """

    UNKNOWN = 0
    HOST = 1
    WORLD = 2
    UNMANAGED = 3
    HEALTH = 4
    INIT = 5
    REMOTE_NODE = 6
    KUBE_APISERVER = 7
    INGRESS = 8
    WORLD_IPV4 = 9
    WORLD_IPV6 = 10


RESERVED_LABELS: Final[dict[int, Labels]] = {
    ReservedIdentity.UNKNOWN: reserved("unknown"),
    ReservedIdentity.HOST: reserved("host"),
    ReservedIdentity.WORLD: reserved("world"),
    ReservedIdentity.UNMANAGED: reserved("unmanaged"),
    ReservedIdentity.HEALTH: reserved("health"),
    ReservedIdentity.INIT: reserved("init"),
    ReservedIdentity.REMOTE_NODE: reserved("remote-node"),
    ReservedIdentity.KUBE_APISERVER: reserved("kube-apiserver", "remote-node"),
    ReservedIdentity.INGRESS: reserved("ingress"),
    ReservedIdentity.WORLD_IPV4: reserved("world-ipv4"),
    ReservedIdentity.WORLD_IPV6: reserved("world-ipv6"),
}
"""The labels of each reserved identity; ``UNKNOWN`` is never a peer in a selector."""

ENTITY_IDENTITIES: Final[dict[str, int]] = {
    "host": ReservedIdentity.HOST,
    "remote-node": ReservedIdentity.REMOTE_NODE,
    "kube-apiserver": ReservedIdentity.KUBE_APISERVER,
    "health": ReservedIdentity.HEALTH,
    "ingress": ReservedIdentity.INGRESS,
    "unmanaged": ReservedIdentity.UNMANAGED,
    "init": ReservedIdentity.INIT,
    "world": ReservedIdentity.WORLD,
}
"""The identity of the thing that an entity names, where that is a single one."""


def parse_numeric_identity(text: str) -> int | None:
    """The number that names an identity; ``None`` for a name that is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= _LONGEST_NUMBER else None


_LONGEST_NUMBER: Final = 10
"""Digits of the largest numeric identity, which has 32 bits."""
FIRST_WORKLOAD_IDENTITY: Final = 256
CLUSTER_ID_SHIFT: Final = 16
"""Workload identities of cluster N lie from N << 16 (at most 255 clusters)."""
LOCAL_SCOPE: Final = 1 << 24
"""CIDR and FQDN identities: numbered by each agent for itself from 16777217."""
REMOTE_NODE_SCOPE: Final = 2 << 24
"""Identities of remote nodes with labels of their own: numbered by each agent from 33554432."""
_SCOPE_MASK: Final = 0xFF << 24
_NODES: Final = (ReservedIdentity.HOST, ReservedIdentity.REMOTE_NODE, ReservedIdentity.KUBE_APISERVER)


def first_workload_identity(cluster_id: int) -> int:
    """Return the lowest workload identity of a cluster: 256 for cluster id 0, else ``cluster_id << 16``."""
    return max(FIRST_WORKLOAD_IDENTITY, cluster_id << CLUSTER_ID_SHIFT)


def cluster_id_of(identity: int) -> int:
    """Return the id of the cluster that handed out a workload identity; 0 for reserved and local ones."""
    return 0 if identity & _SCOPE_MASK else identity >> CLUSTER_ID_SHIFT


def is_node(identity: int) -> bool:
    """Say whether the number stands for a node, this one or another."""
    return identity in _NODES or identity & _SCOPE_MASK == REMOTE_NODE_SCOPE


def is_reserved(identity: int) -> bool:
    """Say whether the number is below the workload range."""
    return identity < FIRST_WORKLOAD_IDENTITY


def is_local_scope(identity: int) -> bool:
    """Say whether this is a CIDR or FQDN identity, known to one agent only."""
    return identity & _SCOPE_MASK == LOCAL_SCOPE


def has_reserved(labels: Labels, name: str) -> bool:
    """Say whether ``reserved:NAME`` is among the labels."""
    return Label(name, SOURCE_RESERVED) in labels
