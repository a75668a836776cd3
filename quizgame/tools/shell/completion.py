"""What could stand at the cursor: programs, files, and the words that a tool itself proposes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from quizgame.tools import folder
from quizgame.tools.registry import Programs
from quizgame.tools.session import Session, Tool
from quizgame.tools.shell.builtins import BUILTINS

SEPARATORS = frozenset("|;&(")
WRAPPERS = frozenset(
    ("watch", "time", "timeout", "xargs", "env", "command", "sudo", "!", "then", "do", "else", "if", "while", "until")
)
"""Words after which a program's name may stand."""


@runtime_checkable
class CompletingTool(Protocol):
    """A tool that proposes words of its own."""

    def complete(self, argv: Sequence[str], session: Session) -> Iterable[str]:
        """Candidates for the last word of ``argv`` (``argv[0]`` is the tool's name); may give more than fit."""
        ...  # pragma: no cover


def complete(session: Session, line: str, cursor: int, tools: Mapping[str, Tool] | None = None) -> list[str]:
    """Propose whole words to stand in place of the one that ends at the cursor.

    Args:
        session: whose files and world are looked at.
        line: the line being typed.
        cursor: position in it, 0 to its length.
        tools: the programs; by default the workstation's.

    Returns:
        The proposals, sorted; folders end in ``/``. Empty inside quotes that are still open.
    """
    words, is_open = _words_before(line[: max(0, cursor)])
    if is_open:
        return []
    available = Programs() if tools is None else tools
    word = words[-1]
    if len(words) == 1 or words[-2] in WRAPPERS:
        return sorted(name for name in {*available, *BUILTINS} if name.startswith(word) and name.isidentifier())
    proposals = {name for name in _tool_words(words, session, available) if name.startswith(word)}
    if not proposals or "/" in word:
        lead = word[: word.find("=") + 1] if word.startswith("-") else ""
        proposals.update(lead + file for file in _files(session, word[len(lead) :]))
    return sorted(proposals)


def _tool_words(words: list[str], session: Session, tools: Mapping[str, Tool]) -> Iterable[str]:
    start = 0
    if words[0] in WRAPPERS or "=" in words[0]:
        start = next((place for place, each in enumerate(words[:-1]) if each in tools and each not in WRAPPERS), 0)
    if words[start] not in tools:
        return ()
    tool = tools[words[start]]
    return tool.complete(words[start:], session) if isinstance(tool, CompletingTool) else ()


def _words_before(text: str) -> tuple[list[str], bool]:
    """The words of the command that the text ends in (the last may be empty), and whether a quote is open."""
    words: list[str] = [""]
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        if quote:
            quote = "" if char == quote else quote
            words[-1] += "" if not quote else char
        elif char in "'\"":
            quote = char
        elif char == "\\" and position + 1 < len(text):
            position += 1
            words[-1] += text[position]
        elif char in SEPARATORS:
            words = [""]
        elif char in " \t\n<>":
            if words[-1]:
                words.append("")
        else:
            words[-1] += char
        position += 1
    return words, bool(quote)


def _files(session: Session, word: str) -> list[str]:
    base, slash, start = word.rpartition("/")
    place = (base or "/") if slash else "."
    if not folder.is_folder(session, place):
        return []
    out: list[str] = []
    for name in folder.entries(session, place):
        if name.startswith(start) and (not name.startswith(".") or start.startswith(".")):
            path = f"{base}{slash}{name}"
            out.append(path + "/" if folder.is_folder(session, path) else path)
    return out
