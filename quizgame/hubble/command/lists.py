"""``hubble list nodes`` and ``hubble list namespaces``.

# Source: cilium/cilium v1.19 hubble/cmd/list/node.go, namespaces.go.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quizgame.goflags.durations import SECOND, format_duration, round_duration
from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.tabwriter import align
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.servers import connect
from quizgame.hubble.enums import NodeState
from quizgame.hubble.flow import Message
from quizgame.hubble.observer import NamespaceInfo, NodeInfo
from quizgame.hubble.protojson.writer import encode
from quizgame.hubble.sink import Sink

_NOT_KNOWN = "N/A"
_STATES: dict[str | int, str] = {
    NodeState.NODE_CONNECTED: "Connected",
    NodeState.NODE_UNAVAILABLE: "Unavailable",
    NodeState.NODE_GONE: "Gone",
    NodeState.NODE_ERROR: "Error",
}


def run_list_nodes(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
    """Print the nodes that a server knows, sorted by name.

    Raises:
        CommandFailure: The format is unknown.
        QuizgameError: The server does not answer.
    """
    nodes = sorted(connect(flags, environment).nodes(), key=lambda node: node.name.encode())
    if _is_json(flags):
        sink.out(_json(nodes))
        return
    wide = flags.text("output") == "wide"
    header = ["NAME", "STATUS", "AGE", "FLOWS/S", "CURRENT/MAX-FLOWS"]
    rows = [header + (["VERSION", "ADDRESS", "TLS"] if wide else [])]
    rows += [_node_row(node, wide) for node in nodes]
    sink.out(align(rows, min_width=2, tab_width=0, padding=3))


def run_list_namespaces(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
    """Print the namespaces with recent flows, in the server's order.

    Raises:
        CommandFailure: The format is unknown.
        QuizgameError: The server does not answer.
    """
    namespaces = connect(flags, environment).namespaces()
    if _is_json(flags):
        sink.out(_json(namespaces))
        return
    wide = flags.text("output") == "wide"
    rows = [["NAMESPACE", "CLUSTER"] if wide else ["NAMESPACE"]]
    rows += [_namespace_row(namespace, wide) for namespace in namespaces]
    sink.out(align(rows, min_width=2, tab_width=0, padding=3))


def _is_json(flags: FlagSet) -> bool:
    name = flags.text("output")
    if name not in ("json", "table", "wide"):
        raise CommandFailure(f"unknown output format: {name}")
    return name == "json"


def _json(messages: Sequence[Message]) -> str:
    if not messages:
        return "null\n"
    joined = b"[" + b",".join(encode(message) for message in messages) + b"]"
    return msgspec.json.format(joined, indent=2).decode() + "\n"


def _node_row(node: NodeInfo, wide: bool) -> list[str]:
    uptime = round_duration(int(node.uptime_ns or 0), SECOND)
    age = format_duration(uptime) if uptime > 0 else _NOT_KNOWN
    rate = f"{int(node.seen_flows or 0) / (uptime / SECOND):.2f}" if uptime > 0 else _NOT_KNOWN
    num, most = int(node.num_flows or 0), int(node.max_flows or 0)
    ratio = f"{num}/{most} ({num / most * 100:6.2f}%)" if most else _NOT_KNOWN
    row = [node.name, _STATES.get(node.state, "Unknown"), age, rate, ratio]
    if wide:
        tls = _NOT_KNOWN if node.tls is None else "Enabled" if node.tls.enabled else "Disabled"
        row += [node.version or _NOT_KNOWN, node.address, tls]
    return row


def _namespace_row(namespace: NamespaceInfo, wide: bool) -> list[str]:
    return [namespace.namespace, namespace.cluster] if wide and namespace.cluster else [namespace.namespace]
