"""IPAM by a cloud: what operator and agents write into CiliumNodes, and how each refuses without its cloud.

Expectations: facts F-26, F-123; cilium/cilium v1.19 Documentation/network/concepts/ipam/{eni,azure}.rst, pkg/aws/eni,
pkg/azure, pkg/alibabacloud, operator allocatorProviders, pkg/ipam/crd.go ("No more IPs available").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quizgame.cluster.ipam.cloud import Cloud

if TYPE_CHECKING:
    from tests.ipam.conftest import Build, Lab

NATIVE = {"routingMode": "native", "bpf": {"masquerade": True}}
PROVIDERS = {"eni": "aws", "azure": "azure", "alibabacloud": "alibabacloud"}
PODS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 16
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
"""


def values(mode: str, **more: Any) -> dict[str, Any]:
    extra = {} if mode == "eni" else {"ipv4NativeRoutingCIDR": "172.18.0.0/16"}
    return {**NATIVE, **extra, "ipam": {"mode": mode}, mode: {"enabled": True}, **more}


def crashed(lab: Lab, what: str) -> str:
    """The last line that pods of a workload wrote, after checking that they crash again and again."""
    pods = [line for line in lab.out("kubectl -n kube-system get pods").splitlines() if line.startswith(what)]
    assert pods
    assert all("CrashLoopBackOff" in line or "Error" in line for line in pods), pods
    return lab.out(f"kubectl -n kube-system logs {pods[0].split()[0]}").splitlines()[-1]


@pytest.fixture(scope="module", params=sorted(PROVIDERS))
def served(request: pytest.FixtureRequest, build: Build) -> tuple[str, Lab]:
    """A mode, and a cluster whose cloud serves it."""
    return request.param, build(values(request.param), PODS, cloud=Cloud(PROVIDERS[request.param]))


@pytest.fixture(scope="module")
def eni(build: Build) -> Lab:
    return build(values("eni"), PODS, cloud=Cloud("aws"))


def test_pods_get_addresses_of_the_clouds_network(served: tuple[str, Lab]) -> None:
    _, lab = served
    shown = [line.split() for line in lab.out("kubectl get pods -o wide").splitlines()[1:]]
    assert len(shown) == 16
    assert {row[2] for row in shown} == {"Running"}
    assert all(row[5].startswith("172.18.") for row in shown)
    assert all(lab.world.cluster.cloud.holds(row[5]) for row in shown if lab.world.cluster.cloud)


def test_the_operators_image_is_that_of_its_cloud(served: tuple[str, Lab]) -> None:
    mode, lab = served
    assert f"operator-{PROVIDERS[mode]}:" in lab.out("kubectl -n kube-system get deployment cilium-operator -o yaml")


def test_every_used_address_was_lent_to_the_node(served: tuple[str, Lab]) -> None:
    _, lab = served
    node = lab.node("kind-worker")
    lent, used = node["spec"]["ipam"]["pool"], node["status"]["ipam"]["used"]
    assert set(used) <= set(lent)
    assert {each["owner"] for each in used.values()} >= {"router", "health"}
    assert all(used[ip]["resource"] == lent[ip]["resource"] for ip in used)


def test_the_status_counts_without_naming_a_range(served: tuple[str, Lab]) -> None:
    _, lab = served
    status = lab.dbg("kind-worker", "status")
    line = next(each for each in status.splitlines() if each.startswith("IPAM:"))
    assert line.split(maxsplit=1)[1].startswith("IPv4: ")
    assert line.endswith(" allocated, ")
    assert "172.18.0.0/16" in next(each for each in status.splitlines() if each.startswith("Masquerading:"))


def test_each_provider_shows_its_interfaces_in_the_status(served: tuple[str, Lab]) -> None:
    mode, lab = served
    node = lab.node("kind-worker")
    status = node["status"]
    assert node["spec"]["instance-id"]
    match mode:
        case "eni":
            assert status["eni"]["enis"]
            assert node["spec"]["eni"]["instance-type"] == "m5.large"
        case "azure":
            assert status["azure"]["interfaces"]
            assert node["spec"]["instance-id"].startswith("azure:///subscriptions/")
        case _:
            assert status["alibaba-cloud"]["enis"]


def test_pods_of_two_nodes_reach_each_other(served: tuple[str, Lab]) -> None:
    _, lab = served
    rows = [line.split() for line in lab.out("kubectl get pods -o wide").splitlines()[1:]]
    client = next(row for row in rows if row[6] == "kind-worker")
    server = next(row for row in rows if row[6] == "kind-worker2")
    got = lab.run(f"kubectl exec {client[0]} -- curl -s -o /dev/null -w '%{{http_code}}' {server[5]}:80")
    assert "200" in got


