"""The egress gateway: what leaves by which node and address, and each way in which it fails.

Expectations: facts F-70 to F-75, disagreement 20; reference cilium-dbg sections 7 and 10; cilium/cilium v1.19
Documentation/network/egress-gateway/egress-gateway.rst.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.links import Block
from quizgame.tools.cilium_dbg.commands.bpf_maps import egress_table

if TYPE_CHECKING:
    from tests.egress.conftest import Build, Lab

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden" / "cilium-dbg"
ADDED, WORKER, WORKER2, TOP = "172.18.0.42", "172.18.0.3", "172.18.0.4", "172.18.0.2"


def policy(gateway: str, *, name: str = "out", pods: str = "{org: empire}", more: str = "") -> str:
    """A policy for 203.0.113.0/24."""
    return f"""
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: {{name: {name}}}
spec:
  selectors: [{{podSelector: {{matchLabels: {pods}}}}}]
  destinationCIDRs: ["203.0.113.0/24"]
  {more}
  egressGateway: {gateway}
---
"""


def on(node: str, more: str = "") -> str:
    """A gateway on one node."""
    return f"{{nodeSelector: {{matchLabels: {{kubernetes.io/hostname: {node}}}}}{more}}}"


FIXED = policy(on("kind-worker2", f", egressIP: {ADDED}"))


@pytest.fixture(scope="module")
def settled(build: Build) -> Lab:
    return build(None, FIXED)


@pytest.fixture
def lab(settled: Lab) -> Lab:
    return type(settled)(settled.world.fork())


def test_the_host_outside_sees_the_address_of_the_policy(lab: Lab) -> None:
    assert lab.asks("one", "203.0.113.20")  # lets nobody but 172.18.0.42 in
    assert lab.asks("two", "203.0.113.20")  # on the gateway itself
    assert not lab.asks("one", "203.0.113.30")
    assert lab.asks("one", "203.0.113.10")


def test_without_a_policy_that_host_lets_nobody_in(build: Build) -> None:
    lab = build()
    assert not lab.asks("one", "203.0.113.20")
    assert not lab.asks("one", "203.0.113.30")
    assert lab.asks("two", "203.0.113.30")  # masqueraded to its own node, which the host knows
    assert lab.asks("one", "203.0.113.10")
    assert lab.drops() == set()


def test_each_node_lists_every_pod_and_only_the_gateway_the_address(lab: Lab) -> None:
    one, two = lab.ip("one"), lab.ip("two")
    head = ["Source IP", "Destination CIDR", "Egress IP", "Gateway IP"]
    assert lab.listed("kind-worker2") == [
        head,
        [one, "203.0.113.0/24", ADDED, WORKER2],
        [two, "203.0.113.0/24", ADDED, WORKER2],
    ]
    assert lab.listed("kind-worker") == [
        head,
        [one, "203.0.113.0/24", "0.0.0.0", WORKER2],
        [two, "203.0.113.0/24", "0.0.0.0", WORKER2],
    ]


def test_flows_on_both_nodes_tell_the_way(lab: Lab) -> None:
    lab.asks("one", "203.0.113.20")
    seen = [
        (each["node_name"].rpartition("/")[2], each["trace_observation_point"], each["IP"].get("source_xlated", ""))
        for each in lab.flows("--to-ip 203.0.113.20")
    ]
    assert ("kind-worker", "TO_OVERLAY", "") in seen
    assert ("kind-worker2", "TO_NETWORK", ADDED) in seen
    back = {(each["node_name"].rpartition("/")[2], each["trace_observation_point"])
            for each in lab.flows("--from-ip 203.0.113.20")}  # fmt: skip
    assert back == {("kind-worker2", "TO_OVERLAY"), ("kind-worker", "TO_ENDPOINT")}


def test_what_is_not_selected_leaves_by_its_own_node(lab: Lab) -> None:
    assert lab.asks("one", "198.51.100.1")
    assert {each["node_name"].rpartition("/")[2] for each in lab.flows("--to-ip 198.51.100.1")} == {"kind-worker"}


def test_destinations_inside_the_cluster_are_never_redirected(build: Build) -> None:
    everything = FIXED.replace("203.0.113.0/24", "0.0.0.0/0")
    lab = build(None, everything)
    assert lab.asks("two", lab.ip("one"))
    points = {each["trace_observation_point"] for each in lab.flows(f"--to-ip {lab.ip('one')}")}
    assert points == {"TO_OVERLAY", "TO_ENDPOINT"}
    assert lab.asks("one", "203.0.113.20")


def test_excluded_ranges_leave_by_the_own_node(build: Build) -> None:
    lab = build(None, policy(on("kind-worker2", f", egressIP: {ADDED}"), more='excludedCIDRs: ["203.0.113.20/32"]'))
    assert not lab.asks("one", "203.0.113.20")
    assert lab.asks("one", "203.0.113.10")
    assert [lab.ip("one"), "203.0.113.20/32", "0.0.0.0", "Excluded CIDR"] in lab.listed("kind-worker")


def test_an_address_on_no_device_of_the_gateway_drops_there(build: Build) -> None:
    lab = build(None, policy(on("kind-worker2", ", egressIP: 172.18.0.99")))
    assert not lab.asks("one", "203.0.113.10")
    assert lab.drops() == {("DROP_NO_EGRESS_IP", 204, "kind-worker2")}
    assert "No Egress IP configured DROPPED" in lab.run("hubble observe --verdict DROPPED --last 3")
    assert [lab.ip("one"), "203.0.113.0/24", "0.0.0.0", WORKER2] in lab.listed("kind-worker2")
    assert lab.asks("one", "198.51.100.1")
    assert lab.asks("one", lab.ip("two"))


def test_no_matching_node_drops_at_the_pods_node(build: Build) -> None:
    lab = build(None, policy("{nodeSelector: {matchLabels: {role: egress}}}"))
    assert not lab.asks("one", "203.0.113.10")
    assert lab.drops() == {("NO_EGRESS_GATEWAY", 194, "kind-worker")}
    assert "No egress gateway found DROPPED" in lab.run("hubble observe --verdict DROPPED --last 3")
    assert [lab.ip("one"), "203.0.113.0/24", "0.0.0.0", "Not Found"] in lab.listed("kind-worker")
    lab.run("kubectl label node kind-worker2 role=egress")
    lab.world.settle()
    assert lab.asks("one", "203.0.113.30")  # by the gateway's own address


def test_the_first_matching_node_by_name_is_used(build: Build) -> None:
    lab = build(None, policy("{nodeSelector: {matchLabels: {kubernetes.io/os: linux}}}"))
    assert {row[3] for row in lab.listed("kind-worker")[1:]} == {TOP}


def test_several_gateways_each_pod_keeps_to_one(build: Build) -> None:
    lab = build(None, policy(on("kind-worker"), more=f"egressGateways: [{on('kind-worker')}, {on('kind-worker2')}]"))
    tables = {node: lab.listed(node)[1:] for node in ("kind-worker", "kind-worker2", "kind-control-plane")}
    [chosen] = {frozenset((row[0], row[3]) for row in rows) for rows in tables.values()}
    assert {pod for pod, _ in chosen} == {lab.ip("one"), lab.ip("two")}
    assert len(chosen) == 2
    assert {gateway for _, gateway in chosen} <= {WORKER, WORKER2}
    for node, rows in tables.items():
        own = lab.agent(node).node_ip
        # Only the gateway itself has the address that packets leave with.
        assert {row[2] for row in rows if row[3] == own} <= {own}
        assert {row[2] for row in rows if row[3] != own} <= {"0.0.0.0"}


def test_interface_and_address_together_make_no_policy(build: Build) -> None:
    lab = build(None, policy(on("kind-worker2", f", interface: eth0, egressIP: {ADDED}")))
    assert lab.listed("kind-worker2")[1:] == []
    assert not lab.asks("one", "203.0.113.20")
    assert lab.drops() == set()


def test_an_interface_gives_its_first_address_and_another_one_none(build: Build) -> None:
    lab = build(None, policy(on("kind-worker2", ", interface: eth0")))
    assert lab.asks("one", "203.0.113.30")
    lab = build(None, policy(on("kind-worker2", ", interface: eth1")))
    assert not lab.asks("one", "203.0.113.10")
    assert lab.drops() == {("DROP_NO_EGRESS_IP", 204, "kind-worker2")}


def test_a_blocked_tunnel_to_the_gateway_loses_the_traffic_silently(lab: Lab) -> None:
    lab.block(Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "UDP", 8472))
    assert not lab.asks("one", "203.0.113.10")
    assert lab.asks("two", "203.0.113.10")
    assert lab.asks("one", "198.51.100.1")
    assert lab.drops() == set()


def test_policy_is_decided_before_the_gateway(lab: Lab) -> None:
    lab.apply("""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: closed, namespace: default}
