"""BGP sessions: each real way in which one does not come up, in every tool that shows sessions.

Expectations: RFC 4271 (states, hold timer), reference cilium-cli.md section 8, kubectl.md section 8.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from quizgame.cluster.bgp.router import RouterNeighbor, RouterState
from quizgame.cluster.links import Block

NODES = {"kind-control-plane", "kind-worker", "kind-worker2"}


def secret(name: str, **data: str) -> str:
    encoded = ", ".join(f"{key}: {base64.b64encode(value.encode()).decode()}" for key, value in data.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: kube-system}}\ndata: {{{encoded}}}\n"


def test_a_session_of_each_node_is_established_and_counts_routes(lab: Any) -> None:
    assert lab.states() == dict.fromkeys(NODES, ("established", "2", "2"))
    report = lab.out("kubectl get ciliumbgpnodeconfig kind-worker -o yaml")
    for text in ("advertised: 2", "received: 2", "appliedHoldTimeSeconds: 9", "appliedKeepaliveSeconds: 3"):
        assert text in report
    known = [fact for line in lab.run("cilium bgp peers").stdout for fact in line.facts]
    wanted = {
        "node": "kind-worker",
        "peer": "172.18.0.5",
        "state": "established",
        "received": "2",
        "local_asn": "65001",
    }
    assert any(fact.kind == "bgp" and fact.matches(wanted) for fact in known)


def test_a_new_session_takes_some_seconds(lab: Any) -> None:
    lab.run("kubectl delete ciliumbgpclusterconfig main")
    assert lab.states() == {}
    assert lab.out("kubectl get ciliumbgpnodeconfigs") == ""
    assert lab.learned() == set()
    lab.apply("""
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: again}
spec:
  bgpInstances:
  - {name: i, localASN: 65001, peers: [{name: tor0, peerASN: 65000, peerAddress: 172.18.0.5}]}""")
    assert lab.state() == "active"
    lab.world.advance(6)
    assert lab.state() == "established"
    row = lab.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp peers").splitlines()[1:]
    assert [line.split()[-3] for line in row] == ["ipv4/unicast", "ipv6/unicast"]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"state": RouterState.NO_BGP}, "active"),
        ({"asn": 65099}, "idle"),
        ({"neighbors": (RouterNeighbor("172.18.0.0/16", 65002),)}, "idle"),
        ({"neighbors": ()}, "idle"),
        ({"neighbors": (RouterNeighbor("172.18.0.0/16", 65001, "secret"),)}, "active"),
        ({"hops": 2}, "active"),
        ({"port": 1179}, "active"),
        ({"state": RouterState.SILENT}, "open_sent"),
    ],
)
def test_what_the_router_does_shows_in_the_state(lab: Any, change: dict[str, Any], state: str) -> None:
    lab.router(**change)
    assert lab.state() == state
    assert {counts for _, *counts in lab.states().values() for counts in [tuple(counts)]} == {("0", "0")}
    assert lab.learned() == set()
    assert len(lab.out("cilium bgp routes advertised ipv4 unicast").splitlines()) == 1
    assert len(lab.out("cilium bgp routes available ipv4 unicast").splitlines()) == 7


def test_silence_ends_a_session_only_when_its_hold_time_is_over(lab: Any, blocked: Callable[..., Block]) -> None:
    lab.block(blocked())
    assert lab.state() == "established"
    lab.world.advance(10)
    assert lab.state() == "active"
    assert lab.learned() == set()
    lab.block()
    lab.world.advance(6)
    assert lab.state() == "established"


def test_a_firewall_may_cut_one_node_or_one_router_alone(lab: Any, blocked: Callable[..., Block]) -> None:
    lab.block(blocked("kind-kind/kind-worker", "outside/tor0"), blocked("kind-kind/kind-worker2", "outside/tor9"))
    lab.world.advance(15)
    states = {node: state for node, (state, _, _) in lab.states().items()}
    assert states == {"kind-control-plane": "established", "kind-worker": "active", "kind-worker2": "established"}


def test_an_address_without_a_router_stays_active(lab: Any) -> None:
    peer = '{"name":"t","peerASN":65000,"peerAddress":"172.18.0.77"}'
    spec = f'{{"spec":{{"bgpInstances":[{{"name":"i","localASN":65001,"peers":[{peer}]}}]}}}}'
    lab.patch("ciliumbgpclusterconfig", "main", spec)
    assert lab.state() == "active"


@pytest.mark.parametrize(
    ("data", "neighbour", "state", "condition"),
    [
        ({"password": "secret"}, "secret", "established", "False"),
        ({"password": "other"}, "secret", "active", "False"),
        (None, "secret", "active", "True"),
        ({"password": "secret"}, "", "active", "False"),
    ],
)
def test_passwords(lab: Any, data: dict[str, str] | None, neighbour: str, state: str, condition: str) -> None:
    if data is not None:
        lab.apply(secret("key", **data))
    lab.router(neighbors=(RouterNeighbor("172.18.0.0/16", 65001, neighbour),))
    lab.patch("ciliumbgppeerconfig", "tor", '{"spec":{"authSecretRef":"key"}}')
    assert lab.state() == state
    described = lab.out("kubectl describe ciliumbgppeerconfig tor")
    assert ('Referenced Auth Secret "key" is missing' in described) is (condition == "True")


def test_a_secret_without_a_password_is_an_error_of_the_node(lab: Any) -> None:
    lab.apply(secret("key", word="secret"))
    lab.patch("ciliumbgppeerconfig", "tor", '{"spec":{"authSecretRef":"key"}}')
    assert lab.states() == {}
    message = 'i: failed to fetch secret "key": missing password key'
    assert message in lab.out("kubectl describe ciliumbgpnodeconfig kind-worker")


def test_multihop_reaches_a_router_behind_others(lab: Any) -> None:
    lab.router(hops=3)
    lab.patch("ciliumbgppeerconfig", "tor", '{"spec":{"ebgpMultihop":3}}')
    assert lab.state() == "established"


def test_the_default_gateway_can_be_discovered(lab: Any) -> None:
    spec = (
        '{"spec":{"bgpInstances":[{"name":"i","localASN":65001,"peers":'
        '[{"name":"gw","peerASN":65000,"autoDiscovery":{"mode":"DefaultGateway"}}]}]}}'
    )
    lab.patch("ciliumbgpclusterconfig", "main", spec)
    assert "172.18.0.1 " in lab.out("cilium bgp peers")


# ---------------------------------------------------------------- what the operator says


def test_a_selector_without_nodes(lab: Any) -> None:
    lab.patch("ciliumbgpclusterconfig", "main", '{"spec":{"nodeSelector":{"matchLabels":{"rack":"r9"}}}}')
    assert lab.states() == {}
    assert "No node matches spec.nodeSelector" in lab.out("kubectl describe ciliumbgpclusterconfig main")
    lab.run("kubectl label node kind-worker rack=r9")
    lab.world.advance(8)
    assert lab.states() == {"kind-worker": ("established", "2", "2")}
    assert lab.out("kubectl get ciliumbgpnodeconfigs -o name") == "ciliumbgpnodeconfig.cilium.io/kind-worker\n"


def test_a_missing_peer_configuration(lab: Any) -> None:
    lab.run("kubectl delete ciliumbgppeerconfig tor")
    lab.world.advance(8)
    assert lab.states() == {}
    text = "Referenced CiliumBGPPeerConfig(s) are missing: [tor]"
    assert text in lab.out("kubectl describe ciliumbgpclusterconfig main")


def test_two_configurations_for_the_same_nodes(lab: Any) -> None:
    lab.apply("""
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: rival}
spec: {bgpInstances: [{name: r, localASN: 65009}]}""")
    text = "Selecting the same node(s) with ClusterConfig(s): [main]"
    assert text in lab.out("kubectl describe ciliumbgpclusterconfig rival")
    assert "Selecting" not in lab.out("kubectl describe ciliumbgpclusterconfig main")
    assert lab.state() == "established"


def test_an_override_changes_one_node(lab: Any) -> None:
    lab.apply("""
