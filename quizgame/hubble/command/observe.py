"""``hubble observe``: from flags to a request, from the answer to lines.

# Source: cilium/cilium v1.19 hubble/cmd/observe/flows.go (order of the checks).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from quizgame.goflags.flagset import FlagSet
from quizgame.hubble.capture import CaptureSource
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.filterflags import FilterFlags
from quizgame.hubble.command.log import log_line
from quizgame.hubble.command.moments import moment_of
from quizgame.hubble.command.rawfilters import parse_raw_filters, print_raw_filters
from quizgame.hubble.command.requesttext import request_text
from quizgame.hubble.command.servers import connect
from quizgame.hubble.fieldmask import FieldMaskError, check_paths
from quizgame.hubble.observer import EVERYTHING, GetFlowsRequest, GetFlowsResponse
from quizgame.hubble.printers.choose import FORMATS, JSON_FORMATS, Printer, make_printer
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink

DEFAULT_COUNT = 20
"""Flows that a server is asked for when nothing says how many."""


class _Source(Protocol):
    def get_flows(self, request: GetFlowsRequest) -> Iterable[GetFlowsResponse]: ...


def run_observe(flags: FlagSet, environment: HubbleEnvironment, sink: Sink, filters: FilterFlags) -> None:
    """Do what the flags ask for.

    Raises:
        CommandFailure: The flags do not fit together.
        QuizgameError: The source refuses or fails.
    """
    printer = _make_printer(flags, filters, environment, sink)
    request = _make_request(flags, filters, environment)
    if flags.is_on("print-raw-filters"):
        sink.out(print_raw_filters(request.allow, request.deny))
        return
    with _opened_source(flags, environment, sink) as source:
        if flags.is_on("debug"):
            attributes = {"request": request_text(request)}
            sink.err(log_line(environment.now_ns(), "DEBUG", "Sending GetFlows request", attributes))
        records = source.get_flows(request)
        try:
            for record in records:
                printer.write(record)
        finally:
            # What was read before an error is shown before it.
            printer.close()
            sink.flush()


def _make_printer(flags: FlagSet, filters: FilterFlags, environment: HubbleEnvironment, sink: Sink) -> Printer:
    if filters.has_trailing_not:
        raise CommandFailure("trailing --not found in the arguments")
    name = flags.text("output")
    if name not in FORMATS:
        raise CommandFailure(f"invalid output format: {name}")
    if name in ("tab", "table") and flags.is_on("follow"):
        raise CommandFailure("table output format is not compatible with follow mode")
    # Source: the older JSON form counts as no JSON where the field mask is checked.
    legacy = environment.environ.get("HUBBLE_COMPAT") == "legacy-json-output" and name != "jsonpb"
    if (name not in JSON_FORMATS or legacy) and flags.texts("field-mask"):
        raise CommandFailure(f"{name} output format is not compatible with custom field mask")
    options = PrintOptions(
        time_format=flags.text("time-format"),
        color=_has_color(flags.text("color"), environment),
        ip_translation=flags.is_on("ip-translation") and not flags.is_on("numeric"),
        node_name=flags.is_on("print-node-name"),
        policy_names=flags.is_on("print-policy-names"),
        debug=flags.is_on("debug"),
        silent_errors=flags.is_on("silent-errors"),
    )
    return make_printer(name, options, sink, legacy_json=legacy)


def _has_color(when: str, environment: HubbleEnvironment) -> bool:
    if when.lower() in ("always", "never"):
        return when.lower() == "always"
    environ = environment.environ
    return environment.is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _make_request(flags: FlagSet, filters: FilterFlags, environment: HubbleEnvironment) -> GetFlowsRequest:
    first, last = flags.number("first"), flags.number("last")
    everything, follow = flags.is_on("all"), flags.is_on("follow")
    for one, other, clash in (
        ("--first", "--last", first and last),
        ("--first", "--all", first and everything),
        ("--first", "--follow", first and follow),
        ("--last", "--all", last and everything),
    ):
        if clash:
            raise CommandFailure(f"cannot set both {one} and {other}")
    now_ns = environment.now_ns()
    since = moment_of("since", flags.text("since"), now_ns)
    until = None if follow else moment_of("until", flags.text("until"), now_ns)
    if since is None and until is None and not first:
        if everything:
            last = EVERYTHING
        elif not last and not follow and not flags.text("input-file"):
            last = DEFAULT_COUNT
    allow = filters.allow() + parse_raw_filters(flags.texts("allowlist"), "allowlist")
    deny = filters.deny() + parse_raw_filters(flags.texts("denylist"), "denylist")
    mask = tuple(flags.texts("field-mask"))
    if flags.text("output") not in JSON_FORMATS and flags.is_on("use-default-field-masks"):
        mask = environment.default_field_mask
    try:
        check_paths(mask)
    except FieldMaskError as refusal:
        raise CommandFailure(f"failed to construct field mask: {refusal.message}") from None
    return GetFlowsRequest(
        number=first or last,
        first=bool(first),
        follow=follow,
        allow=allow,
        deny=deny,
        since_ns=since,
        until_ns=until,
        field_mask=mask,
    )


@contextmanager
def _opened_source(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> Iterator[_Source]:
    path = flags.text("input-file")
    if not path:
        yield connect(flags, environment)
        return
    if flags.is_on("port-forward"):
        raise CommandFailure("cannot use --input-file and --auto-port-forward together")

    def warn(message: str, attributes: dict[str, str]) -> None:
        sink.err(log_line(environment.now_ns(), "WARN", message, attributes))

    if path == "-":
        yield CaptureSource(environment.stdin, "/dev/stdin", warn, sink.flush)
        return
    try:
        stream = environment.open_file(path)
    except IsADirectoryError:
        raise CommandFailure(f"read {path}: is a directory") from None
    except (OSError, ValueError) as failure:
        reason = (getattr(failure, "strerror", None) or "invalid argument").lower()
        raise CommandFailure(f"open {path}: {reason}") from None
    with stream:
        yield CaptureSource(stream, path, warn, sink.flush)
