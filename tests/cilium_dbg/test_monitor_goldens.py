"""``cilium-dbg monitor`` against the upstream formatter's output. Expectations: the goldens of the reference set."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from quizgame.cluster.agent.monitor import (
    Direction,
    DnsRecord,
    DropReason,
    EventType,
    HttpRecord,
    L7Record,
    L7Type,
    MonitorEvent,
    Peer,
    TracePoint,
    TraceReason,
    Verdict,
)
from quizgame.datapath.frames import frame_of
from quizgame.tools.cilium_dbg.monitor.dissect import dissect, hex_dump
from quizgame.tools.cilium_dbg.monitor.jsonlines import json_line
from quizgame.tools.cilium_dbg.monitor.lines import event_line
from quizgame.tools.cilium_dbg.monitor.notice import Lens
from quizgame.tools.cilium_dbg.monitor.verbose import SEPARATOR, event_lines

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden" / "cilium-dbg"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")

FLAGS = {"S": ("SYN",), "SA": ("SYN", "ACK"), "A": ("ACK",), "PA": ("PSH", "ACK")}
FILES = {1: "bpf_host.c", 2: "bpf_lxc.c"}
INTERFACES = {0: "", 2: "eth0", 5: "cilium_vxlan", 12: "lxc00017334", 14: "lxc0001b112"}
STATES = {
    0: TraceReason.NEW,
    1: TraceReason.ESTABLISHED,
    2: TraceReason.REPLY,
    3: TraceReason.RELATED,
    5: TraceReason.UNKNOWN,
}
LABELS = {
    number: tuple(f"k8s:{label}" for label in (f"class={name}", "io.kubernetes.pod.namespace=default", "org=empire"))
    for number, name in ((2950, "tiefighter"), (1658, "deathstar"))
}
NAMES = Lens()


def peer(ip: str, identity: int, endpoint: int = 0) -> Peer:
    return Peer(ip, identity, labels=LABELS.get(endpoint, ()), endpoint_id=endpoint)


def event(raw: dict[str, Any]) -> MonitorEvent:
    """The model's event for a recorded one."""
    kind = raw["Kind"]
    common: dict[str, Any] = {
        "time_ns": 0, "node": "kind-worker", "cluster": "kind-kind", "connection": raw.get("Hash", 0),
        "protocol": "ICMPv4" if raw.get("Proto") == "icmp" else raw.get("Proto", "tcp").upper(),
        "source_port": raw.get("Sport", 0), "destination_port": raw.get("Dport", 0),
        "flags": FLAGS.get(raw.get("Flags", ""), ()), "icmp": (8, 0) if raw.get("Proto") == "icmp" else None,
        "reporter": raw.get("Source", 0), "ifindex": raw.get("Ifindex", 0),
    }  # fmt: skip
    source, destination = raw.get("Src", ""), raw.get("Dst", "")
    if kind == "verdict":
        is_egress = raw["Dir"] == "egress"
        local, remote = Peer("", 0), Peer("", raw["SrcID"])
        ends = (local, remote) if is_egress else (remote, local)
        number = raw["Verdict"]
        verdict = Verdict.FORWARDED if not number else Verdict.REDIRECTED if number > 0 else Verdict.DROPPED
        if raw.get("Audited"):
            verdict = Verdict.AUDIT
        return MonitorEvent(
            type=EventType.POLICY_VERDICT, verdict=verdict, match_type=raw["Match"],
            direction=Direction.EGRESS if is_egress else Direction.INGRESS,
            source=Peer(source, ends[0].identity), destination=Peer(destination, ends[1].identity), **common,
        )  # fmt: skip
    ends = (peer(source, raw["SrcID"], raw["Source"]), peer(destination, raw["DstIDy"], raw["DstID"]))
    if kind == "drop":
        return MonitorEvent(
            type=EventType.DROP, verdict=Verdict.DROPPED, drop_reason=DropReason(raw["Reason"]),
            direction=Direction.INGRESS, file=(FILES[raw["File"]], raw["Line"]), source=ends[0], destination=ends[1],
            **common,
        )  # fmt: skip
    if kind == "trace":
        return MonitorEvent(
            type=EventType.TRACE, verdict=Verdict.FORWARDED, point=TracePoint(raw["Obs"]), reason=STATES[raw["State"]],
            interface=INTERFACES[raw["Ifindex"]], proxy_port=raw["DstID"], source=ends[0], destination=ends[1],
            **common,
        )  # fmt: skip
    return MonitorEvent(
        type=EventType.L7, verdict=Verdict.FORWARDED if not raw["Verdict"] else Verdict.DROPPED,
        direction=Direction.EGRESS if raw["Dir"] == "egress" else Direction.INGRESS, l7=record(raw),
        source=ends[0], destination=ends[1], **common,
    )  # fmt: skip