def test_the_operator_keeps_some_addresses_ready(eni: Lab) -> None:
    node = eni.node("kind-worker")
    spare = set(node["spec"]["ipam"]["pool"]) - set(node["status"]["ipam"]["used"])
    assert len(spare) >= 8


def test_without_a_cloud_operator_and_agents_give_up(build: Build) -> None:
    lab = build(values("eni"))
    assert "Unable to init eni allocator" in crashed(lab, "cilium-operator")
    assert "level=fatal" in crashed(lab, "cilium-operator")
    agent = next(
        line.split()[0] for line in lab.out("kubectl -n kube-system get pods").splitlines()
        if line.startswith("cilium-") and "operator" not in line and "envoy" not in line
    )  # fmt: skip
    assert "level=fatal" in lab.out(f"kubectl -n kube-system logs {agent}").splitlines()[-1]
    nodes = lab.out("kubectl get nodes").splitlines()[1:]
    assert all(line.split()[1] == "NotReady" for line in nodes)


def test_the_generic_operator_does_not_serve_a_cloud(build: Build) -> None:
    without = {key: value for key, value in values("eni").items() if key != "eni"}
    lab = build(without, cloud=Cloud("aws"))
    assert "eni allocator is not supported by this version of cilium-operator-generic" in crashed(
        lab, "cilium-operator"
    )
    waits = lab.out(f"kubectl -n kube-system logs {lab.agent('kind-worker').pod_name}").splitlines()[-1]
    assert "Waiting for IPs to become available in CRD-backed allocation pool" in waits


def test_eni_refuses_a_tunnel(build: Build) -> None:
    lab = build(values("eni", routingMode="tunnel"), cloud=Cloud("aws"))
    agents = [
        line.split() for line in lab.out("kubectl -n kube-system get pods").splitlines()
        if line.startswith("cilium-") and "operator" not in line and "envoy" not in line
    ]  # fmt: skip
    assert all(row[1] == "0/1" for row in agents)
    assert "tunnel" in lab.out(f"kubectl -n kube-system logs {agents[0][0]}").splitlines()[-1]


def test_an_instance_that_is_full_leaves_pods_without_addresses(build: Build) -> None:
    lab = build(values("eni"), PODS, cloud=Cloud("aws", interfaces=1, addresses=6))
    waiting = [line.split()[0] for line in lab.out("kubectl get pods").splitlines() if "ContainerCreating" in line]
    assert waiting
    assert '[POST /ipam][502] postIpamFailure "No more IPs available"' in lab.events(waiting[0])
    assert "Instance is out of interfaces" in lab.out("kubectl -n kube-system logs deploy/cilium-operator")
    assert "IPv4: 5/5 allocated, " in lab.dbg("kind-worker", "status")


def test_a_cloud_that_refuses_keeps_agents_waiting(build: Build) -> None:
    refusal = "UnauthorizedOperation: You are not authorized to perform this operation."
    lab = build(values("eni"), cloud=Cloud("aws", refusal=refusal))
    assert refusal in lab.out("kubectl -n kube-system logs deploy/cilium-operator")
    agent = lab.agent("kind-worker").pod_name
    assert "0/1     Running" in lab.out(f"kubectl -n kube-system get pod {agent}")
    last = lab.out(f"kubectl -n kube-system logs {agent}").splitlines()[-1]
    assert "required=2 available=0 nodeName=kind-worker" in last


def test_the_agent_says_until_now_what_it_waits_for(build: Build) -> None:
    lab = build(values("eni"), cloud=Cloud("aws", refusal="RequestLimitExceeded"))
    last = lab.out(f"kubectl -n kube-system logs {lab.agent('kind-worker').pod_name}").splitlines()[-1]
    lab.wait(60)
    later = lab.out(f"kubectl -n kube-system logs {lab.agent('kind-worker').pod_name}").splitlines()[-1]
    assert later.split()[0] > last.split()[0]


def test_the_operators_log_is_in_order_of_time(build: Build) -> None:
    lab = build(values("eni"), cloud=Cloud("aws", interfaces=1, addresses=4))
    lines = lab.out("kubectl -n kube-system logs deploy/cilium-operator").splitlines()
    assert "Cilium Operator" in lines[0]
