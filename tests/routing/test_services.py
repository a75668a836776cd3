"""How services are served to clients outside: SNAT, DSR, hybrid, Maglev, XDP, session affinity.

Expectations: facts F-50 to F-53, F-93; cilium/cilium v1.19 Documentation/network/kubernetes/kubeproxy-free.rst,
pkg/kpr/initializer, pkg/maglev; cilium-dbg/cmd status of kube-proxy replacement.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.agent.maglev import lookup_table
from quizgame.datapath.datagrams import udp
from quizgame.datapath.exchange import Outcome, tcp
from quizgame.datapath.packet import Origin
from quizgame.policy.l7 import HttpRequest

if TYPE_CHECKING:
    from quizgame.datapath.exchange import Exchange
    from tests.ipam.conftest import Build, Lab

NATIVE = {"routingMode": "native", "autoDirectNodeRoutes": True, "ipv4NativeRoutingCIDR": "10.244.0.0/16"}
CLIENT = Origin(ip="203.0.113.50")
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 80, nodePort: 30080}]
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec:
  type: NodePort
  selector: {app: web}
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
  ports: [{port: 80, targetPort: 80, nodePort: 30081}]
---
apiVersion: v1
kind: Service
metadata: {name: near}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: {app: web}
  ports: [{port: 80, targetPort: 80, nodePort: 30082}]
"""


def values(**balancing: Any) -> dict[str, Any]:
    return {**NATIVE, "loadBalancer": balancing}


def ask(lab: Lab, node: str, port: int = 30080, client: str = "203.0.113.50") -> Exchange:
    """A client outside asks a node's port; a little time passes, so that every call is another connection."""
    got = tcp(lab.world, Origin(ip=client), lab.agent(node).node_ip, port, request=HttpRequest("GET", "/", "web"))
    lab.wait(1)
    return got


def backend(got: Exchange) -> str:
    return got.course.packet.destination


def seen_source(got: Exchange) -> str:
    """The client's address as the backend sees it."""
    return got.course.packet.source


def elsewhere(lab: Lab, node: str) -> Exchange:
    """The first of some connections whose backend is on another node than the one that was asked."""
    for _ in range(30):
        got = ask(lab, node)
        side = got.course.destination
        if side is not None and side.agent.node != node:
            return got
    raise AssertionError("every backend is on the node itself")


def details(lab: Lab) -> dict[str, str]:
    text = lab.dbg("kind-worker", "status --verbose").partition("KubeProxyReplacement Details:\n")[2]
    rows = (line.partition(":") for line in text.partition("  Services:")[0].splitlines())
    return {name.strip(): value.strip() for name, _, value in rows}


@pytest.fixture(scope="module")
def snat(build: Build) -> Lab:
    return build(values(), WEB)


@pytest.fixture(scope="module")
def dsr(build: Build) -> Lab:
    return build(values(mode="dsr"), WEB)


@pytest.fixture(scope="module")
def maglev(build: Build) -> Lab:
    return build(values(algorithm="maglev"), WEB)


def test_by_default_the_entry_nodes_address_hides_the_client(snat: Lab) -> None:
    got = elsewhere(snat.fork(), "kind-control-plane")
    assert got.outcome is Outcome.OK
    assert seen_source(got) == snat.agent("kind-control-plane").node_ip
    assert details(snat)["Mode"] == "SNAT"
    assert "DSR Dispatch Mode" not in details(snat)


def test_in_a_tunnel_it_is_the_address_of_the_nodes_router(build: Build) -> None:
    lab = build({}, WEB)
    assert seen_source(elsewhere(lab, "kind-control-plane")) == lab.agent("kind-control-plane").router_ip


def test_with_dsr_the_backend_sees_the_client_and_answers_it_itself(dsr: Lab) -> None:
    lab = dsr.fork()
    got = elsewhere(lab, "kind-control-plane")
    assert got.outcome is Outcome.OK
    assert seen_source(got) == "203.0.113.50"
    assert got.course.is_answered_directly
    side = got.course.destination
    assert side is not None
    tracked = lab.dbg(side.agent.node, "bpf ct list global")
    assert f"TCP IN 203.0.113.50:{got.course.packet.source_port} -> {backend(got)}:80" in tracked
    hubble = lab.run(f"kubectl -n kube-system exec {side.agent.pod_name} -- hubble observe --from-ip 203.0.113.50")
    assert "203.0.113.50:" in hubble
    assert details(lab)["Mode"] == "DSR"
    assert details(lab)["DSR Dispatch Mode"] == "IP Option/Extension"


