"""Changing objects that are there: the loop over targets that label, scale, set and their like share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from quizgame.cluster.objects import KubeObject
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.manifests import file_flags, has_files, read_manifests
from quizgame.tools.kubectl.selection import (
    NO_SUCH_OBJECT_HELP,
    Target,
    check_name_options,
    gather,
    listed,
    parse_names,
    warn_of_version,
)
from quizgame.tools.kubectl.writing import CLIENT, SERVER, dry_run_of, write_flags


def change_flags() -> list[Flag]:
    """Options by which such a command finds its objects, and ``--dry-run`` and ``-o``."""
    return [
        boolean("all", "Select all resources, in the namespace of the specified resource types."),
        boolean("all-namespaces", "If true, check the specified action in all namespaces.", short="A"),
        string("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
        string("selector", "Selector (label query) to filter on.", short="l"),
        *file_flags("Filename, directory, or URL to files identifying the resource."),
        *write_flags(),
    ]


def _option(call: Call, name: str) -> str:
    return call.flags.text(name) if name in call.flags else ""


def _is_on(call: Call, name: str) -> bool:
    return name in call.flags and call.flags.is_on(name)


def targets_of(call: Call, words: Iterable[str]) -> tuple[list[Target], list[QuizgameError]]:
    """Look up what words, selectors and files name.

    Raises:
        KubectlError: nothing is named, or options contradict one another.
    """
    named = parse_names(call, list(words))
    labels, everywhere = _option(call, "selector"), _is_on(call, "all-namespaces")
    errors: list[QuizgameError] = []
    wanted: list[Target] = []
    if "filename" in call.flags and has_files(call):
        manifests, errors = read_manifests(call)
        wanted = [Target(each.served, each.namespace, each.name) for each in manifests]
    elif not named.types and not named.pairs:
        raise KubectlError(NO_SUCH_OBJECT_HELP)
    check_name_options(named, everywhere=everywhere, labels=labels)
    for served in named.types or [served for served, _ in named.pairs]:
        warn_of_version(call, served)
    wanted += named.targets(call)
    if not wanted and named.types:
        fields = _option(call, "field-selector")
        if not (labels or fields or everywhere or _is_on(call, "all")):
            raise KubectlError("resource(s) were provided, but no name was specified")
        return list(listed(call, named.types, everywhere=everywhere, labels=labels, fields=fields)), errors
    found, missing = gather(wanted, call)
    return found, [*errors, *missing]


def change_each(call: Call, words: Iterable[str], change: Callable[[Target, str], None]) -> None:
    """Run a change on every target; go on past those that fail, and fail at the end.

    Args:
        call: The command line.
        words: What names the targets.
        change: Takes a target with its object, and the kind of dry run.
    """
    mode = dry_run_of(call)
    targets, errors = targets_of(call, words)
    for target in targets:
        try:
            change(target, mode)
        except QuizgameError as error:
            errors.append(error)
    raise_all(errors)


def store(call: Call, target: Target, node: KubeObject, mode: str) -> KubeObject:
    """Write a changed object back, unless the run is dry on the client's side."""
    if mode == CLIENT:
        return node
    return call.api.update(target.resource, node, version=target.served.version, dry_run=mode == SERVER, warn=call.warn)
