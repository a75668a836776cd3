"""Node status records, which go to stderr.

# Source: cilium/cilium v1.19 hubble/pkg/printer/printer.go WriteProtoNodeStatusEvent.
"""

from __future__ import annotations

from quizgame.goflags.quoting import quote
from quizgame.hubble.enums import NodeState
from quizgame.hubble.observer import GetFlowsResponse, NodeStatusEvent
from quizgame.hubble.protojson.prototext import prototext
from quizgame.hubble.timestamps import TimeFormatter

_CUT_OFF = 50
"""Names are listed until they take more bytes than this."""


def is_shown(status: NodeStatusEvent, debug: bool) -> bool:
    """Say whether a record is printed: without ``--debug`` only what is wrong is."""
    return debug or status.state_change in (NodeState.NODE_UNAVAILABLE, NodeState.NODE_ERROR)


def status_line(response: GetFlowsResponse, status: NodeStatusEvent, format_time: TimeFormatter) -> str:
    """Return the line that compact and table print."""
    prefix = f"{format_time(response.time)} [{response.node_name}]"
    names = node_list(status.node_names)
    count = len(status.node_names)
    state = status.state_change
    if state == NodeState.NODE_CONNECTED:
        return f"{prefix}: Receiving flows from {count} nodes: {names}\n"
    if state == NodeState.NODE_UNAVAILABLE:
        return f"{prefix}: {count} nodes are unavailable: {names}\n"
    if state == NodeState.NODE_GONE:
        return f"{prefix}: {count} nodes removed from cluster: {names}\n"
    if state == NodeState.NODE_ERROR:
        return f"{prefix}: Error {quote(status.message)} on {count} nodes: {names}\n"
    return f"{prefix}: unknown node status event: {prototext(status)}\n"


def status_block(response: GetFlowsResponse, status: NodeStatusEvent, format_time: TimeFormatter) -> str:
    """Return the lines that dict prints."""
    message = quote(status.message) if status.message else "N/A"
    return (
        f"  TIMESTAMP: {format_time(response.time)}\n"
        f"      STATE: {status.state_change}\n"
        f"      NODES: {node_list(status.node_names)}\n"
        f"    MESSAGE: {message}\n"
    )


def node_list(names: list[str]) -> str:
    """Join node names, cut to about 50 bytes; the first always stays."""
    length = 0
    for index, name in enumerate(names):
        length += len(name.encode()) + 2
        if length > _CUT_OFF and index:
            return f"{', '.join(names[:index])} (and {len(names) - index} more)"
    return ", ".join(names)
