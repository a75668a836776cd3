"""What agents write of local redirect policies. Source: cilium/cilium v1.19 pkg/loadbalancer/redirectpolicy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

_AGENT = "cilium-agent"
_MALFORMED = "Rejecting malformed CiliumLocalRedirectPolicy"
_CLASH = "LocalRedirectPolicy matches an address owned by an existing service => refusing to override"
_MODULE = "agent.controlplane.local-redirect-policies"


def redirect_entries(agent: Agent) -> Iterator[Entry]:
    """Policies that the running agent refuses."""
    state = agent.redirects
    for (namespace, name), (told_ns, problem) in sorted(state.refused.items()):
        yield slog(
            max(told_ns, agent.started_ns) + SECOND // 2, "warn", _MALFORMED, _AGENT,
            module=_MODULE, k8sNamespace=namespace, name=name, error=problem,
        )  # fmt: skip
    for address, service in state.clashes:
        yield slog(
            agent.started_ns + SECOND, "error", _CLASH, _AGENT, module=_MODULE, address=address,
            serviceName="/".join(service),
        )  # fmt: skip
