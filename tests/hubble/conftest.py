"""A small capture of one connection's story, and a way to run the command over it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

import pytest

from quizgame.hubble.command.run import HubbleEnvironment, run_hubble
from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import (
    FlowType,
    IPVersion,
    L7FlowType,
    MessageType,
    NodeState,
    PolicyMatchType,
    TraceObservationPoint,
    TrafficDirection,
    Verdict,
)
from quizgame.hubble.flow import (
    DNS,
    HTTP,
    IP,
    TCP,
    UDP,
    CiliumEventType,
    Endpoint,
    Flow,
    HTTPHeader,
    Layer4,
    Layer7,
    Policy,
    Service,
    TCPFlags,
    Workload,
)
from quizgame.hubble.observer import GetFlowsResponse, LostEvent, NodeStatusEvent
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import connection_refused

NOW_NS = 1_790_000_000 * 1_000_000_000
Run = Callable[..., tuple[str, str, int]]

XWING = Endpoint(
    id=11,
    identity=5001,
    cluster_name="kind",
    namespace="default",
    labels=["k8s:class=xwing", "k8s:org=alliance"],
    pod_name="xwing",
    workloads=[Workload(name="xwing", kind="Pod")],
)
DEATHSTAR = Endpoint(
    id=12,
    identity=5002,
    cluster_name="kind",
    namespace="empire",
    labels=["k8s:class=deathstar", "k8s:org=empire"],
    pod_name="deathstar-7b8c-x2x9z",
    workloads=[Workload(name="deathstar", kind="Deployment")],
)
WORLD = Endpoint(identity=2, labels=["cidr:10.61.99.0/24", "reserved:world"])


def respond(flow: Flow) -> GetFlowsResponse:
    return GetFlowsResponse(flow=flow, node_name="kind/kind-worker", time=flow.time)


def sample_records() -> list[GetFlowsResponse]:
    """Two denials, a forwarded request with its reply, a DNS question, a service, lost events, a lost node."""
    syn = Layer4(tcp=TCP(source_port=40000, destination_port=80, flags=TCPFlags(syn=True)))
    ip = IP(source="10.0.0.1", destination="10.0.0.2", ip_version=IPVersion.IPv4)
    verdict = Flow(
        time="2026-02-03T09:00:00.100Z",
        uuid="u-1",
        verdict=Verdict.DROPPED,
        drop_reason=133,
        ip=ip,
        l4=syn,
        source=XWING,
        destination=DEATHSTAR,
        type=FlowType.L3_L4,
        node_name="kind/kind-worker",
        node_labels=["zone=a"],
        event_type=CiliumEventType(type=MessageType.POLICY_VERDICT),
        traffic_direction=TrafficDirection.INGRESS,
        drop_reason_desc=DropReason.POLICY_DENIED,
        summary="TCP Flags: SYN",
    )
    drop = Flow(
        time="2026-02-03T09:00:00.100000001Z",
        uuid="u-2",
        verdict=Verdict.DROPPED,
        drop_reason=133,
        ip=ip,
        l4=syn,
        source=XWING,
        destination=DEATHSTAR,
        type=FlowType.L3_L4,
        node_name="kind/kind-worker",
        event_type=CiliumEventType(type=MessageType.DROP, sub_type=133),
        traffic_direction=TrafficDirection.INGRESS,
        drop_reason_desc=DropReason.POLICY_DENIED,
        summary="TCP Flags: SYN",
    )
    allowed = Flow(
        time="2026-02-03T09:00:01Z",
        verdict=Verdict.FORWARDED,
        ip=ip,
        l4=syn,
        source=XWING,
        destination=DEATHSTAR,
        type=FlowType.L3_L4,
        node_name="kind/kind-worker",
        event_type=CiliumEventType(type=MessageType.POLICY_VERDICT),
        traffic_direction=TrafficDirection.EGRESS,
        policy_match_type=PolicyMatchType.L3_L4,
        is_reply=False,
        egress_allowed_by=[Policy(name="out", namespace="default", kind="CiliumNetworkPolicy")],
        summary="TCP Flags: SYN",
    )
    reply = Flow(
        time="2026-02-03T09:00:01.002Z",
        verdict=Verdict.FORWARDED,
        ip=IP(source="10.0.0.2", destination="10.0.0.1", ip_version=IPVersion.IPv4, encrypted=True),
        l4=Layer4(tcp=TCP(source_port=80, destination_port=40000, flags=TCPFlags(syn=True, ack=True))),
        source=DEATHSTAR,
        destination=XWING,
        type=FlowType.L3_L4,
        node_name="kind/kind-worker2",
        reply=True,
        event_type=CiliumEventType(type=MessageType.TRACE),
        traffic_direction=TrafficDirection.INGRESS,
        trace_observation_point=TraceObservationPoint.TO_ENDPOINT,
        is_reply=True,
        summary="TCP Flags: SYN, ACK",
    )
    request = Flow(
        time="2026-02-03T09:00:02Z",
        verdict=Verdict.FORWARDED,
        ip=ip,
        l4=Layer4(tcp=TCP(source_port=40000, destination_port=80)),
        source=XWING,
        destination=DEATHSTAR,
        type=FlowType.L7,
        node_name="kind/kind-worker",
        l7=Layer7(
            type=L7FlowType.REQUEST,
            http=HTTP(
                method="PUT",
                url="http://deathstar/v1/exhaust%20port?a=1",
                protocol="HTTP/1.1",
                headers=[HTTPHeader(key="X-Id", value="a:b")],
            ),
        ),
        event_type=CiliumEventType(type=MessageType.L7),
        destination_service=Service(name="deathstar", namespace="empire"),
        is_reply=False,
        summary="HTTP/1.1 PUT http://deathstar/v1/exhaust%20port?a=1",
    )
    lookup = Flow(
        time="2026-02-03T09:00:03Z",
        verdict=Verdict.FORWARDED,
        ip=IP(source="2001:db8::1", destination="10.61.99.7", ip_version=IPVersion.IPv6),
        l4=Layer4(udp=UDP(source_port=5353, destination_port=53)),
        source=XWING,
        destination=WORLD,
        type=FlowType.L7,
        node_name="kind-worker",
        destination_names=["dns.example.com", "ns1.example.com"],
        l7=Layer7(
            type=L7FlowType.REQUEST,
            dns=DNS(query="api.example.com.", observation_source="proxy", qtypes=["A"]),
        ),
        event_type=CiliumEventType(type=MessageType.L7),
        is_reply=False,
        summary="DNS Query api.example.com. A",
    )
    return [
        *(respond(flow) for flow in (verdict, drop, allowed, reply, request, lookup)),
        GetFlowsResponse(
            lost_events=LostEvent(num_events_lost="17", cpu=1),
            node_name="kind/kind-worker",
            time="2026-02-03T09:00:04Z",
        ),
        GetFlowsResponse(
            node_status=NodeStatusEvent(state_change=NodeState.NODE_UNAVAILABLE, node_names=["kind/kind-worker3"]),
            node_name="hubble-relay",
            time="2026-02-03T09:00:05Z",
        ),
    ]


def lines_of(records: Sequence[GetFlowsResponse]) -> bytes:
    return b"".join(encode(record) + b"\n" for record in records)


@pytest.fixture
def records() -> list[GetFlowsResponse]:
    return sample_records()


@pytest.fixture
def hubble() -> Run:
    """Run ``hubble WORDS`` where the file ``flows`` holds the sample; return stdout, stderr, exit status."""

    def run(
        *words: str, data: bytes | None = None, environ: Mapping[str, str] | None = None, terminal: bool = False
    ) -> tuple[str, str, int]:
        content = lines_of(sample_records()) if data is None else data

        def open_file(path: str) -> BinaryIO:
            if path != "flows":
                raise FileNotFoundError(2, "No such file or directory", path)
            return io.BytesIO(content)

        def connect(_address: str) -> None:
            raise connection_refused("127.0.0.1:4245")

        environment = HubbleEnvironment(
            now_ns=lambda: NOW_NS,
            connect=connect,  # type: ignore[arg-type]  # it always raises
            open_file=open_file,
            stdin=io.BytesIO(content),
            environ=environ or {},
            is_terminal=terminal,
        )
        sink = RecordingSink()
        status = run_hubble(words, environment, sink)
        return sink.stdout, sink.stderr, status

    return run
