"""Rules that hold for any flow and any line."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from typing import BinaryIO

from hypothesis import given, settings
from hypothesis import strategies as st

from quizgame.hubble.answer import answer
from quizgame.hubble.command.run import HubbleEnvironment, run_hubble
from quizgame.hubble.drops import DropReason
from quizgame.hubble.enums import IPVersion, L7FlowType, TraceObservationPoint, TrafficDirection, Verdict
from quizgame.hubble.fieldmask import apply_mask, mask_tree
from quizgame.hubble.flow import (
    DNS,
    HTTP,
    IP,
    TCP,
    UDP,
    CiliumEventType,
    Endpoint,
    Ethernet,
    Flow,
    Layer4,
    Layer7,
    NetworkInterface,
    Policy,
    Service,
    TCPFlags,
    Workload,
)
from quizgame.hubble.flowfilter import EventTypeFilter, FlowFilter
from quizgame.hubble.masks import MASK_REPAIRED
from quizgame.hubble.observer import GetFlowsRequest, GetFlowsResponse, LostEvent, NodeStatusEvent
from quizgame.hubble.printers.choose import make_printer
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.protojson.reader import parse_message
from quizgame.hubble.protojson.tokens import ProtoJsonError
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.responses import decode_canonical, decode_respaced
from quizgame.hubble.ring import RingBuffer
from quizgame.hubble.sink import RecordingSink
from quizgame.hubble.source import FlowSource, connection_refused
from quizgame.hubble.timestamps import format_timestamp, parse_timestamp

MANY = settings(max_examples=150, deadline=None)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.sampled_from(["", "a", "b", "x-1", "shop", "kube-system"])
UINT32 = st.integers(0, 2**32 - 1)
PORTS = st.sampled_from([0, 53, 80, 443, 40000])
TIMES = st.integers(0, 4 * 10**18).map(format_timestamp)
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.168.1.1", "2001:db8::1", ""])

endpoints = st.builds(
    Endpoint,
    id=UINT32,
    identity=st.sampled_from([0, 1, 2, 11, 5001]),
    cluster_name=NAMES,
    namespace=NAMES,
    labels=st.lists(st.sampled_from(["k8s:app=a", "k8s:app=b", "reserved:world", "plain"]), max_size=3),
    pod_name=NAMES,
    workloads=st.lists(st.builds(Workload, name=NAMES, kind=NAMES), max_size=2),
)
layers_4 = st.one_of(
    st.builds(
        Layer4,
        tcp=st.builds(
            TCP,
            source_port=PORTS,
            destination_port=PORTS,
            flags=st.none() | st.builds(TCPFlags, syn=st.booleans(), ack=st.booleans()),
        ),
    ),
    st.builds(Layer4, udp=st.builds(UDP, source_port=PORTS, destination_port=PORTS)),
    st.just(Layer4()),
)
layers_7 = st.one_of(
    st.builds(Layer7, type=st.sampled_from(L7FlowType), http=st.builds(HTTP, code=UINT32, method=NAMES, url=TEXT)),
    st.builds(Layer7, type=st.sampled_from(L7FlowType), dns=st.builds(DNS, query=TEXT, qtypes=st.lists(NAMES))),
)
policies = st.lists(st.builds(Policy, name=NAMES, kind=NAMES), max_size=2)
flows = st.builds(
    Flow,
    time=st.none() | TIMES,
    uuid=NAMES,
    verdict=st.sampled_from(Verdict),
    ethernet=st.none() | st.builds(Ethernet, source=TEXT),
    ip=st.none()
    | st.builds(
        IP,
        source=ADDRESSES,
        destination=ADDRESSES,
        ip_version=st.sampled_from(IPVersion),
        encrypted=st.booleans(),
    ),
    l4=st.none() | layers_4,
    source=st.none() | endpoints,
    destination=st.none() | endpoints,
    node_name=st.sampled_from(["", "kind/n1", "n2"]),
    destination_names=st.lists(TEXT, max_size=2),
    l7=st.none() | layers_7,
    event_type=st.none() | st.builds(CiliumEventType, type=st.sampled_from([0, 1, 3, 4, 5, 7, 129]), sub_type=PORTS),
    destination_service=st.none() | st.builds(Service, name=NAMES, namespace=NAMES),
    traffic_direction=st.sampled_from(TrafficDirection),
    policy_match_type=st.integers(0, 9),
    trace_observation_point=st.sampled_from(TraceObservationPoint),
    drop_reason_desc=st.sampled_from(DropReason),
    is_reply=st.none() | st.booleans(),
    interface=st.none() | st.builds(NetworkInterface, name=NAMES),
    summary=TEXT,
    egress_allowed_by=policies,
    ingress_denied_by=policies,
)
records = st.one_of(
    st.builds(GetFlowsResponse, flow=flows, node_name=NAMES, time=st.none() | TIMES),
    st.builds(GetFlowsResponse, flow=flows, node_name=NAMES, time=st.none() | TIMES),
    st.builds(GetFlowsResponse, lost_events=st.builds(LostEvent, cpu=st.none() | st.integers(0, 9)), time=TIMES),
    st.builds(GetFlowsResponse, node_status=st.builds(NodeStatusEvent, node_names=st.lists(TEXT)), time=TIMES),
)
filters = st.one_of(
    st.builds(FlowFilter, verdict=st.lists(st.sampled_from(Verdict), max_size=2)),
    st.builds(FlowFilter, source_pod=st.lists(st.sampled_from(["a", "shop/", "/x", "/"]), max_size=2)),
    st.builds(FlowFilter, destination_label=st.lists(st.sampled_from(["app=a", "!app", "reserved:world"]), max_size=2)),
    st.builds(FlowFilter, source_ip=st.lists(st.sampled_from(["10.0.0.1", "10.0.0.0/8", "::/0"]), max_size=2)),
    st.builds(FlowFilter, destination_port=st.lists(st.sampled_from(["80", "53"]), max_size=2)),
    st.builds(FlowFilter, protocol=st.lists(st.sampled_from(["tcp", "udp", "http"]), max_size=2)),
    st.builds(FlowFilter, event_type=st.lists(st.builds(EventTypeFilter, type=st.sampled_from([0, 1, 4])), max_size=2)),
    st.builds(FlowFilter, encrypted=st.lists(st.booleans(), max_size=1), reply=st.lists(st.booleans(), max_size=1)),
)


def run(words: Sequence[str], data: bytes) -> tuple[str, str, int]:
    def connect(_address: str) -> FlowSource:
        raise connection_refused("127.0.0.1:4245")

    def open_file(path: str) -> BinaryIO:
        raise FileNotFoundError(2, "No such file or directory", path)

    environment = HubbleEnvironment(now_ns=lambda: 0, connect=connect, open_file=open_file, stdin=io.BytesIO(data))
    sink = RecordingSink()
    status = run_hubble(["observe", "--input-file", "-", *words], environment, sink)
    return sink.stdout, sink.stderr, status


@MANY
@given(records)
def test_encoding_reads_back_the_same_both_ways(record: GetFlowsResponse) -> None:
    line = encode(record)
    exact = parse_message(GetFlowsResponse, line.decode())
    assert encode(exact) == line
    fast = decode_canonical(line)
    if fast is not None:
        assert fast == exact


@MANY
@given(st.lists(records, max_size=4))
def test_a_capture_prints_as_the_flows_themselves(made: list[GetFlowsResponse]) -> None:
    data = b"".join(encode(record) + b"\n" for record in made)
    for name in ("compact", "dict", "table", "jsonpb"):
        sink = RecordingSink()
        printer = make_printer(name, PrintOptions(node_name=True, policy_names=True), sink)
        for record in made:
            printer.write(record)
        printer.close()
        printed = run(["-o", name, "--print-node-name", "--print-policy-names"], data)
        assert printed == (sink.stdout, sink.stderr, 0)


@MANY
@given(st.lists(records, max_size=6), st.lists(filters, min_size=1, max_size=2))
def test_a_filter_and_its_negation_split_the_flows(made: list[GetFlowsResponse], wanted: list[FlowFilter]) -> None:
    kept = list(answer(made, GetFlowsRequest(allow=tuple(wanted))))
    left = list(answer(made, GetFlowsRequest(deny=tuple(wanted))))
    assert len(kept) + len(left) == len(made)
    assert [record for record in made if any(record is one for one in kept)] == kept
    assert not any(one is other for one in kept for other in left)


@MANY
@given(st.lists(records, min_size=1, max_size=6), st.integers(1, 8))
def test_first_and_last_take_from_the_ends(made: list[GetFlowsResponse], number: int) -> None:
    assert list(answer(made, GetFlowsRequest(number=number, first=True))) == made[:number]
    assert list(answer(made, GetFlowsRequest(number=number))) == made[-number:]


@MANY
@given(records, st.randoms(use_true_random=False))
def test_a_damaged_line_is_told_and_the_rest_printed(record: GetFlowsResponse, source: random.Random) -> None:
    good = b'{"flow":{"Summary":"good"}}'
    bad = bytearray(encode(record))
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(bad))
        bad[at] = source.choice(b'{}[]",:\\0x-e \xff\x00n')
    line = bytes(bad).replace(b"\n", b" ")
    stdout, stderr, status = run([], b"\n".join([good, line, good]))
    assert status == 0
    assert stdout.startswith("N/A: ")
    assert stdout.endswith("(good)\n")
    for warning in stderr.splitlines():
        assert warning.startswith("time=1970-01-01T00:00:00.000Z level=WARN msg=") or "nodes" in warning


@MANY
@given(records, st.randoms(use_true_random=False))
def test_the_fast_reader_never_takes_what_the_exact_one_refuses(
    record: GetFlowsResponse, source: random.Random
) -> None:
    line = bytearray(encode(record))
    for _ in range(source.randint(0, 2)):
        start = source.randrange(len(line))
        piece = line[start : start + source.randint(1, 30)]
        at = source.randrange(len(line))
        line[at:at] = piece
    for decode in (decode_canonical, decode_respaced):
        fast = decode(bytes(line))
        if fast is not None:
            try:
                exact = parse_message(GetFlowsResponse, line.decode())
            except ProtoJsonError as refusal:
                raise AssertionError(line) from refusal
            assert fast == exact


@MANY
@given(records)
def test_white_space_and_escapes_change_nothing(record: GetFlowsResponse) -> None:
    line = encode(record)
    spaced = json.dumps(json.loads(line), indent=1).replace("\n", " ").encode()
    assert decode_canonical(spaced) is None or spaced == line
    assert decode_respaced(spaced) in (None, parse_message(GetFlowsResponse, line.decode()))
    assert run(["-o", "jsonpb"], spaced) == run(["-o", "jsonpb"], line)


@MANY
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    message = "proto: "
    try:
        parse_message(GetFlowsResponse, text)
    except ProtoJsonError as refusal:
        message = refusal.message
    assert message.startswith("proto: ")


@MANY
@given(st.integers(-62_135_596_800 * 10**9, 253_402_300_799 * 10**9 + 999_999_999))
def test_every_instant_reads_back(ns: int) -> None:
    assert parse_timestamp(format_timestamp(ns)) == ns


@MANY
@given(flows)
def test_a_mask_of_what_is_printed_changes_no_line(flow: Flow) -> None:
    masked = apply_mask(flow, mask_tree(MASK_REPAIRED))
    for name in ("compact", "dict", "table"):
        lines = []
        for shown in (flow, masked):
            sink = RecordingSink()
            printer = make_printer(name, PrintOptions(node_name=True, policy_names=True), sink)
            printer.write(GetFlowsResponse(flow=shown))
            printer.close()
            lines.append(sink.stdout)
        assert lines[0] == lines[1]


@MANY
@given(st.integers(1, 5), st.integers(0, 12), st.integers(0, 14))
def test_a_ring_keeps_the_last_and_counts_the_lost(capacity: int, written: int, cursor: int) -> None:
    ring = RingBuffer(capacity)
    made = [GetFlowsResponse(node_name=str(number)) for number in range(written)]
    for record in made:
        ring.append(record)
    assert list(ring) == made[-capacity:]
    assert (len(ring), ring.seen) == (min(written, capacity), written)
    twin = ring.fork()
    twin.append(GetFlowsResponse(node_name="twin"))
    assert list(ring) == made[-capacity:]
    if cursor <= written:
        got, lost, following = ring.since(cursor)
        assert len(got) + lost == written - cursor
        assert (following, got) == (written, made[written - len(got) :])
    ring.clear()
    assert (list(ring), ring.seen) == ([], 0)
    assert list(twin)[-1].node_name == "twin"
