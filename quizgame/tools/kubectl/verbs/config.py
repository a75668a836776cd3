"""``kubectl config``: contexts of the simulated kubeconfig."""

from __future__ import annotations

from typing import Any

from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.commands import COMMANDS
from quizgame.tools.kubectl.errors import KubectlError, Refusal
from quizgame.tools.kubectl.formats.json_out import json_leaves
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, printed
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.formats.yaml_out import yaml_leaves
from quizgame.tools.kubectl.help_pages import command_page
from quizgame.tools.kubectl.tables.table import new_writer, set_rows
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.verbs.cluster_info import server_url
from quizgame.tools.output import Line, lines


def _current(call: Call) -> None:
    call.print(call.world.current_context)


CURRENT_CONTEXT = Verb(_current, "[flags]")


def _use(call: Call) -> None:
    if len(call.args) != 1:
        # Source: golden bad-input/kubectl-use-context-noarg: the help page, then the refusal.
        group = next(row for row in COMMANDS if row.name == "config")
        row = group.child("use-context")
        if row is not None:
            call.print_lines(lines(command_page(call.path, row, USE_CONTEXT)))
        raise KubectlError(f"Unexpected args: [{' '.join(call.args)}]")
    name = call.args[0]
    if name not in call.world.clusters:
        raise KubectlError(f'no context exists with the name: "{name}"')
    call.world.current_context = name
    call.print(f'Switched to context "{name}".')


USE_CONTEXT = Verb(
    _use, "CONTEXT_NAME", examples="  # Work with the other cluster\n  kubectl config use-context kind-cluster-b"
)


def _contexts_flags() -> list[Flag]:
    return [
        boolean("no-headers", "When using the default or custom-column output format, don't print headers."),
        string("output", "Output format. One of: (name).", short="o", choices=("name",)),
    ]


def _contexts(call: Call) -> None:
    names = sorted(call.world.clusters)
    for wanted in call.args:
        if wanted not in names:
            raise KubectlError(f"context {wanted} not found")
    shown = [name for name in names if not call.args or name in call.args]
    form = call.flags.text("output")
    if form == "name":
        for name in shown:
            call.print(name)
        return
    if form:
        raise KubectlError(f"output must be one of '' or 'name': {form}")
    rows = [] if call.flags.is_on("no-headers") else [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    for name in shown:
        mark = "*" if name == call.world.current_context else ""
        rows.append([mark, name, name, name, call.session.namespaces.get(name, "")])
    call.print_lines(set_rows(new_writer(), rows, [()] * len(rows)))


GET_CONTEXTS = Verb(_contexts, "[(-o|--output=)name)]", _contexts_flags)


def _names(call: Call) -> None:
    call.print("NAME")
    for name in sorted(call.world.clusters):
        call.print(name)


GET_CLUSTERS = Verb(_names, "[flags]")
GET_USERS = Verb(_names, "[flags]")


def _set_flags() -> list[Flag]:
    return [boolean("current", "Modify the current context")]


def _set_context(call: Call) -> None:
    flags = call.flags
    if flags.is_on("current") == bool(call.args):
        raise call.usage_error("you must specify a non-empty context name or --current")
    name = call.args[0] if call.args else call.world.current_context
    if name not in call.world.clusters:
        raise Refusal("kubectl config set-context for a new context")
    if flags.changed("namespace"):
        call.session.namespaces[name] = flags.text("namespace")
    call.print(f'Context "{name}" modified.')


SET_CONTEXT = Verb(
    _set_context,
    "[NAME | --current] [--namespace=namespace]",
    _set_flags,
    "  # Work in another namespace\n  kubectl config set-context --current --namespace=web",
)


def _view_flags() -> list[Flag]:
    return [
        boolean("merge", "Merge the full hierarchy of kubeconfig files", default=True),
        boolean("minify", "Remove all information not used by current-context from the output"),
        string("output", "Output format.", short="o", default="yaml", choices=("json", "jsonpath=", "yaml")),
    ]


def _view_refused() -> list[Flag]:
    return [
        boolean("flatten", "Flatten the resulting kubeconfig file into self-contained output."),
        boolean("raw", "Display raw byte data and sensitive data"),
    ]


def kubeconfig(call: Call, *, is_minified: bool) -> dict[str, Any]:
    """The simulated kubeconfig, its secrets left out."""
    names = [call.world.current_context] if is_minified else sorted(call.world.clusters)
    contexts = []
    for name in names:
        entry = {"cluster": name, "user": name}
        if name in call.session.namespaces:
            entry["namespace"] = call.session.namespaces[name]
        contexts.append({"context": entry, "name": name})
    return {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {
                    "certificate-authority-data": "DATA+OMITTED",
                    "server": server_url(call, call.world.clusters[name]),
                },
                "name": name,
            }
            for name in names
        ],
        "contexts": contexts,
        "current-context": call.world.current_context,
        "kind": "Config",
        "users": [
            {"name": name, "user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}
            for name in names
        ],
    }


def _view(call: Call) -> None:
    document = kubeconfig(call, is_minified=call.flags.is_on("minify"))
    form, _, template = call.flags.text("output").partition("=")
    if form in ("yaml", "json"):
        leaves = yaml_leaves(document) if form == "yaml" else json_leaves(document)
        call.print_lines(Line(text) for text, _, _ in leaves)
    elif form == "jsonpath":
        try:
            text = "".join(printed(found) for found in JsonPath(template).results(document))
        except JsonPathError as error:
            raise KubectlError(f"error parsing jsonpath {template}, {error.message}") from None
        call.print_lines(lines(text))
    else:
        raise KubectlError(
            f'unable to match a printer suitable for the output format "{form}", allowed formats are: '
            "json,jsonpath,yaml"
        )


VIEW = Verb(_view, "[flags]", _view_flags, refused_flags=_view_refused)
