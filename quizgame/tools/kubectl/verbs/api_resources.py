"""``kubectl api-resources`` and ``api-versions``."""

from __future__ import annotations

from quizgame.cluster.resources import Resource
from quizgame.goflags.flagset import Flag, boolean, string, string_slice
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.tables.table import new_writer, set_rows
from quizgame.tools.kubectl.verb import Verb

_STORED = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


def _flags() -> list[Flag]:
    return [
        string("api-group", "Limit to resources in the specified API group."),
        boolean("cached", "Use the cached list of resources if available."),
        string_slice("categories", "Limit to resources that belong to the specified categories."),
        boolean("namespaced", "If false, non-namespaced resources will be returned.", default=True),
        boolean("no-headers", "When using the default or custom-column output format, don't print headers."),
        string("output", "Output format. One of: (wide, name).", short="o", choices=("name", "wide")),
        string(
            "sort-by",
            "If non-empty, sort list of resources using specified field (name or kind).",
            choices=("kind", "name"),
        ),
        string_slice("verbs", "Limit to resources that support the specified verbs."),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if call.args:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.args)}]")
    form = flags.text("output")
    if form not in ("", "wide", "name"):
        raise KubectlError(f"--output {form} is not available")
    found = [each for each in call.api.registry if _is_wanted(call, each)]
    if flags.text("sort-by"):
        found.sort(key=lambda each: each.kind if flags.text("sort-by") == "kind" else each.plural)
    if form == "name":
        for each in found:
            call.print(each.qualified)
        return
    head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
    rows = [] if flags.is_on("no-headers") else [[*head, "VERBS", "CATEGORIES"] if form == "wide" else head]
    for each in found:
        row = [each.plural, ",".join(each.short_names), each.api_version, str(each.namespaced).lower(), each.kind]
        rows.append([*row, ",".join(_verbs(each)), ",".join(each.categories)] if form == "wide" else row)
    call.print_lines(set_rows(new_writer(), rows, [()] * len(rows)))


def _verbs(resource: Resource) -> tuple[str, ...]:
    return _STORED if resource.is_stored else ("create",)


def _is_wanted(call: Call, resource: Resource) -> bool:
    flags = call.flags
    if flags.changed("api-group") and resource.group != flags.text("api-group"):
        return False
    if flags.changed("namespaced") and resource.namespaced != flags.is_on("namespaced"):
        return False
    if not set(flags.texts("verbs")) <= set(_verbs(resource)):
        return False
    return set(flags.texts("categories")) <= set(resource.categories)


API_RESOURCES = Verb(_run, "[flags]", _flags, "  # What Cilium brings\n  kubectl api-resources --api-group=cilium.io")


def _versions(call: Call) -> None:
    for version in call.api.registry.group_versions():
        call.print(version)


API_VERSIONS = Verb(_versions, "")
