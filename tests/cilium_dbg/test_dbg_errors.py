"""What ``cilium-dbg`` says to mistakes, against the real tool's words.

Expectations: the goldens of the reference set.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")
OF_AGENT_DOWN = ("endpoint-list-agent-down", "identity-list-agent-down", "service-list-agent-down",
                 "status-agent-down", "status-brief-agent-down")  # fmt: skip
OF_ANOTHER_STATE = ("nomap", "nosock", "k8s-failure", "stale")
"""What the simulated agent cannot be in, or what is compared elsewhere."""


def entries() -> list[dict[str, Any]]:
    if not GOLDEN.is_dir():
        return []
    index = json.loads((GOLDEN / "index.json").read_text())
    return [
        each for each in index
        if each["id"].startswith("cilium-dbg/") and "stderr" in each and not each["id"].endswith(OF_ANOTHER_STATE)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def healthy() -> World:
    return free_world()


@pytest.fixture(scope="module")
def down() -> World:
    world = free_world()
    for agent in world.cluster.agents.values():
        assert isinstance(agent, Agent)
        agent.is_running = False
    return world


@pytest.mark.parametrize("entry", entries(), ids=lambda each: each["id"].partition("/")[2])
def test_a_mistake(entry: dict[str, Any], healthy: World, down: World) -> None:
    is_down = entry["id"].endswith(OF_AGENT_DOWN)
    world = (down if is_down else healthy).fork()
    result = free_shell(world).run_line(f"kubectl -n kube-system exec ds/cilium -- {entry['command']}")
    stdout = (GOLDEN / entry["stdout"]).read_text()
    assert (render(result.stderr), result.exit) == ((GOLDEN / entry["stderr"]).read_text(), entry["exit_code"])
    if "Usage:" in stdout:
        assert "Usage:" in render(result.stdout)
    else:
        assert render(result.stdout) == stdout
