"""Encryption between two nodes: whether a packet leaves under cover, and whether the other end can read it.

Source: cilium/cilium v1.19 bpf/lib/wireguard.h, bpf/lib/encrypt.h (what is encrypted, strict mode), bpf/lib/ipsec.h
(which key is taken); Documentation encryption-wireguard.rst, encryption-ipsec.rst. Replies are asked about on their
own: each direction has its own keys and its own firewall.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from quizgame.cluster.agent.encryption import MAX_KEY_ID, EncryptionMode, NodeEncryption
from quizgame.cluster.links import WIREGUARD_PORT
from quizgame.policy.identity import is_node

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.links import Links

NO_STATE_OUT, NO_STATE_IN, WRONG_KEY = "outbound_no_state", "inbound_no_state", "inbound_state_proto_error"
# Source: cilium/cilium v1.19 metrics, ipsec_xfrm_error: XfrmOutNoStates, XfrmInNoStates, XfrmInStateProtoError.


@dataclass(frozen=True, slots=True)
class Cover:
    """How packets of one direction go from one node to another."""

    mode: EncryptionMode = EncryptionMode.DISABLED
    problem: str = ""
    """Why the other end never gets them."""
    is_refused_at_sender: bool = False
    """Whether strict mode keeps them on their node, since they would leave in the clear."""
    is_refused_at_receiver: bool = False
    """Whether strict mode of the receiving node refuses them, since they came in the clear."""
    error: tuple[Agent, str] | None = None
    """Whose XFRM error counter each of them raises, and which."""

    @property
    def is_encrypted(self) -> bool:
        """Whether they leave their node encrypted."""
        return self.mode is not EncryptionMode.DISABLED

    @property
    def is_refused(self) -> bool:
        """Whether strict mode refuses them, at either end."""
        return self.is_refused_at_sender or self.is_refused_at_receiver

    @property
    def is_lost(self) -> bool:
        """Whether they do not arrive."""
        return bool(self.problem) or self.is_refused


PLAIN = Cover()


def cover(
    links: Links, sender: Agent, receiver: Agent, source: str, destination: str, *, is_encapsulated: bool = False
) -> Cover:
    """How a packet goes from one node to another.

    Args:
        links: The network between them.
        sender: Agent of the node that it leaves.
        receiver: Agent of the node that it goes to.
        source: Its source address, before masquerading.
        destination: Its destination address.
        is_encapsulated: Whether it goes through a tunnel.
    """
    is_of_pod = sender.endpoint_at(source) is not None
    entry = sender.ipcache.lookup(destination)
    key = entry.encrypt_key if entry is not None else 0
    match sender.encryption.mode:
        case EncryptionMode.WIREGUARD if is_encapsulated or (key and _takes_wireguard(sender, is_of_pod=is_of_pod)):
            return Cover(EncryptionMode.WIREGUARD, _wireguard_problem(links, sender, receiver))
        case EncryptionMode.IPSEC if key and is_of_pod:
            return _ipsec(links, sender, receiver, key)
    return Cover(
        is_refused_at_sender=not is_encapsulated and _refuses_to_send(sender, source, destination),
        is_refused_at_receiver=_refuses_to_take(receiver, sender, source, destination, is_encapsulated=is_encapsulated),
    )


def _takes_wireguard(sender: Agent, *, is_of_pod: bool) -> bool:
    """Whether a packet outside any tunnel is encrypted: a pod's always, the node's own with node encryption."""
    return is_of_pod or sender.encryption.node_encryption is NodeEncryption.ENABLED


def _wireguard_problem(links: Links, sender: Agent, receiver: Agent) -> str:
    """Why the two nodes have no WireGuard session. A handshake needs both ways, both keys, and both devices."""
    for one, other in ((sender, receiver), (receiver, sender)):
        known = one.nodes.get(f"{other.config.cluster_name}/{other.node}")
        if one.encryption.mode is not EncryptionMode.WIREGUARD:
            return f"node {one.node} does not encrypt with WireGuard"
        if known is None or known.wireguard_key != other.encryption.public_key:
            return f"node {one.node} does not have the WireGuard key of node {other.node}"
        if not links.allows(one.place, other.place, "UDP", WIREGUARD_PORT):
            return f"UDP {WIREGUARD_PORT} between the nodes is blocked"
    return ""


def _ipsec(links: Links, sender: Agent, receiver: Agent, peer_key: int) -> Cover:
    own = sender.encryption.keys[-1].spi
    spi = _common_key(own, peer_key)
    here, there = sender.encryption.key(spi), receiver.encryption.key(spi)
    problem, error = "", None
    if here is None:
        problem, error = f"node {sender.node} has no key {spi} any more", (sender, NO_STATE_OUT)
    elif not links.allows(sender.place, receiver.place, "ESP", 0):
        problem = "ESP between the nodes is blocked"
    elif there is None:
        problem, error = f"node {receiver.node} has no key {spi}", (receiver, NO_STATE_IN)
    elif there.material != here.material:
        problem, error = f"the nodes have different keys {spi}", (receiver, WRONG_KEY)
    return Cover(EncryptionMode.IPSEC, problem, error=error)


def _common_key(own: int, peer: int) -> int:
    """The older of two key numbers, which wrap around. Source: bpf/lib/encrypt.h get_min_encrypt_key."""
    if MAX_KEY_ID in (own, peer) and 1 in (own, peer):
        return MAX_KEY_ID
    return min(own, peer)


# ---------------------------------------------------------------- strict mode


def _refuses_to_send(sender: Agent, source: str, destination: str) -> bool:
    strict = sender.encryption.strict
    if strict.network is None or source in (sender.node_ip, sender.router_ip):
        return False
    to_node = is_node(sender.identity_of(destination))
    if to_node and (sender.config.is_tunnel or strict.allows_nodes):
        return False
    return IPv4Address(source) in strict.network and IPv4Address(destination) in strict.network


def _refuses_to_take(receiver: Agent, sender: Agent, source: str, destination: str, *, is_encapsulated: bool) -> bool:
    """Whether strict ingress refuses what comes in the clear. Whatever comes by a tunnel must have been encrypted."""
    if not receiver.encryption.strict.ingress or receiver.encryption.mode is not EncryptionMode.WIREGUARD:
        return False
    if is_encapsulated:
        return True
    return sender.endpoint_at(source) is not None and receiver.endpoint_at(destination) is not None
