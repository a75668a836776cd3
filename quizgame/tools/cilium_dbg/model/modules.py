"""The agent's modules and how they are. Names: reference golden ``cilium-dbg/status-healthy-verbose``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quizgame.cluster.agent.agent import Agent

from quizgame.cluster.agent.directroutes import failed_routes
from quizgame.goflags.durations import format_duration
from quizgame.goflags.times import SECOND


@dataclass(frozen=True, slots=True)
class Module:
    """One leaf of the tree."""

    path: tuple[str, ...]
    """From the root down, ``("agent", "datapath", "mtu", "job-mtu-updater")``."""
    message: str
    age: str
    reports: int
    level: str = "OK"


MTU = 1500
"""Of the nodes' devices, where nobody has set another."""
_NODE_FAILED = "Failed to apply node handler during cluster node update"


def modules_of(agent: Agent) -> list[Module]:
    """The modules of a running agent, in the order of their paths."""
    up_s = max((agent.now_ns - agent.started_ns) // SECOND, 1)

    def leaf(path: str, message: str, period_s: int = 0) -> Module:
        age_s = up_s % period_s if period_s else up_s
        text = format_duration(age_s * SECOND).removesuffix("0s") if age_s >= 60 and not age_s % 60 else f"{age_s}s"
        return Module(("agent", *path.split("/")), message, text, up_s // period_s + 1 if period_s else 1)

    return [
        leaf("controlplane/cilium-health/", "Running", 60),
        leaf("controlplane/daemon/job-sync-hostips", "Synchronized", 60),
        *(
            leaf(f"controlplane/endpoint-manager/cilium-endpoint-{number}/datapath-regenerate",
                 "Endpoint regeneration successful")
            for number, endpoint in sorted(agent.endpoints.items()) if endpoint.is_pod
        ),
        leaf("controlplane/endpoint-manager/endpoint-gc", "endpoint-gc", 300),
        leaf("controlplane/l2-announcer/job-l2-announcer-lease-gc", "Running"),
        *(
            replace(leaf("controlplane/node-manager/nodes-add", _NODE_FAILED),
                    level="Degraded")
            for _ in islice(failed_routes(agent), 1)
        ),
        leaf("datapath/mtu/job-mtu-updater", f"MTU updated ({agent.config.get('mtu') or MTU})"),
        leaf("datapath/node-address/job-node-address-update", f"{agent.node_ip} (primary)"),
        leaf("infra/k8s-synced-crdsync/job-sync-crds", "Running"),
    ]  # fmt: skip


STATUS_COLUMN = 60


def module_tree(modules: list[Module]) -> list[str]:
    """The tree as ``status --verbose`` draws it, from the root ``agent`` down."""
    lines = ["agent"]

    def draw(prefix: tuple[str, ...], indent: str) -> None:
        below: dict[str, list[Module]] = {}
        for module in modules:
            if module.path[: len(prefix)] == prefix and len(module.path) > len(prefix):
                below.setdefault(module.path[len(prefix)], []).append(module)
        for number, (name, group) in enumerate(below.items()):
            is_last = number == len(below) - 1
            text = f"{indent}{'└' if is_last else '├'}── {name}"
            leaf = next((each for each in group if each.path == (*prefix, name)), None)
            if leaf is not None:
                text = f"{text:<{STATUS_COLUMN}}[{leaf.level}] {leaf.message} ({leaf.age}, x{leaf.reports})"
            lines.append(text)
            if leaf is None:
                draw((*prefix, name), indent + ("    " if is_last else "│   "))

    draw(("agent",), "")
    return lines
