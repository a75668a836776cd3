"""In each built-in scenario, what Hubble, the monitor, the connection table and the client say is one story."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.content.scenarios import load_scenarios
from quizgame.game.scenario.stage import Stage
from quizgame.game.worlds import free_shell
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.run import run_hubble
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import FlowSource, connection_refused
from quizgame.tools.output import render

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = ("always-without-baseline", "l7-method-denied", "mesh-policy-drop")
PACKET = re.compile(r" (\d+\.\d+\.\d+\.\d+:\d+) -> \d+\.")
FORMS = ("compact", "dict", "tab", "json", "jsonpb")


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """The broken world of each scenario after half a minute of its own traffic."""
    library = load_scenarios([SCENARIOS])
    found = {name: Stage(library.find(name).draw(0)).broken.fork() for name in NAMES}
    for world in found.values():
        world.advance(30)
    return found


def stdout_of(world: World, line: str) -> str:
    return render(free_shell(world).run_line(line).stdout)


def shown(world: World, line: str) -> str:
    return stdout_of(world.fork(), line)


def flows_of(world: World, line: str = "hubble observe --all") -> list[dict[str, Any]]:
    return [json.loads(text)["flow"] for text in shown(world, f"{line} -o jsonpb").splitlines()]


def refuse(address: str) -> FlowSource:
    raise connection_refused(address)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_a_capture_of_the_scenario_prints_as_the_live_cluster_does(
    worlds: dict[str, World], name: str, form: str
) -> None:
    world = worlds[name]
    captured = shown(world, "hubble observe --all -o jsonpb")
    sink = RecordingSink()
    environment = HubbleEnvironment(
        now_ns=lambda: world.clock.now_ns,
        connect=refuse,
        open_file=lambda path: io.BytesIO(),
        stdin=io.BytesIO(captured.encode()),
    )
    assert run_hubble(["observe", "--input-file", "-", "-o", form], environment, sink) == 0
    assert sink.stdout == shown(world, f"hubble observe --all -o {form}")
    assert captured


@pytest.mark.parametrize("name", NAMES)
def test_what_was_dropped_has_no_entry_and_what_was_delivered_has_one(worlds: dict[str, World], name: str) -> None:
    # A closed connection's entry lives for ten seconds.
    world = worlds[name].fork()
    flows = [json.loads(text)["flow"] for text in stdout_of(world, "hubble observe --since 8s -o jsonpb").splitlines()]
    agents = {f"{each.config.cluster_name}/{each.node}": each for each in agents_of(world.cluster)}
    checked = 0
    for flow in flows:
        ports = flow.get("l4", {}).get("TCP")
        kind = flow["event_type"]["type"]
        if ports is None or flow.get("reply") or kind not in (1, 4):
            continue
        delivered = flow.get("trace_observation_point") == "TO_ENDPOINT"
        dropped = kind == 1 and flow["traffic_direction"] == "INGRESS"
        if not (delivered or dropped):
            continue
        has_entry = tells(agents[flow["node_name"]], flow, "IN")
        assert has_entry is delivered, flow
        checked += 1
    assert checked or name == "always-without-baseline"


def tells(agent: Agent, flow: dict[str, Any], direction: str) -> bool:
    ports = flow["l4"]["TCP"]
    wanted = (flow["IP"]["source"], ports["source_port"], flow["IP"]["destination"], ports["destination_port"])
    return any(
        (key.source, key.source_port, key.destination, key.destination_port) == wanted
        for key in agent.conntrack.entries
        if key.direction == direction
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_monitor_prints_the_packets_of_hubbles_flows(worlds: dict[str, World], name: str) -> None:
    world = worlds[name].fork()
    shell = free_shell(world)
    for agent in list(agents_of(world.cluster))[:2]:
        before = world.clock.now_ns
        command = (
            f"kubectl -n kube-system exec {agent.pod_name} -- cilium-dbg monitor -t drop -t trace -t policy-verdict"
        )
        lines = render(shell.run_line(command).stdout).splitlines()
        seconds = (world.clock.now_ns - before) // 10**9 + 1
        line = (
            f"hubble observe --since {seconds}s -o jsonpb --node-name {agent.node} -t drop -t trace -t policy-verdict"
        )
        flows = [json.loads(text)["flow"] for text in render(shell.run_line(line).stdout).splitlines()]
        told = Counter(PACKET.findall("\n".join(lines)))
        counted = Counter(f"{flow['IP']['source']}:{port_of(flow)}" for flow in flows)
        # What the look itself takes of time may hold a few more flows, never fewer.
        assert not told - counted
        assert abs(sum(told.values()) - sum(counted.values())) <= sum(counted.values()) // 4 + 8


def port_of(flow: dict[str, Any]) -> int:
    l4 = flow["l4"]
    return int((l4.get("TCP") or l4.get("UDP") or {}).get("source_port", 0))


@pytest.mark.parametrize("name", NAMES)
def test_a_denied_request_is_denied_everywhere(worlds: dict[str, World], name: str) -> None:
    """A client without an answer has a drop in Hubble; one with a 403 has a denied request and no drop."""
    world = worlds[name]
    for flow in flows_of(world, "hubble observe --all --verdict DROPPED"):
        assert flow["event_type"]["type"] in (1, 5, 129)
        if flow["event_type"]["type"] == 129 and "http" in flow["l7"]:
            answers = [
                each["l7"]["http"]["code"]
                for each in flows_of(world, "hubble observe --all -t l7 --http-status 403")
                if each["l4"]["TCP"]["destination_port"] == flow["l4"]["TCP"]["source_port"]
            ]
            assert answers == [403]
            return
