"""Multi-pool IPAM: which pool a pod's address comes from, what nodes ask for and get, and each way in which it fails.

Expectations: facts F-25 and versions.md (IPAM); cilium/cilium v1.19 Documentation/network/concepts/ipam/multi-pool.rst,
pkg/ipam/multipool_manager.go, pkg/ipam/metadata/manager.go, operator pool_allocator.go; the pod's event as
cilium/cilium#28201 and #39274 show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quizgame.cluster.ipam.demand import needed, preallocation
from quizgame.cluster.ipam.multipool import parse_pools

if TYPE_CHECKING:
    from tests.ipam.conftest import APod, Build, Lab

VALUES = {
    "ipam": {
        "mode": "multi-pool",
        "operator": {"autoCreateCiliumPodIPPools": {"default": {"ipv4": {"cidrs": ["10.10.0.0/16"], "maskSize": 27}}}},
    }
}
WAITING = "pool not (yet) available"


def pool(name: str, cidrs: str, mask: int, more: str = "") -> str:
    return f"""
apiVersion: cilium.io/v2alpha1
kind: CiliumPodIPPool
metadata: {{name: {name}}}
spec: {{ipv4: {{cidrs: {cidrs}, maskSize: {mask}}}{more}}}
---
"""


GREEN = pool("green", "[10.20.0.0/24]", 28)


def wants(name: str) -> str:
    return f"{{ipam.cilium.io/ip-pool: {name}}}"


@pytest.fixture(scope="module")
def settled(build: Build) -> Lab:
    return build(VALUES)


@pytest.fixture
def lab(settled: Lab) -> Lab:
    return settled.fork()


def pools(lab: Lab, node: str) -> dict[str, list[str]]:
    entries = lab.node(node)["spec"]["ipam"]["pools"].get("allocated", [])
    return {each["pool"]: each["cidrs"] for each in entries}


def requested(lab: Lab, node: str) -> dict[str, int]:
    entries = lab.node(node)["spec"]["ipam"]["pools"].get("requested", [])
    return {each["pool"]: each["needed"]["ipv4-addrs"] for each in entries}


# ------------------------------------------------------------ what is there when all is well


def test_the_operator_makes_the_pools_of_the_values_and_each_node_gets_a_range(lab: Lab) -> None:
    assert lab.out("kubectl get cpip").splitlines()[0].split() == ["NAME", "AGE"]
    assert lab.out("kubectl get ciliumpodippools -o name").split() == ["ciliumpodippool.cilium.io/default"]
    assert [pools(lab, node) for node in ("kind-control-plane", "kind-worker", "kind-worker2")] == [
        {"default": ["10.10.0.0/27"]},
        {"default": ["10.10.0.32/27"]},
        {"default": ["10.10.0.64/27"]},
    ]


def test_a_node_asks_for_eight_addresses_beyond_those_in_use(lab: Lab) -> None:
    used = len(lab.agent("kind-worker2").ipam.owners)
    assert requested(lab, "kind-worker2") == {"default": (used // 8 + (2 if used % 8 else 1)) * 8}


@pytest.mark.parametrize(
    ("used", "store", "asked"), [(0, 16, 16), (1, 16, 32), (15, 16, 32), (16, 16, 32), (17, 16, 48), (3, 0, 3)]
)
def test_what_is_needed_is_rounded_to_the_next_multiple_but_one(used: int, store: int, asked: int) -> None:
    assert needed(used, store) == asked


def test_the_ranges_of_nodes_in_this_mode_are_not_pod_cidrs(lab: Lab) -> None:
    line = (
        "kubectl get ciliumnodes -o jsonpath='{range .items[*]}{.metadata.name}: {.spec.ipam.podCIDRs}{\"\\n\"}{end}'"
    )
    assert lab.out(line).splitlines() == ["kind-control-plane: ", "kind-worker: ", "kind-worker2: "]


def test_status_counts_pools_and_names_those_of_addresses(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")))
    lab.wait(20)
    assert "IPAM:                    IPv4: 2 IPAM pool(s) available, " in lab.dbg("kind-worker", "status")
    listed = lab.dbg("kind-worker", "status --all-addresses")
    assert f"  green/{lab.ip('one')} (default/one)" in listed
    assert f"  {lab.agent('kind-worker').router_ip} (router)" in listed
    assert "1 IPAM pool(s)" in lab.dbg("kind-worker2", "status")


def test_the_configuration_says_so(lab: Lab) -> None:
    shown = {
        line.split()[0]: line.split()[-1]
        for line in lab.out("cilium config view | grep -i -e ipam -e pool").splitlines()
    }
    assert shown["ipam"] == "multi-pool"
    assert shown["auto-create-cilium-pod-ip-pools"] == "default=ipv4-cidrs:10.10.0.0/16;ipv4-mask-size:27"
    assert shown["ipam-default-ip-pool"] == "default"
    assert "cluster-pool-ipv4-cidr" not in shown


# ------------------------------------------------------------ which pool


def test_a_pods_first_address_of_a_pool_takes_a_second_try(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")))
    lab.wait(3)
    assert lab.ip("one") == ""
    assert (
        'plugin type="cilium-cni" name="cilium" failed (add): unable to allocate IP via local cilium agent: '
        in lab.events("one")
    )
    assert f'postIpamFailure "unable to allocate from pool \\"green\\" (family ipv4): {WAITING}"' in lab.events("one")
    lab.wait(15)
    assert lab.ip("one").startswith("10.20.0.")
    assert pools(lab, "kind-worker") == {"default": ["10.10.0.32/27"], "green": ["10.20.0.0/28"]}
    assert requested(lab, "kind-worker")["green"] == 1
    lab.apply(a_pod("two", annotations=wants("green")))
    lab.wait(3)
    assert lab.ip("two").startswith("10.20.0.")
    assert WAITING not in lab.events("two")


def test_traffic_reaches_pods_of_every_pool(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")) + a_pod("two", node="kind-worker2"))
    lab.wait(20)
    assert "200" in lab.run(f"kubectl exec two -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{lab.ip('one')}")
    assert "200" in lab.run(f"kubectl exec one -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{lab.ip('two')}")


def test_the_pods_annotation_wins_over_its_namespaces(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + pool("red", "[10.30.0.0/24]", 28))
    lab.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, annotations: {wants('green')}}}\n---\n")
    lab.apply(a_pod("one", namespace="shop") + a_pod("two", namespace="shop", annotations=wants("red")))
    lab.wait(20)
    assert lab.ip("one", "shop").startswith("10.20.0.")
    assert lab.ip("two", "shop").startswith("10.30.0.")


def test_an_annotation_on_a_running_pod_changes_nothing(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one"))
    lab.wait(3)
    before = lab.ip("one")
    lab.run("kubectl annotate pod one ipam.cilium.io/ip-pool=green")
    lab.restart_agent("kind-worker")
    assert lab.ip("one") == before
    assert lab.agent("kind-worker").endpoint_at(before) is not None


def test_selectors_pick_pods_and_namespaces_that_name_no_pool(lab: Lab, a_pod: APod) -> None:
    picks = ", podSelector: {matchLabels: {tier: db}}, namespaceSelector: {matchLabels: {team: red}}"
    lab.apply(pool("green", "[10.20.0.0/24]", 28, picks))
    lab.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: red}}\n---\n")
    lab.apply(
        a_pod("db", namespace="shop", labels="{tier: db}")
        + a_pod("web", namespace="shop")
        + a_pod("db2", labels="{tier: db}")
    )
    lab.wait(20)
    assert lab.ip("db", "shop").startswith("10.20.0.")
    assert lab.ip("web", "shop").startswith("10.10.0.")
    assert lab.ip("db2").startswith("10.10.0.")


def test_selectors_may_use_the_labels_that_cilium_adds(lab: Lab, a_pod: APod) -> None:
    lab.apply(pool("green", "[10.20.0.0/24]", 28, ", podSelector: {matchLabels: {io.kubernetes.pod.name: one}}"))
    lab.apply(a_pod("one") + a_pod("two"))
    lab.wait(20)
    assert (lab.ip("one")[:8], lab.ip("two")[:8]) == ("10.20.0.", "10.10.0.")


def test_two_pools_that_select_a_pod_give_it_nothing(lab: Lab, a_pod: APod) -> None:
    picks = ", podSelector: {matchLabels: {tier: db}}"
    lab.apply(pool("green", "[10.20.0.0/24]", 28, picks) + pool("red", "[10.30.0.0/24]", 28, picks))
    lab.apply(a_pod("db", labels="{tier: db}"))
    lab.wait(20)
    assert lab.ip("db") == ""
    assert "multiple CiliumPodIPPools match pod default/db (family=ipv4): [green red]" in lab.events("db")
    lab.run("kubectl delete cpip red")
    lab.wait(20)
    assert lab.ip("db").startswith("10.20.0.")


def test_a_pod_may_refuse_the_default_pool(lab: Lab, a_pod: APod) -> None:
    lab.apply(a_pod("one", annotations='{ipam.cilium.io/require-pool-match: "true"}'))
    lab.wait(3)
    assert (
        "no matching CiliumPodIPPool found for pod default/one (family=ipv4) and require-pool-match annotation is set "
        "on pod" in lab.events("one")
    )
    assert lab.ip("one") == ""


def test_a_nodes_configuration_may_name_another_default_pool(build: Build, a_pod: APod) -> None:
    override = """
