"""``cilium encryption``. Source: reference cilium-cli, section 9; inputs ``encryption-status-*``."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping
from typing import Any

from quizgame.cluster.agent.encryption import KEYS_SECRET
from quizgame.cluster.apiserver import FieldValidation
from quizgame.cluster.keyed import keyed_hex
from quizgame.cluster.objects import dig, evolve
from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, string
from quizgame.tools.cilium.agents import agent_pods, unreachable
from quizgame.tools.cilium.call import Call, CommandFailed, NotSimulated, Sub
from quizgame.tools.cilium.output import FORMATS, check_output, json_lines
from quizgame.tools.cilium_dbg.model.encryption import encryption_model, expected_keys
from quizgame.tools.facts import fact

Model = Mapping[str, Any]
_MODES = ("Disabled", "IPsec", "Wireguard")
_ALGORITHMS = {"rfc4106-gcm-aes": ("rfc4106(gcm(aes))", 40, "128")}
_HEX_SEQUENCE = 16


def encryption_text(nodes: Mapping[str, Model], expected: int) -> str:
    """The summary over all nodes.

    Args:
        nodes: Node → what its agent says.
        expected: How many IPsec keys a node should have.
    """
    total = len(nodes)
    modes = Counter(str(each["mode"]) for each in nodes.values())
    lines = [f"Encryption: {mode} ({modes[mode]}/{total} nodes)" for mode in _MODES if modes[mode]]
    sections = [each["ipsec"] for each in nodes.values() if each["mode"] == "IPsec"]
    if sections:
        keys = Counter(int(each["keys-in-use"]) for each in sections)
        listed = ", ".join(f"{number} on {keys[number]}/{total}" for number in sorted(keys))
        errors = sum(int(each["error-count"]) for each in sections)
        lines += [
            f"IPsec keys in use: {listed}",
            f"IPsec highest Seq. Number: {_highest(sections)} across all nodes",
            f"IPsec expected key count: {expected}",
            f"IPsec key rotation in progress: {str(any(number != expected for number in keys)).lower()}",
            f"IPsec errors: {errors} across all nodes",
        ]
        kinds = sorted({kind for each in sections for kind in each["xfrm-errors"]})
        for kind in kinds:
            hit = [int(each["xfrm-errors"][kind]) for each in sections if each["xfrm-errors"].get(kind)]
            lines.append(f"\t{kind}: {sum(hit)} on {len(hit)}/{total} nodes")
    return "\n".join(lines)


def _highest(sections: list[Model]) -> str:
    texts = [str(each["max-seq-number"]) for each in sections]
    return max(texts, key=lambda text: int(text.partition("/")[0], _HEX_SEQUENCE))


def node_text(name: str, model: Model, expected: int) -> str:
    """The block of one node."""
    lines = [f"Node: {name}", f"Encryption: {model['mode']}"]
    if model["mode"] == "IPsec":
        ipsec = model["ipsec"]
        lines += [
            f"IPsec keys in use: {ipsec['keys-in-use']}",
            f"IPsec highest Seq. Number: {ipsec['max-seq-number']}",
            f"IPsec expected key count: {expected}",
            f"IPsec key rotation in progress: {str(ipsec['keys-in-use'] != expected).lower()}",
            f"IPsec errors: {ipsec['error-count']}",
            *(f"\t{kind}: {number}" for kind, number in sorted(ipsec["xfrm-errors"].items())),
        ]
    return "\n".join(lines)


def encryption_object(nodes: Mapping[str, Model], expected: int) -> dict[str, Any]:
    """The summary as JSON; counts of zero are left out."""
    modes = Counter(str(each["mode"]) for each in nodes.values())
    sections = [each["ipsec"] for each in nodes.values() if each["mode"] == "IPsec"]
    shown: dict[str, Any] = {
        "total-node-count": len(nodes),
        "enc-disabled-node-count": modes["Disabled"],
        "enc-ipsec-node-count": modes["IPsec"],
        "enc-wireguard-node-count": modes["Wireguard"],
    }
    if sections:
        keys = Counter(str(each["keys-in-use"]) for each in sections)
        shown |= {
            "ipsec-keys-in-use-node-count": dict(sorted(keys.items())),
            "ipsec-max-seq-num": _highest(sections),
            "ipsec-expected-key-count": expected,
            "ipsec-key-rotation-in-progress": any(int(number) != expected for number in keys),
            "ipsec-err-count": sum(int(each["error-count"]) for each in sections),
        }
    return {key: value for key, value in shown.items() if value}


def _status_flags() -> list[Flag]:
    return [
        string("agent-pod-selector", "Label of the agents' pods", default="k8s-app=cilium"),
        string("node", "Ask this node alone"),
        _output_flag(),
        boolean("per-node-details", "Show each node by itself"),
        _wait_flag(),
    ]


def _wait_flag() -> Flag:
    return duration("wait-duration", "How long to wait at most, default 1 minute", default=MINUTE)


def _status(call: Call) -> None:
    form = check_output(call, FORMATS)
    pods = agent_pods(call)
    if not pods:
        raise CommandFailed("Unable to print encryption status: unable to find Cilium pods")
    found: dict[str, Model] = {}
    expected, problems = 0, []
    for pod, agent in pods:
        if not agent.is_serving:
            problems.append(unreachable(call, pod, "encryption status"))
            continue
        found[agent.node] = encryption_model(agent)
        expected = expected_keys(agent)
    if problems:
        raise CommandFailed(f"Unable to print encryption status: {problems[0]}")
    known = tuple(
        fact("config", cluster=call.context, node=node, key="encryption", value=each["mode"].lower())
        for node, each in found.items()
    )
    if form == "json":
        shown = found if call.flags.is_on("per-node-details") else encryption_object(found, expected)
        call.show(json_lines(shown, 1, known))
    elif call.flags.is_on("per-node-details"):
        for (node, each), told in zip(found.items(), known, strict=True):
            call.say(f"{node_text(node, each, expected)}\n", (told,))
    else:
        call.say(f"{encryption_text(found, expected)}\n", known)


# ---------------------------------------------------------------- keys


def _key_text(call: Call, what: str) -> str:
    secret = call.api.find("secrets", KEYS_SECRET, call.namespace)
    if secret is None:
        raise CommandFailed(
            f'Unable to {what} IPsec key: failed to fetch IPsec secret: secrets "{KEYS_SECRET}" not found'
        )
    return b64decode(dig(secret, "data", "keys", default="")).decode().strip()


def _key_status(call: Call) -> None:
    form = check_output(call, FORMATS)
    text = _key_text(call, "display")
    if form == "json":
        spi, algorithm, key, size = (*text.split(), "", "", "", "")[:4]
        call.show(json_lines({"spi": int(spi.rstrip("+")), "algo": algorithm, "key": key, "size": size}, 1))
        return
    call.say(f"IPsec key: {text}")


def _new_key(call: Call, spi: int) -> str:
    name = call.flags.text("auth-algo") or "rfc4106-gcm-aes"
    if name not in _ALGORITHMS:
        raise NotSimulated(f"cilium encryption --auth-algo {name}")
    algorithm, digits, size = _ALGORITHMS[name]
    return f"{spi}+ {algorithm} {keyed_hex(call.world.seed, 'ipsec-key', call.context, spi, digits=digits)} {size}"


def _encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def _create_key(call: Call) -> None:
    if call.api.find("secrets", KEYS_SECRET, call.namespace) is not None:
        raise CommandFailed(
            "Unable to create IPsec key: IPsec secret already exists, rotate key if needed using "
            "`cilium encryption rotate-key` command"
        )
    secret = {
        "metadata": {"name": KEYS_SECRET, "namespace": call.namespace},
        "data": {"keys": _encoded(_new_key(call, 3))},
        "type": "Opaque",
    }
    call.api.create("secrets", secret, call.namespace, validate=FieldValidation.TRUSTED)
    call.say("IPsec key successfully created, new key SPI: 3")


def _rotate_key(call: Call) -> None:
    spi = int(_key_text(call, "rotate").split("+")[0]) % 15 + 1
    secret = call.api.get("secrets", KEYS_SECRET, call.namespace)
    changed = evolve(secret, ("data", "keys"), _encoded(_new_key(call, spi)))
    call.api.update("secrets", changed, validate=FieldValidation.TRUSTED)
    call.say(f"IPsec key successfully rotated, new key SPI: {spi}")


def _output_flag() -> Flag:
    return string("output", "Output format. One of: json, summary", short="o", default="summary", choices=FORMATS)


def _algorithm_flag(default: str) -> Flag:
    return string(
        "auth-algo",
        "Algorithm of the key. One of: rfc4106-gcm-aes, cbc-aes-sha256, cbc-aes-sha512",
        default=default,
        choices=tuple(_ALGORITHMS),
    )


COMMANDS = (
    Sub("encryption status", "status", "Show how traffic is encrypted", _status, _status_flags,
        long="Asks every node how it encrypts traffic."),
    Sub("encryption key-status", "key-status", "Show the IPsec key", _key_status,
        lambda: [_output_flag(), _wait_flag()],
        aliases=("ks",), long="Shows the IPsec key."),
    Sub("encryption create-key", "create-key", "Create an IPsec key", _create_key,
        lambda: [_algorithm_flag("rfc4106-gcm-aes"), _wait_flag()], long="Creates the cluster's IPsec key."),
    Sub("encryption rotate-key", "rotate-key", "Replace the IPsec key", _rotate_key,
        lambda: [_algorithm_flag(""), _wait_flag()], long="Replaces the cluster's IPsec key by a new one."),
)  # fmt: skip
