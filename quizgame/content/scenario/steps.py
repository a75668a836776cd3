"""The steps of a scenario: what earns points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator

from quizgame.content.factkinds import ATTRIBUTES, KINDS, MEANINGS
from quizgame.content.model import Line, PackModel, Slug, Text
from quizgame.content.scenario.parts import ObjectName, Probe, Scalar
from quizgame.content.validation import close_match

Points = Annotated[StrictInt, Field(ge=1, le=100)]


def _with_vocabulary(schema: dict[str, Any]) -> None:
    """Write the kinds of facts and their attributes into the schema, in place of "any key"."""
    for kind, attributes in KINDS.items():
        schema["properties"][kind] = {
            "type": "object",
            "description": MEANINGS[kind],
            "properties": {
                name: {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": ATTRIBUTES[name]}
                for name in attributes
            },
            "additionalProperties": False,
        }
    schema["additionalProperties"] = False


class Wanted(PackModel):
    """Facts that must have been seen: one kind of fact with its attributes, or several under `any` or `all`.

    Wanted values may hold ``*`` and ``?``.
    """

    noun: ClassVar[str] = "fact"
    model_config = ConfigDict(extra="allow", frozen=True, json_schema_extra=_with_vocabulary)
    __pydantic_extra__: dict[str, dict[str, Scalar]]

    any: tuple[Wanted, ...] | None = Field(None, min_length=1, description="One of these suffices.")
    all: tuple[Wanted, ...] | None = Field(None, min_length=1, description="Each of these is needed.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        kinds = self.__pydantic_extra__ or {}
        if len(kinds) + (self.any is not None) + (self.all is not None) != 1:
            raise ValueError("a fact is a mapping with one key: its kind, as {flow: {...}}, or any, or all")
        for kind, attributes in kinds.items():
            _check_vocabulary(kind, attributes)
        return self

    @property
    def simple(self) -> tuple[str, dict[str, str]] | None:
        """Kind and wanted attributes; ``None`` for `any` and `all`."""
        for kind, attributes in (self.__pydantic_extra__ or {}).items():
            return kind, {key: str(value) for key, value in attributes.items()}
        return None

    def leaves(self) -> Iterator[tuple[str, dict[str, str]]]:
        """All simple facts in it."""
        simple = self.simple
        if simple is not None:
            yield simple
        for part in (*(self.any or ()), *(self.all or ())):
            yield from part.leaves()


def _check_vocabulary(kind: str, attributes: Iterable[str]) -> None:
    """Refuse facts that no tool ever shows."""
    if kind not in KINDS:
        raise ValueError(f'unknown kind of fact "{kind}"{close_match(kind, list(KINDS))}: there are {", ".join(KINDS)}')
    for name in attributes:
        if name not in KINDS[kind]:
            hint = close_match(name, KINDS[kind])
            raise ValueError(f'a {kind} fact has no attribute "{name}"{hint}: it has {", ".join(KINDS[kind])}')


class EvidenceStep(PackModel):
    """Something that an expert would have seen before deciding."""

    noun: ClassVar[str] = "evidence step"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Slug = Field(description="Its name.")
    kind: Literal["evidence"] = Field(description="What it is.")
    title: Line = Field(description="What was learned, in words for the learner's notebook; shown once it is seen.")
    points: Points = Field(description="What it is worth.")
    fact: Wanted = Field(description="What must be seen, by whatever command, before the next diagnosis is given.")
    rules_out: tuple[Slug, ...] = Field((), alias="rulesOut", description="Decoys that this disproves: in their worlds "
                                                                          "it cannot be seen.")  # fmt: skip


class DiagnosisOption(PackModel):
    """One possible diagnosis."""

    noun: ClassVar[str] = "option"

    text: Line = Field(description="What the learner may choose.")
    correct: StrictBool = Field(False, description="Whether it belongs to the right answer.")
    reason: Text = Field(description="Why it is right, or what speaks against it.")
    decoy: Slug | None = Field(None, description="The decoy whose diagnosis this would be.")


class DiagnosisStep(PackModel):
    """A question about the cause, answered once."""

    noun: ClassVar[str] = "diagnosis step"

    id: Slug = Field(description="Its name; what `answer` takes.")
    kind: Literal["diagnosis"] = Field(description="What it is.")
    ask: Line = Field(description="The question.")
    points: Points = Field(description="What it is worth.")
    options: tuple[DiagnosisOption, ...] = Field(min_length=3, max_length=9, description="Shuffled when shown.")

    @model_validator(mode="after")
    def _has_answer(self) -> Self:
        right = sum(option.correct for option in self.options)
        if right == 0:
            raise ValueError("no option is correct")
        if right == len(self.options):
            raise ValueError("every option is correct")
        return self


class KeptObject(ObjectName):
    """An object that must survive the repair."""

    noun: ClassVar[str] = "kept object"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    with_: dict[Line, Scalar] = Field(
        default_factory=dict,
        alias="with",
        description="Values that it must still have: field, as data.enable-policy: value.",
    )


class RepairStep(PackModel):
    """The repair, judged by what the datapath does after it."""

    noun: ClassVar[str] = "repair step"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    id: Slug = Field(description="Its name.")
    kind: Literal["repair"] = Field(description="What it is.")
    points: Points = Field(description="What it is worth.")
    restored: tuple[Probe, ...] = Field(min_length=1, description="What must work again.")
    still_denied: tuple[Probe, ...] = Field(
        min_length=1, description="What must go on failing: what an allow-all would open."
    )
    closed: tuple[Probe, ...] = Field(
        (),
        description="What is closed for good: it may have worked in the healthy world, and must not work again.",
    )
    untouched: tuple[Probe, ...] = Field((), description="What works all along and must go on working.")
    keep: tuple[KeptObject, ...] = Field((), description="Objects that must survive, though they may be changed.")
    breadth: StrictInt = Field(5, ge=0, le=100, description="Points lost at most for opening more than the smallest "
                                                            "known repair.")  # fmt: skip


class VerificationStep(PackModel):
    """The learner proved the repair: saw a restored flow, by probe or in Hubble, after it held."""

    noun: ClassVar[str] = "verification step"

    id: Slug = Field(description="Its name.")
    kind: Literal["verification"] = Field(description="What it is.")
    points: Points = Field(description="What it is worth.")


Step = Annotated[EvidenceStep | DiagnosisStep | RepairStep | VerificationStep, Field(discriminator="kind")]
