"""Which facts a line keeps when a text tool hands it on, changed or not.

The rule: a line passed on unchanged (or only numbered) keeps its facts; a line made from others keeps those facts of
its sources whose witnesses it still shows, each as a whole word; a count of lines shows none. A fact without witnesses
is shown by its own line alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quizgame.tools.facts import Fact
from quizgame.tools.output import Line


def shows_word(text: str, word: str) -> bool:
    """Whether the word stands in the text, and not as a part of a longer word or number."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        is_open = start == 0 or not (word[:1].isalnum() and text[start - 1].isalnum())
        is_closed = end == len(text) or not (word[-1:].isalnum() and text[end].isalnum())
        if is_open and is_closed:
            return True
        start = text.find(word, start + 1)
    return False


def shows(fact: Fact, text: str) -> bool:
    """Whether a derived text still shows the fact: it has witnesses and all of them stand in the text."""
    return bool(fact.witnesses) and all(shows_word(text, witness) for witness in fact.witnesses)


def derived(text: str, sources: Iterable[Line], end: str = "\n") -> Line:
    """Make a line from the lines it was made of."""
    facts: dict[Fact, None] = {}
    for source in sources:
        for fact in source.facts:
            if fact not in facts and (source.text == text or shows(fact, text)):
                facts[fact] = None
    return Line(text, tuple(facts), end)


def derived_stream(outputs: Sequence[Line], sources: Iterable[Line]) -> list[Line]:
    """Make lines from a document as a whole (``jq``, an editor, a here-string).

    A fact whose witnesses all stand in the output goes to the first line that completes it; one without witnesses
    to a line that equals its own.
    """
    bearing = [source for source in sources if source.facts]
    if not bearing:
        return list(outputs)
    whole = "\n".join(line.text for line in outputs)
    found: dict[int, list[Fact]] = {}
    unchanged = {source.text: [fact for fact in source.facts if not fact.witnesses] for source in bearing}
    for number, line in enumerate(outputs):
        if unchanged.get(line.text):
            found[number] = list(unchanged[line.text])
    for fact in dict.fromkeys(fact for source in bearing for fact in source.facts if fact.witnesses):
        if all(witness in whole for witness in fact.witnesses):
            place = _completing_line(fact, outputs)
            if place is not None:
                found.setdefault(place, []).append(fact)
    return [
        Line(line.text, (*line.facts, *(f for f in found[number] if f not in line.facts)), line.end)
        if number in found
        else line
        for number, line in enumerate(outputs)
    ]


def _completing_line(fact: Fact, outputs: Sequence[Line]) -> int | None:
    missing = set(fact.witnesses)
    for number, line in enumerate(outputs):
        if shows(fact, line.text):
            return number
        missing = {witness for witness in missing if not shows_word(line.text, witness)}
        if not missing:
            return number
    return None


def joined(stream: Iterable[Line]) -> list[Line]:
    """Glue lines that were written without a line end to what follows them, as a file would."""
    whole: list[Line] = []
    for line in stream:
        if whole and not whole[-1].end:
            last = whole.pop()
            facts = tuple(dict.fromkeys((*last.facts, *line.facts)))
            whole.append(Line(last.text + line.text, facts, line.end))
        elif line.text or line.end:
            whole.append(line)
    return whole
