"""What an agent says of its encryption. Source: reference input ``cilium-cli/input/encryption``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.cluster.links import WIREGUARD_PORT
from quizgame.datapath.devices import NETWORK_DEVICE, WIREGUARD_DEVICE

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.nodes import KnownNode

_HIGHEST_SEQUENCE = (1 << 64) - 1
"""Sequence numbers are extended. Source: golden ``cilium-dbg/encrypt-status-ipsec``."""


def encryption_model(agent: Agent) -> dict[str, Any]:
    """The mode in force and its keys or peers, as the node has them in force."""
    force = agent.encryption
    match force.mode:
        case EncryptionMode.WIREGUARD:
            peers = [_peer(node) for node in _others(agent) if node.wireguard_key]
            interface = {
                "listen-port": WIREGUARD_PORT,
                "name": WIREGUARD_DEVICE,
                "peer-count": len(peers),
                "peers": peers,
                "public-key": force.public_key,
            }
            shown = {"interfaces": [interface], "node-encryption": force.node_encryption.value}
            return {"mode": force.mode.value, "wireguard": shown}
        case EncryptionMode.IPSEC:
            return {
                "ipsec": {
                    "decrypt-interfaces": [NETWORK_DEVICE],
                    "error-count": sum(force.errors.values()),
                    "keys-in-use": _keys(agent, len(_others(agent))) * len(force.keys),
                    "max-seq-number": f"{force.sent:#x}/{_HIGHEST_SEQUENCE:#x}",
                    "xfrm-errors": dict(sorted(force.errors.items())),
                },
                "mode": force.mode.value,
            }
    return {"mode": force.mode.value}


def _others(agent: Agent) -> list[KnownNode]:
    """The other nodes that an agent knows, those of meshed clusters included, by cluster and name."""
    own = f"{agent.config.cluster_name}/{agent.node}"
    return [node for key, node in sorted(agent.nodes.items()) if key != own]


def _peer(node: KnownNode) -> dict[str, Any]:
    addresses = [f"{ip}/32" for ip in (node.ip, node.router_ip, node.health_ip) if ip]
    return {
        "allowed-ips": [*addresses, *node.pod_cidrs],
        "endpoint": f"{node.ip}:{WIREGUARD_PORT}",
        "public-key": node.wireguard_key,
    }


def _keys(agent: Agent, others: int) -> int:
    return others * 2 * (2 if agent.config.is_tunnel else 1)


def expected_keys(agent: Agent) -> int:
    """Keys that a node needs: two for each other node of its cluster, twice that in tunnel mode.

    Source: reference cilium-cli, section 9; the workstation's tool counts the CiliumNodes of one cluster.
    """
    name = agent.config.cluster_name
    return _keys(agent, sum(node.cluster == name for node in _others(agent)))
