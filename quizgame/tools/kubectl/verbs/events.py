"""``kubectl events``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from quizgame.cluster.objects import KubeObject, dig
from quizgame.goflags.flagset import Flag, boolean, integer, string, string_slice
from quizgame.goflags.tabwriter import TabWriter
from quizgame.tools.facts import Fact
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.describe.events import interval_of
from quizgame.tools.kubectl.errors import KubectlError
from quizgame.tools.kubectl.output import WRITE_ALLOWED, Item, as_choices, printer_for
from quizgame.tools.kubectl.selection import resolve_type
from quizgame.tools.kubectl.shown import event_fact
from quizgame.tools.kubectl.tables.events import event_order
from quizgame.tools.kubectl.tables.table import new_writer, set_rows
from quizgame.tools.kubectl.verb import Verb


def _flags() -> list[Flag]:
    return [
        boolean("all-namespaces", "If present, list the requested objects across all namespaces.", short="A"),
        integer("chunk-size", "Return large lists in chunks rather than all at once.", default=500),
        string("for", "Filter events to only those pertaining to the specified resource."),
        boolean("no-headers", "When using the default output format, don't print headers."),
        string("output", "Output format.", short="o", choices=as_choices(WRITE_ALLOWED)),
        string_slice("types", "Output only events of given types.", choices=("Normal", "Warning")),
        boolean("watch", "After listing the requested events, watch for more events.", short="w"),
    ]


def _run(call: Call) -> None:
    flags = call.flags
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    everywhere = flags.is_on("all-namespaces")
    kind, name = _subject(call)
    types = [each.lower() for each in flags.texts("types")]
    wrong = [each for each in flags.texts("types") if each.lower() not in ("normal", "warning")]
    if wrong:
        raise KubectlError("valid --types are Normal or Warning")

    def wanted(events: Iterable[KubeObject]) -> list[KubeObject]:
        return [
            each
            for each in events
            if _is_about(each, kind, name) and (not types or str(each.get("type", "")).lower() in types)
        ]

    found = sorted(wanted(call.api.list("events", None if everywhere else call.namespace)), key=event_order)
    printer = printer_for(call, flags.text("output"))
    if printer is not None:
        call.print_lines(printer(call.view, [Item(call.api.resource("events"), each) for each in found], True))
        return
    writer = new_writer()
    if found:
        _show(call, writer, found, with_header=not flags.is_on("no-headers"))
    elif not flags.is_on("watch"):
        call.complain("No events found." if everywhere else f"No events found in {call.namespace} namespace.")
    if flags.is_on("watch"):
        _watch(call, writer, wanted, has_header=bool(found))


def _watch(
    call: Call, writer: TabWriter, wanted: Callable[[Iterable[KubeObject]], list[KubeObject]], *, has_header: bool
) -> None:
    cursor = call.api.store.version
    for _ in call.follow().rounds():
        everywhere = call.flags.is_on("all-namespaces")
        fresh = [
            change.object
            for change in call.api.watch(cursor, ["events"])
            if change.type != "DELETED" and (everywhere or change.key[0] == call.namespace)
        ]
        cursor = call.api.store.version
        shown = wanted(fresh)
        if shown and not _show(call, writer, shown, with_header=not has_header):
            return
        has_header = has_header or bool(shown)


def _subject(call: Call) -> tuple[str, str]:
    typed = call.flags.text("for")
    if not typed:
        return "", ""
    word, slash, name = typed.partition("/")
    if not slash:
        raise KubectlError("--for must be in resource/name form")
    return resolve_type(call, word)[0].resource.kind, name


def _is_about(event: KubeObject, kind: str, name: str) -> bool:
    return not kind or (dig(event, "involvedObject", "kind"), dig(event, "involvedObject", "name")) == (kind, name)


def _show(call: Call, writer: TabWriter, events: Sequence[KubeObject], *, with_header: bool) -> bool:
    everywhere = call.flags.is_on("all-namespaces")
    head = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    rows = [["NAMESPACE", *head] if everywhere else head] if with_header else []
    facts: list[tuple[Fact, ...]] = [()] if with_header else []
    for event in events:
        about = event.get("involvedObject") or {}
        name = f"{about.get('kind', '')}/{about.get('name', '')}"
        reason = str(event.get("reason", ""))
        row = [
            interval_of(event, call.now_ns),
            str(event.get("type", "")),
            reason,
            name,
            str(event.get("message", "")).strip(),
        ]
        rows.append([event["metadata"]["namespace"], *row] if everywhere else row)
        facts.append((event_fact(call.view, event, (name, reason)),))
    return call.show_live(set_rows(writer, rows, facts))


EVENTS = Verb(
    _run,
    "[(-o|--output=)json|yaml|name|go-template|jsonpath] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
    _flags,
    "  # What happened to a pod\n  kubectl events --for pod/xwing",
)
