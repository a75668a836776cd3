"""``kubectl taint``."""

from __future__ import annotations

from typing import Any

from quizgame.cluster.labelselect import LABEL_NAME_RULE
from quizgame.cluster.names import is_label_key
from quizgame.cluster.objects import dig, evolve
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, store
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm, write_flags

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def _flags() -> list[Flag]:
    return [
        *write_flags(),
        boolean("all", "Select all nodes in the cluster"),
        boolean("overwrite", "If true, allow taints to be overwritten."),
        string("selector", "Selector (label query) to filter on.", short="l"),
    ]


Taint = tuple[str, str, str]
"""Key, value, effect."""


def _parse(words: list[str]) -> tuple[list[Taint], list[Taint]]:
    added: list[Taint] = []
    removed: list[Taint] = []
    for word in words:
        is_removal = word.endswith("-")
        head, colon, effect = word.removesuffix("-").partition(":")
        key, _, value = head.partition("=")
        if not is_label_key(key):
            raise KubectlError(f"invalid taint spec: {word}, {LABEL_NAME_RULE}")
        if effect and effect not in _EFFECTS:
            raise KubectlError(f"invalid taint effect: {effect}, unsupported taint effect")
        if not is_removal and not colon:
            raise KubectlError(f"invalid taint spec: {word}")
        (removed if is_removal else added).append((key, value, effect))
    return added, removed


def _run(call: Call) -> None:
    words = call.args
    if not words:
        raise KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    start = 1 if words[0] in ("node", "nodes", "no") else 0
    names = [word for word in words[start:] if not _is_taint(word)]
    taints = [word for word in words[start:] if _is_taint(word)]
    if not taints:
        raise KubectlError("at least one taint update is required")
    if not start and not all(name.startswith(("node/", "nodes/", "no/")) for name in names):
        raise KubectlError(f"invalid resource type {words[0].partition('/')[0]}, only node(s) is supported")
    added, removed = _parse(taints)
    subject = ["nodes", *names] if start else names
    change_each(call, subject, lambda target, mode: _taint(call, target, added, removed, mode))


def _is_taint(word: str) -> bool:
    return ":" in word or "=" in word or word.endswith("-")


def _taint(call: Call, target: Target, added: list[Taint], removed: list[Taint], mode: str) -> None:
    node = target.node or {}
    present: list[dict[str, Any]] = dig(node, "spec", "taints", default=[])
    kept = list(present)
    for key, _, effect in removed:
        gone = [each for each in kept if each["key"] == key and effect in ("", each["effect"])]
        if not gone:
            raise KubectlError(f'taint "{key}{f":{effect}" if effect else ""}" not found')
        kept = [each for each in kept if each not in gone]
    taken = [key for key, _, effect in added if any((each["key"], each["effect"]) == (key, effect) for each in kept)]
    if taken and not call.flags.is_on("overwrite"):
        raise KubectlError(
            f"node {target.name} already has {','.join(taken)} taint(s) with same effect(s) and --overwrite is false"
        )
    for key, value, effect in added:
        kept = [each for each in kept if (each["key"], each["effect"]) != (key, effect)]
        fresh = {"effect": effect, "key": key}
        kept.append({**fresh, "value": value} if value else fresh)
    done = "untainted" if removed and not added else "modified" if removed else "tainted"
    stored = store(call, target, evolve(node, ("spec", "taints"), kept), mode)
    confirm(call, target.served, stored, done)


TAINT = Verb(
    _run,
    "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
    _flags,
    "  # Keep pods off a node\n  kubectl taint node kind-worker key1=value1:NoSchedule",
)