apiVersion: cilium.io/v2
kind: CiliumNodeConfig
metadata: {name: dc, namespace: kube-system}
spec: {defaults: {ipam-default-ip-pool: green}, nodeSelector: {matchLabels: {kubernetes.io/hostname: kind-worker}}}
---
"""
    lab = build(VALUES)
    lab.apply(GREEN + override)
    lab.restart_agent("kind-worker")
    lab.wait(10)
    lab.apply(a_pod("one") + a_pod("two", node="kind-worker2"))
    lab.wait(5)
    assert (lab.ip("one")[:8], lab.ip("two")[:8]) == ("10.20.0.", "10.10.0.")


# ------------------------------------------------------------ ways of failing


def test_an_unknown_pool_shows_at_the_pod_and_at_its_node_alone(lab: Lab, a_pod: APod) -> None:
    lab.apply(a_pod("one", annotations=wants("gren")))
    lab.wait(30)
    assert lab.pod("one")["status"]["phase"] == "Pending"
    assert "ContainerCreating" in lab.out("kubectl get pod one")
    assert lab.operator_error("kind-worker") == (
        'failed to allocate ipv4 address for node "kind-worker" from pool "gren": '
        "cannot allocate from non-existing pool: gren"
    )
    assert lab.operator_error("kind-worker2") == ""
    assert "Failed to allocate PodCIDRs to node" in lab.out("kubectl -n kube-system logs deploy/cilium-operator")
    assert "gren" not in lab.dbg("kind-worker", "status --all-addresses")
    lab.apply(pool("gren", "[10.40.0.0/24]", 28))
    lab.wait(15)
    assert lab.ip("one").startswith("10.40.0.")
    assert lab.operator_error("kind-worker") == ""


def test_a_pool_runs_out_of_ranges(lab: Lab, a_pod: APod) -> None:
    lab.apply(pool("tiny", "[10.50.0.0/29]", 29))
    lab.apply("".join(a_pod(f"p{number}", annotations=wants("tiny")) for number in range(7)))
    lab.wait(40)
    have = [number for number in range(7) if lab.ip(f"p{number}")]
    assert len(have) == 6  # a /29 has six addresses
    late = next(f"p{number}" for number in range(7) if number not in have)
    assert 'postIpamFailure "all pod CIDR ranges are exhausted"' in lab.events(late)
    assert (
        lab.operator_error("kind-worker")
        == 'failed to allocate ipv4 address for node "kind-worker" from pool "tiny": pool empty'
    )
    lab.apply(pool("tiny", "[10.50.0.0/29, 10.50.1.0/29]", 29))
    lab.wait(15)
    assert lab.ip(late).startswith("10.50.1.")


def test_another_node_finds_a_pool_empty_that_the_first_took_whole(lab: Lab, a_pod: APod) -> None:
    lab.apply(pool("tiny", "[10.50.0.0/29]", 29) + a_pod("one", annotations=wants("tiny")))
    lab.wait(20)
    lab.apply(a_pod("two", node="kind-worker2", annotations=wants("tiny")))
    lab.wait(20)
    assert WAITING in lab.events("two")
    assert lab.operator_error("kind-worker2").endswith('from pool "tiny": pool empty')
    lab.run("kubectl delete pod one")
    lab.wait(30)
    assert lab.ip("two").startswith("10.50.0.")  # the first node gave its range back
    assert "tiny" not in pools(lab, "kind-worker")


def test_masks_of_single_addresses_are_given_out_whole(lab: Lab, a_pod: APod) -> None:
    lab.apply(pool("hosts", "[10.60.0.0/30]", 32))
    lab.apply("".join(a_pod(f"p{number}", annotations=wants("hosts")) for number in range(4)))
    lab.wait(60)
    assert {lab.ip(f"p{number}") for number in range(4)} == {f"10.60.0.{number}" for number in range(4)}


def test_a_deleted_pool_leaves_its_pods_alone_and_gives_nothing_more(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")))
    lab.wait(20)
    ip = lab.ip("one")
    lab.run("kubectl delete cpip green")
    assert pools(lab, "kind-worker")["green"] == ["10.20.0.0/28"]
    assert "unable to find pool green, prefix 10.20.0.0/28 is still allocated" in lab.operator_error("kind-worker")
    lab.apply(a_pod("two", node="kind-worker2"))
    lab.wait(5)
    assert "200" in lab.run(f"kubectl exec two -- curl -s -m 2 -o /dev/null -w '%{{http_code}}' http://{ip}")
    lab.run("kubectl delete pod one")
    lab.wait(5)
    assert "green" not in pools(lab, "kind-worker")
    assert lab.operator_error("kind-worker") == ""


def test_a_range_taken_out_of_a_pool_stays_with_its_node(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")))
    lab.wait(20)
    lab.apply(pool("green", "[10.21.0.0/24]", 28))
    assert (
        lab.operator_error("kind-worker")
        == "unable to reuse from pool green: cidr 10.20.0.0/28 is not part of the requested pool"
    )
    assert "10.20.0.0/28" in pools(lab, "kind-worker")["green"]


def test_the_mask_of_a_pool_cannot_change_while_the_operator_runs(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")))
    lab.wait(20)
    lab.apply(pool("green", "[10.20.0.0/24]", 29))
    log = lab.out("kubectl -n kube-system logs deploy/cilium-operator")
    assert 'cannot change IPv4 mask size in existing pool \\"green\\"' in log
    lab.apply(a_pod("two", node="kind-worker2", annotations=wants("green")))
    lab.wait(20)
    assert pools(lab, "kind-worker2")["green"] == ["10.20.0.16/28"]


def test_without_an_operator_new_pools_wait_and_running_ranges_serve(lab: Lab, a_pod: APod) -> None:
    lab.run("kubectl -n kube-system scale deploy cilium-operator --replicas=0")
    lab.wait(5)
    lab.apply(GREEN + a_pod("one", annotations=wants("green")) + a_pod("two"))
    lab.wait(30)
    assert lab.ip("two").startswith("10.10.0.")
    assert lab.ip("one") == ""
    assert requested(lab, "kind-worker")["green"] == 1
    assert "green" not in pools(lab, "kind-worker")
    assert lab.operator_error("kind-worker") == ""
    lab.run("kubectl -n kube-system scale deploy cilium-operator --replicas=1")
    lab.wait(20)
    assert lab.ip("one").startswith("10.20.0.")


def test_without_a_default_pool_agents_do_not_come_up(build: Build) -> None:
    lab = build({"ipam": {"mode": "multi-pool"}})
    listed = lab.out("kubectl -n kube-system get pods -l k8s-app=cilium --no-headers")
    assert [line.split()[1:3] for line in listed.splitlines()] == [["0/1", "Running"]] * 3
    assert {line.split()[1] for line in lab.out("kubectl get nodes --no-headers").splitlines()} == {"NotReady"}
    assert "cannot allocate from non-existing pool: default" in lab.operator_error("kind-worker")
    assert "Waiting for podCIDR pool to become available" in lab.out(
        f"kubectl -n kube-system logs {lab.agent('kind-worker').pod_name}"
    )
    lab.apply(pool("default", "[10.10.0.0/16]", 27))
    lab.wait(5)
    assert {line.split()[1] for line in lab.out("kubectl get nodes --no-headers").splitlines()} == {"Ready"}


def test_a_restarted_agent_keeps_every_address(lab: Lab, a_pod: APod) -> None:
    lab.apply(GREEN + a_pod("one", annotations=wants("green")) + a_pod("two"))
    lab.wait(20)
    before = lab.ip("one"), lab.ip("two"), pools(lab, "kind-worker")
    lab.restart_agent("kind-worker")
    assert (lab.ip("one"), lab.ip("two"), pools(lab, "kind-worker")) == before
    assert f"  green/{lab.ip('one')} (default/one [restored])" in lab.dbg("kind-worker", "status --all-addresses")


def test_bgp_advertises_the_ranges_of_selected_pools(build: Build, a_pod: APod) -> None:
    lab = build({**VALUES, "bgpControlPlane": {"enabled": True}})
    lab.apply(GREEN.replace("name: green", "name: green, labels: {color: green}"))
    lab.apply("""
