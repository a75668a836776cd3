"""From 1.18 to 1.19 and back: what an upgrade or a downgrade changes. Source: reference versions.md.

The old BGP kind is played in ``tests/bgp/test_bgp_upgrade.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from quizgame.cluster.agent.agent import Agent
from quizgame.cluster.build import default_specs
from quizgame.cluster.internet import INTERNET
from quizgame.cluster.world import World
from quizgame.game.worlds import Surroundings, assemble, free_shell
from quizgame.tools.output import Result, render

Run = Callable[[str], Result]


def world_of(version: str) -> World:
    specs = [replace(spec, cilium=version) for spec in default_specs()]
    return assemble(specs, seed=0, manifests=[], surroundings=Surroundings(INTERNET))


@pytest.fixture(scope="module")
def old() -> World:
    return world_of("1.18.5")


@pytest.fixture
def run(old: World) -> Run:
    return free_shell(old.fork()).run_line


def out(result: Result) -> str:
    return render(result.stdout)


def err(result: Result) -> str:
    return render(result.stderr)


def upgrade(run: Run, version: str = "1.19.5", more: str = "") -> None:
    assert run(f"cilium upgrade --version {version} {more}").exit == 0
    run("sleep 60")
    assert out(run("cilium version")).splitlines()[-1].endswith(f"{version}")


def config(run: Run, key: str) -> str:
    rows = dict(line.split(None, 1) for line in out(run("cilium config view")).splitlines() if " " in line.strip())
    return rows.get(key, "").strip()


def apply(run: Run, manifest: str) -> Result:
    return run(f"kubectl apply -f - <<'EOF'\n{manifest}\nEOF")


# ---------------------------------------------------------------- versions are told


def test_a_cluster_states_its_versions(run: Run) -> None:
    assert "1.18.5" in out(run("cilium version"))
    assert "Server Version: v1.35" in out(run("kubectl version"))
    assert "1.18.5" in out(run("kubectl -n kube-system exec ds/cilium -- cilium-dbg version"))
    assert ":v1.18.5@" in out(run("cilium status"))


def test_agents_are_replaced_by_an_upgrade(run: Run) -> None:
    upgrade(run)
    assert "1.19.5 (v1.19.5-" in out(run("kubectl -n kube-system exec ds/cilium -- cilium-dbg status"))


# ---------------------------------------------------------------- kinds

POOL = """
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: pool}
spec: {blocks: [{cidr: 192.0.2.0/28}]}
"""


def test_pools_are_v2_since_119(run: Run) -> None:
    refused = apply(run, POOL)
    assert refused.exit == 1
    assert 'no matches for kind "CiliumLoadBalancerIPPool" in version "cilium.io/v2"' in err(refused)
    assert apply(run, POOL.replace("cilium.io/v2", "cilium.io/v2alpha1")).exit == 0
    upgrade(run)
    assert apply(run, POOL).exit == 0
    assert "v2alpha1 CiliumLoadBalancerIPPool is deprecated" in err(
        apply(run, POOL.replace("cilium.io/v2", "cilium.io/v2alpha1").replace("name: pool", "name: more"))
    )


def test_the_old_bgp_kind_is_not_registered_by_119() -> None:
    assert "ciliumbgppeeringpolicies" not in out(free_shell(world_of("1.19.5")).run_line("kubectl api-resources"))
    assert "ciliumbgppeeringpolicies" in out(free_shell(world_of("1.18.5")).run_line("kubectl api-resources"))


# ---------------------------------------------------------------- network policy


def test_selectors_mean_the_local_cluster_since_119(run: Run) -> None:
    assert config(run, "policy-default-local-cluster") == "false"
    upgrade(run)
    assert config(run, "policy-default-local-cluster") == "true"
    upgrade(run, "1.18.5")
    assert config(run, "policy-default-local-cluster") == "false"


def test_a_choice_that_was_made_outlives_the_upgrade(run: Run) -> None:
    run("cilium upgrade --version 1.18.5 --set clustermesh.policyDefaultLocalCluster=false")
    upgrade(run)
    assert config(run, "policy-default-local-cluster") == "false"


NAMES = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: names}
spec:
  endpointSelector: {matchLabels: {run: client}}
  egress:
  - toFQDNs: [{matchPattern: "**.one.one"}]
  - toEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system}}]
    toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]
"""


def test_two_stars_reach_deeper_since_119(old: World) -> None:
    run = free_shell(old.fork()).run_line
    run("kubectl run client --image=nicolaka/netshoot -- sleep infinity")
    run("kubectl wait --for=condition=Ready pod/client")
    apply(run, NAMES)
    ask = "kubectl exec client -- curl -s -m 2 -o /dev/null http://one.one.one.one"
    assert run(ask).exit == 28
    upgrade(run)
    assert run(ask).exit == 0
    upgrade(run, "1.18.5")
    run("sleep 400")
    assert run(ask).exit == 28


# ---------------------------------------------------------------- features


