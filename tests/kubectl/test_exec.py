"""Running programs in pods."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.output import Result, render

Kubectl = Callable[..., Result]

NOWHERE = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {nodeSelector: {a: b}, containers: [{name: c, image: nginx}]}
"""


def test_a_pod_resolves_names_at_the_clusters_name_server(kubectl: Kubectl) -> None:
    # Source: Kubernetes documentation, DNS for Services and Pods: what the kubelet writes for ClusterFirst.
    shown = render(kubectl("exec xwing -- cat /etc/resolv.conf").stdout)
    assert shown == (
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
    )


def test_a_host_network_pod_uses_the_nodes_resolver(kubectl: Kubectl) -> None:
    shown = render(kubectl("-n kube-system exec ds/cilium -- cat /etc/resolv.conf").stdout)
    assert "10.96.0.10" not in shown
    assert "nameserver 172.18.0.1" in shown


def test_shell_scripts_run_with_the_pods_programs(kubectl: Kubectl) -> None:
    result = kubectl("exec", "xwing", "--", "sh", "-c", "hostname; echo $HOSTNAME | tr a-z A-Z; false || exit 3")
    assert render(result.stdout) == "xwing\nXWING\n"
    assert render(result.stderr) == "command terminated with exit code 3\n"
    assert result.exit == 3


def test_services_are_in_the_environment(kubectl: Kubectl) -> None:
    address = render(kubectl("get svc deathstar -o jsonpath={.spec.clusterIP}").stdout)
    shown = render(kubectl("exec xwing -- env").stdout).splitlines()
    assert f"DEATHSTAR_SERVICE_HOST={address}" in shown
    assert "KUBERNETES_SERVICE_PORT=443" in shown


def test_an_image_without_a_shell_runs_nothing(kubectl: Kubectl) -> None:
    result = kubectl("-n kube-system exec deploy/cilium-operator -- ls")
    assert result.exit == 127
    assert render(result.stderr) == (
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "ls": '
        "executable file not found in $PATH\ncommand terminated with exit code 127\n"
    )


def test_a_pod_that_is_nowhere_runs_nothing(kubectl: Kubectl) -> None:
    kubectl("apply -f -", stdin=NOWHERE)
    assert render(kubectl("exec p -- ls").stderr) == (
        "Error from server (BadRequest): pod p does not have a host assigned\n"
    )


def test_standard_input_reaches_the_program_only_when_asked_for(kubectl: Kubectl) -> None:
    assert render(kubectl("exec -i xwing -- cat", stdin="hello\n").stdout) == "hello\n"
    assert render(kubectl("exec xwing -- cat", stdin="hello\n").stdout) == ""


def test_several_containers_without_a_default_are_told(kubectl: Kubectl) -> None:
    manifest = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: two}\n"
        "spec: {containers: [{name: front, image: nginx}, {name: back, image: nginx}]}\n"
    )
    kubectl("apply -f -", stdin=manifest)
    result = kubectl("exec two -- hostname")
    assert render(result.stderr) == 'Defaulted container "front" out of: front, back\n'
    assert render(kubectl("exec two -c back -- hostname").stderr) == ""


def test_routes_of_a_pod_lead_to_its_router(kubectl: Kubectl) -> None:
    node = render(kubectl("get pod xwing -o jsonpath={.spec.nodeName}").stdout)
    router = render(kubectl(f"get cn {node} -o jsonpath={{.spec.addresses[?(@.type=='CiliumInternalIP')].ip}}").stdout)
    assert render(kubectl("exec xwing -- ip route").stdout).startswith(f"default via {router} dev eth0 mtu 1450")


def test_configuration_is_mounted(kubectl: Kubectl) -> None:
    manifest = """
apiVersion: v1
kind: ConfigMap
metadata: {name: cfg}
data: {mode: debug}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: [{name: c, image: nginx, volumeMounts: [{name: v, mountPath: /etc/cfg}]}]
  volumes: [{name: v, configMap: {name: cfg}}]
"""
    kubectl("apply -f -", stdin=manifest)
    assert render(kubectl("exec p -- cat /etc/cfg/mode").stdout) == "debug"


def test_the_exit_code_of_a_silent_client_tells_what_became_of_its_attempt(kubectl: Kubectl) -> None:
    """Source: curl, EXIT CODES: 28 is a timeout."""
    result = kubectl("exec xwing -- curl -s -m 2 deathstar:81")
    assert result.exit == 28
    [line] = result.stderr
    assert line.text == "command terminated with exit code 28"
    assert any(
        fact.kind == "probe" and fact.matches({"from": "default/xwing", "outcome": "timeout"}) for fact in line.facts
    )


def test_timeout_runs_programs_of_the_pod(kubectl: Kubectl) -> None:
    agent = "-n kube-system exec ds/cilium -- timeout 2"
    assert render(kubectl(f"{agent} cilium-dbg status --brief").stdout) == "OK\n"
    assert kubectl(f"{agent} cilium-dbg monitor").exit == 124
    missing = kubectl(f"{agent} nosuch")
    assert (missing.exit, render(missing.stderr).splitlines()[0]) == (
        127, "timeout: failed to run command ‘nosuch’: No such file or directory",
    )  # fmt: skip


def test_timeout_ends_what_streams(kubectl: Kubectl) -> None:
    before = render(kubectl("-n kube-system exec ds/cilium -- date +%s").stdout)
    kubectl("-n", "kube-system", "exec", "ds/cilium", "--", "sh", "-c", "timeout 3 cilium-dbg monitor")
    after = render(kubectl("-n kube-system exec ds/cilium -- date +%s").stdout)
    assert 3 <= int(after) - int(before) <= 6


def test_what_the_agents_image_has_and_nobody_simulates_says_so(kubectl: Kubectl) -> None:
    # Source: cilium/cilium v1.19 images/runtime: bpftool and iptables are there, wg is not.
    there = kubectl("-n kube-system exec ds/cilium -- bpftool map list")
    assert (there.exit, "quizgame: bpftool in a pod is not simulated" in render(there.stderr)) == (3, True)
    assert "executable file not found" in render(kubectl("-n kube-system exec ds/cilium -- wg show").stderr)
