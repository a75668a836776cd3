"""Every fault that the inventory of the founding document marks as a scenario: set as state alone, seen by its symptom.

Each test changes what an administrator could have changed (objects, configuration, firewalls, a router, who runs) in a
world that works, and finds the symptom in lines that a learner would type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from quizgame.cluster.bgp.router import RouterNeighbor
from quizgame.cluster.build import join_node
from quizgame.cluster.links import API_SERVER_PORT, Block
from quizgame.game.worlds import assemble
from tests.seed.rows import INVENTORY, found
from tests.seed.worlds import CLIENT_IP, PARTNER, POSTGRES, ROUTER_IP, Lab, joined_pair, lab, pair_specs

AGENT = "kubectl exec -n kube-system ds/cilium --"
RANGES = "kubectl get ciliumnodes -o jsonpath='{range .items[*]}{.metadata.name}: {.spec.ipam.podCIDRs}{\"\\n\"}{end}'"
COVERED: set[str] = set()
Test = Callable[..., None]


def shows(*ids: str) -> Callable[[Test], Test]:
    """Say which rows of the inventory a test shows."""

    def keep(test: Test) -> Test:
        COVERED.update(ids)
        return test

    return keep


def status_of(played: Lab, client: str, url: str, flags: str = "") -> str:
    """The HTTP status that a client in the shop gets; 000 for none."""
    line = f"kubectl -n shop exec deploy/{client} -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' {flags} {url}"
    return played.run(line).out


def reaches_postgres(played: Lab, cluster: str) -> bool:
    """Whether the payment API of a cluster gets a connection to the database."""
    line = f"kubectl --context kind-{cluster} -n ledger exec deploy/payment-api -- nc -zv -w 3 postgres 5432"
    return "succeeded" in played.run(line).both


def agent_of(node: str) -> str:
    """A command in the agent of a node."""
    pods = f"kubectl -n kube-system get pods -l k8s-app=cilium --field-selector spec.nodeName={node}"
    return f"kubectl -n kube-system exec $({pods} -o jsonpath='{{.items[0].metadata.name}}') -- cilium-dbg"


def holds(played: Lab, line: str, *patterns: str) -> None:
    """A line must print these, whatever its exit status."""
    got = played.run(line)
    for pattern in patterns:
        assert found(pattern, got), f"{line}: {pattern!r} is missing\n{got.both}"


def lacks(played: Lab, line: str, *patterns: str) -> None:
    """A line must not print these."""
    got = played.run(line)
    for pattern in patterns:
        assert not found(pattern, got), f"{line}: {pattern!r}\n{got.both}"


# ---------------------------------------------------------------- architecture and addresses


@shows("C02", "S03", "W05", "T11")
def test_without_the_operator_a_new_node_gets_no_pod_range_and_what_runs_goes_on() -> None:
    """Source: F-13, F-24."""
    played = lab("cluster-pool")
    played.do("kubectl -n kube-system scale deploy cilium-operator --replicas=0")
    played.world.advance(10)
    join_node(played.world, played.world.cluster, "kind-worker3")
    played.world.advance(60)
    holds(played, RANGES, r"^kind-worker3: *$", r'^kind-worker2: \["10\.0\.2\.0/24"\]$')
    holds(
        played,
        "kubectl -n shop get pods -o wide",
        r"^basket-\S+ +0/1 +(ContainerCreating|Pending) .*<none> +kind-worker3",
    )
    assert status_of(played, "front", "basket:8080") == "200"
    played.do("kubectl -n kube-system scale deploy cilium-operator --replicas=1")
    played.world.advance(60)
    holds(played, RANGES, r'^kind-worker3: \["10\.0\.\d+\.0/24"\]$')
    holds(played, "kubectl -n shop get pods -o wide", r"^basket-\S+ +1/1 +Running .* kind-worker3")


@shows("S02")
def test_an_agent_without_its_api_server_forwards_and_makes_nothing_new_ready() -> None:
    """Source: F-03; cilium/cilium v1.19 pkg/endpoint: an endpoint without an identity is `init`, in default deny."""
    played = lab("shop")
    played.block(Block("kind-kind/kind-worker", "kind-kind/kind-control-plane", "TCP", API_SERVER_PORT))
    played.world.advance(20)
    assert status_of(played, "batch", "basket:8080") == "200"  # batch runs on kind-worker
    holds(played, "cilium status", r"Cilium: +\d+ errors", r"dial tcp 172\.18\.0\.2:6443: i/o timeout")
    placed = '{"spec":{"nodeName":"kind-worker"}}'
    played.do(f"kubectl -n shop run late --image=nginx --port=8080 --overrides='{placed}'")
    played.world.advance(60)
    holds(played, f"{agent_of('kind-worker')} endpoint list", r"^\d+ +Enabled +Enabled +5 .* waiting-for-identity")
    lacks(played, "kubectl -n shop get cep", r"^late ")
    assert played.run("kubectl -n shop exec late -- curl -s -m 2 basket:8080").exit != 0
    holds(played, "cilium status", r"1 endpoints are not ready", r"Cluster Pods: +10/11 managed by Cilium")
    played.apply("""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: basket}}, ingress: [{}]}
