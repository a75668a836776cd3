"""``kubectl label``."""

from __future__ import annotations

from quizgame.cluster.objects import labels_of
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
        boolean("list", "If true, display the labels for a given resource."),
        boolean("overwrite", "If true, allow labels to be overwritten."),
        string("resource-version", "If non-empty, the labels update will only succeed if this is the current version."),
    ]


def _run(call: Call) -> None:
    words, pairs = split_words(call.args)
    if not words and not has_files(call):
        raise KubectlError("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    if call.flags.is_on("list"):
        _list(call, words)
        return
    if not pairs:
        raise KubectlError("at least one label update is required")
    marks = parse_marks(pairs, "label", checks_values=True)
    change_each(call, words, lambda target, mode: _label(call, target, marks, mode))


def _list(call: Call, words: list[str]) -> None:
    targets, _ = targets_of(call, words)
    for target in targets:
        if len(targets) > 1:
            call.print(f"Listing labels for {target.resource.kind}.{target.served.api_version}/{target.name}:")
        for key, value in sorted(labels_of(target.node or {"metadata": {}}).items()):
            call.print(f"{' ' if len(targets) > 1 else ''}{key}={value}")


def _label(call: Call, target: Target, marks: Marks, mode: str) -> None:
    node = target.node or {}
    labels = labels_of(node)
    if not call.flags.is_on("overwrite"):
        for key, value in marks.set.items():
            if key in labels and labels[key] != value:
                raise KubectlError(f"'{key}' already has a value ({labels[key]}), and --overwrite is false")
    if call.flags.text("resource-version") not in ("", node["metadata"].get("resourceVersion")):
        raise KubectlError(
            "the object has been modified; please apply your changes to the latest version and try again"
        )
    for key in marks.removed:
        if key not in labels:
            # Source: kubectl pkg/cmd/label: the note goes to standard output.
            call.print(f'label "{key}" not found.')
    fresh = with_marks(node, "labels", marks)
    done = "labeled" if marks.set else "unlabeled"
    confirm(call, target.served, store(call, target, fresh, mode), "not labeled" if fresh is node else done)


_EXAMPLES = """  # Set a label
  kubectl label pod xwing tier=test

  # Change it
  kubectl label pod xwing tier=prod --overwrite

  # Take it away
  kubectl label pod xwing tier-"""

LABEL = Verb(_run, "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N", _flags, _EXAMPLES)
