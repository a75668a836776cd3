"""In each built-in scenario, what Hubble, the monitor, the connection table and the client say is one story."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.clock import rfc3339_nano
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


@dataclass(frozen=True)
class Story:
    """One connection of a client, and how far it comes."""

    scenario: str
    context: str
    client: str
    """Namespace and deployment."""
    command: str
    told: str
    """What the client prints of it."""
    port: int
    """Of the server's pod."""
    ends: str
    """``delivered``, ``denied`` by the proxy, or dropped at ``egress`` or ``ingress``."""


STORIES = (
    Story("always-without-baseline", "kind-prod", "tickets/web", "nc -zvu -w 2 {coredns} 53", "", 53, "egress"),
    Story(
        "always-without-baseline", "kind-prod", "tickets/web", "nc -zv -w 2 {seats} 8080", "timed out", 8080, "egress"
    ),
    Story("always-without-baseline", "kind-prod", "lab/batch", "nc -zv -w 2 {seats} 8080", "timed out", 8080, "egress"),
    Story(
        "l7-method-denied", "kind-prod", "library/kiosk", "curl -si -X POST loans/api/v1/loans", "403", 8080, "denied"
    ),
    Story("l7-method-denied", "kind-prod", "library/kiosk", "curl -si loans/api/v1/loans", "200", 8080, "delivered"),
    Story(
        "mesh-policy-drop", "kind-old", "payments/payment-api", "nc -zv postgres 5432", "succeeded", 5432, "delivered"
    ),
    Story(
        "mesh-policy-drop",
        "kind-new",
        "payments/payment-api",
        "nc -zv -w 2 postgres 5432",
        "timed out",
        5432,
        "ingress",
    ),
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.scenario}:{story.command}")
def test_one_connection_is_one_story(worlds: dict[str, World], story: Story) -> None:
    world = worlds[story.scenario].fork()
    pods = {pod["metadata"]["name"].split("-")[0]: pod["status"]["podIP"] for pod in world.cluster.api.list("pods")}
    namespace, _, deployment = story.client.partition("/")
    line = (
        f"kubectl --context {story.context} -n {namespace} exec deploy/{deployment} -- {story.command.format_map(pods)}"
    )

    began, after = rfc3339_nano(world.clock.now_ns), world.fork()
    result = free_shell(after).run_line(line)
    assert story.told in render(result.stdout) + render(result.stderr)
    assert (result.exit == 0) is (story.ends not in ("egress", "ingress") or not story.told)

    flows: list[dict[str, Any]] = []
    for context in world.clusters:
        text = shown(after, f"hubble observe -P --kube-context {context} --since {began} -o jsonpb")
        flows += [json.loads(each)["flow"] for each in text.splitlines()]
    first = next(flow for flow in flows if is_request(flow, story))
    ends = (f"{first['IP']['source']}:{port_of(first)}", f"{first['IP']['destination']}:{story.port}")
    own = [flow for flow in flows if set(ends) == set(ends_of(flow)) and flow["event_type"]["type"] in (1, 4)]
    assert own

    verdicts = {flow["verdict"] for flow in own}
    assert ("DROPPED" in verdicts) is (story.ends in ("egress", "ingress"))
    requests = [flow for flow in flows if set(ends) == set(ends_of(flow)) and "http" in flow.get("l7", {})]
    if story.ends == "denied":
        assert [(each["verdict"], each["l7"]["http"].get("code")) for each in requests] == [
            ("DROPPED", None),
            ("FORWARDED", 403),
        ]

    for agent in (each for cluster in world.clusters.values() for each in agents_of(cluster)):
        of_node = [flow for flow in own if flow["node_name"] == f"{agent.config.cluster_name}/{agent.node}"]
        inside = f"kubectl --context {agent.cluster.context} -n kube-system exec {agent.pod_name} -- cilium-dbg"
        packets = [
            json.loads(each) for each in shown(world, f"{line} | {inside} monitor -j").splitlines() if "{" in each
        ]
        seen = [each for each in packets if each["type"] in ("trace", "drop") and set(ends) == set(packet_ends(each))]
        assert [point_of(each) for each in seen] == [point_of(flow) for flow in of_node]
        assert [packet_ends(each) for each in seen] == [ends_of(flow) for flow in of_node]
        assert [(each["srcLabel"], each["dstLabel"]) for each in seen] == [
            (flow["source"].get("identity", 0), flow["destination"].get("identity", 0)) for flow in of_node
        ]
        table = shown(after, f"{inside} bpf ct list global")
        dropped = any(flow["verdict"] == "DROPPED" for flow in of_node)
        assert (f" {ends[0]} -> {ends[1]} " in table) is (bool(of_node) and not dropped)


def is_request(flow: dict[str, Any], story: Story) -> bool:
    namespace, _, deployment = story.client.partition("/")
    source, l4 = flow["source"], flow.get("l4", {})
    to = int((l4.get("TCP") or l4.get("UDP") or {}).get("destination_port", 0))
    workloads = [each["name"] for each in source.get("workloads", [])]
    cluster = source.get("cluster_name", "")
    return (
        (source.get("namespace"), workloads, to) == (namespace, [deployment], story.port)
        and story.context.endswith(cluster)
        and flow["event_type"]["type"] in (1, 4)
    )


def ends_of(flow: dict[str, Any]) -> tuple[str, str]:
    l4 = flow.get("l4", {})
    ports = l4.get("TCP") or l4.get("UDP") or {}
    return (
        f"{flow['IP']['source']}:{ports.get('source_port', 0)}",
        f"{flow['IP']['destination']}:{ports.get('destination_port', 0)}",
    )


def packet_ends(event: dict[str, Any]) -> tuple[str, str]:
    summary = event["summary"]
    if "l4" not in summary:
        return "", ""
    l3, l4 = summary["l3"], summary["l4"]
    return f"{l3['src']}:{l4['src']}", f"{l3['dst']}:{l4['dst']}"


def point_of(told: dict[str, Any]) -> str:
    """Where a packet was seen, or ``drop``."""
    if "event_type" in told:
        is_drop = told["event_type"]["type"] == 1
        return "drop" if is_drop else str(told["trace_observation_point"]).lower().replace("_", "-")
    return "drop" if told["type"] == "drop" else str(told["observationPoint"])
