"""``kubectl diff``."""

from __future__ import annotations

from difflib import unified_diff

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apply import apply_object
from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import KubeObject
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.goflags.times import format_time
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, ServerError, raise_all
from quizgame.tools.kubectl.formats.tree import with_facts
from quizgame.tools.kubectl.formats.yaml_out import yaml_leaves
from quizgame.tools.kubectl.manifests import Manifest, file_flags, read_manifests, require_files
from quizgame.tools.kubectl.selection import in_version
from quizgame.tools.kubectl.shown import value_facts
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files contains the configuration to diff"),
        boolean("server-side", "If true, apply runs in the server instead of the client."),
        boolean("show-managed-fields", "If true, include managed fields in the diff."),
        string("field-manager", "Name of the manager used to track field ownership."),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("prune", "Include resources that would be deleted by pruning."),
        string("selector", "Selector (label query) to filter on.", short="l"),
    ]


def _run(call: Call) -> None:
    require_files(call)
    manifests, errors = read_manifests(call)
    if not manifests and not errors:
        raise KubectlError("no objects passed to diff")
    number = keyed_int(call.api.seed, "diff", call.now_ns, below=4_000_000_000)
    folders = (f"/tmp/LIVE-{number:010d}", f"/tmp/MERGED-{number + 1:010d}")
    has_difference = False
    for manifest in manifests:
        try:
            shown = _compare(call, manifest, folders)
        except QuizgameError as error:
            errors.append(error)
            continue
        call.print_lines(shown)
        has_difference = has_difference or bool(shown)
    raise_all(errors)
    call.result.exit = int(has_difference)


def _compare(call: Call, manifest: Manifest, folders: tuple[str, str]) -> list[Line]:
    resource = manifest.served.resource
    live = call.api.find(resource, manifest.name, manifest.namespace)
    try:
        merged, _ = apply_object(
            call.api, resource, manifest.node, manifest.namespace, version=manifest.served.version, dry_run=True
        )
    except ApiError as error:
        raise ServerError(error) from None
    before = _lines(call, manifest, live) if live is not None else []
    after = _lines(call, manifest, merged)
    group = f"{resource.group}." if resource.group else ""
    name = f"{group}{manifest.served.version}.{resource.kind}.{manifest.namespace}.{manifest.name}"
    stamp = format_time(call.now_ns, "2006-01-02 15:04:05.000000000 -0700")
    paths = [f"{place}/{name}" for place in folders]
    texts = [[line.text for line in side] for side in (before, after)]
    found = list(
        unified_diff(
            texts[0], texts[1], fromfile=paths[0], tofile=paths[1], fromfiledate=stamp, tofiledate=stamp, lineterm=""
        )
    )
    if not found:
        return []
    facts = {line.text: line.facts for line in (*before, *after)}
    return [Line(f"diff -u -N {' '.join(paths)}"), *(Line(text, _facts(facts, text)) for text in found)]


def _facts(facts: dict[str, tuple[Fact, ...]], text: str) -> tuple[Fact, ...]:
    return facts.get(text[1:], ()) if text[:1] in " -" else ()


def _lines(call: Call, manifest: Manifest, node: KubeObject) -> list[Line]:
    shown = in_version(manifest.served, node)
    return with_facts(yaml_leaves(shown), lambda path, value: value_facts(call.view, shown, path, value))


DIFF = Verb(_run, "-f FILENAME", _flags, "  # See what apply would change\n  kubectl diff -f policy.yaml", _refused)
