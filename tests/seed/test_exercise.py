"""The hands-on exercise of the founding document (rows L), line by line in its own order, from clusters without Cilium.

The exercise is played once for a test process; each row is held to what its line gave. Where the document's order does
not lead on, `amended` says what was added so that the next rows can be played as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import pytest

from tests.seed.rows import INVENTORY, Row, check, inventory_lines
from tests.seed.worlds import Answer, lab

A, B = "kubectl --context kind-cluster-a", "kubectl --context kind-cluster-b"
INSTALL = "cilium install --context kind-cluster-{0} --set cluster.name=cluster-{0} --set cluster.id={1} " \
          "--set hubble.enabled=true --set hubble.relay.enabled=true"  # fmt: skip
KIND_FILE = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: cluster-{0}
networking: {{disableDefaultCNI: true, podSubnet: 10.{1}.0.0/16, serviceSubnet: 10.{2}.0.0/16}}
nodes: [{{role: control-plane}}, {{role: worker}}]
EOF"""
ECHO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec: {containers: [{name: echo, image: "cilium/json-mock:1.3.8", ports: [{containerPort: 8080}]}]}
EOF"""
GLOBAL_ECHO = """
apiVersion: v1
kind: Service
metadata: {name: echo, annotations: {service.cilium.io/global: "true", service.cilium.io/affinity: local}}
spec: {selector: {app: echo}, ports: [{port: 8080}]}
EOF"""
OLD_BGP = """
apiVersion: cilium.io/v2alpha1
kind: CiliumBGPPeeringPolicy
metadata: {name: lab-bgp}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  virtualRouters: [{localASN: 65001, neighbors: [{peerAddress: 172.18.0.100/32, peerASN: 65000}]}]
EOF"""
UNCONNECTED = (r'Service "clustermesh-apiserver" of type "NodePort" found', r":32379$", r"KVStoreMesh is enabled",
               r"No cluster connected")  # fmt: skip
MESHED = (r"All 2 nodes are connected to all clusters", r"- cluster-b: 2/2 configured, 2/2 connected")
CURL = f"{A} -n demo exec client -- curl -s echo:8080"
CONNECT = "cilium clustermesh connect --context kind-cluster-a --destination-context kind-cluster-b"
HEALTHY = (r"Cilium: +OK", r"Hubble Relay: +OK", r"^DaemonSet +cilium +Desired: 2, Ready: 2/2")
NO_KIND = r"^quizgame: kind is not simulated$"

ROWS = (
    Row("L01", "bare", "cat > cluster-a.yaml << 'EOF'" + KIND_FILE.format("a", 244, 96), "heredocs work", silent=True),
    Row("L02", "bare", "cat > cluster-b.yaml << 'EOF'" + KIND_FILE.format("b", 245, 97), "heredocs work", silent=True),
    Row("L03", "bare", "kind create cluster --config cluster-a.yaml", "the clusters are there already", exit=3,
        says=(NO_KIND,)),
    Row("L04", "bare", "kind create cluster --config cluster-b.yaml", "the clusters are there already", exit=3,
        says=(NO_KIND,)),
    Row("L05", "bare", INSTALL.format("a", 1), "F-22: the CLI notices kind, and that kube-proxy runs",
        says=(r"Auto-detected Kubernetes kind: kind", r'Using cluster name "cluster-a"',
              r"kube-proxy has been installed")),
    Row("L06", "bare", INSTALL.format("b", 2), "F-22", says=(r'Using cluster name "cluster-b"',)),
    Row("L07", "bare", "cilium status --context kind-cluster-a --wait", "F-112", says=HEALTHY),
    Row("L08", "bare", "cilium status --context kind-cluster-b --wait", "F-112", says=HEALTHY),
    Row("L09", "bare", "cilium clustermesh enable --context kind-cluster-a --service-type NodePort", "F-61",
        says=(r"Using service type NodePort may fail when nodes are removed from the cluster",)),
    Row("L10", "bare", "cilium clustermesh enable --context kind-cluster-b --service-type NodePort", "F-61",
        says=(r"Using service type NodePort may fail when nodes are removed from the cluster",)),
    Row("L11", "bare", "cilium clustermesh status --context kind-cluster-a --wait", "F-51, F-53", says=UNCONNECTED),
    Row("L12", "bare", "cilium clustermesh status --context kind-cluster-b --wait", "F-51, F-53", says=UNCONNECTED),
    Row("L13", "bare", CONNECT, "F-52: two installs made two CAs", exit=1,
        says=(r"Cilium CA certificates do not match between clusters cluster-a and cluster-b\. "
              r"Use --allow-mismatching-ca",)),
    Row("L14", "bare", "cilium clustermesh status --context kind-cluster-a --wait", "F-51, K02", says=MESHED),
    Row("L15", "bare", f"{A} create namespace demo", "kubectl", says=(r"^namespace/demo created$",)),
    Row("L16", "bare", f"{A} -n demo apply -f - << 'EOF'" + ECHO, "kubectl", says=(r"^deployment.apps/echo created$",)),
    Row("L17", "bare", f"{A} -n demo apply -f - << 'EOF'" + GLOBAL_ECHO, "F-58, K03", says=(r"^service/echo created$",),
        then=((f"{A} -n demo get svc echo -o yaml", r'service\.cilium\.io/global: "true"'),)),
    Row("L18", "bare", f"{B} create namespace demo", "kubectl", says=(r"^namespace/demo created$",)),
    Row("L19", "bare", f"{B} -n demo apply -f - << 'EOF'" + ECHO, "kubectl", says=(r"^deployment.apps/echo created$",)),
    Row("L20", "bare", f"{B} -n demo apply -f - << 'EOF'" + GLOBAL_ECHO, "F-58", says=(r"^service/echo created$",)),
    Row("L21", "bare", f"{A} -n demo run client --image=curlimages/curl --restart=Never --command -- sleep 3600",
        "kubectl", says=(r"^pod/client created$",)),
    Row("L22", "bare", f"{A} -n demo wait --for=condition=ready pod/client --timeout=60s", "kubectl",
        says=(r"^pod/client condition met$",)),
    Row("L23", "bare", CURL, "F-59, K04: local backends first; the answer names cluster and pod",
        says=(r'"cluster":"cluster-a"', r'"pod":"echo-'), never=("cluster-b",),
        then=((f"{A} -n kube-system exec ds/cilium -- cilium-dbg service list --clustermesh-affinity",
               r"10\.244\.1\.\d+:8080/TCP \(active\) \(preferred\)"),
              (f"{A} -n kube-system exec ds/cilium -- cilium-dbg service list --clustermesh-affinity",
               r"10\.245\.1\.\d+:8080/TCP \(active\) *$"))),
    Row("L24", "bare", f"{A} -n demo scale deployment echo --replicas=0", "kubectl", says=(r"echo scaled$",)),
    Row("L25", "bare", "sleep 15", "simulated time passes", silent=True),
    Row("L26", "bare", CURL, "F-59, K05: answered from the other cluster", says=(r'"cluster":"cluster-b"',),
        never=("cluster-a",),
        then=(("hubble observe --from-pod demo/client --to-pod demo/echo --last 5", r"to-overlay FORWARDED"),)),
    Row("L27", "bare", f"{A} -n demo scale deployment echo --replicas=2", "kubectl", says=(r"echo scaled$",),
        then=((CURL, r'"cluster":"cluster-a"'),)),
    Row("L28", "bare", f"{A} apply -f - << 'EOF'" + OLD_BGP, "F-80: the kind was removed in 1.19", exit=1,
        says=(r'^error: resource mapping not found for name: "lab-bgp" namespace: "" from "STDIN": no matches for kind '
              r'"CiliumBGPPeeringPolicy" in version "cilium\.io/v2alpha1"$', r"^ensure CRDs are installed first$")),
    Row("L29", "bare", f"{A} get ciliumbgppeeringpolicy", "F-80", exit=1,
        says=(r'^error: the server doesn\'t have a resource type "ciliumbgppeeringpolicy"$',)),
    Row("L30", "bare", "cilium bgp peers --context kind-cluster-a",
        "F-85, F-80: the control plane is off, and the CLI cannot read the agents' answer", exit=1,
        says=(r"Unable to get peering status",), never=("established", "(?i)active")),
    Row("L31", "bare", "kind delete cluster --name cluster-a", "clusters come and go with the game", exit=3,
        says=(NO_KIND,)),
    Row("L32", "bare", "kind delete cluster --name cluster-b", "clusters come and go with the game", exit=3,
        says=(NO_KIND,)),
    Row("L33", "bare", "rm cluster-a.yaml cluster-b.yaml", "files of the workstation", silent=True,
        then=(("ls", r"\A\Z"),)),
)  # fmt: skip

AMENDED: Mapping[str, tuple[str, ...]] = {"L13": (f"{CONNECT} --allow-mismatching-ca",)}
"""What the exercise lacks for 1.19, after which row."""


@lru_cache
def _played() -> Mapping[str, tuple[Answer, list[Answer]]]:
    """Id → what its line gave, and what the lines after it."""
    exercise = lab("bare")
    answers = {}
    for row in ROWS:
        got = exercise.run(row.line)
        answers[row.id] = (got, [exercise.run(line) for line, _ in row.then])
        exercise.do(*AMENDED.get(row.id, ()))
    return answers


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_line_of_the_exercise_answers_what_is_true(row: Row) -> None:
    got, later = _played()[row.id]
    check(row, got)
    for (line, pattern), answer in zip(row.then, later, strict=True):
        check(Row(row.id, row.world, line, row.why, (pattern,), exit=answer.exit), answer)


def test_an_accepted_configuration_without_a_router_shows_a_session_that_is_not_established() -> None:
    """Source: F-85, F-80: what the exercise's last part shows on 1.19, by the resources that it has."""
    bgp = lab("bgp")
    bgp.router(state=type(bgp.fabric.outside.routers["172.18.0.100"].state)("down"))
    assert "established" not in bgp.out("cilium bgp peers")
    assert "active" in bgp.out("cilium bgp peers")


def test_no_row_is_left_out() -> None:
    assert [row.id for row in ROWS] == [f"L{number:02}" for number in range(1, 34)]


@pytest.mark.skipif(
    not INVENTORY.exists(), reason="the inventory of the founding document is not beside the repository"
)
def test_the_lines_are_those_of_the_inventory() -> None:
    listed = inventory_lines("L")
    assert set(listed) == {row.id for row in ROWS}
    for row in ROWS:
        assert row.line.startswith(listed[row.id]), row.id
