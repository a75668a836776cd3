"""Native routing: links, clouds and BGP know the way to pods, or nobody does; and what leaves with which address.

Expectations: facts F-01, F-05, F-51; cilium/cilium v1.19 Documentation/network/concepts/{routing,masquerading}.rst,
pkg/datapath/linux/node.go, pkg/ipmasq.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.agent.directroutes import failed_routes
from quizgame.cluster.agent.masquerade import DEFAULT_EXCLUSIONS, LINK_LOCAL, exclusions, is_masqueraded
from quizgame.cluster.outside import Outside, OutsideHost
from quizgame.datapath.exchange import tcp
from quizgame.datapath.topology import pod_origin
from quizgame.policy.l7 import HttpRequest

if TYPE_CHECKING:
    from quizgame.datapath.exchange import Exchange
    from tests.ipam.conftest import APod, Build, Lab

NATIVE: dict[str, Any] = {
    "routingMode": "native", "autoDirectNodeRoutes": True, "ipv4NativeRoutingCIDR": "10.244.0.0/16",
    "ipam": {"mode": "kubernetes"},
}  # fmt: skip
APART = {"kind-worker2": "172.19.0.0/16"}
HOST = "203.0.113.10"


@pytest.fixture(scope="module")
def pods(a_pod: APod) -> str:
    return a_pod("near") + a_pod("next", node="kind-worker2")


def curl(lab: Lab, pod: str, ip: str) -> str:
    return lab.run(f"kubectl exec {pod} -- curl -s -o /dev/null -w '%{{http_code}}' --connect-timeout 3 {ip}:80")


def to_outside(lab: Lab, pod: str = "near") -> Exchange:
    lab.world.parts["fabric"].outside = Outside(hosts={HOST: OutsideHost(HOST)})  # type: ignore[attr-defined]
    origin = pod_origin(lab.world, "kind-kind", "default", pod)
    assert origin is not None
    return tcp(lab.world, origin, HOST, 80, request=HttpRequest("GET", "/", HOST))


def test_on_one_link_agents_install_the_routes(build: Build, pods: str) -> None:
    lab = build(NATIVE, pods)
    assert "Network: Native" in lab.dbg("kind-worker", "status")
    assert curl(lab, "near", lab.ip("next")) == "200"


def test_across_a_router_the_agents_cannot_and_say_so(build: Build, pods: str) -> None:
    lab = build(NATIVE, pods, node_networks=APART)
    assert lab.agent("kind-worker2").node_ip.startswith("172.19.")
    assert curl(lab, "near", lab.ip("next")).startswith("000")
    failed = list(failed_routes(lab.agent("kind-worker")))
    assert [each.node_ip for each in failed] == [lab.agent("kind-worker2").node_ip]
    logged = lab.out(f"kubectl -n kube-system logs {lab.agent('kind-worker').pod_name}")
    assert 'msg="Unable to install direct node route"' in logged
    assert "contains gateway 172.18.0.1, must be directly reachable. Add `direct-routing-skip-unreachable`" in logged
    assert "Degraded(1)" in lab.dbg("kind-worker", "status")
    assert curl(lab, "near", lab.ip("near")) == "200"


def test_unreachable_nodes_can_be_skipped_but_then_the_network_must_know(build: Build, pods: str) -> None:
    lab = build({**NATIVE, "directRoutingSkipUnreachable": True}, pods, node_networks=APART)
    assert not list(failed_routes(lab.agent("kind-worker")))
    assert "Degraded(0)" in lab.dbg("kind-worker", "status")
    assert curl(lab, "near", lab.ip("next")).startswith("000")


def test_a_tunnel_crosses_routers(build: Build, pods: str) -> None:
    lab = build({"ipam": {"mode": "kubernetes"}}, pods, node_networks=APART)
    assert curl(lab, "near", lab.ip("next")) == "200"


def test_without_direct_routes_the_network_does_not_know_the_pods(build: Build, pods: str) -> None:
    lab = build({**NATIVE, "autoDirectNodeRoutes": False}, pods)
    assert curl(lab, "near", lab.ip("next")).startswith("000")
    assert "1/1" in lab.out(f"kubectl -n kube-system get pod {lab.agent('kind-worker').pod_name}")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"autoDirectNodeRoutes": True}, "auto-direct-node-routes cannot be used with tunneling."),
        ({"routingMode": "native"}, "native routing cidr must be configured"),
    ],
)
def test_contradictions_end_the_agent(build: Build, values: dict[str, Any], complaint: str) -> None:
    lab = build({"ipam": {"mode": "kubernetes"}, **values})
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    assert complaint in lab.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1]


def test_pods_leave_with_their_nodes_address(build: Build, pods: str) -> None:
    lab = build(NATIVE, pods)
    assert to_outside(lab).course.masqueraded_to == lab.agent("kind-worker").node_ip


def test_within_the_native_range_they_keep_their_own(build: Build, pods: str) -> None:
    """Then the host outside has to know the way back, which nobody has told it here."""
    lab = build({**NATIVE, "ipv4NativeRoutingCIDR": "0.0.0.0/0"}, pods)
    got = to_outside(lab)
    assert got.course.masqueraded_to == ""
    assert got.outcome.value == "timeout"


def test_without_masquerading_answers_do_not_find_back(build: Build, pods: str) -> None:
    lab = build({**NATIVE, "enableIPv4Masquerade": False, "enableIPv6Masquerade": False}, pods)
    assert to_outside(lab).outcome.value == "timeout"
    assert "Disabled" in next(x for x in lab.dbg("kind-worker", "status").splitlines() if x.startswith("Masquerading"))


def test_the_status_tells_bpf_from_iptables(build: Build) -> None:
    line = next(x for x in build(NATIVE).dbg("kind-worker", "status").splitlines() if x.startswith("Masquerading"))
    assert line.split()[1:4] == ["BPF", "[eth0]", "10.244.0.0/16"]


def test_ip_masq_agent_has_exclusions_of_its_own(build: Build, pods: str) -> None:
    lab = build({**NATIVE, "ipMasqAgent": {"enabled": True}}, pods)
    agent = lab.agent("kind-worker")
    assert set(exclusions(agent)) == {*DEFAULT_EXCLUSIONS, LINK_LOCAL}
    assert not is_masqueraded(agent, lab.ip("near"), HOST)
    listed = lab.dbg("kind-worker", "bpf ipmasq list").splitlines()
    assert [line.strip() for line in listed] == ["IP PREFIX/ADDRESS", *exclusions(agent)]
    assert '"10.0.0.0/8"' in lab.dbg("kind-worker", "bpf ipmasq list -o json")
    assert to_outside(lab).outcome.value == "timeout"


def test_its_config_map_replaces_them(build: Build, pods: str) -> None:
    lab = build({**NATIVE, "ipMasqAgent": {"enabled": True}}, pods)
    lab.apply(
        """
