"""``cilium`` on simulated clusters: what the state implies is what is printed. Expectations: reference cilium-cli."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from quizgame.cluster.appfaults import AppFault, AppState
from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import Result, render

Run = Callable[[str], Result]
ESCAPES = re.compile("\x1b\\[[0-9;]*[A-Za-z]")


@pytest.fixture(scope="module")
def one() -> World:
    return free_world()


@pytest.fixture(scope="module")
def two() -> World:
    return free_world(clusters=2)


@pytest.fixture
def world(one: World) -> World:
    return one.fork()


@pytest.fixture
def run(world: World) -> Run:
    return free_shell(world).run_line


@pytest.fixture
def run_two(two: World) -> Run:
    return free_shell(two.fork()).run_line


def out(result: Result) -> str:
    return ESCAPES.sub("", render(result.stdout))


def err(result: Result) -> str:
    return ESCAPES.sub("", render(result.stderr))


def summary(text: str) -> dict[str, str]:
    """The words of the logo block by component."""
    return dict(
        re.findall(
            r"(Cilium|Operator|Envoy DaemonSet|Hubble Relay|ClusterMesh): +(.*)", "\n".join(text.split("\n")[:6])
        )
    )


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("line", "stderr"),
    [
        ("cilium statu", 'unknown command "statu" for "cilium"\n\nDid you mean this?\n\tstatus\n\n'),
        ("cilium foo", 'unknown command "foo" for "cilium"\n'),
        ("cilium endpoint list", 'unknown command "endpoint" for "cilium"\n'),
        ("cilium identity list", 'unknown command "identity" for "cilium"\n'),
        ("cilium monitor", 'unknown command "monitor" for "cilium"\n'),
        ("cilium status --nosuch", "unknown flag: --nosuch\n"),
        ("cilium status -z", "unknown shorthand flag: 'z' in -z\n"),
        ("cilium status --namespace", "flag needs an argument: --namespace\n"),
        (
            "cilium status --wait-duration abc",
            'invalid argument "abc" for "--wait-duration" flag: time: invalid duration "abc"\n',
        ),
        ("cilium config set debug", "accepts 2 arg(s), received 1\n"),
        ("cilium config delete", "accepts 1 arg(s), received 0\n"),
        ("cilium status --context nosuch", 'unable to create Kubernetes client: context "nosuch" does not exist\n'),
        ("cilium connectivity test --multi-cluster", "flag needs an argument: --multi-cluster\n"),
        ("cilium features summary", "commit flag is not set\n"),
    ],
)
def test_bare_messages(run: Run, line: str, stderr: str) -> None:
    result = run(line)
    assert (out(result), err(result), result.exit) == ("", stderr, 1)


@pytest.mark.parametrize(
    "line",
    ["cilium", "cilium config", "cilium config get debug", "cilium bgp peer", "cilium hubble enabel",
     "cilium encrypt stat", "cilium config PolicyEnforcement=always", "cilium help status", "cilium status --help"],
)  # fmt: skip
def test_groups_and_help_end_well(run: Run, line: str) -> None:
    result = run(line)
    assert "Usage:" in out(result)
    assert (err(result), result.exit) == ("", 0)


@pytest.mark.parametrize("line", ["cilium sysdump", "cilium completion bash", "cilium connectivity perf"])
def test_what_is_not_simulated_says_so(run: Run, line: str) -> None:
    result = run(line)
    assert err(result) == f"quizgame: {line.removesuffix(' bash')} is not simulated\n"
    assert result.exit == 3


# ---------------------------------------------------------------- status


def test_a_healthy_cluster_is_ok(run: Run) -> None:
    result = run("cilium status")
    words = summary(out(result))
    assert words == {
        "Cilium": "OK", "Operator": "OK", "Envoy DaemonSet": "OK", "Hubble Relay": "OK", "ClusterMesh": "disabled",
    }  # fmt: skip
    assert result.exit == 0
    assert "\x1b[32mOK\x1b[0m" in render(result.stdout)


def test_status_facts_tell_the_components(run: Run) -> None:
    facts = {str(each) for line in run("cilium status").stdout for each in line.facts}
    assert "component(cluster=kind-kind, name=cilium, status=ok)" in facts
    assert "component(cluster=kind-kind, name=clustermesh-apiserver, status=disabled)" in facts


def test_an_agent_that_is_not_ready_is_an_error_with_status_zero(world: World, run: Run) -> None:
    cluster = world.cluster
    pod = next(each for each in cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium"))
    cluster.app_faults = (AppFault("kube-system", AppState.NOT_READY, pod=pod["metadata"]["name"]),)
    cluster.controllers.enqueue_all()
    world.settle()
    result = run("cilium status")
    assert summary(out(result))["Cilium"] == "1 errors"
    assert "1 pods of DaemonSet cilium are not ready" in out(result)
    assert result.exit == 0


def test_a_crashing_agent_is_told_and_ends_the_wait(world: World, run: Run) -> None:
    cluster = world.cluster
    pod = next(each for each in cluster.api.list("pods", "kube-system", label_selector="k8s-app=cilium"))
    name = pod["metadata"]["name"]
    cluster.app_faults = (AppFault("kube-system", AppState.CRASHES, pod=name, exit_code=3),)
    cluster.controllers.enqueue_all()
    world.advance(30)
    text = out(run("cilium status"))
    assert summary(text)["Cilium"] == "2 errors"
    assert (
        "unable to retrieve cilium status: container cilium-agent is in CrashLoopBackOff, exited with code 3: "
        f"try 'kubectl -n kube-system logs -c cilium-agent {name}'\n"
    ) in text
    waited = run("cilium status --wait")
    assert err(waited).endswith(
        "wait canceled, cilium agent container has crashed or was terminated: context canceled\n"
    )
    assert waited.exit == 1


def test_a_crashing_operator_shows_its_last_words(world: World, run: Run) -> None:
    labels = (("io.cilium/app", "operator"),)
    world.cluster.app_faults = (AppFault("kube-system", AppState.CRASHES, labels=labels, message="no route to host"),)
    world.cluster.controllers.enqueue_all()
    world.advance(30)
    text = out(run("cilium status"))
    assert summary(text)["Operator"] == "2 errors"
    assert text.endswith(
        "container cilium-operator is in CrashLoopBackOff, pulling previous Pod logs for further investigation:\n"
        "no route to host\n"
    )


def test_waiting_ends_with_the_time(world: World, run: Run) -> None:
    world.cluster.app_faults = (AppFault("kube-system", AppState.NOT_READY, labels=(("k8s-app", "hubble-relay"),)),)
    world.cluster.controllers.enqueue_all()
    start = world.clock.now_ns
    result = run("cilium status --wait --wait-duration 30s")
    assert err(result).endswith(
        "\nError: Unable to determine status:  timeout while waiting for status to become successful: "
        "context deadline exceeded\n"
    )
    assert result.exit == 1
    assert 30 <= (world.clock.now_ns - start) / 1e9 <= 35


def test_waiting_ends_with_success(run: Run) -> None:
    run("cilium config set debug true")
    result = run("cilium status --wait")
    assert summary(out(result))["Cilium"] == "OK"
    assert (err(result), result.exit) == ("", 0)


def test_a_cut_off_agent_fails_in_two_lines(world: World, run: Run) -> None:
    fabric = fabric_of(world)
    fabric.links = Links((Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443),))
    world.settle()
    text = out(run("cilium status"))
    assert summary(text)["Cilium"] == "2 errors"
    assert re.search(r"cilium-\w+ +Cilium: 1\.19\.5 \(.*\)    Kubernetes service is not ready: Get", text)
    assert re.search(r"cilium-\w+ +Kubernetes: Get \"https://172\.18\.0\.2:6443/version\"", text)


def test_an_agent_that_restarts_cut_off_does_not_answer(world: World, run: Run) -> None:
    fabric_of(world).links = Links((Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443),))
    run("kubectl -n kube-system delete pods -l k8s-app=cilium")
    world.advance(20)
    text = out(run("cilium status"))
    assert "unable to retrieve cilium status: command failed (pod=kube-system/cilium-" in text
    assert "unable to retrieve cilium endpoint information:" in text


def test_an_operator_scaled_to_zero_counts_as_ok(run: Run) -> None:
    run("kubectl -n kube-system scale deployment cilium-operator --replicas=0")
    run("sleep 5")
    text = out(run("cilium status"))
    assert summary(text)["Operator"] == "OK"
    assert re.search(r"^Deployment +cilium-operator +$", text, re.MULTILINE)


def test_without_cilium_the_status_fails(run: Run) -> None:
    assert out(run("cilium uninstall")).endswith("🔥 Cleaning up Cilium node annotations...\n")
    run("sleep 10")
    result = run("cilium status")
    assert summary(out(result))["Cilium"] == "1 errors"
    assert err(result) == (
        'status check failed: [daemonsets.apps "cilium" not found, unable to retrieve ConfigMap "cilium-config": '
        'configmaps "cilium-config" not found]\n'
    )
    assert result.exit == 1
    again = run("cilium uninstall")
    assert err(again).endswith(
        "Error: Unable to uninstall Cilium:  uninstall: Release not loaded: cilium: release: not found\n"
    )
    assert out(run("cilium version")).splitlines()[-1] == (
        "cilium image (running): unknown. Unable to obtain cilium version. Reason: release: not found"
    )
    assert run("cilium install").exit == 0
    assert run("cilium status --wait").exit == 0


# ---------------------------------------------------------------- config, upgrade


def test_setting_a_key_restarts_the_agents(world: World, run: Run) -> None:
    started = {name: agent.started_ns for name, agent in world.cluster.agents.items()}  # type: ignore[attr-defined]  # simulated agents know when they began
    result = run("cilium config set enable-policy always")
    assert out(result) == (
        "✨ Patching ConfigMap cilium-config with enable-policy=always...\n♻️  Restarted Cilium pods\n"
    )
    run("cilium status --wait")
    agents = world.cluster.agents
    assert all(agents[name].started_ns > before for name, before in started.items())  # type: ignore[attr-defined]  # as above
    assert out(run("cilium config view | grep enable-policy\\ ")).split() == ["enable-policy", "always"]


def test_without_restart_the_agents_keep_what_they_read(world: World, run: Run) -> None:
    result = run("cilium config set enable-policy always --restart=false")
    assert out(result).splitlines()[1] == "⚠️  Restart Cilium pods for configmap changes to take effect"
    run("sleep 30")
    assert {agent.policy_mode.value for agent in world.cluster.agents.values()} == {"default"}  # type: ignore[attr-defined]  # simulated agents know their mode


def test_a_missing_key_cannot_be_deleted(run: Run) -> None:
    result = run("cilium config delete no-such-key")
    assert out(result) == "✨ Removing key no-such-key from ConfigMap cilium-config...\n"
    assert err(result) == (
        "\nError: Unable to delete config:  unable to patch ConfigMap cilium-config with patch "
        '"[{\\"op\\": \\"remove\\", \\"path\\": \\"/data/no-such-key\\"}]": '
        "the server rejected our request due to an error in our request\n"
    )
    assert result.exit == 1


def test_an_upgrade_needs_a_restart_to_take_effect(world: World, run: Run) -> None:
    result = run("cilium upgrade --set policyEnforcementMode=always")
    assert out(result).splitlines()[-1] == (
        "⚠️  You maybe need to restart Cilium pods for configmap changes to take effect"
    )
    assert world.cluster.config["enable-policy"] == "always"
    run("sleep 30")
    assert {agent.policy_mode.value for agent in world.cluster.agents.values()} == {"default"}  # type: ignore[attr-defined]  # simulated agents know their mode
    run("cilium upgrade --set debug.enabled=true --restart")
    run("cilium status --wait")
    assert {agent.policy_mode.value for agent in world.cluster.agents.values()} == {"always"}  # type: ignore[attr-defined]  # as above


def test_an_installed_release_cannot_be_installed(run: Run) -> None:
    result = run("cilium install")
    assert out(result).splitlines()[:3] == [
        "🔮 Auto-detected Kubernetes kind: kind",
        "ℹ️  Using Cilium version 1.19.5",
        "🔮 Auto-detected cluster name: kind-kind",
    ]
    assert err(result) == (
        "\nError: Unable to install Cilium: release name check failed: cannot reuse a name that is still in use\n"
    )
    bad = run("cilium install --set kubeProxyReplacement=strict")
    assert "kubeProxyReplacement must be explicitly set to a valid value" in err(bad)


def test_hubble_can_be_turned_off_and_on(run: Run) -> None:
    assert (out(run("cilium hubble disable")), run("cilium hubble port-forward").exit) == ("", 1)
    assert err(run("cilium hubble ui --open-browser=false")) == (
        '\nError: Unable to port forward: failed to port forward: failed to get service "hubble-ui": services '
        '"hubble-ui" not found\n'
    )
    assert summary(out(run("cilium status")))["Hubble Relay"] == "disabled"
    run("cilium hubble enable --ui")
    run("cilium status --wait")
    assert out(run("cilium hubble port-forward")) == "ℹ️  Hubble Relay is available at 127.0.0.1:4245\n"


# ---------------------------------------------------------------- encryption, bgp


def test_encryption_shows_what_the_agents_run_with(run: Run) -> None:
    assert out(run("cilium encryption status")) == "Encryption: Disabled (3/3 nodes)\n\n"
    run("cilium upgrade --set encryption.enabled=true --set encryption.type=wireguard --restart")
    run("cilium status --wait")
    assert out(run("cilium encrypt status")) == "Encryption: Wireguard (3/3 nodes)\n\n"


def test_bgp_that_is_off_is_told_for_each_pod(run: Run) -> None:
    result = run("cilium bgp peers")
    assert out(result) == ""
    assert err(result).startswith("\nError: Unable to get peering status: failed to unmarshal bgp state from cilium-")
    assert err(result).count("invalid character 'B' looking for beginning of value") == 3
    assert "invalid argument: `foo`" in err(run("cilium bgp routes foo"))


def test_bgp_that_is_on_without_a_configuration_has_no_peers(run: Run) -> None:
    run("cilium upgrade --set bgpControlPlane.enabled=true --restart")
    run("cilium status --wait")
    result = run("cilium bgp peers")
    assert out(result).split() == (
        [
            "Node",
            "Local",
            "AS",
            "Peer",
            "AS",
            "Peer",
            "Address",
            "Session",
            "State",
            "Uptime",
            "Family",
            "Received",
            "Advertised",
        ]
    )
    assert result.exit == 0


# ---------------------------------------------------------------- mesh


def enable_mesh(run: Run) -> None:
    for context in ("kind-cluster-a", "kind-cluster-b"):
        run(f"cilium clustermesh enable --context {context} --service-type NodePort")
        assert run(f"cilium clustermesh status --context {context} --wait").exit == 0


def test_the_mesh_has_to_be_enabled_first(run_two: Run) -> None:
    assert err(run_two("cilium clustermesh status")).endswith('services "clustermesh-apiserver" not found\n')
    result = run_two("cilium clustermesh connect --destination-context kind-cluster-b")
    assert '❌ Unable to retrieve access information of cluster "kind-cluster-a": unable to get client secret' in out(
        result
    )
    assert result.exit == 1
    assert "cannot auto-detect service type" in err(run_two("cilium clustermesh enable"))


def test_clusters_with_other_authorities_are_refused(run_two: Run) -> None:
    enable_mesh(run_two)
    result = run_two("cilium clustermesh connect --destination-context kind-cluster-b")
    assert err(result) == (
        "\nError: Unable to connect cluster: Cilium CA certificates do not match between clusters cluster-a and "
        "cluster-b. Use --allow-mismatching-ca to allow this by adding remote CAs to the CA bundle\n"
    )
    assert result.exit == 1
    assert "🔌 No cluster connected" in out(run_two("cilium clustermesh status"))


def test_connecting_and_disconnecting(run_two: Run) -> None:
    enable_mesh(run_two)
    run_two("cilium clustermesh connect --destination-context kind-cluster-b --allow-mismatching-ca")
    result = run_two("cilium clustermesh status --wait")
    assert "✅ All 3 nodes are connected to all clusters [min:1 / avg:1.0 / max:1]" in out(result)
    assert "  - cluster-b: 3/3 configured, 3/3 connected - KVStoreMesh: 1/1 configured, 1/1 connected" in out(result)
    told = {str(each) for line in result.stdout for each in line.facts}
    assert "mesh(cluster=kind-cluster-a, remote=cluster-b, status=connected)" in told
    run_two("cilium clustermesh disconnect --destination-context kind-cluster-b")
    assert "🔌 No cluster connected" in out(run_two("cilium clustermesh status"))


def test_policies_without_a_cluster_are_listed(run: Run) -> None:
    run("""kubectl apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: local}
spec:
  endpointSelector: {}
  ingress: [{fromEndpoints: [{matchLabels: {app: x}}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: named}
spec:
  endpointSelector: {}
  ingress:
  - fromEndpoints: [{matchLabels: {app: x, io.cilium.k8s.policy.cluster: b}}]
EOF""")
    assert out(run("cilium clustermesh inspect-policy-default-local-cluster -A")) == (
        "⚠️ CiliumNetworkPolicy 1/2\n\t⚠️ default/local\n\n"
        "✅ CiliumClusterWideNetworkPolicy 0/0\n\n✅ NetworkPolicy 0/0\n"
    )


def test_the_same_lines_give_the_same_bytes(one: World) -> None:
    lines = ["cilium status", "cilium connectivity test --test client-egress-l7", "cilium status -o json"]
    shown = []
    for _ in range(2):
        shell = free_shell(one.fork())
        shown.append([render(shell.run_line(line).stdout) for line in lines])
    assert shown[0] == shown[1]
