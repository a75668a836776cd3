"""The options that agents and endpoints let change while they run. Source: golden ``config-list-options``."""

from __future__ import annotations

from quizgame.tools.output import Line

_DESCRIPTIONS = {
    "ConntrackAccounting": "Enable per flow (conntrack) statistics",
    "Debug": "Enable debugging trace statements",
    "DebugLB": "Enable debugging trace statements for load balancer",
    "DebugPolicy": "Enable debugging trace statements for policy enforcement",
    "DebugTagged": "Enable debugging trace statements for tagged packets",
    "DropNotification": "Enable drop notifications",
    "MonitorAggregationLevel": "Set the level of aggregation for monitor events in the datapath",
    "PolicyAccounting": "Enable policy accounting ",
    "PolicyAuditMode": "Enable audit mode for policies",
    "PolicyVerdictNotification": "Enable policy verdict notifications",
    "SourceIPVerification": "Enable the check of the source IP on pod egress",
    "TraceNotification": "Enable trace notifications",
}
"""The options that can be changed while the agent runs. Source: golden ``cilium-dbg/config-list-options``.

The tool prints them in random order, the simulation sorted.
"""


def options_list() -> list[Line]:
    """The options, and what they do."""
    return [Line(f"{name:<24} {text}") for name, text in _DESCRIPTIONS.items()]
