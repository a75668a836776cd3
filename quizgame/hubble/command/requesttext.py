"""A request as the tool's debug log prints it: protobuf's one-line text form."""

from __future__ import annotations

from quizgame.goflags.quoting import quote
from quizgame.hubble.observer import GetFlowsRequest
from quizgame.hubble.protojson.prototext import prototext

_SECOND = 1_000_000_000


def request_text(request: GetFlowsRequest) -> str:
    """Return the fields that are set, ``number:20 whitelist:{verdict:DROPPED}``."""
    pieces = [f"number:{request.number}"] if request.number else []
    pieces += [f"{name}:true" for name in ("first", "follow") if getattr(request, name)]
    pieces += [f"blacklist:{{{prototext(wanted)}}}" for wanted in request.deny]
    pieces += [f"whitelist:{{{prototext(wanted)}}}" for wanted in request.allow]
    for name, ns in (("since", request.since_ns), ("until", request.until_ns)):
        if ns is not None:
            seconds, nanos = divmod(ns, _SECOND)
            pieces.append(f"{name}:{{seconds:{seconds}{f' nanos:{nanos}' if nanos else ''}}}")
    if request.field_mask:
        paths = " ".join(f"paths:{quote(path)}" for path in request.field_mask)
        pieces.append(f"experimental:{{field_mask:{{{paths}}}}}")
    return " ".join(pieces)
