"""What the nodes report of a connection, event by event, as real clusters of 1.19 do with aggregation ``medium``.

Each expected sequence follows from the programs: bpf_lxc.c traces to-proxy, to-overlay, to-network and to-stack on the
way out of a pod and to-endpoint on the way into one; trace.h leaves out every ``from-`` point with aggregation; and
conntrack.h reports a known connection again only for TCP flags not seen before in that direction. So the plain
acknowledgements after the handshake are silent, and each direction shows SYN, ACK, PSH and FIN once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quizgame.cluster.agent.monitor import EventType, MonitorEvent
from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.datapath.datagrams import ping
from quizgame.datapath.exchange import Exchange, Outcome, tcp
from quizgame.datapath.names import resolve
from quizgame.datapath.packet import Origin
from quizgame.datapath.topology import outside_origin, pod_origin
from quizgame.hubble.making import flow_of
from quizgame.policy.l7 import HttpRequest

BuildWorld = Callable[..., World]

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
kind: Pod
metadata: {name: on-host, labels: {app: on-host}}
spec: {nodeName: kind-worker, hostNetwork: true, containers: [{name: c, image: agent}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: http, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
"""
INGRESS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-web}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEndpoints: [{matchLabels: {place: near}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]RULES}]
"""
EGRESS = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: from-far}
spec:
  endpointSelector: {matchLabels: {place: far}}
  egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchPattern: "*"}]}}]
  - toEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET}]}}]
"""
GET_ONLY = INGRESS.replace("RULES", ", rules: {http: [{method: GET}]}")


def story(world: World, *, hides: frozenset[str] = frozenset()) -> list[str]:
    """Everything the nodes have reported, by time, each event in a few words."""
    found: list[tuple[int, str]] = []
    for agent in agents_of(world.cluster):
        found += [(event.time_ns, told(event)) for event in agent.ring.newest() if event.type.name not in hides]
    return [text for _, text in sorted(found, key=lambda each: each[0])]


def told(event: MonitorEvent) -> str:
    """An event as node, kind, arrow and flags, with what its kind adds."""
    what = event.type.name.lower()
    if event.type is EventType.TRACE and event.point is not None:
        what = event.point.name.lower().replace("_", "-")
    elif event.sock_point is not None:
        what = event.sock_point.name.lower().replace("_", "-")
    elif event.l7 is not None:
        what = event.l7.type.value.lower()
    arrow = {None: "<>", False: "->", True: "<-"}[event.is_reply]
    node = event.node.removeprefix("kind-")
    shown = event.verdict.name if event.type is not EventType.TRACE else "".join(flag[0] for flag in event.flags)
    return f"{node} {what} {arrow} {shown}".rstrip()


def origin(world: World, name: str) -> Origin:
    found = pod_origin(world, world.current_context, "default", name)
    assert found is not None
    return found


def service_ip(world: World, name: str = "web") -> str:
    return str(world.cluster.api.get("services", name, "default")["spec"]["clusterIP"])


def get(world: World, client: str, method: str = "GET") -> Exchange:
    for agent in agents_of(world.cluster):
        agent.ring.clear()
    return tcp(world, origin(world, client), service_ip(world), 80, request=HttpRequest(method, "/", "web"),
               timeout_ns=10 * 10**9)  # fmt: skip


SOCKET = ["pre-fwd <> TRACED", "post-fwd <> TRANSLATED"]


def at(node: str, events: list[str]) -> list[str]:
    return [f"{node} {event}" for event in events]


SAME_NODE = [
    "to-endpoint -> S", "to-endpoint <- SA", "to-endpoint -> A", "to-endpoint -> PA", "to-endpoint <- PA",
    "to-endpoint -> FA", "to-endpoint <- FA",
]  # fmt: skip


def test_on_one_node(build: BuildWorld) -> None:
    world = build(SHOP)
    get(world, "near")
    assert story(world) == at("worker", SOCKET + SAME_NODE)


def test_across_nodes_each_node_reports_its_half(build: BuildWorld) -> None:
    world = build(SHOP)
    get(world, "far")

    def forward(flags: str) -> list[str]:
        return [f"worker2 to-overlay -> {flags}", f"worker to-endpoint -> {flags}"]

    def back(flags: str) -> list[str]:
        return [f"worker to-overlay <- {flags}", f"worker2 to-endpoint <- {flags}"]

    assert story(world) == [
        *at("worker2", SOCKET),
        *forward("S"), *back("SA"), *forward("A"), *forward("PA"), *back("PA"), *forward("FA"), *back("FA"),
    ]  # fmt: skip


