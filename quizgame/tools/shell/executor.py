"""Runs a parsed shell line against the session with a table of programs."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.tools import folder
from quizgame.tools.derive import derived_stream
from quizgame.tools.following import ENDLESS_S
from quizgame.tools.output import NOT_SIMULATED, Line, Result, failure, lines, not_simulated
from quizgame.tools.session import Session, Tool
from quizgame.tools.shell import builtins, compound
from quizgame.tools.shell.conditional import evaluate_conditional
from quizgame.tools.shell.control import BreakLoop, ContinueLoop, ExitShell, ExpansionProblem, ReturnFromFunction
from quizgame.tools.shell.expansion import Expander
from quizgame.tools.shell.jobs import Jobs
from quizgame.tools.shell.parser import parse, parse_with_warning
from quizgame.tools.shell.redirection import redirect_streams
from quizgame.tools.shell.state import MAX_COMMANDS, Feed, ShellState, ShellStopped, Sink, Streams
from quizgame.tools.shell.syntax import (
    AndOr,
    Assignment,
    Case,
    Command,
    Conditional,
    For,
    Function,
    Group,
    If,
    NotSimulatedSyntax,
    Pipeline,
    Script,
    ShellSyntaxError,
    Simple,
    While,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ORIGINS = 5_000
"""Lines that a variable remembers having been made of."""
MAX_DEPTH = 25
"""Functions and substitutions within one another."""
PROGRAM_FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/usr/local/sbin")
ECHOING = frozenset(("echo", "printf"))
"""Programs whose output is made of their arguments, so that it shows the facts of those."""


class Shell:
    """One shell of one session.

    Args:
        session: what the shell and its programs act on; its state outlives the shell.
        tools: the programs by name, looked up when run.
        name: what stands in front of the shell's own messages.
    """

    def __init__(self, session: Session, tools: Mapping[str, Tool], name: str = "bash") -> None:
        self.session = session
        self.tools = tools
        self.name = name
        self.state = ShellState()
        self._commands = 0
        self._depth = 0
        self._offered: list[str] = []
        self._is_job = False
        self._subshells = 0
        self.jobs = Jobs(session.world)
        self.screen: Sink | None = None
        """The standard output of the line itself, while one runs: what a program prints there is on the screen."""

    @property
    def has_exited(self) -> bool:
        """Whether ``exit`` was run."""
        return self.state.has_exited

    def run_line(self, line: str) -> Result:
        """Run one line, with the bodies of its here-documents, and remember it in the history.

        Never raises for what a learner may type; ``$?`` holds the result's exit status afterwards.
        """
        if line.strip():
            self.session.history.append(line)
        return self.run_source(line)

    def run_source(self, source: str, stdin: Sequence[Line] = ()) -> Result:
        """Run shell text without a trace in the history."""
        stdout: list[Line] = []
        stderr: list[Line] = []
        streams = Streams(Feed(stdin), Sink(stdout), Sink(stderr))
        self.screen = streams.stdout if not self._depth else None
        status = self._run_whole(lambda: self._run_text_of_line(source, streams), streams)
        self.session.variables["?"] = str(status)
        return Result(stdout, stderr, status)

    def _run_text_of_line(self, source: str, streams: Streams) -> int:
        script, unfinished = parse_with_warning(source)
        if unfinished is not None:
            self.complain(streams, f"warning: here-document at line 1 delimited by end-of-file (wanted `{unfinished}')")
        status = self.run_script(script, streams)
        self._let_jobs_run(streams)
        streams.stderr.write(self.jobs.take_ended())
        return status

    def _run_whole(self, run: Callable[[], int], streams: Streams) -> int:
        """Run what a line or a job consists of; whatever ends it early becomes a status and a message."""
        self._commands = 0
        outer_run_program, self.session.run_program = self.session.run_program, self.run_program
        try:
            status = run()
        except ShellSyntaxError as error:
            status = self.complain(streams, error.message, 2)
        except NotSimulatedSyntax as error:
            streams.stderr.write(not_simulated(error.message).stderr)
            status = NOT_SIMULATED
        except RecursionError:
            streams.stderr.write(failure("quizgame: stopped: nested too deeply").stderr)
            status = NOT_SIMULATED
        except ShellStopped as stop:
            streams.stderr.write(failure(f"quizgame: {stop.message}").stderr)
            status = NOT_SIMULATED
        except ExpansionProblem as problem:
            status = self.complain(streams, problem.message, 1)
        except ExitShell as leaving:
            self.state.has_exited = True
            self.jobs.end()
            status = leaving.status
        except (BreakLoop, ContinueLoop, ReturnFromFunction):
            status = 0
        finally:
            self._drop_offered(0)
            self.session.run_program = outer_run_program
        return status

    def run_program(self, argv: Sequence[str], stdin: Sequence[Line]) -> Result:
        """Run one program, builtin or function with these arguments, as ``xargs`` and ``watch`` do."""
        stdout: list[Line] = []
        stderr: list[Line] = []
        streams = Streams(Feed(stdin), Sink(stdout), Sink(stderr))
        status = self._call(list(argv), streams, [])
        return Result(stdout, stderr, status)

    @property
    def builtin_names(self) -> frozenset[str]:
        """Names that the shell itself runs."""
        return frozenset(builtins.BUILTINS) - builtins.REFUSED

    def find_program(self, name: str) -> str:
        """Where ``type`` and ``which`` find a name: ``alias``, ``function``, ``builtin``, ``file`` or nothing."""
        if name in self.state.aliases:
            return "alias"
        if name in self.state.functions:
            return "function"
        if name in builtins.BUILTINS or name in builtins.ALSO_BUILTIN:
            return "builtin"
        return "file" if name in set(self.tools) else ""

    # --- lists and pipelines -------------------------------------------------------------------------------------

    def run_script(self, script: Script, streams: Streams) -> int:
        """Run a list in this shell; returns the last status."""
        status = int(self.session.variables.get("?", "0")) if not script.entries else 0
        for entry in script.entries:
            status = self._run_and_or(entry, streams)
        return status

    def _run_and_or(self, entry: AndOr, streams: Streams) -> int:
        if entry.background:
            return self._start_job(entry, streams)
        status = 0
        is_last_failing = False
        for number, (operator, pipeline) in enumerate(entry.members):
            if (operator == "&&" and status != 0) or (operator == "||" and status == 0):
                is_last_failing = False
                continue
            status = self._run_pipeline(pipeline, streams)
            is_last_failing = number == len(entry.members) - 1 and not pipeline.is_negated
            self.session.variables["?"] = str(status)
        if status and is_last_failing and "e" in self.state.options and not self._is_tested:
            raise ExitShell(status)
        return status

    def _start_job(self, entry: AndOr, streams: Streams) -> int:
        """Run a list beside what follows, in a shell and a session of its own that share the files.

        Raises:
            NotSimulatedSyntax: The shell itself would not outlive the line.
        """
        if self._depth or self._subshells:
            raise NotSimulatedSyntax("a background job (&) of a shell within another")
        if self.session.let_jobs_run is None:
            self.session.let_jobs_run = self.jobs.catch_up
            weakref.finalize(self, self.jobs.end)
        job = self.jobs.add(entry.background)
        session = replace(
            self.session,
            variables=dict(self.session.variables),
            history=list(self.session.history),
            is_screen=False,
            stream=None,
            stream_span_s=ENDLESS_S,
            joined_since_ns=None,
            let_jobs_run=None,
            run_program=None,
            watch=job.watch,
        )
        own = Shell(session, self.tools, self.name)
        own.state, own._is_job, own._subshells = self.state.copy(), True, 1
        terminal = Sink(job.printed)
        printing = Streams(
            Feed(),
            terminal if streams.stdout is self.screen else streams.stdout,
            terminal,
        )
        self.session.variables["!"] = str(job.pid)
        streams.stderr.write(lines(f"[{job.number}] {job.pid}\n"))
        job.start(lambda: own._run_whole(lambda: own._run_and_or(replace(entry, background=""), printing), printing))
        return 0

    def _let_jobs_run(self, streams: Streams) -> None:
        if self.jobs:
            (self.screen or streams.stdout).write(self.jobs.catch_up())

    _is_tested = False

    @contextmanager
    def testing(self) -> Iterator[None]:
        """A condition is run: ``set -e`` does not look at its status."""
        before, self._is_tested = self._is_tested, True
        try:
            yield
        finally:
            self._is_tested = before

    def _run_pipeline(self, pipeline: Pipeline, streams: Streams) -> int:
        started = builtins.now_ns(self.session) if pipeline.is_timed else 0
        commands = pipeline.commands
        if not commands:
            status = 0
        elif len(commands) == 1:
            status = self._run_command(commands[0], streams)
        else:
            status = self._run_joined(pipeline, streams)
        if pipeline.is_timed:
            streams.stderr.write(builtins.time_report(builtins.now_ns(self.session) - started))
        return int(not status) if pipeline.is_negated else status

    def _run_joined(self, pipeline: Pipeline, streams: Streams) -> int:
        outer = self.session.joined_since_ns
        if outer is None:
            self.session.joined_since_ns = builtins.now_ns(self.session)
        try:
            return self._run_members(pipeline, streams)
        finally:
            self.session.joined_since_ns = outer

    def _run_members(self, pipeline: Pipeline, streams: Streams) -> int:
        feed = streams.stdin
        status = failed = 0
        last = len(pipeline.commands) - 1
        for number, command in enumerate(pipeline.commands):
            passed: list[Line] = []
            stdout = streams.stdout if number == last else Sink(passed)
            stderr = stdout if number < last and pipeline.joins_stderr[number] else streams.stderr
            with self.subshell():
                status = self._guarded(command, Streams(feed, stdout, stderr))
            failed = status or failed
            feed = Feed(passed)
        return failed if "pipefail" in self.state.options else status

    def _guarded(self, command: Command, streams: Streams) -> int:
        """Run in a subshell: leaving it leaves nothing else."""
        try:
            return self._run_command(command, streams)
        except ExitShell as leaving:
            return leaving.status
        except ExpansionProblem as problem:
            return self.complain(streams, problem.message, 1)

    @contextmanager
    def subshell(self) -> Iterator[None]:
        """Changes of variables, folder, aliases and functions end with the block."""
        variables, cwd, state = dict(self.session.variables), self.session.cwd, self.state
        self.state = state.copy()
        self._subshells += 1
        try:
            yield
        finally:
            self._subshells -= 1
            self.session.variables.clear()
            self.session.variables.update(variables)
            self.session.cwd = cwd
            self.state = state

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level more of functions or substitutions.

        Raises:
            ShellStopped: past ``MAX_DEPTH``.
        """
        if self._depth >= MAX_DEPTH:
            raise ShellStopped(f"stopped: more than {MAX_DEPTH} levels of functions or substitutions")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def capture(self, body: Script) -> list[Line]:
        """Run a substitution and return what it printed; ``$?`` is its status afterwards."""
        captured: list[Line] = []
        status = 0
        with self.deeper():
            streams = Streams(Feed(), Sink(captured), self._errors)
            with self.subshell():
                try:
                    status = self.run_script(body, streams)
                except ExitShell as leaving:
                    status = leaving.status
                except ExpansionProblem as problem:
                    status = self.complain(streams, problem.message, 1)
        self.session.variables["?"] = str(status)
        return captured

    _errors: Sink = Sink(None)
    """Where a substitution's messages go: the standard error of the command being expanded."""

    def offer_file(self, content: list[Line]) -> str:
        """Put lines into ``/dev/fd/N`` until the line ends."""
        path = f"/dev/fd/{63 - len(self._offered) % 50}"
        self.session.files[path] = content
        self._offered.append(path)
        return path

    def _drop_offered(self, keep: int) -> None:
        for path in self._offered[keep:]:
            self.session.files.pop(path, None)
        del self._offered[keep:]

    # --- commands ------------------------------------------------------------------------------------------------

    def _run_command(self, command: Command, streams: Streams) -> int:
        self._commands += 1
        if self._commands > MAX_COMMANDS:
            raise ShellStopped(f"stopped: more than {MAX_COMMANDS} commands in one line")
        if isinstance(command, Simple):
            return self._run_simple(command, streams)
        if isinstance(command, Function):
            self.state.functions[command.name] = command.body
            return 0
        opened = redirect_streams(self, command.redirects, streams, Expander(self))
        if opened is None:
            return 1
        return self._run_compound(command, opened)

    def _run_compound(self, command: Group | If | While | For | Case | Conditional, streams: Streams) -> int:
        if isinstance(command, Group):
            if not command.is_subshell:
                return self.run_script(command.body, streams)
            with self.subshell():
                try:
                    return self.run_script(command.body, streams)
                except ExitShell as leaving:
                    return leaving.status
        if isinstance(command, If):
            return compound.run_if(self, command, streams)
        if isinstance(command, While):
            return compound.run_while(self, command, streams)
        if isinstance(command, For):
            return compound.run_for(self, command, streams)
        if isinstance(command, Case):
            return compound.run_case(self, command, streams)
        try:
            return evaluate_conditional(command.words, self.expander(streams))
        except ExpansionProblem as problem:
            return self.complain(streams, problem.message, 2)

    def expander(self, streams: Streams) -> Expander:
        """An expander whose substitutions send their messages to these streams."""
        self._errors = streams.stderr
        return Expander(self)

    def _run_simple(self, command: Simple, streams: Streams) -> int:
        self._let_jobs_run(streams)
        expander = self.expander(streams)
        offered = len(self._offered)
        try:
            argv = expander.arguments(self._with_aliases(command.words))
            opened = redirect_streams(self, command.redirects, streams, expander)
            if opened is None:
                return 1
            if not argv:
                for assignment in command.assignments:
                    self._assign(assignment, expander)
                return int(self.session.variables.get("?", "0")) if expander.has_substituted else 0
            with self._assigned_for(command.assignments, expander):
                return self._call(argv, opened, expander.carried)
        except ExpansionProblem as problem:
            return self.complain(streams, problem.message, 1)
        finally:
            self._drop_offered(offered)

    def _with_aliases(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        seen: set[str] = set()
        while words:
            name = words[0].literal
            if name is None or name not in self.state.aliases or name in seen:
                break
            seen.add(name)
            entries = parse(self.state.aliases[name]).entries
            first = entries[0].members[0][1].commands[0] if len(entries) == 1 and len(entries[0].members) == 1 else None
            if not isinstance(first, Simple) or first.assignments or first.redirects:
                raise NotSimulatedSyntax(f"the alias {name}, which is more than one plain command,")
            words = first.words + words[1:]
        return words

    def _assign(self, assignment: Assignment, expander: Expander) -> None:
        before = expander.value_of(assignment.name) or "" if assignment.is_append else ""
        own = Expander(self)
        value = own.text(assignment.value)
        expander.has_substituted |= own.has_substituted
        self.set_variable(assignment.name, before + value, own.carried)

    def set_variable(self, name: str, value: str, sources: Sequence[Line] = ()) -> None:
        """Set a variable whose text was made of these lines."""
        self.session.variables[name] = value
        bearing = tuple(line for line in sources if line.facts)[:MAX_ORIGINS]
        if bearing:
            self.state.origins[name] = bearing
        else:
            self.state.origins.pop(name, None)

    @contextmanager
    def _assigned_for(self, assignments: tuple[Assignment, ...], expander: Expander) -> Iterator[None]:
        """Assignments in front of a command hold for that command, as exported variables."""
        if not assignments:
            yield
            return
        before = dict(self.session.variables)
        exported = set(self.state.exported)
        for assignment in assignments:
            self._assign(assignment, expander)
            self.state.exported.add(assignment.name)
        try:
            yield
        finally:
            for assignment in assignments:
                if assignment.name in before:
                    self.session.variables[assignment.name] = before[assignment.name]
                else:
                    self.session.variables.pop(assignment.name, None)
            self.state.exported = exported

    def _call(self, argv: list[str], streams: Streams, carried: Sequence[Line]) -> int:
        name = argv[0]
        function = self.state.functions.get(name)
        if function is not None:
            return self._call_function(function, argv, streams)
        builtin = builtins.BUILTINS.get(name)
        if builtin is not None and name not in self.tools:
            return builtin(self, argv, streams)
        tool = self._find_tool(name, streams)
        if isinstance(tool, int):
            return tool
        with self._terminal_for(streams):
            result = tool.run(argv, self.session, streams.stdin.view())
        shown = result.stdout
        if carried and name in ECHOING:
            shown = derived_stream(shown, carried)
        streams.stdout.write(shown)
        streams.stderr.write(result.stderr)
        return result.exit

    def run_plain(self, argv: list[str], streams: Streams) -> int:
        """Run a program or builtin, whatever functions and aliases say."""
        function = self.state.functions.pop(argv[0], None)
        try:
            return self._call(argv, streams, [])
        finally:
            if function is not None:
                self.state.functions[argv[0]] = function

    def run_text(self, text: str, streams: Streams) -> int:
        """Run shell text in this shell (``eval``, ``source``, ``sh -c``)."""
        with self.deeper():
            try:
                return self.run_script(parse(text), streams)
            except ShellSyntaxError as error:
                return self.complain(streams, error.message, 2)

    def _find_tool(self, name: str, streams: Streams) -> Tool | int:
        if name in self.tools:
            return self.tools[name]
        if "/" not in name:
            # Source: the project's contract, "The shell": an unknown program is named without the shell before it.
            streams.stderr.write(failure(f"{name}: command not found").stderr)
            return 127
        place, _, base = folder.absolute(self.session, name).rpartition("/")
        if place in PROGRAM_FOLDERS and base in self.tools:
            return self.tools[base]
        if folder.is_folder(self.session, name):
            return self.complain(streams, f"{name}: Is a directory", 126)
        if folder.is_file(self.session, name):
            return self.complain(streams, f"{name}: Permission denied", 126)
        return self.complain(streams, f"{name}: No such file or directory", 127)

    def _call_function(self, body: Command, argv: list[str], streams: Streams) -> int:
        before = self.state.positional
        self.state.positional = tuple(argv[1:])
        try:
            with self.deeper():
                return self._run_command(body, streams)
        except ReturnFromFunction as leaving:
            return leaving.status
        finally:
            self.state.positional = before

    @contextmanager
    def _terminal_for(self, streams: Streams) -> Iterator[None]:
        """A program sees the screen only if its standard output is the screen."""
        session = self.session
        if streams.stdout is self.screen:
            yield
            return
        before = (session.is_screen, session.stream, session.write_out)
        session.is_screen, session.stream = False, None
        session.write_out = streams.stdout.write if self._is_job else None
        try:
            yield
        finally:
            session.is_screen, session.stream, session.write_out = before

    def complain(self, streams: Streams, message: str, status: int = 1) -> int:
        """Report a message of the shell itself; returns the status for the caller to return."""
        streams.stderr.write(failure(f"{self.name}: {message}").stderr)
        return status
