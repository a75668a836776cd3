"""``cilium-dbg monitor`` over a cluster: its flags, and that the packets it shows fit together.

Sources: cilium/cilium v1.19 cilium-dbg/cmd/monitor.go and pkg/monitor/format (flags, filters, verbosity); RFC 791, 793,
1071 (what a packet's numbers must be).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from quizgame.cluster.agent.monitor import EventType, MonitorEvent
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.world import World
from quizgame.datapath.frames import CAPTURED_BYTES, frame_of
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import render

MANIFEST = """cat > pods.yaml <<'EOF'
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {nodeName: kind-worker, containers: [{name: c, image: cr.test/curl}]}
---
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: server}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: cr.test/web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: server}, ports: [{port: 80}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web}
spec:
  endpointSelector: {matchLabels: {app: server}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: client}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]
EOF
kubectl apply -f pods.yaml; kubectl wait --for=condition=Ready pod --all; sleep 5"""
CUT_OFF = Links((Block("kind-kind/kind-worker2", "kind-kind/kind-control-plane", "TCP", 6443),))
ASK = "kubectl exec client -- curl -s -m 3 -o /dev/null http://web/"


@pytest.fixture(scope="module")
def base() -> World:
    world = free_world()
    free_shell(world).run_line(MANIFEST)
    return world


@pytest.fixture
def world(base: World) -> World:
    return base.fork()


def agent_pod(world: World, node: str) -> str:
    return next(agent.pod_name for agent in agents_of(world.cluster) if agent.node == node)


def watch(world: World, flags: str, *, node: str = "kind-worker2", after: str = ASK) -> str:
    """What a monitor prints that started with a command."""
    monitor = f"kubectl -n kube-system exec {agent_pod(world, node)} -- cilium-dbg monitor {flags}"
    result = free_shell(world).run_line(f"{{ {after}; }} | {monitor}")
    return render(result.stdout)


def ask(world: World, flags: str) -> tuple[str, str, int]:
    line = f"kubectl -n kube-system exec {agent_pod(world, 'kind-worker2')} -- cilium-dbg monitor {flags}"
    result = free_shell(world).run_line(line)
    return render(result.stdout), render(result.stderr), result.exit


def ip_of(world: World, pod: str) -> str:
    found = world.cluster.api.find("pods", pod, "default")
    assert found is not None
    return str(found["status"]["podIP"])


def events(world: World, node: str) -> list[MonitorEvent]:
    agent = next(agent for agent in agents_of(world.cluster) if agent.node == node)
    kinds = (EventType.DROP, EventType.TRACE, EventType.POLICY_VERDICT)
    return [event for event in agent.ring.newest() if event.type in kinds]


def test_socket_translations_show_with_one_v_alone(world: World) -> None:
    for flags, shows in (("", False), ("-v", True), ("-vv", False), ("-t trace-sock", False), ("-v -t drop", True)):
        assert ("[pre-xlate-fwd] cgroup_id: " in watch(world.fork(), flags, node="kind-worker")) is shows, flags


@pytest.mark.parametrize("flags", ["-vvv", "-v -v -v", "--verbose=true,false,true"])
def test_more_than_two_v_count_as_none(world: World, flags: str) -> None:
    assert watch(world.fork(), f"{flags} -t trace") == watch(world.fork(), "-t trace")


def test_json_outdoes_verbosity(world: World) -> None:
    shown = watch(world, "-vv -j -t trace").splitlines()
    assert shown
    assert all(json.loads(line)["type"] == "trace" for line in shown)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("-t drop,trace", 'argument "drop,trace" for "-t, --type" flag: Unknown type (drop,trace). Please use one'),
        ("--from x", 'argument "x" for "--from" flag: strconv.ParseUint: parsing "x": invalid syntax'),
        ("--to 70000", 'argument "70000" for "--to" flag: strconv.ParseUint: parsing "70000": value out of range'),
        ("-v=maybe", 'argument "maybe" for "-v, --verbose" flag: strconv.ParseBool: parsing "maybe": invalid syntax'),
    ],
)
def test_wrong_values_are_told_as_pflag_does(world: World, flags: str, reason: str) -> None:
    _, complaint, status = ask(world, flags)
    assert f"Error: invalid {reason}" in complaint
    assert status == 1


def test_an_endpoint_is_filtered_by_who_reports_and_where_packets_go(world: World) -> None:
    agent = next(agent for agent in agents_of(world.cluster) if agent.node == "kind-worker2")
    server = agent.endpoint_at(ip_of(world, "server"))
    assert server is not None
    everything = watch(world.fork(), "-t trace -t policy-verdict")
    assert watch(world.fork(), f"-t trace -t policy-verdict --from {server.id}") == everything
    arriving = watch(world.fork(), f"-t trace --to {server.id}")
    assert arriving
    assert all(line.startswith(f"-> endpoint {server.id} ") for line in arriving.splitlines())
    assert not watch(world.fork(), "--related-to 1")


def test_endpoints_are_looked_up_where_all_three_filters_are_given(world: World) -> None:
    assert ask(world, "--from 1 --to 2 --related-to 3") == (
        "",
        "endpoint 1 not found\nendpoint 2 not found\nendpoint 3 not found\ncommand terminated with exit code 1\n",
        1,
    )


def test_an_agent_that_does_not_answer_has_no_socket(world: World) -> None:
    fabric_of(world).links = CUT_OFF
    world.settle()
    free_shell(world).run_line(f"kubectl -n kube-system delete pod {agent_pod(world, 'kind-worker2')}; sleep 20")
    shown, complaint, status = ask(world, "--monitor-socket /tmp/x")
    assert (shown, status) == ("", 0)
    assert complaint.startswith("Press Ctrl-C to quit\ntime=")
    no_file = "connect: no such file or directory"
    assert (
        'level=error msg="Cannot open monitor socket" subsys=cilium-dbg error="Cannot find or open a supported '
        f"node-monitor socket. /tmp/x: dial unix /tmp/x: {no_file},/var/run/cilium/monitor1_2.sock: dial unix "
        f'/var/run/cilium/monitor1_2.sock: {no_file}"\n'
    ) in complaint


def test_hexadecimal_is_the_same_packet(world: World) -> None:
    """Of traces ``--hex`` makes dumps; of drops it makes dissections, as in the real tool."""
    server = ip_of(world, "server")
    denied = f"kubectl exec client -- nc -z -w 1 {server} 81"
    for kind, dissected, dumped in (("trace", "-vv", "-vv --hex"), ("drop", "-vv --hex", "-vv")):
        after = ASK if kind == "trace" else denied
        told = watch(world.fork(), f"{dissected} -t {kind}", after=after)
        dump = watch(world.fork(), f"{dumped} -t {kind}", after=after)
        ports = [
            f"{int(first):04x}{int(last):04x}" for first, last in re.findall(r"SrcPort=(\d+).* DstPort=(\d+)", told)
        ]
        digits = re.sub(r"(?m)^[0-9a-f]{8}  ([0-9a-f ]+)  \|.*$\n", lambda line: line[1].replace(" ", ""), dump)
        assert ports
        assert all(pair in digits for pair in ports)


def carried(segment: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"(Seq|Ack|Id|TTL|Length)=(\d+)", segment)}


def test_a_connections_packets_fit_together(world: World) -> None:
    """Each side acknowledges what the other has sent, whoever looks."""
    near, far = world.fork(), world.fork()
    client, server = (ip_of(world, name) for name in ("client", "server"))
    shown = [watch(near, "-vv -t trace", node="kind-worker"), watch(far, "-vv -t trace")]
    segments: dict[tuple[str, str], set[str]] = {}
    for text in shown:
        for source, rest in re.findall(rf"SrcIP=(\S+) DstIP=(?:{client}|{server}).*\nTCP\t(.*)", text):
            flags = "".join(name[0] for name in re.findall(r"(FIN|SYN|RST|PSH|ACK)=true", rest))
            segments.setdefault((source, flags), set()).add(re.sub(r"Contents=\S+ Payload=\S+ ", "", rest))
    assert {flags for source, flags in segments if source == client} >= {"S", "A", "PA", "FA"}
    assert all(len(seen) == 1 for seen in segments.values()), "one packet has the same numbers on both nodes"
    told = {key: carried(next(iter(seen))) for key, seen in segments.items()}
    opening, accepted = told[client, "S"], told[server, "SA"]
    asked, answered, closed = told[client, "PA"], told[server, "PA"], told[client, "FA"]
    assert accepted["Ack"] == (opening["Seq"] + 1) % (1 << 32)
    assert asked["Seq"] == (opening["Seq"] + 1) % (1 << 32)
    assert asked["Ack"] == (accepted["Seq"] + 1) % (1 << 32)
    assert answered["Seq"] == asked["Ack"]
    assert closed["Seq"] == answered["Ack"]
    assert closed["Ack"] > answered["Seq"]


def test_checksums_hold(world: World) -> None:
    watch(world, "", after=f"{ASK}; kubectl exec client -- ping -c 1 {ip_of(world, 'server')}")
    seen: set[str] = set()
    for event in (*events(world, "kind-worker"), *events(world, "kind-worker2")):
        frame = frame_of(event)
        seen.add(event.protocol)
        assert total(frame.data[14:34]) == 0xFFFF
        assert frame.length == 14 + int.from_bytes(frame.data[16:18], "big")
        assert len(frame.data) == min(frame.length, CAPTURED_BYTES)
        if frame.length > CAPTURED_BYTES:
            continue
        segment, length = frame.data[34:], len(frame.data) - 34
        if event.protocol != "ICMPv4":
            segment = frame.data[26:34] + bytes((0, frame.data[23])) + length.to_bytes(2, "big") + frame.data[34:]
        assert total(segment) == 0xFFFF
    assert seen == {"TCP", "UDP", "ICMPv4"}


def total(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    value = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def test_echo_requests_carry_their_numbers(world: World) -> None:
    asking = f"kubectl exec server -- ping -c 3 {ip_of(world, 'client')}"
    shown = watch(world, "-vv -t trace", node="kind-worker", after=asking)
    told = re.findall(r"TypeCode=(\w+) Checksum=\d+ Id=(\d+) Seq=(\d+)", shown)
    requests = [number for kind, _, number in told if kind == "EchoRequest"]
    assert requests == ["1", "2", "3"]
    assert len({identifier for _, identifier, _ in told}) == 1
    assert "98 bytes (98 captured)" in shown  # 14 + 20 + 8 + 56


def test_a_payload_that_is_not_decoded_is_told(world: World) -> None:
    shown = watch(world, "-vv -t trace", node="kind-worker")
    assert "  Failed to decode layer: No decoder for layer type DNS\n" in shown
    assert "  Failed to decode layer: No decoder for layer type Payload\n" in shown


def test_json_tells_what_the_lines_tell(world: World) -> None:
    lines = watch(world.fork(), "-t trace").splitlines()
    values: list[dict[str, Any]] = [json.loads(line) for line in watch(world.fork(), "-j -t trace").splitlines()]
    for line, value in zip(lines, values, strict=True):
        l3, l4 = value["summary"]["l3"], value["summary"].get("l4")
        assert line.startswith(f"{value['traceSummary']} flow {value['mark']} ")
        if l4 is not None:
            assert f": {l3['src']}:{l4['src']} -> {l3['dst']}:{l4['dst']} " in line
