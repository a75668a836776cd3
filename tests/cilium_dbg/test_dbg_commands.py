"""``cilium-dbg``, ``cilium-health`` and ``hubble`` in agent pods: what an agent's state implies is what is printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import Result, render

Run = Callable[[str], Result]

SOCKET = "dial unix /var/run/cilium/cilium.sock: connect: no such file or directory"
CUT_OFF = Links((Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443),))


@pytest.fixture(scope="module")
def base() -> World:
    return free_world()


@pytest.fixture
def world(base: World) -> World:
    return base.fork()


@pytest.fixture
def line(world: World) -> Run:
    return free_shell(world).run_line


def agent_pod(world: World, node: str) -> str:
    """Name of the agent's pod on a node."""
    return next(
        str(pod["metadata"]["name"])
        for pod in world.cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium")
        if pod["spec"]["nodeName"] == node
    )


def on(world: World, node: str) -> Run:
    """Runs a command in the agent's pod of a node."""
    shell = free_shell(world)
    return lambda command: shell.run_line(f"kubectl -n kube-system exec {agent_pod(world, node)} -- {command}")


def out(result: Result) -> str:
    return render(result.stdout)


def err(result: Result) -> str:
    return render(result.stderr)


def row(text: str, title: str) -> str:
    """What stands after the title of a line."""
    return next(line.partition(":")[2].strip() for line in text.splitlines() if line.startswith(f"{title}:"))


# ---------------------------------------------------------------- status


def test_a_healthy_agent(world: World) -> None:
    run = on(world, "kind-worker")
    result = run("cilium-dbg status")
    assert row(out(result), "Cilium") == "Ok   1.19.5 (v1.19.5-4f21a6d0)"
    assert row(out(result), "Cluster health").startswith("3/3 reachable")
    assert (result.exit, out(run("cilium-dbg status --brief"))) == (0, "OK\n")


def test_an_agent_that_lost_the_api_server_stops_its_status_early(world: World) -> None:
    fabric_of(world).links = CUT_OFF
    world.settle()
    run = on(world, "kind-worker")
    result = run("cilium-dbg status")
    assert row(out(result), "Kubernetes").split()[:2] == ["Failure", "Get"]
    assert row(out(result), "Kubernetes APIs") == '[""]'
    assert "Kubernetes service is not ready" in row(out(result), "Cilium")
    assert "Cluster health" not in out(result)
    assert result.exit == 1
    brief = run("cilium-dbg status --brief")
    assert (out(brief).startswith("error in kubernetes: Get"), brief.exit) == (True, 1)
    assert on(world, "kind-worker2")("cilium-dbg status").exit == 0


def test_an_endpoint_that_cannot_be_published_is_a_failing_controller(world: World, line: Run) -> None:
    fabric_of(world).links = CUT_OFF
    world.settle()
    line(
        """kubectl run lonely --image=x --overrides='{"spec": {"nodeName": "kind-worker"}}'""",
    )
    line("""kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {nodeName: kind-worker, containers: [{name: c, image: x}]}
EOF""")
    line("sleep 10")
    text = out(on(world, "kind-worker")("cilium-dbg status"))
    assert "unable to create CiliumEndpoint default/alone: Post" in text
    assert "sync-to-k8s-ciliumendpoint (" in text


def test_a_node_behind_a_blocked_tunnel_is_not_reached(world: World) -> None:
    fabric_of(world).links = Links((Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "UDP", 8472),))
    result = on(world, "kind-worker")("cilium-dbg status")
    assert row(out(result), "Cluster health").startswith("2/3 reachable")
    assert "  kind-kind/kind-worker2   172.18.0.4      1/1                          0/1" in out(result)
    assert result.exit == 0
    health = on(world, "kind-worker")("cilium-health status --verbose")
    assert out(health).count("Connection timed out") == 2
    told = {str(each) for shown in health.stdout for each in shown.facts}
    assert told == {"component(cluster=kind-kind, name=health kind-worker2, node=kind-worker, status=unreachable)"}
    assert "3/3 reachable" in out(on(world, "kind-control-plane")("cilium-health status"))


HEALTH_POLICY = """kubectl apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: health}
spec:
  endpointSelector: {matchLabels: {reserved:health: ""}}
  ingress: [{fromEntities: [remote-node]}]
  egress: [{toEntities: [remote-node]}]
EOF"""


def test_health_endpoints_need_a_policy_where_enforcement_is_always(world: World, line: Run) -> None:
    # Source: facts F-37 and the note on health in `always` mode.
    line("cilium config set enable-policy always")
    world.advance(120)
    health = out(on(world, "kind-worker")("cilium-health status"))
    assert "1/3 reachable" in health
    assert {each.split()[-1] for each in health.splitlines() if "kind-worker2" in each} == {"0/1"}
    assert line(HEALTH_POLICY).exit == 0
    world.advance(120)
    assert "3/3 reachable" in out(on(world, "kind-worker")("cilium-dbg status"))


def test_status_as_json_is_the_same_state(world: World, line: Run) -> None:
    pod = agent_pod(world, "kind-worker")
    shown = out(line(f"kubectl -n kube-system exec {pod} -- cilium-dbg status -o json | jq -r .cilium.state"))
    assert shown == "Ok\n"


# ---------------------------------------------------------------- an agent that is down


