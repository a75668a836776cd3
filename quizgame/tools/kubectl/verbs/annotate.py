"""``kubectl annotate``."""

from __future__ import annotations

from quizgame.cluster.objects import annotations_of
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each, change_flags, store, targets_of
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.manifests import has_files
from quizgame.tools.kubectl.marking import Marks, parse_marks, split_words, with_marks
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm


def _flags() -> list[Flag]:
    return [
        *change_flags(),
        boolean("list", "If true, display the annotations for a given resource."),
        boolean("overwrite", "If true, allow annotations to be overwritten."),
        string("resource-version", "If non-empty, the update will only succeed if this is the current version."),
    ]


def _run(call: Call) -> None:
    words, pairs = split_words(call.args)
    if not words and not has_files(call):
        raise KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if call.flags.is_on("list"):
        targets, _ = targets_of(call, words)
        for target in targets:
            for key, value in sorted(annotations_of(target.node or {"metadata": {}}).items()):
                call.print(f"{key}={value}")
        return
    if not pairs:
        raise KubectlError("at least one annotation update is required")
    marks = parse_marks(pairs, "annotation", checks_values=False)
    change_each(call, words, lambda target, mode: _annotate(call, target, marks, mode))


def _annotate(call: Call, target: Target, marks: Marks, mode: str) -> None:
    node = target.node or {}
    present = annotations_of(node)
    if not call.flags.is_on("overwrite"):
        taken = [
            f"'{key}' already has a value ({present[key]})"
            for key, value in sorted(marks.set.items())
            if present.get(key, value) != value
        ]
        if taken:
            raise KubectlError(
                f"--overwrite is false but found the following declared annotation(s): {'; '.join(taken)}"
            )
    if call.flags.text("resource-version") not in ("", node["metadata"].get("resourceVersion")):
        raise KubectlError(
            "the object has been modified; please apply your changes to the latest version and try again"
        )
    fresh = with_marks(node, "annotations", marks)
    confirm(call, target.served, store(call, target, fresh, mode), "annotated")


_EXAMPLES = """  # Make a service known to all clusters of a mesh
  kubectl annotate service web service.cilium.io/global=true

  # Take the annotation away
  kubectl annotate service web service.cilium.io/global-"""

ANNOTATE = Verb(_run, "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N", _flags, _EXAMPLES)