def agent_config(run: Run, feature: str) -> str:
    return out(run(f"kubectl -n kube-system exec ds/cilium -- {feature}"))


def test_the_old_key_of_the_egress_gateway_goes_with_118(run: Run) -> None:
    run("cilium config set enable-ipv4-egress-gateway true")
    run("sleep 30")
    assert "Source IP" in agent_config(run, "cilium-dbg bpf egress list")
    upgrade(run, more="--restart")
    found = run("kubectl -n kube-system exec ds/cilium -- cilium-dbg bpf egress list")
    assert "Cannot find egress gateway bpf maps" in err(found)


WIREGUARD = "--set encryption.enabled=true --set encryption.type=wireguard"
FLAT = "--set encryption.strictMode.enabled=true --set encryption.strictMode.cidr=10.244.0.0/16"
SPLIT = "--set encryption.strictMode.egress.enabled=true --set encryption.strictMode.egress.cidr=10.244.0.0/16"


def strict(world: World) -> set[bool]:
    agents = [each for each in world.cluster.agents.values() if isinstance(each, Agent)]
    return {agent.encryption.strict.network is not None for agent in agents}


@pytest.mark.parametrize(
    ("options", "version", "then", "now"),
    [(FLAT, "1.18.5", True, True), (SPLIT, "1.18.5", False, True)],
    ids=["flat options work in both", "split options are new in 1.19"],
)
def test_strict_mode_was_split_in_119(old: World, options: str, version: str, then: bool, now: bool) -> None:
    world = old.fork()
    run = free_shell(world).run_line
    assert run(f"cilium upgrade --version {version} --restart {WIREGUARD} {options}").exit in (0, 3)
    run("sleep 60")
    assert strict(world) == {then}
    upgrade(run, more="--restart")
    assert strict(world) == {now}
    upgrade(run, "1.18.5", more="--restart")
    assert strict(world) == {then}


def test_denials_by_icmp_are_new_in_119(run: Run) -> None:
    upgrade(run, more="--set policyDenyResponse=icmp --restart")
    assert config(run, "policy-deny-response") == "icmp"
    upgrade(run, "1.18.5", more="--restart")
    assert config(run, "policy-deny-response") == ""


# ---------------------------------------------------------------- tools in the agent


@pytest.mark.parametrize("command", ["policy import x.json", "policy delete x", "recorder list", "policy get"])
def test_what_only_118_has_is_not_simulated(run: Run, command: str) -> None:
    result = run(f"kubectl -n kube-system exec ds/cilium -- cilium-dbg {command}")
    assert result.exit == 3
    assert "is not simulated" in err(result)
    upgrade(run)
    after = run(f"kubectl -n kube-system exec ds/cilium -- cilium-dbg {command}")
    assert after.exit == (0 if command.startswith("policy") else 1)


@pytest.mark.parametrize("command", ["bpf tunnel list", "policy trace"])
def test_what_both_lack_shows_the_help_of_its_group(run: Run, command: str) -> None:
    result = run(f"kubectl -n kube-system exec ds/cilium -- cilium-dbg {command}")
    assert (result.exit, "Available Commands:" in out(result)) == (0, True)


FROM_CLIENTS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: from-clients}
spec:
  endpointSelector: {matchLabels: {run: server}}
  ingress: [{fromEndpoints: [{matchLabels: {run: client}}]}]
"""


def test_an_upgrade_shuts_other_clusters_out() -> None:
    specs = [replace(spec, cilium="1.18.5") for spec in default_specs(2)]
    run = free_shell(assemble(specs, seed=0, manifests=[], surroundings=Surroundings(INTERNET))).run_line
    for name in ("a", "b"):
        assert run(f"cilium clustermesh enable --context kind-cluster-{name} --service-type NodePort").exit == 0
    connect = "cilium clustermesh connect --allow-mismatching-ca"
    assert run(f"{connect} --context kind-cluster-a --destination-context kind-cluster-b").exit == 0
    run("kubectl --context kind-cluster-a run client --image=nicolaka/netshoot -- sleep infinity")
    run("kubectl --context kind-cluster-b run server --image=nginx --port=80")
    run("sleep 60")
    apply(lambda line: run(line.replace("kubectl", "kubectl --context kind-cluster-b")), FROM_CLIENTS)
    ip = out(run("kubectl --context kind-cluster-b get pod server -o jsonpath={.status.podIP}"))
    ask = f"kubectl --context kind-cluster-a exec client -- curl -s -m 2 -o /dev/null http://{ip}"
    run("sleep 30")
    assert run(ask).exit == 0
    assert run("cilium upgrade --context kind-cluster-b --version 1.19.5 --restart").exit == 0
    run("sleep 90")
    assert run(ask).exit == 28
    named = FROM_CLIENTS.replace("{run: client}", "{run: client, io.cilium.k8s.policy.cluster: cluster-a}")
    apply(lambda line: run(line.replace("kubectl", "kubectl --context kind-cluster-b")), named)
    run("sleep 30")
    assert run(ask).exit == 0
