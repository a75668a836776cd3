"""WireGuard: what is encrypted, what each tool says of it, and each way in which it fails.

Expectations: facts F-76, F-79; reference cilium-dbg sections 3, 7 and 11, cilium-cli section 9; cilium/cilium v1.19
Documentation/security/network/encryption-wireguard.rst (what is encrypted) and bpf/lib/wireguard.h (tunnel mode).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.agent.monitor import EventType
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.links import Block
from quizgame.tools.cilium_dbg.monitor.lines import event_line
from quizgame.tools.cilium_dbg.monitor.notice import Lens

if TYPE_CHECKING:
    from tests.encryption.conftest import Build, Lab

WIREGUARD: dict[str, Any] = {"encryption": {"enabled": True, "type": "wireguard"}}
NATIVE: dict[str, Any] = {
    "routingMode": "native", "autoDirectNodeRoutes": True, "ipv4NativeRoutingCIDR": "10.244.0.0/16"
}  # fmt: skip
NODES = "apiVersion: cilium.io/v2\nkind: CiliumNodeConfig\n"


@pytest.fixture(scope="module")
def settled(build: Build) -> Lab:
    return build(WIREGUARD)


@pytest.fixture
def lab(settled: Lab) -> Lab:
    return type(settled)(settled.world.fork())


def plain_on(node: str) -> dict[str, Any]:
    """A node whose agent does not encrypt."""
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNodeConfig",
        "metadata": {"name": "plain", "namespace": "kube-system"},
        "spec": {
            "nodeSelector": {"matchLabels": {"kubernetes.io/hostname": node}},
            "defaults": {"enable-wireguard": "false"},
        },
    }


def test_every_tool_says_that_it_is_on(lab: Lab) -> None:
    key = lab.agent("worker").encryption.public_key
    assert len(base64.b64decode(key)) == 32
    assert lab.run("cilium encryption status") == "Encryption: Wireguard (3/3 nodes)\n\n"
    assert json.loads(lab.run("cilium encryption status -o json")) == {
        "total-node-count": 3, "enc-wireguard-node-count": 3
    }  # fmt: skip
    assert lab.dbg("worker", "encrypt status").splitlines()[1:] == [
        "Interface: cilium_wg0", f"\tPublic key: {key}", "\tNumber of peers: 2"
    ]  # fmt: skip
    line = next(each for each in lab.dbg("worker", "status").splitlines() if each.startswith("Encryption:"))
    assert (
        line.split(maxsplit=1)[1]
        .strip()
        .endswith(f"[NodeEncryption: Disabled, cilium_wg0 (Pubkey: {key}, Port: 51871, Peers: 2)]")
    )
    path = "{.metadata.annotations.network\\.cilium\\.io/wg-pub-key}"
    assert lab.run(f"kubectl get ciliumnode kind-worker -o jsonpath='{path}'") == key


def test_each_node_has_a_key_of_its_own_and_keeps_it_over_a_restart(lab: Lab) -> None:
    keys = [lab.agent(node).encryption.public_key for node in ("control-plane", "worker", "worker2")]
    assert len(set(keys)) == 3
    lab.restart("worker")
    assert lab.agent("worker").encryption.public_key == keys[1]


def test_pods_of_other_nodes_are_encrypted_to_and_the_rest_is_not(lab: Lab) -> None:
    assert lab.reaches("one", "two")
    assert lab.reaches("one", "near")
    assert lab.asks("one", "203.0.113.10")
    encrypted = lab.flows("--encrypted")
    assert {each["trace_observation_point"] for each in encrypted} == {"TO_OVERLAY"}
    assert {frozenset((each["IP"]["source"], each["IP"]["destination"])) for each in encrypted} == {
        frozenset((lab.ip("one"), lab.ip("two")))
    }
    plain = lab.flows("--unencrypted")
    assert {lab.ip("near"), "203.0.113.10"} <= {each["IP"]["destination"] for each in plain}
    assert all(each["trace_observation_point"] != "TO_OVERLAY" for each in plain)


def test_monitor_marks_what_leaves_encrypted(lab: Lab) -> None:
    lab.reaches("one", "two")
    events = lab.agent("worker").ring.newest()
    lines = [event_line(event, Lens()) for event in events if event.type is EventType.TRACE]
    assert any(line.startswith("-> overlay encrypted  flow 0x") for line in lines)
    assert not any("encrypted" in line for line in lines if line.startswith("-> endpoint"))


def test_workload_addresses_carry_the_key_index(lab: Lab) -> None:
    listed = lab.dbg("worker", f"bpf ipcache get {lab.ip('two')}")
    assert "encryptkey=255" in listed
    node = lab.dbg("worker", f"bpf ipcache get {lab.agent('worker2').node_ip}")
    assert "encryptkey=0" in node


def test_a_closed_port_cuts_two_nodes_off_and_no_other(lab: Lab) -> None:
    lab.block(Block("kind-kind/kind-worker", "kind-kind/kind-worker2", "UDP", 51871))
    assert not lab.reaches("one", "two")
    assert not lab.reaches("two", "one")  # a session needs both ways
    assert lab.reaches("one", "top")
    assert lab.reaches("two", "top")
    assert lab.reaches("one", "near")
    assert lab.drops() == []  # the network loses it: nobody reports a drop
    assert lab.run("cilium encryption status") == "Encryption: Wireguard (3/3 nodes)\n\n"
    health = lab.inside("worker", "cilium-health status --probe")
    assert "kind-worker2" in health
    assert "2/3 reachable" in health


def test_a_closed_tunnel_port_is_no_matter_under_wireguard(lab: Lab) -> None:
    lab.block(Block("*", "*", "UDP", 8472))
    assert lab.reaches("one", "two")


def test_it_takes_effect_when_agents_restart(build: Build) -> None:
    lab = build({})
    lab.run("cilium config set enable-wireguard true --restart=false")
    assert lab.run("cilium encryption status") == "Encryption: Disabled (3/3 nodes)\n\n"
    lab.run("kubectl -n kube-system rollout restart daemonset/cilium")
    lab.world.advance(120)
    assert lab.run("cilium encryption status") == "Encryption: Wireguard (3/3 nodes)\n\n"
    assert lab.reaches("one", "two")
    assert lab.flows("--encrypted")


def test_a_node_that_was_left_out_is_lost_in_tunnel_mode(build: Build) -> None:
    lab = build(WIREGUARD, [plain_on("kind-worker2")])
    lab.restart("worker2")
    assert lab.run("cilium encryption status").splitlines()[:2] == [
        "Encryption: Disabled (1/3 nodes)", "Encryption: Wireguard (2/3 nodes)"
    ]  # fmt: skip
    assert "Number of peers: 1" in lab.dbg("worker", "encrypt status")
    assert "wg-pub-key" not in lab.run("kubectl get ciliumnode kind-worker2 -o yaml")
    assert not lab.reaches("one", "two")  # tunnelled packets go to the device, which has no such peer
    assert lab.reaches("one", "top")


def test_a_node_that_was_left_out_is_spoken_to_in_the_clear_in_native_mode(build: Build) -> None:
    lab = build({**WIREGUARD, **NATIVE}, [plain_on("kind-worker2")])
    lab.restart("worker2")
    assert lab.reaches("one", "two")
    assert lab.flows("--encrypted") == []
    assert lab.reaches("one", "top")
    assert lab.flows("--encrypted")


def test_node_traffic_needs_the_option_and_control_planes_stay_out(build: Build) -> None:
    lab = build({"encryption": {**WIREGUARD["encryption"], "nodeEncryption": True}})
    assert "NodeEncryption: Enabled" in lab.dbg("worker", "status")
    assert "NodeEncryption: OptedOut" in lab.dbg("control-plane", "status")
    worker, worker2 = lab.agent("worker"), lab.agent("worker2")
    assert "encryptkey=255" in lab.dbg("worker", f"bpf ipcache get {worker2.node_ip}")
    assert "encryptkey=0" in lab.dbg("worker", f"bpf ipcache get {lab.agent('control-plane').node_ip}")
    lab.run(f"kubectl exec one -- curl -s -m 1 http://{worker2.node_ip}:10250/")
    assert {each["IP"]["destination"] for each in lab.flows("--encrypted --from-pod default/one")} == {worker2.node_ip}
    assert lab.run("kubectl get ciliumnode kind-worker -o jsonpath='{.spec.encryption.key}'") == "255"
    assert worker.encryption.node_key == 255


def test_without_the_option_a_node_is_spoken_to_in_the_clear(lab: Lab) -> None:
    lab.run(f"kubectl exec one -- curl -s -m 1 http://{lab.agent('worker2').node_ip}:10250/")
    assert lab.flows("--from-pod default/one")
    assert not lab.flows("--encrypted --from-pod default/one")


def test_packets_between_nodes_get_smaller(lab: Lab, build: Build) -> None:
    assert "mtu 1370" in lab.run("kubectl exec one -- ip route")
    assert "cilium_wg0" in lab.inside("worker", "ip -br link")
    plain = build({})
    assert "mtu 1450" in plain.run("kubectl exec one -- ip route")
    assert "cilium_wg0" not in plain.inside("worker", "ip -br link")


def test_a_kernel_without_wireguard_keeps_agents_from_starting(build: Build) -> None:
    lab = build(WIREGUARD, kernel="5.4.0")
    assert "CrashLoopBackOff" in lab.run("kubectl -n kube-system get pods -l k8s-app=cilium")
    assert "WireGuard not supported by the Linux kernel" in lab.run(
        "kubectl -n kube-system get pods -l k8s-app=cilium -o json"
    )


def test_a_stopped_agent_leaves_the_encryption_of_its_node(lab: Lab) -> None:
    lab.agent("worker2").stop()
    assert lab.reaches("one", "two")
    assert lab.flows("--encrypted")


def test_meshed_clusters_are_peers_of_each_other(build: Build) -> None:
    lab = build(WIREGUARD, clusters=2)
    first, second = lab.world.clusters
    for context in (first, second):
        lab.run(f"cilium clustermesh enable --context {context} --service-type NodePort")
    lab.run(f"cilium clustermesh connect --destination-context {second} --allow-mismatching-ca")
    lab.world.advance(120)
    agent = next(agents_of(lab.world.clusters[first]))
    assert len(agent.nodes) > 3
    assert all(node.wireguard_key for node in agent.nodes.values())
    there = str(lab.world.clusters[second].api.get("pods", "two", "default")["status"]["podIP"])
    assert lab.asks("one", there)
    assert there in {each["IP"]["destination"] for each in lab.flows("--encrypted")}
    lab.block(Block(f"{first}/*", f"{second}/*", "UDP", 51871))
    assert not lab.asks("one", there)
    assert lab.reaches("one", "two")
    name = f"-n kube-system exec {agent.pod_name} -c cilium-agent --"
    assert f"Number of peers: {len(agent.nodes) - 1}" in lab.run(f"kubectl {name} cilium-dbg encrypt status")
