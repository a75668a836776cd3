"""What could be typed next: the shell's own proposals, and the game's words with their steps and choices. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quizgame.tools.shell.completion import complete

if TYPE_CHECKING:
    from quizgame.game.scenario.workstation import Workstation


def proposals(attempt: Workstation, line: str, cursor: int) -> list[str]:
    """Whole words that could stand in place of the one that ends at the cursor, sorted."""
    before = line[:cursor]
    words = before.split()
    word = "" if not words or before[-1:].isspace() else words[-1]
    done = words[:-1] if word else words
    if not done:
        own = {name for name in attempt.words if name.startswith(word)}
        return sorted(own | set(complete(attempt.session, line, cursor, attempt.shell.tools)))
    if done[0] in attempt.words:
        return sorted(each for each in attempt.proposals(done) if each.startswith(word))
    return complete(attempt.session, line, cursor, attempt.shell.tools)


def extension(word: str, found: Sequence[str]) -> str:
    """What can be added to a word without choosing: the rest of the only proposal, or what all have in common."""
    if not found:
        return ""
    if len(found) == 1:
        return found[0][len(word) :] + ("" if found[0].endswith(("/", "=")) else " ")
    first, last = min(found), max(found)
    shared = next((place for place, char in enumerate(first) if last[place] != char), len(first))
    return first[len(word) : shared]


def word_at(line: str, cursor: int) -> str:
    """The word that ends at the cursor, as completion sees it."""
    before = line[:cursor]
    for separator in (" ", "\t", "|", ";", "&", "(", "<", ">"):
        before = before.rpartition(separator)[2]
    return before
