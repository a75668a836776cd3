"""What scenarios and labs share: a world, how it is drawn, and what the learner is told first and last."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from quizgame.content.model import Line, PackModel, Slug, Text
from quizgame.content.questions import Difficulty
from quizgame.content.scenario.parts import Probe, Scalar
from quizgame.content.scenario.world import WorldSection

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=80)]


class Exercise(PackModel):
    """Something to do in a simulated world: one YAML file, with the manifests that it names beside it."""

    apiVersion: Literal["quizgame/v1"] = Field(description="The version of this format.")  # noqa: N815  # YAML's own key
    kind: str = Field(description="What this file holds.")
    id: Slug = Field(description="Its name; also the name of its folder.")
    title: Line = Field(description="What the learner reads in the list; of a scenario what is wrong, never the cause.")
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
    files: dict[FileName, Text] = Field(default_factory=dict, description="Files in the learner's folder.")
    debrief: Text = Field(description="What there was to learn; Markdown; shown at the end.")

    def probes(self) -> tuple[Probe, ...]:
        """All probes in it."""
        return ()
