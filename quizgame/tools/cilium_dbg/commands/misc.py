"""``cilium-dbg version``, ``config``, ``encrypt status``, ``policy wait``. Source: reference, 6 and 11-16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quizgame.cluster.agent.encryption import EncryptionMode
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.goflags.quoting import quote
from quizgame.goflags.times import SECOND
from quizgame.hubble.serving import cilium_version
from quizgame.policy.model import EnforcementMode
from quizgame.tools.cilium_dbg.call import Call, DbgError, Sub, as_json, wants_json
from quizgame.tools.cilium_dbg.commands.options import options_list
from quizgame.tools.cilium_dbg.model.encryption import encryption_model
from quizgame.tools.cilium_dbg.model.status import COMMIT
from quizgame.tools.facts import Fact, fact
from quizgame.tools.output import Line, Result, lines, not_simulated

_MODES = {mode.value for mode in EnforcementMode}
OPTIONS = (
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
    if wants_json(call):
        return Result(stdout=as_json({"Client": text, "Daemon": text if call.agent.is_serving else ""}))
    shown = f"Client: {text}\n"
    if call.agent.is_serving:
        shown += f"Daemon: {text}\n"
    return Result(stdout=lines(shown))


def _values(call: Call) -> dict[str, str]:
    agent = call.agent
    values = {name: "Enabled" if name in _ON else "Disabled" for name in OPTIONS}
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
    if call.flags.is_on("list-options"):
        return Result(stdout=options_list())
    call.need_agent("Error while retrieving configuration: ", "/v1/config")
    if call.args:
        return _set(call)
    if wants_json(call):
        shown = _read_only(call) if call.flags.is_on("read-only") else _values(call)
        if call.flags.is_on("all"):
            shown = {**_read_only(call), **shown}
        return Result(stdout=as_json(shown, tuple(_fact(call, name, value) for name, value in shown.items())))
    out: list[Line] = []
    if call.flags.is_on("all") or call.flags.is_on("read-only"):
        out += [Line("#### Read-only configurations ####"), *_listing(call, _read_only(call))]
    if not call.flags.is_on("read-only"):
        out += [Line("##### Read-write configurations #####"), *_listing(call, _values(call))]
    return Result(stdout=out)


def _listing(call: Call, values: dict[str, str]) -> list[Line]:
    return [Line(option_text(name, value), (_fact(call, name, value),)) for name, value in values.items()]


def option_text(name: str, value: str) -> str:
    """One option and its value."""
    return f"{name:<34}: {value}"


def _fact(call: Call, name: str, value: str) -> Fact:
    return fact("config", witnesses=(value,), cluster=call.cluster, node=call.agent.node, key=name, value=value)


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
        elif name in OPTIONS:
            return not_simulated(f"cilium-dbg config {name}")
        else:
            raise DbgError(f"Unable to change agent configuration: Unknown option {name}\n")
    return Result()


def _config_get(call: Call) -> Result:
    call.need_agent("Error while retrieving configuration: ", "/v1/config")
    found = {**_read_only(call), **_values(call)}.get(call.args[0]) if call.args else None
    if found is None:
        return Result(stderr=lines("Error: Configuration does not exist\n"), exit=1)
    if wants_json(call):
        return Result(stdout=as_json(found))
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


def _flush(call: Call) -> Result:
    """Take the keys of IPsec away, once that was agreed to.

    Source: cilium/cilium v1.19 cilium-dbg/cmd/encrypt_flush.go.
    """
    if any(call.flags.changed(name) for name in ("spi", "node-id", "stale")):
        return not_simulated("cilium-dbg encrypt flush of some states")
    question = (
        "Flushing all XFRM states and policies can lead to transient connectivity interruption and plain-text "
        "pod-to-pod traffic. Do you want to continue? [y/N] "
    )
    if not call.flags.is_on("force") and not call.confirms():
        return Result(stdout=[Line(question, end="")])
    if call.agent.encryption.mode is EncryptionMode.IPSEC:
        return not_simulated("cilium-dbg encrypt flush with IPsec in force")
    asked = "" if call.flags.is_on("force") else question
    return Result(stdout=lines(f"{asked}All XFRM states and policies have been deleted.\n"))


def _wait(call: Call) -> Result:
    """Wait for a policy revision; the simulated agent has realized whatever it knows of."""
    if not call.args:
        raise DbgError("invalid revision\n", stdout=call.help_text)
    if not call.args[0].removeprefix("-").isdecimal():
        problem = f"strconv.ParseInt: parsing {quote(call.args[0])}: invalid syntax"
        raise DbgError(f"invalid revision '{call.args[0]}': {problem}")
    call.need_agent("cannot list endpoints: ", "/v1/endpoint", ends="\n")
    wanted, limit = int(call.args[0]), call.flags.number("max-wait-time")
    needed = len(call.agent.endpoints)
    waited = 0
    while call.agent.repository.revision < wanted:
        if waited > limit:
            text = f"\n{needed} endpoints still not ready after {waited}s (0 failed)\n"
            raise DbgError(text, stdout=_progress(wanted, needed))
        call.context.session.world.advance(SECOND * max(call.flags.number("sleep-time"), 1))
        waited += max(call.flags.number("sleep-time"), 1)
    return Result(stdout=lines(_progress(wanted, needed)) if waited else [])


def _progress(revision: int, needed: int) -> str:
    """The last state of the line that the tool keeps rewriting."""
    return f"Waiting for endpoints to run policy revision {revision}: 0/{needed}              \n"


_NO_SYSDUMP = """cilium-dbg sysdump cannot perform this action, you need a different tool.
See https://docs.cilium.io/en/stable/operations/troubleshooting/#reporting-a-problem
"""


def _sysdump(_call: Call) -> Result:
    return Result(stderr=lines(_NO_SYSDUMP), exit=1)


def _troubleshoot_kvstore(call: Call) -> Result:
    """Say that there is no key-value store: the simulated clusters keep their state in custom resources."""
    path = call.flags.text("etcd-config")
    return Result(
        stdout=lines(
            f"Unable to read etcd configuration: {path}\nThis is expected when Cilium is running in CRD mode\n"
        )
    )


def _output_flag() -> Flag:
    return string("output", "json| yaml| jsonpath='{}'", short="o")


COMMANDS = (
    Sub("version", "version", "Print version information", _version, lambda: [_output_flag()]),
    Sub("config", "config [<option>=(enable|disable) ...]", "Cilium configuration options", _config,
        lambda: [
            boolean("all", "Print all configurations", short="a"),
            boolean("list-options", "List the options"),
            _output_flag(),
            boolean("read-only", "Print read-only configurations", short="r"),
            integer("num-pages", "Number of pages for perf ring buffer", short="n"),
        ]),
    Sub("config get", "get", "Retrieve cilium configuration", _config_get, lambda: [_output_flag()]),
    Sub("encrypt status", "status", "Show how traffic is encrypted", _encrypt, lambda: [_output_flag()]),
    Sub("encrypt flush", "flush", "Remove the IPsec states", _flush, lambda: [
        boolean("force", "Do not ask", short="f"),
        string("node-id", "Only the states of one node"),
        integer("spi", "Only the states of one key", kind="uint8"),
        boolean("stale", "Only the states of nodes that are gone"),
        _output_flag(),
    ]),
    Sub("sysdump", "sysdump", "Tell how to collect the state of the cluster", _sysdump),
    Sub("troubleshoot kvstore", "kvstore", "Find out why the key-value store is not connected", _troubleshoot_kvstore,
        lambda: [
            string("etcd-config", "Configuration of the store", default="/var/lib/etcd-config/etcd.config"),
            duration("timeout", "How long to wait", default=5 * SECOND),
            boolean("without-service-resolution", "Do not resolve the names of services"),
        ]),
    Sub("policy wait", "wait <revision>", "Wait until the endpoints have realized a policy revision", _wait,
        lambda: [integer("fail-wait-time", "Seconds to wait after an endpoint failed", default=60),
                 integer("max-wait-time", "Seconds to wait at most", default=360),
                 integer("sleep-time", "Seconds between looks", default=1)]),
)  # fmt: skip
