"""``kubectl rollout history`` and ``undo``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizgame.cluster.objects import KubeObject, annotations_of, controller_of, dig, evolve, prune, uid_of
from quizgame.goflags.flagset import Flag, integer, string
from quizgame.goflags.tabwriter import align
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, store, targets_of
from quizgame.tools.kubectl.describe.containers import write_template
from quizgame.tools.kubectl.describe.writer import Page
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.rollout_change import ROLLED_OUT, require_subject
from quizgame.tools.kubectl.writing import confirm, write_flags
from quizgame.tools.output import lines

_REVISION = "deployment.kubernetes.io/revision"
_CAUSE = "kubernetes.io/change-cause"


@dataclass(frozen=True, slots=True)
class _Revision:
    number: int
    cause: str
    template: KubeObject


def _revisions(call: Call, target: Target) -> list[_Revision]:
    if target.resource.kind not in ROLLED_OUT:
        raise KubectlError(f'no history viewer has been implemented for "{target.resource.kind}"')
    uid = uid_of(target.node or {})
    kind = "replicasets" if target.resource.kind == "Deployment" else "controllerrevisions"
    found = []
    for each in call.api.list(kind, target.namespace):
        owner = controller_of(each)
        if owner is None or owner["uid"] != uid:
            continue
        cause = annotations_of(each).get(_CAUSE, "<none>")
        if kind == "replicasets":
            template = prune(dig(each, "spec", "template"), ("metadata", "labels", "pod-template-hash"))
            found.append(_Revision(int(annotations_of(each).get(_REVISION, 0)), cause, template))
        else:
            template = {
                key: value
                for key, value in dig(each, "data", "spec", "template", default={}).items()
                if key != "$patch"
            }
            found.append(_Revision(int(each.get("revision", 0)), cause, template))
    return sorted(found, key=lambda each: each.number)


def _history_flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to get from a server."),
        integer("revision", "See the details, including podTemplate of the revision specified"),
        string("selector", "Selector (label query) to filter on.", short="l"),
    ]


def _history(call: Call) -> None:
    require_subject(call)
    targets, errors = targets_of(call, call.args)
    raise_all(errors)
    for target in targets:
        revisions = _revisions(call, target)
        number = call.flags.number("revision")
        if number:
            _show_revision(call, target, revisions, number)
            continue
        rows = [["REVISION", "CHANGE-CAUSE"], *([str(each.number), each.cause] for each in revisions)]
        # Source: golden kubectl/rollout-history: a blank after the name, an empty line at the end.
        call.print(f"{target.title} ")
        call.print_lines(lines(align(rows, min_width=0, tab_width=8, padding=2)))
        call.print("")


def _show_revision(call: Call, target: Target, revisions: list[_Revision], number: int) -> None:
    found = next((each for each in revisions if each.number == number), None)
    if found is None:
        raise KubectlError("unable to find the specified revision")
    call.print(f"{target.title} with revision #{number}")
    page = Page(call.view, target.node or {}, call.now_ns)
    write_template(page, found.template)
    call.print_lines(page.lines())


HISTORY = Verb(
    _history,
    "(TYPE NAME | TYPE/NAME) [flags]",
    _history_flags,
    "  # Show what was rolled out before\n  kubectl rollout history deployment/web",
)


def _undo_flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to get from a server."),
        *write_flags(),
        string("selector", "Selector (label query) to filter on.", short="l"),
        integer("to-revision", "The revision to rollback to. Default to 0 (last revision)."),
    ]


def _undo(call: Call) -> None:
    require_subject(call)
    change_each(call, call.args, lambda target, mode: _roll_back(call, target, mode))


def _roll_back(call: Call, target: Target, mode: str) -> None:
    node = target.node or {}
    revisions = _revisions(call, target)
    wanted = call.flags.number("to-revision")
    if dig(node, "spec", "paused"):
        raise KubectlError(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
        )
    if wanted:
        chosen = next((each for each in revisions if each.number == wanted), None)
        if chosen is None:
            raise KubectlError(f"unable to find specified revision {wanted} in history")
    elif len(revisions) < 2:
        raise KubectlError(f'no rollout history found for {target.resource.singular} "{target.name}"')
    else:
        chosen = revisions[-2]
    if _same(chosen.template, dig(node, "spec", "template")):
        confirm(
            call, target.served, node, f"skipped rollback (current template already matches revision {chosen.number})"
        )
        return
    fresh = store(call, target, evolve(node, ("spec", "template"), chosen.template), mode)
    confirm(call, target.served, fresh, "rolled back")


def _same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return bool(_bare(left) == _bare(right))


def _bare(template: Any) -> Any:
    if isinstance(template, Mapping):
        return {key: bare for key, value in template.items() if (bare := _bare(value)) not in ({}, [], None)}
    return template


UNDO = Verb(
    _undo,
    "(TYPE NAME | TYPE/NAME) [flags]",
    _undo_flags,
    "  # Go back to what was rolled out before\n  kubectl rollout undo deployment/web",
)
