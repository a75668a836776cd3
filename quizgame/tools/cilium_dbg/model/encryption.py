"""What an agent says of its encryption. Source: reference input ``cilium-cli/input/encryption``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from quizgame.cluster.keyed import keyed_bytes
from quizgame.cluster.links import WIREGUARD_PORT

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent


def encryption_model(agent: Agent) -> dict[str, Any]:
    """The mode in force and its keys or peers, by the configuration that the agent runs with."""
    config = agent.config
    if config.is_on("enable-wireguard"):
        key = keyed_bytes(agent.seed, "wireguard", agent.context, agent.node, size=32)
        interface = {
            "listen-port": WIREGUARD_PORT,
            "name": "cilium_wg0",
            "peer-count": len(agent.nodes) - 1,
            "peers": [],
            "public-key": base64.b64encode(key).decode(),
        }
        nodes = "Enabled" if config.is_on("encrypt-node") else "Disabled"
        return {"mode": "Wireguard", "wireguard": {"interfaces": [interface], "node-encryption": nodes}}
    if config.is_on("enable-ipsec"):
        return {
            "ipsec": {
                "decrypt-interfaces": ["eth0"],
                "error-count": 0,
                "keys-in-use": expected_keys(agent),
                "max-seq-number": "0x0/0xffffffff",
                "xfrm-errors": {},
            },
            "mode": "IPsec",
        }
    return {"mode": "Disabled"}


def expected_keys(agent: Agent) -> int:
    """Keys that a node needs: two for each other node, twice that in tunnel mode. Source: reference, section 9."""
    return (len(agent.nodes) - 1) * 2 * (2 if agent.config.is_tunnel else 1)
