"""Runs the compound commands: conditions, loops, ``case``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quizgame.tools.shell import builtins
from quizgame.tools.shell.control import BreakLoop, ContinueLoop
from quizgame.tools.shell.pattern import compile_pattern
from quizgame.tools.shell.state import ShellStopped, Streams
from quizgame.tools.shell.syntax import Case, For, If, Script, Simple, While

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell

MAX_LOOP_ROUNDS = 2_000
"""Rounds of one loop; more is stopped and said."""


def run_if(shell: Shell, command: If, streams: Streams) -> int:
    """``if … elif … else … fi``."""
    for condition, body in command.branches:
        with shell.testing():
            is_true = shell.run_script(condition, streams) == 0
        if is_true:
            return shell.run_script(body, streams)
    return shell.run_script(command.otherwise, streams) if command.otherwise is not None else 0


def run_while(shell: Shell, command: While, streams: Streams) -> int:
    """``while`` and ``until``.

    A loop on the plain condition ``true`` ends after the span of an endless stream where there is no screen.
    """
    status = 0
    is_endless = _is_constant(command.condition, "false" if command.is_until else "true")
    started = builtins.now_ns(shell.session)
    for _ in range(MAX_LOOP_ROUNDS):
        with shell.testing():
            condition = shell.run_script(command.condition, streams)
        if (condition == 0) == command.is_until:
            return status
        is_left, status = run_round(shell, command.body, streams)
        if is_left:
            return status
        if flush(shell, streams) is False:
            return 130
        elapsed_s = (builtins.now_ns(shell.session) - started) / 1e9
        if is_endless and not shell.session.is_screen and elapsed_s >= shell.session.stream_span_s:
            return 0
    raise ShellStopped(f"stopped: a loop of more than {MAX_LOOP_ROUNDS} rounds")


def flush(shell: Shell, streams: Streams) -> bool:
    """Show at once what a loop on the screen has printed; ``False`` once the learner interrupted."""
    if shell.session.stream is None or streams.stdout is not shell.screen or streams.stdout.lines is None:
        return True
    shown = list(streams.stdout.lines)
    streams.stdout.lines.clear()
    return shell.session.stream(shown)


def run_round(shell: Shell, body: Script, streams: Streams) -> tuple[bool, int]:
    """Run a loop's body once; tells whether the loop is left, and the status."""
    try:
        return False, shell.run_script(body, streams)
    except BreakLoop as leaving:
        if leaving.levels > 1:
            raise BreakLoop(leaving.levels - 1) from None
        return True, 0
    except ContinueLoop as going_on:
        if going_on.levels > 1:
            raise ContinueLoop(going_on.levels - 1) from None
        return False, 0


def run_for(shell: Shell, command: For, streams: Streams) -> int:
    """``for name in words``."""
    expander = shell.expander(streams)
    values = shell.state.positional if command.words is None else tuple(expander.arguments(command.words))
    status = 0
    for number, value in enumerate(values):
        if number >= MAX_LOOP_ROUNDS:
            raise ShellStopped(f"stopped: a loop of more than {MAX_LOOP_ROUNDS} rounds")
        shell.set_variable(command.name, value, expander.carried)
        is_left, status = run_round(shell, command.body, streams)
        if is_left:
            return status
    return status


def run_case(shell: Shell, command: Case, streams: Streams) -> int:
    """``case word in …``."""
    expander = shell.expander(streams)
    subject = expander.text(command.subject)
    for patterns, body in command.branches:
        if any(compile_pattern(expander.pattern(pattern)).fullmatch(subject) for pattern in patterns):
            return shell.run_script(body, streams)
    return 0


def _is_constant(condition: Script, word: str) -> bool:
    """Whether a loop's condition is the plain command ``true`` (or ``:``) or ``false``."""
    if len(condition.entries) != 1 or len(condition.entries[0].members) != 1:
        return False
    commands = condition.entries[0].members[0][1].commands
    if len(commands) != 1 or not isinstance(commands[0], Simple) or len(commands[0].words) != 1:
        return False
    literal = commands[0].words[0].literal
    return literal == word or (word == "true" and literal == ":")
