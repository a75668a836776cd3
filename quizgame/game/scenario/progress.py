"""What an attempt has come to so far: facts seen, points earned, answers given, points taken away."""

from __future__ import annotations

from dataclasses import dataclass, field

from quizgame.content.scenario.scenario import Scenario
from quizgame.content.scenario.steps import EvidenceStep
from quizgame.game.quiz.grading import Confidence
from quizgame.game.scenario.conduct import Deduction, Offence, charge
from quizgame.game.scenario.steps import closing_diagnosis
from quizgame.tools.facts import Fact


@dataclass(frozen=True, slots=True)
class Given:
    """A diagnosis as it was given."""

    chosen: tuple[int, ...]
    """Positions of the chosen options in the file, in ascending order."""
    confidence: Confidence | None
    """``None`` where the learner did not say."""
    command: int
    """Index of the line."""


@dataclass(slots=True)
class Progress:
    """The state of an attempt's score; an attempt is its one owner."""

    scenario: Scenario
    seen: dict[Fact, int]
    """Fact → the line that showed it first; the workstation fills it."""
    earned: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Step → points, and the line that earned them."""
    answers: dict[str, Given] = field(default_factory=dict)
    """Diagnosis → what was given."""
    deductions: list[Deduction] = field(default_factory=list)
    hints: int = 0
    """How many were bought."""
    repeats: int = 0
    """Lines that showed nothing new."""
    holds_since: int | None = None
    """The line since which the repair holds without a break; ``None`` where it does not hold."""
    holds_since_ns: int = 0
    """The simulated instant at the end of that line."""

    @property
    def is_diagnosed(self) -> bool:
        """Whether every diagnosis has been given, so that no more evidence counts."""
        return all(step.id in self.answers for step in self.scenario.diagnoses)

    @property
    def open_evidence(self) -> list[EvidenceStep]:
        """Evidence that can still be earned."""
        return [step for step in self.scenario.evidence if self.is_open(step)]

    def is_open(self, step: EvidenceStep) -> bool:
        """Whether a piece of evidence can still be earned."""
        closing = closing_diagnosis(self.scenario, step)
        return step.id not in self.earned and (closing is None or closing.id not in self.answers)

    def points_of(self, step: str) -> int:
        """Points that a step has earned so far."""
        return self.earned.get(step, (0, None))[0]

    def charge(self, offence: Offence, reason: str, command: int | None) -> None:
        """Take points for an offence, as far as its cap leaves any."""
        deduction = charge(offence, reason, command, self.deductions)
        if deduction is not None:
            self.deductions.append(deduction)