spec: {endpointSelector: {matchLabels: {app: one}}, egress: [{}]}
""")
    assert not lab.asks("one", "203.0.113.20")
    assert {reason for reason, _, _ in lab.drops()} == {"POLICY_DENIED"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"bpf": {"masquerade": False}},
         'egress gateway requires --enable-ipv4-masquerade=\\"true\\" and --enable-bpf-masquerade=\\"true\\"'),
        ({"enableIPv4Masquerade": False, "bpf": {"masquerade": True}}, "egress gateway requires --enable-ipv4-masq"),
        ({"kubeProxyReplacement": False, "bpf": {"masquerade": True}}, "BPF masquerade requires NodePort"),
        ({"ciliumEndpointSlice": {"enabled": True}, "bpf": {"masquerade": True}, "kubeProxyReplacement": True},
         "egress gateway is not supported in combination with the CiliumEndpointSlice feature"),
    ],
)  # fmt: skip
def test_what_it_needs_and_does_not_have_ends_the_agents(build: Build, values: dict[str, Any], words: str) -> None:
    lab = build({"egressGateway": {"enabled": True}, "kubeProxyReplacement": True, **values})
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    assert words in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium -o json")


def test_without_the_feature_a_policy_is_an_object_and_nothing_else(build: Build) -> None:
    lab = build({"bpf": {"masquerade": True}, "kubeProxyReplacement": True}, FIXED)
    assert "out" in lab.run("kubectl get cegp")
    assert lab.listed("kind-worker") == [["Cannot find egress gateway bpf maps"]]
    assert not lab.asks("one", "203.0.113.20")
    assert lab.drops() == set()


def test_a_gateway_in_another_cluster_is_none(build: Build) -> None:
    lab = build(clusters=2)
    first, second = lab.world.clusters
    remote = next(iter(lab.world.clusters[second].agents))
    for context in (first, second):
        lab.run(f"cilium clustermesh enable --context {context} --service-type NodePort")
    lab.run(f"cilium clustermesh connect --destination-context {second} --allow-mismatching-ca")
    lab.world.advance(120)
    lab.apply(policy(on(remote)))
    assert not lab.asks("one", "203.0.113.10")
    assert {(reason, number) for reason, number, _ in lab.drops()} == {("NO_EGRESS_GATEWAY", 194)}


def test_wireguard_covers_the_way_to_the_gateway(build: Build) -> None:
    lab = build({"egressGateway": {"enabled": True}, "bpf": {"masquerade": True}, "kubeProxyReplacement": True,
                 "encryption": {"enabled": True, "type": "wireguard"}}, FIXED)  # fmt: skip
    assert lab.asks("one", "203.0.113.20")
    points = {(each["node_name"].rpartition("/")[2], each["trace_observation_point"])
              for each in lab.flows("--encrypted")}  # fmt: skip
    assert points == {("kind-worker", "TO_OVERLAY"), ("kind-worker2", "TO_OVERLAY")}


def test_the_added_address_shows_on_its_node(lab: Lab) -> None:
    pod = lab.agent("kind-worker2").pod_name
    assert f"{ADDED}/32" in lab.run(f"kubectl -n kube-system exec {pod} -c cilium-agent -- ip -br addr")


def test_the_map_is_printed_as_the_real_tool_does() -> None:
    if not GOLDEN.is_dir():
        pytest.skip("the reference set ../shared is not there")
    rows = json.loads((GOLDEN / "input" / "bpf.json").read_text())["egress"]
    shown = egress_table([(each["src"], each["dst"], each["egress"], each["gw"]) for each in rows])
    assert "".join(f"{line.text}\n" for line in shown) == (GOLDEN / "bpf-egress-list.txt").read_text()


def test_the_map_comes_as_json(lab: Lab) -> None:
    pod = lab.agent("kind-worker").pod_name
    text = lab.run(f"kubectl -n kube-system exec {pod} -c cilium-agent -- cilium-dbg bpf egress list -o json")
    assert json.loads(text)[0] == {
        "SourceIP": lab.ip("one"),
        "DestCIDR": "203.0.113.0/24",
        "EgressIP": "0.0.0.0",
        "GatewayIP": WORKER2,
    }
