"""What the fake ``hubble`` shows of a living world: histories, followed streams, lost events, unheard nodes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence

import pytest

from quizgame.cluster.fabric import Traffic, agents_of, fabric_of
from quizgame.cluster.links import HUBBLE_PORT, Block, Links
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.run import run_hubble
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import FlowSource, connection_refused
from quizgame.tools.output import Line, Result, render
from quizgame.tools.shell.executor import Shell
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

SHOP = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: kind-worker, containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: curlimages/curl}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{}]
    toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: client}
spec:
  endpointSelector: {matchLabels: {app: client}}
  egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchPattern: "*"}]}}]
  - toEndpoints: [{matchLabels: {app: web}}]
"""
AGENT = "kubectl -n kube-system exec {pod} -- "


def make_world() -> World:
    documents = [each.data for each in load_documents(SHOP, "test", dialect=Dialect.KUBERNETES)]
    return free_world(manifests=[("test", documents)])


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def shell(world: World) -> Shell:
    return free_shell(world)


def run(shell: Shell, line: str) -> Result:
    return shell.run_line(line)


def stdout(shell: Shell, line: str) -> str:
    return render(run(shell, line).stdout)


def busy(world: World, every_ms: int = 500) -> None:
    """Let the client ask again and again."""
    context = world.current_context
    fabric_of(world).traffic = (Traffic(context, "default", "client", "web", 80, every_ms * 1_000_000),)


def agent_pod(world: World, node: str) -> str:
    return next(each.pod_name for each in agents_of(world.cluster) if each.node == node)


ASK = "kubectl exec client -- curl -s -m 3 web/; kubectl exec client -- curl -s -m 3 -XPOST web/"


@pytest.mark.parametrize(
    "form", ["compact", "dict", "tab", "json", "jsonpb", "compact --print-policy-names", "compact --numeric"]
)
def test_a_capture_read_back_prints_what_was_printed_directly(world: World, shell: Shell, form: str) -> None:
    run(shell, ASK + "; kubectl exec client -- nc -w1 -z web 81")
    world.advance(5)
    instant = world.clock.now_ns
    captured = stdout(shell, "hubble observe --all -o jsonpb")
    twin = world.fork()
    twin.clock.now_ns = instant
    direct = stdout(free_shell(twin), f"hubble observe --all -o {form}")
    sink = RecordingSink()
    environment = HubbleEnvironment(
        now_ns=lambda: instant,
        connect=_refuse,
        open_file=lambda path: io.BytesIO(),
        stdin=io.BytesIO(captured.encode()),
    )
    assert run_hubble(["observe", "--input-file", "-", "-o", *form.split()], environment, sink) == 0
    assert sink.stdout == direct
    assert direct.count("\n") > 30


def _refuse(address: str) -> FlowSource:
    raise connection_refused(address)


def test_one_connection_is_one_story(world: World, shell: Shell) -> None:
    """The client, Hubble, the monitor and the connection table tell the same of one denied request."""
    pod = agent_pod(world, "kind-worker")
    told = stdout(shell, "kubectl exec client -- curl -s -o /dev/null -w '%{http_code}' -XPOST web/")
    assert told == "403"
    flows = [json.loads(line)["flow"] for line in stdout(shell, "hubble observe --all -o jsonpb").splitlines()]
    denied = [flow for flow in flows if flow.get("l7", {}).get("http") and flow["verdict"] == "DROPPED"]
    assert [flow["l7"]["http"]["method"] for flow in denied] == ["POST"]
    port = denied[0]["l4"]["TCP"]["source_port"]
    answered = [flow for flow in flows if flow.get("l7", {}).get("http", {}).get("code")]
    assert [(flow["l7"]["http"]["code"], flow["verdict"]) for flow in answered] == [(403, "FORWARDED")]
    assert {flow["node_name"].partition("/")[2] for flow in (*denied, *answered)} == {"kind-worker"}
    table = stdout(shell, AGENT.format(pod=pod) + "cilium-dbg bpf ct list global")
    client, server = denied[0]["IP"]["source"], denied[0]["IP"]["destination"]
    assert any(f"{client}:{port}" in line and f"{server}:80" in line for line in table.splitlines())
    assert not any(flow["event_type"]["type"] == 1 for flow in flows)


def test_the_monitor_sees_the_packets_that_hubble_shows(world: World, shell: Shell) -> None:
    busy(world)
    lines = stdout(
        shell, AGENT.format(pod=agent_pod(world, "kind-worker")) + "cilium-dbg monitor -t trace"
    ).splitlines()
    flows = stdout(shell, "hubble observe --all -o jsonpb -t trace --node-name kind-worker").splitlines()
    shown = {
        (flow["IP"]["source"], flow["l4"]["TCP"]["source_port"], flow["IP"]["destination"])
        for flow in (json.loads(line)["flow"] for line in flows)
        if "TCP" in flow["l4"]
    }
    packets = [line for line in lines if " tcp " in line]
    assert packets
    for line in packets:
        source, destination = line.partition(" tcp")[0].split()[-3::2]
        ip, _, port = source.rpartition(":")
        assert (ip, int(port), destination.rpartition(":")[0]) in shown


