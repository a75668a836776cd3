"""From a line of a capture to a record, the fast way: for lines that hold what the tool itself would print."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from quizgame.hubble.observer import GetFlowsResponse
from quizgame.hubble.protojson.writer import encode_plain, escape_html
from quizgame.hubble.timestamps import is_canonical

_DECODER = msgspec.json.Decoder(GetFlowsResponse)


def decode_canonical(line: bytes) -> GetFlowsResponse | None:
    """Return the record of a line that is exactly what encoding it prints, else ``None``.

    Such a line holds no duplicate or unknown field, no other spelling and no default value, which the fast decoder
    alone would not notice. What is left to check are timestamps and alternatives.
    """
    try:
        response = _DECODER.decode(line)
        written = encode_plain(response)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    if written != line and escape_html(written) != line:
        return None
    return response if _is_sound(response) else None


def decode_respaced(line: bytes) -> GetFlowsResponse | None:
    """Return the record of a line that differs from a canonical one by white space and escapes alone, else ``None``."""
    try:
        compact = json.dumps(
            json.loads(line.decode(), object_pairs_hook=_without_duplicates), separators=(",", ":"), ensure_ascii=False
        ).encode()
    except (ValueError, RecursionError):
        return None
    return decode_canonical(compact)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate field")
    return members


def _is_sound(response: GetFlowsResponse) -> bool:
    time = response.time
    if time is not None and not is_canonical(time):
        return False
    flow = response.flow
    if flow is None:
        lost = response.lost_events
        if lost is None:
            return True
        return response.node_status is None and all(
            stamp is None or is_canonical(stamp) for stamp in (lost.first, lost.last)
        )
    if response.lost_events is not None or response.node_status is not None:
        return False
    if flow.time is not None and flow.time != time and not is_canonical(flow.time):
        return False
    if flow.extensions is not None or flow.tunnel is not None:
        return False
    l7 = flow.l7
    if l7 is not None and (l7.dns is not None) + (l7.http is not None) + (l7.kafka is not None) > 1:
        return False
    l4 = flow.l4
    if l4 is None:
        return True
    members = (l4.tcp, l4.udp, l4.icmpv4, l4.icmpv6, l4.sctp, l4.vrrp, l4.igmp)
    return members.count(None) >= len(members) - 1
