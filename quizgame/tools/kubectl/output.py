"""``-o``: every way but tables in which kubectl prints objects, chosen by one option."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from quizgame.cluster.objects import KubeObject
from quizgame.cluster.resources import Resource
from quizgame.tools import folder
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.formats.custom_columns import custom_columns
from quizgame.tools.kubectl.formats.go_template import GoTemplate
from quizgame.tools.kubectl.formats.json_out import json_leaves, kyaml_leaves
from quizgame.tools.kubectl.formats.jsonpath import Found, JsonPath, printed
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.formats.tree import Leaf, Path, with_facts
from quizgame.tools.kubectl.formats.yaml_out import yaml_leaves
from quizgame.tools.kubectl.shown import View, value_facts
from quizgame.tools.output import Line, render

ALLOWED = (
    "custom-columns", "custom-columns-file", "go-template", "go-template-file", "json", "jsonpath", "jsonpath-as-json",
    "jsonpath-file", "kyaml", "name", "template", "templatefile", "wide", "yaml",
)  # fmt: skip
WRITE_ALLOWED = tuple(each for each in ALLOWED if each not in ("custom-columns", "custom-columns-file", "wide"))
"""What commands that change objects offer."""
_BARE = frozenset(("json", "kyaml", "name", "wide", "yaml"))


def as_choices(formats: Sequence[str]) -> tuple[str, ...]:
    """Formats as they are typed: those that need a template end in ``=``."""
    return tuple(each if each in _BARE else f"{each}=" for each in formats)


@dataclass(frozen=True, slots=True)
class Item:
    """An object to print."""

    resource: Resource
    node: KubeObject


Printer = Callable[[View, Sequence[Item], bool], list[Line]]
"""Prints objects: what facts are about, the objects, and whether they stand for a list."""


def printer_for(
    call: Call, typed: str, *, allowed: Sequence[str] = ALLOWED, shows_managed: bool = False
) -> Printer | None:
    """The printer that ``-o`` asks for; ``None`` for tables.

    Raises:
        KubectlError: there is no such format, or its template cannot be read.
    """
    name, _, argument = typed.partition("=")
    if name in ("", "wide") and "wide" in allowed:
        return None
    if name not in allowed:
        shown = ",".join(sorted(allowed))
        raise KubectlError(
            f'unable to match a printer suitable for the output format "{typed}", allowed formats are: {shown}'
        )
    plain = _PLAIN.get(name)
    if plain is not None:
        return partial(plain, shows_managed=shows_managed) if name != "name" else plain
    if name.endswith("file"):
        name, argument = name.removesuffix("file").removesuffix("-"), _template_file(call, name, argument)
    if not argument:
        what = "custom-columns" if name == "custom-columns" else "template"
        raise KubectlError(
            f"{name} format specified but no custom columns given"
            if what == "custom-columns"
            else "template format specified but no template given"
        )
    return partial(_TEMPLATED[name], argument)


def _template_file(call: Call, name: str, path: str) -> str:
    try:
        return render(folder.read_file(call.session, path))
    except folder.FileProblem:
        raise KubectlError(
            f"error reading --template {path}, open {path}: no such file or directory\n".rstrip()
        ) from None


def as_document(items: Sequence[Item], *, is_list: bool, shows_managed: bool = False) -> KubeObject:
    """One object, or the list that several stand in."""
    nodes = [item.node if shows_managed else _without_managed(item.node) for item in items]
    if len(nodes) == 1 and not is_list:
        return nodes[0]
    return {"apiVersion": "v1", "items": nodes, "kind": "List", "metadata": {"resourceVersion": ""}}


def _without_managed(node: KubeObject) -> KubeObject:
    if "managedFields" not in node.get("metadata", {}):
        return node
    return {**node, "metadata": {key: value for key, value in node["metadata"].items() if key != "managedFields"}}


def facts_in(view: View, document: Mapping[str, Any], path: Path, value: Any) -> list[Fact]:
    """What the value at a path of a document tells, whether the document is an object or a list."""
    node, rest = document, path
    if document.get("kind") == "List" and isinstance(document.get("items"), list):
        if path == ("items",):
            return [shown for each in document["items"] for shown in _whole_facts(view, each)]
        if len(path) < 2 or path[0] != "items" or not isinstance(path[1], int):
            return []
        node, rest = document["items"][path[1]], path[2:]
    return value_facts(view, node, rest, value) if rest else _whole_facts(view, node)


def _whole_facts(view: View, node: Mapping[str, Any]) -> list[Fact]:
    return [shown for key, child in node.items() for shown in value_facts(view, node, (key,), child)]


def _tree(
    leaves: Callable[[Any], Iterable[Leaf]],
    view: View,
    items: Sequence[Item],
    is_list: bool,
    *,
    shows_managed: bool = False,
) -> list[Line]:
    document = as_document(items, is_list=is_list, shows_managed=shows_managed)
    return with_facts(leaves(document), partial(facts_in, view, document))


def _names(view: View, items: Sequence[Item], is_list: bool) -> list[Line]:
    shown = []
    for item in items:
        name = item.node["metadata"]["name"]
        shown.append(
            Line(f"{item.resource.prefix}/{name}", tuple(value_facts(view, item.node, ("metadata", "name"), name)))
        )
    return shown


_PLAIN: dict[str, Callable[..., list[Line]]] = {
    "yaml": partial(_tree, yaml_leaves),
    "json": partial(_tree, json_leaves),
    "kyaml": partial(_tree, kyaml_leaves),
    "name": _names,
}


# ---------------------------------------------------------------- templates


def _jsonpath(template: str, view: View, items: Sequence[Item], is_list: bool) -> list[Line]:
    document = as_document(items, is_list=is_list)
    results = _found(template, document)
    return _woven([(printed(found), found) for found in results], view, document)


def _found(template: str, document: Mapping[str, Any]) -> list[list[Found]]:
    try:
        path = JsonPath(template)
    except JsonPathError as error:
        raise KubectlError(f"error parsing jsonpath {template}, {error.message}") from None
    try:
        return path.results(document)
    except JsonPathError as error:
        # Source: cli-runtime pkg/printers/jsonpath.go: what it was run on follows, for debugging.
        raise KubectlError(
            f'error executing jsonpath "{template}": Error executing template: {error.message}. '
            "Printing more information for debugging the template:\n"
            f"\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine was:\n\t\t{go_syntax(document)}\n"
        ) from None


def go_syntax(value: Any) -> str:
    """A value as Go's ``%#v`` prints it."""
    from quizgame.goflags.quoting import quote

    if isinstance(value, Mapping):
        inner = ", ".join(f"{quote(key)}:{go_syntax(value[key])}" for key in sorted(value))
        return f"map[string]interface {{}}{{{inner}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(go_syntax, value))}}}"
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "interface {}(nil)"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _woven(pieces: Sequence[tuple[str, list[Found]]], view: View, document: Mapping[str, Any]) -> list[Line]:
    """Lines out of pieces of text, each line with the facts of the values that end on it."""
    out: list[Line] = []
    text = ""
    facts: dict[Fact, None] = {}
    for piece, found in pieces:
        *whole, last = (text + piece).split("\n")
        for value, path in found:
            if path is not None:
                facts.update(dict.fromkeys(facts_in(view, document, path, value)))
        for line in whole:
            out.append(Line(line, tuple(facts)))
            if piece.strip():
                facts = {}
        if whole and not piece.strip():
            facts = {}
        text = last
    if text:
        out.append(Line(text, tuple(facts), end=""))
    return out


