"""Session affinity: for how long a client's connections go to the backend that it had last.

Source: cilium/cilium v1.19 bpf/lib/lb.h lb4_affinity_backend_id: the time counts from the last new connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.cluster.objects import dig
from quizgame.goflags.times import SECOND

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.agent.services import Backend, Frontend

DEFAULT_TIMEOUT_S = 10_800

Remembered = dict[tuple[str, str, int, str], tuple["Backend", int]]
"""Client, and address, port and protocol of a service → its backend, and when it last opened a connection."""


def timeout_s(agent: Agent, frontend: Frontend) -> int:
    """How long a service remembers its clients."""
    service = agent.service_objects.get((frontend.namespace, frontend.service))
    wanted = dig(service, "spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds", default=DEFAULT_TIMEOUT_S)
    return int(wanted)


def remembered(agent: Agent, frontend: Frontend, client: str) -> Backend | None:
    """The backend that a client had last; ``None`` where that is too long ago or the backend is not to be used."""
    if not frontend.session_affinity:
        return None
    found = agent.remembered.get((client, frontend.ip, frontend.port, frontend.protocol))
    if found is None or agent.now_ns - found[1] > timeout_s(agent, frontend) * SECOND:
        return None
    return found[0] if found[0] in frontend.usable else None


def remember(agent: Agent, frontend: Frontend, client: str, backend: Backend) -> None:
    """Take note of a connection."""
    if frontend.session_affinity:
        agent.remembered[client, frontend.ip, frontend.port, frontend.protocol] = (backend, agent.now_ns)