@pytest.fixture
def down(world: World) -> Run:
    """The pod of an agent that restarted while cut off: it runs and does not answer."""
    fabric_of(world).links = CUT_OFF
    world.settle()
    shell = free_shell(world)
    shell.run_line(f"kubectl -n kube-system delete pod {agent_pod(world, 'kind-worker')}")
    shell.run_line("sleep 20")
    return on(world, "kind-worker")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("status", f'Get "http://localhost/v1/healthz": {SOCKET}\nIs the agent running?\n'),
        ("status --brief", "cilium: daemon unreachable\n"),
        (
            "endpoint list",
            f'Error: cannot get endpoint list: Get "http://localhost/v1/endpoint": {SOCKET}\nIs the agent',
        ),
        ("service list", f'Error: Cannot get services list: Get "http://localhost/v1/service": {SOCKET}\nIs the agent'),
        ("node list", SOCKET),
        ("ip list", SOCKET),
        ("identity list", SOCKET),
        ("policy get", SOCKET),
        ("fqdn cache list", SOCKET),
        ("map list", SOCKET),
        ("bgp peers", SOCKET),
    ],
)
def test_an_agent_that_is_down_does_not_answer(down: Run, command: str, message: str) -> None:
    result = down(f"cilium-dbg {command}")
    assert out(result) == ""
    assert message in err(result)
    assert err(result).endswith("command terminated with exit code 1\n")
    assert result.exit == 1


def test_maps_outlive_the_agent(down: Run) -> None:
    assert "IP PREFIX/ADDRESS" in out(down("cilium-dbg bpf ipcache list"))
    assert down("cilium-dbg bpf lb list").exit == 0


def test_hubble_of_an_agent_that_is_down(down: Run) -> None:
    result = down("hubble observe")
    assert "dial unix /var/run/cilium/hubble.sock: connect: no such file or directory" in err(result)
    assert result.exit == 1


# ---------------------------------------------------------------- other commands


def test_hubble_in_the_pod_knows_its_own_node_only(world: World) -> None:
    result = on(world, "kind-worker")("hubble status")
    assert out(result).startswith("Healthcheck (via unix:///var/run/cilium/hubble.sock): Ok\n")
    assert "/4,095" in out(result)


def test_enforcement_mode_of_one_agent(world: World) -> None:
    run = on(world, "kind-worker")
    assert run("cilium-dbg config PolicyEnforcement=always").exit == 0
    assert "PolicyEnforcement                 : always" in out(run("cilium-dbg config"))
    assert "PolicyEnforcement                 : default" in out(on(world, "kind-worker2")("cilium-dbg config"))


def test_the_old_name_still_works_in_the_pod(world: World) -> None:
    run = on(world, "kind-worker")
    assert out(run("cilium endpoint list")) == out(run("cilium-dbg endpoint list"))


@pytest.mark.parametrize("command", ["bpf tunnel list", "endpoint lst", "map", "troubleshoot", "nodeid"])
def test_groups_show_their_help(world: World, command: str) -> None:
    result = on(world, "kind-worker")(f"cilium-dbg {command}")
    assert "Available Commands:" in out(result)
    assert result.exit == 0


@pytest.mark.parametrize(
    "command",
    ["debuginfo", "map get cilium_runtime_config", "statedb", "kvstore get x", "endpoint disconnect 1"],
)
def test_what_is_not_simulated_says_so(world: World, command: str) -> None:
    result = on(world, "kind-worker")(f"cilium-dbg {command}")
    assert err(result).startswith("quizgame: cilium-dbg ")
    assert result.exit == 3


def test_a_missing_address_is_not_found(world: World) -> None:
    run = on(world, "kind-worker")
    assert "172.18.0.3/32" in out(run("cilium-dbg ip get 172.18.0.3/32"))
    assert run("cilium-dbg ip get 203.0.113.9/32").exit == 1


def test_commands_of_a_pipeline_start_together(world: World, line: Run) -> None:
    """What a shell does, and how a monitor sees what one command sends."""
    line("kubectl run box --image=cr.test/curl; kubectl wait --for=condition=Ready pod/box")
    node = out(line("kubectl get pod box -o jsonpath='{.spec.nodeName}'"))
    monitor = f"kubectl -n kube-system exec {agent_pod(world, node)} -- cilium-dbg monitor -t trace"
    lookup = "kubectl exec box -- nslookup kubernetes.default.svc.cluster.local"
    assert ":53 udp" in out(line(f"{lookup} | {monitor}"))
    assert ":53 udp" not in out(line(f"{lookup}; {monitor}"))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("status -o jsonpath='{.cluster.self}'", "kind-kind/kind-worker\n"),
        ("config -o jsonpath='{.PolicyEnforcement} {.Debug}'", "default Disabled\n"),
        ("config get Debug -o yaml", "Disabled\n\n"),
        ("identity get 1 -o yaml", "- id: 1\n  labels:\n  - reserved:host\n\n"),
    ],
)
def test_other_forms_are_made_of_json(world: World, command: str, expected: str) -> None:
    assert out(on(world, "kind-worker")(f"cilium-dbg {command}")) == expected


def test_a_form_that_is_none(world: World) -> None:
    result = on(world, "kind-worker")("cilium-dbg endpoint list -o xml")
    assert (result.exit, err(result).splitlines()[0]) == (1, "Error: couldn't find output printer")