def _jsonpath_as_json(template: str, view: View, items: Sequence[Item], is_list: bool) -> list[Line]:
    document = as_document(items, is_list=is_list)
    found = [each for result in _found(template, document) for each in result]

    def facts_at(path: Path, value: Any) -> list[Fact]:
        if not path or not isinstance(path[0], int):
            return []
        origin = found[path[0]][1]
        return [] if origin is None else facts_in(view, document, (*origin, *path[1:]), value)

    return with_facts(json_leaves([value for value, _ in found]), facts_at)


def _columns(
    specification: str, view: View, items: Sequence[Item], is_list: bool, *, has_header: bool = True
) -> list[Line]:
    return custom_columns(
        specification, [item.node for item in items], partial(value_facts, view), has_header=has_header
    )


def _go_template(template: str, view: View, items: Sequence[Item], is_list: bool) -> list[Line]:
    document = as_document(items, is_list=is_list)
    pieces: list[tuple[str, list[Found]]] = [
        (text, [] if path is None else [(value, path)]) for text, value, path in GoTemplate(template).run(document)
    ]
    return _woven(pieces, view, document)


_TEMPLATED: dict[str, Callable[..., list[Line]]] = {
    "jsonpath": _jsonpath,
    "jsonpath-as-json": _jsonpath_as_json,
    "custom-columns": _columns,
    "go-template": _go_template,
    "template": _go_template,
}
