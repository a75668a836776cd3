"""Events as JSON, as ``-j`` prints them; a policy verdict has no such form and stays a line.

Source: golden ``monitor-json``; cilium/cilium v1.19 pkg/monitor (DropNotifyVerbose, TraceNotifyVerbose,
LogRecordNotifyVerbose), pkg/proxy/accesslog.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from quizgame.cluster.agent.monitor import Direction, DnsRecord, EventType, HttpRecord, L7Type, MonitorEvent, Peer
from quizgame.datapath.frames import Frame, cpu_of, frame_of
from quizgame.tools.cilium_dbg.monitor.dissect import dissect
from quizgame.tools.cilium_dbg.monitor.lines import event_line, l7_verdict
from quizgame.tools.cilium_dbg.monitor.notice import (
    FILES,
    Lens,
    drop_place,
    drop_text,
    point_name,
    source_of,
    target_of,
    trace_state,
    trace_summary,
)

_NO_TTL = (1 << 32) - 1
_QTYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
_PATH_SAFE = "$&+,/:;=@~"
"""What Go leaves as it is in a path."""


def json_line(event: MonitorEvent, lens: Lens) -> str:
    """The line of an event."""
    match event.type:
        case EventType.TRACE:
            return dump(_trace(event, lens, frame_of(event)))
        case EventType.DROP:
            return dump(_drop(event, lens, frame_of(event)))
        case EventType.L7:
            return dump(_log_record(event))
    return event_line(event, lens)


def dump(value: Any) -> str:
    """JSON as Go's encoder writes it: no blanks, and ``<``, ``>``, ``&`` escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _trace(event: MonitorEvent, lens: Lens, frame: Frame) -> dict[str, Any]:
    return {
        "cpu": f"CPU {cpu_of(event):02}:",
        "type": "trace",
        "mark": f"{event.connection:#x}",
        "ifindex": event.interface or "0",
        "state": trace_state(event),
        "observationPoint": point_name(event),
        "traceSummary": trace_summary(event, lens),
        "source": source_of(event, lens),
        "bytes": frame.length,
        "srcLabel": int(event.source.identity),
        "dstLabel": int(event.destination.identity),
        "dstID": target_of(event),
        "IpTraceID": 0,
        "summary": _summary(frame),
    }


def _drop(event: MonitorEvent, lens: Lens, frame: Frame) -> dict[str, Any]:
    file, line = drop_place(event)
    return {
        "cpu": f"CPU {cpu_of(event):02}:",
        "type": "drop",
        "mark": f"{event.connection:#x}",
        "reason": drop_text(event),
        "source": source_of(event, lens),
        "bytes": frame.length,
        "srcLabel": int(event.source.identity),
        "dstLabel": int(event.destination.identity),
        "dstID": target_of(event),
        "Line": line,
        "File": FILES.get(file, 0),
        "ExtError": 0,
        "Ifindex": event.ifindex,
        "summary": _summary(frame),
    }


def _summary(frame: Frame) -> dict[str, Any]:
    found = dissect(frame.data)
    ends = {layer: {"src": each.source, "dst": each.destination} for layer, each in found.ends.items()}
    names = ("ethernet", "ipv4", "tcp", "udp", "icmpv4")
    return {**{name: found.layers[name] for name in names if name in found.layers}, **ends}


def _log_record(event: MonitorEvent) -> dict[str, Any]:
    record = event.l7
    if record is None:
        return {}
    details: dict[str, Any] = {}
    if record.http is not None:
        details["http"] = _http(record.http)
    if record.dns is not None:
        details["dns"] = _dns(record.dns, is_request=record.type is L7Type.REQUEST)
    return {
        "type": "logRecord",
        "observationPoint": "Egress" if event.direction is Direction.EGRESS else "Ingress",
        "flowType": record.type.value.capitalize(),
        "l7Proto": next(iter(details), "unknown-l7"),
        **_end("src", event.source),
        **_end("dst", event.destination),
        "verdict": l7_verdict(event),
        **details,
    }


def _end(side: str, peer: Peer) -> dict[str, Any]:
    return {
        f"{side}EpID": peer.endpoint_id,
        f"{side}EpLabels": list(peer.labels) if peer.endpoint_id else [],
        f"{side}Identity": int(peer.identity),
    }


def _http(record: HttpRecord) -> dict[str, Any]:
    url = urlsplit(record.url)
    path = unquote(url.path)
    return {
        "Code": record.code,
        "Method": record.method,
        "URL": {
            "Scheme": url.scheme,
            "Opaque": "",
            "User": None,
            "Host": url.netloc,
            "Path": path,
            "Fragment": "",
            "RawQuery": url.query,
            "RawPath": "" if quote(path, safe=_PATH_SAFE) == url.path else url.path,
            "RawFragment": "",
            "ForceQuery": False,
            "OmitHost": False,
        },
        "Protocol": record.protocol,
        "Headers": {name: [value] for name, value in sorted(record.headers)} or None,
        "MissingHeaders": None,
        "RejectedHeaders": None,
    }


def _dns(record: DnsRecord, *, is_request: bool) -> dict[str, Any]:
    fields = {
        "Query": record.query,
        "IPs": list(record.ips),
        "TTL": _NO_TTL if is_request else record.ttl,
        "CNAMEs": list(record.cnames),
        "ObservationSource": "proxy",
        "RCode": record.rcode,
        "QTypes": [_QTYPES.get(each, 0) for each in record.qtypes],
        "AnswerTypes": [_QTYPES.get(each, 0) for each in record.rrtypes],
    }
    return {name: value for name, value in fields.items() if value}
