"""Puts together what several members of a family showed, so that one mistake is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from quizgame.content.scenario.variables import Value
from quizgame.yamlsource.place import YamlProblem


class Member(Protocol):
    """What playing one member showed to be wrong."""

    @property
    def seed(self) -> int:
        """Which one."""
        ...  # pragma: no cover

    @property
    def values(self) -> Mapping[str, Value]:
        """What was drawn for it."""
        ...  # pragma: no cover

    @property
    def problems(self) -> tuple[YamlProblem, ...]:
        """What is wrong with it."""
        ...  # pragma: no cover


def gathered(members: Sequence[Member]) -> tuple[YamlProblem, ...]:
    """All problems, each once, sorted by place; which seeds have it is said where not all do.

    Problems are the same if they are at the same place and say the same but for what was drawn.
    """
    first: dict[tuple[object, str], YamlProblem] = {}
    seeds: dict[tuple[object, str], list[int]] = {}
    for member in members:
        for problem in member.problems:
            key = (problem.place, _without_drawn(problem.message, member.values))
            first.setdefault(key, problem)
            if member.seed not in (known := seeds.setdefault(key, [])):
                known.append(member.seed)
    return tuple(sorted(_with_seeds(first[key], seeds[key], len(members)) for key in first))


def unexplained(effects: Iterable[YamlProblem], causes: Sequence[YamlProblem]) -> list[YamlProblem]:
    """The effects that no cause at the same place explains."""
    known = {problem.place for problem in causes}
    return [problem for problem in effects if problem.place not in known]


def _with_seeds(problem: YamlProblem, seeds: Sequence[int], members: int) -> YamlProblem:
    if len(seeds) == members:
        return problem
    shown = ", ".join(map(str, sorted(seeds)))
    return YamlProblem(problem.place, f"{problem.message} (seed{'s' if len(seeds) > 1 else ''} {shown})")


def _without_drawn(message: str, values: Mapping[str, Value]) -> str:
    """A message with placeholders in place of what was drawn, the longest first."""
    drawn: dict[str, str] = {}
    for name, value in values.items():
        parts = (
            {f"{name}.{part}": each for part, each in value.items()} if isinstance(value, Mapping) else {name: value}
        )
        drawn.update({str(each): f"${{{full}}}" for full, each in parts.items()})
    for text in sorted(drawn, key=len, reverse=True):
        message = message.replace(text, drawn[text])
    return message