def test_a_followed_stream_ends_by_itself_and_shows_what_happens_meanwhile(world: World, shell: Shell) -> None:
    busy(world)
    before = world.clock.now_ns
    result = run(shell, "hubble observe -f --protocol http -o jsonpb")
    assert result.exit == 0
    times = [json.loads(line.text)["time"] for line in result.stdout]
    assert len(times) >= 30
    assert times == sorted(times)
    assert (world.clock.now_ns - before) // 10**9 in (10, 11)


def test_a_followed_stream_shows_no_history_but_what_last_asks_for(world: World, shell: Shell) -> None:
    run(shell, ASK)
    world.advance(5)
    assert stdout(shell, "hubble observe -f") == ""
    assert len(stdout(shell, "hubble observe -f --last 2 --pod client").splitlines()) == 2 * 2


def test_on_a_screen_lines_come_at_once_until_the_learner_leaves(world: World, shell: Shell) -> None:
    busy(world)
    pictures: list[list[str]] = []

    def stream(shown: Sequence[Line]) -> bool:
        pictures.append([line.text for line in shown])
        return len(pictures) < 4

    shell.session.stream = stream
    result = run(shell, "hubble observe -f --protocol http")
    assert len(pictures) == 4
    assert pictures[0] == []
    assert all(len(each) > 2 for each in pictures[1:])
    assert result.stdout == []


def test_a_follower_is_told_what_the_ring_has_lost(world: World, shell: Shell) -> None:
    agent = next(each for each in agents_of(world.cluster) if each.node == "kind-worker")
    agent.ring.capacity = 5
    busy(world)
    shown = stdout(shell, "hubble observe -f --node-name kind-worker")
    assert "EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) " not in shown
    shown = stdout(shell, "hubble observe -f")
    assert "EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) " in shown


def test_counts_hold_for_each_node(world: World, shell: Shell) -> None:
    run(shell, ASK)
    nodes = [json.loads(line)["node_name"] for line in stdout(shell, "hubble observe --last 3 -o jsonpb").splitlines()]
    assert sorted(nodes.count(each) for each in set(nodes))[-1] == 3
    assert len(set(nodes)) >= 2


def test_spans_of_time(world: World, shell: Shell) -> None:
    busy(world, 1000)
    world.advance(20)
    everything = stdout(shell, "hubble observe --all").splitlines()
    recent = stdout(shell, "hubble observe --since 5s").splitlines()
    older = stdout(shell, "hubble observe --until 10s --all").splitlines()
    assert 0 < len(recent) < len(everything)
    assert 0 < len(older) < len(everything)
    assert not set(recent) & set(older)


@pytest.mark.parametrize("line", ["hubble observe", "hubble list nodes", "hubble list namespaces", "hubble status"])
def test_without_relay_the_connection_is_refused(shell: Shell, line: str) -> None:
    run(shell, "kubectl -n kube-system scale deploy hubble-relay --replicas 0; sleep 5")
    result = run(shell, line)
    assert result.exit == 1
    assert "dial tcp 127.0.0.1:4245: connect: connection refused" in render(result.stderr)


def cut_off(world: World) -> None:
    fabric_of(world).links = Links((Block("*", "*/kind-control-plane", "TCP", HUBBLE_PORT),))


def stop_agent(world: World) -> None:
    next(each for each in agents_of(world.cluster) if each.node == "kind-control-plane").stop()


@pytest.mark.parametrize("fault", [cut_off, stop_agent])
def test_a_node_that_is_not_heard_is_named(world: World, shell: Shell, fault: Callable[[World], None]) -> None:
    run(shell, ASK)
    fault(world)
    result = run(shell, "hubble observe --last 1")
    assert "1 nodes are unavailable: kind-kind/kind-control-plane" in render(result.stderr)
    assert "Unavailable Nodes: 1\n  - kind-kind/kind-control-plane" in stdout(shell, "hubble status")
    row = next(
        line
        for line in stdout(shell, "hubble list nodes").splitlines()
        if line.startswith("kind-kind/kind-control-plane")
    )
    assert row.split()[1:4] == ["Unavailable", "N/A", "N/A"]


def test_a_nodes_own_server_knows_its_own_flows_alone(world: World, shell: Shell) -> None:
    run(shell, ASK)
    prefix = AGENT.format(pod=agent_pod(world, "kind-worker"))
    lines = stdout(shell, prefix + "hubble observe --all -o jsonpb").splitlines()
    assert {json.loads(line)["node_name"] for line in lines} == {"kind-kind/kind-worker"}
    assert "Connected Nodes" not in stdout(shell, prefix + "hubble status")
