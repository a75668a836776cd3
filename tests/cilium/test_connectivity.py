"""``cilium connectivity test``: a healthy cluster passes, and each way of breaking it is told.

Expectations: goldens ``cilium-cli/connectivity-test-*`` of the reference set for lines and order; the numbers of
actions are those of the real tool with three clients, two servers, three nodes and IPv4 alone (its scenarios visit
each pair once), as public transcripts of it show them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from quizgame.cluster.fabric import fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.outside import Outside
from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import Result, render

Run = Callable[[str], Result]
GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden" / "cilium-cli"
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")
ACTIONS = {
    "no-policies": 48, "no-policies-extra": 18, "allow-all-except-world": 27, "client-ingress": 6,
    "client-ingress-knp": 6, "allow-all-with-metrics-check": 6, "all-ingress-deny": 12, "all-ingress-deny-knp": 12,
    "all-egress-deny": 24, "all-egress-deny-knp": 24, "all-entities-deny": 12, "cluster-entity": 3,
    "host-entity-egress": 9, "host-entity-ingress": 6, "echo-ingress": 6, "echo-ingress-knp": 6,
    "client-ingress-icmp": 6, "client-egress": 6, "client-egress-knp": 6, "client-egress-expression": 6,
    "client-egress-expression-port-range": 6, "client-egress-expression-knp": 6,
    "client-egress-expression-knp-port-range": 6, "client-with-service-account-egress-to-echo": 6,
    "client-with-service-account-egress-to-echo-port-range": 6, "client-egress-to-echo-service-account": 6,
    "client-egress-to-echo-service-account-port-range": 6, "to-entities-world": 9, "to-entities-world-port-range": 9,
    "to-cidr-external": 6, "to-cidr-external-knp": 6, "echo-ingress-from-other-client-deny": 10,
    "client-ingress-from-other-client-icmp-deny": 12, "client-egress-to-echo-deny": 12,
    "client-egress-to-echo-deny-port-range": 12, "client-ingress-to-echo-named-port-deny": 4,
    "client-egress-to-echo-expression-deny": 4, "client-egress-to-echo-expression-deny-port-range": 4,
    "client-with-service-account-egress-to-echo-deny": 4,
    "client-with-service-account-egress-to-echo-deny-port-range": 4, "client-egress-to-echo-service-account-deny": 2,
    "client-egress-to-echo-service-account-deny-port-range": 2, "client-egress-to-cidr-deny": 6,
    "client-egress-to-cidrgroup-deny": 6, "client-egress-to-cidrgroup-deny-by-label": 6,
    "client-egress-to-cidr-deny-default": 6, "health": 3, "pod-to-pod-encryption-v2": 1, "node-to-node-encryption": 3,
    "echo-ingress-l7": 18, "echo-ingress-l7-named-port": 18, "client-egress-l7-method": 18,
    "client-egress-l7-method-port-range": 18, "client-egress-l7": 15, "client-egress-l7-port-range": 15,
    "client-egress-l7-named-port": 15, "client-egress-tls-sni": 9, "client-egress-tls-sni-denied": 9,
    "client-egress-tls-sni-wildcard": 9, "client-egress-tls-sni-wildcard-denied": 3,
    "client-egress-tls-sni-double-wildcard": 9, "client-egress-tls-sni-double-wildcard-denied": 3,
    "pod-to-itself-via-service": 2, "dns-only": 15, "to-fqdns": 12, "to-fqdns-with-proxy": 12,
    "policy-local-cluster-egress": 6, "pod-to-pod-no-frag": 1, "egress-to-specific-namespace-ccnp": 2,
    "ingress-from-specific-namespace-ccnp": 2, "no-unexpected-packet-drops": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def deployed() -> World:
    """A free cluster in which the test's workloads run."""
    world = free_world()
    free_shell(world).run_line("cilium connectivity test --test nosuch")
    return world


@pytest.fixture
def world(deployed: World) -> World:
    return deployed.fork()


@pytest.fixture
def run(world: World) -> Run:
    return free_shell(world).run_line


def out(result: Result) -> str:
    return render(result.stdout)


