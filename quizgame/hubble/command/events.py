"""``hubble observe agent-events`` and ``debug-events``.

# Source: cilium/cilium v1.19 hubble/cmd/observe/agent_events.go, debug_events.go, events.go.
"""

from __future__ import annotations

from quizgame.goflags.flagset import FlagSet
from quizgame.hubble.agentevent import GetEventsRequest
from quizgame.hubble.command.environment import HubbleEnvironment
from quizgame.hubble.command.failure import CommandFailure
from quizgame.hubble.command.moments import moment_of
from quizgame.hubble.command.servers import connect
from quizgame.hubble.observer import EVERYTHING
from quizgame.hubble.printers.agentevents import AgentEventPrinter
from quizgame.hubble.printers.choose import FORMATS
from quizgame.hubble.printers.options import PrintOptions
from quizgame.hubble.sink import Sink

DEFAULT_COUNT = 20


def run_agent_events(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
    """Print what agents told of themselves.

    Raises:
        CommandFailure: The flags do not fit together.
        QuizgameError: The server refuses or fails.
    """
    printer = _make_printer(flags, environment, sink)
    request = _make_request(flags, environment)
    try:
        for response in connect(flags, environment).get_agent_events(request):
            printer.write(response)
    finally:
        printer.close()


def run_debug_events(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> None:
    """Print the datapath's debug messages, of which there are none while its debugging is off.

    Raises:
        CommandFailure: The flags do not fit together.
        QuizgameError: The server refuses or fails.
    """
    printer = _make_printer(flags, environment, sink)
    request = _make_request(flags, environment)
    try:
        for response in connect(flags, environment).get_debug_events(request):
            printer.write(response)
    finally:
        printer.close()


def _make_printer(flags: FlagSet, environment: HubbleEnvironment, sink: Sink) -> AgentEventPrinter:
    name = flags.text("output")
    if name not in FORMATS:
        raise CommandFailure(f"invalid output format: {name}")
    if name in ("tab", "table") and flags.is_on("follow"):
        raise CommandFailure("table output format is not compatible with follow mode")
    options = PrintOptions(time_format=flags.text("time-format"), node_name=flags.is_on("print-node-name"))
    legacy = environment.environ.get("HUBBLE_COMPAT") == "legacy-json-output"
    return AgentEventPrinter(name, options, sink, legacy_json=legacy)


def _make_request(flags: FlagSet, environment: HubbleEnvironment) -> GetEventsRequest:
    now_ns, number = environment.now_ns(), flags.number("last")
    follow = flags.is_on("follow")
    since = moment_of("since", flags.text("since"), now_ns)
    until = None if follow else moment_of("until", flags.text("until"), now_ns)
    if since is None and until is None:
        number = EVERYTHING if flags.is_on("all") else number or DEFAULT_COUNT
    return GetEventsRequest(number=number, follow=follow, since_ns=since, until_ns=until)
