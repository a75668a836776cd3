"""What agents write of the bandwidth manager: whether it is on, and annotations that it ignores or cannot read.

Source: cilium/cilium v1.19 pkg/datapath/linux/bandwidth/bandwidth.go, pkg/endpoint/api endpoint_api_manager.go (the
second message really holds a ``%s``), pkg/endpoint/events.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.agent.bandwidth import EGRESS, INGRESS
from quizgame.cluster.objects import annotations_of
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

_AGENT, _MODULE = "cilium-agent", "agent.datapath.bandwidth-manager"
_IGNORED = {
    INGRESS: "Endpoint has bandwidth annotation, but BPF bandwidth manager is disabled. This annotation is ignored.",
    EGRESS: "Endpoint has %s annotation, but BPF bandwidth manager is disabled. This annotation is ignored.",
}


def bandwidth_entries(agent: Agent) -> Iterator[Entry]:
    """What the running agent has written since it started."""
    state = agent.bandwidth
    at = agent.started_ns + SECOND // 5
    if state.warning:
        yield slog(at, "warn", state.warning, _AGENT, module=_MODULE)
    if state.enabled:
        yield slog(at, "info", "Setting up BPF bandwidth manager", _AGENT, module=_MODULE)
        for number, (told_ns, problem) in sorted(state.complaints.items()):
            yield slog(
                max(told_ns, agent.started_ns) + SECOND // 2, "error", "EndpointPolicyBandwidthEvent event failed",
                _AGENT, endpointID=number, error=problem, subsys="endpoint",
            )  # fmt: skip
        return
    for endpoint in agent.endpoints.values():
        if not endpoint.is_pod or endpoint.created_ns < agent.started_ns:
            continue
        pod = agent.api.find("pods", endpoint.pod, endpoint.namespace)
        notes = annotations_of(pod) if pod is not None else {}
        for key, message in _IGNORED.items():
            if key in notes:
                yield slog(
                    endpoint.created_ns + SECOND // 2, "warn", message, _AGENT,
                    k8sPodName="/".join(endpoint.key), annotation=key,
                )  # fmt: skip
