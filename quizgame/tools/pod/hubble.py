"""``hubble`` in an agent's pod: the real command over the agent's own server, which knows its node's flows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quizgame.cluster.fabric import agent_on
from quizgame.goflags.quoting import quote
from quizgame.hubble.following import Watch
from quizgame.hubble.serving import LocalHubble, build_version
from quizgame.hubble.source import FlowSource, RpcError, connection_refused
from quizgame.tools.hubble_tool import run_with
from quizgame.tools.output import Line, Result
from quizgame.tools.pod.context import PodContext

SOCKET = "unix:///var/run/cilium/hubble.sock"
"""The agent's image sets it as ``HUBBLE_SERVER``."""


def run(argv: Sequence[str], context: PodContext, stdin: Sequence[Line]) -> Result:
    """Run ``hubble`` in an agent's pod (a ``PodProgram``); without ``--server`` it asks the agent's socket."""
    agent = agent_on(context.session.world, context.cluster.context, context.node_name)

    def connect(address: str, watch: Watch) -> FlowSource:
        if address != SOCKET:
            raise connection_refused(address)
        if not agent.is_serving or not agent.config.has_hubble:
            path = SOCKET.removeprefix("unix://")
            dial = f"transport: Error while dialing: dial unix {path}: connect: no such file or directory"
            raise RpcError("Unavailable", f"connection error: desc = {quote(dial)}")
        return LocalHubble(agent, build_version(context.cluster), watch)

    session = replace(context.session, variables={**context.session.variables, "HUBBLE_SERVER": SOCKET})
    return run_with(argv, session, context.cluster, stdin, connect, has_kubeconfig=False)
