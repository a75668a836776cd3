"""The scenarios and labs that can be played, and the learner's attempts at them in the store.

Rules for this file: no Textual. Everything here runs on the desk's thread, which owns the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quizgame import __version__
from quizgame.content.scenarios import KINDS, ScenarioLibrary, ScenarioSource, load_scenarios
from quizgame.game.events import Event, Payload
from quizgame.tui.meters import counted

if TYPE_CHECKING:
    from quizgame.store.store import Attempt as Record
    from quizgame.store.store import Store

LINE = "line"


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that was begun and not submitted."""

    record: Record
    title: str
    lines: int
    """How many lines were run."""
    points: int
    """Earned by what was seen, less what was charged, as recorded."""
    done: int
    """How many steps or tasks have been earned."""
    facts: tuple[str, ...]
    """What was seen, as recorded; the last ones."""
    can_go_on: bool
    """Whether file and program are those that it was begun with; if not, what is recorded stands."""

    @property
    def so_far(self) -> str:
        """How far it has come, in a few words."""
        return f"{counted(self.done, 'task')} done" if self.record.kind == "lab" else counted(self.points, "point")


@dataclass(frozen=True, slots=True)
class ShelfEntry:
    """One scenario or lab as the list shows it."""

    id: str
    kind: str
    """``scenario`` or ``lab``."""
    title: str
    domain: str
    difficulty: str
    minutes: int
    best: int | None
    """The best score of those submitted; ``None`` where there is none."""
    has_passed: bool
    is_open: bool
    """Whether an attempt is under way."""


class Shelf:
    """Scenarios and attempts.

    Args:
        library: The scenarios.
        store: The learner's store.
        now: The clock.
        new_seed: A seed where the learner gave none.
    """

    def __init__(
        self, library: ScenarioLibrary, store: Store, now: Callable[[], datetime], new_seed: Callable[[], int]
    ) -> None:
        self.library = library
        self._store = store
        self._now = now
        self.new_seed = new_seed

    @classmethod
    def load(
        cls, folders: Iterable[Path], store: Store, now: Callable[[], datetime], new_seed: Callable[[], int]
    ) -> Shelf:
        """Load the scenarios of these folders; broken ones are left out and told by ``library.problems``."""
        return cls(load_scenarios(folders), store, now, new_seed)

    def sources(self) -> list[ScenarioSource]:
        """What can be played: labs, then scenarios, of each the easiest first."""
        order = ("easy", "medium", "hard")
        return sorted(
            self.library.sources.values(),
            key=lambda one: (one.kind, order.index(one.sample.difficulty.value), one.sample.domain, one.id),
        )

    def entries(self) -> list[ShelfEntry]:
        """All scenarios and labs with what the learner made of them."""
        best: dict[str, int] = {}
        passed: set[str] = set()
        for attempt in self._attempts():
            if attempt.result is not None:
                best[attempt.subject] = max(best.get(attempt.subject, 0), int(attempt.result["score"]))
                if attempt.result["passed"]:
                    passed.add(attempt.subject)
        opened = {record.subject for record in self._newest_open()}
        return [
            ShelfEntry(
                source.id, source.kind, source.sample.title, source.sample.domain, source.sample.difficulty.value,
                source.sample.minutes, best.get(source.id), source.id in passed, source.id in opened,
            )
            for source in self.sources()
        ]  # fmt: skip

    def open_attempt(self, source: ScenarioSource | None = None) -> OpenAttempt | None:
        """The attempt under way, the newest; ``None`` where there is none.

        Args:
            source: At this scenario or lab, which need not be in the library; ``None``: at whatever is in it.
        """
        for record in self._newest_open():
            if source is None or (record.kind, record.subject) == (source.kind, source.id):
                return self._opened(record, source or self.library.sources.get(record.subject))
        return None

    def begin(self, source: ScenarioSource, seed: int, started: Payload) -> Record:
        """Begin an attempt; an older one at the same scenario is thereby given up."""
        return self._store.start_attempt(
            source.kind, subject=source.id, seed=seed, payload=started, now=self._now(), pack=source.digest
        )

    def events(self, record: Record) -> Sequence[Event]:
        """The events of an attempt."""
        return self._store.events(record.id)

    def append(self, record: Record, event: Event) -> None:
        """Record an event."""
        self._store.append(record.id, event)

    def finish(self, record: Record, event: Event) -> None:
        """Record the last event."""
        self._store.finish(record.id, event)

    def _newest_open(self) -> list[Record]:
        """Open attempts, the newest first, that no later attempt at the same scenario has replaced."""
        newest = {attempt.subject: attempt.id for attempt in self._attempts()}
        opened = [record for kind in KINDS for record in self._store.open_attempts(kind)]
        opened.sort(key=lambda record: record.id, reverse=True)
        return [record for record in opened if newest[record.subject] == record.id]

    def _attempts(self) -> list[Record]:
        """All attempts, the oldest first."""
        found = [attempt for kind in KINDS for attempt in self._store.attempts(kind)]
        return sorted(found, key=lambda attempt: attempt.id)

    def _opened(self, record: Record, source: ScenarioSource | None) -> OpenAttempt:
        events = self._store.events(record.id)
        ran = [event.payload for event in events if event.type == LINE]
        earned = sum(points for payload in ran for points in payload["earned"].values())
        charged = sum(each["points"] for payload in ran for each in payload["deductions"])
        facts = [fact for payload in ran for fact in payload["facts"]]
        return OpenAttempt(
            record,
            str(events[0].payload.get("title", record.subject)),
            len(ran),
            max(0, earned - charged),
            sum(len(payload["earned"]) for payload in ran),
            tuple(facts),
            source is not None and source.digest == record.pack and record.engine == __version__,
        )