apiVersion: cilium.io/v2
kind: CiliumBGPNodeConfigOverride
metadata: {name: kind-worker}
spec: {bgpInstances: [{name: i, localASN: 65007, routerID: 192.168.10.1}]}""")
    lab.world.advance(8)
    assert "routerID: 192.168.10.1" in lab.out("kubectl get ciliumbgpnodeconfig kind-worker -o yaml")
    assert {node: state for node, (state, _, _) in lab.states().items()}["kind-worker"] == "idle"


def test_without_an_operator_no_node_is_configured(lab: Any) -> None:
    lab.run("kubectl -n kube-system scale deployment cilium-operator --replicas=0")
    lab.patch("ciliumbgpclusterconfig", "main", '{"spec":{"nodeSelector":{"matchLabels":{"rack":"r9"}}}}')
    assert lab.state() == "established"


def test_a_control_plane_that_is_off_says_so_everywhere(lab: Any) -> None:
    lab.run("cilium config set enable-bgp-control-plane false")
    lab.world.advance(30)
    assert "invalid character 'B' looking for beginning of value" in lab.err("cilium bgp peers")
    assert lab.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp peers") == "BGP Control Plane is disabled\n"
    assert lab.learned() == set()


# ---------------------------------------------------------------- agents that go


def test_a_restarting_agent_loses_its_routes_unless_restart_is_graceful(lab: Any) -> None:
    before = lab.learned()
    lab.run("kubectl -n kube-system delete pod -l k8s-app=cilium")
    assert lab.learned() == set()
    lab.world.advance(20)
    assert lab.learned() == before
    lab.patch("ciliumbgppeerconfig", "tor", '{"spec":{"gracefulRestart":{"enabled":true,"restartTimeSeconds":15}}}')
    lab.run("kubectl -n kube-system delete pod -l k8s-app=cilium")
    assert lab.learned() == before
    lab.world.advance(20)
    assert lab.learned() == before


def test_stale_routes_go_when_the_agent_does_not_come_back(lab: Any) -> None:
    lab.patch("ciliumbgppeerconfig", "tor", '{"spec":{"gracefulRestart":{"enabled":true,"restartTimeSeconds":15}}}')
    lab.patch("daemonset -n kube-system", "cilium", '{"spec":{"template":{"spec":{"nodeSelector":{"no": "node"}}}}}')
    assert lab.learned() != set()
    lab.world.advance(20)
    assert lab.learned() == set()


def test_an_agent_cut_off_from_its_api_server_keeps_its_sessions(lab: Any) -> None:
    lab.block(Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", 6443))
    lab.world.advance(30)
    lab.patch("ciliumbgpadvertisement", "all", '{"metadata":{"labels":{"advertise":"none"}}}')
    assert lab.states()["kind-worker"] == ("established", "2", "2")
    assert lab.states()["kind-worker2"] == ("established", "2", "0")


def test_a_fork_goes_its_own_way(lab: Any) -> None:
    twin = lab.world.fork()
    lab.router(asn=1)
    twin.advance(30)
    assert type(lab)(twin).state() == "established"
    assert lab.state() == "idle"


# ---------------------------------------------------------------- the removed kind


def test_the_old_kind_is_unknown(lab: Any) -> None:
    error = lab.err("kubectl get ciliumbgppeeringpolicies")
    assert error == 'error: the server doesn\'t have a resource type "ciliumbgppeeringpolicies"\n'
    result = lab.apply("apiVersion: cilium.io/v2alpha1\nkind: CiliumBGPPeeringPolicy\nmetadata: {name: lab-bgp}\n")
    assert [line.text for line in result.stderr] == [
        'error: resource mapping not found for name: "lab-bgp" namespace: "" from "STDIN": '
        'no matches for kind "CiliumBGPPeeringPolicy" in version "cilium.io/v2alpha1"',
        "ensure CRDs are installed first",
    ]
