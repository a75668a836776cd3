"""The quick look at events leaves out nothing that the filters would show."""

from __future__ import annotations

import pytest

from quizgame.cluster.fabric import agents_of
from quizgame.cluster.world import World
from quizgame.datapath.exchange import tcp
from quizgame.datapath.names import resolve
from quizgame.datapath.topology import pod_origin
from quizgame.game.worlds import free_world
from quizgame.hubble.answer import answer
from quizgame.hubble.enums import Verdict
from quizgame.hubble.flow import NetworkInterface, TCPFlags, Workload
from quizgame.hubble.flowfilter import EventTypeFilter, FlowFilter
from quizgame.hubble.making import record_of, uuid_of
from quizgame.hubble.observer import GetFlowsRequest
from quizgame.hubble.preselect import preselect
from quizgame.policy.l7 import HttpRequest
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.scalars import Dialect

MANIFESTS = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: kind-worker, containers: [{name: c, image: web, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-client, labels: {app: client}}
spec: {nodeName: kind-worker2, containers: [{name: c, image: curlimages/curl}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress: [{toPorts: [{ports: [{port: "80"}], rules: {http: [{method: GET}]}}]}]
"""


@pytest.fixture(scope="module")
def world() -> World:
    documents = [each.data for each in load_documents(MANIFESTS, "test", dialect=Dialect.KUBERNETES)]
    world = free_world(manifests=[("test", documents)])
    client = pod_origin(world, world.current_context, "default", "web-client")
    assert client is not None
    ip = world.cluster.api.get("pods", "web", "default")["status"]["podIP"]
    resolve(world, client, "web")
    for method in ("GET", "PUT"):
        tcp(world, client, ip, 80, request=HttpRequest(method, "/", "web"))
    tcp(world, client, ip, 81, timeout_ns=10**9)
    world.advance(5)
    return world


FILTERS = [
    FlowFilter(source_pod=["web"]),
    FlowFilter(source_pod=["default/web-client"]),
    FlowFilter(source_pod=["/core"]),
    FlowFilter(source_pod=["kube-system/"]),
    FlowFilter(destination_pod=["default/", "kube-system/core"]),
    FlowFilter(verdict=[Verdict.DROPPED]),
    FlowFilter(event_type=[EventTypeFilter(type=5)]),
    FlowFilter(event_type=[EventTypeFilter(type=4, match_sub_type=True, sub_type=1)]),
    FlowFilter(event_type=[EventTypeFilter()]),
    FlowFilter(source_port=["53", "80"]),
    FlowFilter(destination_port=["81"], verdict=[Verdict.DROPPED]),
    FlowFilter(source_identity=[1, 2]),
    FlowFilter(destination_identity=[2]),
    FlowFilter(http_method=["GET"]),
    FlowFilter(dns_query=["web.*"]),
    FlowFilter(node_name=["kind-worker"]),
    FlowFilter(node_name=["kind-kind/kind-work*"], node_labels=["kubernetes.io/os=linux"]),
    FlowFilter(source_label=["app=client"]),
    FlowFilter(source_label=["!app"]),
    FlowFilter(destination_label=["reserved:host", "k8s-app=kube-dns"]),
    FlowFilter(destination_service=["default/web", "kube-system/"]),
    FlowFilter(source_workload=[Workload(kind="ReplicaSet")], source_identity=[1]),
    FlowFilter(destination_workload=[Workload(name="coredns")]),
    FlowFilter(source_ip=["10.244.0.0/16"]),
    FlowFilter(destination_ip=["10.244.1.1", "172.18.0.0/24"]),
    FlowFilter(destination_fqdn=["*.cluster.local"]),
    FlowFilter(source_cluster_name=["kind-kind"]),
    FlowFilter(destination_cluster_name=["other"]),
    FlowFilter(protocol=["DNS", "sctp"]),
    FlowFilter(protocol=["http"]),
    FlowFilter(protocol=["tcp"], traffic_direction=["INGRESS"]),
    FlowFilter(traffic_direction=["TRAFFIC_DIRECTION_UNKNOWN"]),
    FlowFilter(drop_reason_desc=["POLICY_DENIED"]),
    FlowFilter(drop_reason_desc=["DROP_REASON_UNKNOWN"]),
    FlowFilter(tcp_flags=[TCPFlags(syn=True, ack=True)]),
    FlowFilter(tcp_flags=[TCPFlags()]),
    FlowFilter(encrypted=[False]),
    FlowFilter(encrypted=[True]),
    FlowFilter(uuid=["x"]),
    FlowFilter(interface=[NetworkInterface(name="")]),
]


@pytest.mark.parametrize("other", [None, FlowFilter(source_pod=["kube-system/"]), FlowFilter(reply=[True])])
@pytest.mark.parametrize("wanted", FILTERS)
def test_the_same_flows_are_shown_with_and_without_it(
    world: World, wanted: FlowFilter, other: FlowFilter | None
) -> None:
    events = [event for agent in agents_of(world.cluster) for event in agent.ring.newest()]
    request = GetFlowsRequest(allow=(wanted,) if other is None else (wanted, other))
    shown = list(answer((record_of(event, "v") for event in events), request))
    quick = list(answer((record_of(event, "v") for event in preselect(events, request.allow)), request))
    assert quick == shown
    assert len(events) > 30


@pytest.mark.parametrize("other", [None, FlowFilter(verdict=[Verdict.DROPPED]), FlowFilter(reply=[True])])
@pytest.mark.parametrize("wanted", FILTERS)
def test_the_same_flows_are_denied_with_and_without_it(
    world: World, wanted: FlowFilter, other: FlowFilter | None
) -> None:
    events = [event for agent in agents_of(world.cluster) for event in agent.ring.newest()]
    request = GetFlowsRequest(deny=(wanted,) if other is None else (wanted, other))
    shown = list(answer((record_of(event, "v") for event in events), request))
    left = preselect(events, (), request.deny)
    assert list(answer((record_of(event, "v") for event in left), request)) == shown


@pytest.mark.parametrize(
    "wanted", [FlowFilter(source_ip=["x"]), FlowFilter(protocol=["nope"]), FlowFilter(source_port=["-1"])]
)
def test_what_is_malformed_is_left_to_the_filters(world: World, wanted: FlowFilter) -> None:
    events = [event for agent in agents_of(world.cluster) for event in agent.ring.newest()]
    assert list(preselect(events, (wanted,))) == events


def test_a_flow_is_found_by_its_identifier(world: World) -> None:
    events = [event for agent in agents_of(world.cluster) for event in agent.ring.newest()]
    uuid = uuid_of(events[7])
    found = list(preselect(events, (FlowFilter(uuid=[uuid]),)))
    assert events[7] in found
    assert {uuid_of(event) for event in found} == {uuid}
