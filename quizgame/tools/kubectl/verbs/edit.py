"""``kubectl edit``."""

from __future__ import annotations

from quizgame.cluster.keyed import keyed_int
from quizgame.cluster.objects import KubeObject
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools import folder
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.changing import targets_of
from quizgame.tools.kubectl.errors import KubectlError, Refusal, describe_error, raise_all
from quizgame.tools.kubectl.formats.json_out import json_leaves
from quizgame.tools.kubectl.formats.yaml_out import yaml_text
from quizgame.tools.kubectl.manifests import file_flags, validation_flag
from quizgame.tools.kubectl.output import Item, as_document
from quizgame.tools.kubectl.selection import Target, in_version
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.kubectl.writing import confirm, field_validation
from quizgame.tools.output import lines
from quizgame.yamlsource.loader import load_document
from quizgame.yamlsource.place import YamlError
from quizgame.yamlsource.scalars import Dialect

_HEAD = """# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
"""


def _flags() -> list[Flag]:
    return [
        *file_flags("Filename, directory, or URL to files to use to edit the resource"),
        validation_flag(),
        string("output", "Output format.", short="o", choices=("json", "yaml")),
        string("selector", "Selector (label query) to filter on.", short="l"),
        string("field-manager", "Name of the manager used to track field ownership."),
        boolean("save-config", "If true, the configuration of current object will be saved in its annotation."),
        string("subresource", "If specified, edit operates on the subresource of the requested object."),
    ]


def _refused() -> list[Flag]:
    return [boolean("output-patch", "Output the patch if the resource is edited.")]


def _run(call: Call) -> None:
    targets, errors = targets_of(call, call.args)
    raise_all(errors)
    if call.session.edit_text is None:
        raise Refusal("kubectl edit without a screen (use kubectl patch, or kubectl apply -f - with a here-document)")
    for target in targets:
        _edit(call, target)


def _edit(call: Call, target: Target) -> None:
    edit = call.session.edit_text
    shown = as_document([Item(target.resource, in_version(target.served, target.node or {}))], is_list=False)
    is_json = call.flags.text("output") == "json"
    body = "".join(f"{text}\n" for text, _, _ in json_leaves(shown)) if is_json else yaml_text(shown)
    number = keyed_int(call.api.seed, "edit", call.now_ns, target.title, below=4_000_000_000)
    name = f"kubectl-edit-{number}.{'json' if is_json else 'yaml'}"
    before = _HEAD + body
    text = edit(name, before) if edit is not None else None
    refused = ""
    while text is not None:
        edited = _meaning(text)
        if text == before or edited == shown or (edited is None and not refused and not _bare(text)):
            call.complain("Edit cancelled, no changes made.")
            return
        try:
            _save(call, target, edited, text)
            return
        except QuizgameError as error:
            problem = describe_error(error).removeprefix("error: ")
        if text == refused:
            break
        # Source: kubectl pkg/cmd/util/editor: a refused text is opened again with the reasons on top; unchanged, it
        # is given up.
        refused = _with_reasons(problem, text)
        text = edit(name, refused) if edit is not None else None
    if text is None and not refused:
        call.complain("Edit cancelled, no changes made.")
        return
    kept = f"/tmp/{name}"
    folder.write_file(call.session, kept, lines(text or refused))
    call.complain(f'A copy of your changes has been stored to "{kept}"')
    raise KubectlError("Edit cancelled, no valid changes were saved.")


def _bare(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("#")).strip()


def _meaning(text: str) -> KubeObject | None:
    try:
        data = load_document(_bare(text) + "\n", "edited", dialect=Dialect.KUBERNETES).data
    except YamlError:
        return None
    return data if isinstance(data, dict) else None


def _with_reasons(problem: str, text: str) -> str:
    body = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    reasons = "".join(f"# {line}\n" for line in problem.split("\n"))
    return f"{_HEAD}{reasons}#\n{body}"


def _save(call: Call, target: Target, edited: KubeObject | None, text: str) -> None:
    if edited is None:
        try:
            load_document(_bare(text) + "\n", "edited", dialect=Dialect.KUBERNETES)
        except YamlError as error:
            raise KubectlError(f"The edited file failed validation: {error.problems[0]}") from None
        raise KubectlError("The edited file is no object")
    metadata = edited.get("metadata") or {}
    if metadata.get("name") != target.name or (metadata.get("namespace") or "") != target.namespace:
        raise KubectlError("At least one of apiVersion, kind and name was changed")
    fresh = call.api.update(
        target.resource, edited, version=target.served.version, validate=field_validation(call), warn=call.warn
    )
    confirm(call, target.served, fresh, "edited")


_EXAMPLES = """  # Change a policy
  kubectl edit cnp rule1"""

EDIT = Verb(_run, "(RESOURCE/NAME | -f FILENAME)", _flags, _EXAMPLES, _refused)
