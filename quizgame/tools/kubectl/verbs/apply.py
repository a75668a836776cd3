"""``kubectl apply``."""

from __future__ import annotations

import json
from typing import Any

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apply import LAST_APPLIED, apply_patch, last_applied, with_last_applied
from quizgame.cluster.objects import KubeObject, annotations_of
from quizgame.cluster.patching import PatchProblem, PatchType, merge_patch, strategic_merge
from quizgame.cluster.schema import builtin_schema
from quizgame.goflags.flagset import Flag, boolean, integer, string, string_array
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, ServerError
from quizgame.tools.kubectl.formats.json_out import go_json
from quizgame.tools.kubectl.formats.yaml_out import yaml_leaves
from quizgame.tools.kubectl.manifests import Manifest, file_flags, require_files, send_each, validation_flag
from quizgame.tools.kubectl.selection import existing
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import CLIENT, SERVER, confirm, dry_run_of, field_validation, write_flags
from quizgame.tools.output import Line


def _flags() -> list[Flag]:
    return [
        *file_flags("The files that contain the configurations to apply."),
        *write_flags(),
        validation_flag(),
        boolean("overwrite", "Resolve conflicts by using values from the modified configuration.", default=True),
        boolean("server-side", "If true, apply runs in the server instead of the client."),
        boolean("force-conflicts", "If true, server-side apply will force the changes against conflicts."),
        boolean("wait", "If true, wait for resources to be gone before returning."),
        string("selector", "Selector (label query) to filter on.", short="l"),
        integer("grace-period", "Period of time in seconds given to the resource to terminate.", default=-1),
        boolean("show-managed-fields", "If true, keep the managedFields when printing objects."),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("all", "Select all resources in the namespace of the specified resource types."),
        string("cascade", "Deletion strategy for the dependents.", no_opt_default="background"),
        boolean("force", "If true, immediately remove resources from API and bypass graceful deletion."),
        boolean("openapi-patch", "If true, use openapi to calculate diff when it is present.", default=True),
        boolean("prune", "Automatically delete resource objects that do not appear in the configs."),
        string_array("prune-allowlist", "Overwrite the default allowlist for --prune"),
        string("applyset", "The name of the ApplySet that tracks which resources are being managed."),
        string("subresource", "If specified, apply operates on the subresource of the object."),
        string("timeout", "The length of time to wait before giving up on a delete."),
    ]


def _run(call: Call) -> None:
    require_files(call)
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    mode = dry_run_of(call)
    field_validation(call)
    if call.flags.is_on("server-side") and mode == CLIENT:
        raise KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    send_each(call, lambda manifest: _apply(call, manifest, mode))


def _apply(call: Call, manifest: Manifest, mode: str) -> None:
    if not manifest.name:
        if manifest.node["metadata"].get("generateName"):
            raise KubectlError(f"from {manifest.node['metadata']['generateName']}: cannot use generate name with apply")
        raise KubectlError(
            "error when retrieving current configuration of:\nResource: "
            f'"{manifest.served.resource.plural}"\nfrom server for: "{manifest.source}": resource name '
            "may not be empty"
        )
    live = call.api.find(manifest.served.resource, manifest.name, manifest.namespace)
    if call.flags.is_on("server-side"):
        _apply_on_server(call, manifest, live, mode)
    elif live is None:
        _create(call, manifest, mode)
    else:
        _patch(call, manifest, live, mode)


def _create(call: Call, manifest: Manifest, mode: str) -> None:
    node = with_last_applied(manifest.node, manifest.namespace)
    created = node
    if mode != CLIENT:
        created = create_from(call, manifest, node, is_dry=mode == SERVER)
    confirm(call, manifest.served, created, "created")


def create_from(call: Call, manifest: Manifest, node: KubeObject, *, is_dry: bool) -> KubeObject:
    """Create an object from a manifest, a failure worded with its file."""
    try:
        created = call.api.create(
            manifest.served.resource,
            node,
            manifest.namespace,
            version=manifest.served.version,
            validate=field_validation(call),
            dry_run=is_dry,
            warn=call.warn,
        )
    except ApiError as error:
        raise ServerError(error, f'error when creating "{manifest.source}"') from None
    # The next manifest may need what controllers make of this one: a namespace's service account.
    call.cluster.controllers.sync()
    return created


