"""The report of an exam: score, domains, competencies, and what to study from which sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quizgame.content.library import BankQuestion
from quizgame.game.events import Payload
from quizgame.game.quiz.items import Response


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one question of an exam went."""

    id: str
    domain: str
    competency: str
    response: Response
    right: bool
    flagged: bool

    @property
    def is_answered(self) -> bool:
        """Whether it was answered at all; what was not counts as wrong."""
        return bool(self.response)


@dataclass(frozen=True, slots=True)
class Tally:
    """Right answers of a part of an exam."""

    name: str
    """A domain's or a competency's slug."""
    right: int
    total: int

    @property
    def percent(self) -> int:
        """Rounded down, so that nobody reads a pass out of a fail."""
        return 100 * self.right // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class Study:
    """What to read again for one competency."""

    competency: str
    missed: int
    sources: tuple[str, ...]
    """Those of the questions missed, the most frequent first."""


@dataclass(frozen=True, slots=True)
class ExamReport:
    """What an exam ends with."""

    blueprint: str
    pass_percent: int
    right: int
    total: int
    submitted_by: str
    """``learner``, or ``time`` when it ran out."""
    items: tuple[ItemResult, ...]

    @property
    def percent(self) -> int:
        """Rounded down."""
        return Tally("", self.right, self.total).percent

    @property
    def is_pass(self) -> bool:
        """Whether the exact share of right answers reaches the pass mark."""
        return self.total > 0 and 100 * self.right >= self.pass_percent * self.total

    def by_domain(self) -> tuple[Tally, ...]:
        """One tally a domain, sorted by name."""
        return _tallies((item.domain, item.right) for item in self.items)

    def by_competency(self) -> tuple[Tally, ...]:
        """One tally a competency, sorted by name."""
        return _tallies((item.competency, item.right) for item in self.items)

    def to_study(self, bank: Mapping[str, BankQuestion]) -> tuple[Study, ...]:
        """What to study, the competencies with most misses first; sources come from the bank as it is now."""
        missed: dict[str, list[ItemResult]] = {}
        for item in self.items:
            if not item.right:
                missed.setdefault(item.competency, []).append(item)
        studies = []
        for competency, items in missed.items():
            counts: dict[str, int] = {}
            for item in items:
                for source in bank[item.id].question.sources if item.id in bank else ():
                    counts[source] = counts.get(source, 0) + 1
            sources = tuple(sorted(counts, key=lambda source: (-counts[source], source)))
            studies.append(Study(competency, len(items), sources))
        return tuple(sorted(studies, key=lambda study: (-study.missed, study.competency)))

    def payload(self) -> Payload:
        """The report as the last event of the exam's attempt records it."""
        return {
            "blueprint": self.blueprint,
            "pass": self.pass_percent,
            "by": self.submitted_by,
            "right": self.right,
            "total": self.total,
            "percent": self.percent,
            "passed": self.is_pass,
            "items": [
                {
                    "id": item.id,
                    "domain": item.domain,
                    "competency": item.competency,
                    "response": list(item.response),
                    "right": item.right,
                    "flagged": item.flagged,
                }
                for item in self.items
            ],
        }


def report_from(payload: Payload) -> ExamReport:
    """The report that an exam's last event recorded; it needs no pack."""
    items = tuple(
        ItemResult(
            item["id"], item["domain"], item["competency"], tuple(item["response"]), item["right"], item["flagged"]
        )
        for item in payload["items"]
    )
    return ExamReport(payload["blueprint"], payload["pass"], payload["right"], payload["total"], payload["by"], items)


def _tallies(results: Iterable[tuple[str, bool]]) -> tuple[Tally, ...]:
    right: dict[str, int] = {}
    total: dict[str, int] = {}
    for name, is_right in results:
        right[name] = right.get(name, 0) + is_right
        total[name] = total.get(name, 0) + 1
    return tuple(Tally(name, right[name], total[name]) for name in sorted(total))
