"""Time of ``quizgame hubble observe`` over a capture made here, beside the real tool's figures."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import FlowType, IPVersion, MessageType, TraceObservationPoint, TrafficDirection, Verdict
from quizgame.hubble.flow import IP, TCP, CiliumEventType, Endpoint, Flow, Layer4, TCPFlags, Workload
from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.timestamps import format_timestamp
from tests.bench.measure import Case, cpu_of_program, memory_of_program

ROUNDS = 3
START_NS = 1_772_323_200 * 10**9
RUNS: tuple[tuple[str, tuple[str, ...], float | None], ...] = (
    # what, words, seconds of the real tool on two cores (``None``: not measured)
    ("compact", (), 3.28),
    ("compact, filtered", ("--pod", "store/app-1", "--protocol", "tcp", "--to-port", "8081"), None),
    ("compact, --last 20 of a verdict", ("--verdict", "DROPPED", "--last", "20"), 3.2),
    ("jsonpb", ("-o", "jsonpb"), 5.3),
    ("compact, 4,095 flows", ("--first", "4095"), 0.18),
    ("table, 4,095 flows", ("-o", "table", "--first", "4095"), 0.25),
    ("dict, 4,095 flows", ("-o", "dict", "--first", "4095"), None),
    ("jsonpb, 4,095 flows", ("-o", "jsonpb", "--first", "4095"), None),
)
REAL_MIB = 65.0
"""Most memory of the real tool, whatever the format."""
FORMATS = ("compact", "dict", "jsonpb", "table")


def endpoint(number: int) -> Endpoint:
    """Return one of eight pods."""
    name = f"app-{number}"
    return Endpoint(
        id=number,
        identity=20_000 + number,
        cluster_name="lab",
        namespace="store" if number % 2 else "pay",
        labels=[f"k8s:app={name}", "k8s:io.cilium.k8s.policy.cluster=lab"],
        pod_name=f"{name}-0",
        workloads=[Workload(name=name, kind="StatefulSet")],
    )


def record(serial: int) -> GetFlowsResponse:
    """Return the flow of a serial number: every tenth a drop, the rest traces in both directions."""
    left, right = endpoint(serial % 8), endpoint((serial + 1 + serial // 8 % 7) % 8)
    is_drop, is_reply = serial % 10 == 0, serial % 2 == 1
    time = format_timestamp(START_NS + serial * 1_000_000)
    flow = Flow(
        time=time,
        uuid=f"{serial:08x}-0000-4000-8000-{serial:012x}",
        verdict=Verdict.DROPPED if is_drop else Verdict.FORWARDED,
        drop_reason=133 if is_drop else 0,
        ip=IP(source=f"10.0.0.{left.id}", destination=f"10.0.0.{right.id}", ip_version=IPVersion.IPv4),
        l4=Layer4(
            tcp=TCP(source_port=32768 + serial % 28000, destination_port=8080 + right.id, flags=TCPFlags(ack=True))
        ),
        source=left,
        destination=right,
        type=FlowType.L3_L4,
        node_name=f"lab/node-{serial % 3}",
        reply=is_reply and not is_drop,
        event_type=CiliumEventType(
            type=MessageType.DROP if is_drop else MessageType.TRACE,
            sub_type=133 if is_drop else TraceObservationPoint.TO_STACK.sub_type,
        ),
        traffic_direction=TrafficDirection.INGRESS,
        trace_observation_point=(TraceObservationPoint.UNKNOWN_POINT if is_drop else TraceObservationPoint.TO_STACK),
        drop_reason_desc=DropReason.POLICY_DENIED if is_drop else DropReason.DROP_REASON_UNKNOWN,
        is_reply=None if is_drop else is_reply,
        summary="TCP Flags: ACK",
    )
    return GetFlowsResponse(flow=flow, node_name=flow.node_name, time=time)


def hubble_cases(folder: Path, flows: int = 100_000) -> list[Case]:
    """The runs over a capture that is made here.

    Args:
        folder: Where the capture goes.
        flows: How many flows it holds.
    """
    capture = folder / "flows.jsonl"
    with capture.open("wb") as file:
        file.writelines(encode(record(serial)) + b"\n" for serial in range(flows))
    observe = ["hubble", "observe", "--input-file", str(capture)]
    program = [sys.executable, "-m", "quizgame", *observe]
    memory = [
        Case(
            f"hubble observe, {what}, memory",
            partial(memory_of_program, [*observe, *words]),
            limit=REAL_MIB,
            rounds=1,
            unit="MiB",
        )
        for what, words in (
            ("compact, 100,000 flows", ()),
            ("--last 20 of 100,000", ("--last", "20")),
            *((f"{form}, 4,095 flows", ("-o", form, "--first", "4095")) for form in FORMATS),
        )
    ]
    return memory + [
        Case(
            f"hubble observe, {what}",
            partial(cpu_of_program, [*program, *words]),
            limit=real_seconds,
            rounds=ROUNDS,
        )
        for what, words, real_seconds in RUNS
    ]
