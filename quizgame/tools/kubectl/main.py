"""kubectl itself: finds the command, reads its options, runs it, and words what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quizgame.errors import QuizgameError
from quizgame.goflags.errors import FlagError, HelpRequested
from quizgame.goflags.flagset import FlagSet
from quizgame.goflags.suggest import suggestions_for
from quizgame.tools.kubectl.call import Call
from quizgame.tools.kubectl.commands import COMMANDS, ROOT
from quizgame.tools.kubectl.completing import proposals
from quizgame.tools.kubectl.errors import KubectlError, Refusal, UsageError, describe_error
from quizgame.tools.kubectl.finding import find_command, flag_set
from quizgame.tools.kubectl.help_pages import command_page, root_page
from quizgame.tools.kubectl.verb import Row, Verb
from quizgame.tools.output import Line, Result, failure, lines, not_simulated
from quizgame.tools.session import Session

SECONDS_PER_RUN = 1
"""Simulated time that every invocation takes."""


class Kubectl:
    """The program."""

    name = "kubectl"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run one command line."""
        session.world.advance(SECONDS_PER_RUN)
        try:
            return _run([*argv[1:]], session, stdin)
        except Refusal as refusal:
            return not_simulated(refusal.message)
        except QuizgameError as error:
            return failure(describe_error(error))

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        """Words that could stand in place of the last one (a ``CompletingTool``)."""
        return proposals(argv[1:], session)


KUBECTL = Kubectl()


def _run(words: list[str], session: Session, stdin: Sequence[Line]) -> Result:
    if not words or words[0] in ("--help", "-h"):
        return Result(lines(root_page()))
    row, path, rest = find_command(words)
    if row is ROOT:
        return _run_root(rest)
    if not row.target and not row.children:
        raise Refusal(path)
    verb = row.load() if row.target else None
    flags, refused = flag_set(verb)
    try:
        flags.parse(rest)
    except HelpRequested:
        return Result(lines(command_page(path, row, verb)))
    except FlagError as error:
        # Source: kubectl pkg/cmd/util FlagErrorFunc.
        raise KubectlError(f"{error.message}\nSee '{path} --help' for usage.") from None
    if flags.is_on("help"):
        return Result(lines(command_page(path, row, verb)))
    for flag in refused:
        if flag.changed:
            raise Refusal(f"{path} --{flag.name}")
    if verb is None:
        return _run_group(row, path, flags)
    return _run_verb(verb, path, flags, session, stdin)


def _run_verb(verb: Verb, path: str, flags: FlagSet, session: Session, stdin: Sequence[Line]) -> Result:
    world = session.world
    context = flags.text("context") or world.current_context
    if context not in world.clusters:
        raise KubectlError(
            f"Error in configuration: context was not found for specified context: {context}", is_bare=True
        )
    cluster = world.clusters[context]
    call = Call(session, cluster, flags, path, stdin)
    result = call.result
    before = cluster.api.store.version
    try:
        verb.run(call)
    except Refusal:
        raise
    except QuizgameError as error:
        result.stderr.extend(lines(describe_error(error) + "\n"))
        result.exit = error.exit_status if isinstance(error, KubectlError) else 1
    if cluster.api.store.version != before:
        world.settle()
    return result


def _run_group(row: Row, path: str, flags: FlagSet) -> Result:
    if flags.args:
        # Source: kubectl pkg/cmd/util DefaultSubCommandRun: every word that is left stands in the quotes.
        raise UsageError(f'unknown command "{" ".join(flags.args)}"', path)
    page = command_page(path, row, None)
    # Source: golden bad-input/kubectl-top-noarg: a group called without a word prints its help on stderr and fails.
    return Result(stderr=lines(page), exit=1)


def _run_root(rest: Sequence[str]) -> Result:
    flags, _ = flag_set(None)
    try:
        flags.parse(rest)
    except HelpRequested:
        return Result(lines(root_page()))
    except FlagError as error:
        raise KubectlError(f"{error.message}\nSee 'kubectl --help' for usage.") from None
    if not flags.args:
        return Result(lines(root_page()))
    word = flags.args[0]
    text = f'unknown command "{word}" for "kubectl"'
    close = suggestions_for(word, [row.name for row in COMMANDS if row.group])
    if close:
        text += "\n\nDid you mean this?\n" + "\n".join(f"\t{name}" for name in close)
    raise KubectlError(text)
