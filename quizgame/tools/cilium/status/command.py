"""The command: one report, or reports until all is well."""

from __future__ import annotations

from collections.abc import Sequence

from quizgame.goflags.durations import MINUTE
from quizgame.goflags.flagset import Flag, boolean, duration, integer, string
from quizgame.goflags.times import SECOND
from quizgame.tools.cilium.call import BareFailure, Call, CommandFailed, Sub
from quizgame.tools.cilium.output import FORMATS, check_output, json_lines
from quizgame.tools.cilium.status.collect import collect
from quizgame.tools.cilium.status.report import StatusReport, status_lines, status_object
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

RETRY_S = 2
ERASE = "\x1b[A\x1b[2K"


def _flags() -> list[Flag]:
    return [
        boolean("ignore-warnings", "Let warnings count as success when waiting"),
        boolean("interactive", "Redraw the summary in place after each try of --wait", default=True),
        string("output", "Output format. One of: json, summary", short="o", default="summary", choices=FORMATS),
        boolean("verbose", "Keep long error and log messages whole"),
        boolean("wait", "Wait until there are no errors and no warnings"),
        duration("wait-duration", "How long to wait at most", default=5 * MINUTE),
        integer("worker-count", "How many requests to make at once", default=5),
    ]


def _run(call: Call) -> None:
    form = check_output(call, FORMATS)
    report = collect(call)
    if call.flags.is_on("wait"):
        report = _wait(call, report)
        if call.result.exit:
            return
    if form == "json":
        call.show(json_lines(status_object(report), 1, _facts(report)))
    else:
        call.show(status_lines(report))
    if report.failures:
        raise BareFailure(f"status check failed: [{', '.join(report.failures)}]")


def _facts(report: StatusReport) -> tuple[Fact, ...]:
    known = [each for facts in report.facts.values() for each in facts]
    known += [each for finding in report.findings for each in finding.facts]
    return tuple(dict.fromkeys(known))


def _wait(call: Call, report: StatusReport) -> StatusReport:
    """Look again until all is well.

    Raises:
        CommandFailed: an agent crashed, or the time is over; the last report is shown before.
    """
    ignores = call.flags.is_on("ignore-warnings")
    deadline = call.world.clock.now_ns + call.flags.number("wait-duration")
    shows = call.session.is_screen and call.flags.is_on("interactive")
    drawn: Sequence[Line] = ()
    while not report.is_good(ignores_warnings=ignores):
        if report.has_crashed_agent:
            return _give_up(call, report, "wait canceled, cilium agent container has crashed or was terminated: "
                            "context canceled")  # fmt: skip
        if call.world.clock.now_ns >= deadline:
            return _give_up(
                call, report, "timeout while waiting for status to become successful: context deadline exceeded"
            )
        if shows and call.session.stream is not None:
            drawn = _redraw(call, drawn, report)
        call.world.advance(min(RETRY_S, max((deadline - call.world.clock.now_ns) / SECOND, 0.001)))
        report = collect(call)
    if drawn:
        call.result.stdout.append(Line(ERASE * len(drawn), end=""))
    return report


def _redraw(call: Call, drawn: Sequence[Line], report: StatusReport) -> Sequence[Line]:
    shown = status_lines(report)
    if call.session.stream is not None:
        call.session.stream([Line(ERASE * len(drawn), end=""), *shown])
    return shown


def _give_up(call: Call, report: StatusReport, reason: str) -> StatusReport:
    call.show(status_lines(report))
    call.result.stderr += status_lines(report)
    raise CommandFailed(f"Unable to determine status:  {reason}")


COMMANDS = (Sub("status", "status", "Show how the installation is", _run, _flags),)
