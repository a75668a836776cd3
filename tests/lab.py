"""A shell on a world: what the labs in the tests of all subsystems have in common."""

from __future__ import annotations

import re
from typing import Any

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell
from quizgame.tools.output import Result, render
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

ESCAPES = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


def manifests_in(text: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a text."""
    return [each.data for each in load_documents(text, "manifests.yaml", dialect=Dialect.KUBERNETES)]


def _applying(text: str) -> str:
    return f"kubectl apply -f - <<'X'\n{text}\nX"


class BareLab:
    """A world of a test's own, and a learner's shell on it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shell = free_shell(world)

    def result(self, line: str) -> Result:
        """What a line gives."""
        return self.shell.run_line(line)

    def out(self, line: str) -> str:
        """What a line prints on stdout."""
        return render(self.result(line).stdout)

    def err(self, line: str) -> str:
        """What a line prints on stderr."""
        return render(self.result(line).stderr)

    def both(self, line: str) -> str:
        """What a line prints on both streams, without colours."""
        got = self.result(line)
        return ESCAPES.sub("", render(got.stdout) + render(got.stderr))

    def apply(self, text: str) -> Result:
        """Apply manifests as a learner does."""
        return self.result(_applying(text))

    def applied(self, text: str) -> str:
        """Apply manifests as a learner does; what that prints."""
        return self.both(_applying(text))

    def agent(self, node: str) -> Agent:
        """The agent of a node, whichever cluster it is in."""
        [found] = [each for cluster in self.world.clusters.values() for each in agents_of(cluster) if each.node == node]
        return found

    def dbg(self, node: str, line: str) -> str:
        """What ``cilium-dbg`` prints in the agent's pod of a node."""
        pod = self.agent(node).pod_name
        return self.both(f"kubectl -n kube-system exec {pod} -c cilium-agent -- cilium-dbg {line}")

    def log(self, node: str) -> str:
        """What the agent of a node has written."""
        return self.both(f"kubectl -n kube-system logs {self.agent(node).pod_name} -c cilium-agent")

    def ip(self, pod: str, namespace: str = "default") -> str:
        """A pod's address; empty while it has none."""
        return str(self.world.cluster.api.get("pods", pod, namespace)["status"].get("podIP", ""))

    def block(self, *blocks: Block) -> None:
        """Let these firewalls, and no others, drop traffic."""
        fabric_of(self.world).links = Links(blocks)
        self.world.settle()