""")
    holds(played, f"{agent_of('kind-worker2')} endpoint list", r"^\d+ +Enabled +Disabled +\d+ +k8s:app=basket")
    holds(played, f"{agent_of('kind-worker')} endpoint list", r"^\d+ +Disabled +Disabled +\d+ +k8s:app=basket")


# ---------------------------------------------------------------- policy


@shows("C04")
def test_a_mode_that_no_agent_has_read_yet_enforces_nothing() -> None:
    """Source: F-35."""
    played = lab("shop")
    played.do("cilium upgrade --set policyEnforcementMode=always")
    holds(played, "cilium config view", r"^enable-policy +always$")
    lacks(played, f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Enabled")
    assert status_of(played, "front", "basket:8080") == "200"
    played.do("kubectl -n kube-system rollout restart ds/cilium", "kubectl -n kube-system rollout status ds/cilium")
    assert status_of(played, "front", "basket:8080") == "000"


@shows("C05")
def test_the_change_that_changed_nothing() -> None:
    """Source: F-36."""
    played = lab("shop")
    played.do("cilium config PolicyEnforcement=always")
    assert status_of(played, "front", "basket:8080") == "200"
    holds(played, f"{AGENT} cilium-dbg config", r"PolicyEnforcement +: default")
    played.do(f"{agent_of('kind-worker')} config PolicyEnforcement=always")
    holds(played, f"{agent_of('kind-worker')} endpoint list", r"^\d+ +Enabled +Enabled")
    holds(played, f"{agent_of('kind-worker2')} endpoint list", r"^\d+ +Disabled +Disabled +\d+ +k8s:app=basket")


@shows("S04", "W03", "T11")
def test_always_without_a_baseline_ends_names_first() -> None:
    """Source: F-37."""
    played = lab("shop")
    assert status_of(played, "front", "http://api.example.com") == "200"
    played.do("cilium config set enable-policy always")
    played.world.advance(30)
    assert status_of(played, "front", "http://api.example.com") == "000"
    holds(
        played,
        "hubble observe --from-pod shop/front --verdict DROPPED --last 4",
        r"kube-system/coredns-\S+:53 \(ID:\d+\) Policy denied DROPPED \(UDP\)",
    )
    lacks(played, "kubectl get cnp,ccnp,netpol -A", r"\d+s$")
    assert status_of(played, "front", "$(kubectl -n shop get svc basket -o jsonpath={.spec.clusterIP}):8080") == "000"


CALLS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: basket-calls, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: basket}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: front}}]
    toPorts:
    - ports: [{port: "8080", protocol: TCP}]
      rules: {http: [{method: GET, path: /items}, {method: POST, path: /orders, headers: ["X-Kind: json"]}]}
"""


