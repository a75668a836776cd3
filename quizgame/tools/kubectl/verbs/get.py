"""``kubectl get``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from quizgame.cluster.labelselect import field_filter, matches, parse_selector
from quizgame.cluster.objects import labels_of
from quizgame.errors import QuizgameError
from quizgame.goflags.durations import parse_duration
from quizgame.goflags.errors import GoValueError
from quizgame.goflags.flagset import Flag, boolean, integer, string, string_slice
from quizgame.goflags.times import SECOND
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.errors import KubectlError, raise_all
from quizgame.tools.kubectl.formats.custom_columns import custom_columns
from quizgame.tools.kubectl.formats.jsonpath import JsonPath, relaxed
from quizgame.tools.kubectl.formats.jsonpath_parse import JsonPathError
from quizgame.tools.kubectl.manifests import file_flags, has_files, read_manifests
from quizgame.tools.kubectl.output import ALLOWED, Item, Printer, as_choices, printer_for
from quizgame.tools.kubectl.selection import (
    Named,
    Served,
    Target,
    check_name_options,
    gather,
    in_version,
    listed,
    parse_names,
    warn_of_version,
)
from quizgame.tools.kubectl.shown import View, value_facts
from quizgame.tools.kubectl.tables.table import TableOptions, TablePrinter
from quizgame.tools.kubectl.verb import Verb
from quizgame.tools.output import Line

_NO_TYPE = """You must specify the type of resource to get. \
Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples"""


def _flags() -> list[Flag]:
    return [
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        integer("chunk-size", "Return large lists in chunks rather than all at once.", default=500),
        string("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
        boolean("ignore-not-found", "If set, a resource that does not exist is no failure."),
        string_slice("label-columns", "A comma separated list of labels to present as columns.", short="L"),
        boolean("no-headers", "Do not print headers."),
        string("output", "Output format.", short="o", choices=as_choices(ALLOWED)),
        boolean("output-watch-events", "Output watch event objects when --watch or --watch-only is used."),
        string("raw", "Raw URI to request from the server."),
        string("selector", "Selector (label query) to filter on.", short="l"),
        boolean("show-kind", "If present, list the resource type for the requested objects."),
        boolean("show-labels", "When printing, show all labels as the last column."),
        boolean("show-managed-fields", "If true, keep the managedFields when printing objects."),
        string("sort-by", "If non-empty, sort list types using this field specification."),
        string("template", "Template string or path to template file to use with -o go-template."),
        boolean("watch", "After listing/getting the requested object, watch for changes.", short="w"),
        boolean("watch-only", "Watch for changes without listing first."),
        *file_flags("Filename, directory, or URL to files identifying the resource to get."),
    ]


def _refused() -> list[Flag]:
    return [
        boolean("allow-missing-template-keys", "If true, ignore missing fields in templates.", default=True),
        boolean("server-print", "If true, have the server return the table output.", default=True),
        string("subresource", "If specified, gets the subresource of the requested object."),
    ]


_RAW = {"/healthz": "ok", "/livez": "ok", "/readyz": "ok"}


def _run(call: Call) -> None:
    flags = call.flags
    if flags.changed("raw"):
        _raw(call, flags.text("raw"))
        return
    if not call.args and not has_files(call):
        raise KubectlError(_NO_TYPE, is_bare=True)
    typed = flags.text("output")
    if flags.changed("template") and not typed:
        typed = f"go-template={flags.text('template')}"
    elif flags.changed("template") and typed in ("go-template", "jsonpath"):
        typed = f"{typed}={flags.text('template')}"
    printer = printer_for(call, typed, shows_managed=flags.is_on("show-managed-fields"))
    if typed.startswith("custom-columns=") and flags.is_on("no-headers"):
        printer = partial(_headless_columns, typed.partition("=")[2])
    named = _named(call)
    if flags.is_on("watch") or flags.is_on("watch-only"):
        _watch(call, named, printer)
        return
    targets, errors, is_list = _objects(call, named)
    if flags.text("sort-by"):
        targets = _sorted(targets, flags.text("sort-by"))
    if printer is not None:
        items = [Item(each.resource, in_version(each.served, each.node or {})) for each in targets]
        if items or is_list:
            call.print_lines(printer(call.view, items, is_list))
    else:
        _print_tables(call, named, targets)
        if not targets and not errors and not flags.is_on("ignore-not-found"):
            _say_nothing_found(call, named)
    raise_all(errors)


def _headless_columns(specification: str, view: View, items: Sequence[Item], is_list: bool) -> list[Line]:
    return custom_columns(specification, [item.node for item in items], partial(value_facts, view), has_header=False)


def _raw(call: Call, path: str) -> None:
    if path in _RAW:
        call.result.stdout.append(Line(_RAW[path], end=""))
        return
    raise KubectlError("Error from server (NotFound): the server could not find the requested resource", is_bare=True)


def _named(call: Call) -> Named:
    named = parse_names(call, call.args)
    everywhere = call.flags.is_on("all-namespaces")
    check_name_options(named, everywhere=everywhere, labels=call.flags.text("selector"))
    for served in named.types or [served for served, _ in named.pairs]:
        warn_of_version(call, served)
    return named


def _objects(call: Call, named: Named) -> tuple[list[Target], list[QuizgameError], bool]:
    """The objects asked for, the failures, and whether they stand for a list."""
    flags = call.flags
    errors: list[QuizgameError] = []
    wanted: list[Target] = []
    if has_files(call):
        manifests, errors = read_manifests(call)
        wanted = [Target(each.served, each.namespace, each.name) for each in manifests]
    wanted += named.targets(call)
    if wanted or (has_files(call) and not named.types):
        found, missing = gather(wanted, call)
        if flags.is_on("ignore-not-found"):
            missing = [each for each in missing if getattr(each, "reason", "") != "NotFound"]
        return found, [*errors, *missing], len(wanted) > 1
    found = list(
        listed(
            call,
            named.types,
            everywhere=flags.is_on("all-namespaces"),
            labels=flags.text("selector"),
            fields=flags.text("field-selector"),
        )
    )
    return found, errors, True


def _sorted(targets: list[Target], expression: str) -> list[Target]:
    try:
        path = JsonPath(relaxed(expression))
        keyed = [(path.values(each.node), each) for each in targets]
    except JsonPathError as error:
        raise KubectlError(error.message) from None
    if targets and not any(values for values, _ in keyed):
        # Source: kubectl pkg/cmd/get/sorter.go.
        raise KubectlError(f'couldn\'t find any field with path "{relaxed(expression)}" in the list of objects')
    return [each for _, each in sorted(keyed, key=lambda pair: _sort_key(pair[0]))]


def _sort_key(values: list[object]) -> tuple[int, float, str]:
    if not values or values[0] is None:
        return (0, 0.0, "")
    value = values[0]
    if isinstance(value, (int, float)):
        return (1, float(value), "")
    return (2, 0.0, str(value))


def _options(call: Call, named: Named, served: Served) -> TableOptions:
    flags = call.flags
    is_mixed = len(named.types) > 1 or len({each.resource.qualified for each, _ in named.pairs}) > 1
    return TableOptions(
        is_wide=flags.text("output") == "wide",
        with_namespace=flags.is_on("all-namespaces") and served.resource.namespaced,
        with_kind=flags.is_on("show-kind") or is_mixed,
        has_header=not flags.is_on("no-headers"),
        show_labels=flags.is_on("show-labels"),
        label_columns=tuple(flags.texts("label-columns")),
    )


def _print_tables(call: Call, named: Named, targets: Sequence[Target]) -> None:
    is_first = True
    for _, group in groupby(targets, key=lambda each: each.served):
        members = list(group)
        printer = TablePrinter(call.view, members[0].resource, _options(call, named, members[0].served))
        if not is_first:
            call.print("")
        call.print_lines(printer.lines([each.node or {} for each in members], call.now_ns))
        is_first = False


def _say_nothing_found(call: Call, named: Named) -> None:
    types = named.types or tuple(served for served, _ in named.pairs)
    is_spread = call.flags.is_on("all-namespaces") or not all(each.resource.namespaced for each in types)
    call.complain("No resources found" if is_spread else f"No resources found in {call.namespace} namespace.")


# ---------------------------------------------------------------- watch


def _watch(call: Call, named: Named, printer: Printer | None) -> None:
    flags = call.flags
    types = dict.fromkeys(named.types or [served for served, _ in named.pairs])
    if len(types) != 1:
        raise KubectlError("you may only specify a single resource type")
    served = next(iter(types))
    names = frozenset(named.names or [name for _, name in named.pairs])
    cursor = call.api.store.version
    targets, errors, _ = _objects(call, named)
    raise_all(errors)
    table = TablePrinter(call.view, served.resource, _options(call, named, served))
    shows_events = flags.is_on("output-watch-events")

    following = call.follow(_timeout_s(flags.text("request-timeout")))

    def show(nodes: Sequence[tuple[str, Target]], *, with_header: bool) -> bool:
        if printer is not None:
            shown = [
                line
                for _, each in nodes
                for line in printer(call.view, [Item(each.resource, in_version(served, each.node or {}))], False)
            ]
        else:
            shown = table.lines([each.node or {} for _, each in nodes], call.now_ns, with_header=with_header)
            if shows_events:
                shown = _with_events(shown, [kind for kind, _ in nodes], with_header=with_header)
        return following.show(shown)

    has_listed = not flags.is_on("watch-only")
    if has_listed and targets and not show([("ADDED", each) for each in targets], with_header=True):
        return
    is_new = not (has_listed and targets)
    for _ in following.rounds():
        fresh = list(_changes(call, served, names, cursor))
        cursor = call.api.store.version
        if fresh:
            if not show(fresh, with_header=is_new):
                return
            is_new = False


def _with_events(shown: list[Line], kinds: list[str], *, with_header: bool) -> list[Line]:
    words = ["EVENT", *kinds] if with_header else kinds
    return [Line(f"{word:<8}   {line.text}", line.facts) for word, line in zip(words, shown, strict=False)]


def _changes(call: Call, served: Served, names: frozenset[str], since: int) -> Iterator[tuple[str, Target]]:
    resource = served.resource
    everywhere = call.flags.is_on("all-namespaces") or not resource.namespaced
    selector = parse_selector(call.flags.text("selector"))
    accepts = field_filter(resource.kind, call.flags.text("field-selector"))
    for change in call.api.watch(since, [resource.qualified]):
        namespace, name = change.key
        if (not everywhere and namespace != call.namespace) or (names and name not in names):
            continue
        if matches(selector, labels_of(change.object)) and accepts(change.object):
            yield change.type, Target(served, namespace, name, change.object)


def _timeout_s(text: str) -> float:
    if text.isdigit():
        return float(text)
    try:
        return parse_duration(text) / SECOND
    except GoValueError as error:
        raise KubectlError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            f"followed by a corresponding time unit (e.g. 1s | 2m | 3h): {error.message}"
        ) from None


_EXAMPLES = """  # List all pods in the current namespace
  kubectl get pods

  # List the Cilium policies of all namespaces
  kubectl get cnp -A

  # Show one object as YAML
  kubectl get deployment web -o yaml

  # Show one field of each node
  kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.spec.podCIDR}{"\\n"}{end}'"""

GET = Verb(
    _run,
    "[(-o|--output=)json|yaml|name|wide|custom-columns|jsonpath|go-template] (TYPE[.VERSION][.GROUP] "
    "[NAME | -l label] | TYPE/NAME ...) [flags]",
    _flags,
    _EXAMPLES,
    _refused,
)
