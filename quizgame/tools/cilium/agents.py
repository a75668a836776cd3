"""The agents' pods, and the answers of those that do not answer."""

from __future__ import annotations

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.objects import dig, name_of
from quizgame.tools.cilium.call import Call
from quizgame.tools.cilium_dbg.call import SOCKET_PROBLEM


def agent_pods(call: Call) -> list[tuple[str, Agent]]:
    """Running agent pods by node name: the pod's name and its agent; ``--node`` picks one."""
    wanted = call.flags.text("node")
    found = []
    for pod in call.api.list("pods", call.namespace, label_selector=call.flags.text("agent-pod-selector")):
        node = dig(pod, "spec", "nodeName", default="")
        agent = call.cluster.agents.get(node)
        if isinstance(agent, Agent) and dig(pod, "status", "phase") == "Running" and wanted in ("", node):
            found.append((name_of(pod), agent))
    return sorted(found, key=lambda each: each[1].node)


def unreachable(call: Call, pod: str, what: str, asked: str = "", url: str = "/v1/healthz") -> str:
    """The error of a pod whose agent does not serve: the failed command with its own stderr quoted.

    Args:
        call: The running command.
        pod: The agent's pod.
        what: What was to be fetched.
        asked: What the agent's tool says it cannot get; empty where it says nothing of its own.
        url: The path it asked for.
    """
    said = rf"Get \"http://localhost{url}\": {SOCKET_PROBLEM}\n"
    said = rf"Error: cannot get {asked}: {said}\n" if asked else rf"{said}Is the agent running?\n"
    return (
        f"failed to fetch {what} from {pod}: command failed (pod={call.namespace}/{pod}, container=cilium-agent): "
        f'command terminated with exit code 1: "{said}"'
    )
