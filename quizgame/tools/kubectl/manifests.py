"""Manifests from files, folders and standard input, with kubectl's words for what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from quizgame.cluster.gateway.published import text_at
from quizgame.cluster.objects import KubeObject
from quizgame.errors import QuizgameError
from quizgame.goflags.flagset import Flag, boolean, string, string_slice
from quizgame.tools import folder
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, Refusal, raise_all
from quizgame.tools.kubectl.formats.json_out import go_json
from quizgame.tools.kubectl.gojson import go_json_problem
from quizgame.tools.kubectl.selection import Served
from quizgame.tools.output import render
from quizgame.yamlsource.loader import load_documents
from quizgame.yamlsource.place import YamlError
from quizgame.yamlsource.scalars import Dialect

STDIN = "STDIN"
_EXTENSIONS = (".json", ".yaml", ".yml")
_GO_KINDS = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as written, and the kind that the server knows it by."""

    source: str
    """The file's name, or ``STDIN``."""
    served: Served
    namespace: str
    """Where it goes; empty for a cluster-scoped kind."""
    name: str
    node: KubeObject
    """Its content, with the namespace set."""


REFUSED_FILE_FLAGS = frozenset(("kustomize",))
"""Those of ``file_flags`` that the simulation refuses."""


def file_flags(usage: str) -> list[Flag]:
    """``-f``, ``-R`` and ``-k``."""
    return [
        string_slice("filename", usage, short="f"),
        boolean("recursive", "Process the directory used in -f, --filename recursively.", short="R"),
        string("kustomize", "Process a kustomization directory.", short="k"),
    ]


def has_files(call: Call) -> bool:
    """Whether ``-f`` or ``-k`` was given."""
    return bool(call.flags.texts("filename") or call.flags.text("kustomize"))


def require_files(call: Call) -> None:
    """Refuse a command line without ``-f`` or ``-k``."""
    if not has_files(call):
        raise KubectlError("must specify one of -f and -k")


def read_manifests(call: Call, *, validates: bool = False) -> tuple[list[Manifest], list[QuizgameError]]:
    """The manifests that ``-f`` names, in order, and what is wrong with others.

    Args:
        call: The command line.
        validates: Whether the command checks manifests before it sends them (``apply``, ``create``, ``replace``).

    Raises:
        KubectlError: a file is not there.
    """
    _refuse_kustomize(call)
    found: list[Manifest] = []
    errors: list[QuizgameError] = []
    for source, text in list(_sources(call)):
        try:
            documents = list(_documents(source, text))
        except KubectlError as error:
            errors.append(error)
            continue
        for document in documents:
            for node in _flatten(document):
                try:
                    found.append(_manifest(call, source, node, validates=validates))
                except KubectlError as error:
                    errors.append(error)
    return found, errors


def send_each(call: Call, send: Callable[[Manifest], None]) -> None:
    """Send each manifest that ``-f`` names to the server; one that fails keeps no other from its turn.

    Raises:
        KubectlError: there is none, or some failed.
    """
    manifests, errors = read_manifests(call, validates=True)
    if not manifests and not errors:
        raise KubectlError(f"no objects passed to {call.path.rpartition(' ')[2]}")
    for manifest in manifests:
        try:
            send(manifest)
        except QuizgameError as error:
            errors.append(error)
    raise_all(errors)


def _refuse_kustomize(call: Call) -> None:
    place = call.flags.text("kustomize")
    if not place:
        return
    if folder.is_folder(call.session, place):
        raise Refusal(f"{call.path} -k")
    raise KubectlError(
        f"must build at directory: not a valid directory: evalsymlink failure on '{place}' : lstat "
        f"{place}: no such file or directory"
    )


def _sources(call: Call) -> Iterator[tuple[str, str]]:
    for name in call.flags.texts("filename"):
        if name == "-":
            yield STDIN, render(call.stdin)
        elif re.match(r"https?://", name):
            yield name, _published(call, name)
        elif folder.is_folder(call.session, name):
            yield from _folder_sources(call, name)
        else:
            yield name, _read(call, name)


def _published(call: Call, address: str) -> str:
    text = text_at(address)
    if text is None:
        raise Refusal(f"{call.path} -f URL")
    if not text:
        raise KubectlError(f'unable to read URL "{address}", server reported 404 Not Found, status code=404')
    return text


def _read(call: Call, name: str) -> str:
    try:
        return render(folder.read_file(call.session, name))
    except folder.FileProblem:
        raise KubectlError(f'the path "{name}" does not exist') from None


