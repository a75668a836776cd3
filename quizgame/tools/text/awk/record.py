"""The current record and its fields."""

from __future__ import annotations

from collections.abc import Callable

from quizgame.tools.text.awk.syntax import AwkProblem
from quizgame.tools.text.awk.values import Value, from_input
from quizgame.tools.text.regex import Regex

MAX_FIELDS = 100_000


def split_fields(text: str, separator: str, compile_pattern: Callable[[str], Regex]) -> list[str]:
    """Split a record by ``FS``: blanks for a single space, one other character as it is, else a regex."""
    if text == "":
        return []
    if separator == " ":
        return text.split()
    if separator == "":
        return list(text)
    if len(separator) == 1 and separator not in "\\":
        return text.split(separator)
    out: list[str] = []
    position = 0
    for match in compile_pattern(separator).find_all(text):
        if match.end() > match.start():
            out.append(text[position : match.start()])
            position = match.end()
    return [*out, text[position:]]


class Record:
    """``$0`` and ``$1`` … ``$NF``, each made from the other when asked for.

    Args:
        split: splits a record's text by the present ``FS``.
        output_separator: the present ``OFS``.
    """

    def __init__(self, split: Callable[[str], list[str]], output_separator: Callable[[], str]) -> None:
        self._split = split
        self._output_separator = output_separator
        self._text = ""
        self._fields: list[str] | None = []
        self._is_stale = False

    def load(self, text: str) -> None:
        """Replace the whole record."""
        self._text = text
        self._fields = None
        self._is_stale = False

    @property
    def text(self) -> str:
        """``$0``."""
        if self._is_stale:
            self._text = self._output_separator().join(self._fields or [])
            self._is_stale = False
        return self._text

    @property
    def fields(self) -> list[str]:
        """``$1`` and on."""
        if self._fields is None:
            self._fields = self._split(self._text)
        return self._fields

    def get(self, index: int) -> Value:
        """One field; one that is not there is empty.

        Raises:
            AwkProblem: for a negative index.
        """
        if index == 0:
            return from_input(self.text)
        if index < 0:
            raise AwkProblem(f"attempt to access field {index}")
        fields = self.fields
        return from_input(fields[index - 1]) if index <= len(fields) else from_input("")

    def set(self, index: int, text: str) -> None:
        """Assign a field; ``$0`` is rebuilt."""
        if index == 0:
            self.load(text)
            return
        if index < 0 or index > MAX_FIELDS:
            raise AwkProblem(f"attempt to access field {index}")
        fields = self.fields
        fields.extend([""] * (index - len(fields)))
        fields[index - 1] = text
        self._is_stale = True

    def resize(self, count: int) -> None:
        """Assign ``NF``."""
        if count < 0 or count > MAX_FIELDS:
            raise AwkProblem("NF set to negative value")
        fields = self.fields
        del fields[count:]
        fields.extend([""] * (count - len(fields)))
        self._is_stale = True
