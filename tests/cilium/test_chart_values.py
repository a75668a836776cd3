"""Helm values on the command line: each has an effect, has none in the real chart either, or is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.cluster.world import World
from quizgame.game.worlds import free_shell, free_world
from quizgame.tools.output import Result, render

Run = Callable[[str], Result]


@pytest.fixture(scope="module")
def base() -> World:
    return free_world()


@pytest.fixture
def run(base: World) -> Run:
    return free_shell(base.fork()).run_line


@pytest.mark.parametrize(
    "value",
    [
        "bandwidthManager.bbr=true",
        "bgpControlPlane.enabled=true",
        "bpf.monitorAggregation=none",
        "ciliumEndpointSlice.enabled=true",
        "clustermesh.apiserver.service.type=LoadBalancer",
        "clustermesh.maxConnectedClusters=511",
        "clustermesh.policyDefaultLocalCluster=false",
        "cni.chainingMode=generic-veth",
        "cni.exclusive=false",
        "debug.enabled=true",
        "egressGateway.enabled=true",
        "encryption.ipsec.keyRotationDuration=1h",
        "encryption.strictMode.egress.cidr=10.0.0.0/8",
        "encryption.type=wireguard",
        "encryption.wireguard.persistentKeepalive=10s",
        "envoy.enabled=false",
        "gatewayAPI.enabled=true",
        "hubble.metrics.enabled='{dns,drop}'",
        "hubble.ui.enabled=true",
        "ingressController.loadbalancerMode=shared",
        "ipam.operator.clusterPoolIPv4MaskSize=26",
        "l2announcements.leaseDuration=3s",
        "loadBalancer.acceleration=native",
        "loadBalancer.algorithm=maglev",
        "loadBalancer.mode=dsr",
        "nodeIPAM.enabled=true",
        "operator.replicas=2",
        "policyEnforcementMode=always",
        "prometheus.enabled=true",
        "socketLB.hostNamespaceOnly=true",
    ],
)
def test_what_the_model_heeds_is_accepted(run: Run, value: str) -> None:
    result = run(f"cilium upgrade --dry-run-helm-values --set {value}")
    assert (result.exit, render(result.stderr)) == (0, "")


@pytest.mark.parametrize("value", ["foo.bar=1", "image.pullPolicy=Never", "tolerations='{x}'", "k8sServicePort=6443"])
def test_what_has_no_effect_in_the_chart_either_is_accepted(run: Run, value: str) -> None:
    result = run(f"cilium upgrade --set {value}")
    assert (result.exit, render(result.stderr)) == (0, "")


@pytest.mark.parametrize(
    "value",
    [
        "authentication.queueSize=10", "bpf.datapathMode=netkit", "image.tag=v1.18.0",
        "k8sServiceHost=192.0.2.1", "loadBalancer.serviceTopology=true", "updateStrategy.type=OnDelete",
        "upgradeCompatibility=1.18", "vtep.enabled=true",
    ],
)  # fmt: skip
def test_what_the_model_would_ignore_is_refused(run: Run, value: str) -> None:
    before = render(run("cilium config view").stdout)
    result = run(f"cilium upgrade --set {value}")
    assert (result.exit, render(result.stderr)) == (
        3, f"quizgame: the Helm value {value.partition('=')[0]} is not simulated\n",
    )  # fmt: skip
    assert render(run("cilium config view").stdout) == before


def test_several_are_named_together(run: Run) -> None:
    result = run("cilium upgrade --set vtep.enabled=true --set image.tag=v1")
    expected = "quizgame: each of the Helm values image.tag, vtep.enabled is not simulated\n"
    assert render(result.stderr) == expected


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("hubble.ui.enabled=true,hubble.relay.enabled=false",
         "(cilium/templates/validate.yaml:4:7): Hubble UI requires .Values.hubble.relay.enabled=true"),
        ("hubble.enabled=false,hubble.relay.enabled=true",
         "(cilium/templates/validate.yaml:14:7): Hubble Relay requires .Values.hubble.enabled=true"),
        ("kubeProxyReplacement=strict",
         "(cilium/templates/cilium-configmap.yaml:79:5): kubeProxyReplacement must be explicitly set to a valid value "
         "(true or false) to continue."),
    ],
)  # fmt: skip
def test_what_the_chart_refuses(run: Run, values: str, problem: str) -> None:
    result = run(f"cilium upgrade --set {values}")
    assert (result.exit, render(result.stderr)) == (
        1,
        f"\nError: Unable to upgrade Cilium: execution error at {problem}\n",
    )


def test_pods_of_cilium_restart_when_a_key_is_set(run: Run) -> None:
    def pods() -> set[str]:
        names = render(run("kubectl -n kube-system get pods -o name").stdout).split()
        return {name for name in names if any(part in name for part in ("/cilium-", "/hubble-"))}

    before = pods()
    run("cilium config set debug true --restart=false")
    assert pods() == before
    run("cilium config set debug true")
    assert len(pods()) == len(before)
    assert not pods() & before
