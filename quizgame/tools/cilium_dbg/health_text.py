"""How reachability of nodes is printed, by ``cilium-dbg status`` and ``cilium-health status``. Pure.

Source: reference cilium-dbg, sections 3 and 17, and its goldens ``health-status-*``.
"""

from __future__ import annotations

from quizgame.goflags.durations import format_duration
from quizgame.tools.cilium_dbg.status_text import Entry, Model


def health_entries(health: Model, *, shows_all: bool, is_verbose: bool, marks_local: bool = True) -> list[Entry]:
    """Reachability of nodes: those that are not reached, all, or every probe of all.

    Args:
        health: The answer of the health daemon.
        shows_all: Reached nodes as well.
        is_verbose: Each probe instead of a table.
        marks_local: Whether the table names the local node as such.
    """
    own = health["local"]["name"]
    nodes = sorted(health["nodes"], key=lambda node: node["name"] != own)
    reached = sum(1 for node in nodes if is_node_reached(node))
    interval = health["probeInterval"]
    head = f"Cluster health:\t{reached}/{len(nodes)} reachable\t({health['timestamp']})\t(Probe interval: {interval})"
    entries = [Entry(head, "health"), Entry("Name\tIP\tNode\tEndpoints")]
    for node in nodes:
        name = f"{node['name']} (localhost)" if node["name"] == own and marks_local else node["name"]
        topic = f"health:{node['name']}"
        if is_verbose:
            entries += [Entry(text, topic) for text in _probes(name, node)]
        elif shows_all or not is_node_reached(node):
            ip = node["host"]["primary-address"]["ip"]
            counts = "\t".join(_counts(node[part]) for part in ("host", "health-endpoint") if part in node)
            entries.append(Entry(f"  {name}\t{ip}\t{counts}", topic))
    return entries


def _paths(part: Model) -> list[Model]:
    return [part["primary-address"], *part.get("secondary-addresses", ())]


def _is_up(path: Model) -> bool:
    return not any(path.get(kind, {}).get("status") for kind in ("icmp", "http"))


def is_node_reached(node: Model) -> bool:
    """Whether every probe of a node succeeded."""
    return all(_is_up(path) for part in ("host", "health-endpoint") if part in node for path in _paths(node[part]))


def _counts(part: Model) -> str:
    paths = _paths(part)
    return f"{sum(1 for path in paths if _is_up(path))}/{len(paths)}"


def _probes(name: str, node: Model) -> list[str]:
    lines = [f"  {name}:"]
    for part, title in (("host", "Host"), ("health-endpoint", "Endpoint")):
        for path in _paths(node[part]) if part in node else ():
            lines.append(f"    {title} connectivity to {path['ip']}:")
            for kind, what in (("icmp", "ICMP to stack"), ("http", "HTTP to agent")):
                probe = path[kind]
                answer = probe.get("status") or f"OK, RTT={format_duration(probe['latency'])}"
                lines.append(f"      {what}:\t{answer}\t(Last probed: {probe['lastProbed']})")
    return lines
