"""``cilium-dbg version``, ``config`` and ``encrypt status``. Source: reference cilium-dbg, sections 11, 14 and 16."""

from __future__ import annotations

from quizgame.goflags.flagset import boolean, integer
from quizgame.hubble.serving import cilium_version
from quizgame.policy.model import EnforcementMode
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub
from quizgame.tools.cilium_dbg.model.status import COMMIT
from quizgame.tools.facts import fact
from quizgame.tools.output import Line, Result, lines, not_simulated

_MODES = {mode.value for mode in EnforcementMode}
_OPTIONS = (
    "ConntrackAccounting", "Debug", "DebugLB", "DebugPolicy", "DropNotification", "MonitorAggregationLevel",
    "PolicyAuditMode", "PolicyTracing", "PolicyVerdictNotification", "SourceIPVerification", "TraceNotification",
    "TraceSockNotification",
)  # fmt: skip
_ON = frozenset(
    (
        "DropNotification",
        "PolicyVerdictNotification",
        "SourceIPVerification",
        "TraceNotification",
        "TraceSockNotification",
    )
)


def _version(call: Call) -> Result:
    version = cilium_version(call.context.cluster)
    text = f"{version} {COMMIT} 2026-06-10T09:12:44+00:00 go version go1.25.11 linux/amd64"
    shown = f"Client: {text}\n"
    if call.agent.is_serving:
        shown += f"Daemon: {text}\n"
    return Result(stdout=lines(shown))


def _values(call: Call) -> dict[str, str]:
    agent = call.agent
    values = {name: "Enabled" if name in _ON else "Disabled" for name in _OPTIONS}
    values["MonitorAggregationLevel"] = agent.config.get("monitor-aggregation", "medium").capitalize()
    values["PolicyAuditMode"] = "Enabled" if agent.config.has_policy_audit else "Disabled"
    values["Debug"] = "Enabled" if agent.config.is_on("debug") else "Disabled"
    values["MonitorNumPages"] = "64"
    values["PolicyEnforcement"] = agent.policy_mode.value
    return {**values, **agent.local_options}


def _read_only(call: Call) -> dict[str, str]:
    config = call.agent.config
    return {
        "ClusterID": str(config.cluster_id),
        "ClusterName": config.cluster_name,
        "EnableHubble": str(config.has_hubble).lower(),
        "EnableIPv4": config.get("enable-ipv4", "true"),
        "EnableIPv6": config.get("enable-ipv6", "false"),
        "EnablePolicy": config.policy_mode,
        "IPAM": config.ipam,
        "PolicyAuditMode": str(config.has_policy_audit).lower(),
        "RoutingMode": config.get("routing-mode", "tunnel"),
        "k8s-configuration": "",
        "k8s-endpoint": "",
    }


def _config(call: Call) -> Result:
    call.need_agent("configuration", "/v1/config")
    if call.args:
        return _set(call)
    out: list[Line] = []
    if call.flags.is_on("all") or call.flags.is_on("read-only"):
        out += [Line("#### Read-only configurations ####"), *_listing(call, _read_only(call))]
    if not call.flags.is_on("read-only"):
        out += [Line("##### Read-write configurations #####"), *_listing(call, _values(call))]
    return Result(stdout=out)


def _listing(call: Call, values: dict[str, str]) -> list[Line]:
    return [
        Line(
            f"{name:<34}: {value}",
            (fact("config", witnesses=(value,), cluster=call.cluster, node=call.agent.node, key=name, value=value),),
        )
        for name, value in values.items()
    ]


def _set(call: Call) -> Result:
    """Change run-time options of this agent; they last until it restarts. Source: facts F-36."""
    for word in call.args:
        name, equals, value = word.partition("=")
        if not equals:
            raise DbgError(f"Invalid option {word}: expected NAME=VALUE\n")
        if name == "PolicyEnforcement":
            if value.lower() not in _MODES:
                raise DbgError(f"Unable to change agent configuration: invalid value {value} for {name}\n")
            call.agent.set_option(name, value.lower())
        elif name in _OPTIONS:
            return not_simulated(f"cilium-dbg config {name}")
        else:
            raise DbgError(f"Unable to change agent configuration: Unknown option {name}\n")
    return Result()


def _config_get(call: Call) -> Result:
    call.need_agent("configuration", "/v1/config")
    found = {**_read_only(call), **_values(call)}.get(call.args[0]) if call.args else None
    if found is None:
        return Result(stderr=lines("Error: Configuration does not exist\n"), exit=1)
    return Result(stdout=lines(f"{found}\n"))


def _encrypt(call: Call) -> Result:
    del call
    return Result(stdout=lines(f"{'Encryption: Disabled':<38}\n"))


COMMANDS = (
    Sub("version", "version", "Print version information", _version),
    Sub("config", "config [<option>=(enable|disable) ...]", "Cilium configuration options", _config,
        lambda: [
            boolean("all", "Print all configurations", short="a"),
            boolean("read-only", "Print read-only configurations", short="r"),
            integer("num-pages", "Number of pages for perf ring buffer", short="n"),
        ]),
    Sub("config get", "get", "Retrieve cilium configuration", _config_get),
    Sub("encrypt status", "status", "Display the current encryption state", _encrypt),
)  # fmt: skip
