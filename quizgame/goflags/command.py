"""cobra: a tree of commands, the search for the one that was meant, and the default help page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from quizgame.goflags.errors import HelpRequested, UnknownCommandError
from quizgame.goflags.flagset import Flag, FlagSet, boolean
from quizgame.goflags.suggest import suggestions_for
from quizgame.goflags.usage import flag_usages


@dataclass(eq=False, slots=True)
class Command:
    """A command and its subcommands.

    Build the tree with `add`, then call `invoke` on its root. The root's name is the program's.
    """

    use: str
    """Name and arguments, as ``get KIND [NAME]``; the first word is the name."""
    short: str = ""
    long: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    flags: list[Flag] = field(default_factory=list)
    """Flags of this command alone."""
    persistent_flags: list[Flag] = field(default_factory=list)
    """Flags of this command and everything below it."""
    suggest_for: tuple[str, ...] = ()
    """Wrong words for which this command is suggested."""
    hidden: bool = False
    runnable: bool = True
    """A command that only groups others is not runnable; called, it prints its help."""
    interspersed: bool = True
    check_args: Callable[[Command, Sequence[str]], None] | None = None
    """Raises to refuse the positional words; ``None``: cobra's rule (a root refuses unknown words, others ignore)."""
    parent: Command | None = None
    children: list[Command] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The word that calls the command."""
        return self.use.split(" ", 1)[0]

    @property
    def path(self) -> str:
        """The words that call it from the root, as ``hubble list nodes``."""
        return f"{self.parent.path} {self.name}" if self.parent else self.name

    @property
    def visible_children(self) -> list[Command]:
        """Subcommands that help lists, sorted by name."""
        return sorted((child for child in self.children if not child.hidden), key=lambda child: child.name)

    def add(self, *children: Command) -> Command:
        """Put commands below this one; return this one."""
        for child in children:
            child.parent = self
            self.children.append(child)
        return self

    def lineage(self) -> Iterator[Command]:
        """Yield this command, its parent and so on up to the root."""
        command: Command | None = self
        while command is not None:
            yield command
            command = command.parent

    def child(self, word: str) -> Command | None:
        """Return the subcommand of this name or alias."""
        return next((child for child in self.children if word == child.name or word in child.aliases), None)

    def flag_set(self) -> FlagSet:
        """Return all flags that the command takes, ``--help`` included."""
        flags = FlagSet.of(self.flags, interspersed=self.interspersed)
        for command in self.lineage():
            flags.add(command.persistent_flags)
        if "help" not in flags:
            flags.add([boolean("help", f"help for {self.name}", short="" if "h" in flags.shorts else "h")])
        return flags

    def find(self, words: Sequence[str]) -> tuple[Command, list[str]]:
        """Return the command that the words name and the words left for it.

        Raises:
            UnknownCommandError: The root has no such command.
        """
        command, rest = self, [*words]
        while True:
            flags = command.flag_set()
            positions = _positional(rest, flags)
            child = command.child(rest[positions[0]]) if positions else None
            if child is None:
                break
            del rest[positions[0]]
            command = child
        if command.check_args is None and command.parent is None and command.children and positions:
            word = rest[positions[0]]
            raise UnknownCommandError(word, command.path, command.suggestions(word))
        return command, rest

    def suggestions(self, word: str) -> tuple[str, ...]:
        """Return the subcommands that resemble a word."""
        close = set(suggestions_for(word, [child.name for child in self.children if not child.hidden]))
        return tuple(
            child.name
            for child in self.children
            if child.name in close or (not child.hidden and word.lower() in map(str.lower, child.suggest_for))
        )

    def invoke(self, words: Sequence[str]) -> Invocation:
        """Find the command, parse its flags and check its arguments.

        Raises:
            UnknownCommandError: The first word names no command.
            FlagError: A flag is wrong.
            HelpRequested: Never; see `Invocation.wants_help`.
        """
        command, rest = self.find(words)
        flags = command.flag_set()
        try:
            flags.parse(rest)
        except HelpRequested:
            return Invocation(command, flags, wants_help=True)
        wants_help = flags.is_on("help") or not command.runnable
        if not wants_help and command.check_args:
            command.check_args(command, flags.args)
        return Invocation(command, flags, wants_help)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command line asks for."""

    command: Command
    flags: FlagSet
    wants_help: bool = False
    """``--help`` was given, or the command only groups others."""

    @property
    def args(self) -> list[str]:
        """The positional words."""
        return self.flags.args


def help_page(command: Command) -> str:
    """Return cobra's default help page.

    # Source: spf13/cobra command.go, default help and usage templates.
    """
    about = (command.long or command.short).rstrip()
    return (about + "\n\n" if about else "") + usage_page(command)


def usage_page(command: Command) -> str:
    """Return cobra's default usage text: what a wrong command line gets where a tool prints usage."""
    out = ["Usage:"]
    if command.runnable:
        out.append(f"\n  {use_line(command)}")
    if command.children:
        out.append(f"\n  {command.path} [command]")
    if command.aliases:
        out.append("\n\nAliases:\n  " + ", ".join((command.name, *command.aliases)))
    if command.example:
        out.append(f"\n\nExamples:\n{command.example}")
    visible = command.visible_children
    if visible:
        width = max(11, *(len(child.name) for child in command.children))
        out.append("\n\nAvailable Commands:")
        out += [f"\n  {child.name:<{width}} {child.short}" for child in visible]
    own = flag_usages([*command.flags, *command.persistent_flags, command.flag_set()["help"]]).rstrip()
    out.append(f"\n\nFlags:\n{own}" if own else "")
    inherited = [flag for above in command.lineage() if above is not command for flag in above.persistent_flags]
    if inherited:
        out.append(f"\n\nGlobal Flags:\n{flag_usages(inherited).rstrip()}")
    if visible:
        out.append(f'\n\nUse "{command.path} [command] --help" for more information about a command.')
    return "".join(out) + "\n"


def use_line(command: Command) -> str:
    """Return the line that shows how to call a command, ``cilium status [flags]``."""
    line = f"{command.parent.path} {command.use}" if command.parent else command.use
    return line if "[flags]" in line else line + " [flags]"


def _positional(words: Sequence[str], flags: FlagSet) -> list[int]:
    """Return the places of the words that are no flags and no values of flags, up to ``--``.

    # Source: spf13/cobra command.go stripFlags: an unknown flag without ``=`` is taken to have a value.
    """
    places: list[int] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            break
        if word.startswith("--"):
            flag = flags.flags.get(word[2:])
            takes_word = "=" not in word and not (flag and flag.no_opt_default)
        elif word.startswith("-"):
            flag = flags.shorts.get(word[1:2])
            takes_word = len(word) == 2 and "=" not in word and not (flag and flag.no_opt_default)
        else:
            if word:
                places.append(at - 1)
            continue
        if takes_word:
            if at + 1 >= len(words):
                break
            at += 1
    return places