def err(result: Result) -> str:
    return render(result.stderr)


def golden(name: str) -> str:
    return (GOLDEN / f"connectivity-test-{name}.txt").read_text()


def lines_from_first_test(shown: str) -> list[str]:
    """Everything from the first test on."""
    lines = shown.splitlines()
    return lines[next(at for at, line in enumerate(lines) if line.startswith("🏃")) :]


def apply(run: Run, manifest: str) -> None:
    assert run(f"kubectl apply -f - <<'EOF'\n{manifest}\nEOF").exit == 0


def blocked(world: World, *blocks: Block) -> None:
    fabric_of(world).links = Links(blocks)


# ---------------------------------------------------------------- a healthy cluster


@needs_golden
def test_the_list_of_tests_is_the_real_one() -> None:
    run = free_shell(free_world()).run_line
    result = run("cilium connectivity test --test no-policies/pod-to-pod --test no-policies/pod-to-service")
    assert lines_from_first_test(out(result)) == lines_from_first_test(golden("pass-first-run"))
    assert result.exit == 0


@needs_golden
def test_deploying_and_waiting_is_told_as_by_the_real_tool() -> None:
    run = free_shell(free_world()).run_line

    def plain(text: str) -> list[str]:
        text = text.partition("🔭")[0].replace("kind-cluster1", "kind-kind")
        text = re.sub(r"(client\d?|echo-\w+-node)-[0-9a-z]{6,}-[0-9a-z]{5}", r"\1-POD", text)
        text = re.sub(r"kube-system/cilium-\w{5}", "kube-system/cilium-POD", text)
        return sorted(re.sub(r"NodePort 172[.\d]+:\d+", "NodePort IP:PORT", text).splitlines())

    assert plain(out(run("cilium connectivity test --test nosuch"))) == plain(golden("pass-first-run"))
    again = plain(out(run("cilium connectivity test --test nosuch")))
    assert again == plain(golden("pass-rerun"))


def test_every_test_of_a_healthy_cluster_succeeds_with_its_actions(run: Run) -> None:
    result = run("cilium connectivity test")
    assert err(result) == ""
    shown = out(result)
    counts = {name: len(dots) for name, dots in re.findall(r"Test \[(\S+)\] \[\d+/132\]\n(\.*)\n", shown)}
    logs = counts.pop("check-log-errors")
    assert counts == ACTIONS
    assert f"All {len(ACTIONS) + 1} tests ({sum(ACTIONS.values()) + logs} actions) successful" in shown.splitlines()[-1]


def test_the_workloads_stay_until_they_are_removed(run: Run) -> None:
    # Source: facts F-103.
    assert out(run("kubectl get ns -o name")).count("namespace/cilium-test-") == 3
    assert out(run("cilium connectivity test --cleanup")).endswith("ℹ️  ✅ Cleanup complete\n")
    assert "cilium-test" not in out(run("kubectl get namespaces"))


def test_policies_of_a_test_are_gone_after_it(run: Run) -> None:
    run("cilium connectivity test --test client-egress-to-cidrgroup-deny --test to-fqdns --test ccnp")
    for kind in ("cnp", "ccnp", "netpol", "ciliumcidrgroups"):
        assert "No resources found" in err(run(f"kubectl get {kind} -A"))


def test_a_world_without_those_hosts_skips_what_needs_them(world: World, run: Run) -> None:
    fabric_of(world).outside = Outside()
    result = run("cilium connectivity test --test ^to-fqdns/ --test ^dns-only/ --test ^no-policies/ -v")
    shown = out(result)
    assert shown.count("not simulated by quizgame: nothing outside answers as one.one.one.one.") == 4
    assert "All 1 tests (33 actions) successful" in shown


def test_two_clusters_are_tested_across(two_joined: Run) -> None:
    result = two_joined("cilium connectivity test --multi-cluster kind-cluster-b")
    assert err(result) == ""
    shown = out(result)
    assert re.search(r"Test \[cluster-entity-multi-cluster\] \[15/132\]\n\.\.\.\n", shown)
    assert "Skipping test [echo-ingress-knp] [20/132] (skipped by condition)" in shown
    assert re.search(r"Test \[policy-local-cluster-egress\] \[112/132\]\n\.{6}\n", shown)