def test_a_default_denial_shows_a_verdict_and_a_drop_for_each_attempt(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    # No entry is made for what is dropped, so each retransmission (0, 1, 3, 7 s) is new to the server's node. The
    # client's node knows the connection: it reports again only when its interval of five seconds is over.
    world = build(SHOP)
    apply(world, INGRESS.replace("RULES", ""))
    assert get(world, "far").outcome is Outcome.TIMEOUT
    denied = ["worker policy_verdict <> DROPPED", "worker drop <> DROPPED"]
    sent = "worker2 to-overlay -> S"
    assert story(world, hides=frozenset({"TRACE_SOCK"})) == [sent, *denied * 3, sent, *denied]


def test_an_allowed_connection_shows_its_verdict_once(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    world = build(SHOP)
    apply(world, INGRESS.replace("RULES", ""))
    get(world, "near")
    assert story(world) == at("worker", [*SOCKET, "policy_verdict -> FORWARDED", *SAME_NODE])


def test_an_ingress_proxy_opens_its_own_connection_after_it_has_read_the_request(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    world = build(SHOP)
    apply(world, GET_ONLY)
    get(world, "near")
    assert story(world) == at("worker", [
        *SOCKET, "policy_verdict -> REDIRECTED",
        "to-proxy -> S", "to-endpoint <- SA", "to-proxy -> A", "to-proxy -> PA",
        "request -> FORWARDED",
        "to-endpoint -> S", "to-proxy <- SA", "to-endpoint -> A", "to-endpoint -> PA", "to-proxy <- PA",
        "response <- FORWARDED",
        "to-endpoint <- PA", "to-proxy -> FA", "to-endpoint <- FA",
    ])  # fmt: skip


def test_what_an_ingress_proxy_denies_never_reaches_the_pod(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    # Source: facts F-31: request DROPPED, the proxy's own response FORWARDED, no packet dropped.
    world = build(SHOP)
    apply(world, GET_ONLY)
    assert get(world, "near", "POST").is_denied_by_proxy
    assert story(world) == at("worker", [
        *SOCKET, "policy_verdict -> REDIRECTED",
        "to-proxy -> S", "to-endpoint <- SA", "to-proxy -> A", "to-proxy -> PA",
        "request -> DROPPED", "response <- FORWARDED",
        "to-endpoint <- PA", "to-proxy -> FA", "to-endpoint <- FA",
    ])  # fmt: skip


def test_an_egress_proxy_sits_on_the_clients_node(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    world = build(SHOP)
    apply(world, EGRESS)
    get(world, "far")
    seen = story(world, hides=frozenset({"TRACE_SOCK"}))
    assert seen[:6] == at("worker2", [
        "policy_verdict -> REDIRECTED", "to-proxy -> S", "to-endpoint <- SA", "to-proxy -> A", "to-proxy -> PA",
        "request -> FORWARDED",
    ])  # fmt: skip
    assert seen[6:10] == [
        "worker2 to-overlay -> S", "worker to-endpoint -> S", "worker to-overlay <- SA", "worker2 to-proxy <- SA",
    ]  # fmt: skip
    assert seen[-4:] == at(
        "worker2", ["response <- FORWARDED", "to-endpoint <- PA", "to-proxy -> FA", "to-endpoint <- FA"]
    )


def test_an_egress_proxy_answers_503_where_the_server_lets_nothing_in(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    # The client's handshake is with the proxy; Envoy gives its own connection two seconds (proxy-connect-timeout).
    world = build(SHOP)
    apply(world, EGRESS)
    apply(world, INGRESS.replace("RULES", ""))
    exchange = get(world, "far")
    assert exchange.answer is not None
    assert (exchange.answer.status, exchange.is_denied_by_proxy) == (503, False)
    assert "worker drop <> DROPPED" in story(world)


def test_a_question_through_the_dns_proxy(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    # Both questions (A, AAAA) leave from one socket: one connection for the datapath, two requests for the proxy.
    world = build(SHOP)
    apply(world, EGRESS)
    for agent in agents_of(world.cluster):
        agent.ring.clear()
    resolve(world, origin(world, "far"), "web.default.svc.cluster.local.")
    node, server = "worker2", next(text.split()[0] for text in story(world) if "to-endpoint -> " in f"{text} ")
    assert story(world) == [
        *at(node, [*SOCKET, "policy_verdict -> REDIRECTED", "to-proxy ->"]),
        *at(node, ["request -> FORWARDED"] * 2),
        f"{node} to-overlay ->", f"{server} to-endpoint ->", f"{server} to-overlay <-", f"{node} to-proxy <-",
        *at(node, ["response <- FORWARDED"] * 2),
        *at(node, ["to-endpoint <-", "pre-rev <> TRACED", "post-rev <> TRANSLATED"]),
    ]  # fmt: skip


def test_to_the_outside_a_packet_leaves_with_its_nodes_address(build: BuildWorld) -> None:
    world = build(SHOP)
    tcp(world, origin(world, "far"), "203.0.113.10", 443)
    seen = [event for event in agent_events(world, "kind-worker2") if event.type is EventType.TRACE]
    assert [told(event) for event in seen] == at("worker2", [
        "to-network -> S", "to-endpoint <- SA", "to-network -> A", "to-network -> FA", "to-endpoint <- FA",
    ])  # fmt: skip
    node_ip = next(each.node_ip for each in agents_of(world.cluster) if each.node == "kind-worker2")
    assert [event.source_xlated for event in seen if event.is_reply is False] == [node_ip] * 3
    assert {event.source_xlated for event in seen if event.is_reply} == {""}


def test_without_host_routing_packets_go_to_the_stack(build: BuildWorld) -> None:
    world = build(SHOP, values={"kubeProxyReplacement": False, "bpf": {"masquerade": False}})
    tcp(world, origin(world, "far"), "203.0.113.10", 443)
    assert "worker2 to-stack -> S" in story(world)


def test_without_socket_translation_replies_come_from_the_service(build: BuildWorld) -> None:
    # Source: cilium/cilium v1.19 bpf/bpf_lxc.c: the pod's own program translates, and back before it delivers.
    world = build(SHOP, values={"kubeProxyReplacement": False})
    get(world, "near")
    replies = [each for each in agent_events(world, "kind-worker") if each.is_reply]
    assert {(each.source.ip, each.source_port) for each in replies} == {(service_ip(world), 80)}
    assert story(world) == at("worker", SAME_NODE)


def agent_events(world: World, node: str) -> list[MonitorEvent]:
    return next(each for each in agents_of(world.cluster) if each.node == node).ring.newest()


def test_a_node_reaches_its_own_pods_with_the_routers_address(build: BuildWorld) -> None:
    # As kubelet probes look: 10.244.1.x (host) -> pod to-endpoint, and the replies to-stack.
    world = build(SHOP)
    get(world, "on-host")
    assert story(world) == at("worker", [
        "to-endpoint -> S", "to-stack <- SA", "to-endpoint -> A", "to-endpoint -> PA", "to-stack <- PA",
        "to-endpoint -> FA", "to-stack <- FA",
    ])  # fmt: skip
    agent = next(each for each in agents_of(world.cluster) if each.node == "kind-worker")
    assert agent_events(world, "kind-worker")[0].source.ip == agent.router_ip
    assert agent_events(world, "kind-worker")[0].source.identity == 1


def test_a_service_without_backends_stops_at_the_socket(build: BuildWorld) -> None:
    world = build(SHOP)
    exchange = tcp(world, origin(world, "near"), service_ip(world, "empty"), 80)
    assert exchange.outcome is Outcome.REFUSED
    assert story(world) == ["worker pre-fwd <> TRACED"]


def test_a_service_without_backends_is_a_drop_where_the_pods_program_translates(build: BuildWorld) -> None:
    world = build(SHOP, values={"kubeProxyReplacement": False})
    tcp(world, origin(world, "near"), service_ip(world, "empty"), 80)
    (event,) = agent_events(world, "kind-worker")
    flow = flow_of(event, "v")
    assert str(flow.drop_reason_desc) == "SERVICE_BACKEND_NOT_FOUND"
    assert flow.destination_service is not None
    assert flow.destination_service.name == "empty"


def test_a_closed_port_answers_with_a_reset(build: BuildWorld) -> None:
    world = build(SHOP)
    ip = world.cluster.api.get("pods", "web", "default")["status"]["podIP"]
    assert tcp(world, origin(world, "near"), ip, 9999).outcome is Outcome.REFUSED
    assert story(world) == at("worker", ["to-endpoint -> S", "to-endpoint <- RA"])


def test_an_echo_and_its_reply(build: BuildWorld) -> None:
    world = build(SHOP)
    ip = world.cluster.api.get("pods", "web", "default")["status"]["podIP"]
    ping(world, origin(world, "far"), ip, timeout_ns=10**9)
    assert story(world) == [
        "worker2 to-overlay ->", "worker to-endpoint ->", "worker to-overlay <-", "worker2 to-endpoint <-",
    ]  # fmt: skip
    assert [each.icmp for each in agent_events(world, "kind-worker2")] == [(8, 0), (0, 0)]


@pytest.mark.parametrize(("node", "source"), [("kind-worker", "198.51.100.7"), ("kind-worker2", "router")])
def test_through_a_node_port_the_client_keeps_its_address_on_the_backends_node_alone(
    build: BuildWorld, node: str, source: str
) -> None:
    # Source: cilium/cilium v1.19 bpf/lib/nodeport.h: SNAT towards a remote backend, identity world in both cases.
    world = build(SHOP)
    entry = next(each for each in agents_of(world.cluster) if each.node == node)
    request = HttpRequest("GET", "/", "web")
    exchange = tcp(world, outside_origin("198.51.100.7"), entry.node_ip, 30080, request=request)
    assert exchange.outcome is Outcome.OK
    first = agent_events(world, "kind-worker")[0]
    assert first.source.ip == (entry.router_ip if source == "router" else source)
    assert first.source.identity == 2


def test_a_pod_that_reaches_itself_through_its_service_never_leaves(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    world = build(SHOP)
    apply(world, INGRESS.replace("RULES", ""))
    assert get(world, "web").outcome is Outcome.OK
    assert story(world) == at("worker", SOCKET)


def test_audit_mode_lets_pass_and_says_so(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    # Source: recorded flows: verdict AUDIT, is_reply false, no drop reason, no policy names.
    world = build(SHOP, values={"policyAuditMode": True})
    apply(world, INGRESS.replace("RULES", ""))
    assert get(world, "far").outcome is Outcome.OK
    (event,) = [each for each in agent_events(world, "kind-worker") if each.type is EventType.POLICY_VERDICT]
    flow = flow_of(event, "v")
    assert (str(flow.verdict), flow.is_reply, flow.drop_reason, flow.ingress_denied_by) == ("AUDIT", False, 0, [])


def test_policies_are_named_where_they_allow_and_where_a_deny_rule_decides(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    # Source: versions, 1.19: not on default-deny drops.
    world = build(SHOP)
    apply(world, INGRESS.replace("RULES", ""))

    def named(client: str) -> tuple[list[str], list[str]]:
        get(world, client)
        event = next(each for each in agent_events(world, "kind-worker") if each.type is EventType.POLICY_VERDICT)
        flow = flow_of(event, "v")
        return [each.name for each in flow.ingress_allowed_by], [each.name for each in flow.ingress_denied_by]

    assert named("near") == (["to-web"], [])
    assert named("far") == ([], [])
    apply(world, INGRESS.replace("RULES", "").replace("ingress:", "ingressDeny:").replace("near}", "far}"))
    assert named("far") == ([], ["to-web"])


def test_a_denied_egress_can_be_answered_at_once(build: BuildWorld, apply: Callable[[World, str], None]) -> None:
    world = build(SHOP, values={"policyDenyResponse": "icmp"})
    apply(world, EGRESS)
    exchange = tcp(world, origin(world, "far"), "203.0.113.10", 443)
    assert exchange.outcome is Outcome.REFUSED
    assert exchange.course.is_told_unreachable
    assert story(world) == at("worker2", ["policy_verdict <> DROPPED", "drop <> DROPPED"])


def test_every_flow_has_an_identity_of_its_own_and_its_nodes_labels(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    world = build(SHOP)
    apply(world, EGRESS)
    resolve(world, origin(world, "far"), "web")
    get(world, "far")
    resolve(world, origin(world, "far"), "web")
    flows = [flow_of(event, "v") for agent in agents_of(world.cluster) for event in agent.ring.newest()]
    assert len({flow.uuid for flow in flows}) == len(flows)
    assert len({flow.time for flow in flows}) == len(flows)
    assert all(f"kubernetes.io/hostname={flow.node_name.partition('/')[2]}" in flow.node_labels for flow in flows)
    with_packet = [flow for flow in flows if str(flow.type) == "L3_L4"]
    assert with_packet
    assert all(flow.ethernet and flow.ethernet.source and flow.ethernet.destination for flow in with_packet)


def test_interfaces_proxy_ports_and_places_are_where_real_flows_have_them(
    build: BuildWorld, apply: Callable[[World, str], None]
) -> None:
    world = build(SHOP)
    apply(world, GET_ONLY)
    get(world, "near")
    flows = [flow_of(event, "v") for event in agent_events(world, "kind-worker")]
    by_point = {str(flow.trace_observation_point): flow for flow in flows if str(flow.type) == "L3_L4"}
    to_pod, to_proxy = by_point["TO_ENDPOINT"], by_point["TO_PROXY"]
    assert to_pod.interface is not None
    assert to_pod.interface.name.startswith("lxc")
    assert to_pod.interface.index
    assert to_proxy.interface is None
    assert {bool(flow.proxy_port) for flow in flows if str(flow.type) == "L7"} == {False}
    first_to_proxy = next(flow for flow in flows if str(flow.trace_observation_point) == "TO_PROXY")
    assert 10_000 <= first_to_proxy.proxy_port < 20_000
    get(world, "far")
    drop = next(each for each in agent_events(world, "kind-worker") if each.type is EventType.DROP)
    assert flow_of(drop, "v").file is not None
    assert flow_of(drop, "v").file.name == "bpf_lxc.c"  # type: ignore[union-attr]  # asserted in the line above
