"""The agents' and the operator's own state: what survives a restart, what lags behind, what is cleaned up.

Expectations: facts F-10, F-14, F-16, F-113, F-114; cilium/cilium v1.19 Documentation/internals/cilium_operator.rst,
security/policy/lifecycle.rst, pkg/controller (the wait grows by a second each time).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.architecture.whole import CLOSED, LATE, by_address, external_address, new_node, status

if TYPE_CHECKING:
    from tests.architecture.whole import Site

NODE = "kind-worker"


@pytest.fixture
def site(whole: Site) -> Site:
    return whole.fork()


def revision(site: Site, node: str) -> int:
    return int(re.findall(r"Revision: (\d+)", site.dbg(node, "policy get"))[-1])


def endpoints(site: Site, node: str) -> set[tuple[str, str]]:
    """Number and identity of the endpoints that pods of a node have."""
    shown = site.run("kubectl get ciliumendpoints -A -o json | jq -r '.items[].status | \"\\(.id) \\(.identity.id)\"'")
    known = {tuple(line.split()) for line in shown.splitlines()}
    agent = site.agent(node)
    own = {(str(each.id), str(int(each.identity))) for each in agent.endpoints.values() if each.is_pod}
    assert own
    return own & {(pair[0], pair[1]) for pair in known if len(pair) == 2} or own


def test_an_agents_restart_keeps_maps_and_endpoints_and_loses_flows(site: Site) -> None:
    assert by_address(site)
    tracked = f"-> {site.ip('web')}:80"
    before = endpoints(site, NODE)
    pod = site.agent(NODE).pod_name
    flows = "-- hubble observe --pod default/client --last 5"
    assert site.run(f"kubectl -n kube-system exec {pod} -c cilium-agent {flows}").count("client")
    assert tracked in site.dbg(NODE, "bpf ct list global")
    site.run(f"kubectl -n kube-system delete pod {pod}")
    site.wait(20)
    later = site.agent(NODE).pod_name
    assert later != pod
    assert not site.run(f"kubectl -n kube-system exec {later} -c cilium-agent {flows}").count("client:")
    assert endpoints(site, NODE) == before
    assert site.agent(NODE).conntrack.live(site.world.clock.now_ns) or "expired by now"
    assert by_address(site)


def test_a_policy_raises_every_agents_revision_but_that_of_one_cut_off(site: Site) -> None:
    before = revision(site, "kind-worker2")
    site.cut_off(NODE)
    assert revision(site, NODE) == before
    site.apply(CLOSED)
    site.wait(5)
    assert revision(site, "kind-worker2") == before + 1
    assert revision(site, NODE) == before
    site.heal()
    assert revision(site, NODE) >= before + 1
    assert "closed" in site.dbg(NODE, "policy get")


def test_what_a_cut_off_agent_cannot_do_is_a_failing_controller(site: Site) -> None:
    site.cut_off(NODE)
    site.apply(LATE % NODE)
    site.wait(30)
    number = next(each.id for each in site.agent(NODE).endpoints.values() if each.pod == "late")
    shown = site.dbg(NODE, "status --all-controllers")
    rows = [
        line.split() for line in shown.splitlines() if "sync-to-k8s-ciliumendpoint" in line and f"({number})" in line
    ]
    assert rows
    assert "context deadline exceeded" in " ".join(rows[0])
    first = failures(shown, number)
    site.wait(60)
    assert failures(site.dbg(NODE, "status --all-controllers"), number) > first
    assert "waiting-for-identity" in site.dbg(NODE, "endpoint list")
    site.heal()
    assert failures(site.dbg(NODE, "status --all-controllers"), number) == 0
    assert "waiting-for-identity" not in site.dbg(NODE, "endpoint list")
    assert status(site, "web", site.ip("late")) == "200"


def failures(shown: str, number: int) -> int:
    line = next(each for each in shown.splitlines() if f"sync-to-k8s-ciliumendpoint ({number})" in each)
    found = re.search(r"(?:ago|never|\ds)\s+(\d+)\s+(?:no error|unable)", line)
    assert found is not None, line
    return int(found[1])


def test_the_operator_collects_an_identity_half_an_hour_after_its_last_user(site: Site) -> None:
    number = site.run("kubectl get ciliumendpoint api -o jsonpath='{.status.identity.id}'")
    site.run("kubectl delete pod api --force")
    site.wait(1700)
    assert number in site.out("kubectl get ciliumidentities")
    site.wait(200)
    assert number not in site.out("kubectl get ciliumidentities")


def test_a_restarted_operator_begins_to_count_anew(site: Site) -> None:
    number = site.run("kubectl get ciliumendpoint api -o jsonpath='{.status.identity.id}'")
    site.run("kubectl delete pod api --force")
    site.wait(1500)
    site.restart("io.cilium/app=operator")
    site.wait(600)
    assert number in site.out("kubectl get ciliumidentities")
    site.wait(1300)
    assert number not in site.out("kubectl get ciliumidentities")


def test_an_identity_that_somebody_uses_stays(site: Site) -> None:
    number = site.run("kubectl get ciliumendpoint web -o jsonpath='{.status.identity.id}'")
    site.wait(4000)
    assert number in site.out("kubectl get ciliumidentities")


def test_objects_of_pods_and_nodes_that_are_gone_go_too(site: Site) -> None:
    site.run("kubectl delete pod api --force")
    assert "api" not in site.out("kubectl get ciliumendpoints")
    assert new_node(site)
    site.run("kubectl delete node kind-worker3")
    site.wait(330)
    assert "kind-worker3" not in site.out("kubectl get ciliumnodes")
    assert "kind-worker3" not in site.dbg(NODE, "node list")


def test_an_operator_that_is_cut_off_does_nothing_though_its_pod_runs(site: Site) -> None:
    placed = '{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"kind-worker"}}}}}'
    site.run(f"kubectl -n kube-system patch deployment cilium-operator --type merge -p '{placed}'")
    site.wait(30)
    assert getattr(site.world.cluster.operator, "node", "") == NODE
    site.cut_off(NODE)
    assert "1/1" in site.out("kubectl -n kube-system get deployment cilium-operator")
    assert not external_address(site.fork())
    assert not new_node(site.fork())
    site.heal()
    assert external_address(site.fork())
    assert new_node(site.fork())


def test_a_node_that_others_cannot_reach_shows_in_their_health(site: Site) -> None:
    site.block_between(NODE, "kind-worker2")
    pod = site.agent(NODE).pod_name
    shown = site.run(f"kubectl -n kube-system exec {pod} -c cilium-agent -- cilium-health status --verbose")
    assert "kind-worker2" in shown
    assert re.search(r"Connection timed out|deadline exceeded|i/o timeout", shown)
    assert "2/3 reachable" in site.dbg(NODE, "status")
    assert not by_address(site)