@shows("M01", "R04")
def test_a_call_that_a_rule_almost_names_gets_403_over_a_working_connection() -> None:
    """Source: F-30, F-31, F-49."""
    played = lab("shop")
    played.apply(CALLS)
    assert status_of(played, "front", "basket:8080/items") == "200"
    assert status_of(played, "front", "'basket:8080/items?page=2'") == "403"
    assert status_of(played, "front", "basket:8080/orders", "-X POST -H 'X-Kind: json; v=2'") == "403"
    holds(played, "kubectl -n shop exec deploy/front -- nc -zv -w 2 basket 8080", "succeeded")
    holds(
        played,
        "hubble observe --to-pod shop/basket --last 30",
        r"http-request DROPPED \(HTTP/1\.1 GET http://basket:8080/items\?page=2\)",
    )
    lacks(played, "hubble observe --to-pod shop/basket --type drop --last 30", r"Policy denied")
    assert status_of(played, "batch", "basket:8080/items") == "000"  # a wrong source fails below HTTP
    holds(played, "hubble observe --to-pod shop/basket --type drop --last 30", r"shop/batch.* Policy denied DROPPED")


@shows("M02")
def test_the_baseline_that_cut_everything_off() -> None:
    """Source: F-43."""
    played = lab("shop")
    played.apply("""
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: baseline}
spec: {endpointSelector: {}, egress: [{toEntities: [kube-apiserver]}], ingress: [{fromEntities: [health]}]}
""")
    assert status_of(played, "front", "basket:8080") == "000"
    holds(played, f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Enabled +Enabled +\d+ +k8s:io\.cilium\S+=kube-system")
    holds(played, "hubble observe --verdict DROPPED --last 5", r"kube-system/coredns-\S+:53 .*Policy denied DROPPED")


@shows("W06")
def test_allows_of_both_kinds_add_up_and_a_deny_beats_them_all() -> None:
    """Source: F-46, inventory W06."""
    played = lab("shop")
    played.apply("""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: fronts, namespace: shop}
spec: {podSelector: {matchLabels: {app: basket}}, ingress: [{from: [{podSelector: {matchLabels: {app: front}}}]}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: jobs, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: basket}}
  ingress: [{fromEndpoints: [{matchLabels: {app: batch}}]}]
""")
    assert [status_of(played, name, "basket:8080") for name in ("front", "batch")] == ["200", "200"]
    played.apply("""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: no-fronts, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: basket}}
  ingressDeny: [{fromEndpoints: [{matchLabels: {app: front}}]}]
""")
    assert [status_of(played, name, "basket:8080") for name in ("front", "batch")] == ["000", "200"]
    holds(
        played,
        "hubble observe --to-pod shop/basket --verdict DROPPED --print-policy-names --last 4",
        r"DENIED BY no-fronts",
        r"Policy denied by denylist DROPPED",
    )


# ---------------------------------------------------------------- reading what there is


@shows("C25", "C30", "R02")
def test_a_failed_flow_answers_the_four_questions_and_leads_to_labels_and_endpoint() -> None:
    """Source: inventory R02; F-106, F-107."""
    played = lab("busy")
    seen = played.out("hubble observe --from-pod shop/batch --to-pod shop/basket --verdict DROPPED --last 1")
    matched = re.search(r"\(ID:(\d+)\) <> shop/(basket-\S+):8080 \(ID:(\d+)\) Policy denied DROPPED \(TCP", seen)
    assert matched, seen  # it entered the datapath, and the verdict is one of L3/L4
    holds(played, f"{AGENT} cilium-dbg identity get {matched[1]}", r"k8s:app=batch")
    holds(played, f"{AGENT} cilium-dbg identity get {matched[3]}", r"k8s:app=basket")
    holds(played, f"kubectl -n shop get cep {matched[2]} -o wide", rf"^{matched[2]} +{matched[3]} +ready")
    lacks(played, f"{AGENT} cilium-dbg endpoint list", matched[2])
    lacks(played, "hubble observe --from-pod shop/batch --to-pod shop/basket --type l7 --last 5", "DROPPED")


@shows("A04", "T09")
def test_a_restart_takes_the_evidence_with_it() -> None:
    """Source: F-113."""
    played = lab("busy")
    played.fabric.traffic = ()
    line = "hubble observe --to-pod shop/basket --verdict DROPPED --last 100"
    assert "Policy denied" in played.out(line)
    played.do("kubectl -n kube-system rollout restart ds/cilium", "kubectl -n kube-system rollout status ds/cilium")
    lacks(played, line, "Policy denied")
    holds(played, f"{AGENT} cilium-dbg bpf ct list global", r"TCP (IN|OUT) .*:8080")  # pinned maps survive


@shows("R01")
def test_broad_health_is_green_while_a_policy_drops() -> None:
    """Source: inventory R01: status first, then narrower; what each step shows of a policy's drop."""
    played = lab("busy")
    holds(played, "cilium status", r"Cilium: +OK", r"Operator: +OK")
    lacks(played, "kubectl -n kube-system logs ds/cilium -c cilium-agent --tail=40", r"level=(warn|error)")
    holds(played, f"{AGENT} cilium-dbg endpoint list", r"^\d+ +Enabled +Disabled +\d+ +k8s:app=basket .* ready")
    holds(played, f"{AGENT} cilium-dbg bpf policy get --all", r"Allow +Ingress .*k8s:app=front|Allow +Ingress")
    holds(played, "hubble observe --verdict DROPPED --last 2", r"shop/batch\S+ .*shop/basket\S+ .*DROPPED")


# ---------------------------------------------------------------- mesh


@shows("S01", "S09", "S10", "S11", "S12", "C31", "M13", "A01", "T09")
def test_the_worked_example_only_the_new_cluster_is_dropped_and_only_the_old_one_sees_it() -> None:
    """Source: F-63 to F-65, F-108."""
    played = lab("mesh")
    played.do("kubectl delete ccnp postgres-clients")  # stages 1 and 2: all works
    assert reaches_postgres(played, "old")
    assert reaches_postgres(played, "new")
    played.apply(POSTGRES)  # the legacy policy
    assert reaches_postgres(played, "old")
    assert not reaches_postgres(played, "new")
    holds(played, "cilium clustermesh status", r"All 2 nodes are connected to all clusters")
    holds(played, "kubectl --context kind-new -n ledger describe svc postgres", r"^Events: +<none>")
    drops = "hubble observe --from-cluster new --verdict DROPPED --protocol tcp --last 2"
    holds(played, drops, r"ledger/payment-api\S+ \(ID:1\d{5}\) <> ledger/postgres\S+:5432 .*Policy denied DROPPED")
    played.do("kubectl config use-context kind-new")
    lacks(played, "hubble observe --verdict DROPPED --last 10", "5432")


@shows("S13")
def test_taking_the_cluster_label_out_of_the_selector_mends_nothing() -> None:
    """Source: F-63."""
    played = lab("mesh")
    selector = '{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "ledger", "app": "payment-api"}}'
    place = "/spec/ingress/0/fromEndpoints/0"
    change = f'[{{{{"op": "replace", "path": "{place}", "value": {{}}}}}}]'
    patch = f"kubectl patch ccnp postgres-clients --type json -p '{change}'"
    played.do(patch.format(selector))
    assert not reaches_postgres(played, "new")
    holds(played, "cilium clustermesh inspect-policy-default-local-cluster --all-namespaces", "postgres-clients")
    named = selector[:-1] + ', "matchExpressions": [{"key": "io.cilium.k8s.policy.cluster", "operator": "Exists"}]}'
    played.do(patch.format(named))
    assert reaches_postgres(played, "new")
    assert reaches_postgres(played, "old")


@shows("S05")
def test_one_direction_works_and_the_other_drops() -> None:
    """Source: F-65: each side decides by its own policies."""
    played = lab("mesh")
    played.do(
        "kubectl delete ccnp postgres-clients", "kubectl --context kind-new -n ledger scale deploy loader --replicas=0"
    )
    played.do(
        *(
            f"kubectl --context kind-{name} -n ledger annotate svc payment-api service.cilium.io/global=true "
            "service.cilium.io/affinity=remote"
            for name in ("old", "new")
        )
    )
    played.apply(
        """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: payments, namespace: ledger}
spec: {endpointSelector: {matchLabels: {app: payment-api}}, ingress: [{fromEndpoints: [{}]}]}
""",
        "--context kind-old",
    )
    call = "kubectl --context kind-{} -n ledger exec deploy/payment-api -- curl -s -m 3 payment-api"
    holds(played, call.format("old"), r'"cluster":"new"')
    assert played.run(call.format("new")).exit != 0
    holds(played, "hubble observe --from-cluster new --verdict DROPPED --last 3", r"Policy denied DROPPED")
    holds(played, "cilium clustermesh status --context kind-new", r"2/2 configured, 2/2 connected")


@shows("W02")
def test_an_annotation_that_is_missing_in_one_cluster_leaves_the_other_without_backends() -> None:
    """Source: F-58."""
    played = lab("mesh")
    played.do("kubectl delete ccnp postgres-clients")
    assert reaches_postgres(played, "new")
    played.do("kubectl -n ledger annotate svc postgres service.cilium.io/global-")
    assert not reaches_postgres(played, "new")
    assert reaches_postgres(played, "old")
    holds(
        played,
        "kubectl --context kind-new -n kube-system exec ds/cilium -- cilium-dbg service list",
        r":5432/TCP +ClusterIP *$",
    )
    holds(played, "cilium clustermesh status --context kind-new", r"2/2 configured, 2/2 connected")


@shows("M04")
def test_a_global_service_in_another_namespace_shares_nothing() -> None:
    """Source: F-58: name and namespace count."""
    played = lab("mesh")
    played.do("kubectl delete ccnp postgres-clients", "kubectl -n ledger get svc postgres -o yaml > service.yaml")
    played.do("kubectl -n ledger delete svc postgres", "sed -i 's/namespace: ledger/namespace: default/' service.yaml")
    played.do(
        "sed -i '/resourceVersion\\|uid:\\|clusterIP/d; /^  - 10\\./d' service.yaml", "kubectl apply -f service.yaml"
    )
    assert not reaches_postgres(played, "new")
    holds(played, "kubectl get svc -A", r"^default +postgres ")


def _with_other_ranges() -> Lab:
    return Lab(assemble([replace(spec, pod_cidr="10.244.0.0/16") for spec in pair_specs("1.19.5")], seed=0))


def _with_one_id() -> Lab:
    return Lab(assemble([replace(spec, cluster_id=1) for spec in pair_specs("1.19.5")], seed=0))


def _with_one_name() -> Lab:
    return Lab(assemble([replace(spec, cluster_name="main") for spec in pair_specs("1.19.5")], seed=0))


def _with_other_limits() -> Lab:
    one, other = pair_specs("1.19.5")
    return Lab(assemble([one, replace(other, values={"clustermesh": {"maxConnectedClusters": 511}})], seed=0))


ENABLE = tuple(f"cilium clustermesh enable --context kind-cluster-{name} --service-type NodePort" for name in "ab")
CONNECT = "cilium clustermesh connect --context kind-cluster-a --destination-context kind-cluster-b"


@shows("C08", "R03", "T05", "P03")
@pytest.mark.parametrize(
    ("build", "flags", "text"),
    [
        (
            lambda: Lab(assemble(pair_specs("1.19.5"), seed=0)),
            "",
            "Cilium CA certificates do not match between clusters",
        ),
        (_with_one_id, "--allow-mismatching-ca", "have the same, non-unique ID: 1"),
        (_with_one_name, "--allow-mismatching-ca", "have the same, non-unique name: main"),
        (_with_other_limits, "--allow-mismatching-ca", "different max connected clusters values: 255 != 511"),
    ],
    ids=["trust", "id", "name", "limit"],
)
def test_clusters_that_may_not_be_joined_are_refused(build: Callable[[], Lab], flags: str, text: str) -> None:
    """Source: F-52, F-54, F-55."""
    played = build()
    played.do(*ENABLE)
    got = played.run(f"{CONNECT} {flags}")
    assert got.exit == 1
    assert found(text, got), got.both


@shows("W01", "R03", "T05", "P03")
def test_overlapping_ranges_join_without_a_word_and_calls_land_on_whoever_has_the_address_here() -> None:
    """Source: F-50: an address has no one clear owner; what is local comes first."""
    played = _with_other_ranges()
    played.do(*ENABLE, f"{CONNECT} --allow-mismatching-ca")
    holds(played, "cilium clustermesh status --wait", r"All 2 nodes are connected to all clusters")
    ranges = "kubectl --context kind-cluster-{} get ciliumnodes -o jsonpath='{{.items[*].spec.ipam.podCIDRs}}'"
    assert played.out(ranges.format("a")) == played.out(ranges.format("b"))
    played.do(
        "kubectl create deploy stranger --image=nginx --port=80 --replicas=60",
        "kubectl create deploy web --image=nginx --port=80 --replicas=0",
        "kubectl --context kind-cluster-b create deploy web --image=nginx --port=80 --replicas=60",
        *(
            f"kubectl --context kind-cluster-{name} {line}"
            for name in "ab"
            for line in ("expose deploy web --port=80", "annotate svc web service.cilium.io/global=true")
        ),
        "kubectl run client --image=curl --restart=Never --command -- sleep 3600",
    )
    played.world.advance(10)
    answers = played.run("for i in $(seq 60); do kubectl exec client -- curl -s -m 2 web; echo; done").out
    assert '"cluster":"cluster-b","namespace":"default","pod":"web-' in answers
    assert '"cluster":"cluster-a","namespace":"default","pod":"stranger-' in answers


@shows("R03", "T05", "P03")
def test_a_closed_port_keeps_the_mirror_from_the_other_clusters_state() -> None:
    """Source: F-51, F-53: agents read the local mirror, so theirs is not the connection that is lost."""
    played = joined_pair()
    played.block(Block("kind-cluster-a/*", "kind-cluster-b/*", "TCP", 32379))
    played.world.advance(30)
    holds(
        played,
        "cilium clustermesh status",
        r"1/1 KVStoreMesh replicas are not connected to all clusters",
        r"cluster-b: 2/2 configured, 2/2 connected - KVStoreMesh: 1/1 configured, 0/1 connected",
    )


# ---------------------------------------------------------------- BGP


@shows("C11", "W04", "T11")
@pytest.mark.parametrize("side", ["cluster", "router"])
def test_a_wrong_as_number_on_either_side_keeps_the_session_down(side: str) -> None:
    """Source: F-84, RFC 4271 (bad peer AS)."""
    played = lab("bgp")
    if side == "cluster":
        change = '[{"op": "replace", "path": "/spec/bgpInstances/0/peers/0/peerASN", "value": 65009}]'
        played.do(f"kubectl patch ciliumbgpclusterconfig rack --type json -p '{change}'")
        played.world.advance(30)
    else:
        played.router(neighbors=(RouterNeighbor("172.18.0.0/16", 65009),))
    lacks(played, "cilium bgp peers", "established")
    holds(played, "cilium bgp peers", r"^kind-worker +65001 +6500\d +172\.18\.0\.100 +(idle|active|connect) ")
    lacks(played, "kubectl get ciliumbgpnodeconfig kind-worker -o yaml", "peeringState: established")


@shows("C12")
def test_a_session_without_a_matching_advertisement_advertises_nothing() -> None:
    """Source: F-82: advertisements are chosen by labels."""
    played = lab("bgp")
    played.do("kubectl label ciliumbgpadvertisement ranges advertise=nothing --overwrite")
    played.world.advance(10)
    holds(
        played,
        "cilium bgp peers",
        r"^kind-worker +65001 +65000 +172\.18\.0\.100 +established +\S+ +ipv4/unicast +1 +0 *$",
    )
    lacks(played, "cilium bgp routes advertised ipv4 unicast", r"10\.244\.")


@shows("A03")
def test_a_router_that_takes_no_routes_has_a_session_and_no_way_in() -> None:
    """Source: inventory R08, A03; F-83."""
    played = lab("bgp")
    pod = played.out("kubectl -n shop get pods -l app=basket -o jsonpath='{.items[0].status.podIP}'")
    assert played.visit(CLIENT_IP, pod, 8080)
    played.router(accepts=("192.0.2.0/24",))
    assert not played.visit(CLIENT_IP, pod, 8080)
    holds(played, "cilium bgp peers", r"^kind-worker +65001 +65000 +172\.18\.0\.100 +established ")
    holds(
        played, "cilium bgp routes advertised ipv4 unicast", r"^kind-worker +65001 +172\.18\.0\.100 +10\.244\.1\.0/24"
    )
    assert not played.fabric.route_tables.of(ROUTER_IP, played.world.clock.now_ns)


# ---------------------------------------------------------------- the way out, and the way in


EGRESS = """
apiVersion: cilium.io/v2
kind: CiliumEgressGatewayPolicy
metadata: {{name: partners}}
spec:
  selectors: [{{podSelector: {{matchLabels: {{app: front}}}}}}]
  destinationCIDRs: [10.200.0.0/16]
  egressGateway: {{nodeSelector: {{matchLabels: {{role: egress-gateway}}}}, egressIP: {ip}}}
"""


@shows("M10")
@pytest.mark.parametrize(
    ("ip", "label", "reason", "row"),
    [
        ("172.18.0.99", "role=egress-gateway", "No Egress IP configured", r"0\.0\.0\.0 +172\.18\.0\.4"),
        ("172.18.0.77", "role=gateway", "No egress gateway found", r"0\.0\.0\.0 +Not Found"),
    ],
    ids=["address-not-on-the-node", "no-node-matches"],
)
def test_an_egress_policy_without_a_usable_gateway_drops(ip: str, label: str, reason: str, row: str) -> None:
    """Source: F-74."""
    played = lab("egress")
    played.do(f"kubectl label node kind-worker2 {label}")
    played.apply(EGRESS.format(ip=ip))
    played.world.advance(10)
    assert status_of(played, "front", PARTNER) == "000"
    holds(played, "hubble observe --from-pod shop/front --verdict DROPPED --last 2", rf"{reason} DROPPED")
    holds(played, f"{AGENT} cilium-dbg bpf egress list", rf"10\.200\.0\.0/16 +{row}")


@shows("M11", "M12")
def test_a_service_without_a_pool_has_no_address_to_announce() -> None:
    """Source: F-98."""
    played = lab("l2")
    played.do('kubectl -n shop patch svc basket -p \'{"spec": {"type": "LoadBalancer"}}\'')
    played.apply("""
apiVersion: cilium.io/v2alpha1
kind: CiliumL2AnnouncementPolicy
metadata: {name: all}
spec: {loadBalancerIPs: true}
""")
    played.world.advance(20)
    holds(played, "kubectl -n shop get svc basket", r"LoadBalancer +\S+ +<pending> ")
    lacks(played, "kubectl -n kube-system get leases", "l2announce")
    played.apply("""
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: stalls}
spec: {blocks: [{cidr: 172.18.240.0/28}]}
""")
    played.world.advance(20)
    holds(played, "kubectl -n kube-system get leases", r"^cilium-l2announce-shop-basket +kind-")


@shows("M06")
def test_a_gateway_without_an_address_is_not_programmed() -> None:
    """Source: F-90, F-98: its Service needs an address as any other of type LoadBalancer."""
    played = lab("gateway")
    played.do("kubectl delete ciliumloadbalancerippool stalls")
    played.apply("""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shop-gw, namespace: shop}
spec: {gatewayClassName: cilium, listeners: [{name: http, protocol: HTTP, port: 80}]}
""")
    played.world.advance(20)
    holds(played, "kubectl -n shop get gateway shop-gw", r"^shop-gw +cilium +(False|Unknown)? ")
    lacks(played, "kubectl -n shop get gateway shop-gw", "True")
    holds(played, "kubectl -n shop get svc cilium-gateway-shop-gw", r"<pending>")


@pytest.mark.skipif(
    not INVENTORY.exists(), reason="the inventory of the founding document is not beside the repository"
)
def test_every_scenario_row_of_the_inventory_has_its_fault() -> None:
    text = INVENTORY.read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([A-Z][0-9]{2}) \|.*\bSCN\b[^|]*\|$", text, re.MULTILINE)
    assert len(listed) == 44
    assert set(listed) <= COVERED
