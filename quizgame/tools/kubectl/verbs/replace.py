"""``kubectl replace``."""

from __future__ import annotations

from quizgame.cluster.apierror import ApiError
from quizgame.cluster.apply import with_last_applied
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, ServerError
from quizgame.tools.kubectl.manifests import Manifest, file_flags, require_files, send_each, validation_flag
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.apply import create_from
from quizgame.tools.kubectl.waiting import wait_until
from quizgame.tools.kubectl.writing import CLIENT, NONE, SERVER, confirm, dry_run_of, field_validation, write_flags


def _flags() -> list[Flag]:
    return [
        *file_flags("The files that contain the configurations to replace."),
        *write_flags(),
        validation_flag(),
        boolean("force", "If true, immediately remove resources from API and create them anew."),
        boolean("save-config", "If true, the configuration of current object will be saved in its annotation."),
    ]


def _refused() -> list[Flag]:
    return [
        string("raw", "Raw URI to PUT to the server."),
        string("subresource", "If specified, replace operates on the subresource of the object."),
        string("cascade", "Deletion strategy for the dependents.", no_opt_default="background"),
        string("grace-period", "Period of time in seconds given to the resource to terminate gracefully."),
        string("timeout", "The length of time to wait before giving up on a delete."),
        boolean("wait", "If true, wait for resources to be gone before returning."),
    ]


def _run(call: Call) -> None:
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    require_files(call)
    mode = dry_run_of(call)
    replace = _replace_by_force if call.flags.is_on("force") else _replace
    send_each(call, lambda manifest: replace(call, manifest, mode))


def _replace(call: Call, manifest: Manifest, mode: str) -> None:
    node = with_last_applied(manifest.node, manifest.namespace) if call.flags.is_on("save-config") else manifest.node
    if not manifest.name:
        raise KubectlError(f'error when replacing "{manifest.source}": resource name may not be empty')
    if mode != CLIENT:
        try:
            node = call.api.update(
                manifest.served.resource,
                node,
                version=manifest.served.version,
                validate=field_validation(call),
                dry_run=mode == SERVER,
                warn=call.warn,
            )
        except ApiError as error:
            raise ServerError(error, f'error when replacing "{manifest.source}"') from None
    confirm(call, manifest.served, node, "replaced")


def _replace_by_force(call: Call, manifest: Manifest, mode: str) -> None:
    resource, name, namespace = manifest.served.resource, manifest.name, manifest.namespace
    if mode != NONE:
        raise KubectlError("--dry-run can not be used when --force is set")
    if call.api.find(resource, name, namespace) is not None:
        call.api.delete(resource, name, namespace, grace_period=0)
        where = f" from {namespace} namespace" if namespace else ""
        call.print(f'{resource.prefix} "{name}" deleted{where}')
        wait_until(call, lambda: call.api.find(resource, name, namespace) is None)
    node = create_from(call, manifest, manifest.node, is_dry=False)
    confirm(call, manifest.served, node, "replaced")


REPLACE = Verb(
    _run,
    "-f FILENAME",
    _flags,
    "  # Replace an object by what a file describes\n  kubectl replace -f pod.yaml",
    _refused,
)
