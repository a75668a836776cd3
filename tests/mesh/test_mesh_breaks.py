"""Cluster Mesh: what joins, and each way in which it fails, set by state alone and looked for in every tool.

Expectations: facts F-50 to F-68; reference cilium-cli section 7 and goldens ``clustermesh-status-*``; reference
cilium-dbg sections 3 and 16; cilium/cilium v1.19 pkg/clustermesh (with KVStoreMesh an agent reads the copy of the own
cluster).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quizgame.cluster.links import Block

if TYPE_CHECKING:
    from tests.mesh.conftest import Build, Meshed

A, B = "kind-cluster-a", "kind-cluster-b"
WAITING = "Waiting for initial connection to be established"
UNFOUND = "remote cluster configuration required but not found"
WALL = Block("kind-cluster-a/*", "kind-cluster-b/*", "TCP", 32379)
TROUBLESHOOT = "/usr/bin/clustermesh-apiserver kvstoremesh-dbg troubleshoot cluster-b"


@pytest.fixture(scope="module")
def apart(build: Build) -> Meshed:
    """Two clusters that are ready for a mesh."""
    meshed = build()
    meshed.enable()
    return meshed


@pytest.fixture(scope="module")
def together(apart: Meshed) -> Meshed:
    """Two joined clusters."""
    meshed = type(apart)(apart.world.fork())
    meshed.connect()
    meshed.run("cilium clustermesh status --wait")
    return meshed


@pytest.fixture
def ready(apart: Meshed) -> Meshed:
    return type(apart)(apart.world.fork())


@pytest.fixture
def mesh(together: Meshed) -> Meshed:
    return type(together)(together.world.fork())


def fail_local(mesh: Meshed) -> None:
    """Leave the shared service without a local backend."""
    mesh.run("kubectl scale deployment echo --replicas=0")
    mesh.world.advance(40)


# ---------------------------------------------------------------- joined


def test_joined_clusters_know_each_other_everywhere(mesh: Meshed) -> None:
    status = mesh.status()
    assert "✅ All 3 nodes are connected to all clusters [min:1 / avg:1.0 / max:1]" in status
    assert "  - cluster-b: 3/3 configured, 3/3 connected - KVStoreMesh: 1/1 configured, 1/1 connected" in status
    assert "cluster-b: ready, 3 nodes" in mesh.ask("status --all-clusters")
    assert "cluster-b/cluster-b-worker" in mesh.ask("node list")
    remote_ip = mesh.run(f"kubectl --context {B} get pod -l app=echo -o jsonpath='{{.items[0].status.podIP}}'")
    assert remote_ip in mesh.ask("bpf ipcache list")
    assert remote_ip in mesh.ask("service list --clustermesh-affinity")
    numbers = [
        int(line.split()[0])
        for line in mesh.ask("identity list | grep policy.cluster=cluster-b -B4").splitlines()
        if line[:1].isdigit()
    ]
    # Source: facts F-56: the cluster's id is above the low 16 bits.
    assert any(131072 <= number <= 196607 for number in numbers)
    fail_local(mesh)
    assert mesh.reach() == "200"


def test_the_agents_read_the_copy_and_kvstoremesh_reads_the_remote_cluster(mesh: Meshed) -> None:
    assert "https://clustermesh-apiserver.kube-system.svc:2379" in mesh.ask("troubleshoot clustermesh")
    inside = mesh.inside(TROUBLESHOOT)
    assert "https://cluster-b.mesh.cilium.io:32379" in inside
    assert "✅ Hostname resolved to: 172.18.0.5" in inside
    assert "   ✅ Etcd connection successfully established\n" in inside
    assert "kvstoremesh=true" in mesh.ask("status --all-clusters")
    assert "❌ Configuration not found" in mesh.ask("troubleshoot clustermesh nobody")


def test_nothing_is_configured_before_joining(ready: Meshed) -> None:
    assert ready.ask("troubleshoot clustermesh") == "Found 0 cluster configurations\n"


def test_without_kvstoremesh_agents_go_themselves(build: Build) -> None:
    direct = build()
    direct.enable(mirrored=False)
    direct.connect()
    status = direct.run("cilium clustermesh status --wait")
    assert "ℹ️  KVStoreMesh is disabled" in status
    assert "  - cluster-b: 3/3 configured, 3/3 connected\n" in status
    assert "https://cluster-b.mesh.cilium.io:32379" in direct.ask("troubleshoot clustermesh")
    assert "kvstoremesh=false" in direct.ask("status --all-clusters")
    # One node behind a firewall of its own: golden clustermesh-status-1-of-3-not-connected.
    direct.block(Block("kind-cluster-a/cluster-a-worker", "kind-cluster-b/*", "TCP", 32379))
    status = direct.status()
    assert "⚠️  1/3 nodes are not connected to all clusters [min:0 / avg:0.7 / max:1]" in status
    assert "❌ 1 Errors:" in status
    assert status.count(WAITING) == 1
    # The own API server is of no use to those who go themselves.
    direct.block()
    direct.run("kubectl -n kube-system scale deployment clustermesh-apiserver --replicas=0")
    direct.world.advance(30)
    assert "1/1 remote clusters ready" in direct.ask("status")


def test_an_upgrade_keeps_the_connection(mesh: Meshed) -> None:
    mesh.run("cilium upgrade --reuse-values --set debug.enabled=true")
    mesh.world.advance(60)
    assert "3/3 configured, 3/3 connected" in mesh.status()


def test_leaving_the_mesh(mesh: Meshed) -> None:
    mesh.run("cilium clustermesh disconnect --destination-context kind-cluster-b")
    mesh.world.advance(30)
    for context in (A, B):
        assert "🔌 No cluster connected" in mesh.status(context)
        assert "0/0 remote clusters ready" in mesh.ask("status", context)
    assert "cluster-b/" not in mesh.ask("node list")
    fail_local(mesh)
    assert mesh.reach() == "000"


# ---------------------------------------------------------------- before joining


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({B: {"cluster.name": "cluster-a"}}, "local and remote cluster have the same, non-unique name: cluster-a"),
        ({B: {"cluster.id": 1}}, "local and remote cluster have the same, non-unique ID: 1"),
        (
            {A: {"clustermesh.maxConnectedClusters": 511}},
            "local and remote cluster have different max connected clusters values: 511 != 255",
        ),
    ],
)
def test_clusters_that_cannot_be_told_apart_are_not_joined(
    build: Build, values: dict[str, dict[str, object]], message: str
) -> None:
    meshed = build(values=values)
    meshed.enable()
    assert f"Error: Unable to connect cluster: {message}" in meshed.connect()
    assert "🔌 No cluster connected" in meshed.status()


def test_other_authorities_are_refused_unless_asked_for(ready: Meshed) -> None:
    refused = ready.result("cilium clustermesh connect --destination-context kind-cluster-b")
    assert refused.exit == 1
    assert "🔌 No cluster connected" in ready.status()
    assert "Remote cluster CA will be trusted in the CA bundle" in ready.connect()
    assert "3/3 configured, 3/3 connected" in ready.run("cilium clustermesh status --wait")


def test_an_authority_that_changes_later_breaks_the_trust(mesh: Meshed) -> None:
    """The remote cluster was installed anew: its certificates are signed by an authority that nobody here knows."""
    mesh.run(
        f"kubectl --context {B} -n kube-system patch secret cilium-ca --type merge "
        '-p \'{"data":{"ca.crt":"bmV3"}}\''
    )
    mesh.world.advance(30)
    assert f"{mesh.api_server_pod()} is not connected to cluster cluster-b: {WAITING}" in mesh.status()
    assert "x509: certificate signed by unknown authority" in mesh.inside(TROUBLESHOOT)


# ---------------------------------------------------------------- connections that fail


def test_a_blocked_port_before_joining(ready: Meshed) -> None:
    ready.block(WALL)
    ready.connect()
    ready.world.advance(30)
    status = ready.status()
    assert "⚠️  3/3 nodes are not connected to all clusters [min:0 / avg:0.0 / max:0]" in status
    assert "⚠️  1/1 KVStoreMesh replicas are not connected to all clusters [min:0 / avg:0.0 / max:0]" in status
    # The agents reach the copy in their own cluster and find nothing of the remote one in it.
    assert status.count(f"is not connected to cluster cluster-b: {UNFOUND}") == 3
    assert status.count(f"is not connected to cluster cluster-b: {WAITING}") == 1
    assert ready.result("cilium clustermesh status").exit == 0
    assert ready.result("cilium clustermesh status --wait --wait-duration 20s").exit == 1
    assert "cluster-b: not-ready, 0 nodes" in ready.ask("status")
    assert "remote configuration: expected=true, retrieved=false" in ready.ask("status")
    told = ready.result(f"kubectl exec -n kube-system {ready.api_server_pod()} -c kvstoremesh -- {TROUBLESHOOT}")
    inside = "".join(line.text for line in told.stdout)
    assert "dial tcp 172.18.0.5:32379: i/o timeout" in inside
    assert "❌ Failed to establish connection: context deadline exceeded" in inside
    assert "mesh(cluster=kind-cluster-a, message=i/o timeout, remote=cluster-b, status=not-connected)" in {
        str(each) for shown in told.stdout for each in shown.facts
    }
    # The other direction is another connection, and no tool of the first cluster calls Cilium itself broken.
    assert "✅ All 3 nodes are connected" in ready.status(B)
    assert "ClusterMesh:        OK" in ready.run("cilium status")


def test_a_port_that_is_blocked_later_leaves_the_copy(mesh: Meshed) -> None:
    mesh.block(WALL)
    mesh.world.advance(30)
    status = mesh.status()
    assert "✅ All 3 nodes are connected to all clusters" in status
    assert "⚠️  1/1 KVStoreMesh replicas are not connected to all clusters" in status
    fail_local(mesh)
    assert mesh.reach() == "200"
    # What happens over there from now on stays unknown: its pods go, and the copy still names them.
    mesh.run(f"kubectl --context {B} scale deployment echo --replicas=0")
    mesh.world.advance(40)
    assert mesh.reach() == "000"
    mesh.block()
    mesh.run(f"kubectl --context {B} scale deployment echo --replicas=1")
    mesh.world.advance(40)
    assert mesh.reach() == "200"


def test_the_own_api_server_down(mesh: Meshed) -> None:
    mesh.run("kubectl -n kube-system scale deployment clustermesh-apiserver --replicas=0")
    mesh.world.advance(30)
    assert "deployment clustermesh-apiserver is not ready" in mesh.status()
    status = mesh.ask("status")
    assert "0/1 remote clusters ready" in status
    assert f"└  {WAITING}" in status
    assert "cluster-b: not-ready, 3 nodes" in status
    fail_local(mesh)
    assert mesh.reach() == "200"
    assert "1/1 KVStoreMesh replicas are not connected" in mesh.status(B)


def test_a_new_replica_of_the_api_server_starts_without_the_copy(mesh: Meshed) -> None:
    mesh.block(WALL)
    mesh.run(f"kubectl -n kube-system delete pod {mesh.api_server_pod()}")
    mesh.world.advance(30)
    status = mesh.status()
    assert status.count(UNFOUND) == 3
    assert status.count(WAITING) == 1


def test_the_remote_api_server_down(mesh: Meshed) -> None:
    mesh.run(f"kubectl --context {B} -n kube-system scale deployment clustermesh-apiserver --replicas=0")
    mesh.world.advance(30)
    status = mesh.status()
    assert "✅ All 3 nodes are connected to all clusters" in status
    assert "1/1 KVStoreMesh replicas are not connected" in status
    assert "connect: connection refused" in mesh.inside(TROUBLESHOOT)


# ---------------------------------------------------------------- clusters that do not fit


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({B: {"cluster.id": 1}}, "clusterID 1 is assigned to the local cluster"),
        ({A: {"clustermesh.maxConnectedClusters": 511}}, "mismatched MaxConnectedClusters; local=511, remote=255"),
    ],
)
def test_agents_refuse_a_cluster_that_was_joined_past_the_tool(
    build: Build, values: dict[str, dict[str, object]], reason: str
) -> None:
    meshed = build(values=values)
    meshed.enable()
    for context, other, ip in ((A, "cluster-b", "172.18.0.5"), (B, "cluster-a", "172.18.0.2")):
        authority = meshed.run(
            f"kubectl --context {B if context == A else A} -n kube-system get secret cilium-ca "
            "-o jsonpath='{.data.ca\\.crt}'"
        )
        entry = "--set clustermesh.config.clusters[0]"
        meshed.run(
            f"cilium upgrade --context {context} --reuse-values --set clustermesh.config.enabled=true "
            f"{entry}.name={other} {entry}.ips[0]={ip} {entry}.port=32379 {entry}.tls.caCert={authority}"
        )
    meshed.world.advance(30)
    status = meshed.status()
    assert "⚠️  3/3 nodes are not connected to all clusters" in status
    assert "✅ All 1 KVStoreMesh replicas are connected to all clusters" in status
    logs = meshed.agent_logs()
    assert 'msg="Connection to remote cluster failed"' in logs
    assert reason in logs
    fail_local(meshed)
    assert meshed.reach() == "000"


def test_overlapping_pod_ranges_join_unnoticed(build: Build) -> None:
    meshed = build(pod_cidrs={A: "10.10.0.0/16", B: "10.10.0.0/16"})
    meshed.enable()
    meshed.connect()
    # Nothing in the status tells: facts F-50, inventory W01.
    assert "3/3 configured, 3/3 connected" in meshed.run("cilium clustermesh status --wait")
    # Only the nodes' ranges do: two nodes claim the same one. An address that both hand out is the local pod's, see
    # tests/agent/test_overlapping_ranges.py.
    ranges = [line.split()[2] for line in meshed.ask("node list").splitlines()[1:]]
    assert sorted(ranges) == sorted(2 * ["10.10.0.0/24", "10.10.1.0/24", "10.10.2.0/24"])


# ---------------------------------------------------------------- shared services


@pytest.mark.parametrize(
    "change",
    [
        f"kubectl --context {B} annotate service echo service.cilium.io/global-",
        f"kubectl --context {B} annotate service echo service.cilium.io/shared=false",
        "kubectl annotate service echo service.cilium.io/global-",
        f"kubectl --context {B} delete service echo",
    ],
)
def test_a_service_that_is_not_shared_by_both_fails_with_its_local_pods(mesh: Meshed, change: str) -> None:
    mesh.run(change)
    fail_local(mesh)
    assert mesh.reach() == "000"
    assert "3/3 configured, 3/3 connected" in mesh.status()


def test_the_same_name_in_another_namespace_is_another_service(mesh: Meshed) -> None:
    mesh.run(f"kubectl --context {B} create namespace demo")
    mesh.run(f"kubectl --context {B} -n demo create service clusterip echo --tcp=8080")
    mesh.run(f"kubectl --context {B} -n demo annotate service echo service.cilium.io/global=true")
    mesh.run(f"kubectl --context {B} delete service echo")
    fail_local(mesh)
    assert mesh.reach() == "000"


def test_each_side_decides_by_its_own_policies(mesh: Meshed) -> None:
    """A client passes in one direction only, and the drop is seen where the policy is. Facts F-63, F-65, F-108."""
    policy = """kubectl --context kind-cluster-b apply -f - <<'EOF'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: echo}
spec:
  endpointSelector: {matchLabels: {app: echo}}
  ingress:
  - fromEndpoints:
    - matchLabels: {run: client}
      PLACE
EOF"""
    mesh.run(policy.replace("PLACE", ""))
    mesh.world.advance(10)
    fail_local(mesh)
    assert mesh.reach() == "000"
    assert "default/client" not in mesh.run("hubble observe --verdict DROPPED --last 20")
    mesh.run(f"kubectl config use-context {B}")
    assert "default/client" in mesh.run("hubble observe --verdict DROPPED --last 20")
    mesh.run(policy.replace("PLACE", "matchExpressions: [{key: io.cilium.k8s.policy.cluster, operator: Exists}]"))
    mesh.world.advance(10)
    assert mesh.reach(A) == "200"
