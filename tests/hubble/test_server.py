"""The command against a live server: counts, masks, merging, health, nodes, namespaces."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest
from msgspec import structs

from quizgame.hubble.agentevent import GetAgentEventsResponse, GetEventsRequest
from quizgame.hubble.answer import answer, merge_by_time
from quizgame.hubble.command.run import HubbleEnvironment, run_hubble
from quizgame.hubble.drops import DropReason, drop_text
from quizgame.hubble.enums import NodeState, TraceObservationPoint, Verdict
from quizgame.hubble.fieldmask import FieldMaskError, check_paths
from quizgame.hubble.flow import DNS, ICMPv4, ICMPv6, Layer4, Layer7
from quizgame.hubble.masks import MASK_1_19_4, MASK_REPAIRED
from quizgame.hubble.observer import (
    GetFlowsRequest,
    GetFlowsResponse,
    NamespaceInfo,
    NodeInfo,
    ServerStatus,
    TLSInfo,
)
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import RpcError
from quizgame.hubble.summaries import layer_4_summary, layer_7_summary


@dataclass
class Server:
    """A server over fixed answers."""

    records: list[GetFlowsResponse] = field(default_factory=list)
    status: ServerStatus = field(default_factory=ServerStatus)
    serving: bool = True
    target: str = "localhost:4245"

    def is_serving(self) -> bool:
        return self.serving

    def get_flows(self, request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
        return answer(self.records, request)

    def get_agent_events(self, request: GetEventsRequest) -> Iterator[GetAgentEventsResponse]:
        raise RpcError("Unimplemented", str(request))

    get_debug_events = get_agent_events

    def server_status(self) -> ServerStatus:
        return self.status

    def nodes(self) -> list[NodeInfo]:
        return [
            NodeInfo(name="kind/b", state=NodeState.NODE_ERROR),
            NodeInfo(
                name="kind/a",
                version="cilium v1.19.4",
                address="172.18.0.2:4244",
                state=NodeState.NODE_CONNECTED,
                tls=TLSInfo(enabled=True),
                uptime_ns="60400000000",
                num_flows="1",
                max_flows="3",
                seen_flows="90",
            ),
        ]

    def namespaces(self) -> list[NamespaceInfo]:
        return [NamespaceInfo(cluster="kind", namespace="shop"), NamespaceInfo(namespace="a")]


def run(server: Server, *words: str, mask: tuple[str, ...] = MASK_REPAIRED) -> tuple[RecordingSink, int]:
    def open_file(path: str) -> BinaryIO:
        raise FileNotFoundError(2, "No such file or directory", path)

    environment = HubbleEnvironment(
        now_ns=lambda: 0,
        connect=lambda _address: server,
        open_file=open_file,
        stdin=io.BytesIO(),
        default_field_mask=mask,
    )
    sink = RecordingSink()
    return sink, run_hubble(words, environment, sink)


def test_a_server_is_asked_for_twenty(records: list[GetFlowsResponse]) -> None:
    server = Server(records[:6] * 5)
    assert len(run(server, "observe")[0].lines) == 20
    assert len(run(server, "observe", "--all")[0].lines) == 30
    assert len(run(server, "observe", "--since", "2026-02-03T09:00:02Z")[0].lines) == 10
    assert run(server, "observe", "--follow")[0].lines == []
    assert len(run(server, "observe", "--follow", "--last", "2")[0].lines) == 2


def test_every_line_knows_its_record(records: list[GetFlowsResponse]) -> None:
    for name, height in (("compact", 1), ("dict", 6), ("table", 1), ("json", 1)):
        sink, _ = run(Server(records), "observe", "-o", name, "-t", "drop", "--use-default-field-masks=false")
        shown = [line for line in sink.lines if line.response is not None]
        assert len(shown) == height
        assert {line.response and line.response.flow and line.response.flow.uuid for line in shown} == {"u-2"}


def test_the_released_mask_loses_what_the_repaired_one_shows(records: list[GetFlowsResponse]) -> None:
    words = ("observe", "--first", "1")
    assert (
        "policy-verdict:none TRAFFIC_DIRECTION_UNKNOWN DENIED"
        in run(Server(records), *words, mask=MASK_1_19_4)[0].stdout
    )
    assert "policy-verdict:none INGRESS DENIED" in run(Server(records), *words)[0].stdout


def test_a_mask_of_ones_own(records: list[GetFlowsResponse]) -> None:
    words = ("observe", "-o", "json", "--first", "1", "--field-mask", "verdict,source.pod_name,source.identity,l4.TCP")
    assert run(Server(records), *words)[0].stdout == (
        '{"flow":{"verdict":"DROPPED","l4":{"TCP":{"source_port":40000,"destination_port":80,"flags":{"SYN":true}}},'
        '"source":{"identity":5001,"pod_name":"xwing"}},"node_name":"kind/kind-worker",'
        '"time":"2026-02-03T09:00:00.100Z"}\n'
    )


@pytest.mark.parametrize("path", ["", "ip", "nodeName", "source.", "source.labels.x", "time.zone", "uuid.x"])
def test_paths_that_name_nothing(path: str) -> None:
    with pytest.raises(FieldMaskError):
        check_paths([path])
    check_paths(["IP.source", "time.seconds", "is_reply.value", "source.workloads", "l7.http.headers"])


def test_relay_merges_nodes_by_time(records: list[GetFlowsResponse]) -> None:
    left, right = records[0:6:2], records[1:6:2]
    request = GetFlowsRequest(number=2)
    merged = list(merge_by_time([answer(left, request), answer(right, request)]))
    assert merged == [records[2], records[3], records[4], records[5]]


def test_debug_tells_the_request(records: list[GetFlowsResponse]) -> None:
    sink, _ = run(Server(records), "observe", "-D", "--last", "1", "--verdict", "DROPPED", "-o", "json")
    assert sink.stderr.startswith(
        'time=1970-01-01T00:00:00.000Z level=DEBUG msg="Sending GetFlows request" '
        'request="number:1 whitelist:{verdict:DROPPED}"\n'
    )


def test_status() -> None:
    server = Server(status=ServerStatus(num_flows="1", max_flows="4095", seen_flows="3", uptime_ns="2000000000"))
    assert run(server, "status")[0].stdout == (
        "Healthcheck (via localhost:4245): Ok\nCurrent/Max Flows: 1/4,095 (0.02%)\nFlows/s: 1.50\n"
    )
    whole = Server(status=ServerStatus(version="v", flows_rate=61.0))
    assert run(whole, "status", "-o", "json")[0].stdout == '{"version":"v","flows_rate":61}\n'
    idle = Server(status=ServerStatus(version="v", flows_rate=float("0")))
    assert run(idle, "status", "-o", "json")[0].stdout == '{"version":"v"}\n'
    away = Server(status=ServerStatus(num_connected_nodes=1, num_unavailable_nodes=3, unavailable_nodes=["b", "a"]))
    assert run(away, "status")[0].stdout.endswith(
        "Connected Nodes: 1/4\nUnavailable Nodes: 3\n  - a\n  - b\n  - and 1 more...\n"
    )
    sick = Server(serving=False)
    sink, status = run(sick, "status")
    assert (sink.stdout, sink.stderr, status) == (
        "Healthcheck (via localhost:4245): Unavailable: NOT_SERVING\n",
        "not healthy\n",
        1,
    )


def test_lists() -> None:
    assert run(Server(), "list", "node", "-o", "wide")[0].stdout == (
        "NAME     STATUS      AGE    FLOWS/S   CURRENT/MAX-FLOWS   VERSION          ADDRESS           TLS\n"
        "kind/a   Connected   1m0s   1.50      1/3 ( 33.33%)       cilium v1.19.4   172.18.0.2:4244   Enabled\n"
        "kind/b   Error       N/A    N/A       N/A                 N/A                                N/A\n"
    )
    assert run(Server(), "list", "namespaces", "-o", "wide")[0].stdout == "NAMESPACE   CLUSTER\nshop        kind\na\n"
    assert run(Server(), "list", "namespaces", "-o", "json")[0].stdout.startswith('[\n  {\n    "cluster": "kind",\n')


def test_the_numbers_of_the_api() -> None:
    # Source: cilium/cilium v1.19 api/v1/flow/flow.proto, pkg/monitor/api/drop.go.
    assert (DropReason.POLICY_DENIED.number, DropReason.POLICY_DENIED.text) == (133, "Policy denied")
    assert (drop_text(0), drop_text(159)) == ("Success", "159, 0")
    assert TraceObservationPoint.TO_ENDPOINT.number == 101
    assert TraceObservationPoint.TO_ENDPOINT.sub_type == 0
    assert [verdict.number for verdict in Verdict] == list(range(8))
    assert Verdict.AUDIT == "AUDIT"


def test_summaries_that_agents_record() -> None:
    assert layer_4_summary(Layer4(icmpv4=ICMPv4(type=3, code=3))) == "ICMPv4 DestinationUnreachable(Port)"
    assert layer_4_summary(Layer4(icmpv6=ICMPv6(type=135))) == "ICMPv6 NeighborSolicitation"
    question = DNS(query="a.example.", observation_source="proxy", qtypes=["A", "AAAA"])
    assert layer_7_summary(Layer7(type="REQUEST", dns=question)) == "DNS Query a.example. A,AAAA"
    answered = structs.replace(question, ips=["192.0.2.1", "192.0.2.2"], cnames=["b."], ttl=30)
    assert layer_7_summary(Layer7(type="RESPONSE", dns=answered)) == (
        'DNS Answer "192.0.2.1,192.0.2.2" CNAMEs: "b." TTL: 30 (Proxy a.example. A,AAAA)'
    )
    missing = structs.replace(question, rcode=3)
    assert layer_7_summary(Layer7(type="RESPONSE", dns=missing)) == (
        "DNS Answer RCode: Non-Existent Domain TTL: 4294967295 (Proxy a.example. A,AAAA)"
    )