def test_hybrid_is_dsr_for_tcp_and_snat_for_udp(build: Build) -> None:
    text = WEB.replace("nodePort: 30080}]", "nodePort: 30080}, {name: dns, protocol: UDP, port: 53, nodePort: 30053}]")
    lab = build(values(mode="hybrid"), text.replace("ports: [{port: 80, t", "ports: [{name: http, port: 80, t"))
    assert details(lab)["Mode"] == "Hybrid"
    assert seen_source(elsewhere(lab, "kind-control-plane")) == "203.0.113.50"
    entry = lab.agent("kind-control-plane")
    for number in range(30):
        asked = udp(lab.world, CLIENT, entry.node_ip, 30053, at_server=lambda *_: True, timeout_ns=1, start_ns=number)
        if asked.course.destination is not None and asked.course.destination.agent is not entry:
            assert asked.course.packet.source == entry.node_ip
            return
    raise AssertionError("every backend is on the node itself")


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"routingMode": "tunnel"}, 'Node Port "dsr" mode cannot be used with vxlan tunneling.'),
        ({"routingMode": "tunnel", "tunnelProtocol": "geneve"}, 'with Node Port "dsr" mode requires geneve dispatch.'),
    ],
)
def test_dsr_needs_native_routing_or_geneve(build: Build, more: dict[str, Any], complaint: str) -> None:
    base = {key: value for key, value in values(mode="dsr").items() if key == "loadBalancer"}
    lab = build({**base, **more}, WEB)
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    assert complaint in lab.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1].replace("\\", "")
    assert "CrashLoopBackOff" in lab.out(f"kubectl -n kube-system get {pod}")


def test_dsr_over_geneve(build: Build) -> None:
    balancing = {"mode": "dsr", "dsrDispatch": "geneve"}
    lab = build({"routingMode": "tunnel", "tunnelProtocol": "geneve", "loadBalancer": balancing}, WEB)
    assert "Network: Tunnel [geneve]" in lab.dbg("kind-worker", "status")
    assert details(lab)["DSR Dispatch Mode"] == "Geneve"
    assert seen_source(elsewhere(lab, "kind-control-plane")) == "203.0.113.50"


def test_a_maglev_table_gives_every_backend_about_as_many_slots() -> None:
    table = lookup_table(("a", "b", "c"), 1021, "seed")
    assert len(table) == 1021
    counts = Counter(table)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_a_backend_that_goes_moves_few_of_the_others_slots() -> None:
    before = lookup_table(("a", "b", "c", "d"), 1021, "seed")
    after = lookup_table(("a", "b", "c"), 1021, "seed")
    stayed = [(old, new) for old, new in zip(before, after, strict=True) if old != 3]
    assert sum(old != new for old, new in stayed) < len(stayed) // 5


def test_with_maglev_every_node_sends_a_flow_to_the_same_backend(maglev: Lab) -> None:
    for client in range(1, 12):
        chosen = {
            backend(ask_at_once(maglev, node, f"203.0.113.{client}"))
            for node in ("kind-control-plane", "kind-worker", "kind-worker2")
        }
        assert len(chosen) == 1


def test_at_random_nodes_choose_apart(snat: Lab) -> None:
    differing = 0
    for client in range(1, 12):
        chosen = {
            backend(ask_at_once(snat, node, f"203.0.113.{client}"))
            for node in ("kind-control-plane", "kind-worker", "kind-worker2")
        }
        differing += len(chosen) > 1
    assert differing


def ask_at_once(lab: Lab, node: str, client: str) -> Exchange:
    """The same flow (client address and port) as it would be by another node, in a world of its own."""
    from quizgame.datapath.exchange import Ask, play_tcp
    from quizgame.datapath.packet import SYN, Packet
    from quizgame.datapath.recorder import Recorder
    from quizgame.datapath.walk import decide

    world = lab.fork().world
    packet = Packet(client, lab.agent(node).node_ip, "TCP", 40000, 30080, SYN)
    course = decide(world, Origin(ip=client), packet)
    return play_tcp(world, course, Recorder(course, world.clock.now_ns), Ask(None, None), 1_000_000_000)


def test_the_status_names_the_table_size(maglev: Lab) -> None:
    assert details(maglev)["Backend Selection"] == "Maglev (Table Size: 16381)"


