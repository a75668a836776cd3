"""Transparent encryption on one node: the mode and the keys that its agent has put in force.

The mode is read when the agent starts. What is in force outlives the process, as kernel state does: a stopped
agent's node goes on encrypting. Source: facts F-76 to F-79; cilium/cilium v1.19 pkg/wireguard/agent,
pkg/datapath/linux/ipsec; reference versions.md, encryption.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from quizgame.cluster.agent.nodes import CONTROL_PLANE_LABEL, internal_ip
from quizgame.cluster.interfaces import ContainerExit
from quizgame.cluster.keyed import keyed_bytes
from quizgame.cluster.objects import dig, labels_of
from quizgame.goflags.durations import MINUTE, parse_duration
from quizgame.goflags.errors import GoValueError

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.config import AgentConfig

KEYS_SECRET = "cilium-ipsec-keys"
"""The Secret that the chart mounts unless told otherwise, and the only one that ``cilium encryption`` knows."""
KEYS_VOLUME = "cilium-ipsec-secrets"
KEYS_NAMESPACE = "kube-system"
WIREGUARD_KEY_ID = 255
"""Key index that WireGuard nodes publish: there is nothing to choose, only "encrypt". Source: StaticEncryptKey."""
MAX_KEY_ID = 15
_FIRST_WIREGUARD_KERNEL = (5, 6)
_OPT_OUT = "node-encryption-opt-out-labels"
_ROTATION = "ipsec-key-rotation-duration"
_STRICT_EGRESS = "enable-encryption-strict-mode-egress"
_STRICT_INGRESS = "enable-encryption-strict-mode-ingress"
_STRICT_CIDR = "encryption-strict-egress-cidr"
_ALLOW_NODES = "encryption-strict-egress-allow-remote-node-identities"


class EncryptionMode(Enum):
    """How a node encrypts what it sends to other nodes; values as the tools print them."""

    DISABLED = "Disabled"
    WIREGUARD = "Wireguard"
    IPSEC = "IPsec"


class NodeEncryption(Enum):
    """Whether a node also encrypts its own traffic."""

    DISABLED = "Disabled"
    ENABLED = "Enabled"
    OPTED_OUT = "OptedOut"
    """It is on, but the node's labels exclude it."""


@dataclass(frozen=True, slots=True)
class IpsecKey:
    """One IPsec key as a line of the secret states it."""

    spi: int
    """Number of the key, 1 to 15; peers agree on a key by it."""
    material: str
    """Algorithm, key and length."""
    expires_ns: int | None = None
    """When its states are removed; ``None`` for the newest key."""

    @property
    def bits(self) -> int:
        """Length of the secret part; a rotation must keep it."""
        return max((len(word) for word in self.material.split()), default=0) * 4


@dataclass(frozen=True, slots=True)
class StrictMode:
    """What strict mode refuses to send or to take in the clear."""

    network: IPv4Network | None = None
    """Range within which nothing may leave unencrypted; ``None``: strict egress is off."""
    allows_nodes: bool = False
    """Whether pods may talk to other nodes in the clear."""
    ingress: bool = False
    """Whether pods take nothing from other pods that arrives in the clear."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """What one node has put in force."""

    mode: EncryptionMode = EncryptionMode.DISABLED
    node_encryption: NodeEncryption = NodeEncryption.DISABLED
    public_key: str = ""
    """Its WireGuard key, base64."""
    keys: tuple[IpsecKey, ...] = ()
    """IPsec keys with states in the kernel; the newest is last."""
    strict: StrictMode = field(default_factory=StrictMode)
    errors: Mapping[str, int] = field(default_factory=dict)
    """XFRM error counters by name."""
    sent: int = 0
    """Packets that IPsec has encrypted: the highest sequence number."""

    @property
    def node_key(self) -> int:
        """Key index that the node publishes for its own addresses; 0: do not encrypt to them."""
        if self.mode is EncryptionMode.WIREGUARD:
            return WIREGUARD_KEY_ID if self.node_encryption is NodeEncryption.ENABLED else 0
        return self.endpoint_key

    @property
    def endpoint_key(self) -> int:
        """Key index that the node publishes for its endpoints."""
        if self.mode is EncryptionMode.WIREGUARD:
            return WIREGUARD_KEY_ID
        return self.keys[-1].spi if self.mode is EncryptionMode.IPSEC and self.keys else 0

    def key(self, spi: int) -> IpsecKey | None:
        """The IPsec key with this number, while its states are there."""
        return next((each for each in self.keys if each.spi == spi), None)

    def with_error(self, name: str) -> Encryption:
        """The same with one XFRM error more."""
        return replace(self, errors={**self.errors, name: self.errors.get(name, 0) + 1})


# ---------------------------------------------------------------- keys


def public_key_of(agent: Agent) -> str:
    """The node's WireGuard public key, base64: made once, kept on the node, the same after every restart."""
    return base64.b64encode(keyed_bytes(agent.seed, "wireguard", agent.context, agent.node, size=32)).decode()


