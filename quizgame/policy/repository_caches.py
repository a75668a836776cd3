"""What a repository has derived, until its premises change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from quizgame.policy.compiled import CompiledClause, CompiledRule
from quizgame.policy.map_state import MapState
from quizgame.policy.model import Protocol
from quizgame.policy.selectors import FqdnSelector, Prefix

StateKey = tuple[tuple[CompiledRule, ...], tuple[tuple[str, tuple[int, Protocol]], ...], bool, bool]


_STATES_KEPT: Final = 4096
"""Realized states kept before they are all forgotten; policies long gone would pile up otherwise."""


@dataclass(slots=True)
class Caches:
    """Derived values. Forks share the containers: they are replaced when their premises change, never emptied."""

    generation: int = -1
    """Of the identities that `selecting` and `peers` were computed for."""
    selecting: dict[int, tuple[CompiledRule, ...]] | None = None
    """The rules whose subject is the identity of a slot."""
    peers: dict[CompiledClause, int] = field(default_factory=dict)
    states: dict[StateKey, tuple[MapState, MapState]] = field(default_factory=dict)
    current: set[StateKey] = field(default_factory=set)
    """Keys of the states that are known to hold for this generation; the others must be looked at first."""
    built: int = 0
    """How many states were computed so far."""
    prefixes: tuple[Prefix, ...] | None = None
    fqdns: tuple[FqdnSelector, ...] | None = None
    port_names: dict[str, list[tuple[int, Protocol]]] | None = None

    def of_generation(self, generation: int) -> Caches:
        """Return these caches, without what was computed for other identities."""
        if self.generation != generation or len(self.states) > _STATES_KEPT:
            self.generation = generation
            self.selecting, self.peers, self.current = None, {}, set()
            self.states = dict(self.states) if len(self.states) <= _STATES_KEPT else {}
        return self

    def forget_rules(self) -> None:
        """Drop what depends on which rules there are; states are keyed by their rules and stay."""
        self.selecting, self.prefixes, self.fqdns = None, None, None

    def forget_states(self) -> None:
        """Drop what depends on port names of the cluster."""
        self.states, self.current, self.port_names = {}, set(), None
