"""What happens to connections between pods, by policy, service and path."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.cluster.agent.monitor import DropReason, EventType, MonitorEvent, TracePoint, Verdict
from quizgame.cluster.fabric import agents_of, fabric_of
from quizgame.cluster.links import Block, Links
from quizgame.cluster.world import World
from quizgame.datapath.datagrams import ping
from quizgame.datapath.exchange import Exchange, Outcome, tcp
from quizgame.datapath.packet import Origin
from quizgame.datapath.topology import pod_origin
from quizgame.datapath.trace import Disposition
from quizgame.policy.l7 import HttpRequest

BuildWorld = Callable[..., World]
Apply = Callable[[World, str], None]

SHOP = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: kind-worker, containers: [{name: c, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: near, labels: {app: client, place: near}}
spec: {nodeName: kind-worker, containers: [{name: c, image: client}]}
---
apiVersion: v1
kind: Pod
metadata: {name: far, labels: {app: client, place: far}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: client}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""

ONLY_NEAR = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: only-near}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{matchLabels: {place: near}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
"""

GET_ONLY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: get-only}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: client}}]
    toPorts:
    - ports: [{port: "8080", protocol: TCP}]
      rules: {http: [{method: GET, path: "/ok.*"}]}
"""


def origin(world: World, name: str) -> Origin:
    """The pod of this name in ``default``."""
    found = pod_origin(world, world.current_context, "default", name)
    assert found is not None
    return found


def pod_ip(world: World, name: str) -> str:
    """Its address."""
    return str(world.cluster.api.get("pods", name, "default")["status"]["podIP"])


def service_ip(world: World, name: str) -> str:
    """The cluster address of a service in ``default``."""
    return str(world.cluster.api.get("services", name, "default")["spec"]["clusterIP"])


def get(world: World, client: str, path: str = "/", method: str = "GET") -> Exchange:
    """Ask the service ``web``."""
    request = HttpRequest(method, path, "web")
    return tcp(world, origin(world, client), service_ip(world, "web"), 80, request=request)


def events(world: World, node: str, kind: EventType | None = None) -> list[MonitorEvent]:
    """What a node's agent has seen."""
    agent = next(each for each in agents_of(world.cluster) if each.node == node)
    return [event for event in agent.ring.newest() if kind in (None, event.type)]


@pytest.mark.parametrize("client", ["near", "far"])
def test_a_service_is_reached_from_the_same_and_from_another_node(build: BuildWorld, client: str) -> None:
    world = build(SHOP)
    exchange = get(world, client)
    assert exchange.outcome is Outcome.OK
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    assert '"pod":"web"' in exchange.answer.body


def test_a_closed_port_refuses(build: BuildWorld) -> None:
    world = build(SHOP)
    assert tcp(world, origin(world, "near"), pod_ip(world, "web"), 9999).outcome is Outcome.REFUSED


def test_a_service_without_backends_refuses_at_once(build: BuildWorld) -> None:
    world = build(SHOP)
    world.cluster.api.delete("pods", "web", "default", grace_period=0)
    world.advance(3)
    exchange = get(world, "near")
    assert exchange.outcome is Outcome.REFUSED
    assert exchange.course.translation.has_no_backend


