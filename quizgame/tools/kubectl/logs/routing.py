"""What an agent writes of routes that it cannot install, and of programs that it cannot attach."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.agent.directroutes import failed_routes
from quizgame.cluster.agent.egress import DEVICE
from quizgame.cluster.agent.validation import XDP_REFUSED
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog


def route_entries(agent: Agent) -> Iterator[Entry]:
    """Routes to nodes that are not on the same link. Source: cilium/cilium v1.19 pkg/datapath/linux/node.go."""
    if not agent.is_initialized:
        return
    if agent.config.acceleration == "best-effort" and not agent.cluster.has_xdp:
        yield slog(
            agent.started_ns + SECOND, "info", "Failed to attach XDP program, ignoring due to best-effort mode",
            "cilium-agent", device=DEVICE, error=XDP_REFUSED, subsys="datapath-loader",
        )  # fmt: skip
    for route in failed_routes(agent):
        yield slog(
            agent.started_ns + SECOND, "warn", "Unable to install direct node route", "cilium-agent",
            error=route.error, prefix=route.prefix,
        )  # fmt: skip
