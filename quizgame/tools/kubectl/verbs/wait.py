"""``kubectl wait``."""

from __future__ import annotations

import re
from collections.abc import Callable

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.objects import KubeObject, condition_of, uid_of
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, duration, string, string_array
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import LONGEST_WAIT_S, Call
from quizgame.tools.kubectl.changing import targets_of
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, relaxed, value_text
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.output import WRITE_ALLOWED, as_choices
from quizgame.tools.kubectl.selection import Target, parse_names
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.waiting import wait_until

Holds = Callable[[KubeObject | None], bool]
"""Tells of an object (``None``: it is not there) whether the condition is met."""


def _flags() -> list[Flag]:
    return [
        *file_flags("identifying the resource."),
        boolean("all", "Select all resources in the namespace of the specified resource types"),
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        string("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
        string_array(
            "for",
            "The condition to wait on: "
            "[create|delete|condition=condition-name[=condition-value]|jsonpath='{expression}'=value].",
            choices=("condition=", "create", "delete", "jsonpath="),
        ),
        string("selector", "Selector (label query) to filter on", short="l"),
        duration("timeout", "The length of time to wait before giving up.", default=30 * SECOND),
        string("output", "Output format.", short="o", choices=as_choices(WRITE_ALLOWED)),
    ]


def _run(call: Call) -> None:
    typed = (call.flags.texts("for") or [""])[-1]
    holds, waits_for_absence = _condition(typed)
    timeout_ns = call.flags.number("timeout")
    timeout_ns = LONGEST_WAIT_S * SECOND if timeout_ns < 0 else timeout_ns
    if typed.lower() == "create":
        targets: list[Target] = list(parse_names(call, call.args).targets(call))
        errors: list[QuizgameError] = []
    else:
        targets, errors = _targets(call, waits_for_absence=waits_for_absence)
    if not targets and not errors:
        if waits_for_absence:
            return
        raise KubectlError("no matching resources found")
    raise_all(errors)
    end_ns = call.now_ns + timeout_ns
    failures: list[QuizgameError] = []
    for target in targets:
        uid = uid_of(target.node) if target.node else ""

        def is_met(target: Target = target, uid: str = uid) -> bool:
            node = call.api.find(target.resource, target.name, target.namespace)
            if waits_for_absence and node is not None and uid_of(node) != uid:
                return True
            return holds(node)

        left_ns = max(end_ns - call.now_ns, 0)
        if is_met() or (left_ns and wait_until(call, is_met, left_ns)):
            call.print(f"{target.title} condition met")
        else:
            failures.append(
                KubectlError(f"timed out waiting for the condition on {target.resource.plural}/{target.name}")
            )
    raise_all(failures)


def _targets(call: Call, *, waits_for_absence: bool) -> tuple[list[Target], list[QuizgameError]]:
    targets, errors = targets_of(call, call.args)
    if waits_for_absence:
        errors = [each for each in errors if not (isinstance(each, ApiError) and each.reason == "NotFound")]
    return targets, errors


def _condition(text: str) -> tuple[Holds, bool]:
    # Source: kubectl pkg/cmd/wait/wait.go conditionFuncFor.
    if text.lower() == "delete":
        return (lambda node: node is None), True
    if text.lower() == "create":
        return (lambda node: node is not None), False
    if text.startswith("condition="):
        name, equals, value = text.removeprefix("condition=").partition("=")
        wanted = value.strip("'\"") if equals else "true"
        return (lambda node: _has_condition(node, name, wanted)), False
    if text.startswith("jsonpath="):
        return _jsonpath(text.removeprefix("jsonpath=")), False
    raise KubectlError(f'unrecognized condition: "{text}"')


def _has_condition(node: KubeObject | None, name: str, wanted: str) -> bool:
    if node is None:
        return False
    conditions = [
        each
        for each in (node.get("status") or {}).get("conditions") or ()
        if str(each.get("type", "")).lower() == name.lower()
    ]
    found = condition_of(node, name) or (conditions[0] if conditions else None)
    return found is not None and str(found.get("status", "")).lower() == wanted.lower()


def _jsonpath(text: str) -> Holds:
    match = re.fullmatch(r"'?(\{.*\}|[^=]+?)'?(?:=(.*))?", text, re.DOTALL)
    if match is None:
        raise KubectlError(
            "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
            "--for=jsonpath='{.status.readyReplicas}'"
        )
    try:
        path = JsonPath(relaxed(match[1]))
    except JsonPathError as error:
        raise KubectlError(f"error parsing jsonpath {match[1]}, {error.message}") from None
    wanted = match[2].strip("'\"") if match[2] is not None else None

    def holds(node: KubeObject | None) -> bool:
        try:
            values = path.values(node) if node is not None else []
        except JsonPathError:
            return False
        if wanted is None:
            return bool(values)
        return len(values) == 1 and value_text(values[0]) == wanted

    return holds


_EXAMPLES = """  # Wait until a pod is ready
  kubectl wait --for=condition=Ready pod/xwing

  # Wait until a pod is gone
  kubectl wait --for=delete pod/xwing --timeout=60s"""

WAIT = Verb(
    _run,
    "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=...]",
    _flags,
    _EXAMPLES,
)