def test_policy_lets_in_whom_it_names_and_times_out_others(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    apply(world, ONLY_NEAR)
    assert get(world, "near").outcome is Outcome.OK
    denied = get(world, "far")
    assert denied.outcome is Outcome.TIMEOUT
    assert denied.course.drop_reason is DropReason.POLICY_DENIED


def test_a_denied_connection_is_reported_on_the_servers_node_only(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    apply(world, ONLY_NEAR)
    get(world, "far")
    drops = events(world, "kind-worker", EventType.DROP)
    verdicts = events(world, "kind-worker", EventType.POLICY_VERDICT)
    assert drops
    assert all(event.drop_reason is DropReason.POLICY_DENIED and event.is_reply is None for event in drops)
    assert [event.verdict for event in verdicts] == [Verdict.DROPPED] * len(drops)
    assert not events(world, "kind-worker2", EventType.DROP)


def test_a_deny_rule_has_its_own_drop_reason(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    apply(
        world, ONLY_NEAR.replace("only-near", "no-far").replace("  ingress:", "  ingressDeny:").replace("near}", "far}")
    )
    assert get(world, "far").course.drop_reason is DropReason.POLICY_DENY


def test_the_proxy_answers_403_for_what_its_rules_do_not_allow(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    apply(world, GET_ONLY)
    allowed, denied = get(world, "far", "/ok?x=1"), get(world, "far", "/ok", "POST")
    assert allowed.answer is not None
    assert allowed.answer.status == 200
    assert denied.is_denied_by_proxy
    assert denied.answer is not None
    assert denied.answer.status == 403


def test_an_l7_denial_drops_the_request_and_forwards_the_answer(build: BuildWorld, apply: Apply) -> None:
    # Source: facts F-31: http-request DROPPED, then http-response FORWARDED with 403; no packet is dropped.
    world = build(SHOP)
    apply(world, GET_ONLY)
    get(world, "far", "/ok", "POST")
    requests = events(world, "kind-worker", EventType.L7)
    assert [(event.verdict, event.is_reply) for event in requests] == [
        (Verdict.DROPPED, False),
        (Verdict.FORWARDED, True),
    ]
    assert requests[1].l7 is not None
    assert requests[1].l7.http is not None
    assert requests[1].l7.http.code == 403
    assert not events(world, "kind-worker", EventType.DROP)


def test_a_proxy_that_is_down_leaves_l7_connections_hanging(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    apply(world, GET_ONLY)
    world.cluster.api.delete("daemonsets", "cilium-envoy", "kube-system")
    world.advance(60)
    assert get(world, "far", "/ok").outcome is Outcome.TIMEOUT


def test_plain_traffic_does_not_need_the_proxy(build: BuildWorld) -> None:
    world = build(SHOP)
    world.cluster.api.delete("daemonsets", "cilium-envoy", "kube-system")
    world.advance(60)
    assert get(world, "far").outcome is Outcome.OK


def test_a_blocked_tunnel_loses_packets_silently(build: BuildWorld) -> None:
    world = build(SHOP)
    fabric_of(world).links = Links((Block("*/kind-worker2", "*/kind-worker", "UDP", 8472),))
    exchange = get(world, "far")
    assert exchange.outcome is Outcome.TIMEOUT
    assert exchange.course.disposition is Disposition.LOST
    assert not events(world, "kind-worker")
    assert {event.point for event in events(world, "kind-worker2", EventType.TRACE)} == {TracePoint.TO_OVERLAY}


def test_a_cut_off_agent_goes_on_forwarding_by_its_last_state(build: BuildWorld, apply: Apply) -> None:
    # Source: facts F-03.
    world = build(SHOP)
    fabric_of(world).links = Links((Block("*/kind-worker", "*/kind-control-plane", "TCP", 6443),))
    world.settle()
    apply(world, ONLY_NEAR)
    assert get(world, "far").outcome is Outcome.OK
    fabric_of(world).links = Links()
    world.settle()
    assert get(world, "far").outcome is Outcome.TIMEOUT


def test_an_agent_that_is_down_still_forwards_but_records_nothing(build: BuildWorld) -> None:
    world = build(SHOP)
    agent = next(each for each in agents_of(world.cluster) if each.node == "kind-worker")
    agent.stop()
    assert get(world, "far").outcome is Outcome.OK
    assert not agent.ring.newest()


def test_mode_always_closes_pods_that_no_policy_selects(build: BuildWorld) -> None:
    world = build(SHOP, values={"policyEnforcementMode": "always"})
    exchange = get(world, "near")
    assert exchange.outcome is Outcome.TIMEOUT
    assert exchange.course.drop_at is not None


def test_ping_needs_more_than_a_port_rule(build: BuildWorld, apply: Apply) -> None:
    # Source: policy semantics 4: port rules do not allow ICMP.
    world = build(SHOP)
    assert ping(world, origin(world, "near"), pod_ip(world, "web"), timeout_ns=10**9).outcome is Outcome.OK
    apply(world, ONLY_NEAR)
    assert ping(world, origin(world, "near"), pod_ip(world, "web"), timeout_ns=10**9).outcome is Outcome.TIMEOUT


def test_outside_hosts_answer_on_their_ports_alone(build: BuildWorld) -> None:
    world = build(SHOP)
    client = origin(world, "near")
    assert tcp(world, client, "203.0.113.10", 443).outcome is Outcome.OK
    assert tcp(world, client, "203.0.113.10", 25).outcome is Outcome.REFUSED
    assert tcp(world, client, "198.51.100.1", 443).outcome is Outcome.TIMEOUT


def test_replies_are_told_apart_and_directions_follow_the_endpoint(build: BuildWorld) -> None:
    world = build(SHOP)
    get(world, "far")
    client_side = events(world, "kind-worker2", EventType.TRACE)
    server_side = events(world, "kind-worker", EventType.TRACE)
    assert {event.direction.name for event in client_side} == {"EGRESS"}
    assert {event.direction.name for event in server_side} == {"INGRESS"}
    assert [event.point for event in client_side if event.is_reply] == [TracePoint.TO_ENDPOINT] * 3
    assert [event.point for event in server_side if not event.is_reply] == [TracePoint.TO_ENDPOINT] * 4


def test_both_nodes_track_the_connection(build: BuildWorld) -> None:
    world = build(SHOP)
    get(world, "far")
    tables = {each.node: each.conntrack.live(world.clock.now_ns) for each in agents_of(world.cluster)}
    assert [key.direction for key, _ in tables["kind-worker2"] if key.protocol == "TCP"] == ["OUT"]
    assert [key.direction for key, _ in tables["kind-worker"] if key.protocol == "TCP"] == ["IN"]


def test_the_same_world_gives_the_same_events(build: BuildWorld) -> None:
    seen = []
    for _ in range(2):
        world = build(SHOP)
        get(world, "far")
        seen.append([events(world, node) for node in ("kind-worker", "kind-worker2")])
    assert seen[0] == seen[1]


def test_a_fork_leaves_no_trace_in_its_origin(build: BuildWorld, apply: Apply) -> None:
    world = build(SHOP)
    twin = world.fork()
    apply(twin, ONLY_NEAR)
    assert get(twin, "far").outcome is Outcome.TIMEOUT
    assert get(world, "far").outcome is Outcome.OK
    assert not events(world, "kind-worker", EventType.DROP)
