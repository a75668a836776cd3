"""Evidence: whether what a learner has seen contains what a step wants."""

from __future__ import annotations

from collections.abc import Iterable

from quizgame.content.scenario.steps import Wanted
from quizgame.tools.facts import Fact
from quizgame.tools.output import Line


def holds(wanted: Wanted, seen: Iterable[Fact]) -> bool:
    """Whether the facts seen contain the wanted ones. Facts of an ``all`` may come from different lines.

    In wanted values ``*`` and ``?`` stand for any text and any character; brackets stand for themselves, since fields
    of objects hold them.
    """
    facts = seen if isinstance(seen, list | tuple | set | frozenset | dict) else tuple(seen)
    simple = wanted.simple
    if simple is not None:
        kind, attributes = simple
        patterns = {key: value.replace("[", "[[]") for key, value in attributes.items()}
        return any(fact.kind == kind and fact.matches(patterns) for fact in facts)
    if wanted.any is not None:
        return any(holds(part, facts) for part in wanted.any)
    return all(holds(part, facts) for part in wanted.all or ())


def facts_of(lines: Iterable[Line]) -> tuple[Fact, ...]:
    """The facts of some lines, each once, in the order in which they are shown."""
    return tuple(dict.fromkeys(fact for line in lines for fact in line.facts))