apiVersion: cilium.io/v2
kind: CiliumBGPClusterConfig
metadata: {name: all}
spec:
  bgpInstances:
  - name: i
    localASN: 64512
    peers: [{name: p, peerASN: 64513, peerAddress: 172.18.0.99, peerConfigRef: {name: p}}]
---
apiVersion: cilium.io/v2
kind: CiliumBGPPeerConfig
metadata: {name: p}
spec: {families: [{afi: ipv4, safi: unicast, advertisements: {matchLabels: {a: b}}}]}
---
apiVersion: cilium.io/v2
kind: CiliumBGPAdvertisement
metadata: {name: pools, labels: {a: b}}
spec:
  advertisements:
  - {advertisementType: CiliumPodIPPool, selector: {matchLabels: {color: green}}}
  - {advertisementType: PodCIDR}
---
""")
    lab.apply(a_pod("one", annotations=wants("green")))
    lab.wait(30)
    shown = lab.run("cilium bgp routes available ipv4 unicast")
    assert "10.20.0.0/28" in shown
    assert "10.10.0." not in shown  # neither the default pool, which is not selected, nor any pod range


# ------------------------------------------------------------ reading options


def test_options_are_read_as_the_real_ones_are() -> None:
    assert parse_pools(
        "default=ipv4-cidrs:10.0.0.0/16,10.1.0.0/16;ipv4-mask-size:24,b=ipv4-cidrs:10.2.0.0/16;ipv4-mask-size:26"
    ) == {
        "default": {"cidrs": ["10.0.0.0/16", "10.1.0.0/16"], "maskSize": 24},
        "b": {"cidrs": ["10.2.0.0/16"], "maskSize": 26},
    }
    assert parse_pools("") == {}
    assert preallocation("", "default") == {"default": 8}
    assert preallocation("default=4,green=2", "default") == {"default": 4, "green": 2}
