"""What agents of 1.18 do otherwise than those of 1.19, so that an upgrade and a downgrade show.

Source: reference versions.md: network policy, encryption, egress gateway.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from quizgame.cluster.agent.config import AgentConfig
from quizgame.cluster.crds import minor_of
from quizgame.cluster.objects import Stored

_TURN = (1, 19)
_NEW_KEYS = frozenset((
    "enable-encryption-strict-mode-egress", "enable-encryption-strict-mode-ingress", "enable-remote-node-masquerade",
    "encryption-strict-egress-allow-remote-node-identities", "encryption-strict-egress-cidr", "policy-deny-response",
))  # fmt: skip
"""Keys that an agent of 1.18 does not know."""
_STRICT = {
    "enable-encryption-strict-mode": "enable-encryption-strict-mode-egress",
    "encryption-strict-mode-allow-remote-node-identities": "encryption-strict-egress-allow-remote-node-identities",
    "encryption-strict-mode-cidr": "encryption-strict-egress-cidr",
}
"""Key that both know → what it is called since 1.19."""
_REMOVED = {"enable-ipv4-egress-gateway": "enable-egress-gateway"}
"""Key that an agent of 1.19 does not know any more → what it is called now."""


def config_of(data: Mapping[str, str], version: str) -> AgentConfig:
    """The configuration that an agent of a version makes of the ConfigMap's data."""
    is_former = minor_of(version) < _TURN
    heeded = {key: value for key, value in data.items() if not (is_former and key in _NEW_KEYS)}
    for old, new in (*_STRICT.items(), *(_REMOVED.items() if is_former else ())):
        if old in data:
            heeded.setdefault(new, data[old])
    if is_former:
        heeded.setdefault("policy-default-local-cluster", "false")
    return AgentConfig(heeded, version)


def new_keys(version: str) -> frozenset[str]:
    """Keys that the chart of a version does not write."""
    return _NEW_KEYS if minor_of(version) < _TURN else frozenset()


def policy_as_read(obj: Mapping[str, Any], version: str) -> Mapping[str, Any]:
    """A policy object with the meaning that an agent of a version gives it, in the words of 1.19.

    A pattern that begins with ``**.`` stood for one label before 1.19.
    """
    return obj if minor_of(version) >= _TURN else _former_policy(Stored(obj))


@lru_cache(maxsize=1024)
def _former_policy(stored: Stored) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _with_one_level(stored.obj)
    return found


def _with_one_level(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {
            key: value.replace("**.", "*.", 1)
            if key == "matchPattern" and isinstance(value, str) and value.startswith("**.")
            else _with_one_level(value)
            for key, value in node.items()
        }
    return [_with_one_level(each) for each in node] if isinstance(node, list) else node
