"""What an engine opens: an exercise with its record in the store, or a free cluster that nobody keeps.

Rules for this file: everything here runs on the world's thread; the store is reached on the desk's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from quizgame.game.events import Event
from quizgame.game.exercises import attempt_at
from quizgame.game.scenario.stage import Stage
from quizgame.game.scenario.workstation import Workstation
from quizgame.game.worlds import free_world

if TYPE_CHECKING:
    from quizgame.cluster.world import World
    from quizgame.content.scenarios import ScenarioSource
    from quizgame.store.store import Attempt as Record
    from quizgame.tui.desk import Desk
    from quizgame.tui.launch import FreeTerms
    from quizgame.tui.scenario.shelf import Shelf


class Opening(Protocol):
    """Something that can be opened, and opened again after a line went wrong."""

    def build(self) -> None:
        """Build the worlds; takes a while. Where nothing is under way, begin to record."""

    def fresh(self) -> Workstation:
        """A workstation on them, as it was before the first line."""

    def events(self) -> Sequence[Event]:
        """What has been recorded so far."""


class ExerciseOpening:
    """A scenario or a lab.

    Args:
        desk: Owns the store.
        shelf: The attempts in it; used on the desk's thread.
        source: What is played.
        seed: Which member of its family.
        record: The attempt under way; ``None``: a new one begins.
    """

    def __init__(
        self, desk: Desk, shelf: Shelf, source: ScenarioSource, seed: int, record: Record | None = None
    ) -> None:
        self._desk = desk
        self._shelf = shelf
        self._source = source
        self._seed = seed
        self._record = record
        self._stage: Stage | None = None

    def build(self) -> None:
        """Build the clusters, begin an attempt if none is under way."""
        stage = self._stage = Stage(self._source.draw(self._seed))
        _ = stage.broken
        if self._record is None:
            started = attempt_at(stage).started()
            self._record = self._desk.wait(self._shelf.begin, self._source, self._seed, started)

    def fresh(self) -> Workstation:
        """An attempt that goes on in the record."""
        if self._stage is None or self._record is None:
            raise RuntimeError("nothing has been built")
        return attempt_at(self._stage, _DeskJournal(self._desk, self._shelf, self._record))

    def events(self) -> Sequence[Event]:
        """What the record holds."""
        if self._record is None:
            raise RuntimeError("nothing has been built")
        return self._desk.wait(self._shelf.events, self._record)


class FreeOpening:
    """A free cluster; its record lasts as long as the screen.

    Args:
        terms: Which one.
        seed: What generated names depend on.
    """

    def __init__(self, terms: FreeTerms, seed: int = 0) -> None:
        self._terms = terms
        self._seed = seed
        self._world: World | None = None
        self._kept = _Memory()

    def build(self) -> None:
        """Build the clusters."""
        terms = self._terms
        self._world = terms.build() if terms.build is not None else free_world(clusters=terms.clusters, seed=self._seed)

    def fresh(self) -> Workstation:
        """A workstation on them."""
        if self._world is None:
            raise RuntimeError("nothing has been built")
        return Workstation(self._world.fork(), journal=self._kept)

    def events(self) -> Sequence[Event]:
        """What was done."""
        return tuple(self._kept.events)


class _Memory:
    """Keeps events while the screen is open, so that a failed line can be taken back."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    def finish(self, event: Event) -> None:
        """Keep the last event."""
        self.events.append(event)


class _DeskJournal:
    """Records events on the desk's thread, and waits for it."""

    def __init__(self, desk: Desk, shelf: Shelf, record: Record) -> None:
        self._desk = desk
        self._shelf = shelf
        self._record = record

    def append(self, event: Event) -> None:
        """Record an event."""
        self._desk.wait(self._shelf.append, self._record, event)

    def finish(self, event: Event) -> None:
        """Record the last event."""
        self._desk.wait(self._shelf.finish, self._record, event)
