"""The format of scenarios: a healthy world, what is wrong with it, and what shows that somebody has understood it."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Literal, Self

from pydantic import Field, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, PlacedError, Slug, Text
from quizgame.content.scenario.actions import Action
from quizgame.content.scenario.exercise import Exercise
from quizgame.content.scenario.parts import Probe
from quizgame.content.scenario.steps import (
    DiagnosisStep,
    EvidenceStep,
    RepairStep,
    Step,
    VerificationStep,
)


class Decoy(PackModel):
    """Another fault with the same symptom."""

    noun: ClassVar[str] = "decoy"

    fault: tuple[Action, ...] = Field(
        min_length=1, description="What would be wrong, in place of the scenario's fault."
    )
    reason: Text = Field(description="What tells it from the real cause.")
    repair: tuple[Line | Text, ...] = Field(
        (), description="Lines by which somebody who believes in it would repair it."
    )


class Hint(PackModel):
    """A hint, bought."""

    noun: ClassVar[str] = "hint"

    price: StrictInt = Field(ge=0, le=50, description="Points that it costs.")
    text: Text = Field(description="What it says.")


class Expert(PackModel):
    """A solution that earns all points."""

    noun: ClassVar[str] = "expert"

    name: Line = Field(description="What sets it apart.")
    lines: tuple[Text, ...] = Field(min_length=1, description="As typed; a here-document is one line with its body.")


class Scenario(Exercise):
    """A broken world to investigate, to repair, and to prove."""

    noun: ClassVar[str] = "scenario"

    kind: Literal["Scenario"] = Field(description="What this file holds.")
    fault: tuple[Action, ...] = Field((), description="What is wrong; left out: nothing is, and that is the diagnosis.")
    decoys: dict[Slug, Decoy] = Field(default_factory=dict, description="Other faults with the same symptom.")
    symptoms: tuple[Probe, ...] = Field((), description="Probes that fail in this world and in every decoy's: what the "
                                                        "learner is called for.")  # fmt: skip
    steps: tuple[Step, ...] = Field(min_length=2, description="What earns points; together 100.")
    hints: tuple[Hint, ...] = Field((), description="In the order in which they are given.")
    experts: tuple[Expert, ...] = Field(min_length=1, description="Solutions; the checker plays them.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = sum(step.points for step in self.steps)
        if total != 100:
            raise PlacedError(f"the points of the steps add up to {total}, not 100", "steps")
        seen: set[str] = set()
        for place, step in enumerate(self.steps):
            if step.id in seen:
                raise PlacedError(f'step "{step.id}" appears twice', "steps", place, "id")
            seen.add(step.id)
        kinds = Counter(step.kind for step in self.steps)
        if kinds["repair"] > 1 or kinds["verification"] > 1:
            raise PlacedError("at most one repair and one verification", "steps")
        if kinds["diagnosis"] == 0:
            raise PlacedError("a diagnosis is missing", "steps")
        if kinds["verification"] and not kinds["repair"]:
            raise PlacedError("a verification needs a repair to prove", "steps")
        if bool(self.fault) != bool(kinds["repair"]):
            raise PlacedError("a fault needs a repair, and a repair a fault", "fault" if self.fault else "steps")
        self._check_decoys()
        return self

    def _check_decoys(self) -> None:
        for place, step in enumerate(self.steps):
            if isinstance(step, EvidenceStep):
                for number, name in enumerate(step.rules_out):
                    self._check_decoy(name, "steps", place, "rulesOut", number)
            if isinstance(step, DiagnosisStep):
                for number, option in enumerate(step.options):
                    path = ("steps", place, "options", number, "decoy")
                    if option.decoy is not None:
                        self._check_decoy(option.decoy, *path)
                    if option.correct and option.decoy:
                        raise PlacedError(f'a right option of "{step.id}" names a decoy', *path)

    def _check_decoy(self, name: str, *path: str | int) -> None:
        if name not in self.decoys:
            raise PlacedError(f'"{name}" is named as a decoy and is none', *path)

    @property
    def evidence(self) -> tuple[EvidenceStep, ...]:
        """The evidence steps in their order."""
        return tuple(step for step in self.steps if isinstance(step, EvidenceStep))

    @property
    def diagnoses(self) -> tuple[DiagnosisStep, ...]:
        """The diagnosis steps in their order."""
        return tuple(step for step in self.steps if isinstance(step, DiagnosisStep))

    @property
    def repair(self) -> RepairStep | None:
        """The repair step."""
        return next((step for step in self.steps if isinstance(step, RepairStep)), None)

    @property
    def verification(self) -> VerificationStep | None:
        """The verification step."""
        return next((step for step in self.steps if isinstance(step, VerificationStep)), None)

    def probes(self) -> tuple[Probe, ...]:
        """All probes of the scenario."""
        repair = self.repair
        judged = (
            (*repair.restored, *repair.still_denied, *repair.closed, *repair.untouched) if repair is not None else ()
        )
        return (*self.symptoms, *judged)
