"""The format of scenarios: one YAML file, with the manifests that it names beside it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, model_validator

from quizgame.content.model import Line, PackModel, Slug, Text
from quizgame.content.questions import Difficulty
from quizgame.content.scenario.actions import Action
from quizgame.content.scenario.parts import Probe, Scalar
from quizgame.content.scenario.steps import (
    DiagnosisStep,
    EvidenceStep,
    RepairStep,
    Step,
    VerificationStep,
)
from quizgame.content.scenario.world import WorldSection

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=80)]


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


class Scenario(PackModel):
    """A broken world to investigate, to repair, and to prove."""

    noun: ClassVar[str] = "scenario"

    apiVersion: Literal["quizgame/v1"] = Field(description="The version of this format.")  # noqa: N815  # YAML's own key
    kind: Literal["Scenario"] = Field(description="What this file holds.")
    id: Slug = Field(description="Its name; also the name of its folder.")
    title: Line = Field(description="What the learner is told is wrong; never the cause.")
    domain: Slug = Field(description="A domain of the blueprint.")
    competencies: tuple[Slug, ...] = Field(min_length=1, description="What it trains.")
    difficulty: Difficulty = Field(description="easy, medium or hard.")
    minutes: StrictInt = Field(ge=1, le=240, description="How long a learner should need.")
    vary: dict[VariableName, Annotated[tuple[Scalar | dict[VariableName, Scalar], ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Variables: one of the values is drawn from the seed and stands for ${name} in any text of this "
                    "file and of its manifests. A value may be a mapping: ${name.part}.")  # fmt: skip
    briefing: Text = Field(description="What the learner is told; Markdown.")
    world: WorldSection = Field(description="The healthy world.")
    fault: tuple[Action, ...] = Field((), description="What is wrong; left out: nothing is, and that is the diagnosis.")
    decoys: dict[Slug, Decoy] = Field(default_factory=dict, description="Other faults with the same symptom.")
    symptoms: tuple[Probe, ...] = Field((), description="Probes that fail in this world and in every decoy's: what the "
                                                        "learner is called for.")  # fmt: skip
    steps: tuple[Step, ...] = Field(min_length=2, description="What earns points; together 100.")
    files: dict[FileName, Text] = Field(default_factory=dict, description="Files in the learner's folder.")
    hints: tuple[Hint, ...] = Field((), description="In the order in which they are given.")
    experts: tuple[Expert, ...] = Field(min_length=1, description="Solutions; the checker plays them.")
    debrief: Text = Field(description="What there was to learn; Markdown; shown at the end.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = sum(step.points for step in self.steps)
        if total != 100:
            raise ValueError(f"the points of the steps add up to {total}, not 100")
        repeated = [name for name, times in Counter(step.id for step in self.steps).items() if times > 1]
        if repeated:
            raise ValueError(f'step "{repeated[0]}" appears twice')
        kinds = Counter(step.kind for step in self.steps)
        if kinds["repair"] > 1 or kinds["verification"] > 1:
            raise ValueError("at most one repair and one verification")
        if kinds["diagnosis"] == 0:
            raise ValueError("a diagnosis is missing")
        if kinds["verification"] and not kinds["repair"]:
            raise ValueError("a verification needs a repair to prove")
        if bool(self.fault) != bool(kinds["repair"]):
            raise ValueError("a fault needs a repair, and a repair a fault")
        self._check_decoys()
        return self

    def _check_decoys(self) -> None:
        named = [name for step in self.evidence for name in step.rules_out]
        named += [option.decoy for step in self.diagnoses for option in step.options if option.decoy]
        for name in named:
            if name not in self.decoys:
                raise ValueError(f'"{name}" is named as a decoy and is none')
        for step in self.diagnoses:
            for option in step.options:
                if option.correct and option.decoy:
                    raise ValueError(f'a right option of "{step.id}" names a decoy')

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