@pytest.fixture
def two_joined() -> Run:
    run = free_shell(free_world(clusters=2)).run_line
    for line in (
        "cilium clustermesh enable --service-type NodePort",
        "cilium clustermesh enable --service-type NodePort --context kind-cluster-b",
        "cilium clustermesh connect --destination-context kind-cluster-b --allow-mismatching-ca",
        "sleep 60",
    ):
        assert run(line).exit == 0
    return run


def test_one_node_runs_what_one_node_can() -> None:
    run = free_shell(free_world(workers=1)).run_line
    result = run("cilium connectivity test")
    shown = out(result)
    assert err(result) == ""
    assert "Single-node environment detected, enabling single-node connectivity test" in shown
    assert "echo-other-node" not in shown
    assert "Skipping test [pod-to-pod-no-frag] [115/132] (skipped by condition)" in shown
    assert re.search(r"Test \[client-ingress\] \[5/132\]\n\.\.\n", shown)


# ---------------------------------------------------------------- what is on decides what runs


@pytest.mark.parametrize(
    ("flags", "name", "reason"),
    [
        ("", "egress-gateway", "unsafe test which can modify state of cluster nodes"),
        ("--include-unsafe-tests", "egress-gateway", "Feature enable-egress-gateway is disabled"),
        ("--include-unsafe-tests", "host-firewall-ingress", "Feature host-firewall is disabled"),
        ("--assume-cilium-version 1.17.4", "pod-to-pod-encryption-v2",
         "requires Cilium version >=1.18.0 but running 1.17.4"),
        ("", "pod-to-pod-encryption", "requires Cilium version <1.18.0 but running 1.19.5"),
    ],
)  # fmt: skip
def test_why_a_test_does_not_run(run: Run, flags: str, name: str, reason: str) -> None:
    shown = out(run(f"cilium connectivity test --test nosuch {flags}"))
    assert re.search(rf"Skipping test \[{name}\] \[\d+/132\] \({re.escape(reason)}\)", shown)


def test_features_are_found_in_the_configuration(run: Run) -> None:
    run("cilium upgrade --set encryption.enabled=true --set encryption.type=wireguard --set l7Proxy=false -r")
    run("sleep 60")
    shown = out(run("cilium connectivity test --test encryption"))
    assert "Skipping test [pod-to-pod-with-l7-policy-encryption-v2] [58/132] (Feature l7-proxy is disabled)" in shown
    assert re.search(r"Test \[pod-to-pod-encryption-v2\] \[57/132\]\n\.\n", shown)


# ---------------------------------------------------------------- broken clusters


def test_a_policy_that_blocks_fails_the_actions_it_blocks(run: Run) -> None:
    apply(
        run,
        """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: no-ping, namespace: cilium-test-1}
spec:
  endpointSelector: {matchLabels: {name: client2}}
  ingress: [{fromEndpoints: [{matchLabels: {name: client3}}]}]""",
    )
    result = run("cilium connectivity test --test no-policies/client-to-client")
    assert err(result) == "[cilium-test-1] 1 tests failed\n"
    assert result.exit == 1
    shown = out(result)
    assert "❌ 1/1 tests failed (1/6 actions), 131 tests skipped, 7 scenarios skipped:\nTest [no-policies]:\n" in shown
    line = (
        r"  🟥 no-policies/client-to-client:ping-ipv4-0: cilium-test-1/client-\S+ \([\d.]+\) -> cilium-test-1/client2-"
    )
    assert re.search(line + r'.*: command "ping .*" failed: command failed .*exit code 1\n', shown)
    told = {str(each) for line in result.stdout for each in line.facts}
    assert any("outcome=timeout" in each and "to=cilium-test-1/client2" in each for each in told)
    assert run("cilium connectivity test --test no-policies/client-to-client --exit-zero-on-failure").exit == 0


