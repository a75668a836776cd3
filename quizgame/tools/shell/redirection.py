"""Opens what redirections name: files, other streams, here-documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quizgame.tools import folder
from quizgame.tools.derive import derived_stream
from quizgame.tools.output import Line, lines
from quizgame.tools.shell.expansion import Expander
from quizgame.tools.shell.state import Feed, Sink, Streams
from quizgame.tools.shell.syntax import NotSimulatedSyntax, Redirect, Text, Word

if TYPE_CHECKING:
    from quizgame.tools.shell.executor import Shell


def redirect_streams(
    shell: Shell, redirects: tuple[Redirect, ...], streams: Streams, expander: Expander
) -> Streams | None:
    """The streams after redirection, or ``None`` once a problem was reported."""
    for redirect in redirects:
        try:
            opened = _open(shell, redirect, streams, expander)
        except folder.FileProblem as problem:
            target = expander.text(redirect.target)
            shell.complain(streams, f"{target}: {problem.message}")
            return None
        if opened is None:
            return None
        streams = opened
    return streams


def _open(shell: Shell, redirect: Redirect, streams: Streams, expander: Expander) -> Streams | None:
    operator = redirect.operator
    if operator in ("<<", "<<-", "<<<"):
        return replace(streams, stdin=Feed(_here(shell, redirect)))
    names = expander.arguments((redirect.target,))
    if len(names) != 1:
        shell.complain(streams, f"{_written(redirect.target)}: ambiguous redirect")
        return None
    target = names[0]
    if operator in ("<&", ">&") and (target.isdigit() or target == "-"):
        return _duplicate(shell, redirect.descriptor, target, streams)
    if operator == "<":
        if redirect.descriptor != 0:
            raise NotSimulatedSyntax(f"the descriptor {redirect.descriptor}")
        return replace(streams, stdin=Feed(folder.read_file(shell.session, target)))
    if operator == "<&":
        shell.complain(streams, f"{target}: ambiguous redirect")
        return None
    sink = _sink(shell, target, streams, is_append=operator.endswith(">>"))
    if operator in ("&>", "&>>", ">&"):
        return replace(streams, stdout=sink, stderr=sink)
    return _with_descriptor(redirect.descriptor, sink, streams)


def _here(shell: Shell, redirect: Redirect) -> list[Line]:
    own = Expander(shell)
    if redirect.operator == "<<<":
        text = own.text(redirect.target) + "\n"
    else:
        text = own.text(redirect.body) if redirect.body is not None else ""
    return derived_stream(lines(text), own.carried)


def _sink(shell: Shell, target: str, streams: Streams, *, is_append: bool) -> Sink:
    match target:
        case "/dev/null":
            return Sink(None)
        case "/dev/stdout" | "/dev/tty" | "/dev/fd/1":
            return streams.stdout
        case "/dev/stderr" | "/dev/fd/2":
            return streams.stderr
    return Sink(folder.open_file(shell.session, target, is_append=is_append))


def _duplicate(shell: Shell, descriptor: int, target: str, streams: Streams) -> Streams | None:
    if target == "-":
        if descriptor == 0:
            return replace(streams, stdin=Feed())
        return _with_descriptor(descriptor, Sink(None), streams)
    if descriptor == 0:
        if target == "0":
            return streams
    elif target in ("1", "2"):
        return _with_descriptor(descriptor, streams.stdout if target == "1" else streams.stderr, streams)
    shell.complain(streams, f"{target}: Bad file descriptor")
    return None


def _with_descriptor(descriptor: int, sink: Sink, streams: Streams) -> Streams:
    if descriptor == 1:
        return replace(streams, stdout=sink)
    if descriptor == 2:
        return replace(streams, stderr=sink)
    raise NotSimulatedSyntax(f"the descriptor {descriptor}")


def _written(word: Word) -> str:
    return "".join(part.text if isinstance(part, Text) else getattr(part, "source",
    "") or f"${getattr(part, 'name', '')}"
                   for part in word.parts)  # fmt: skip
