"""``cilium config``: the ConfigMap that the agents read at their start. Source: reference cilium-cli, section 3."""

from __future__ import annotations

import json
from typing import Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objects import name_of
from quizgame.cluster.patching import PatchType
from quizgame.goflags.flagset import Flag, boolean
from quizgame.goflags.tabwriter import align
from quizgame.tools.cilium.call import CONFIG_MAP, Call, CommandFailed, Sub
from quizgame.tools.facts import fact
from quizgame.tools.output import Line

_POD_SELECTOR = "app.kubernetes.io/part-of=cilium"
RESTARTED = "♻️  Restarted Cilium pods"
NOT_RESTARTED = "⚠️  Restart Cilium pods for configmap changes to take effect"


def _restart_flag() -> list[Flag]:
    return [boolean("restart", "Restart the pods of Cilium", short="r", default=True)]


def restart_pods(call: Call) -> None:
    """Delete the pods of Cilium, the operator's and Relay's included; new ones read the ConfigMap.

    Source: facts F-35; cilium/cilium cilium-cli defaults CiliumPodSelector.
    """
    for pod in call.api.list("pods", call.namespace, label_selector=_POD_SELECTOR):
        call.api.delete("pods", name_of(pod), call.namespace)
    call.world.settle()


def _view(call: Call) -> None:
    found = call.api.find("configmaps", CONFIG_MAP, call.namespace)
    if found is None:
        raise CommandFailed(
            f'Unable to view config:  unable get ConfigMap "{CONFIG_MAP}": configmaps "{CONFIG_MAP}" not found'
        )
    data = dict(sorted((found.get("data") or {}).items()))
    shown = align([[key, value] for key, value in data.items()], min_width=0, tab_width=0, padding=4)
    facts = [
        (fact("config", witnesses=(key, value), cluster=call.context, key=key, value=value),)
        for key, value in data.items() for _ in value.split("\n")
    ]  # fmt: skip
    call.show([Line(text, known) for text, known in zip(shown.split("\n"), facts, strict=False)])


def _patch(call: Call, verb: str, patch: dict[str, Any] | list[dict[str, Any]], patch_type: PatchType) -> None:
    shown = json.dumps(patch, separators=(",", ":"), ensure_ascii=False)
    if patch_type is PatchType.JSON:
        shown = json.dumps(patch, ensure_ascii=False)
    quoted = json.dumps(shown, ensure_ascii=False)
    try:
        call.api.patch("configmaps", CONFIG_MAP, patch, patch_type, call.namespace)
    except ApiError as error:
        reason = error.message
        if patch_type is PatchType.JSON and error.reason != "NotFound":
            reason = "the server rejected our request due to an error in our request"
        raise CommandFailed(
            f"Unable to {verb} config:  unable to patch ConfigMap {CONFIG_MAP} with patch {quoted}: {reason}"
        ) from None
    if call.flags.is_on("restart"):
        restart_pods(call)
        call.say(RESTARTED)
    else:
        call.say(NOT_RESTARTED)


def _set(call: Call) -> None:
    key, value = call.args
    call.say(f"✨ Patching ConfigMap {CONFIG_MAP} with {key}={value}...")
    _patch(call, "set", {"data": {key: value}}, PatchType.MERGE)


def _delete(call: Call) -> None:
    (key,) = call.args
    call.say(f"✨ Removing key {key} from ConfigMap {CONFIG_MAP}...")
    pointer = key.replace("~", "~0").replace("/", "~1")
    _patch(call, "delete", [{"op": "remove", "path": f"/data/{pointer}"}], PatchType.JSON)


COMMANDS = (
    Sub("config view", "view", "Show the present configuration", _view),
    Sub("config set", "set", "Set one key of the configuration", _set, _restart_flag, arguments=2),
    Sub("config delete", "delete", "Remove one key of the configuration", _delete, _restart_flag, arguments=1),
)
