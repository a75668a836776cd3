"""What agents write of mutual authentication. Source: cilium/cilium v1.19 pkg/auth, pkg/auth/spire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from quizgame.cluster.auth.handshake import SWITCH, trust_domain
from quizgame.cluster.auth.spire import MUTUAL
from quizgame.cluster.auth.table import NO_NODE
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium_dbg.commands.bpf_auth import AUTH_TYPE, remote_node_id
from quizgame.tools.kubectl.logs.entry import Entry, slog

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent
    from quizgame.cluster.auth.table import Attempt

_AGENT, _MODULE = "cilium-agent", "agent.controlplane.auth"
_MILLISECOND = SECOND // 1000
_RESERVED = "Reserved identity, skipping authentication as reserved identities are not compatible with authentication"
_NO_SPIRE = "SPIRE Delegate API Client failed to init watcher, retrying"


def auth_entries(agent: Agent) -> Iterator[Entry]:
    """The running agent's requests for authentication, and its want of a SPIRE agent."""
    if not agent.config.is_on(SWITCH):
        return
    if agent.config.is_on(MUTUAL) and not agent.auth.is_attached and agent.is_serving:
        socket = agent.config.get("mesh-auth-spire-admin-socket", "/run/spire/sockets/admin.sock")
        yield slog(
            agent.auth.detached_ns + SECOND, "warn", _NO_SPIRE, _AGENT, module=_MODULE,
            error=f"SPIRE admin socket ({socket}) does not exist: stat {socket}: no such file or directory",
        )  # fmt: skip
    for attempt in agent.auth.attempts:
        yield from _told(agent, attempt)


def _told(agent: Agent, attempt: Attempt) -> Iterator[Entry]:
    key, at = attempt.key, attempt.at_ns + _MILLISECOND
    shown = (
        f"localIdentity={key.local}, remoteIdentity={key.remote}, remoteNodeID={remote_node_id(agent, key)}, "
        f"authType={AUTH_TYPE}"
    )
    if agent.config.is_on("debug"):
        yield slog(at, "debug", "Policy is requiring authentication", _AGENT, module=_MODULE, key=shown)
    if attempt.problem == "":
        yield slog(at + 1, "info", _RESERVED, _AGENT, module=_MODULE, key=shown)
    elif attempt.problem is not None:
        yield slog(
            at + 1, "warn", "Failed to authenticate request", _AGENT, module=_MODULE, key=shown, error=attempt.problem,
        )  # fmt: skip
    elif agent.config.is_on("debug"):
        uri = f"[spiffe://{trust_domain(agent)}/identity/{key.remote}]"
        ip = agent.node_ip if key.node_ip == NO_NODE else key.node_ip
        yield slog(at + 1, "debug", "Validating Server SNI", _AGENT, module=_MODULE, **{"SNI ID": key.remote})
        yield slog(at + 2, "debug", "Validated certificate", _AGENT, module=_MODULE, **{"uri-san": uri})
        yield slog(
            at + 3, "debug", "Successfully authenticated", _AGENT, module=_MODULE, key=shown, remoteNodeIP=ip,
        )  # fmt: skip