@needs_golden
def test_a_failed_test_is_told_as_by_the_real_tool(run: Run) -> None:
    """Line for line, but for their order where the real tool's own threads race."""

    def block(text: str) -> list[str]:
        text = re.sub(r"(client\d?|echo-\w+-node)-[0-9a-z]{6,}-[0-9a-z]{5}", r"\1-POD", text)
        text = re.sub(r"\d+\.\d+\.\d+\.\d+(:\d+ -> )?", lambda found: "IP:PORT -> " if found[1] else "IP", text)
        text = text.partition("Test [all-ingress-deny]")[2].partition("[=]")[0]
        return sorted(line.lstrip(".") for line in text.splitlines() if line.strip(". "))

    run("cilium config set enable-policy never")
    run("sleep 30")
    result = run("cilium connectivity test --test all-ingress-deny/pod-to-pod --hubble=false")
    assert block(out(result)) == block(golden("policy-deny-fails"))
    assert err(result) == (GOLDEN / "connectivity-test-policy-deny-fails.stderr.txt").read_text()


def test_clients_have_to_reach_the_servers_before_any_test(run: Run) -> None:
    apply(
        run,
        """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: oops, namespace: cilium-test-1}
spec:
  endpointSelector: {matchLabels: {name: echo-same-node}}
  ingressDeny: [{fromEndpoints: [{matchLabels: {name: client3}}]}]
  ingress: [{fromEntities: [all]}]""",
    )
    result = run("cilium connectivity test --test no-policies/pod-to-pod")
    assert err(result).startswith("timeout reached waiting lookup for localhost from pod cilium-test-1/client3-")
    assert result.exit == 1


def test_without_name_servers_no_test_begins(run: Run) -> None:
    run("kubectl -n kube-system scale deployment coredns --replicas 0")
    result = run("cilium connectivity test")
    assert err(result).startswith(
        "timeout reached waiting lookup for kubernetes.default from pod cilium-test-1/client-"
    )
    assert "🏃" not in out(result)


def test_a_blocked_tunnel_is_found(world: World, run: Run) -> None:
    blocked(world, Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "UDP", 8472))
    result = run("cilium connectivity test")
    assert "timeout reached waiting lookup for localhost from pod" in err(result)


def test_a_blocked_health_port_fails_the_health_test_alone(world: World, run: Run) -> None:
    blocked(world, Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "TCP", 4240))
    result = run("cilium connectivity test --test health --test no-policies/pod-to-pod")
    shown = out(result)
    assert "❌ 1/2 tests failed (1/9 actions)" in shown
    assert "cilium-health probe on 'cilium-" in shown
    assert "host.primary-address.http.status' is unhealthy: 'Connection timed out'" in shown


def test_policies_that_agents_do_not_take_up_fail_the_test(world: World, run: Run) -> None:
    blocked(world, Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443))
    result = run("cilium connectivity test --test client-ingress/client-to-client")
    told = r"test client-ingress failed: setting up test: applying network policies: policies were not applied on all "
    assert re.search(
        told + r"Cilium nodes in time: \d+ endpoints have not yet realized policy revision \d+", out(result)
    )
    assert "❌ 1/1 tests failed (0/0 actions), 131 tests skipped, 0 scenarios skipped:" in out(result)
    assert err(result) == "[cilium-test-1] 1 tests failed\n"


def test_enforcement_that_is_off_lets_through_what_should_be_dropped(run: Run) -> None:
    run("cilium config set enable-policy never")
    run("sleep 30")
    result = run("cilium connectivity test --test all-ingress-deny/pod-to-pod")
    shown = out(result)
    assert "❌ 1/1 tests failed (6/6 actions), 131 tests skipped, 1 scenarios skipped:" in shown
    assert shown.count("succeeded while it should have failed: 10.244.") == 12, "in the log and in the report"


def test_a_proxy_that_is_down_is_found(run: Run) -> None:
    run("kubectl -n kube-system delete daemonset cilium-envoy")
    run("sleep 10")
    shown = out(run("cilium connectivity test --test ^echo-ingress-l7/ --test ^echo-ingress/"))
    assert "❌ 1/2 tests failed" in shown
    assert "Test [echo-ingress-l7]:" in shown
    assert "Test [echo-ingress]:" not in shown


