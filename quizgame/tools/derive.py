"""Which facts a line keeps when a text tool hands it on, changed or not.

The rule: a line passed on unchanged (or only numbered) keeps its facts; a line made from others keeps those facts of
its sources whose witnesses it still shows, each as a whole word; a count of lines shows none. A fact without witnesses
is shown by its own line alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from quizgame.tools.facts import Fact
from quizgame.tools.output import Line

TOKEN = re.compile(r"[^\W_]+")
"""The words by which lines and witnesses are indexed: runs of letters and digits."""


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


class SourceIndex:
    """Many source lines, prepared so that what a text shows of them is found without looking at each."""

    def __init__(self, sources: Iterable[Line] = ()) -> None:
        self._by_text: dict[str, list[Fact]] = {}
        self._by_token: dict[str, list[Fact]] = {}
        self._known: set[tuple[Fact, tuple[str, ...]]] = set()
        self._without_token: list[Fact] = []
        for source in sources:
            self.add(source)

    def add(self, source: Line) -> None:
        """Take in one more source."""
        if source.facts:
            self._by_text.setdefault(source.text, []).extend(source.facts)
        for fact in source.facts:
            if not fact.witnesses or (fact, fact.witnesses) in self._known:
                continue
            self._known.add((fact, fact.witnesses))
            tokens = [token for witness in fact.witnesses for token in TOKEN.findall(witness)]
            if tokens:
                rarest = min(tokens, key=lambda token: len(self._by_token.get(token, ())))
                self._by_token.setdefault(rarest, []).append(fact)
            else:
                self._without_token.append(fact)

    def _candidates(self, text: str) -> Iterator[Fact]:
        """Facts that the text may show: a necessary word of each stands in it."""
        for token in dict.fromkeys(TOKEN.findall(text)):
            yield from self._by_token.get(token, ())
        yield from self._without_token

    def derived(self, text: str, end: str = "\n") -> Line:
        """Make a line from any of the sources; see ``derived``."""
        facts = dict.fromkeys(self._by_text.get(text, ()))
        facts.update(dict.fromkeys(fact for fact in self._candidates(text) if shows(fact, text)))
        return Line(text, tuple(facts), end)


def derived_stream(outputs: Sequence[Line], sources: Iterable[Line]) -> list[Line]:
    """Make lines from a document as a whole (``jq``, an editor, a here-string).

    A fact whose witnesses all stand in the output goes to the first line that shows it, else to the line that completes
    it; one without witnesses goes to a line that equals its own.
    """
    bearing = [source for source in sources if source.facts]
    if not bearing:
        return list(outputs)
    unwitnessed = {source.text: [fact for fact in source.facts if not fact.witnesses] for source in bearing}
    found = [list(unwitnessed.get(line.text, ())) for line in outputs]
    places = _Places([line.text for line in outputs])
    for fact, _ in dict.fromkeys(
        (fact, fact.witnesses) for source in bearing for fact in source.facts if fact.witnesses
    ):
        place = places.of(fact)
        if place is not None:
            found[place].append(fact)
    return [
        Line(line.text, tuple(dict.fromkeys((*line.facts, *facts))), line.end) if facts else line
        for line, facts in zip(outputs, found, strict=True)
    ]


class _Places:
    """Where in an output words stand, by the words of each line."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._lines_of: dict[str, list[int]] = {}
        self._first: dict[str, int | None] = {}
        for number, text in enumerate(texts):
            for token in set(TOKEN.findall(text)):
                self._lines_of.setdefault(token, []).append(number)

    def of(self, fact: Fact) -> int | None:
        """The first line that shows the fact, or the one that completes it, or nothing."""
        firsts = [self._first_line(witness) for witness in fact.witnesses]
        known = [first for first in firsts if first is not None]
        if len(known) < len(firsts):
            return None
        if len(set(known)) == 1:
            return known[0]
        rarest = min((self._lines(witness) for witness in fact.witnesses), key=len)
        return next((number for number in rarest if shows(fact, self._texts[number])), max(known))

    def _lines(self, witness: str) -> Sequence[int]:
        tokens = TOKEN.findall(witness)
        if not tokens:
            return range(len(self._texts))
        return min((self._lines_of.get(token, []) for token in tokens), key=len)

    def _first_line(self, witness: str) -> int | None:
        if witness not in self._first:
            lines = self._lines(witness)
            self._first[witness] = next((n for n in lines if shows_word(self._texts[n], witness)), None)
        return self._first[witness]


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
