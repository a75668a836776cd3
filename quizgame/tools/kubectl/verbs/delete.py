"""``kubectl delete``."""

from __future__ import annotations

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objects import uid_of
from quizgame.cluster.requests import Propagation
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, ServerError, raise_all
from quizgame.tools.kubectl.manifests import file_flags, has_files, read_manifests
from quizgame.tools.kubectl.selection import (
    NO_SUCH_OBJECT_HELP,
    Target,
    check_name_options,
    listed,
    look_up,
    parse_names,
    warn_of_version,
)
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.kubectl.writing import CLIENT, NONE, SERVER, dry_run_flag, dry_run_of

_IMMEDIATE = (
    "Immediate deletion does not wait for confirmation that the running resource has been terminated. "
    "The resource may continue to run on the cluster indefinitely."
)
_SUFFIX = {NONE: "", CLIENT: " (dry run)", SERVER: " (server dry run)"}


def _flags() -> list[Flag]:
    return [
        *file_flags("containing the resource to delete."),
        boolean("all", "Delete all resources, in the namespace of the specified resource types."),
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        string(
            "cascade",
            'Must be "background", "orphan", or "foreground".',
            default="background",
            no_opt_default="background",
            choices=("background", "foreground", "orphan"),
        ),
        dry_run_flag(),
        string("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
        boolean("force", "If true, immediately remove resources from API and bypass graceful deletion."),
        integer("grace-period", "Period of time in seconds given to the resource to terminate gracefully.", default=-1),
        boolean("ignore-not-found", 'Treat "resource not found" as a successful delete.'),
        boolean("now", "If true, resources are signaled for immediate shutdown."),
        string(
            "output", 'Output mode. Use "-o name" for shorter output (resource/name).', short="o", choices=("name",)
        ),
        string("selector", "Selector (label query) to filter on.", short="l"),
        duration("timeout", "The length of time to wait before giving up on a delete"),
        boolean("wait", "If true, wait for resources to be gone before returning.", default=True),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("interactive", "If true, delete resource only when user confirms.", short="i"),
        string("raw", "Raw URI to DELETE to the server."),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if not call.args and not has_files(call):
        raise KubectlError(NO_SUCH_OBJECT_HELP)
    mode = dry_run_of(call)
    if flags.text("output") not in ("", "name"):
        raise KubectlError(f"unexpected -o output mode: {flags.text('output')}. We only support '-o name'")
    propagation = _propagation(call)
    grace = _grace(call)
    targets, errors, is_lenient = _targets(call)
    if flags.is_on("force") and grace == 0:
        call.warn(_IMMEDIATE)
    gone: list[Target] = []
    for source, target in targets:
        try:
            found = look_up(call, target)
            call.api.delete(
                target.resource, target.name, target.namespace,
                grace_period=grace, propagation=propagation, dry_run=mode != NONE,
            )  # fmt: skip
        except ApiError as error:
            if error.reason == "NotFound" and is_lenient:
                continue
            errors.append(ServerError(error, f'error when deleting "{source}"') if source else error)
            continue
        _confirm(call, found, mode)
        gone.append(found)
    if not targets and not errors:
        call.print("No resources found")
    if flags.is_on("wait") and mode == NONE and not (flags.is_on("force") and grace == 0):
        errors += _await(call, gone)
    raise_all(errors)


def _propagation(call: Call) -> Propagation:
    typed = call.flags.text("cascade")
    words = {"background": Propagation.BACKGROUND, "true": Propagation.BACKGROUND, "orphan": Propagation.ORPHAN,
             "false": Propagation.ORPHAN, "foreground": Propagation.FOREGROUND}  # fmt: skip
    if typed not in words:
        raise KubectlError(f'Invalid cascade value ({typed}). Must be "background", "foreground", or "orphan".')
    return words[typed]


def _grace(call: Call) -> int | None:
    flags = call.flags
    grace = flags.number("grace-period")
    if flags.is_on("now"):
        if grace != -1:
            raise KubectlError("--now and --grace-period cannot be specified together")
        grace = 1
    if flags.is_on("force"):
        if grace > 0:
            raise KubectlError("--force and --grace-period greater than 0 cannot be specified together")
        return 0
    # Source: kubectl pkg/cmd/delete/delete.go: without --force a period of 0 is a period of 1.
    return 1 if grace == 0 else None if grace < 0 else grace


def _targets(call: Call) -> tuple[list[tuple[str, Target]], list[QuizgameError], bool]:
    """Targets with the file they come from, failures, and whether a target that is gone is none."""
    flags = call.flags
    errors: list[QuizgameError] = []
    found: list[tuple[str, Target]] = []
    if has_files(call):
        manifests, errors = read_manifests(call)
        found = [(each.source, Target(each.served, each.namespace, each.name)) for each in manifests]
    named = parse_names(call, call.args)
    labels, everywhere = flags.text("selector"), flags.is_on("all-namespaces")
    check_name_options(named, everywhere=everywhere, labels=labels)
    for served in named.types:
        warn_of_version(call, served)
    if named.pairs or named.names:
        if flags.is_on("all"):
            raise KubectlError("name cannot be provided when a selector is specified")
        found += [("", target) for target in named.targets(call)]
    elif named.types:
        fields = flags.text("field-selector")
        if not (labels or fields or flags.is_on("all")):
            raise KubectlError("resource(s) were provided, but no name was specified")
        if labels and flags.is_on("all"):
            raise KubectlError("setting 'all' parameter but found a non empty selector. ")
        chosen = listed(call, named.types, everywhere=everywhere, labels=labels, fields=fields)
        found += [("", target) for target in chosen]
        return found, errors, True
    return found, errors, flags.is_on("ignore-not-found")


def _confirm(call: Call, target: Target, mode: str) -> None:
    if call.flags.text("output") == "name":
        call.print(target.title)
        return
    is_forced = call.flags.is_on("force") and mode == NONE
    where = f" from {target.namespace} namespace" if target.namespace else ""
    word = "force deleted" if is_forced else "deleted"
    call.print(f'{target.resource.prefix} "{target.name}" {word}{where}{_SUFFIX[mode]}')


def _await(call: Call, gone: list[Target]) -> list[QuizgameError]:
    errors: list[QuizgameError] = []
    for target in gone:
        uid = uid_of(target.node or {})

        def is_gone(target: Target = target, uid: str = uid) -> bool:
            present = call.api.find(target.resource, target.name, target.namespace)
            return present is None or uid_of(present) != uid

        if not wait_until(call, is_gone, call.flags.number("timeout")):
            errors.append(
                KubectlError(f"timed out waiting for the condition on {target.resource.plural}/{target.name}")
            )
    return errors


_EXAMPLES = """  # Delete what a file describes
  kubectl delete -f policy.yaml

  # Delete one policy
  kubectl delete cnp rule1

  # Delete the pods with a label
  kubectl delete pods -l app=web"""

DELETE = Verb(_run, "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])", _flags, _EXAMPLES, _refused)