def _folder_sources(call: Call, place: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    is_recursive = call.flags.is_on("recursive")
    for entry in folder.entries(call.session, place):
        path = f"{place.rstrip('/')}/{entry}"
        if folder.is_folder(call.session, path):
            found += _folder_sources(call, path) if is_recursive else []
        elif path.endswith(_EXTENSIONS):
            found.append((path, _read(call, path)))
    if not found and not is_recursive:
        raise KubectlError(f"error reading [{place}]: recognized file extensions are [.json .yaml .yml]")
    return found


def _documents(source: str, text: str) -> Iterator[Any]:
    # Source: apimachinery util/yaml: documents are cut at lines that begin with three dashes, then each is read by
    # itself.
    if text.lstrip().startswith("{"):
        yield from _json_documents(source, text)
        return
    for part in re.split(r"(?m)^---(?=\s|$).*\n?", text):
        if not part.strip():
            continue
        try:
            loaded = load_documents(part, source, dialect=Dialect.KUBERNETES)
        except YamlError as error:
            raise KubectlError(
                f"error parsing {source}: error converting YAML to JSON: yaml: {_go_yaml(error)}"
            ) from None
        yield from (each.data for each in loaded)


def _json_documents(source: str, text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    rest = text.strip()
    while rest:
        try:
            document, end = decoder.raw_decode(rest)
        except json.JSONDecodeError as error:
            problem = f"json: line {error.lineno}: {go_json_problem(rest, error)}"
            raise KubectlError(f"error parsing {source}: {problem}") from None
        yield document
        rest = rest[end:].lstrip()


def _go_yaml(error: YamlError) -> str:
    """The library's complaint as go-yaml words it."""
    cause = error.__cause__
    if isinstance(cause, yaml.MarkedYAMLError):
        # Source: go-yaml v2 decode.go fail: a scanner's line counts from one, a parser's from zero and is left out if
        # zero.
        mark = cause.problem_mark or cause.context_mark
        line = mark.line + isinstance(cause, yaml.scanner.ScannerError) if mark else 0
        problem = str(cause.problem or cause.context)
        return f"line {line}: {problem}" if line else problem
    duplicates = [
        f'  line {problem.place.line}: key "{match[1]}" already set in map'
        for problem in error.problems
        if (match := re.match(r'duplicate key "(.*)" ', problem.message))
    ]
    if duplicates:
        return "unmarshal errors:\n" + "\n".join(duplicates)
    first = error.problems[0]
    return f"line {first.place.line}: {first.message}"


def _flatten(document: Any) -> Iterator[Any]:
    is_list = isinstance(document, Mapping) and str(document.get("kind", "")).endswith("List")
    if is_list and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _flatten(item)
    else:
        yield document


def _manifest(call: Call, source: str, node: Any, *, validates: bool) -> Manifest:
    if not isinstance(node, dict):
        kind = _GO_KINDS.get(type(node), "object")
        raise KubectlError(
            f'unable to decode "{source}": json: cannot unmarshal {kind} into Go value of type unstructured.detector'
        )
    _check_head(call, source, node, validates=validates)
    metadata = node.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise KubectlError(
            f'unable to decode "{source}": json: cannot unmarshal {_GO_KINDS[type(metadata)]} into Go '
            "struct field detector.metadata of type v1.ObjectMeta"
        )
    _check_metadata(source, metadata)
    api_version, kind = str(node["apiVersion"]), str(node["kind"])
    name, namespace = metadata.get("name") or "", metadata.get("namespace") or ""
    found = call.api.registry.for_kind(api_version, kind)
    if found is None:
        raise KubectlError(
            f'resource mapping not found for name: "{name}" namespace: "{namespace}" from "{source}": '
            f'no matches for kind "{kind}" in version "{api_version}"\nensure CRDs are installed first'
        )
    served = Served(*found)
    if not served.resource.namespaced:
        return Manifest(source, served, "", name, {**node, "metadata": metadata})
    if namespace and call.is_namespace_given and namespace != call.namespace:
        raise KubectlError(
            f'the namespace from the provided object "{namespace}" does not match the namespace "{call.namespace}". '
            f"You must pass '--namespace={namespace}' to perform this operation."
        )
    namespace = namespace or call.namespace
    return Manifest(source, served, namespace, name, {**node, "metadata": {**metadata, "namespace": namespace}})


def _check_metadata(source: str, metadata: Mapping[str, Any]) -> None:
    """Refuse metadata that kubectl itself cannot decode."""
    for key in ("name", "namespace", "generateName"):
        if not isinstance(metadata.get(key), str | None):
            raise _unreadable(source, metadata[key], key, "string")
    for key in ("labels", "annotations"):
        pairs = metadata.get(key)
        if not isinstance(pairs, dict | None):
            raise _unreadable(source, pairs, key, "map[string]string")
        for value in (pairs or {}).values():
            if not isinstance(value, str | None):
                raise _unreadable(source, value, key, "string")


def _unreadable(source: str, value: Any, key: str, wanted: str) -> KubectlError:
    # Source: golden kubectl/apply-yaml-bool-name; the same decoder reads all of metadata.
    kind = _GO_KINDS.get(type(value), "object")
    return KubectlError(
        f'unable to decode "{source}": json: cannot unmarshal {kind} into Go struct field '
        f"ObjectMeta.metadata.{key} of type {wanted}"
    )


def _check_head(call: Call, source: str, node: Mapping[str, Any], *, validates: bool) -> None:
    missing = [key for key in ("apiVersion", "kind") if not node.get(key)]
    if not missing:
        return
    if validates and validation_of(call) == "Strict":
        shown = (
            f"{missing[0]} not set" if len(missing) == 1 else f"[{', '.join(f'{each} not set' for each in missing)}]"
        )
        raise KubectlError(
            f'error validating "{source}": error validating data: {shown}; if you choose to ignore these errors, '
            "turn validation off with --validate=false"
        )
    what = "Kind" if "kind" in missing else "apiVersion"
    raise KubectlError(f"unable to decode \"{source}\": Object '{what}' is missing in '{go_json(node)}'")


def validation_flag() -> Flag:
    """``--validate``."""
    return string(
        "validate",
        "Must be one of: strict (or true), warn, ignore (or false): what is done about unknown or duplicate fields.",
        default="strict",
        no_opt_default="strict",
        choices=("ignore", "strict", "warn"),
    )


_VALIDATIONS = {"strict": "Strict", "true": "Strict", "warn": "Warn", "ignore": "Ignore", "false": "Ignore"}


def validation_of(call: Call) -> str:
    """What ``--validate`` asks for: ``Strict``, ``Warn`` or ``Ignore``."""
    typed = call.flags.text("validate")
    found = _VALIDATIONS.get(typed.lower())
    if found is None:
        raise KubectlError(f'invalid - validate option "{typed}"; supported values: strict, warn, ignore, true, false')
    return found
