"""``cilium-dbg monitor`` against the upstream formatter's output. Expectations: the goldens of the reference set."""

from __future__ import annotations

import json
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
from quizgame.tools.cilium_dbg.monitor_text import event_text

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "reference" / "golden"
pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference set ../shared is not there")

FLAGS = {"S": ("SYN",), "SA": ("SYN", "ACK"), "A": ("ACK",)}
FILES = {1: "bpf_host.c", 2: "bpf_lxc.c"}
LABELS = {
    number: tuple(f"k8s:{label}" for label in (f"class={name}", "io.kubernetes.pod.namespace=default", "org=empire"))
    for number, name in ((2950, "tiefighter"), (1658, "deathstar"))
}


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
    }  # fmt: skip
    source, destination = raw.get("Src", ""), raw.get("Dst", "")
    if kind == "verdict":
        is_egress = raw["Dir"] == "egress"
        local, remote = peer("", 0, raw["Source"]), peer("", raw["SrcID"])
        ends = (local, remote) if is_egress else (remote, local)
        number = raw["Verdict"]
        verdict = Verdict.FORWARDED if not number else Verdict.REDIRECTED if number > 0 else Verdict.DROPPED
        if raw.get("Audited"):
            verdict = Verdict.AUDIT
        return MonitorEvent(
            type=EventType.POLICY_VERDICT, verdict=verdict, match_type=raw["Match"],
            direction=Direction.EGRESS if is_egress else Direction.INGRESS,
            source=Peer(source, ends[0].identity, endpoint_id=ends[0].endpoint_id),
            destination=Peer(destination, ends[1].identity, endpoint_id=ends[1].endpoint_id), **common,
        )  # fmt: skip
    if kind == "drop":
        return MonitorEvent(
            type=EventType.DROP, verdict=Verdict.DROPPED, drop_reason=DropReason(raw["Reason"]),
            file=(FILES[raw["File"]], raw["Line"]), ifindex=raw["Ifindex"], source=peer(source, raw["SrcID"]),
            destination=peer(destination, raw["DstIDy"], raw["DstID"]), **common,
        )  # fmt: skip
    return MonitorEvent(
        type=EventType.L7, verdict=Verdict.FORWARDED if not raw["Verdict"] else Verdict.DROPPED,
        direction=Direction.EGRESS if raw["Dir"] == "egress" else Direction.INGRESS, l7=record(raw),
        source=peer("", raw["SrcID"], raw["Source"]), destination=peer("", raw["DstIDy"], raw["DstID"]), **common,
    )  # fmt: skip


def record(raw: dict[str, Any]) -> L7Record:
    kind = L7Type.REQUEST if raw["L7Type"] == "Request" else L7Type.RESPONSE
    if "Query" in raw:
        return L7Record(kind, dns=DnsRecord(raw["Query"], ips=tuple(raw.get("IPs") or ()), ttl=30))
    return L7Record(kind, http=HttpRecord(raw["Method"], raw["URL"], raw.get("Code", 0)))


def shown(kind: str) -> str:
    events = json.loads((GOLDEN / "cilium-dbg" / "input" / "monitor.json").read_text())
    return "".join(f"{event_text(event(each))}\n" for each in events if each["Kind"] == kind)


@pytest.mark.parametrize(("kind", "name"), [("verdict", "policy-verdict"), ("drop", "drop"), ("l7", "l7")])
def test_events_print_as_upstream_prints_them(kind: str, name: str) -> None:
    golden = (GOLDEN / "cilium-dbg" / f"monitor-type-{name}.txt").read_text()
    ours = shown(kind).splitlines()
    theirs = [line for line in golden.splitlines() if not line.startswith("CPU ")]
    assert ours == theirs


def test_traces_print_as_upstream_prints_them() -> None:
    golden = (GOLDEN / "cilium-dbg" / "monitor-type-trace.txt").read_text().splitlines()
    first = MonitorEvent(
        time_ns=0, type=EventType.TRACE, node="kind-worker", cluster="kind-kind", protocol="TCP",
        verdict=Verdict.FORWARDED, source=peer("10.244.1.34", 7042, 2950), destination=peer("10.244.1.27", 3121, 1658),
        source_port=45678, destination_port=80, flags=("SYN",), point=TracePoint.TO_ENDPOINT, reason=TraceReason.NEW,
        interface="lxc00017334", connection=0x6C04079F,
    )  # fmt: skip
    assert event_text(first) == golden[0]
