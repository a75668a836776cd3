"""``kubectl create -f``; the generators are modules of their own."""

from __future__ import annotations

from quizgame.cluster.apply import with_last_applied
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.manifests import Manifest, file_flags, require_files, send_each, validation_flag
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.apply import create_from
from quizgame.tools.kubectl.writing import CLIENT, SERVER, confirm, dry_run_of, write_flags


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files to use to create the resource"),
        *write_flags(),
        validation_flag(),
        boolean("save-config", "If true, the configuration of current object will be saved in its annotation."),
        string("selector", "Selector (label query) to filter on.", short="l"),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("edit", "Edit the API resource before creating"),
        string("raw", "Raw URI to POST to the server."),
        boolean("windows-line-endings", "Defaults to the line ending native to your platform."),
    ]


def _run(call: Call) -> None:
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    require_files(call)
    mode = dry_run_of(call)
    send_each(call, lambda manifest: _create(call, manifest, mode))


def _create(call: Call, manifest: Manifest, mode: str) -> None:
    node = with_last_applied(manifest.node, manifest.namespace) if call.flags.is_on("save-config") else manifest.node
    if mode != CLIENT:
        node = create_from(call, manifest, node, is_dry=mode == SERVER)
    confirm(call, manifest.served, node, "created")


CREATE = Verb(_run, "-f FILENAME", _flags, "  # Create what a file describes\n  kubectl create -f pod.yaml", _refused)
