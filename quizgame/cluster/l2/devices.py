"""The devices on which a node may announce.

Source: cilium/cilium v1.19 option ``devices`` (names, or a beginning followed by ``+``; ``!`` excludes);
pkg/datapath/tables SelectedDevices: what is not selected cannot be announced on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.agent.egress import device_addresses

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent


def announcing_devices(agent: Agent) -> tuple[str, ...]:
    """The node's devices towards the network that Cilium uses, in order."""
    wanted = agent.config.get("devices").replace(",", " ").split()
    excluded = [each[1:] for each in wanted if each.startswith("!")]
    included = [each for each in wanted if not each.startswith("!")]
    return tuple(
        device
        for device in device_addresses(agent)
        if not any(_fits(device, each) for each in excluded)
        and (not included or any(_fits(device, each) for each in included))
    )


def _fits(device: str, pattern: str) -> bool:
    return device.startswith(pattern[:-1]) if pattern.endswith("+") else device == pattern
