"""The connections of a cluster's agents and KVStoreMesh replicas, summed up and laid out. Pure.

Source: reference cilium-cli, section 7; goldens and inputs ``clustermesh-status-*``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Model = Mapping[str, Any]
UNKNOWN = "unknown status"
_CONFIG_MISSING = "remote cluster configuration required but not found"
_PARTS = ("endpoints", "identities", "nodes", "services")


@dataclass(frozen=True, slots=True)
class Member:
    """One pod that connects to remote clusters."""

    pod: str
    remotes: Mapping[str, Model]
    """Remote cluster → its connection as the pod's API tells it; clusters that the pod has not heard of are absent."""
    is_agent: bool = True


@dataclass(frozen=True, slots=True)
class MeshProblem:
    """A pod that is not connected to a cluster."""

    member: Member
    remote: str
    reason: str


def problem_of(model: Model | None) -> str:
    """Why a connection is not there; empty where it is."""
    if model is None:
        return UNKNOWN
    if model.get("ready"):
        return ""
    if not model.get("connected"):
        return str(model.get("status", UNKNOWN))
    config = model.get("config") or {}
    if config.get("required") and not config.get("retrieved"):
        return _CONFIG_MISSING
    missing = [name for name in _PARTS if not model.get("synced", {}).get(name)]
    return f"synchronization in progress for {', '.join(missing)}" if missing else UNKNOWN


@dataclass(slots=True)
class Connectivity:
    """How many members of one kind are connected to what."""

    members: list[Member] = field(default_factory=list)
    names: tuple[str, ...] = ()
    """The remote clusters that should be connected, sorted."""

    def problems(self) -> list[MeshProblem]:
        """What is not connected, by pod and cluster."""
        return [
            MeshProblem(member, name, reason)
            for member in sorted(self.members, key=lambda each: each.pod)
            for name in self.names
            if (reason := problem_of(member.remotes.get(name)))
        ]

    def configured(self, name: str) -> int:
        """How many know of a cluster."""
        return sum(1 for member in self.members if name in member.remotes)

    def connected(self, name: str) -> int:
        """How many are connected to a cluster."""
        return sum(1 for member in self.members if not problem_of(member.remotes.get(name)))

    def not_ready(self) -> int:
        """How many miss some cluster."""
        return len({problem.member.pod for problem in self.problems()})

    def spread(self) -> tuple[int, float, int]:
        """Least, average and greatest number of clusters that a member is connected to."""
        counts = [sum(1 for name in self.names if not problem_of(each.remotes.get(name))) for each in self.members]
        if not counts:
            return 0, 0.0, 0
        return min(counts), sum(counts) / len(counts), max(counts)

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        low, average, high = self.spread()
        return {
            "connected": {"min": low, "avg": int(average) if average == int(average) else average, "max": high},
            "clusters": {
                name: {"configured": self.configured(name), "connected": self.connected(name)} for name in self.names
            },
            "total": len(self.members),
        }


def _summary(part: Connectivity, what: str, all_of: str) -> str:
    low, average, high = part.spread()
    counts = f"[min:{low} / avg:{average:.1f} / max:{high}]"
    total, missing = len(part.members), part.not_ready()
    if missing:
        return f"⚠️  {missing}/{total} {what} are not connected to all clusters {counts}"
    return f"✅ All {total} {all_of} are connected to all clusters {counts}"


def connection_rows(agents: Connectivity, mesh: Connectivity | None, namespace: str) -> list[tuple[str, str]]:
    """The part of the status about connections: each line with the remote cluster that it is about (or none).

    Args:
        agents: The agents.
        mesh: KVStoreMesh's replicas; ``None`` where it is off.
        namespace: Where the pods are, for the hints.
    """
    rows: list[tuple[str, str]] = [("", "")]
    if agents.names:
        rows.append((_summary(agents, "nodes", "nodes"), "*"))
        if mesh is not None:
            rows.append((_summary(mesh, "KVStoreMesh replicas", "KVStoreMesh replicas"), "*"))
    rows.append(("", ""))
    rows.append(("🔌 Cluster Connections:" if agents.names else "🔌 No cluster connected", ""))
    for name in agents.names:
        text = f"  - {name}: {_counts(agents, name)}"
        if mesh is not None:
            text += f" - KVStoreMesh: {_counts(mesh, name)}"
        rows.append((text, name))
    rows.append(("", ""))
    problems = [*agents.problems(), *(mesh.problems() if mesh is not None else ())]
    if problems:
        rows.append((f"❌ {len(problems)} Errors:", "*"))
        rows += [row for problem in problems for row in _problem_rows(problem, namespace)]
    return rows


def _counts(part: Connectivity, name: str) -> str:
    total = len(part.members)
    return f"{part.configured(name)}/{total} configured, {part.connected(name)}/{total} connected"


def _problem_rows(problem: MeshProblem, namespace: str) -> Iterable[tuple[str, str]]:
    pod, name = problem.member.pod, problem.remote
    yield f"  ❌ {pod} is not connected to cluster {name}: {problem.reason}", name
    model = problem.member.remotes.get(name)
    if problem.reason == _CONFIG_MISSING:
        yield "     💡 This is likely caused by KVStoreMesh not being connected to the given cluster", name
    elif model is not None and not model.get("connected"):
        container, command = "cilium-agent", f"cilium-dbg troubleshoot clustermesh {name}"
        if not problem.member.is_agent:
            container, command = "kvstoremesh", f"/usr/bin/clustermesh-apiserver kvstoremesh-dbg troubleshoot {name}"
        yield (
            f"     💡 Run 'kubectl exec -it -n {namespace} {pod} -c {container} -- {command}' to investigate the cause",
            name,
        )
