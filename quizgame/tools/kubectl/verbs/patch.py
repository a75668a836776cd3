"""``kubectl patch``."""

from __future__ import annotations

import json
from typing import Any

from quizgame.cluster.apierror import bad_request
from quizgame.cluster.objects import KubeObject
from quizgame.cluster.patching import PatchProblem, PatchType, json_patch, merge_patch, strategic_merge
from quizgame.cluster.replacement import require_fitting, require_same_name
from quizgame.cluster.schema import builtin_schema
from quizgame.goflags.flagset import Flag, string
from quizgame.tools import folder
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import change_each
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.gojson import go_json_problem
from quizgame.tools.kubectl.manifests import file_flags
from quizgame.tools.kubectl.selection import Target
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import CLIENT, SERVER, confirm, write_flags
from quizgame.tools.output import render
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError
from quizgame.yamlsource.scalars import Dialect

_TYPES = {"json": PatchType.JSON, "merge": PatchType.MERGE, "strategic": PatchType.STRATEGIC}


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files identifying the resource to update"),
        *write_flags(),
        string("patch", "The patch to be applied to the resource JSON file.", short="p"),
        string("patch-file", "A file containing a patch to be applied to the resource."),
        string("subresource", "If specified, patch operates on the subresource of the requested object."),
        string(
            "type",
            "The type of patch being provided; one of [json merge strategic]",
            default="strategic",
            choices=("json", "merge", "strategic"),
        ),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if flags.changed("patch") and flags.changed("patch-file"):
        raise KubectlError("cannot specify --patch and --patch-file together")
    if not flags.text("patch") and not flags.text("patch-file"):
        raise KubectlError("must specify --patch or --patch-file containing the contents of the patch")
    kind = _TYPES.get(flags.text("type").lower())
    if kind is None:
        raise KubectlError(f'--type must be one of [json merge strategic], not "{flags.text("type")}"')
    if flags.text("subresource") not in ("", "status", "scale"):
        raise KubectlError(f'invalid subresource value: "{flags.text("subresource")}". Must be one of [status scale]')
    patch = _parse(_text(call))
    change_each(call, call.args, lambda target, mode: _patch(call, target, patch, kind, mode))


def _text(call: Call) -> str:
    if call.flags.text("patch"):
        return call.flags.text("patch")
    name = call.flags.text("patch-file")
    try:
        return render(call.stdin) if name == "-" else render(folder.read_file(call.session, name))
    except folder.FileProblem:
        raise KubectlError(f"unable to read patch file: open {name}: no such file or directory") from None


def _parse(text: str) -> Any:
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        try:
            return load_document(text, "patch", dialect=Dialect.KUBERNETES).data
        except YamlError as error:
            raise KubectlError(f"unable to parse {json.dumps(text)}: yaml: {error.problems[0].message}") from None
    try:
        return json.loads(stripped)
    except json.JSONDecodeError as error:
        raise bad_request(go_json_problem(stripped, error)) from None


def _merged(target: Target, patch: Any, kind: PatchType) -> KubeObject:
    node = target.node or {}
    require_fitting(patch, kind)
    fresh: KubeObject
    if kind is PatchType.JSON:
        fresh = json_patch(node, patch)
    elif kind is PatchType.MERGE:
        fresh = merge_patch(node, patch)
    else:
        fresh = strategic_merge(node, patch, builtin_schema(), target.resource.kind)
    require_same_name(node, fresh)
    return fresh


def _patch(call: Call, target: Target, patch: Any, kind: PatchType, mode: str) -> None:
    node = target.node or {}
    if mode == CLIENT:
        try:
            fresh = _merged(target, patch, kind)
        except PatchProblem as problem:
            raise KubectlError(str(problem)) from None
    else:
        fresh = call.api.patch(
            target.resource,
            target.name,
            patch,
            kind,
            target.namespace,
            version=target.served.version,
            subresource=call.flags.text("subresource"),
            dry_run=mode == SERVER,
            warn=call.warn,
        )
    confirm(call, target.served, fresh, "patched", detail=" (no change)" if fresh == node else "")


_EXAMPLES = """  # Change one field
  kubectl patch svc web -p '{"spec":{"type":"NodePort"}}'

  # Change a custom resource
  kubectl patch cnp rule1 --type=merge -p '{"spec":{"description":"..."}}'

  # Change by position
  kubectl patch deploy web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":1}]'"""

PATCH = Verb(_run, "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]", _flags, _EXAMPLES)