def test_a_node_that_does_not_encrypt_yet_leaks(run: Run) -> None:
    """The client's node encrypts from its restart on; the server's node waits for one and is sent plain packets."""
    run(
        "kubectl create secret generic cilium-ipsec-keys -n kube-system "
        "--from-literal=keys='3+ rfc4106(gcm(aes)) 0123456789012345678901234567890123456789 128'"
    )
    run("cilium config set enable-ipsec true --restart=false")
    run("cilium config set ipsec-key-file /etc/ipsec/keys --restart=false")
    node = out(run("kubectl get pod -n cilium-test-1 -l name=client -o 'jsonpath={.items[0].spec.nodeName}'"))
    run(f"kubectl -n kube-system delete pod -l k8s-app=cilium --field-selector spec.nodeName={node}")
    run("sleep 30")
    result = run("cilium connectivity test --test ^pod-to-pod-encryption-v2/")
    assert "pod-to-pod-encryption-v2:curl-ipv4: " in out(result)
    assert out(result).splitlines()[-1].endswith(": Captured unencrypted pkt (count=1 packet)")
    assert result.exit == 1
    run("kubectl -n kube-system rollout restart daemonset cilium")
    run("sleep 60")
    assert run("cilium connectivity test --test ^pod-to-pod-encryption-v2/").exit == 0


def test_errors_in_the_logs_are_found(world: World, run: Run) -> None:
    blocked(world, Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443))
    run("sleep 120")
    shown = out(run("cilium connectivity test --test check-log-errors"))
    assert re.search(
        r"Found \d+ logs in kind-kind/kube-system/cilium-\w+ \(cilium-agent\) matching list of errors", shown
    )


# ---------------------------------------------------------------- Hubble


def test_flows_of_a_failed_action_are_shown(run: Run) -> None:
    apply(
        run,
        """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: no-ping, namespace: cilium-test-1}
spec:
  endpointSelector: {matchLabels: {name: client2}}
  ingress: [{fromEndpoints: [{matchLabels: {name: client3}}]}]""",
    )
    shown = out(run("cilium connectivity test --test no-policies/client-to-client"))
    assert re.search(r"📄 Flow logs for peer cilium-test-1/client-\S+:\n", shown)
    assert re.search(
        r"❌ \[\d+\] \w{3} \d+ [\d:.]+: cilium-test-1/client-\S+ -> cilium-test-1/client2-\S+ "
        r"(Policy denied|policy-verdict\S+ \S+) \S* ?DROPPED INGRESS POLICY_DENIED \(ICMPv4",
        shown,
    )
    quiet = out(run("cilium connectivity test --test no-policies/client-to-client --hubble=false"))
    assert "📄" not in quiet.replace("📄 Test", "")
    assert "Hubble" not in quiet


def test_print_flows_shows_them_of_every_action_with_verbose(run: Run) -> None:
    shown = out(run("cilium connectivity test --test no-policies/pod-to-pod --print-flows -v"))
    assert shown.count("📄 Flow logs for peer") == 12
    assert shown.count("✅ Flow validation successful for peer") == 12


def test_a_flow_that_should_not_be_there_fails_an_action(run: Run) -> None:
    """Who denies matters: a deny rule drops with another reason than the missing allow that the test is about."""
    apply(
        run,
        """apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: deny-pings, namespace: cilium-test-1}
spec:
  endpointSelector: {matchLabels: {name: client}}
  enableDefaultDeny: {ingress: false, egress: false}
  ingressDeny: [{fromEndpoints: [{matchLabels: {name: client3}}]}]""",
    )
    line = "cilium connectivity test --test ^client-ingress/"
    shown = out(run(line))
    assert "❌ 1/1 tests failed (1/6 actions)" in shown
    assert re.search(
        r"🟥 client-ingress/client-to-client:ping-ipv4-\d: .*: Flow validation failed for peer "
        r"cilium-test-1/client-\S+: 1 failures",
        shown,
    )
    assert run(f"{line} --flow-validation disabled").exit == 0
    assert run(f"{line} --hubble=false").exit == 0