def parse_keys(text: str) -> IpsecKey:
    """Read what the secret holds; the last line counts.

    Source: cilium/cilium v1.19 pkg/datapath/linux/ipsec/ipsec_linux.go loadIPSecKeys, parseSPI.

    Raises:
        ValueError: in the agent's words.
    """
    found: IpsecKey | None = None
    for line in text.splitlines():
        words = line.split(" ")
        if len(words) < 3:
            raise ValueError("missing IPSec key or invalid format")
        spi = _spi(words[0])
        if len(words) > 6:
            raise ValueError("invalid format: too many fields in the IPsec secret")
        if len(words) == 4:
            _check_aead(words)
        else:
            _check_pair(words)
        found = IpsecKey(spi, " ".join(words[1:]))
    if found is None:
        raise ValueError("missing IPSec key or invalid format")
    return found


def _spi(word: str) -> int:
    digits = word.removesuffix("+")
    if not re.fullmatch(r"[+-]?\d+", digits):
        problem = f'the first argument of the IPsec secret is not a number. Attempted "{digits}"'
    elif int(digits) > MAX_KEY_ID:
        problem = (
            f'encryption key space exhausted. ID must be nonzero and less than {MAX_KEY_ID + 1}. Attempted "{digits}"'
        )
    elif int(digits) <= 0:
        problem = f'zero is not a valid key ID. ID must be nonzero and less than {MAX_KEY_ID + 1}. Attempted "{digits}"'
    else:
        return int(digits)
    raise ValueError(f"failed to parse SPI: {problem}")


def _check_aead(words: list[str]) -> None:
    if not words[1].startswith("rfc"):
        raise ValueError(f'invalid AEAD algorithm "{words[1]}"')
    if not _is_hex(words[2]):
        raise ValueError(f'unable to decode AEAD key string "{words[2]}"')
    if not words[3].isdecimal():
        raise ValueError("the ICV length is invalid or missing")


def _check_pair(words: list[str]) -> None:
    if len(words) < 5:
        raise ValueError("missing IPSec key or invalid format")
    for word, what in ((words[2], "authentication"), (words[4], "encryption")):
        if not _is_hex(word):
            raise ValueError(f'unable to decode {what} key string "{word}"')


def _is_hex(word: str) -> bool:
    return bool(re.fullmatch(r"(0x)?([0-9a-fA-F]{2})*", word))


def key_text(secret: Mapping[str, Any] | None) -> str:
    """The text of the file that the secret is mounted as.

    Raises:
        ValueError: where the secret has no such file.
    """
    data = dig(secret, "data", "keys", default=None)
    if data is None:
        raise ValueError("open /etc/ipsec/keys: no such file or directory")
    try:
        return base64.b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("missing IPSec key or invalid format") from None


# ---------------------------------------------------------------- the agent's life


def mounted_secret(agent: Agent, pod_name: str) -> str:
    """Name of the Secret that an agent's pod has its key file from."""
    pod = agent.api.find("pods", pod_name, KEYS_NAMESPACE)
    volumes = dig(pod, "spec", "volumes", default=()) if pod is not None else ()
    names = (dig(each, "secret", "secretName") for each in volumes if each["name"] == KEYS_VOLUME)
    return str(next(names, None) or KEYS_SECRET)


def begin(agent: Agent, config: AgentConfig, pod_name: str) -> Encryption:
    """What an agent that starts in a pod puts in force.

    Raises:
        ContainerExit: where the configuration, the kernel or the key does not allow it.
    """
    has_wireguard, has_ipsec = config.is_on("enable-wireguard"), config.is_on("enable-ipsec")
    node = agent.api.find("nodes", agent.node)
    if has_wireguard and has_ipsec:
        raise _failed("WireGuard (--enable-wireguard) cannot be used with IPsec (--enable-ipsec)")
    strict = _strict(config, node, has_ipsec=has_ipsec)
    if has_wireguard:
        _check_kernel(node)
        return Encryption(EncryptionMode.WIREGUARD, _node_encryption(config, node), public_key_of(agent), strict=strict)
    if has_ipsec:
        try:
            key = parse_keys(key_text(agent.api.find("secrets", mounted_secret(agent, pod_name), KEYS_NAMESPACE)))
        except ValueError as problem:
            raise _failed(str(problem)) from None
        before = agent.encryption
        older = tuple(
            replace(each, expires_ns=each.expires_ns or _removal(config, agent.now_ns))
            for each in before.keys
            if each.spi != key.spi
        )
        return Encryption(
            EncryptionMode.IPSEC, keys=(*older, key), strict=strict, errors=before.errors, sent=before.sent
        )
    return Encryption(strict=strict)


