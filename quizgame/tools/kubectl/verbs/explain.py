"""``kubectl explain``."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from quizgame.goflags.flagset import Flag, boolean, string
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.explaining import Explained, explained
from quizgame.tools.kubectl.verb import Verb

_WIDTH = 76


def _flags() -> list[Flag]:
    return [
        string("api-version", "Use given api-version (group/version) of the resource."),
        string(
            "output",
            "Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).",
            default="plaintext",
            choices=("plaintext", "plaintext-openapiv2"),
        ),
        boolean("recursive", "When true, print the name of all the fields recursively."),
    ]


def _run(call: Call) -> None:
    if not call.args:
        raise KubectlError(
            'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of '
            "supported resources."
        )
    if len(call.args) > 1:
        raise KubectlError("We accept only this format: explain RESOURCE")
    word, *path = call.args[0].split(".")
    found = call.api.registry.resolve(word)
    while found is None and path:  # a type with its group, deployments.apps
        word, path = f"{word}.{path[0]}", path[1:]
        found = call.api.registry.resolve(word)
    if found is None:
        # Source: golden kubectl/explain-bad-kind: this command says it without "error: ".
        raise KubectlError(f'the server doesn\'t have a resource type "{call.args[0].partition(".")[0]}"', is_bare=True)
    resource, version = found
    typed = call.flags.text("api-version")
    if typed:
        version = typed.rpartition("/")[2]
        if typed != resource.group_version(version) or version not in resource.versions:
            raise KubectlError(f'couldn\'t find resource for "{typed}, Kind={resource.kind}"')
    if resource.group:
        call.print(f"GROUP:      {resource.group}")
    call.print(f"KIND:       {resource.kind}")
    call.print(f"VERSION:    {version}")
    call.print("")
    shape = explained(resource)
    for name in path:
        inner = (shape.fields or {}).get(name)
        if inner is None:
            raise KubectlError(f'field "{name}" does not exist')
        shape = inner
    if path:
        call.print(f"FIELD: {shape.name} <{shape.type}>")
        call.print("")
        _print_enum(call, shape)
        call.print("")
    _print_description(call, shape)
    if shape.fields:
        call.print("FIELDS:")
        if call.flags.is_on("recursive"):
            for text in _tree(shape, 1):
                call.print(text)
        else:
            _print_fields(call, shape)
    call.print("")


def _print_enum(call: Call, shape: Explained) -> None:
    if shape.enum:
        call.print("ENUM:")
        for value in shape.enum:
            call.print(f"    {value}")


def _print_description(call: Call, shape: Explained) -> None:
    call.print("DESCRIPTION:")
    for text in wrap(shape.description, _WIDTH) or ["<empty>"]:
        call.print(f"    {text}")
    call.print("    ")


def _print_fields(call: Call, shape: Explained) -> None:
    for name in sorted(shape.fields or {}):
        field = (shape.fields or {})[name]
        call.print(_head(field, 1))
        if field.enum:
            call.print(f"  enum: {', '.join(field.enum)}")
        for text in wrap(field.description, _WIDTH) or ["<no description>"]:
            call.print(f"    {text}")
        call.print("")


def _head(field: Explained, level: int) -> str:
    return f"{'  ' * level}{field.name}\t<{field.type}>{' -required-' if field.is_required else ''}"


def _tree(shape: Explained, level: int) -> Iterator[str]:
    for name in sorted(shape.fields or {}):
        field = (shape.fields or {})[name]
        yield _head(field, level)
        if level < 8:
            yield from _tree(field, level + 1)


EXPLAIN = Verb(
    _run,
    "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]",
    _flags,
    "  # What may stand in a policy\n  kubectl explain cnp.spec.ingress",
)