def test_strict_validation_needs_hubble(run: Run) -> None:
    run("cilium hubble disable")
    lenient = run("cilium connectivity test --test no-policies/pod-to-pod")
    assert "⚠️  Unable to contact Hubble Relay, disabling Hubble telescope and flow validation" in out(lenient)
    assert lenient.exit == 0
    strict = run("cilium connectivity test --test no-policies/pod-to-pod --flow-validation strict")
    assert "In --flow-validation=strict mode, Hubble must be available to validate flows" in out(strict)
    assert err(strict).startswith("hubble is not available: ")
    wrong = run("cilium connectivity test --flow-validation sometimes")
    assert err(wrong) == 'invalid flow validation mode "sometimes"\n'


# ---------------------------------------------------------------- options


def test_a_pattern_that_fits_nothing_is_a_success(run: Run) -> None:
    result = run("cilium connectivity test --test nosuch")
    assert out(result).splitlines()[-1] == (
        "✅ [cilium-test-1] All 0 tests (0 actions) successful, 132 tests skipped, 0 scenarios skipped."
    )


def test_patterns_choose_and_exclude(run: Run) -> None:
    # Source: facts F-104: a regular expression on "test/scenario"; a leading ! skips.
    shown = out(run("cilium connectivity test --test '^client-ingress,!knp,!icmp,!named'"))
    assert re.findall(r"Test \[(\S+)\] \[", shown) == ["client-ingress"]
    bad = run("cilium connectivity test --test '('")
    assert err(bad).startswith("test parameter is not a valid regular expression: (")
    assert bad.exit == 1


def test_a_test_that_is_not_simulated_says_so(run: Run) -> None:
    result = run("cilium connectivity test --test client-egress-l7-set-header")
    assert "quizgame: cilium connectivity test --test client-egress-l7-set-header is not simulated\n" in err(result)
    assert result.exit == 3


@pytest.mark.parametrize("flag", ["--test-concurrency 3", "--junit-file x.xml", "--pause-on-fail"])
def test_what_is_not_simulated_is_refused(run: Run, flag: str) -> None:
    result = run(f"cilium connectivity test {flag}")
    assert "is not simulated" in err(result)
    assert result.exit == 3


def test_other_targets_outside_can_be_named(run: Run) -> None:
    line = (
        "cilium connectivity test --test ^to-fqdns/ --external-target example.com. --external-other-target cilium.io."
    )
    shown = out(run(f"{line} -v"))
    assert "to-fqdns/pod-to-world:http-to-example.com.-ipv4-0: " in shown
    assert "-> cilium.io.-https (cilium.io.:443)]" in shown
    assert "All 1 tests (12 actions) successful" in shown


def test_timestamps_stand_before_each_message(run: Run) -> None:
    lines = out(run("cilium connectivity test --test nosuch -t")).splitlines()
    assert all(re.match(r"\[20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\] ", line) for line in lines[:-2] if line)


def test_another_prefix_names_other_namespaces(run: Run) -> None:
    run("cilium connectivity test --test no-policies/pod-to-pod --test-namespace probe")
    assert re.findall(r"probe-\S+", out(run("kubectl get ns"))) == ["probe-1", "probe-ccnp1", "probe-ccnp2"]


def test_without_cilium_there_is_nothing_to_test(run: Run) -> None:
    run("cilium uninstall")
    result = run("cilium connectivity test")
    assert err(result) == 'unable to determine status of Cilium DaemonSet: daemonsets.apps "cilium" not found\n'
    assert result.exit == 1


def test_the_same_run_gives_the_same_bytes(deployed: World) -> None:
    line = "cilium connectivity test --test client-egress-l7"
    shown = [out(free_shell(deployed.fork()).run_line(line)) for _ in range(2)]
    assert shown[0] == shown[1]


def test_a_run_ends_when_its_time_is_over(run: Run) -> None:
    result = run("cilium connectivity test --timeout 20s")
    assert result.exit == 1
    lines = render(result.stdout).splitlines()
    assert lines[-1] == (
        "Cancellation request (connectivity test suite timeout (20s) reached) received, cancelling tests..."
    )
    assert render(result.stderr) == "context deadline exceeded\n"
