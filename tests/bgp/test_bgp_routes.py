"""What is advertised, what the router takes, and whether clients outside then get there.

Expectations: reference facts F-82, F-83; cilium/cilium v1.19 Documentation/network/bgp-control-plane.
"""

from __future__ import annotations

from typing import Any

import pytest

from quizgame.cluster.fabric import agents_of
from quizgame.datapath.exchange import Outcome

VIP = "10.50.0.0"
VIP_ROUTE = f"{VIP}/32"


def prefixes(lab: Any) -> set[str]:
    return {prefix for prefix, _ in lab.learned()}


def web_pod(lab: Any) -> tuple[str, str]:
    """Address and node of the web server."""
    row = lab.out("kubectl get pods -l app=web -o wide").splitlines()[1].split()
    return row[5], row[6]


def advertise(lab: Any, entry: str) -> None:
    lab.patch("ciliumbgpadvertisement", "all", f'{{"spec":{{"advertisements":[{entry}]}}}}')


def service_entry(kind: str, more: str = "") -> str:
    labels = '"selector":{"matchLabels":{"expose":"bgp"}}'
    return f'{{"advertisementType":"Service","service":{{"addresses":["{kind}"]{more}}},{labels}}}'


def test_every_node_tells_its_pod_range_and_the_service(lab: Any) -> None:
    ranges = {agent.node_ip: agent.ipam.ranges[0] for agent in agents_of(lab.world.cluster)}
    assert lab.learned() == {(r, ip) for ip, r in ranges.items()} | {(VIP_ROUTE, ip) for ip in ranges}
    shown = lab.out("cilium bgp routes advertised ipv4 unicast").splitlines()
    assert shown[0].split() == ["Node", "VRouter", "Peer", "Prefix", "NextHop", "Age", "Attrs"]
    assert len(shown) == 7
    assert "[{Origin: i} {AsPath: 65001} {Nexthop: 172.18.0.2}]" in shown[1]
    facts = [fact for line in lab.run("cilium bgp routes advertised ipv4 unicast").stdout for fact in line.facts]
    wanted = {"node": "kind-worker", "prefix": VIP_ROUTE, "via": "172.18.0.3", "peer": "172.18.0.5"}
    assert any(fact.kind == "route" and fact.matches(wanted) for fact in facts)


def test_clients_outside_reach_the_service_and_the_pods(lab: Any) -> None:
    ip, _ = web_pod(lab)
    assert lab.visit(VIP).outcome is Outcome.OK
    assert lab.visit(ip).outcome is Outcome.OK
    assert lab.visit("10.50.0.3").outcome is Outcome.TIMEOUT
    assert lab.visit(ip.rpartition(".")[0] + ".254").outcome is Outcome.TIMEOUT


def test_a_route_that_the_router_refuses_leads_nowhere(lab: Any) -> None:
    lab.router(accepts=("10.244.0.0/16",))
    assert VIP_ROUTE not in prefixes(lab)
    assert lab.states()["kind-worker"] == ("established", "2", "2")
    assert lab.visit(VIP).outcome is Outcome.TIMEOUT
    assert lab.visit(web_pod(lab)[0]).outcome is Outcome.OK


def test_without_a_session_nothing_arrives(lab: Any) -> None:
    lab.router(asn=1)
    assert lab.visit(VIP).outcome is Outcome.TIMEOUT


def test_a_service_that_no_advertisement_selects_is_not_told(lab: Any) -> None:
    lab.run("kubectl label svc web expose-")
    lab.world.advance(1)
    assert VIP_ROUTE not in prefixes(lab)
    assert lab.states()["kind-worker"] == ("established", "2", "1")
    assert "10.50.0.0" in lab.out("kubectl get svc web")


def test_an_advertisement_that_no_family_selects_is_not_told(lab: Any) -> None:
    lab.run("kubectl label ciliumbgpadvertisement all advertise=other --overwrite")
    lab.world.advance(1)
    assert lab.learned() == set()
    assert lab.states()["kind-worker"] == ("established", "2", "0")


