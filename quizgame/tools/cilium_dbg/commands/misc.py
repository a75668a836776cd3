"""``cilium-dbg version``, ``config``, ``encrypt status``, ``policy wait``. Source: reference, 6 and 11-16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.goflags.flagset import Flag, boolean, integer, string
from quizgame.hubble.serving import cilium_version
from quizgame.policy.model import EnforcementMode
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub, as_json, wants_json
from quizgame.tools.cilium_dbg.model.encryption import encryption_model
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
        "EnableL2Announcements": str(config.is_on("enable-l2-announcements")).lower(),
        "EnablePolicy": config.policy_mode,
        "IPAM": config.ipam,
        "KubeProxyReplacement": str(config.has_kube_proxy_replacement).lower(),
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


_ENCRYPTION_WIDTH = 38


def encryption_lines(model: Mapping[str, Any]) -> list[str]:
    """What ``encrypt status`` prints of an agent's answer. Source: golden ``cilium-dbg/encrypt-status-*``."""

    def padded(text: str) -> str:
        # Source: the tool pads the value to a fixed width.
        return f"{text:<{_ENCRYPTION_WIDTH}}"

    lines_ = [padded(f"Encryption: {model['mode']}")]
    for each in model.get("wireguard", {}).get("interfaces", ()):
        lines_ += [f"Interface: {each['name']}", f"\tPublic key: {each['public-key']}",
                   f"\tNumber of peers: {each['peer-count']}"]  # fmt: skip
    ipsec = model.get("ipsec")
    if ipsec:
        errors = ipsec.get("xfrm-errors") or {}
        lines_ += [
            f"Decryption interface(s): {', '.join(ipsec['decrypt-interfaces'])}",
            f"Keys in use: {ipsec['keys-in-use']!s:<26}",
            f"Max Seq. Number: {ipsec['max-seq-number']}",
            f"Errors: {ipsec['error-count']!s:<26}",
            *(f"\t{name}: {number!s:<26}" for name, number in sorted(errors.items())),
        ]
    return lines_


def _encrypt(call: Call) -> Result:
    model = encryption_model(call.agent)
    known = (
        fact("config", cluster=call.cluster, node=call.agent.node, key="encryption", value=model["mode"].lower()),
    )  # fmt: skip
    if wants_json(call):
        return Result(stdout=as_json(model, known))
    return Result(stdout=[Line(text, known) for text in encryption_lines(model)])


def _wait(call: Call) -> Result:
    """Wait for a policy revision; the simulated agent has realized whatever it knows of."""
    if not call.args or not call.args[0].isdecimal():
        raise DbgError("invalid revision\n", stdout=call.help_text)
    call.need_agent("policy", "/v1/policy")
    wanted = int(call.args[0])
    if call.agent.repository.revision < wanted:
        call.context.session.world.advance(call.flags.number("max-wait-time"))
    if call.agent.repository.revision < wanted:
        raise DbgError("timed out waiting for policy to be realized by all endpoints\n")
    return Result()


def _output_flag() -> Flag:
    return string("output", "json| yaml| jsonpath='{}'", short="o")


COMMANDS = (
    Sub("version", "version", "Print version information", _version),
    Sub("config", "config [<option>=(enable|disable) ...]", "Cilium configuration options", _config,
        lambda: [
            boolean("all", "Print all configurations", short="a"),
            boolean("read-only", "Print read-only configurations", short="r"),
            integer("num-pages", "Number of pages for perf ring buffer", short="n"),
        ]),
    Sub("config get", "get", "Retrieve cilium configuration", _config_get),
    Sub("encrypt status", "status", "Show how traffic is encrypted", _encrypt, lambda: [_output_flag()]),
    Sub("policy wait", "wait <revision>", "Wait until the endpoints have realized a policy revision", _wait,
        lambda: [integer("max-wait-time", "Seconds to wait at most", default=360),
                 integer("sleep-time", "Seconds between looks", default=1)]),
)  # fmt: skip
