"""Agent events: what an agent does shows in ``hubble observe agent-events`` and in ``cilium-dbg monitor -t agent``.

Sources: cilium/cilium v1.19 hubble/cmd/observe/agent_events.go, hubble/pkg/printer/printer.go (formats),
pkg/hubble/observer/local_observer.go (how far back), pkg/hubble/relay/observer/server.go (Relay refuses),
pkg/monitor/api/types.go (the monitor's lines).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.hubble.agentevent import AgentEvent, EndpointUpdateNotification, GetAgentEventsResponse
from quizgame.hubble.printers.agentevents import AgentEventPrinter
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import RecordingSink
from quizgame.tools.output import Result, render
from quizgame.tools.shell.executor import Shell

NODE = "kind-worker"
POD = """cat > pod.yaml <<'EOF'
apiVersion: v1
kind: Pod
metadata: {name: box, labels: {app: box}}
spec: {nodeName: kind-worker, containers: [{name: c, image: cr.test/curl}]}
EOF
kubectl apply -f pod.yaml; kubectl wait --for=condition=Ready pod/box"""
POLICY = """kubectl apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: two}
spec:
  endpointSelector: {matchLabels: {app: box}}
  ingress: [{fromEntities: [host]}, {fromEntities: [world]}]
EOF"""


@pytest.fixture(scope="module")
def base() -> World:
    return free_world()


@pytest.fixture
def world(base: World) -> World:
    return base.fork()


@pytest.fixture
def shell(world: World) -> Shell:
    return free_shell(world)


def agent_pod(world: World, node: str = NODE) -> str:
    return next(agent.pod_name for agent in agents_of(world.cluster) if agent.node == node)


def in_agent(shell: Shell, command: str) -> Result:
    pod = agent_pod(shell.session.world)
    return shell.run_line(f"kubectl -n kube-system exec {pod} -- {command}")


def observed(shell: Shell, flags: str = "--all") -> list[dict[str, Any]]:
    shown = render(in_agent(shell, f"hubble observe agent-events -o jsonpb {flags}").stdout)
    return [json.loads(line) for line in shown.splitlines()]


def types(records: list[dict[str, Any]]) -> list[str]:
    return [each["agent_event"]["type"] for each in records]


def news(shell: Shell, line: str) -> list[dict[str, Any]]:
    """The agent events that a line made."""
    before = len(observed(shell))
    shell.run_line(line)
    return [each["agent_event"] for each in observed(shell)[before:]]


def test_an_agent_tells_of_its_start_after_what_it_has_taken_in(shell: Shell) -> None:
    told = types(observed(shell))
    assert told.count("AGENT_STARTED") == 1
    assert "IPCACHE_UPSERTED" in told[: told.index("AGENT_STARTED")]


def test_a_pod_comes_and_goes(shell: Shell) -> None:
    came = news(shell, POD)
    created = next(each for each in came if each["type"] == "ENDPOINT_CREATED")["endpoint_update"]
    regenerated = next(each for each in came if each["type"] == "ENDPOINT_REGENERATE_SUCCESS")
    address = next(each for each in came if each["type"] == "IPCACHE_UPSERTED")["ipcache_update"]
    listed = render(in_agent(shell, "cilium-dbg endpoint list").stdout)
    assert (created["pod_name"], created["namespace"]) == ("box", "default")
    assert re.search(rf"(?m)^{created['id']} .* k8s:app=box ", listed)
    assert regenerated["endpoint_regenerate"]["labels"] == created["labels"]
    assert address["cidr"].removesuffix("/32") in render(shell.run_line("kubectl get pod box -o wide").stdout)
    assert address["host_ip"] == "172.18.0.3"
    assert f" {address['identity']} " in listed

    gone = news(shell, "kubectl delete pod box")
    assert [each["type"] for each in gone] == ["ENDPOINT_DELETED", "IPCACHE_DELETED"]
    assert gone[0]["endpoint_update"]["id"] == created["id"]
    assert gone[1]["ipcache_update"]["cidr"] == address["cidr"]
    assert gone[1]["ipcache_update"]["old_host_ip"] == "172.18.0.3"


def test_other_nodes_learn_the_address_alone(world: World, shell: Shell) -> None:
    shell.run_line(POD)
    pod = agent_pod(world, "kind-worker2")
    line = f"kubectl -n kube-system exec {pod} -- hubble observe agent-events -o jsonpb --since 1m"
    told = [json.loads(each)["agent_event"] for each in render(shell.run_line(line).stdout).splitlines()]
    assert [each["type"] for each in told] == ["IPCACHE_UPSERTED"]
    assert told[0]["ipcache_update"]["host_ip"] == "172.18.0.3"


def test_a_policy_regenerates_the_endpoints_that_it_selects(shell: Shell) -> None:
    shell.run_line(POD)
    taken = news(shell, POLICY)
    assert [each["type"] for each in taken] == ["POLICY_UPDATED", "ENDPOINT_REGENERATE_SUCCESS"]
    updated = taken[0]["policy_update"]
    assert updated["rule_count"] == "2"
    assert updated["labels"].count("k8s:io.cilium.k8s.policy.name=two") == 2
    shown = render(in_agent(shell, "cilium-dbg policy get").stdout)
    assert shown.splitlines()[-1] == f"Revision: {updated['revision']}"

    gone = news(shell, "kubectl delete cnp two")
    assert [each["type"] for each in gone] == ["POLICY_DELETED", "ENDPOINT_REGENERATE_SUCCESS"]
    assert gone[0]["policy_update"]["labels"] == ["cilium.io/resource=cnp/default/two"]
    assert gone[0]["policy_update"]["rule_count"] == "2"


def test_a_policy_for_others_regenerates_nothing_here(shell: Shell) -> None:
    assert [each["type"] for each in news(shell, POLICY)] == ["POLICY_UPDATED"]
    assert news(shell, "kubectl annotate cnp two a=b") == []


def test_a_relabelled_pod_is_regenerated(shell: Shell) -> None:
    shell.run_line(POD)
    told = news(shell, "kubectl label pod box tier=web")
    assert {each["type"] for each in told} == {"ENDPOINT_REGENERATE_SUCCESS", "IPCACHE_UPSERTED"}
    address = next(each for each in told if each["type"] == "IPCACHE_UPSERTED")["ipcache_update"]
    assert address["old_identity"] != address["identity"]


def test_a_restart_empties_the_ring_and_restores_endpoints(world: World, shell: Shell) -> None:
    shell.run_line(POD + "\n" + POLICY)
    shell.run_line(f"kubectl -n kube-system delete pod {agent_pod(world)}; sleep 20")
    told = types(observed(shell))
    assert "ENDPOINT_CREATED" not in told
    assert told.count("AGENT_STARTED") == 1
    assert "POLICY_UPDATED" in told
    assert "ENDPOINT_REGENERATE_SUCCESS" in told


def test_the_server_goes_back_by_events_of_any_kind(world: World, shell: Shell) -> None:
    """After enough flows the default of 20 reaches no agent event; ``--all`` and a time do."""
    shell.run_line(POD)
    shell.run_line("for i in 1 2 3 4 5 6; do kubectl exec box -- nslookup kubernetes.default; done")
    assert observed(shell, "") == []
    assert observed(shell, "--last 5") == []
    assert "ENDPOINT_CREATED" in types(observed(shell, "--since 10m"))
    assert "ENDPOINT_CREATED" in types(observed(shell))
    assert observed(shell, "--since 10m --until 9m") == []


def test_flows_push_notices_out(world: World, shell: Shell) -> None:
    agent = next(agent for agent in agents_of(world.cluster) if agent.node == NODE)
    shell.run_line(f"{POD}; kubectl exec box -- nslookup kubernetes.default")
    assert agent.ring.told()
    seen = agent.ring.newest()[-1]
    for _ in range(agent.ring.capacity):
        agent.ring.append(seen)
    assert agent.ring.told() == []


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("", "T: ENDPOINT_DELETED (id: N, namespace: default, pod name: box)\n"),
        (
            "--print-node-name",
            "T [kind-kind/kind-worker]: ENDPOINT_DELETED (id: N, namespace: default, pod name: box)\n",
        ),
        (
            "-o dict",
            "  TIMESTAMP: T\n       TYPE: ENDPOINT_DELETED\n"
            "    DETAILS: id: N, namespace: default, pod name: box\n------------\n",
        ),
        (
            "-o table",
            "TIMESTAMP             TYPE               DETAILS\n"
            "T   ENDPOINT_DELETED   id: N, namespace: default, pod name: box\n",
        ),
    ],
)
def test_formats(shell: Shell, flags: str, expected: str) -> None:
    shell.run_line(f"{POD}\nkubectl delete pod box")
    shown = render(in_agent(shell, f"hubble observe agent-events --last 2 {flags}").stdout)
    shown = re.sub(r"Nov \d\d \d\d:\d\d:\d\d\.\d{3}", "T", shown)
    assert re.sub(r"id: \d+", "id: N", shown).startswith(expected)


def test_details_of_addresses_and_policies(shell: Shell) -> None:
    shell.run_line(f"{POD}\n{POLICY}")
    shown = render(in_agent(shell, "hubble observe agent-events --all").stdout)
    assert re.search(
        r": IPCACHE_UPSERTED \(cidr: 10\.244\.1\.\d+/32, identity: \d+, host ip: 172\.18\.0\.3, encrypt key: 0\)\n",
        shown,
    )
    assert re.search(r": POLICY_UPDATED \(labels: \[k8s:io\.cilium\.[^]]*\], revision: \d+, count: 2\)\n", shown)
    assert re.search(r": AGENT_STARTED \(start time: Nov \d\d \d\d:\d\d:\d\d\.\d{3}\)\n", shown)


def test_followers_see_what_comes(world: World, shell: Shell) -> None:
    shell.run_line(POD)
    follow = f"kubectl -n kube-system exec {agent_pod(world)} -- hubble observe agent-events -f --since 0s"
    assert render(shell.run_line(follow).stdout) == ""


def test_legacy_json_is_the_event_alone() -> None:
    event = AgentEvent("ENDPOINT_DELETED", endpoint_update=EndpointUpdateNotification(id="7"))
    response = GetAgentEventsResponse(event, "kind/node", "2026-02-03T09:00:00Z")
    inner = '{"type":"ENDPOINT_DELETED","endpoint_update":{"id":"7"}}'
    whole = f'{{"agent_event":{inner},"node_name":"kind/node","time":"2026-02-03T09:00:00Z"}}'
    for name, expected in (("json", inner), ("JSON", inner), ("jsonpb", whole)):
        sink = RecordingSink()
        AgentEventPrinter(name, PrintOptions(), sink, legacy_json=True).write(response)
        assert sink.stdout == f"{expected}\n"


@pytest.mark.parametrize("kind", ["agent-events", "debug-events"])
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("-o xml", "invalid output format: xml\n"),
        ("-o table -f", "table output format is not compatible with follow mode\n"),
        ("--since x", "failed to parse the since time: failed to convert x to time\n"),
        ("--pod x", "unknown flag: --pod\n"),
    ],
)
def test_wrong_flags(shell: Shell, kind: str, flags: str, message: str) -> None:
    result = shell.run_line(f"hubble observe {kind} {flags}")
    assert (render(result.stdout), render(result.stderr), result.exit) == ("", message, 1)


def test_relay_has_neither(shell: Shell) -> None:
    for kind, call in (("agent-events", "GetAgentEvents"), ("debug-events", "GetDebugEvents")):
        result = shell.run_line(f"hubble observe {kind}")
        error = f"rpc error: code = Unimplemented desc = {call} not yet implemented\n"
        assert (render(result.stdout), render(result.stderr), result.exit) == ("", error, 1)


def test_there_are_no_debug_events_while_debugging_is_off(shell: Shell) -> None:
    for flags in ("", "--all -o jsonpb", "-f"):
        result = in_agent(shell, f"hubble observe debug-events {flags}")
        assert (render(result.stdout), render(result.stderr), result.exit) == ("", "", 0)


def test_the_monitor_prints_the_same_notices(world: World, shell: Shell) -> None:
    monitor = f"kubectl -n kube-system exec {agent_pod(world)} -- cilium-dbg monitor -t agent"
    lines = render(shell.run_line(f"{{ {POD}\n{POLICY}\n}} | {monitor}").stdout).splitlines()
    told = {re.match(r">> ([^:]+): \{", line)[1] for line in lines}  # type: ignore[index]  # no match is a failure too
    assert told == {"Endpoint created", "Endpoint regenerated", "IPCache entry upserted", "Policy updated"}
    messages = [json.loads(line.partition(": ")[2]) for line in lines]
    events = observed(shell, "--since 1m")
    policy = next(each["agent_event"]["policy_update"] for each in events if "policy_update" in each["agent_event"])
    shown = next(each for each in messages if "rule_count" in each)
    assert shown == {"labels": policy["labels"], "revision": int(policy["revision"]), "rule_count": 2}


def test_the_monitor_prints_notices_as_json(world: World, shell: Shell) -> None:
    shell.run_line(POD)
    monitor = f"kubectl -n kube-system exec {agent_pod(world)} -- cilium-dbg monitor -j -t agent"
    lines = render(shell.run_line(f"kubectl delete pod box | {monitor}").stdout).splitlines()
    deleted, forgotten = (json.loads(line) for line in lines)
    assert (deleted["type"], deleted["subtype"]) == ("agent", "Endpoint deleted")
    assert list(deleted["message"]) == ["id", "labels", "pod-name", "namespace"]
    assert forgotten["subtype"] == "IPCache entry deleted"
    assert list(forgotten["message"]) == ["cidr", "id", "old-host-ip", "encrypt-key", "namespace", "pod-name"]