def test_local_traffic_is_told_by_nodes_with_a_backend_alone(lab: Any) -> None:
    lab.patch("svc", "web", '{"spec":{"externalTrafficPolicy":"Local"}}')
    _, node = web_pod(lab)
    here = next(agent.node_ip for agent in agents_of(lab.world.cluster) if agent.node == node)
    assert {hop for prefix, hop in lab.learned() if prefix == VIP_ROUTE} == {here}
    visit = lab.visit(VIP)
    assert visit.outcome is Outcome.OK
    assert visit.course.packet.source == "198.51.100.7"
    lab.run("kubectl scale deployment web --replicas=0")
    lab.world.advance(3)
    assert VIP_ROUTE not in prefixes(lab)


def test_a_service_loses_its_route_with_its_address(lab: Any) -> None:
    lab.run("kubectl delete ippool blue")
    assert VIP_ROUTE not in prefixes(lab)


@pytest.mark.parametrize(("more", "expected"), [("", 32), (',"aggregationLengthIPv4":24', 24)])
def test_external_addresses_and_aggregation(lab: Any, more: str, expected: int) -> None:
    lab.patch("svc", "web", '{"spec":{"externalIPs":["192.0.2.0"]}}')
    advertise(lab, service_entry("ExternalIP", more))
    assert prefixes(lab) == {f"192.0.2.0/{expected}"}
    assert lab.visit("192.0.2.0").outcome is Outcome.OK


def test_a_cluster_ip_is_told_but_answers_outside_only_if_that_is_allowed(lab: Any) -> None:
    advertise(lab, service_entry("ClusterIP"))
    [prefix] = prefixes(lab)
    ip = prefix.partition("/")[0]
    assert lab.visit(ip).outcome is Outcome.TIMEOUT
    lab.run("cilium config set bpf-lb-external-clusterip true")
    lab.world.advance(20)
    assert lab.visit(ip).outcome is Outcome.OK


def test_an_interface_is_told(lab: Any) -> None:
    advertise(lab, '{"advertisementType":"Interface","interface":{"name":"eth0"}}')
    assert lab.learned() == {(f"{agent.node_ip}/32", agent.node_ip) for agent in agents_of(lab.world.cluster)}


def test_attributes_go_along(lab: Any) -> None:
    attributes = (
        '"attributes":{"communities":{"standard":["65001:100"],"wellKnown":["no-export"],"large":["65001:1:2"]}}'
    )
    advertise(lab, f'{{"advertisementType":"PodCIDR",{attributes}}}')
    shown = lab.out("cilium bgp routes advertised ipv4 unicast")
    assert "{Communities: 65001:100, no-export} {LargeCommunity: [ 65001:1:2]}" in shown
    policies = lab.out("kubectl -n kube-system exec ds/cilium -- cilium-dbg bgp route-policies")
    row = next(line for line in policies.splitlines() if "tor0-ipv4-PodCIDR" in line)
    assert "{AddCommunities: [65001:100 no-export]} {AddLargeCommunities: [65001:1:2]}" in row


def test_routes_of_a_virtual_router_or_a_peer(lab: Any) -> None:
    asked = "cilium bgp routes advertised ipv4 unicast"
    everything = len(lab.out(asked).splitlines())
    assert len(lab.out(f"{asked} vrouter 65001 peer 172.18.0.5").splitlines()) == everything
    assert len(lab.out(f"{asked} vrouter 65002").splitlines()) == 1
    assert len(lab.out("cilium bgp routes advertised ipv4 unicast peer 172.18.0.6").splitlines()) == 1


def test_flows_are_spread_over_the_nodes_that_tell_a_route(lab: Any) -> None:
    nodes = set()
    for _ in range(20):
        lab.world.advance(1)
        nodes.add(lab.visit(VIP).course.hops[0].node)
    assert len(nodes) > 1
