"""What makes a line of a solution wrong, whatever it was for."""

from __future__ import annotations

import re

from quizgame.cluster.world import World

ERROR_STATUSES = (2, 3, 127)
"""Wrong usage, not simulated, no such program."""
ERROR_BEGINNINGS = ("error:", "Error from server", "quizgame:", "Error: ", "bash:")
NO_SUCH_PROGRAM = "command not found"
_NOTHING_IN = re.compile(r"No resources found in (\S+) namespace\.")


def error_of(status: int, stderr: str, world: World) -> str:
    """What went wrong in a line; empty where nothing did.

    Args:
        status: Its exit status.
        stderr: Its messages.
        world: The world after it.
    """
    told = [line for line in stderr.splitlines() if line.startswith(ERROR_BEGINNINGS) or line.endswith(NO_SUCH_PROGRAM)]
    if told:
        return told[0]
    for found in _NOTHING_IN.finditer(stderr):
        # kubectl says the same of an empty namespace and of one that does not exist.
        name = found.group(1)
        if all(cluster.api.find("namespaces", name) is None for cluster in world.clusters.values()):
            return f'there is no namespace "{name}"'
    return f"exit status {status}" if status in ERROR_STATUSES else ""