def test_the_tables_are_listed_by_service_number(maglev: Lab) -> None:
    lines = maglev.dbg("kind-worker", "bpf lb maglev list").splitlines()
    assert lines[0].split() == ["SVC", "ID", "LOOKUP", "TABLE"]
    numbers = lines[1].partition("[")[2].partition("[")[2].rstrip("] ").split()
    assert len(numbers) == 16381
    assert len(set(numbers)) == 4


def test_without_maglev_there_are_no_tables(snat: Lab) -> None:
    assert len(snat.dbg("kind-worker", "bpf lb maglev list").splitlines()) == 1


def test_a_table_size_that_is_no_prime_of_the_list_is_refused(build: Build) -> None:
    lab = build({**values(algorithm="maglev"), "maglev": {"tableSize": 1000}})
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    logged = lab.out(f"kubectl -n kube-system logs {pod}")
    assert "Invalid value for --bpf-lb-maglev-table-size: 1000, supported values are: [251 509" in logged


def test_a_client_of_a_sticky_service_keeps_its_backend_until_the_timeout(snat: Lab) -> None:
    lab = snat.fork()
    chosen = {backend(ask(lab, "kind-worker", 30081)) for _ in range(10)}
    assert len(chosen) == 1
    after = set()
    for _ in range(12):
        lab.wait(61)
        after.add(backend(ask(lab, "kind-worker", 30081)))
    assert len(after) > 1


def test_a_sticky_client_gets_another_backend_where_its_own_is_gone(snat: Lab) -> None:
    lab = snat.fork()
    first = backend(ask(lab, "kind-worker", 30081))
    lab.run("kubectl scale deployment web --replicas 1")
    lab.wait(10)
    left = lab.out("kubectl get pods -o wide").splitlines()[1].split()[5]
    assert backend(ask(lab, "kind-worker", 30081)) == left
    assert first


def test_a_local_policy_keeps_to_the_nodes_own_backends_and_the_clients_address(snat: Lab) -> None:
    lab = snat.fork()
    got = ask(lab, "kind-worker", 30082)
    assert seen_source(got) == "203.0.113.50"
    assert got.course.destination is not None
    assert got.course.destination.agent.node == "kind-worker"
    assert ask(lab, "kind-control-plane", 30082).outcome is not Outcome.OK


def test_acceleration_is_shown_where_the_driver_can(build: Build) -> None:
    assert details(build(values(acceleration="native")))["XDP Acceleration"] == "Native"
    assert details(build(values(acceleration="best-effort")))["XDP Acceleration"] == "Best-Effort"
    assert details(build(values()))["XDP Acceleration"] == "Disabled"


def test_native_acceleration_needs_a_driver(build: Build) -> None:
    lab = build(values(acceleration="native"), has_xdp=False)
    pod = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium -o name").splitlines()[0]
    last = lab.out(f"kubectl -n kube-system logs {pod}").splitlines()[-1]
    assert "level=fatal" in last
    assert "attaching program cil_xdp_entry using bpf_link: create link: operation not supported" in last
    milder = build(values(acceleration="best-effort"), has_xdp=False)
    agent = milder.agent("kind-worker").pod_name
    assert "ignoring due to best-effort mode" in milder.out(f"kubectl -n kube-system logs {agent}")
    assert "1/1" in milder.out(f"kubectl -n kube-system get pod {agent}")


def test_without_replacement_the_status_says_so(build: Build) -> None:
    lab = build({"kubeProxyReplacement": False, "bpf": {"masquerade": False}})
    status = lab.dbg("kind-worker", "status --verbose")
    assert "KubeProxyReplacement:" in status
    assert details(lab)["Status"] == "False"
    assert "XDP Acceleration" not in details(lab)
    assert "Masquerading:" in status
    assert "IPTables" in status


LOCAL = """
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  healthCheckNodePort: 32100
  selector: {app: web}
  ports: [{port: 80, targetPort: 80}]
"""


def test_a_balancer_outside_is_told_which_nodes_have_backends(snat: Lab) -> None:
    lab = snat.fork()
    lab.apply(LOCAL)
    lab.wait(2)
    lab.run("kubectl delete pod -l app=web --field-selector spec.nodeName=kind-control-plane")
    lab.wait(10)
    for node, status in (("kind-worker", 200), ("kind-control-plane", 503)):
        got = ask(lab, node, 32100).answer
        assert got is not None
        assert got.status == status
        assert got.body.startswith('{"service":{"namespace":"default","name":"balanced"},"localEndpoints":')