apiVersion: v1
kind: ConfigMap
metadata: {name: ip-masq-agent, namespace: kube-system}
data: {config: "nonMasqueradeCIDRs: [10.0.0.0/8]\\nmasqLinkLocal: true\\n"}
"""
    )
    agent = lab.agent("kind-worker")
    assert exclusions(agent) == ["10.0.0.0/8"]
    assert to_outside(lab).course.masqueraded_to == agent.node_ip
    assert to_outside(lab).outcome.value == "ok"


def test_ip_masq_agent_needs_bpf_masquerading(build: Build) -> None:
    lab = build({**NATIVE, "ipMasqAgent": {"enabled": True}, "bpf": {"masquerade": False}})
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    assert "BPF ip-masq-agent requires" in lab.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1]


POOLS = """
apiVersion: cilium.io/v2alpha1
kind: CiliumPodIPPool
metadata: {{name: public, annotations: {annotations}}}
spec: {{ipv4: {{cidrs: [10.30.0.0/16], maskSize: 27}}}}
---
"""


@pytest.mark.parametrize(("annotations", "keeps"), [("{}", False), ('{ipam.cilium.io/skip-masquerade: "true"}', True)])
def test_a_pool_may_keep_its_addresses(build: Build, a_pod: APod, annotations: str, keeps: bool) -> None:
    create = {"default": {"ipv4": {"cidrs": ["10.10.0.0/16"], "maskSize": 27}}}
    text = POOLS.format(annotations=annotations)
    values = {"ipam": {"mode": "multi-pool", "operator": {"autoCreateCiliumPodIPPools": create}}}
    lab = build(values, text + a_pod("pub", annotations="{ipam.cilium.io/ip-pool: public}") + a_pod("plain"))
    agent = lab.agent("kind-worker")
    assert lab.ip("pub").startswith("10.30.")
    assert is_masqueraded(agent, lab.ip("pub"), HOST) is not keeps
    assert is_masqueraded(agent, lab.ip("plain"), HOST)
