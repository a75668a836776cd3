"""What a kubectl command is: a row of the table of commands and, once imported, its flags and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from quizgame.goflags.flagset import Flag
from quizgame.tools.kubectl.call import Call


@dataclass(frozen=True, slots=True)
class Verb:
    """A command that does something.

    Flags are made afresh for each run, since they hold the values.
    """

    run: Callable[[Call], None]
    usage: str
    """What follows the command's name on its usage line, ``[(-o|--output=)json|yaml|…] TYPE [NAME]``."""
    flags: Callable[[], list[Flag]] = list
    examples: str = ""
    refused_flags: Callable[[], list[Flag]] = list
    """Flags that the real command has and the simulation has not."""


@dataclass(frozen=True, slots=True)
class Row:
    """A command as the tables of commands list it."""

    name: str
    short: str
    """What it is for, one line."""
    target: str = ""
    """``module:attribute`` of its ``Verb``; empty for a group and for what is not simulated."""
    group: str = ""
    """Heading under which the root's help lists it."""
    children: tuple[Row, ...] = ()
    aliases: tuple[str, ...] = ()
    is_refused: bool = False
    """Whether all that its target does is to check the arguments before it says that it is not simulated."""
    long: str = ""
    """What its help page begins with; empty: ``short``."""

    @property
    def is_simulated(self) -> bool:
        """Whether it, or something below it, does what the real command does."""
        return any(child.is_simulated for child in self.children) or (bool(self.target) and not self.is_refused)

    def load(self) -> Verb:
        """Import the command."""
        module_name, _, attribute = self.target.partition(":")
        verb: Verb = getattr(import_module(f"quizgame.tools.kubectl.verbs.{module_name}"), attribute)
        return verb

    def child(self, word: str) -> Row | None:
        """The subcommand of this name or alias."""
        return next((each for each in self.children if word == each.name or word in each.aliases), None)
