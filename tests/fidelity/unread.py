"""Options that a tool takes and never reads: each has to have a reason why there is nothing for it to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.fidelity.coverage import Tool

FOLDERS: dict[str, str] = {
    "kubectl": "tools/kubectl",
    "cilium": "tools/cilium",
    "cilium-dbg": "tools/cilium_dbg",
    "hubble": "hubble",
}
"""Where a tool's code stands, below the package."""

NOTHING_TO_DO: dict[tuple[str, str], str] = {
    ("kubectl", "cached"): "the list of kinds is never out of date",
    ("kubectl", "chunk-size"): "lists come in one piece",
    ("kubectl", "field-manager"): "who owns which field is not tracked",
    ("kubectl", "force-conflicts"): "without owners of fields there are no conflicts",
    ("kubectl", "ignore-errors"): "reading a log does not fail half-way",
    ("cilium", "history-max"): "old revisions of a release are not shown",
    ("cilium", "parallel"): "clusters are connected one after the other",
    ("cilium", "reset-then-reuse-values"): "it is what an upgrade does anyway",
    ("cilium", "reuse-values"): "the chart's own values do not change between versions",
    ("cilium", "worker-count"): "the answers come in one order",
    ("cilium-dbg", "num-pages"): "the ring buffer has no pages",
    ("cilium-dbg", "fail-wait-time"): "no endpoint fails to take a policy up",
    ("cilium-dbg", "shell-sock-path"): "an agent has one shell",
    ("cilium-dbg", "timeout"): "an agent answers at once or not at all",
    ("cilium-dbg", "without-service-resolution"): "there is no store whose address would have to be found",
    ("hubble", "port-forward-port"): "no port is opened",
    ("hubble", "request-timeout"): "a server answers at once or not at all",
    ("hubble", "timeout"): "a server answers at once or not at all",
    ("hubble", "tls-allow-insecure"): "no server speaks TLS, so the handshake fails before a certificate comes",
    ("hubble", "tls-server-name"): "no server speaks TLS, so the handshake fails before a certificate comes",
}
"""Tool and option, with the reason why it changes nothing."""

_MAKERS = "boolean|string|string_slice|string_array|string_map|integer|unsigned|duration|count|choice|custom"


def unread_options(tools: tuple[Tool, ...], package: Path) -> Iterator[tuple[str, str]]:
    """Tool and option, for each whose name stands in the tool's code only where the option is declared.

    Args:
        tools: What the tools offer.
        package: The folder of the package.
    """
    for tool in tools:
        if tool.name not in FOLDERS:
            continue
        sources = sorted((package / FOLDERS[tool.name]).rglob("*.py"))
        code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
        names = {option.rpartition("--")[2] for entry in tool.entries for option in entry.simulated}
        for name in sorted(names):
            declared = len(re.findall(rf'\b(?:{_MAKERS})\(\s*"{re.escape(name)}"', code))
            if declared and code.count(f'"{name}"') <= declared:
                yield tool.name, name