def _failed(problem: str) -> ContainerExit:
    return ContainerExit(f"failed to start: {problem}")


def _check_kernel(node: Mapping[str, Any] | None) -> None:
    version = str(dig(node, "status", "nodeInfo", "kernelVersion", default=""))
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is not None and (int(numbers[1]), int(numbers[2])) < _FIRST_WIREGUARD_KERNEL:
        raise _failed(
            "failed to initialize WireGuard: WireGuard not supported by the Linux kernel (netlink: operation not "
            "supported). Please upgrade your kernel, or manually install the kernel module "
            "(https://www.wireguard.com/install/)"
        )


def _node_encryption(config: AgentConfig, node: Mapping[str, Any] | None) -> NodeEncryption:
    if not config.is_on("encrypt-node"):
        return NodeEncryption.DISABLED
    # Source: option node-encryption-opt-out-labels; its default leaves control planes out.
    wanted = [each for each in config.get(_OPT_OUT, CONTROL_PLANE_LABEL).split(",") if each]
    labels = labels_of(node) if node is not None else {}
    is_out = any(
        key in labels and (not value or labels[key] == value)
        for key, _, value in (each.partition("=") for each in wanted)
    )
    return NodeEncryption.OPTED_OUT if is_out else NodeEncryption.ENABLED


def _strict(config: AgentConfig, node: Mapping[str, Any] | None, *, has_ipsec: bool) -> StrictMode:
    ingress = config.is_on(_STRICT_INGRESS)
    if ingress and has_ipsec:
        raise _failed(f"IPsec (--enable-ipsec) cannot be used with --{_STRICT_INGRESS}")
    if not config.is_on(_STRICT_EGRESS):
        return StrictMode(ingress=ingress)
    text = config.get(_STRICT_CIDR)
    allows_nodes = config.is_on(_ALLOW_NODES)
    try:
        network = IPv4Network(text, strict=False) if "/" in text else None
    except (AddressValueError, ValueError):
        network = None
    if network is None:
        detail = "" if "/" in text else ": no '/'"
        raise _failed(
            f"Cannot parse CIDR {text} from --{_STRICT_CIDR} option: netip.ParsePrefix({_quoted(text)}){detail}"
        )
    own = internal_ip(node) if node is not None else ""
    if own and IPv4Address(own) in network and not allows_nodes:
        raise _failed(
            f"node IP {own} is within the strict mode CIDR {network}: unencrypted traffic of the node itself would be "
            f"dropped; set --{_ALLOW_NODES}=true"
        )
    return StrictMode(network, allows_nodes, ingress)


def _quoted(text: str) -> str:
    return f'"{text}"'


def _removal(config: AgentConfig, now_ns: int) -> int:
    try:
        return now_ns + parse_duration(config.get(_ROTATION, "5m"))
    except GoValueError:
        return now_ns + 5 * MINUTE


def take_keys(agent: Agent, secret: Mapping[str, Any], is_gone: bool) -> None:
    """Follow a changed key file, as the key watcher does; what cannot be loaded leaves the old key in use.

    Source: cilium/cilium v1.19 pkg/datapath/linux/ipsec: a new key needs a new number and the same length.
    """
    present = agent.encryption
    if is_gone or present.mode is not EncryptionMode.IPSEC or not agent.config.is_on("enable-ipsec-key-watcher", True):
        return
    try:
        key = parse_keys(key_text(secret))
    except ValueError:
        return
    newest = present.keys[-1]
    if key.spi == newest.spi or key.bits != newest.bits:
        return
    removal = _removal(agent.config, agent.now_ns)
    older = tuple(replace(each, expires_ns=each.expires_ns or removal) for each in present.keys if each.spi != key.spi)
    agent.encryption = replace(present, keys=(*older, key))


def expire_keys(agent: Agent) -> bool:
    """Remove the states of keys that a rotation has replaced long enough ago; return whether there were any."""
    present = agent.encryption
    kept = tuple(each for each in present.keys if each.expires_ns is None or each.expires_ns > agent.now_ns)
    if kept == present.keys:
        return False
    agent.encryption = replace(present, keys=kept)
    return True


def next_expiry(agent: Agent) -> int | None:
    """The instant at which the next replaced key goes."""
    return min((each.expires_ns for each in agent.encryption.keys if each.expires_ns is not None), default=None)
