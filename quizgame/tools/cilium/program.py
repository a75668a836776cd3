"""``cilium`` itself: finds the command, reads its flags, runs it, and words what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quizgame.cluster.apierror import ApiError
from quizgame.goflags.command import Command, Invocation, help_page
from quizgame.goflags.errors import FlagError, UnknownCommandError
from quizgame.goflags.flagset import string, string_array
from quizgame.tools.cilium.call import RELEASE, SYSTEM, BareFailure, Call, CommandFailed, NotSimulated, Sub
from quizgame.tools.cilium.commands import COMMANDS, GROUPS, REFUSED, ROOT_EXAMPLE, ROOT_LONG
from quizgame.tools.output import Line, Result, failure, lines, not_simulated
from quizgame.tools.session import Session

REFUSED_EVERYWHERE = ("as", "as-group", "kubeconfig")
"""Flags of all commands that the real tool has and the simulation has not."""
SECONDS_PER_RUN = 1
"""Simulated time that every invocation takes."""


class Cilium:
    """The program."""

    name = "cilium"

    def run(self, argv: Sequence[str], session: Session, stdin: Sequence[Line]) -> Result:
        """Run one command line."""
        del stdin
        session.world.advance(SECONDS_PER_RUN)
        root, runs = command_tree()
        words = [*argv[1:]]
        if words[:1] == ["help"]:
            command, _ = root.find([word for word in words[1:] if root.child(words[1]) is not None])
            return Result(lines(help_page(command)))
        try:
            found = root.invoke(words)
        except UnknownCommandError as unknown:
            return Result(stderr=lines(f"{unknown}\n"), exit=1)
        except FlagError as wrong:
            command, _ = root.find(words)
            if command in runs and runs[command].is_refused:
                return not_simulated(f"cilium {runs[command].path}")
            return failure(str(wrong))
        sub = runs.get(found.command)
        if found.wants_help or sub is None:
            return Result(lines(help_page(found.command)))
        return _run(sub, found, session)

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        """Words that could stand in place of the last one (a ``CompletingTool``)."""
        from quizgame.tools.cilium.completing import proposals

        return proposals(argv[1:], session)


CILIUM = Cilium()


def command_tree() -> tuple[Command, dict[Command, Sub]]:
    """The commands, and what runs each; fresh for every invocation, since flags hold their values."""
    root = Command("cilium", long=ROOT_LONG, example="", persistent_flags=[
        string("as", "User to impersonate; a regular user or a service account"),
        string_array("as-group", "Group to impersonate; may be repeated"),
        string("context", "Kubeconfig context to use"),
        string("helm-release-name", "Name of the Helm release", default=RELEASE),
        string("kubeconfig", "Path of the kubeconfig file"),
        string("namespace", "Namespace of Cilium; the variable CILIUM_NAMESPACE sets it too", short="n",
               default=SYSTEM),
    ])  # fmt: skip
    root.long = f"{ROOT_LONG}\n\n{ROOT_EXAMPLE}"
    nodes: dict[str, Command] = {"": root}
    runs: dict[Command, Sub] = {}
    for path, short, aliases in GROUPS:
        nodes[path] = Command(path.rpartition(" ")[2], short=short, aliases=aliases, runnable=False)
        nodes[path.rpartition(" ")[0]].add(nodes[path])
    for sub in (*COMMANDS, *(_refusal(path, use, short) for path, use, short in REFUSED)):
        command = Command(
            sub.use, short=sub.short, long=sub.long, example=sub.example, flags=sub.flags(), aliases=sub.aliases
        )
        nodes[sub.path] = command
        nodes[sub.path.rpartition(" ")[0]].add(command)
        runs[command] = sub
    root.add(Command("help [command]", short="Help about any command"))
    return root, runs


def _refusal(path: str, use: str, short: str) -> Sub:
    def refuse(_call: Call) -> None:
        raise NotSimulated(f"cilium {path}")

    return Sub(path, use, short, refuse, is_refused=True)


def _run(sub: Sub, found: Invocation, session: Session) -> Result:
    flags, world = found.flags, session.world
    if sub.arguments is not None and len(found.args) != sub.arguments:
        return failure(f"accepts {sub.arguments} arg(s), received {len(found.args)}")
    for name in (*sorted(sub.refused_flags), *REFUSED_EVERYWHERE):
        if flags.changed(name):
            return not_simulated(f"cilium {sub.path} --{name}")
    context = flags.text("context") or world.current_context
    if context not in world.clusters:
        return failure(f'unable to create Kubernetes client: context "{context}" does not exist')
    namespace = flags.text("namespace")
    if not flags.changed("namespace"):
        namespace = session.variables.get("CILIUM_NAMESPACE", namespace)
    call = Call(session, world.clusters[context], namespace, flags.text("helm-release-name"), flags, found.args)
    try:
        sub.run(call)
    except NotSimulated as refused:
        told = not_simulated(str(refused))
        call.result.stderr += told.stderr
        call.result.exit = told.exit
    except CommandFailed as failed:
        call.complain(f"\nError: {failed}")
        call.result.exit = 1
    except BareFailure as failed:
        call.complain(str(failed))
        call.result.exit = 1
    except ApiError as error:
        call.complain(f"\nError: {error}")
        call.result.exit = 1
    world.settle()
    return call.result