def _patch(call: Call, manifest: Manifest, live: KubeObject, mode: str) -> None:
    served = manifest.served
    if LAST_APPLIED not in annotations_of(live):
        call.warn(
            f"resource {served.resource.plural}/{manifest.name} is missing the {LAST_APPLIED} "
            "annotation which is required by "
            f"kubectl apply. kubectl apply should only be used on resources created declaratively by either "
            "kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically."
        )
    if mode == CLIENT:
        confirm(call, served, merged_with(manifest, live), "configured")
        return
    patch, kind = patch_for(manifest, live)
    fresh = live
    if patch:
        try:
            fresh = call.api.patch(
                served.resource,
                manifest.name,
                patch,
                kind,
                manifest.namespace,
                version=served.version,
                validate=field_validation(call),
                dry_run=mode == SERVER,
                warn=call.warn,
            )
        except ApiError as error:
            raise ServerError(error, _what_was_patched(manifest, patch)) from None
    # Source: kubectl pkg/cmd/apply/apply.go: an empty patch, not an unchanged object, is what counts.
    confirm(call, served, fresh, "configured" if patch else "unchanged")


def patch_for(manifest: Manifest, live: KubeObject) -> tuple[dict[str, Any], PatchType]:
    """What ``apply`` sends for an object that is there; empty where nothing has to change."""
    return apply_patch(manifest.served.resource, with_last_applied(manifest.node, manifest.namespace), live)


def merged_with(manifest: Manifest, live: KubeObject) -> KubeObject:
    """The object as it would be after ``apply``, without asking the server."""
    patch, kind = patch_for(manifest, live)
    fresh: KubeObject
    if kind is PatchType.MERGE:
        fresh = merge_patch(live, patch)
    else:
        try:
            fresh = strategic_merge(live, patch, builtin_schema(), manifest.served.resource.kind)
        except PatchProblem as problem:
            raise KubectlError(str(problem)) from None
    return fresh


def _what_was_patched(manifest: Manifest, patch: dict[str, Any]) -> str:
    resource = manifest.served.resource
    version = manifest.served.api_version
    return (
        f"error when applying patch:\n{go_json(patch)}\nto:\n"
        f'Resource: "{version}, Resource={resource.plural}", GroupVersionKind: "{version}, Kind={resource.kind}"\n'
        f'Name: "{manifest.name}", Namespace: "{manifest.namespace}"\n'
        f'for: "{manifest.source}": error when patching "{manifest.source}"'
    )


def _apply_on_server(call: Call, manifest: Manifest, live: KubeObject | None, mode: str) -> None:
    # Simplified: who owns which field is not tracked, so that a field left out of the manifest stays as it is.
    served = manifest.served
    if live is None:
        node = create_from(call, manifest, manifest.node, is_dry=mode == SERVER)
    else:
        kind = PatchType.MERGE if served.resource.is_custom else PatchType.STRATEGIC
        try:
            node = call.api.patch(
                served.resource,
                manifest.name,
                {key: value for key, value in manifest.node.items() if key != "status"},
                kind,
                manifest.namespace,
                version=served.version,
                validate=field_validation(call),
                dry_run=mode == SERVER,
                warn=call.warn,
            )
        except ApiError as error:
            raise ServerError(error) from None
    confirm(call, served, node, "serverside-applied")


_EXAMPLES = """  # Apply the configuration in a file
  kubectl apply -f policy.yaml

  # Apply what is typed
  kubectl apply -f - <<EOF
  ...
  EOF"""

APPLY = Verb(_run, "(-f FILENAME | -k DIRECTORY)", _flags, _EXAMPLES, _refused)


def _view_flags() -> list[Flag]:
    return [
        string(
            "output", "Output format. Must be one of (yaml, json)", short="o", default="yaml", choices=("json", "yaml")
        )
    ]


def _view_last_applied(call: Call) -> None:
    for target in existing(call, call.args):
        live = target.node or {}
        last = last_applied(live)
        if not last:
            raise KubectlError(f"no last-applied-configuration annotation found on resource: {target.name}")
        if call.flags.text("output") == "json":
            shown = json.dumps(last, indent=2, sort_keys=True, ensure_ascii=False).split("\n")
            call.print_lines(Line(text) for text in shown)
        else:
            call.print_lines(Line(text) for text, _, _ in yaml_leaves(last))


VIEW_LAST_APPLIED = Verb(_view_last_applied, "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)", _view_flags)
