"""``kubectl set env``."""

from __future__ import annotations

from typing import Any

from quizgame.cluster.objects import KubeObject, dig, evolve
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, change_flags, store, targets_of
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.marking import split_words
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.templates import pod_spec_path
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm


def _flags() -> list[Flag]:
    return [
        *change_flags(),
        string(
            "containers", "The names of containers in the selected pod templates to change.", short="c", default="*"
        ),
        boolean("list", "If true, display the environment and any changes in the standard format."),
        boolean("overwrite", "If true, allow environment to be overwritten.", default=True),
    ]


def _refused() -> list[Flag]:
    return [
        string("env", "Specify a key-value pair for an environment variable to set into each container.", short="e"),
        string("from", "The name of a resource from which to inject environment variables"),
        string("keys", "Comma-separated list of keys to import from specified resource"),
        string("prefix", "Prefix to append to variable names"),
        boolean("resolve", "If true, show secret or configmap references when listing variables."),
    ]


def _run(call: Call) -> None:
    words, pairs = split_words(call.args)
    if not words and not call.flags.texts("filename"):
        raise KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if call.flags.is_on("list"):
        for target in targets_of(call, words)[0]:
            _list(call, target)
        return
    if not pairs:
        raise KubectlError("at least one environment variable must be provided")
    change_each(call, words, lambda target, mode: _set(call, target, pairs, mode))


def _list(call: Call, target: Target) -> None:
    for container in dig(target.node, *pod_spec_path(target), "containers", default=[]):
        call.print(f"# {target.resource.plural} {target.name}, container {container['name']}")
        for variable in container.get("env") or ():
            shown = f"{variable['name']}={variable.get('value', '')}"
            call.print(f"# {variable['name']} from a reference" if "valueFrom" in variable else shown)


def _set(call: Call, target: Target, pairs: list[str], mode: str) -> None:
    node: KubeObject = target.node or {}
    path = (*pod_spec_path(target), "containers")
    chosen = call.flags.text("containers")
    places = [
        place for place, container in enumerate(dig(node, *path, default=[])) if chosen in ("*", container["name"])
    ]
    if not places:
        raise KubectlError(f'{target.resource.plural}/{target.name} does not have any containers matching "{chosen}"')
    for place in places:
        container = dig(node, *path, place)
        node = evolve(node, (*path, place), _with_environment(container, pairs))
    confirm(call, target.served, store(call, target, node, mode), "env updated")


def _with_environment(container: dict[str, Any], pairs: list[str]) -> dict[str, Any]:
    variables: list[dict[str, Any]] = list(container.get("env") or ())
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name if equals else name.removesuffix("-")
        place = next((index for index, each in enumerate(variables) if each["name"] == name), None)
        if not equals:
            variables = [each for each in variables if each["name"] != name]
        elif place is None:
            variables.append({"name": name, "value": value})
        else:
            variables[place] = {"name": name, "value": value}
    fresh = {**container, "env": variables}
    if not variables:
        del fresh["env"]
    return fresh


ENV = Verb(
    _run,
    "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
    _flags,
    "  # Set a variable\n  kubectl set env deployment/web MODE=debug",
    _refused,
)