def record(raw: dict[str, Any]) -> L7Record:
    kind = L7Type.REQUEST if raw["L7Type"] == "Request" else L7Type.RESPONSE
    if "Query" in raw:
        return L7Record(kind, dns=DnsRecord(raw["Query"], ips=tuple(raw.get("IPs") or ()), ttl=30))
    return L7Record(kind, http=HttpRecord(raw["Method"], raw["URL"], raw.get("Code", 0)))


def recorded(*kinds: str) -> list[MonitorEvent]:
    known = json.loads((GOLDEN / "input" / "monitor.json").read_text())
    return [event(each) for each in known if not kinds or each["Kind"] in kinds]


def golden(name: str) -> list[str]:
    lost = re.compile(r"CPU \d\d: Lost ")
    return [line for line in (GOLDEN / f"{name}.txt").read_text().splitlines() if not lost.match(line)]


def packets() -> list[bytes]:
    """Packets as the reference set dumps them."""
    found: list[bytes] = []
    for line in golden("monitor-vv"):
        dumped = re.fullmatch(r"([0-9a-f]{8})  ([0-9a-f ]{48})  \|.*\|", line)
        if dumped is not None:
            if int(dumped[1], 16) == 0:
                found.append(b"")
            found[-1] += bytes.fromhex(dumped[2])
    return found


@pytest.mark.parametrize(
    ("kind", "name"), [("verdict", "policy-verdict"), ("drop", "drop"), ("trace", "trace"), ("l7", "l7")]
)
def test_events_print_as_upstream_prints_them(kind: str, name: str) -> None:
    assert [event_line(each, NAMES) for each in recorded(kind)] == golden(f"monitor-type-{name}")


def test_all_events_print_as_upstream_prints_them() -> None:
    assert [event_line(each, NAMES) for each in recorded()] == golden("monitor")
    assert golden("monitor") == golden("monitor-v")


def test_reserved_identities_print_as_numbers_where_asked() -> None:
    assert [event_line(each, Lens(is_numeric=True)) for each in recorded()] == golden("monitor-numeric")


def without_packets(lines: list[str]) -> list[str]:
    """Heads of events: the recorded packets are minimal ones, ours are what Linux sends."""
    dissected = re.compile(r"(?:Ethernet|IPv4|TCP|UDP|ICMPv4)\t|  [A-Z]|[0-9a-f]{8}  ")
    shown = [line for line in lines if not dissected.match(line)]
    return [re.sub(r"^CPU \d\d|\d+ bytes(?: \(\d+ captured\))?", "", line) for line in shown]


def test_verbose_heads_are_upstreams() -> None:
    shown = [line for each in recorded() for line in event_lines(each, NAMES, is_hex=False)]
    assert without_packets(shown) == without_packets(golden("monitor-vv"))
    assert shown.count(SEPARATOR) == len(recorded("drop", "trace"))


def test_json_is_upstreams_but_for_the_packets() -> None:
    def told(line: str) -> object:
        if not line.startswith("{"):
            return line
        value = json.loads(line)
        for name in ("cpu", "bytes", "summary"):
            value.pop(name, None)
        # Upstream's input names the same time to live for a question, which no question has.
        value.get("dns", {}).pop("TTL", None)
        return list(value.items())

    shown = [json_line(each, NAMES) for each in recorded()]
    assert [told(line) for line in shown] == [told(line) for line in golden("monitor-json")]


def summaries() -> list[dict[str, Any]]:
    return [json.loads(line)["summary"] for line in golden("monitor-json") if '"summary"' in line]


def test_a_dumped_packet_is_dissected_as_upstream_does() -> None:
    wanted = [each for each in summaries() if each["l3"]["dst"] in ("10.244.1.27", "203.0.113.7")]
    for data in packets():
        found = dissect(data)
        ends = {layer: {"src": each.source, "dst": each.destination} for layer, each in found.ends.items()}
        assert {**found.layers, **ends} in wanted
        assert found.lines() == list(found.layers.values())


def test_a_packet_is_dumped_as_upstream_does() -> None:
    shown = [line for data in packets() for line in hex_dump(data)]
    assert shown == [line for line in golden("monitor-vv") if re.match(r"[0-9a-f]{8}  ", line)]


def test_our_packets_dissect_to_what_the_event_says() -> None:
    for each in recorded("drop", "trace"):
        found = dissect(frame_of(each).data)
        assert not found.problem
        assert found.ends["l3"].source == each.source.ip
        assert found.ends["l3"].destination == each.destination.ip
        if each.icmp is None:
            assert found.ends["l4"].source == str(each.source_port)
            assert found.ends["l4"].destination == str(each.destination_port)
        for flag in ("SYN", "ACK", "PSH", "FIN", "RST") if each.protocol == "TCP" else ():
            assert f" {flag}={str(flag in each.flags).lower()} " in found.layers["tcp"]
