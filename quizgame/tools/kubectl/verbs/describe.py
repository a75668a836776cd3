"""``kubectl describe``."""

from __future__ import annotations

from quizgame.cluster.apierror import ApiError
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, integer, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.describe.catalog import describe
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.manifests import file_flags, has_files, read_manifests
from quizgame.tools.kubectl.selection import (
    Named,
    Target,
    check_name_options,
    in_version,
    listed,
    look_up,
    parse_names,
    warn_of_version,
)
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line


def _flags() -> list[Flag]:
    return [
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        integer("chunk-size", "Return large lists in chunks rather than all at once.", default=500),
        string("selector", "Selector (label query) to filter on.", short="l"),
        boolean("show-events", "If true, display events related to the described object.", default=True),
        *file_flags("Filename, directory, or URL to files containing the resource to describe"),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if not call.args and not has_files(call):
        raise KubectlError(
            'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of '
            "supported resources."
        )
    targets, errors = _targets(call)
    is_first = True
    for target in targets:
        shown = describe(call.view, target.resource, in_version(target.served, target.node or {}), call.now_ns)
        if not flags.is_on("show-events"):
            shown = _without_events(shown)
        if not is_first:
            call.print_lines([Line(""), Line("")])
        call.print_lines(shown)
        is_first = False
    if is_first and not errors:
        is_spread = flags.is_on("all-namespaces") or not all(each.resource.namespaced for each in _types(call))
        call.complain("No resources found" if is_spread else f"No resources found in {call.namespace} namespace.")
    raise_all(errors)


def _types(call: Call) -> list[Target]:
    named = parse_names(call, call.args)
    return [Target(served, "", "") for served in named.types]


def _without_events(shown: list[Line]) -> list[Line]:
    for place, line in enumerate(shown):
        if line.text.startswith("Events:"):
            return shown[:place]
    return shown


def _targets(call: Call) -> tuple[list[Target], list[QuizgameError]]:
    labels, everywhere = call.flags.text("selector"), call.flags.is_on("all-namespaces")
    errors: list[QuizgameError] = []
    wanted: list[Target] = []
    if has_files(call):
        manifests, errors = read_manifests(call)
        wanted = [Target(each.served, each.namespace, each.name) for each in manifests]
    named = parse_names(call, call.args)
    check_name_options(named, everywhere=everywhere, labels=labels)
    for served in named.types or [served for served, _ in named.pairs]:
        warn_of_version(call, served)
    wanted += named.targets(call)
    if not wanted and named.types:
        return list(listed(call, named.types, everywhere=everywhere, labels=labels)), errors
    found: list[Target] = []
    for target in wanted:
        try:
            found.append(look_up(call, target))
        except ApiError as error:
            matching = _beginning_with(call, named, target)
            found += matching
            if not matching:
                errors.append(error)
    return found, errors


def _beginning_with(call: Call, named: Named, target: Target) -> list[Target]:
    # Source: kubectl pkg/cmd/describe/describe.go DescribeMatchingResources: a single name may be the beginning of
    # names.
    if len(named.names) != 1 or len(named.types) != 1:
        return []
    return [each for each in listed(call, named.types) if each.name.startswith(target.name)]


_EXAMPLES = """  # Describe a pod
  kubectl describe pod xwing

  # Describe all policies of a namespace
  kubectl describe cnp -n web"""

DESCRIBE = Verb(_run, "(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)", _flags, _EXAMPLES)
